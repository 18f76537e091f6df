"""What lies between a base and a head in a repository's own objects: where they parted, and each commit in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autonomy_pack.edges import git, objects
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import governing
from autonomy_pack.flows.project import CONFIG_FILE, CONFIG_FOLDER
from autonomy_pack.policy.agent_pull import Commit

_MOST = 200
_FETCH = "Check the whole history out (fetch-depth: 0), then run the job again."


def parted(git_dir: Path, base: str, head: str) -> str:
    """The commit at which head parted from base; WorldError when it is not here: a part of a history proves nothing."""
    for name, commit in (("base", base), ("head", head)):
        code, _ = git.answer("cat-file", "-e", f"{commit}^{{commit}}", at=git_dir, ok=(0, 1, 128))
        if code:
            raise WorldError(f"the {name} commit {commit[:12]} is not here", _FETCH)
    code, out = git.answer("merge-base", base, head, at=git_dir, ok=(0, 1, 128))
    if code:
        raise WorldError(f"where {head[:12]} parted from {base[:12]} is not here", _FETCH)
    return git.text(out).split()[0]


def commits(git_dir: Path, base: str, head: str) -> list[Commit]:
    """Each commit that head has and base lacks, oldest first; WorldError when there are none, or too many to judge."""
    ids = git.text(git.run("rev-list", "--reverse", "--topo-order", f"{base}..{head}", at=git_dir)).split()
    if not 0 < len(ids) <= _MOST:
        raise WorldError(f"there are {len(ids)} commits to judge", f"A pull request has 1 to {_MOST}.")
    return [Commit(id=one, message=objects.read_change(git_dir, one, one).message) for one in ids]


def ours(git_dir: Path, head: str, known: Sequence[str]) -> list[Commit]:
    """The newest commits of head, reached from none of the known ones, in whose message a trailer of ours stands.

    However many commits there are, git looks at the message of each, and at most 200 are told of.
    """
    words = ("rev-list", f"--max-count={_MOST}", "--extended-regexp", "--grep=^Autonomy-[A-Za-z]+:", head)
    ids = git.text(git.run(*words, *(f"^{one}" for one in known), at=git_dir)).split()
    return [Commit(id=one, message=objects.read_change(git_dir, one, one).message) for one in ids]


def contains(git_dir: Path, head: str, commit: str) -> bool:
    """Whether a commit is head or an ancestor of it; False also for one that is not here."""
    if not commit:
        return False
    code, _ = git.answer("merge-base", "--is-ancestor", commit, head, at=git_dir, ok=(0, 1, 128))
    return code == 0


def rules(git_dir: Path, commit: str) -> dict[str, str]:
    """What governs as of that commit: path → text of our configuration, missions and instructions."""
    listed = git.run("ls-tree", "-r", "-z", commit, "--", CONFIG_FILE, CONFIG_FOLDER, at=git_dir)
    entries = [line.partition(b"\t") for line in listed.split(b"\0") if line]
    read = objects.reader(git_dir)
    return {
        path.decode("utf-8", "replace"): read(meta.split()[2].decode()).decode("utf-8", "replace")
        for meta, _, path in entries
        if meta.startswith(b"100") and governing.governs(path.decode("utf-8", "replace"))
    }
