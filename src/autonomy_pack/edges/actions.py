"""GitHub Actions' protocol: what a job is told by its environment, and what it answers through the runner's files.

Rules of the files: docs.github.com, "Workflow commands for GitHub Actions". Values cross by environment and files only,
never on a command line and never by `echo`.
"""

from __future__ import annotations

import difflib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.edges import files, host
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.runner_log import error, mask, notice, warning
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import WorkflowRun

__all__ = ["env", "error", "inputs", "mask", "notice", "output", "path", "state", "summary", "warning", "workflow_run"]

MIB = 1024 * 1024
CUT = "\n\n…\n\n> The rest was cut: a step's summary holds at most 1 MiB. The job's log and artifacts have it all.\n"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.ya?ml")
# What changes how the runner or later programs start; a name may be unknown to us, so `env` takes only our own prefix.
_OURS = "AUTONOMY_"
# GitHub measures a job's outputs in UTF-16, at most 1 MB.
_OUTPUT_CHARS = 500_000


def workflow_run() -> WorkflowRun:
    """The run of a workflow that this process works in; UsageError when it is not in one, or something is malformed."""
    payload = _payload()
    repository = payload.get("repository")
    about = repository if isinstance(repository, dict) else {}
    return WorkflowRun(
        repo=_matched("GITHUB_REPOSITORY", _REPO),
        run_id=int(_matched("GITHUB_RUN_ID", re.compile("[0-9]{1,18}"))),
        attempt=int(_matched("GITHUB_RUN_ATTEMPT", re.compile("[0-9]{1,6}"))),
        job=_matched("GITHUB_JOB", _NAME),
        workflow=_workflow(),
        event=_matched("GITHUB_EVENT_NAME", re.compile("[a-z_]{1,50}")),
        payload=payload,
        actor=host.setting("GITHUB_ACTOR"),
        api_url=_url("GITHUB_API_URL"),
        graphql_url=_url("GITHUB_GRAPHQL_URL"),
        server_url=_url("GITHUB_SERVER_URL"),
        fork=about.get("fork") is True,
        private=about.get("private") is not False,
    )


def _payload() -> Mapping[str, Any]:
    place = host.setting("GITHUB_EVENT_PATH")
    if not place:
        return {}
    try:
        said = json.loads(files.read(Path(place), limit=32 * MIB))
    except (ValueError, RecursionError) as error_:
        raise WorldError("the event's file is not JSON", "Run the job again; the runner writes that file.") from error_
    return said if isinstance(said, dict) else {}


def _workflow() -> str:
    """The caller's file: in a called workflow too, GITHUB_WORKFLOW_REF names the caller."""
    named = host.setting("GITHUB_WORKFLOW_REF").partition("@")[0].rpartition("/")[2] or host.setting(
        "AUTONOMY_WORKFLOW"
    )
    if not _FILE.fullmatch(named):
        raise UsageError(
            "the caller's file name is unknown, so nobody could stop it by disabling the workflow",
            "Set AUTONOMY_WORKFLOW to the file's name, for example autonomous-agent-loop.yml.",
        )
    return named


def _url(name: str) -> str:
    return _matched(name, re.compile(r"https?://[A-Za-z0-9.:\[\]_/-]{1,300}")).rstrip("/")


def _matched(name: str, pattern: re.Pattern[str]) -> str:
    text = host.setting(name)
    if not pattern.fullmatch(text):
        raise UsageError(
            f"{name} is {one_line(text, 60)!r}: this is no job of GitHub Actions, or not a whole one",
            "`autonomy action` is for workflows; on your own machine use `autonomy run`.",
        )
    return text


# --- inputs --------------------------------------------------------------------------------------------------------


