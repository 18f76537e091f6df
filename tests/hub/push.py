"""Rules on pushes, told in git's own protocol: per ref "ng" with GitHub's words. The same rules bind the API."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hub.gitdir import ZEROS, Entry
from hub.router import Answer

if TYPE_CHECKING:
    from hub.core import Hub
    from hub.journal import Request
    from hub.repository import Repo
    from hub.tokens import Token

WORKFLOWS = ".github/workflows"
Move = tuple[str, str, str]


def receive(hub: Hub, repo: Repo, request: Request, token: Token, backend: Callable[[], Answer]) -> Answer:
    """Let git take the push unless a rule forbids one of its refs; then what follows from moved refs."""
    raw = gzip.decompress(request.raw) if request.headers.get("content-encoding") == "gzip" else request.raw
    moves, capabilities, pack = read_orders(raw)
    with Unpacked(repo, pack) as more:
        refusals = {ref: why for ref, old, new in moves if (why := forbidden(repo, token, ref, old, new, more))}
    if refusals:
        return _report(moves, capabilities, refusals)
    made = backend()
    done = [(ref, old, new) for ref, old, new in moves if (repo.git.ref(ref) or ZEROS) == new]
    repo.refs_moved(done, token.by)
    return made


def read_orders(raw: bytes) -> tuple[list[Move], str, bytes]:
    """(ref, old, new) of each order of a push, its capabilities, and the pack."""
    moves, capabilities, at = [], "", 0
    while (size := int(raw[at : at + 4] or b"0", 16)) >= 4:
        line, _, said = raw[at + 4 : at + size].partition(b"\0")
        capabilities = said.decode() or capabilities
        at += size
        if line.startswith(b"shallow "):  # where the sender's history ends
            continue
        old, new, ref = line.decode().strip().split(" ", 2)
        moves.append((ref, old, new))
    at += 4
    if "push-options" in capabilities:
        while (size := int(raw[at : at + 4] or b"0", 16)) >= 4:
            at += size
        at += 4
    return moves, capabilities, raw[at:]


class Unpacked:
    """The objects of a pack in a folder of their own, so that rules can be asked before anything is kept."""

    def __init__(self, repo: Repo, pack: bytes) -> None:
        self._repo, self._pack = repo, pack

    def __enter__(self) -> dict[str, str]:
        self._folder = tempfile.TemporaryDirectory()
        if not self._pack:
            return {}
        objects = self._repo.git_dir / "objects"
        more = {"GIT_OBJECT_DIRECTORY": str(Path(self._folder.name)), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
        self._repo.git.git("unpack-objects", "-q", stdin=self._pack, more=more)
        return more

    def __exit__(self, *what: object) -> None:
        self._folder.cleanup()


def forbidden(repo: Repo, token: Token, ref: str, old: str, new: str, more: dict[str, str] | None = None) -> str:
    """Why this token may not move this ref, in GitHub's words; "" when it may."""
    free = token.kind == "user" or token.may("", "workflows:write")
    if not free and new != ZEROS and (path := foreign_workflow(repo, new, more)):
        kind = "a GitHub App"
        return f"refusing to allow {kind} to create or update workflow `{path}` without `workflows` permission"
    if ref.startswith("refs/heads/"):
        return _protected(repo, token, ref.removeprefix("refs/heads/"), old, new, more)
    return ""


def foreign_workflow(repo: Repo, tip: str, more: dict[str, str] | None = None) -> str:
    """A workflow file at this commit that is not the same on the default branch now; "" when there is none."""
    if _workflow_tree(repo, tip, more) in ("", _workflow_tree(repo, repo.head(), None)):
        return ""
    here, there = _workflow_files(repo, tip, more), _workflow_files(repo, repo.head(), None)
    return next((path for path, entry in here.items() if there.get(path) != entry), "")


def _workflow_tree(repo: Repo, commit: str, more: dict[str, str] | None) -> str:
    if more:
        return repo.git.git("rev-parse", "-q", "--verify", f"{commit}:{WORKFLOWS}", more=more).stdout.decode().strip()
    known = repo.git.commit(commit)
    entry = repo.git.at(known.tree, WORKFLOWS) if known else None
    return entry.oid if entry else ""


def _workflow_files(repo: Repo, commit: str, more: dict[str, str] | None) -> dict[str, Entry]:
    if not more:
        folder = _workflow_tree(repo, commit, None)
        return repo.git.files(folder, f"{WORKFLOWS}/") if folder else {}
    listed = repo.git.git("ls-tree", "-r", "-z", commit, "--", f"{WORKFLOWS}/", more=more).stdout.decode(
        "utf-8", "replace"
    )
    rows = (row.partition("\t") for row in listed.split("\0") if row)
    return {path: Entry(head.split()[0], path, head.split()[2]) for head, _, path in rows}


def _protected(repo: Repo, token: Token, branch: str, old: str, new: str, more: dict[str, str] | None) -> str:
    rule = repo.protection(branch)
    if rule is None:
        return ""
    if new == ZEROS:
        return "" if rule.allow_deletion else "protected branch hook declined: Cannot delete this branch"
    if rule.pushers is not None and token.by.user.login not in rule.pushers:
        return "protected branch hook declined: You're not authorized to push to this branch"
    if rule.required_checks or rule.required_reviews:
        return "protected branch hook declined: Changes must be made through a pull request"
    if rule.required_signatures and _unsigned(repo, new, more):
        return "protected branch hook declined: Commits must have verified signatures"
    if old != ZEROS and not rule.allow_force and not _descends(repo, old, new, more):
        return "protected branch hook declined: Cannot force-push to this branch"
    return ""


def _unsigned(repo: Repo, new: str, more: dict[str, str] | None) -> list[str]:
    if more:
        listed = repo.git.git("rev-list", new, "--not", "--branches", more=more).stdout.decode().split()
    else:
        known = [repo.git.ancestors(oid) for oid in repo.refs("refs/heads/").values()]
        listed = [oid for oid in repo.git.ancestors(new) if not any(oid in each for each in known)]
    return [oid for oid in listed if oid not in repo.verified]


def _descends(repo: Repo, old: str, new: str, more: dict[str, str] | None) -> bool:
    if not more:
        return repo.git.is_ancestor(old, new)
    return repo.git.git("merge-base", "--is-ancestor", old, new, more=more).returncode == 0


def _report(moves: Sequence[Move], capabilities: str, refusals: dict[str, str]) -> Answer:
    atomic = "atomic" in capabilities.split()
    lines = ["unpack ok"]
    for ref, _, _ in moves:
        why = refusals.get(ref) or ("atomic transaction failed" if atomic else "another ref of this push was refused")
        lines.append(f"ng {ref} {why.partition(': ')[0]}")
    inner = b"".join(_packets(f"{line}\n".encode() for line in lines)) + b"0000"
    words = "".join(_remark(ref, why) for ref, why in refusals.items())
    talk = [b"\x02" + words.encode()] if words else []
    body = b"".join(_packets([*talk, b"\x01" + inner])) + b"0000"
    headers = {"Content-Type": "application/x-git-receive-pack-result", "Cache-Control": "no-cache"}
    return Answer(200, None, headers, body if "side-band-64k" in capabilities else inner, checked=False)


def _remark(ref: str, why: str) -> str:
    """The details of a protected branch come as a remark, beside the short "ng"."""
    _, colon, details = why.partition(": ")
    return f"error: GH006: Protected branch update failed for {ref}.\nerror: {details}.\n" if colon else ""


def _packets(lines: Iterator[bytes] | Sequence[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield f"{len(line) + 4:04x}".encode() + line
