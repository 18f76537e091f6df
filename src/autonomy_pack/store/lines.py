"""Events as lines in the messages of commits on one ref, and what is believed of lines that others wrote. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from autonomy_pack import schemas
from autonomy_pack.edges.commits import Note
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Event
from autonomy_pack.store import public, rows

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

EVENTS = "refs/autonomy/events"
LARGEST = 512 * 1024
_HEAD = "autonomy/events 1\n"
_FIX = "This is a defect of the program that wrote it; please report it with this message."


def messages(events: Sequence[Event]) -> list[str]:
    """The messages of the commits that say these events, at least one. UsageError for one that cannot be said."""
    made, size = [[_HEAD]], len(_HEAD)
    for event in events:
        line = _line(event)
        if size + len(line) > LARGEST:
            made.append([_HEAD])
            size = len(_HEAD)
        made[-1].append(line)
        size += len(line)
    return ["".join(parts) for parts in made]


def read(note: Note) -> list[Event]:
    """The events that a commit says; ValueError tells what of it is not as we write it."""
    message = note.message or ""
    if not message.startswith(_HEAD):
        raise ValueError("it is not a commit of events")
    return [_event(line) for line in message.removeprefix(_HEAD).splitlines()]


def _line(event: Event) -> str:
    data = asdict(event)
    del data["seq"]
    data["data"] = public.without_secrets(dict(event.data))
    if event.kind == "task.claimed":
        host, _, pid = str(event.data.get("holder", "")).rpartition(":")
        data["data"]["holder"] = f"{public.hashed(host)}:{pid}"
    line = public.line(data) + "\n"
    try:
        _check(data)
        if len(line) > LARGEST - len(_HEAD):
            raise ValueError(f"it has more than {LARGEST} bytes")
    except ValueError as error:
        raise UsageError(f"an event {event.kind} of {event.subject!r} cannot be stored: {error}", _FIX) from error
    return line


def _event(line: str) -> Event:
    data = public.parsed(line)
    _check(data)
    event = Event(**data)
    try:
        rows.event_params(event)
    except UsageError as error:
        raise ValueError(error.says) from error
    return event


def _check(data: Mapping[str, Any]) -> None:
    """ValueError unless this is an event that a store keeps, by the published schema."""
    envelope, kinds = _validators()
    error = next(envelope.iter_errors(data), None)
    if error is None:
        error = next(kinds[data["kind"]].iter_errors(data["data"]), None)
    if error is not None:
        raise ValueError(f"{error.json_path}: {error.message[:200]}")


@cache
def _validators() -> tuple[Draft202012Validator, Mapping[str, Draft202012Validator]]:
    from jsonschema import Draft202012Validator as Validator

    schema = schemas.schema("events")
    kept = [kind for kind in schema["$defs"] if kind not in rows.INSIDE_A_RUN]
    properties = {name: about for name, about in schema["properties"].items() if name != "seq"}
    properties["kind"] = {"enum": kept}
    required = [name for name in schema["required"] if name != "seq"]
    envelope = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Validator(envelope), {kind: Validator(schema["$defs"][kind]) for kind in kept}
