"""What an agent gives back where no change is wanted: one JSON document, of a shape that was told to it beforehand.

An agent's program may say it in its output (Verdict.returned) or leave it in a file of its home. Both are a stranger's
words: size first, then strict JSON, then the closed schema; a document that fails is no document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autonomy_pack import schemas
from autonomy_pack.edges import files
from autonomy_pack.edges.artifact import strict_json
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.job import Job
from autonomy_pack.model import Mission

FILE = "returned.json"
MOST = 64 * 1024
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n```", re.DOTALL)


def shape(mission: Mission) -> str:
    """The text of the JSON schema for what the mission gives back; "" when it changes files instead."""
    return schemas.text(f"returns-{mission.returns}") if mission.returns else ""


def keep(job: Job, home: Path, told: str) -> None:
    """Put what the agent gave back into the run's records, as it gave it: what it told, else what its home holds."""
    if not job.run.mission.returns:
        return
    content = told.encode("utf-8", "replace") or files.read_plain(home / FILE, MOST + 1)
    files.write(job.folder / FILE, content[: MOST + 1])


def take(job: Job) -> Mapping[str, Any] | str:
    """The document that was kept; or, as one sentence for the agent, why it is none."""
    kept = job.folder / FILE
    content = files.read(kept, limit=MOST + 1) if kept.exists() else b""
    return read(job.run.mission, content)


def read(mission: Mission, content: bytes) -> Mapping[str, Any] | str:
    """The document in those bytes; or why they are none."""
    if not content.strip():
        return f"nothing was given back; a {mission.returns} was asked for"
    if len(content) > MOST:
        return f"what was given back has more than {MOST:,} bytes"
    try:
        data = strict_json(_bare(content))
    except WorldError as error:
        return f"what was given back is not one JSON document: {one_line(error.says, 200)}"
    return _fitting(mission, data)


def _bare(content: bytes) -> bytes:
    """The document without the one fence that models like to put around it."""
    blocks = _FENCED.findall(content.decode("utf-8", "replace").replace("\r\n", "\n"))
    return str(blocks[0]).encode() if len(blocks) == 1 else content


def _fitting(mission: Mission, data: Any) -> Mapping[str, Any] | str:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schemas.schema(f"returns-{mission.returns}"))
    error = next(iter(sorted(validator.iter_errors(data), key=lambda one: list(map(str, one.absolute_path)))), None)
    if error is None:
        fitting: Mapping[str, Any] = data
        return fitting
    where = "/".join(map(str, error.absolute_path)) or "the document"
    return f"{one_line(where, 100)} is not of the shape of a {mission.returns}: {one_line(error.message, 200)}"
