"""The scan: what a `run` job made, judged in a box by a process that holds nothing.

    python -I -m autonomy_pack.programs.scan FOLDER OBJECTS

FOLDER holds `request.json` (what to judge by), mostly `attempt.bundle` (hostile bytes; without it the head is in
OBJECTS already, the read-only objects of a bare repository), and `shallow` where that one's history ends. It writes
`verdict.json` (schemas/verdict.json) and, when the objects could be judged, `rebuilt.pack` with exactly those. Exit 0
when there is a verdict, whatever it says.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.edges import git, objects, packs
from autonomy_pack.errors import PackError, WorldError
from autonomy_pack.flows import guard
from autonomy_pack.model import Change, Check, CheckResult, Examination, FileChange, Rules

MOST_FILES = 300
_GIB = 1 << 30


def main(folder: Path, objects_of: Path) -> int:
    """Judge within limits; the exit code."""
    _limit()
    judge(folder, objects_of)
    return 0


def judge(folder: Path, objects_of: Path) -> None:
    """Judge what lies in the folder, and write the verdict there."""
    request = json.loads((folder / "request.json").read_text())
    try:
        git_dir = _repository(folder, objects_of)
        change = _change(git_dir, request)
        told = _told(change, _examined(git_dir, change, request))
        (folder / "rebuilt.pack").write_bytes(packs.made_of(git_dir, request["parent"], change.head))
    except PackError as error:
        told = {"refused": f"{error.says}", "files": [], "findings": [], "skipped": [], "guards": []}
    verdict = {"version": 1, **{key: request[key] for key in ("base", "head", "tree")}, **told}
    (folder / "verdict.json").write_text(json.dumps(verdict))


def _limit() -> None:
    """Hostile bytes may be small and what they unpack to large: this process gets that much and no more."""
    for what, most in ((resource.RLIMIT_AS, 4 * _GIB), (resource.RLIMIT_FSIZE, _GIB // 2), (resource.RLIMIT_CPU, 300)):
        resource.setrlimit(what, (most, most))


def _repository(folder: Path, objects_of: Path) -> Path:
    """A fresh repository that borrows the base's objects and holds the change's own."""
    git_dir = folder / "scan.git"
    packs.fresh(git_dir)
    (git_dir / "objects" / "info" / "alternates").write_text(f"{objects_of}\n")
    if (folder / "shallow").exists():
        shutil.copyfile(folder / "shallow", git_dir / "shallow")
    bundle = folder / "attempt.bundle"
    if bundle.exists():
        packs.take_in(packs.of_bundle(bundle.read_bytes()), git_dir)
    return git_dir


def _change(git_dir: Path, request: Mapping[str, Any]) -> Change:
    """The change between base and head, when its last commit is one of ours on the parent that it ought to have, and
    brings nothing else along."""
    base, parent, head, tree = (request[name] for name in ("base", "parent", "head", "tree"))
    packs.need_ours(git_dir, head, base=parent, tree=tree, author=request["author"], message=request["message"])
    change = objects.read_change(git_dir, base, head)
    listed = git.text(git.run("rev-list", "--objects", "--no-object-names", f"{parent}..{head}", at=git_dir)).split()
    judged = {file.oid for file in objects.read_change(git_dir, parent, head).files}
    kinds = git.text(
        git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", at=git_dir, stdin="\n".join(listed).encode())
    )
    for line in kinds.splitlines():
        oid, kind = line.split()
        if kind == "tag" or (kind == "commit" and oid != head) or (kind == "blob" and oid not in judged):
            raise WorldError("the commit brings objects along that are no part of its change", "Run the task again.")
    return change


def _examined(git_dir: Path, change: Change, request: Mapping[str, Any]) -> Examination:
    rules = Rules(
        protected=tuple(request["protected"]),
        checks=tuple(Check(**check | {"argv": tuple(check["argv"])}) for check in request["checks"]),
        results=tuple(CheckResult(**one | {"argv": tuple(one["argv"])}) for one in request["results"]),
    )
    read = objects.reader(git_dir)
    if request["parent"] == change.base:
        return guard.examine(change, read, rules)
    return guard.examine_repair(change, objects.read_change(git_dir, request["parent"], change.head), read, rules)


def _told(change: Change, examination: Examination) -> dict[str, Any]:
    return {
        "refused": "",
        "files": [_file(file) for file in change.files[:MOST_FILES]],
        "findings": [
            {"rule": one.rule, "risk": str(one.risk), "says": one.says, "fix": one.fix, "where": one.where}
            for one in examination.findings[:200]
        ],
        "skipped": [list(pair) for pair in examination.skipped],
        "guards": list(examination.guards),
    }


def _file(file: FileChange) -> dict[str, Any]:
    same = ("status", "old_mode", "mode", "old_oid", "oid", "size", "binary", "added", "removed")
    shown = file.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return {"path": shown, **{name: getattr(file, name) for name in same}}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
