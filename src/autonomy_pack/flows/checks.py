"""Running a change's checks ourselves: each on its own copy of the exact commit, in the box, with no network."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from autonomy_pack.edges import files, host, shell, workspace
from autonomy_pack.edges.redact import redact
from autonomy_pack.flows import heeding
from autonomy_pack.flows.job import Job
from autonomy_pack.flows.records import known_secrets
from autonomy_pack.model import Check, CheckResult, Command, Config, Mission

_TAIL = 4000


def wanted(job: Job) -> tuple[Check, ...]:
    """The checks that a job has to pass."""
    return of(job.project.config, job.run.mission)


def of(config: Config, mission: Mission) -> tuple[Check, ...]:
    """The mission's checks, then the repository's own; of two with one name the mission's."""
    checks = {check.name: check for check in (*config.checks, *mission.checks)}
    return tuple(checks.values())


def run(job: Job, head: str) -> tuple[CheckResult, ...]:
    """Run every check on commit `head`; one that fails does not stop the others."""
    return tuple(_run(job, check, head) for check in wanted(job))


def failed(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Those that did not exit 0."""
    return [result for result in results if result.exit != 0]


def complaint(results: Sequence[CheckResult]) -> str:
    """What the agent is told when it is asked again."""
    return "\n\n".join(
        f"The check `{result.name}` ended with {said(result)}. The end of its output:\n{result.tail}"
        for result in failed(results)
    )


def said(result: CheckResult) -> str:
    """Its exit, in words."""
    return "no exit code (ended by its time limit)" if result.exit is None else f"exit {result.exit}"


def _run(job: Job, check: Check, head: str) -> CheckResult:
    job.heed_stop()
    job.terms.box.need_for_programs()
    copy, home, log = _places(job, check, head)
    command = Command(argv=check.argv, cwd=str(copy), env=environment(home))
    ended = shell.run(
        job.terms.box.wrap(command, str(copy)),
        seconds=min(check.minutes * 60, max(job.seconds_left, 1.0)),
        stall_seconds=None,
        on_line=lambda _: None,
        stop=job.why_stop,
        log=log,
    )
    if ended.cause == "stopped":
        job.heed_stop()
    output = files.read(log, limit=1 << 30) if log.exists() else ended.says.encode()
    result = CheckResult(
        name=check.name,
        argv=check.argv,
        exit=ended.exit if ended.cause == "exited" else None,
        seconds=round(ended.seconds, 3),
        head=head,
        log_sha256=files.sha256(output),
        tail=redact(output[-_TAIL:].decode(errors="replace") or ended.says, known_secrets()),
    )
    job.tell([job.event("check.ran", check_data(result))])
    return result


def _places(job: Job, check: Check, head: str) -> tuple[Path, Path, Path]:
    """A fresh copy of the tree, a fresh home, and where the log goes (the newest round's is kept)."""
    folder = job.space.folder / f"check-{check.name}-{head[:8]}"
    with files.explained(f"making {folder}"):
        folder.mkdir()
        home = job.space.folder / f"home-{check.name}-{head[:8]}"
        home.mkdir()
    workspace.export(job.space, head, folder, heeding.judging(job))
    return folder, home, job.folder / "checks" / f"{check.name}.log"


def environment(home: Path) -> dict[str, str]:
    """What a check sees of the user's environment: PATH (with our interpreter last) and a fresh HOME."""
    path = os.pathsep.join([host.setting("PATH", os.defpath), str(Path(sys.base_prefix) / "bin")])
    return {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def check_data(result: CheckResult) -> dict[str, object]:
    """What a check did, as its event tells of it."""
    return {
        "name": result.name,
        "argv": list(result.argv),
        "exit": result.exit,
        "seconds": result.seconds,
        "head": result.head,
        "log_sha256": result.log_sha256,
    }
