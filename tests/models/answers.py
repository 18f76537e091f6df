"""An answer of a model, written the way each provider writes it: whole, or as the events of a stream."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Call:
    """A tool that the model calls."""

    name: str
    arguments: Mapping[str, Any]
    id: str = field(default_factory=lambda: f"call_{next(_NUMBERS):06}")


@dataclass(frozen=True)
class Answer:
    """What the model says: text, then calls. `usage`: input (uncached), output, cache_read, cache_write tokens.

    `stop` is the provider's own word for why it stopped ("" = as usual); `model` is "" for the one asked for.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    stop: str = ""
    model: str = ""

    def tokens(self, name: str) -> int:
        """Tokens of that kind; by default 100 went in and one came out for each 4 characters."""
        size = len(self.text) + sum(len(json.dumps(dict(call.arguments))) for call in self.calls)
        default = {"input": 100, "output": 1 + size // 4}
        return self.usage.get(name, default.get(name, 0))


def sse(*events: Mapping[str, Any], named: bool = True) -> list[bytes]:
    """Events of a stream, as sent; `named` gives each a line with its type."""
    return [
        (f"event: {event['type']}\n" if named else "").encode() + b"data: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    ]


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]


# --- Anthropic Messages


def anthropic(answer: Answer, model: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    content += [{"type": "tool_use", "id": c.id, "name": c.name, "input": dict(c.arguments)} for c in answer.calls]
    return {
        "id": f"msg_{next(_NUMBERS):06}",
        "type": "message",
        "role": "assistant",
        "model": answer.model or model,
        "content": content,
        "stop_reason": answer.stop or ("tool_use" if answer.calls else "end_turn"),
        "stop_sequence": None,
        "usage": {
            "input_tokens": answer.tokens("input"),
            "cache_creation_input_tokens": answer.tokens("cache_write"),
            "cache_read_input_tokens": answer.tokens("cache_read"),
            "output_tokens": answer.tokens("output"),
        },
    }


def anthropic_events(answer: Answer, model: str) -> list[bytes]:
    """The same as a stream."""
    whole = anthropic(answer, model)
    begun = whole | {"content": [], "stop_reason": None, "usage": whole["usage"] | {"output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(whole["content"]):
        empty = {"text": ""} if block["type"] == "text" else {"input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": block | empty})
        events += [
            {"type": "content_block_delta", "index": index, "delta": delta}
            for delta in (
                [{"type": "text_delta", "text": part} for part in _halves(block["text"])]
                if block["type"] == "text"
                else [{"type": "input_json_delta", "partial_json": p} for p in _halves(json.dumps(block["input"]))]
            )
        ]
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    used = {"output_tokens": whole["usage"]["output_tokens"]}
    events += [{"type": "message_delta", "delta": ended, "usage": used}, {"type": "message_stop"}]
    return sse(*events)


# --- OpenAI Responses


def responses(answer: Answer, model: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    output: list[dict[str, Any]] = []
    if answer.text:
        part = {"type": "output_text", "text": answer.text, "annotations": []}
        output.append(
            {
                "type": "message",
                "id": f"msg_{next(_NUMBERS):06}",
                "status": "completed",
                "role": "assistant",
                "content": [part],
            }
        )
    output += [
        {
            "type": "function_call",
            "id": f"fc_{next(_NUMBERS):06}",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": json.dumps(dict(call.arguments)),
        }
        for call in answer.calls
    ]
    read, written = answer.tokens("cache_read"), answer.tokens("cache_write")
    into, out = answer.tokens("input") + read + written, answer.tokens("output")
    return {
        "id": f"resp_{next(_NUMBERS):06}",
        "object": "response",
        "created_at": 1767225600,
        "status": answer.stop or "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if answer.stop == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": answer.model or model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "store": False,
        "usage": {
            "input_tokens": into,
            "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
            "output_tokens": out,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": into + out,
        },
    }


def responses_events(answer: Answer, model: str) -> list[bytes]:
    """The same as a stream."""
    whole = responses(answer, model)
    begun = whole | {"output": [], "status": "in_progress", "usage": None}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(whole["output"]):
        empty = {"content": []} if item["type"] == "message" else {"arguments": ""}
        events.append(
            {
                "type": "response.output_item.added",
                "output_index": index,
                "item": item | empty | {"status": "in_progress"},
            }
        )
        at = {"output_index": index, "item_id": item["id"]}
        events += _message_events(item, at) if item["type"] == "message" else _call_events(item, at)
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    events.append({"type": f"response.{whole['status']}", "response": whole})
    return sse(*(event | {"sequence_number": number} for number, event in enumerate(events)))


def _message_events(item: Mapping[str, Any], at: Mapping[str, Any]) -> list[dict[str, Any]]:
    part, at = item["content"][0], {**at, "content_index": 0}
    return [
        {"type": "response.content_part.added", "part": part | {"text": ""}, **at},
        *(
            {"type": "response.output_text.delta", "delta": text, "logprobs": [], **at}
            for text in _halves(part["text"])
        ),
        {"type": "response.output_text.done", "text": part["text"], "logprobs": [], **at},
        {"type": "response.content_part.done", "part": part, **at},
    ]


def _call_events(item: Mapping[str, Any], at: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = item["arguments"]
    return [
        *({"type": "response.function_call_arguments.delta", "delta": part, **at} for part in _halves(given)),
        {"type": "response.function_call_arguments.done", "name": item["name"], "arguments": given, **at},
    ]


# --- OpenAI chat completions


def chat(answer: Answer, model: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": json.dumps(dict(c.arguments))}}
            for c in answer.calls
        ]
    stop = answer.stop or ("tool_calls" if answer.calls else "stop")
    return {
        "id": f"chatcmpl-{next(_NUMBERS):06}",
        "object": "chat.completion",
        "created": 1767225600,
        "model": answer.model or model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": stop}],
        "usage": _chat_usage(answer),
    }


def _chat_usage(answer: Answer) -> dict[str, Any]:
    read = answer.tokens("cache_read")
    into, out = answer.tokens("input") + read + answer.tokens("cache_write"), answer.tokens("output")
    told = {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}
    return told | {"prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": answer.tokens("cache_write")}}


def chat_events(answer: Answer, model: str, *, usage: bool) -> list[bytes]:
    """The same as a stream; `usage`: whether the request asked for it."""
    whole = chat(answer, model)
    [choice] = whole["choices"]
    same = {**whole, "object": "chat.completion.chunk"}
    del same["choices"], same["usage"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": part} for part in _halves(answer.text)]
    for index, call in enumerate(choice["message"].get("tool_calls", ())):
        given = call["function"]
        begun = {"index": index, "id": call["id"], "type": "function"}
        deltas.append({"tool_calls": [begun | {"function": {"name": given["name"], "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]} for part in _halves(given["arguments"])
        ]
    chunks = [same | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append(same | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    chunks += [same | {"choices": [], "usage": whole["usage"]}] if usage else []
    return [*sse(*chunks, named=False), b"data: [DONE]\n\n"]


# --- Gemini generateContent


def gemini(answer: Answer, model: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    parts: list[dict[str, Any]] = [{"text": answer.text}] if answer.text else []
    parts += [{"functionCall": {"id": c.id, "name": c.name, "args": dict(c.arguments)}} for c in answer.calls]
    return _gemini(answer, model, parts) | {"usageMetadata": _gemini_usage(answer)}


def _gemini(answer: Answer, model: str, parts: list[dict[str, Any]], *, stop: bool = True) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if stop:
        candidate["finishReason"] = answer.stop or "STOP"
    return {"candidates": [candidate], "modelVersion": answer.model or model, "responseId": f"r{next(_NUMBERS):06}"}


def _gemini_usage(answer: Answer) -> dict[str, int]:
    read = answer.tokens("cache_read")
    into, out = answer.tokens("input") + read + answer.tokens("cache_write"), answer.tokens("output")
    told = {"promptTokenCount": into, "candidatesTokenCount": out, "totalTokenCount": into + out}
    return told | ({"cachedContentTokenCount": read} if read else {})


def gemini_events(answer: Answer, model: str) -> list[bytes]:
    """The same as a stream."""
    parts: list[dict[str, Any]] = [{"text": part} for part in _halves(answer.text)]
    parts += [{"functionCall": {"id": c.id, "name": c.name, "args": dict(c.arguments)}} for c in answer.calls]
    chunks = [_gemini(answer, model, [part], stop=False) for part in parts]
    chunks.append(_gemini(answer, model, [{"text": ""}]) | {"usageMetadata": _gemini_usage(answer)})
    return sse(*chunks, named=False)


# --- Errors


def error(protocol: str, status: int, says: str) -> dict[str, Any]:
    """An error in the provider's own shape."""
    if protocol == "anthropic":
        kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"}
        kinds |= {413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error"}
        return {"type": "error", "error": {"type": kinds.get(status, "api_error"), "message": says}}
    if protocol == "gemini":
        return {"error": {"code": status, "message": says, "status": "UNKNOWN"}}
    return {"error": {"message": says, "type": "server_error", "param": None, "code": None}}
