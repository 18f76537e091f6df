"""What becomes of a step that an agent announced, before it begins: it goes on, is refused, or a person is asked. Pure.

Who asks a model for a step is the model; whether the step is of a kind that changes anything says the tool itself, and
whether this mission may do such a thing says the mission. None of it is the agent's to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, Protocol

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Risk, Task, value
from autonomy_pack.policy import names

ALLOW, DENY = "allow", "deny"
_LONGEST = 300
_WORD = re.compile(rb"(go|no) ([0-9]{1,9}) ([0-9a-f]{64})(?: ([^\n]*))?\n")


class Declared(Protocol):
    """What a tool says of itself."""

    @property
    def risk(self) -> Risk:
        """How dangerous it is by itself."""

    @property
    def mutates(self) -> bool:
        """Whether it may change anything."""


@value
class Call:
    """A step as it was announced. `position`: how many steps that change something were announced before it."""

    step: int
    tool: str
    arguments: Any
    position: int = 0

    @property
    def sha256(self) -> str:
        """The hash of the very call, by which a word about it is told from a word about any other."""
        return names.sha256({"name": self.tool, "arguments": self.arguments})


@value
class Ruling:
    """What becomes of a step: `go`, `no` with its why, or `ask` a person."""

    word: Literal["go", "no", "ask"]
    why: str = ""


def announced(data: Mapping[str, Any], position: int = 0) -> Call:
    """The step that a `step.started` with that data tells of."""
    call = data["tool_call"]
    return Call(step=data["step"], tool=str(call.get("name")), arguments=call.get("arguments"), position=position)


def rule(call: Call, tools: Mapping[str, Declared], allowed: Collection[str] | None, *, asks: bool) -> Ruling:
    """What becomes of a step. `allowed` are the mission's tools, None where its own steps are its word; with `asks`,
    every step that changes something is asked about.
    """
    tool = tools.get(call.tool)
    if tool is None:
        return Ruling(word="no", why=f"there is no tool {one_line(call.tool, 60)}")
    if not tool.mutates:
        return Ruling(word="go")
    if allowed is not None and call.tool not in allowed:
        return Ruling(word="no", why=f"this mission does not allow {call.tool} (its tools)")
    return Ruling(word="ask" if asks else "go")


def action_sha256(task: Task, mission_sha256: str, call: Call) -> str:
    """The hash that an answer about a step binds to: this mission, this text, this call, at this place of the run."""
    return names.sha256(
        {
            "kind": "step",
            "repo": task.repo,
            "task": task.id,
            "pin": task.pin,
            "mission_sha256": mission_sha256,
            "tool": call.tool,
            "arguments": call.arguments,
            "position": call.position,
        }
    )


def question(call: Call, risk: Risk) -> str:
    """The question about a step, on one line."""
    told = one_line(names.canonical(call.arguments), _LONGEST)
    return f"Let step {call.step} do {call.tool} {told}? (risk {risk})"


def go(call: Call) -> bytes:
    """How a program that waits is told that this step may begin: one line of ASCII."""
    return f"go {call.step} {call.sha256}\n".encode()


def refusal(call: Call, why: str) -> bytes:
    """How a program that waits is told that this step is refused: one line of ASCII."""
    return f"no {call.step} {call.sha256} {one_line(why, 300)}\n".encode("ascii", "replace")


def heard(line: bytes, call: Call) -> Ruling | None:
    """What a program that waits with this step was told: `go`, or `no` with its why. None for a word about another
    step or another call, which is none of its business: others can announce steps too that share its output.

    ValueError for any other line; the program then ends.
    """
    told = _WORD.fullmatch(line)
    if told is None:
        raise ValueError("this is no word about a step")
    word, step, sha256, why = (part.decode(errors="replace") for part in told.groups(b""))
    if (int(step), sha256) != (call.step, call.sha256):
        return None
    return Ruling(word="go") if word == "go" else Ruling(word="no", why=why.strip() or "refused")


def all_were_shown(transcript: Iterable[Mapping[str, Any]], tools: Mapping[str, Declared]) -> bool:
    """Whether a person allowed each step that changed something, and saw by its arguments what it would change.

    A program shows no such thing, so its step is never enough.
    """
    changing: set[tuple[int, str]] = set()
    allowed: set[tuple[int, str]] = set()
    for event in transcript:
        data = event["data"]
        if event["kind"] == "step.started":
            tool = tools.get(data["tool_call"]["name"])
            if tool is None or (tool.mutates and tool.risk >= Risk.HIGH):
                return False
            changing |= {(data["step"], announced(data).sha256)} if tool.mutates else set()
        elif event["kind"] == "step.answered" and data["answer"] == "allowed":
            allowed.add((data["step"], data["call_sha256"]))
    return bool(changing) and changing <= allowed