def inputs(names: Iterable[str], variable: str = "AUTONOMY_INPUTS") -> dict[str, str]:
    """The inputs (JSON in one environment variable) as text, empty ones left out.

    UsageError names the nearest for every one that is not among `names`: Actions itself would only warn.
    """
    known = sorted(names)
    try:
        said = json.loads(host.setting(variable, "{}"))
    except (ValueError, RecursionError) as error_:
        raise UsageError(f"{variable} is not JSON", "Pass it as toJSON(inputs).") from error_
    if not isinstance(said, dict) and said is not None:
        raise UsageError(f"{variable} is no mapping", "Pass it as toJSON(inputs).")
    given = {str(name): _text(name, value) for name, value in (said or {}).items()}
    unknown = sorted(name for name in given if name not in known)
    if unknown:
        raise UsageError("; ".join(_unknown(name, known) for name in unknown), "Mend the names below `with:`.")
    return {name: text for name, text in given.items() if text}


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, 1, 0.5)
    return f"unknown input {one_line(name, 60)!r}" + (f" (did you mean {near[0]}?)" if near else "")


def _text(name: object, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if not isinstance(value, str):
        raise UsageError(f"input {one_line(str(name), 60)!r} is no text", "Inputs are texts, numbers and booleans.")
    return value.strip()


# --- answers -------------------------------------------------------------------------------------------------------


def output(name: str, value: str) -> None:
    """Set an output of this step; never a secret: GitHub drops an output that holds one, act passes it on."""
    if len(value) > _OUTPUT_CHARS:
        raise WorldError(f"output {name} has {len(value)} characters", f"At most {_OUTPUT_CHARS} can cross to a job.")
    _key_value("GITHUB_OUTPUT", name, value)


def state(name: str, value: str) -> None:
    """Keep a value for this action's own later steps."""
    _key_value("GITHUB_STATE", name, value)


def env(name: str, value: str) -> None:
    """Set a variable for later steps; only AUTONOMY_*, for any other name may change how their programs start."""
    if not name.startswith(_OURS):
        raise UsageError(f"variable {one_line(name, 60)!r} is not ours to set", f"Names begin with {_OURS}.")
    _key_value("GITHUB_ENV", name, value)


def path(folder: Path) -> None:
    """Put a folder in front of PATH for later steps."""
    text = str(folder)
    if not folder.is_absolute() or not text.isprintable():
        raise UsageError(f"{one_line(text, 100)!r} is no folder for PATH", "Give an absolute, printable path.")
    _append("GITHUB_PATH", text + "\n")


def summary(text: str) -> None:
    """Add Markdown to this step's summary, redacted; at most 1 MiB with what is there, the rest is cut and said so.

    The runner does not mask summaries, so secrets are taken out here.
    """
    place = host.setting("GITHUB_STEP_SUMMARY")
    if not place:
        return
    there = Path(place).stat().st_size if Path(place).exists() else 0
    data = redact(text.rstrip("\n") + "\n").encode("utf-8", "replace")
    room = MIB - there
    if len(data) > room:
        cut = data[: max(0, room - len(CUT.encode()))].decode("utf-8", "ignore")
        data = (cut + CUT).encode() if room >= len(CUT.encode()) else b""
    _append("GITHUB_STEP_SUMMARY", data.decode())


def _key_value(variable: str, name: str, value: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{one_line(name, 60)!r} is no name for {variable}", "Letters, digits, _ and - only.")
    if "\x00" in value:
        raise UsageError(f"the value of {name} holds a NUL", "Only text can cross.")
    delimiter = f"end_{secrets.token_hex(16)}"
    _append(variable, lines(name, value, delimiter))


def lines(name: str, value: str, delimiter: str) -> str:
    """One entry of a runner's file; UsageError when the value could end it early."""
    if delimiter in value or delimiter in name:
        raise UsageError(f"the value of {name} holds the delimiter", "Run it again; delimiters are random.")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(variable: str, text: str) -> None:
    place = host.setting(variable)
    if not place:
        raise UsageError(f"{variable} is not set", "`autonomy action` is for workflows of GitHub Actions.")
    with files.explained(f"writing {variable}"), open(place, "ab") as stream:
        stream.write(text.encode("utf-8", "replace"))
