"""The guards, started in a box on objects that strangers made; their words are read as a stranger's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autonomy_pack.edges import files, shell
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import exchange, scan
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Command, Finding, Risk, value

_SECONDS = 300
_MOST = 4 << 20


@value
class Judged:
    """What the guards found, and which did not run and why."""

    findings: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...]


def judged(git_dir: Path, base: str, head: str, rules_at: str, box: Box) -> Judged:
    """Every guard over the range, in the box; WorldError when they cannot tell, which is never "clean"."""
    scan.need_walls(box)
    work = files.temporary("autonomy-judge-")
    try:
        lines = _run(box, work, git_dir, base, head, rules_at)
    finally:
        files.remove_tree(work)
    data = exchange.read("judgement", b"\n".join(lines), _MOST)
    if (data["base"], data["head"]) != (base, head):
        raise WorldError("the guards judged another range", "Run the job again.")
    findings = tuple(
        Finding(**{key: _harmless(one[key]) for key in ("rule", "says", "fix", "where")}, risk=Risk.parse(one["risk"]))
        for one in data["findings"]
    )
    return Judged(findings=findings, skipped=tuple((one["guard"], _harmless(one["why"])) for one in data["skipped"]))


def _run(box: Box, work: Path, git_dir: Path, base: str, head: str, rules_at: str) -> list[bytes]:
    words = ("guard", "check", "--repo", str(git_dir), "--base", base, "--head", head, "--rules-at", rules_at, "--json")
    command = Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack", *words),
        cwd=str(work),
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(work)},
    )
    lines: list[bytes] = []
    ended = shell.run(
        box.wrap(command, str(work), (str(git_dir), *_libraries())),
        seconds=_SECONDS,
        stall_seconds=None,
        on_line=lines.append,
        stop=lambda: "",
    )
    if ended.cause != "exited" or ended.exit not in (0, 1):
        raise WorldError(
            f"the guards gave no verdict: {one_line(ended.says or ended.cause, 300)}", "See what they say."
        )
    return lines


def _libraries() -> list[str]:
    """Where what we import lies, should that be outside of our interpreter's own environment."""
    return [place for place in sys.path if Path(place).name == "site-packages"]


def _harmless(text: str) -> str:
    return one_line(sanitize(text), 500)
