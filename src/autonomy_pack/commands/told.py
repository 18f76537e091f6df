"""How a step of a workflow tells what became of it: log, annotation, summary, and a note for the report step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from autonomy_pack.edges import actions, clock, files, host, runner_log
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import PackError, Stopped, UsageError


def through(verb: str, work: Callable[[], int]) -> int:
    """Do the work of a step; its exit code. What a person can act on becomes an annotation and a part of the summary.

    A stop is told as a notice: it is what somebody wanted.
    """
    runner_log.calm_output()
    began = clock.monotonic()
    try:
        folder()
        code = work()
    except PackError as error:
        code = error.exit_code
        _tell(verb, error)
    except Exception as error:
        runner_log.error(f"autonomy {verb}: our bug: {one_line(f'{type(error).__name__}: {error}', 500)}")
        _note(verb, 70, clock.monotonic() - began)
        raise
    _note(verb, code, clock.monotonic() - began)
    return code


def _tell(verb: str, error: PackError) -> None:
    annotate = runner_log.notice if isinstance(error, Stopped) else runner_log.error
    annotate(f"autonomy {verb}: {one_line(error.says, 500)}. Next: {one_line(error.fix, 500)}")
    actions.summary(f"### autonomy {verb}\n\n{sanitize(error.says)}\n\n**Next:** {sanitize(error.fix)}\n")


def folder() -> Path:
    """Where the steps of one job leave things for each other."""
    place = host.setting("RUNNER_TEMP")
    if not place:
        raise UsageError("RUNNER_TEMP is not set", "`autonomy action` is for workflows of GitHub Actions.")
    made = Path(place) / "autonomy-work"
    with files.explained(f"making {made}"):
        made.mkdir(exist_ok=True)
    return made


def _note(verb: str, code: int, seconds: float) -> None:
    if not host.setting("RUNNER_TEMP"):
        return
    line = json.dumps({"step": verb, "code": code, "seconds": round(seconds, 1)})
    with files.explained("noting what the step did"), (folder() / "steps.jsonl").open("a") as notes:
        notes.write(line + "\n")


def notes() -> list[dict[str, object]]:
    """What the steps of this job noted, in order."""
    place = folder() / "steps.jsonl"
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
