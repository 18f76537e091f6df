"""Starting the scan in its box, and reading its verdict as the words of a stranger."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autonomy_pack.edges import files, shell
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows.actions import exchange
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Change, Check, CheckResult, Command, Examination, FileChange, Finding, Risk, value

_SECONDS = 300
_LARGEST = 64 << 20


@value
class Question:
    """What is to be judged: a commit that says it is `head` with `tree` on `base`, and what must hold of it. It
    stands on `parent`, which is the base itself unless it mends what we pushed before."""

    base: str
    parent: str
    head: str
    tree: str
    author: str
    message: str
    protected: tuple[str, ...]
    checks: tuple[Check, ...]
    results: tuple[CheckResult, ...]


@value
class Verdict:
    """What the scan said: the change without its lines, what the guards said, and a pack of exactly its objects.

    `refused` is why it could not be judged; then nothing else is there.
    """

    change: Change
    examination: Examination
    refused: str
    pack: bytes


def need_walls(box: Box) -> None:
    """UsageError where there is no box with namespaces of its own: hostile bytes are not opened beside a token.

    Walls alone (L1) will not do: what they leave open is open to the processes beside, and those hold the token.
    """
    if box.level != "L2":
        had = f"there are only walls ({box.level})" if box.level == "L1" else "there is no box"
        raise UsageError(
            f"{had} to scan the change in: {box.missing or f'sandbox {box.level} was chosen'}",
            "Do what the message says (the workflow's set-up step makes a box of level L2); without one nothing is "
            "published.",
        )


def judge(question: Question, bundle: bytes | None, git_dir: Path, box: Box) -> Verdict:
    """Judge a change in the box; without `bundle` its commit is in `git_dir` already.

    `git_dir` has the base's objects and is only read. WorldError when the scan gives no verdict of its shape.
    """
    need_walls(box)
    folder = files.temporary("autonomy-scan-")
    try:
        work = folder / "work"
        work.mkdir()
        files.write(work / "request.json", json.dumps(asdict(question)), durable=False)
        if bundle is not None:
            files.write(work / "attempt.bundle", bundle, durable=False)
        if (git_dir / "shallow").exists():
            files.write(work / "shallow", files.read(git_dir / "shallow"), durable=False)
        _run(box, work, git_dir / "objects")
        return _read(work, question)
    finally:
        files.remove_tree(folder)


def _run(box: Box, work: Path, objects: Path) -> None:
    """Only the objects are shown to the box: a repository's own folder is mostly closed to other users."""
    command = Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.scan", str(work), str(objects)),
        cwd=str(work),
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )
    ended = shell.run(
        box.wrap(command, str(work), (str(objects),)),
        seconds=_SECONDS,
        stall_seconds=None,
        on_line=lambda _: None,
        stop=lambda: "",
    )
    if ended.exit != 0:
        raise WorldError(f"the scan gave no verdict: {one_line(ended.says or ended.cause, 300)}", "Run the job again.")


def _read(work: Path, question: Question) -> Verdict:
    data = exchange.read("verdict", _plain(work / "verdict.json"), _LARGEST)
    if any(data[name] != getattr(question, name) for name in ("base", "head", "tree")):
        raise WorldError("the scan judged another change", "Run the job again.")
    change = Change(
        base=question.base,
        head=question.head,
        tree=question.tree,
        files=tuple(FileChange(**file) for file in data["files"]),
        message=question.message,
        parents=(question.parent,),
    )
    pack = b"" if data["refused"] else _plain(work / "rebuilt.pack")
    return Verdict(change=change, examination=_examination(data), refused=_harmless(data["refused"]), pack=pack)


def _plain(path: Path) -> bytes:
    """The bytes of an ordinary file that a stranger could have put there: no link, no pipe, not too large."""
    with files.explained(f"reading the scan's {path.name}"):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            size = os.fstat(handle)
            content = file.read(_LARGEST + 1) if stat.S_ISREG(size.st_mode) else b"\0" * (_LARGEST + 1)
    if len(content) > _LARGEST:
        raise WorldError(f"the scan's {path.name} is no ordinary file", "Run the job again.")
    return content


def _examination(data: Mapping[str, Any]) -> Examination:
    found = [
        Finding(**{key: _harmless(one[key]) for key in ("rule", "says", "fix", "where")}, risk=Risk.parse(one["risk"]))
        for one in data["findings"]
    ]
    return Examination(findings=tuple(found), skipped=_pairs(data["skipped"]), guards=tuple(data["guards"]))


def _pairs(said: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((guard, _harmless(why)) for guard, why in said)


def _harmless(text: str) -> str:
    return one_line(sanitize(text), 400)
