"""OpenAI chat completions, which many other servers speak too: function tools, text and images inline.

Shapes after the provider's own client library (openai 3.54) and what LiteLLM sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autonomy_pack.edges import openai, sse
from autonomy_pack.edges.closed import ANY, Either, Kind, closed, picture
from autonomy_pack.model import Asked, Usage

provider = "openai"
conversation_key = "messages"
token_of, headers, answer = openai.token_of, openai.headers, openai.answer

_ROUTES = {("POST", "/v1/chat/completions"): "call", ("GET", "/v1/models"): "models"}


_CACHED = {"cache_control?": {"type": {"ephemeral"}}}
_PART = Kind(
    {
        "text": {"text": str, **_CACHED},
        "image_url": {"image_url": {"url": picture, "detail?": {"auto", "low", "high"}}, **_CACHED},
        "refusal": {"refusal": str},
    }
)
_SAID = {"content": Either(str, [_PART]), "name?": str, **_CACHED}
_CALL = Kind(
    {"function": {"id": str, "function": {"name": str, "arguments": str}, "index?": int}},
    default="function",
)
_MESSAGE = Kind(
    {
        "system": _SAID,
        "developer": _SAID,
        "user": _SAID,
        "assistant": {
            "content?": Either(str, [_PART]),
            "name?": str,
            "refusal?": str,
            "tool_calls?": [_CALL],
            "reasoning_content?": str,
            "function_call?": set(),
            "audio?": set(),
            "annotations?": [ANY],
            "provider_specific_fields?": {"refusal?": str, "reasoning_content?": str},
            **_CACHED,
        },
        "tool": {"content": Either(str, [_PART]), "tool_call_id": str, "name?": str, **_CACHED},
    },
    key="role",
)
_TOOL = Kind(
    {
        "function": {
            "function": {"name": str, "description?": str, "parameters?": dict, "strict?": bool},
            **_CACHED,
        }
    }
)
_SCHEMA = {"name": str, "schema?": dict, "description?": str, "strict?": bool}
_NAMED = Kind({"function": {"function": {"name": str}}})


def _numbers(value: Any) -> str:
    fits = isinstance(value, dict) and all(isinstance(number, int | float) for number in value.values())
    return "" if fits else " is not an object of numbers"


_CHECK = closed(
    {
        "model": str,
        "messages": [_MESSAGE],
        "tools?": [_TOOL],
        "tool_choice?": Either({"auto", "none", "required"}, _NAMED),
        "parallel_tool_calls?": bool,
        "stream?": bool,
        "stream_options?": {"include_usage?": bool, "include_obfuscation?": bool},
        "max_tokens?": int,
        "max_completion_tokens?": int,
        "temperature?": float,
        "top_p?": float,
        "n?": {1},
        "stop?": Either(str, [str]),
        "seed?": int,
        "presence_penalty?": float,
        "frequency_penalty?": float,
        "logit_bias?": _numbers,
        "logprobs?": bool,
        "top_logprobs?": int,
        "reasoning_effort?": {"none", "minimal", "low", "medium", "high", "xhigh", "max"},
        "verbosity?": {"low", "medium", "high"},
        "response_format?": Kind({"text": {}, "json_object": {}, "json_schema": {"json_schema": _SCHEMA}}),
        "modalities?": [{"text"}],
        "store?": {False},
        "metadata?": openai.words,
        "service_tier?": {"auto", "default", "flex"},
        "prompt_cache_key?": str,
        "user?": str,
        "safety_identifier?": str,
    }
)


def route(method: str, path: str, query: str) -> str:
    """Completions and the list of models; no query."""
    return "" if query else _ROUTES.get((method, path), "")


def check(body: Any) -> str:
    """Why this body may not pass."""
    told = _CHECK(body)
    return told and f"body{told}"


_LIMITS = ("max_tokens", "max_completion_tokens")


def asked(path: str, query: str, body: Mapping[str, Any], max_output: int) -> Asked:  # noqa: ARG001
    """With at most that much output, under the name the client used; a stream also says its tokens at the end."""
    limits = {name: max(1, min(body[name], max_output)) for name in _LIMITS if isinstance(body.get(name), int)}
    limits = limits or {"max_completion_tokens": max_output}
    sent = {**body, **limits, "store": False} if "store" in body else {**body, **limits}
    streams = body.get("stream") is True
    if streams:
        sent["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    most = max(limits.values())
    return Asked(path=path.removeprefix("/v1"), model=body["model"], stream=streams, body=sent, output=most)


def refusal(status: int, word: str, sentence: str) -> tuple[int, bytes]:
    """403 for a wall: the library takes that for final, and so does mini-swe-agent, which tries 400 again."""
    return openai.error(403 if word in ("stopped", "over_budget", "denied") else status, word, sentence)


def usage(message: Mapping[str, Any]) -> Usage | None:
    """What the provider counted."""
    return openai.usage(message, "prompt_tokens", "completion_tokens")


def fold(message: dict[str, Any], event: Mapping[str, Any]) -> bool:
    """Deltas of one choice, then its usage, then [DONE]."""
    if event == sse.END:
        return True
    for key in ("id", "created", "model"):
        message.setdefault(key, event.get(key))
    message["object"] = "chat.completion"
    if event.get("usage"):
        message["usage"] = event["usage"]
    if "error" in event:
        message["error"] = event["error"]
    for choice in event.get("choices") or ():
        [told] = message.setdefault("choices", [{"index": 0, "message": {"role": "assistant"}, "finish_reason": None}])
        told["finish_reason"] = choice.get("finish_reason") or told["finish_reason"]
        _add(told["message"], choice.get("delta") or {})
    return False


def _add(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key in ("content", "refusal", "reasoning_content"):
        if delta.get(key):
            message[key] = (message.get(key) or "") + delta[key]
    for piece in delta.get("tool_calls") or ():
        calls = message.setdefault("tool_calls", [])
        while len(calls) <= min(piece["index"], 999):
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call, given = calls[piece["index"]], piece.get("function") or {}
        call["id"] = piece.get("id") or call["id"]
        call["function"]["name"] = given.get("name") or call["function"]["name"]
        call["function"]["arguments"] += given.get("arguments") or ""


def unfold(message: Mapping[str, Any]) -> Iterator[bytes]:
    """One delta with everything, one with how it ended, one with its usage."""
    same = {key: message.get(key) for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for choice in message.get("choices", ()):
        delta = dict(choice["message"])
        if "tool_calls" in delta:
            delta["tool_calls"] = [{"index": number, **call} for number, call in enumerate(delta["tool_calls"])]
        yield _chunk(same, [{"index": 0, "delta": delta, "finish_reason": None}])
        yield _chunk(same, [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}])
    yield _chunk(same | {"usage": message.get("usage")}, [])
    yield b"data: [DONE]\n\n"


def _chunk(same: Mapping[str, Any], choices: list[Any]) -> bytes:
    return sse.written({**same, "choices": choices}, named=False)
