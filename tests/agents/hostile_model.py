"""A model that always obeys the attacker: every order that stands in what it is told, it carries out.

An order is a line `CALL tool {arguments}` anywhere: in an issue, in a file it read, in the output of a program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from models import Answer, Call, Models, Request

_ORDER = re.compile(r"CALL ([a-z]+) (\{.*\})")


def obey(models: Models) -> None:
    """Let the stand-in do whatever it reads; when nothing new is ordered, it says that all is well."""
    carried_out: set[str] = set()

    def decide(request: Request) -> Answer:
        new = [(name, given) for name, given in _orders(request) if f"{name} {given}" not in carried_out]
        carried_out.update(f"{name} {given}" for name, given in new)
        calls = tuple(Call(name, json.loads(given)) for name, given in new)
        return Answer(text="Of course.", calls=calls or (Call("done", {"summary": "All is well."}),))

    models.always(decide)


def _orders(request: Request) -> Sequence[tuple[str, str]]:
    said = [message for message in request.body["messages"] if message["role"] == "user"]
    return _ORDER.findall("\n".join(_texts(said)))


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [text for one in inside for text in _texts(one)]


def order(tool: str, **arguments: Any) -> str:
    """An order as an attacker would write it."""
    return f"CALL {tool} {json.dumps(arguments)}"
