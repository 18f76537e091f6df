"""A model's calls of tools: checked, announced, allowed or refused by the harness, done, and told in words."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from autonomy_pack.contracts import ModelTool
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.model import Desk
from autonomy_pack.programs import pacing
from autonomy_pack.programs.pacing import tell
from autonomy_pack.programs.planner import bounded
from autonomy_pack.programs.shapes import misfit

SAME_NOTED, SAME_ENDED = 3, 6
_WORD, _LINE = 8_000, 256_000


class Done(NamedTuple):
    """What came of one call. `malformed`: why it could not be one, "" when it could: there is no such tool, or its
    arguments do not fit.
    """

    said: str
    failed: bool = False
    malformed: str = ""


class Calls:
    """The tools a model may call; `same` is how often its most frequent call had the same result since a change."""

    def __init__(self, tools: Mapping[str, ModelTool], desk: Desk) -> None:
        self.tools, self._desk = tools, desk
        self._steps = 0
        self._results: Counter[str] = Counter()

    @property
    def same(self) -> int:
        """How often the same call gave the same result since a file was last changed."""
        return max(self._results.values(), default=0)

    def problem(self, call: Mapping[str, Any], broken: str = "") -> str:
        """Why the call cannot be done at all; "" when it can."""
        name = call["name"]
        if name not in self.tools:
            return f"there is no tool {name!r} here; the tools are {', '.join(self.tools)}"
        return broken or misfit(call["input"], self.tools[name].schema)

    def refused(self, call: Mapping[str, Any], problem: str) -> Done:
        """A call that cannot be done: told to both sides."""
        says = f"the call of {str(call['name'])[:80]} is malformed: {problem[:1000]}"
        tell("agent.said", {"text": says})
        return Done(f"{says}. Nothing was done: call it again, as its description says.", failed=True, malformed=says)

    def do(self, call: Mapping[str, Any]) -> Done:
        """Announce the call, wait for the word, do it. Raises Stopped when the word is to end."""
        self._steps += 1
        shown = {"name": call["name"], "arguments": _shown(call["input"]), "id": call["id"]}
        refusal = pacing.refused(self._steps, shown)
        begun = time.perf_counter()
        done = Done(f"refused: {refusal}", failed=True) if refusal else self._run(call)
        self._finished(done, time.perf_counter() - begun)
        return self._noted(call, done)

    def _run(self, call: Mapping[str, Any]) -> Done:
        try:
            return Done(self.tools[call["name"]].run(call["input"], self._desk))
        except PackError as error:
            return Done(" ".join(filter(None, (_ended(error.says), error.fix))), failed=True)
        except Exception as error:  # noqa: BLE001  # a tool's bug is a failed call, told like any other
            return Done(f"{type(error).__name__}: {error}", failed=True)

    def _finished(self, done: Done, seconds: float) -> None:
        cut, sha256 = bounded(done.said)
        data = {"step": self._steps, "exit": int(done.failed), "duration": round(seconds, 6)}
        tell("step.finished", data | {"output": cut, "output_sha256": sha256})

    def _noted(self, call: Mapping[str, Any], done: Done) -> Done:
        """The same, with a word when this was seen before: a model in a loop should hear of it."""
        if call["name"] in ("edit", "write") and not done.failed:
            self._results.clear()
        whole = json.dumps([call["name"], call["input"], done.said], sort_keys=True)
        key = _sha256(whole)
        self._results[key] += 1
        if self._results[key] < SAME_NOTED:
            return done
        times = self._results[key]
        return done._replace(said=f"{done.said}\n[this call had this result {times} times; do something else]")


def parameters(schema: Mapping[str, Any], returned: str) -> Mapping[str, Any]:
    """The schema of `done`, with the document that has to be returned, if any; UsageError when that is no schema."""
    if not returned:
        return schema
    try:
        shape = json.loads(returned)
    except ValueError as error:
        raise UsageError(f"the schema of what is returned is not JSON: {error}", "This is a fault of ours.") from error
    properties = {**schema["properties"], "returned": {**shape, "description": "What you were asked to return"}}
    return {**schema, "required": [*schema["required"], "returned"], "properties": properties}


def _ended(says: str) -> str:
    return says if says.endswith((".", "]", "\n")) else f"{says}."


def _shown(arguments: Mapping[str, Any]) -> Any:
    """The arguments as the harness hears of them: long texts cut, with the sha256 of the whole, so that a person's word
    for a step is bound to all of it."""
    cut = {name: _cut(part) for name, part in arguments.items()}
    whole = json.dumps(arguments, sort_keys=True)
    return cut if len(json.dumps(cut)) <= _LINE else {"cut": f"{len(whole)} characters, sha256 {_sha256(whole)}"}


def _cut(part: Any) -> Any:
    if isinstance(part, str) and len(part) > _WORD:
        return f"{part[:_WORD]}… {len(part) - _WORD} more characters, sha256 {_sha256(part)}"
    return part


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()
