"""Read back from the transcript of a run: the requests of its model, and the conversation it was in. Pure.

The gateway records every request as what differs from the one before, and every answer whole; the steps tell what came
of the model's last calls. What cannot be read back exactly is not read back at all: the run then begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]
Event = Mapping[str, Any]
_OPEN = ("ask",)


def messages(events: Iterable[Event], output: Callable[[str], str]) -> tuple[Message, ...]:
    """The messages of a run that asked: the last request, the answer to it, and the results of those of its calls that
    were done. `output` gives a long output by its sha256. () when the transcript does not tell it exactly.
    """
    told = list(events)
    try:
        request, answer = _last_exchange(told)
        results = _results(told, {block["id"] for block in answer if block.get("type") == "tool_use"}, output)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ()
    if not answer:
        return ()
    said: list[Message] = [*request, {"role": "assistant", "content": answer}]
    return (*said, {"role": "user", "content": results}) if results else tuple(said)


def requests(events: Iterable[Event]) -> list[list[Message]]:
    """The messages of each request, whole. ValueError when one leaves out more than there was."""
    put_together: list[list[Message]] = []
    before: Mapping[str, Any] = {}
    for event in events:
        if event["kind"] != "model.called":
            continue
        request = event["data"]["request"]
        before = whole(request, before, "messages")
        if request.get("cut") or not isinstance(before.get("messages"), list):
            raise ValueError("a request does not tell its messages")
        put_together.append(before["messages"])
    return put_together


def whole(record: Mapping[str, Any], before: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The request that a record tells of, given the one before; `key` is where a request has its conversation.

    ValueError or KeyError when it leaves out what the one before does not have.
    """
    same, earlier = record["same"], before.get(key) or ()
    body = {name: before[name] for name in record["as_before"]}
    body |= {name: part for name, part in record.items() if name not in ("same", "as_before", "cut")}
    if type(same) is not int or not 0 <= same <= len(earlier):
        raise ValueError("a request does not follow the one before")
    if isinstance(body.get(key), list):
        body[key] = [*earlier[:same], *body[key]]
    return body


def changed(events: Iterable[Event], tools: Mapping[str, Any]) -> int:
    """How many steps that change something were done."""
    started = {}
    count = 0
    for event in events:
        data = event["data"]
        if event["kind"] == "step.started":
            started[data["step"]] = tools.get(data["tool_call"]["name"])
        elif event["kind"] == "step.finished":
            tool = started.pop(data["step"], None)
            count += bool(tool and tool.mutates)
    return count


def _last_exchange(told: Sequence[Event]) -> tuple[list[Message], list[Mapping[str, Any]]]:
    """The last request that was answered, and the blocks of its answer."""
    calls = [event["data"] for event in told if event["kind"] == "model.called"]
    for request, call in zip(reversed(requests(told)), reversed(calls), strict=True):
        response = call["response"]
        body = response.get("body")
        whole = response.get("status") == 200 and response.get("complete", True) and not response.get("cut")
        if whole and call["protocol"] == "anthropic" and isinstance(body, Mapping) and "content" in body:
            return request, [block for block in body["content"] if _is_sendable(block)]
    return [], []


def _is_sendable(block: Mapping[str, Any]) -> bool:
    """Empty texts are refused when they are sent back."""
    return block["type"] != "text" or bool(str(block["text"]).strip())


def _results(told: Sequence[Event], calls: set[str], output: Callable[[str], str]) -> list[Mapping[str, Any]]:
    """What came of those calls, as far as they were done; what a person is asked has no result but the answer."""
    started: dict[int, str] = {}
    results: list[Mapping[str, Any]] = []
    for event in told:
        data = event["data"]
        if event["kind"] == "step.started":
            call = data["tool_call"]
            started[data["step"]] = "" if call["name"] in _OPEN else call.get("id", "")
        elif event["kind"] == "step.finished" and started.get(data["step"]) in calls:
            said = data["output"] if data["output"] is not None else output(data["output_sha256"])
            block = {"type": "tool_result", "tool_use_id": started[data["step"]], "content": said or "(nothing)"}
            results.append({**block, "is_error": True} if data["exit"] else block)
    return results
