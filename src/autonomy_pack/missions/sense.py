"""What no schema can say of a mission: that its parts fit each other and that its goal can be met by them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from autonomy_pack.edges.documents import Document
from autonomy_pack.model import Finding, Limits
from autonomy_pack.schemas.told import nearest, problem

# `{{ name }}`; GitHub's own `${{ … }}` is text like any other.
PLACE = re.compile(r"(?<!\$)\{\{\s*([A-Za-z_]\w*)\s*\}\}")

_KINDS: Mapping[str, type[Any]] = {"string": str, "int": int, "bool": bool, "list": list, "choice": str}
_SAMPLES: Mapping[str, Any] = {"int": 1, "bool": True}
_CODE_FOLLOWS = ("-c", "-e", "-lc", "-ec", "-ic", "-E", "-p", "--eval", "--command", "--exec")
_Path = list[str | int]


def sampled(mission: Any) -> Any:
    """The same mission with a value of the right type wherever a step argument is one whole `{{ place }}`."""
    if not isinstance(mission, dict) or not isinstance(mission.get("inputs"), dict):
        return mission
    return {**mission, "steps": _with_samples(mission.get("steps", []), mission["inputs"])}


def _with_samples(item: Any, inputs: Mapping[str, Any]) -> Any:
    if isinstance(item, dict):
        return {key: _with_samples(inner, inputs) for key, inner in item.items()}
    if isinstance(item, list):
        return [_with_samples(inner, inputs) for inner in item]
    place = PLACE.fullmatch(item.strip()) if isinstance(item, str) else None
    return _sample(place[1], inputs[place[1]]) if place and isinstance(inputs.get(place[1]), dict) else item


def _sample(name: str, declared: Mapping[str, Any]) -> Any:
    kind, choices = declared.get("type", "string"), declared.get("choices")
    if isinstance(choices, dict) and choices:
        return next(iter(choices.values()))
    text = f"the {kind} input {name}"
    return [text] if kind == "list" else _SAMPLES.get(kind, text) if isinstance(kind, str) else text


def problems(document: Document, checks: Collection[str]) -> list[Finding]:
    """What is wrong with a mission that its schema accepts; `checks` are names of checks it gets from elsewhere."""
    said = [*_name(document), *_inputs(document), *_steps(document), *_success(document, checks)]
    said += _returns(document)
    return [problem(document, path, says, fix, rule="mission") for path, says, fix in said]


_Said = Iterator[tuple[_Path, str, str]]


def _returns(document: Document) -> _Said:
    for key in ("steps", "checks", "success", "plan_only", "requires_approval"):
        if document.data.get("returns") and document.data.get(key):
            yield [key], f"a mission that returns something changes no file, so {key} mean nothing", f"Remove `{key}:`."


def _name(document: Document) -> _Said:
    file, name = PurePosixPath(document.name), document.data["name"]
    if file.name != f"{name}.yml":
        yield ["name"], f'the name "{name}" differs from the file\'s, {file.name}', f"Name the file {name}.yml."


def _inputs(document: Document) -> _Said:
    for name, declared in document.data.get("inputs", {}).items():
        here: _Path = ["inputs", name]
        kind, choices = declared.get("type", "string"), declared.get("choices")
        if kind == "choice" and not choices:
            yield here, f'the choice "{name}" has no choices', "Add `choices:` with the words to choose from."
        elif kind != "choice" and choices:
            yield [*here, "choices"], f'"{name}" has choices but is of type {kind}', "Write `type: choice`."
        if "default" in declared and not _fits(declared["default"], kind, choices):
            says = f'the default of "{name}" is not of its type, {kind}'
            yield [*here, "default"], says, _FITTING[kind]


_FITTING: Mapping[str, str] = {
    "string": "Write text; put true, false and numbers in quotes.",
    "int": "Write a whole number without quotes.",
    "bool": "Write true or false without quotes.",
    "list": 'Write a list of texts, such as ["**/*"].',
    "choice": "Write one of its choices.",
}


def _fits(default: Any, kind: str, choices: Any) -> bool:
    if type(default) is not _KINDS[kind]:
        return False
    if kind == "choice":
        return default in (choices or ())
    return kind != "list" or all(isinstance(item, str) for item in default)


def _steps(document: Document) -> _Said:
    mission = document.data
    steps, agent, tools = mission.get("steps", []), mission.get("agent"), mission.get("tools", [])
    yield from _amount(mission, steps, agent)
    for number, step in enumerate(steps):
        [(tool, arguments)] = step.items()
        here: _Path = ["steps", number, tool]
        if tool not in tools:
            says = f"step {number + 1} uses {tool}, which is not among the mission's tools"
            yield here, says, f"Write `tools: [{', '.join([*tools, tool])}]`; without it a mission may only read."
        yield from _undefined(arguments, mission.get("inputs", {}), here)
        yield from _expressions(arguments, here)
        if tool == "run":
            yield from _program([arguments] if isinstance(arguments, str) else arguments, mission, here)


def _program(argv: list[str], mission: Mapping[str, Any], here: _Path) -> _Said:
    """Inputs come from issues: none may say which program runs, nor be read as one."""
    chosen = PLACE.match(argv[0].strip())
    if chosen and mission.get("inputs", {}).get(chosen[1], {}).get("type") != "choice":
        says = f'the input "{chosen[1]}" would say which program runs'
        yield here, says, "Make it a choice whose words stand for whole commands, or write the program out."
    for number, word in enumerate(argv[1:], start=1):
        if argv[number - 1] in _CODE_FOLLOWS and PLACE.search(word):
            says = f"an input stands inside code that {argv[0]} would run"
            yield [*here, number], says, 'Give it as an argument of its own: [sh, -c, "echo "$1"", sh, "{{ name }}"].'


def _amount(mission: Mapping[str, Any], steps: list[Any], agent: str | None) -> _Said:
    most = mission.get("limits", {}).get("steps", Limits().steps)
    if agent not in (None, "planner") and steps:
        says = f"steps are for the planner, and this mission's agent is {agent}"
        yield ["steps"], says, "Write `agent: planner`, or leave the steps out."
    if agent == "planner" and not steps:
        says = "the planner has no steps, so the goal cannot be met"
        yield ["goal"], says, "Add `steps:`, or name another agent with `agent:`."
    if len(steps) > most:
        says = f"{len(steps)} steps are more than limits.steps allows, {most}"
        yield ["steps", most], says, f"Write `limits: {{steps: {len(steps)}}}`, or split the mission."


def _undefined(item: Any, inputs: Mapping[str, Any], here: _Path) -> _Said:
    if isinstance(item, dict):
        for key, inner in item.items():
            yield from _undefined(inner, inputs, [*here, key])
    elif isinstance(item, list):
        for number, inner in enumerate(item):
            yield from _undefined(inner, inputs, [*here, number])
    elif isinstance(item, str):
        for name in PLACE.findall(item):
            if name not in inputs:
                known = f"The inputs are {', '.join(inputs)}." if inputs else "Declare it under `inputs:`."
                yield here, f'no input is called "{name}"', nearest(name, inputs) + known


def _expressions(arguments: Any, here: _Path) -> _Said:
    if isinstance(arguments, dict):
        patterns = ["match", "unless", *(["find"] if arguments.get("regex") is True else [])]
        for key in patterns:
            yield from _expression(arguments.get(key, ""), [*here, key])


def _expression(pattern: str, here: _Path) -> _Said:
    try:
        re.compile(PLACE.sub("x", pattern))
    except (re.error, RecursionError, OverflowError) as error:
        yield (
            here,
            f"this regular expression does not compile: {error}",
            "Mend it; `\\` before a sign takes it as it is.",
        )


def _success(document: Document, checks: Collection[str]) -> _Said:
    mission = document.data
    own = [check["name"] for check in mission.get("checks", [])]
    for number, name in enumerate(own):
        if name in own[:number]:
            yield ["checks", number], f'two checks are called "{name}"', "Give each check its own name."
    known = [*own, *(name for name in checks if name not in own)]
    for number, entry in enumerate(mission.get("success", [])):
        here: _Path = ["success", number]
        name = entry if isinstance(entry, str) else entry["check"]
        if name not in known:
            listed = f"The checks are {', '.join(known)}." if known else "Add it under `checks:`."
            yield here, f'success asks for the check "{name}", which nothing runs', nearest(name, known) + listed
        if isinstance(entry, dict):
            yield from _expression(entry.get("criterion", ""), [*here, "criterion"])
