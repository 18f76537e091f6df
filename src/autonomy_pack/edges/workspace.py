"""Where one attempt happens: a bare repository of its own, and a plain folder that an agent may write.

The two lie apart, so nothing an agent writes can become git configuration or a hook. The repository borrows the
user's objects (alternates) and never writes to them; its result leaves as a bundle.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from autonomy_pack.edges import files, git, heeded
from autonomy_pack.edges.heeded import Heed
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

_RESULT = "refs/attempt/result"
_LARGEST = 64 << 20
_SECONDS = 300


@value
class Workspace:
    """`git_dir` is the attempt's bare repository, `work` the folder with the files of commit `base`."""

    folder: Path
    git_dir: Path
    work: Path
    base: str


def open_workspace(objects_of: Path, folder: Path, base: str) -> Workspace:
    """A fresh workspace in `folder` (which must not exist) at commit `base` of the repository `objects_of`."""
    with files.explained(f"making the work folder {folder}"):
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        work = folder / "work"
        work.mkdir()
    space = Workspace(folder=folder, git_dir=folder / "attempt.git", work=work, base=base)
    borrow(objects_of, space.git_dir)
    export(space, base, work)
    return space


def borrow(objects_of: Path, git_dir: Path) -> None:
    """A bare repository with the objects of another, knowing also where a shallow one ends."""
    git.run("init", "-q", "--bare", "--template=", git_dir, at=git_dir)
    with files.explained(f"preparing {git_dir}"):
        alternates = git_dir / "objects" / "info" / "alternates"
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_text(f"{objects_of / 'objects'}\n")
        if (objects_of / "shallow").exists():
            shutil.copyfile(objects_of / "shallow", git_dir / "shallow")


def export(space: Workspace, commit: str, folder: Path, heed: Heed = heeded.nothing) -> None:
    """Write the files of a commit into an empty folder."""
    index = {"GIT_INDEX_FILE": str(space.folder / f"index-{folder.name}")}
    git.run("read-tree", commit, at=space.git_dir, env=index)
    git.run("checkout-index", "--all", "--quiet", at=space.git_dir, work_tree=folder, env=index, heed=heed)


def tree(space: Workspace, heed: Heed = heeded.nothing) -> str:
    """The tree id of the work folder as it is now: what git would commit, judged by the base's ignore rules too.

    A program may have left more there than can be read in minutes; what `heed` raises meanwhile ends it.
    """
    path = space.folder / "index-commit"
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)  # of a git that was ended in its middle
    index = {"GIT_INDEX_FILE": str(path)}
    _let_us_read(space.work, heed)
    _make_plain(space.work, heed)
    _need_small_files(space.work, heed)
    git.run("read-tree", space.base, at=space.git_dir, env=index)
    git.run("add", "--all", "--", ".", at=space.git_dir, work_tree=space.work, env=index, heed=heed)
    return git.text(git.run("write-tree", at=space.git_dir, env=index))


def _let_us_read(work: Path, heed: Heed) -> None:
    """Give ourselves back what a program took away with chmod, so that its files can be judged, however deep."""
    _run(heed, "chmod", "-R", "u+rwX", "--", str(work))


def _make_plain(work: Path, heed: Heed) -> None:
    """Take repositories away that lie inside the folder: what they hold is judged as the plain files it is."""
    _run(heed, "find", str(work), "-mindepth", "2", "-name", ".git", "-prune", "-exec", "rm", "-rf", "{}", "+")


def _need_small_files(work: Path, heed: Heed) -> None:
    """WorldError when a file is too large to be judged: it may take no disk, but reading it takes memory and time."""
    large = _run(heed, "find", str(work), "-type", "f", "-size", f"+{_LARGEST // 512}")
    if large:
        raise WorldError(
            f"a file has more than {_LARGEST >> 20} MiB: {large.splitlines()[0][-200:]}", "Make it smaller."
        )


def _run(heed: Heed, *words: str) -> str:
    """A standard program on the work folder; its trees may be deeper than Python can follow."""
    try:
        ended = heeded.run(words, env={"PATH": os.defpath}, seconds=_SECONDS, heed=heed)
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"{words[0]} took longer than {_SECONDS} s on the work folder", "Make it smaller.") from error
    return ended.stdout.decode(errors="replace").strip()


def base_tree(space: Workspace) -> str:
    """The tree id of the base commit."""
    return git.text(git.run("rev-parse", f"{space.base}^{{tree}}", at=space.git_dir))


def commit(space: Workspace, tree_id: str, message: str, author: str) -> str:
    """One commit of that tree on the base, made by us whatever the agent did; `author` is "Name <mail>"."""
    name, _, mail = author.rstrip(">").partition(" <")
    who = {
        f"GIT_{role}_{part}": text
        for role in ("AUTHOR", "COMMITTER")
        for part, text in (("NAME", name), ("EMAIL", mail))
    }
    made = git.run("commit-tree", tree_id, "-p", space.base, at=space.git_dir, stdin=message.encode(), env=who)
    head = git.text(made)
    git.run("update-ref", _RESULT, head, at=space.git_dir)
    return head


def bundle(space: Workspace, path: Path, heed: Heed = heeded.nothing) -> str:
    """Write the result commit as a bundle that needs only the base; its sha256."""
    with files.explained(f"making the folder {path.parent}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    git.run("bundle", "create", "--quiet", path, _RESULT, f"^{space.base}", at=space.git_dir, heed=heed)
    return files.sha256(files.read(path, limit=1 << 30))


def unbundle(path: Path, sha256: str, head: str, into: Path) -> None:
    """Bring the commit of a kept bundle into a repository, strictly checked; adds objects, moves no ref.

    WorldError when the bundle is not the recorded one, or does not hold that commit.
    """
    content = files.read(path, limit=1 << 30)
    if files.sha256(content) != sha256:
        raise WorldError(f"{path} is not the bundle that was recorded", "Run `autonomy task reset` and run again.")
    # A bundle is a header, an empty line and a pack; index-pack judges its objects, which `bundle unbundle` does not.
    _, _, pack = content.partition(b"\n\n")
    git.run("index-pack", "--strict", "--fix-thin", "--stdin", at=into, stdin=pack)
    git.run("cat-file", "-e", f"{head}^{{commit}}", at=into)


def clear(space: Workspace) -> None:
    """Remove the workspace, also what a program made unwritable in it."""
    files.remove_tree(space.folder)
