"""The records of one run: its folder, its transcript (a line on disk before what it tells of), its run.json."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autonomy_pack import __version__
from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.redact import redact
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import models
from autonomy_pack.flows.project import Place, Project
from autonomy_pack.model import Event, Run
from autonomy_pack.policy import names

Report = Callable[[Event], None]
"""Whoever watches a session: called with every event, of store and transcript alike."""

_SECRET_NAMES = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL")
_LONG = 32 * 1024
_DEEPEST = 50  # levels of a record: what an agent or a provider says may be nested until writing it down fails
_TOO_DEEP = "… nested too deep"


def known_secrets() -> tuple[str, ...]:
    """The values of this process's environment that are secrets by their names, or because a person named them as
    keys of models; no sink may show them."""
    found = {
        text
        for name, text in host.environment().items()
        if len(text) >= 8 and any(word in name.upper() for word in _SECRET_NAMES)
    }
    return tuple(sorted(found | set(models.keys())))


def session_folder(place: Place, session: str) -> Path:
    """Where a session's summary and runs are kept."""
    return place.workspace / "sessions" / session


def find_run(place: Place, run: str) -> Path:
    """The folder of a run's records; UsageError when there is none (any more)."""
    found = sorted((place.workspace / "sessions").glob(f"*/{names.path_name(run)}"))
    if not found:
        raise UsageError(f"there are no records of run {run}", "`autonomy run list` shows the runs that are kept.")
    return found[-1]


class Transcript:
    """The inside of one run as Events, one JSON line each, redacted, on disk before `add` returns."""

    def __init__(self, folder: Path, run: str, subject: str, report: Report) -> None:
        self._journal = files.Journal(folder / "transcript.jsonl")
        self._folder = folder
        self._run, self._subject, self._report = run, subject, report
        self._secrets = known_secrets()
        self._seq = 0
        self._hash = hashlib.sha256()
        self._one_at_a_time = threading.Lock()  # the agent and the gateway tell at the same time

    def add(self, kind: str, data: Mapping[str, Any], actor: str) -> Event:
        """Write one event; an output of more than 32 KB goes to a file named by its hash. From any thread."""
        with self._one_at_a_time:
            return self._added(kind, data, actor)

    def _added(self, kind: str, data: Mapping[str, Any], actor: str) -> Event:
        self._seq += 1
        event = Event(
            kind=kind,
            subject=self._subject,
            run=self._run,
            actor=actor,
            data=self._clean(data),
            seq=self._seq,
            at=clock.now(),
        )
        line = json.dumps(as_json(event), ensure_ascii=True)
        self._journal.add(line)
        self._hash.update(line.encode() + b"\n")
        self._report(event)
        return event

    def _clean(self, data: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = {key: _redacted(part, self._secrets) for key, part in data.items()}
        output = cleaned.get("output")
        # One that was cut where it arose has the hash of the whole already, and is short enough to stay here.
        if isinstance(output, str) and len(output) > _LONG and not cleaned.get("output_sha256"):
            content = output.encode("utf-8", "backslashreplace")
            cleaned["output_sha256"] = files.sha256(content)
            cleaned["output"] = None
            files.write(self._folder / "outputs" / f"{cleaned['output_sha256']}.txt", content, durable=False)
        return cleaned

    def close(self) -> str:
        """Finish it; the sha256 of the whole file."""
        self._journal.close()
        return self._hash.hexdigest()


def _redacted(part: Any, secrets: tuple[str, ...], levels: int = _DEEPEST) -> Any:
    if isinstance(part, str):
        return redact(part, secrets)
    if not isinstance(part, Mapping | list | tuple):
        return part
    if not levels:
        return _TOO_DEEP
    if isinstance(part, Mapping):
        return {key: _redacted(inner, secrets, levels - 1) for key, inner in part.items()}
    return [_redacted(inner, secrets, levels - 1) for inner in part]


def write_run(project: Project, run: Run, end: Event | None) -> None:
    """run.json: the run as its events tell it; outcome null while it goes on, or when its process was killed."""
    write_json(Path(run.folder) / "run.json", run_record(run, end, project.store.events(run=run.id)))


def run_record(run: Run, end: Event | None, told: Iterable[Event]) -> dict[str, Any]:
    """A run and its events as `schemas/run.json` publishes them."""
    ended = ("outcome", "why", "seconds", "usd", "tokens", "transcript_sha256")
    return {
        "version": 1,
        "pack": __version__,
        "run": run.id,
        "session": run.session,
        "task": {"id": run.task.id, "issue": run.task.issue, "title": run.task.title, "pin": run.task.pin},
        "mission": {"name": run.mission.name, "version": run.mission.version, "sha256": run.mission.sha256},
        "agent": run.agent,
        "attempt": run.attempt,
        "base": run.base,
        **{name: end.data[name] if end else None for name in ended},
        "events": [as_json(event) for event in told],
    }


def as_json(event: Event) -> dict[str, Any]:
    """An event as `schemas/events.json` publishes it."""
    return {
        "id": event.id,
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind,
        "repo": event.repo,
        "subject": event.subject,
        "run": event.run,
        "actor": event.actor,
        "data": dict(event.data),
        "key": event.key,
        "v": event.v,
    }


def read_transcript(folder: Path) -> Iterator[dict[str, Any]]:
    """The events of a transcript; a torn last line (a crash) is left out."""
    path = folder / "transcript.jsonl"
    for line in files.read(path, limit=1 << 30).splitlines() if path.exists() else []:
        try:
            yield json.loads(line)
        except ValueError:
            return


def last_words(folder: Path) -> str:
    """What an agent that speaks to a model said last, "" when it said nothing: what it claims of its work."""
    said = [event["data"]["text"] for event in read_transcript(folder) if event["kind"] == "agent.said"]
    return said[-1] if said else ""


def write_json(path: Path, data: object) -> None:
    """Write a record as JSON, redacted like every sink."""
    files.write(path, json.dumps(_redacted(data, known_secrets()), indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A record written by `write_json`; UsageError when it is missing or damaged."""
    try:
        data = json.loads(files.read(path))
    except Exception as error:
        raise UsageError(f"{path} cannot be read: {error}", "Its session's records are damaged or gone.") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path} is not a record", "Its session's records are damaged.")
    return data
