"""OpenAI Responses: function tools and free-form (custom) tools, reasoning passed back encrypted, nothing stored.

Shapes after the provider's own client library (openai 3.54) and what codex sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autonomy_pack.edges import openai, sse
from autonomy_pack.edges.closed import Either, Kind, closed, picture
from autonomy_pack.model import Asked, Usage

provider = "openai"
conversation_key = "input"
token_of, headers, answer = openai.token_of, openai.headers, openai.answer

_ROUTES = {("POST", "/v1/responses"): "call", ("GET", "/v1/models"): "models"}


def _empty(value: Any) -> str:
    return "" if value == [] else " is not allowed"


_STATUS = {"status?": {"in_progress", "completed", "incomplete"}}
_PART = Kind(
    {
        "input_text": {"text": str},
        "input_image": {"image_url": picture, "detail?": {"low", "high", "auto", "original"}},
        "output_text": {"text": str, "annotations?": _empty, "logprobs?": _empty},
        "refusal": {"refusal": str},
    }
)
_OUTPUT = Either(str, [_PART])
_CALL = {"call_id": str, "name": str, "id?": str, **_STATUS}
_ITEM = Kind(
    {
        "message": {
            "role": {"user", "assistant", "system", "developer"},
            "content": _OUTPUT,
            "id?": str,
            "phase?": {"commentary", "final_answer"},
            **_STATUS,
        },
        "reasoning": {
            "id?": str,
            "summary": [Kind({"summary_text": {"text": str}})],
            "content?": [Kind({"reasoning_text": {"text": str}, "text": {"text": str}})],
            "encrypted_content?": str,
            **_STATUS,
        },
        "function_call": {"arguments": str, **_CALL},
        "function_call_output": {"call_id": str, "output": _OUTPUT, "id?": str, **_STATUS},
        "custom_tool_call": {"input": str, **_CALL},
        "custom_tool_call_output": {"call_id": str, "output": _OUTPUT, "id?": str, **_STATUS},
    },
    default="message",
)
_TOOL = Kind(
    {
        "function": {
            "name": str,
            "description?": str,
            "parameters": dict,
            "strict?": bool,
            "output_schema?": dict,
            "defer_loading?": {False},
        },
        "custom": {
            "name": str,
            "description?": str,
            "format?": Kind({"text": {}, "grammar": {"syntax": {"lark", "regex"}, "definition": str}}),
        },
    }
)
_FORMAT = Kind(
    {
        "text": {},
        "json_object": {},
        "json_schema": {"name": str, "schema": dict, "description?": str, "strict?": bool},
    }
)
_NAMED = Kind({"function": {"name": str}, "custom": {"name": str}})


_CHECK = closed(
    {
        "model": str,
        "input": Either(str, [_ITEM]),
        "instructions?": str,
        "tools?": [_TOOL],
        "tool_choice?": Either({"auto", "none", "required"}, _NAMED),
        "parallel_tool_calls?": bool,
        "max_tool_calls?": int,
        "reasoning?": {
            "effort?": {"none", "minimal", "low", "medium", "high", "xhigh", "max"},
            "summary?": {"auto", "concise", "detailed", "none"},
            "context?": {"auto", "current_turn", "all_turns"},
        },
        "text?": {"format?": _FORMAT, "verbosity?": {"low", "medium", "high"}},
        "include?": [{"reasoning.encrypted_content"}],
        "store?": {False},
        "background?": {False},
        "stream?": bool,
        "stream_options?": {"include_obfuscation?": bool},
        "max_output_tokens?": int,
        "temperature?": float,
        "top_p?": float,
        "truncation?": {"auto", "disabled"},
        "service_tier?": {"auto", "default", "flex"},
        "prompt_cache_key?": str,
        "metadata?": openai.words,
        "client_metadata?": openai.words,
        "user?": str,
        "safety_identifier?": str,
    }
)


def route(method: str, path: str, query: str) -> str:
    """Responses and the list of models; no query."""
    return "" if query else _ROUTES.get((method, path), "")


def check(body: Any) -> str:
    """Why this body may not pass."""
    told = _CHECK(body)
    return told and f"body{told}"


def asked(path: str, query: str, body: Mapping[str, Any], max_output: int) -> Asked:  # noqa: ARG001
    """With max_output_tokens of at most that, and stored nowhere (which the provider does unless told)."""
    given = body.get("max_output_tokens")
    most = max(16, min(given, max_output)) if isinstance(given, int) else max_output
    sent = {**body, "max_output_tokens": most, "store": False}
    streams = body.get("stream") is True
    return Asked(path=path.removeprefix("/v1"), model=body["model"], stream=streams, body=sent, output=most)


def refusal(status: int, word: str, sentence: str) -> tuple[int, bytes]:
    """400 invalid_request_error for a wall: the library and codex try that no more."""
    return openai.error(400 if word in ("stopped", "over_budget", "denied") else status, word, sentence)


def usage(message: Mapping[str, Any]) -> Usage | None:
    """What the provider counted."""
    return openai.usage(message, "input_tokens", "output_tokens")


_LAST = ("response.completed", "response.incomplete", "response.failed")


def fold(message: dict[str, Any], event: Mapping[str, Any]) -> bool:
    """The last event holds the whole answer."""
    kind = event.get("type")
    if kind in _LAST:
        output = message.get("output", [])
        message.update(event["response"])
        message["output"] = message.get("output") or output
    elif kind == "response.output_item.done":
        message.setdefault("output", []).append(event["item"])
    elif kind == "response.created":
        message.update(event["response"])
    elif kind == "error":
        message["error"] = {key: event.get(key) for key in ("code", "message")}
    return kind in _LAST


def unfold(message: Mapping[str, Any]) -> Iterator[bytes]:
    """Each item at once: those who read items need no pieces of them, the others get each text in one."""
    for number, event in enumerate(_events(message)):
        yield sse.written({**event, "sequence_number": number})


def _events(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    begun = {**message, "output": [], "status": "in_progress", "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(message.get("output", ())):
        yield {"type": "response.output_item.added", "output_index": index, "item": _opened(item)}
        for piece in _pieces(item):
            yield {**piece, "output_index": index, "item_id": item.get("id", "")}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{message.get('status', 'completed')}", "response": message}


def _opened(item: Mapping[str, Any]) -> Mapping[str, Any]:
    empty: Mapping[str, Mapping[str, Any]]
    empty = {"message": {"content": []}, "function_call": {"arguments": ""}, "custom_tool_call": {"input": ""}}
    return {**item, **empty.get(item.get("type", ""), {}), "status": "in_progress"}


def _pieces(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if item.get("type") == "function_call":
        told = item["arguments"]
        yield {"type": "response.function_call_arguments.delta", "delta": told}
        yield {"type": "response.function_call_arguments.done", "name": item["name"], "arguments": told}
    elif item.get("type") == "custom_tool_call":
        yield {"type": "response.custom_tool_call_input.delta", "delta": item["input"]}
        yield {"type": "response.custom_tool_call_input.done", "input": item["input"]}
    elif item.get("type") == "message":
        for number, part in enumerate(item.get("content", ())):
            at = {"content_index": number}
            if part.get("type") == "output_text":
                yield {"type": "response.content_part.added", "part": {**part, "text": ""}, **at}
                yield {"type": "response.output_text.delta", "delta": part["text"], "logprobs": [], **at}
                yield {"type": "response.output_text.done", "text": part["text"], "logprobs": [], **at}
                yield {"type": "response.content_part.done", "part": part, **at}
