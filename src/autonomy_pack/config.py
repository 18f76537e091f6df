"""Configuration and missions: text → values, with every problem told by file, line and fix.

A text is examined once: what was found right is kept under the user's cache folder by the sha256 of everything the
answer depends on, so that a later start needs neither a YAML parser nor a schema validator.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from autonomy_pack import __version__, missions, schemas
from autonomy_pack.edges import files, host
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import Check, Config, Finding, Input, Lane, Limits, Mission, Risk, Step, Success

_HOURS: Mapping[str, float] = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def load_config(text: str | None, name: str) -> Config:
    """The configuration in the text of the file `name`; the defaults when there is no file (None).

    Raises DocumentError (exit 2) with the first problem.
    """
    return Config() if text is None else _config(_read("config", text, name, ()), text)


def config_problems(text: str, name: str) -> list[Finding]:
    """Every problem of a configuration, in order of lines; none when it is right."""
    return _examine("config", text, name, ())[0]


def load_mission(text: str, name: str, *, checks: Collection[str] = ()) -> Mission:
    """The mission in the text of the file `name`, whose stem is the mission's name.

    `checks` are the names of the repository's own checks. Raises DocumentError (exit 2) with the first problem.
    """
    return _mission(_read("mission", text, name, checks), text, name)


def mission_problems(text: str, name: str, *, checks: Collection[str] = ()) -> list[Finding]:
    """Every problem of a mission, in order of lines; none when it is right."""
    return _examine("mission", text, name, checks)[0]


def packaged_missions() -> dict[str, str]:
    """Name → text of the missions that are shipped with the pack."""
    return missions.packaged()


def find_mission(name: str, repo_texts: Mapping[str, str], *, checks: Collection[str] = ()) -> Mission:
    """The mission of that name: the repository's own (`repo_texts`: path → text), else the shipped one.

    Raises UsageError (exit 2) when there is none, DocumentError when its file is wrong.
    """
    texts = mission_texts(repo_texts)
    if name not in texts:
        raise unknown_mission(name, texts)
    file, text = texts[name]
    return load_mission(text, file, checks=checks)


def mission_texts(repo_texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Name → (file, text) of every mission there is, the repository's own before shipped ones of the same name."""
    shipped = {name: (f"autonomy_pack/missions/{name}.yml", text) for name, text in packaged_missions().items()}
    own = {PurePosixPath(path).stem: (path, text) for path, text in sorted(repo_texts.items())}
    return dict(sorted((shipped | own).items()))


def unknown_mission(name: str, known: Collection[str]) -> UsageError:
    """The error for a mission that does not exist: a wrong name is never taken as a goal."""
    from autonomy_pack.schemas.told import nearest

    fix = f"{nearest(name, known)}The missions are {', '.join(known)}."
    return UsageError(f'no mission is called "{name}"', fix)


def _read(kind: str, text: str, name: str, checks: Collection[str]) -> Mapping[str, Any]:
    key = json.dumps([__version__, schemas.text(kind), kind, text, name, sorted(checks)])
    place = host.cache_home() / "config" / f"{files.sha256(key.encode('utf-8', 'backslashreplace'))}.json"
    kept = _kept(place)
    if kept is not None:
        return kept
    found, data = _examine(kind, text, name, checks)
    if found:
        raise first(found)
    _keep(place, data)
    return data


def _examine(kind: str, text: str, name: str, checks: Collection[str]) -> tuple[list[Finding], Mapping[str, Any]]:
    from autonomy_pack.edges import documents
    from autonomy_pack.missions import sense
    from autonomy_pack.schemas import told

    try:
        document = documents.load_yaml(text, name)
    except documents.DocumentError as error:
        return [error.finding(kind)], {}
    data = {} if document.data is None else document.data
    found = told.problems(document, kind, sense.sampled(data) if kind == "mission" else data)
    if not found and kind == "mission":
        found = sense.problems(document, checks)
    return found, data


def first(found: Sequence[Finding]) -> UsageError:
    """The first of the problems, as a DocumentError."""
    from autonomy_pack.edges.documents import DocumentError

    file, _, line = found[0].where.rpartition(":")
    return DocumentError(file, int(line), found[0].says, found[0].fix)


def _kept(place: Path) -> Mapping[str, Any] | None:
    """What was kept there; None when there is nothing, or when it is damaged."""
    try:
        seal, _, body = place.read_bytes().partition(b"\n")
    except OSError:
        return None
    if seal != files.sha256(body).encode():
        return None
    kept: Mapping[str, Any] = json.loads(body)
    return kept


def _keep(place: Path, data: Mapping[str, Any]) -> None:
    body = json.dumps(data).encode()
    try:
        files.write(place, files.sha256(body).encode() + b"\n" + body, durable=False)
    except WorldError:
        return  # without a cache the next start is slower, and nothing else


def _config(data: Mapping[str, Any], text: str) -> Config:
    same: tuple[str, ...] = ("forge", "agent", "model", "mission", "mode", "max_issues", "attempts")
    same += ("queue_capacity", "store", "sandbox")
    values: dict[str, Any] = {key: data[key] for key in same if key in data}
    values |= {key: tuple(data[key]) for key in ("protected", "plan_only", "apps") if key in data}
    values |= data.get("budget", {}) | data.get("github", {}) | _risks(data)
    values |= {key: tuple(word) if isinstance(word, list) else word for key, word in data.get("handoff", {}).items()}
    if "setup" in data:
        values["setup"] = tuple(map(tuple, data["setup"]))
    if "lanes" in data:
        values["lanes"] = {"default": Lane()} | {name: Lane(**lane) for name, lane in data["lanes"].items()}
    if "expires" in data.get("decisions", {}):
        values["decision_hours"] = _hours(data["decisions"]["expires"])
    if "sessions" in data.get("retention", {}):
        values["session_days"] = _hours(data["retention"]["sessions"]) / 24
    return Config(**values, checks=_checks(data), sha256=files.sha256(text.encode()))


def _mission(data: Mapping[str, Any], text: str, name: str) -> Mission:
    same: tuple[str, ...] = (
        "name",
        "version",
        "goal",
        "type",
        "agent",
        "model",
        "plan_only",
        "requires_approval",
        "repair",
        "returns",
    )
    values: dict[str, Any] = {key: data[key] for key in same if key in data} | _risks(data)
    values.setdefault("agent", "planner" if data.get("steps") else "")
    return Mission(
        **values,
        inputs=tuple(_input(key, declared) for key, declared in data.get("inputs", {}).items()),
        steps=tuple(_step(step) for step in data.get("steps", [])),
        checks=_checks(data),
        success=tuple(_success(entry) for entry in data.get("success", [])),
        tools=tuple(data.get("tools", [])),
        constraints=tuple(data.get("constraints", [])),
        limits=Limits(**data.get("limits", {})),
        sha256=files.sha256(text.encode()),
        source=name,
    )


def _risks(data: Mapping[str, Any]) -> dict[str, Risk]:
    return {key: Risk.parse(data[key]) for key in ("ask_from", "block_from") if key in data}


def _checks(data: Mapping[str, Any]) -> tuple[Check, ...]:
    return tuple(
        Check(name=check["name"], argv=tuple(check["run"]), minutes=float(check.get("minutes", 5)))
        for check in data.get("checks", [])
    )


def _input(name: str, declared: Mapping[str, Any]) -> Input:
    choices = declared.get("choices", ())
    return Input(
        name=name,
        type=declared.get("type", "string"),
        field=declared.get("field", ""),
        required=declared.get("required", False),
        default=declared.get("default"),
        choices=tuple(choices),
        values=choices if isinstance(choices, dict) else {},
    )


def _step(step: Mapping[str, Any]) -> Step:
    [(tool, arguments)] = step.items()
    return Step(tool=tool, arguments=tuple(arguments) if isinstance(arguments, list) else _mapping(arguments))


def _mapping(arguments: Any) -> Mapping[str, Any] | tuple[str, ...]:
    return (arguments,) if isinstance(arguments, str) else arguments


def _success(entry: str | Mapping[str, str]) -> Success:
    return Success(check=entry) if isinstance(entry, str) else Success(**entry)


def _hours(duration: str) -> float:
    return int(duration[:-1]) * _HOURS[duration[-1]]
