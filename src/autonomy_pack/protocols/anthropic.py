"""Anthropic Messages: function tools, text, thinking, images inline; nothing that the provider runs.

Shapes after the provider's own client library (anthropic 2.12); betas are those that only change how the model answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autonomy_pack.edges import sse
from autonomy_pack.edges.closed import PICTURES, Either, Kind, closed, counts
from autonomy_pack.model import Asked, Usage

provider = "anthropic"
conversation_key = "messages"

_ROUTES = {
    ("POST", "/v1/messages"): "call",
    ("POST", "/v1/messages/count_tokens"): "count",
    ("GET", "/v1/models"): "models",
}
BETAS = frozenset(
    {
        "adaptive-thinking-2026-01-28",
        "claude-code-20250219",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "effort-2025-11-24",
        "extended-cache-ttl-2025-04-11",
        "fine-grained-tool-streaming-2025-05-14",
        "interleaved-thinking-2025-05-14",
        "mid-conversation-system-2026-04-07",
        "model-context-window-exceeded-2025-08-26",
        "output-128k-2025-02-19",
        "prompt-caching-2024-07-31",
        "redact-thinking-2026-02-12",
        "structured-outputs-2025-11-13",
        "structured-outputs-2025-12-15",
        "thinking-token-count-2026-05-13",
        "token-counting-2024-11-01",
        "token-efficient-tools-2025-02-19",
    }
)
_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_LEAST_THINKING = 1024

_CACHED = {"cache_control?": {"type": {"ephemeral"}, "ttl?": {"5m", "1h"}, "scope?": str}}
_TEXT = {"text": str, "citations?": set(), **_CACHED}
_TEXTS = Either(str, [Kind({"text": _TEXT})])
_IMAGE = {"source": Kind({"base64": {"data": str, "media_type": PICTURES}}), **_CACHED}
_MEDIA = {"text": _TEXT, "image": _IMAGE}
_DIRECT = {"caller?": {"type": {"direct"}}}
_BLOCK = Kind(
    {
        **_MEDIA,
        "thinking": {"thinking": str, "signature?": str},
        "redacted_thinking": {"data": str},
        "tool_use": {"id": str, "name": str, "input": dict, **_DIRECT, **_CACHED},
        "tool_result": {
            "tool_use_id": str,
            "content?": Either(str, [Kind(_MEDIA)]),
            "is_error?": bool,
            **_CACHED,
        },
    }
)
_TOOL = Kind(
    {
        "custom": {
            "name": str,
            "description?": str,
            "input_schema": dict,
            "strict?": bool,
            "eager_input_streaming?": bool,
            "input_examples?": [dict],
            "defer_loading?": {False},
            "allowed_callers?": [{"direct"}],
            **_CACHED,
        }
    },
    default="custom",
)
_PARALLEL = {"disable_parallel_tool_use?": bool}
_DISPLAY = {"display?": {"summarized", "omitted"}}
_AMOUNT = {"type": {"input_tokens", "tool_uses", "thinking_turns", "all"}, "value?": int}
_CHECK = closed(
    {
        "model": str,
        "messages": [{"role": {"user", "assistant", "system"}, "content": Either(str, [_BLOCK])}],
        "max_tokens?": int,
        "system?": _TEXTS,
        "tools?": [_TOOL],
        "tool_choice?": Kind(
            {"auto": _PARALLEL, "any": _PARALLEL, "tool": {"name": str, **_PARALLEL}, "none": {}},
        ),
        "stream?": bool,
        "temperature?": float,
        "top_p?": float,
        "top_k?": int,
        "stop_sequences?": [str],
        "metadata?": {"user_id?": str},
        "thinking?": Kind({"enabled": {"budget_tokens": int, **_DISPLAY}, "adaptive": _DISPLAY, "disabled": {}}),
        "output_config?": {
            "effort?": {"low", "medium", "high", "xhigh", "max"},
            "format?": {"type": {"json_schema"}, "schema": dict},
        },
        "context_management?": {
            "edits?": [
                Kind(
                    {
                        "clear_tool_uses_20250919": {
                            "trigger?": _AMOUNT,
                            "keep?": _AMOUNT,
                            "clear_at_least?": _AMOUNT,
                            "clear_tool_inputs?": Either(bool, [str]),
                            "exclude_tools?": [str],
                        },
                        "clear_thinking_20251015": {"keep?": Either({"all"}, _AMOUNT)},
                    }
                )
            ]
        },
        "cache_control?": _CACHED["cache_control?"],
        "service_tier?": {"auto", "standard_only"},
        "speed?": {"standard"},
    }
)


def route(method: str, path: str, query: str) -> str:
    """Messages, the count of their tokens, the list of models; `?beta=true` is what the library adds for betas."""
    return _ROUTES.get((method, path), "") if query in ("", "beta=true") or method == "GET" else ""


def token_of(headers: Mapping[str, str], query: str) -> str:  # noqa: ARG001
    """`x-api-key`, or a bearer."""
    return headers.get("x-api-key", "") or headers.get("authorization", "").removeprefix("Bearer ")


def check(body: Any) -> str:
    """Why this body may not pass."""
    told = _CHECK(body)
    return told and f"body{told}"


def asked(path: str, query: str, body: Mapping[str, Any], max_output: int) -> Asked:
    """With max_tokens of at most that, thinking within it, and caches that last five minutes (an hour costs more)."""
    given = body.get("max_tokens")
    most = max(1, min(given, max_output)) if isinstance(given, int) else max_output
    sent = {**_five_minutes(body), "max_tokens": most}
    if (thinking := sent.get("thinking")) and thinking["type"] == "enabled" and thinking["budget_tokens"] >= most:
        half = most // 2
        enough = half >= _LEAST_THINKING
        sent["thinking"] = thinking | {"budget_tokens": half} if enough else {"type": "disabled"}
    where = path + (f"?{query}" if query else "")
    return Asked(path=where, model=body["model"], stream=body.get("stream") is True, body=sent, output=most)


def _five_minutes(part: Any) -> Any:
    """The same with cache marks of the plain kind; what a tool was given or gave is left as it is."""
    if isinstance(part, list):
        return [_five_minutes(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {"type": "ephemeral"} if key == "cache_control" and item else _inside(key, item)
        for key, item in part.items()
    }


def _inside(key: str, item: Any) -> Any:
    return _five_minutes(item) if key in ("system", "messages", "tools", "content") else item


def headers(given: Mapping[str, str], key: str) -> Mapping[str, str]:
    """The key, the version of the interface, and the betas of the list."""
    version = given.get("anthropic-version", "")
    sent = {"x-api-key": key, "anthropic-version": version if _VERSION.fullmatch(version) else "2023-06-01"}
    betas = [name for name in re.split(r"[,\s]+", given.get("anthropic-beta", "")) if name in BETAS]
    return sent | ({"anthropic-beta": ",".join(betas)} if betas else {})


_ERRORS = {401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error"}


def refusal(status: int, word: str, sentence: str) -> tuple[int, bytes]:
    """400 invalid_request_error for a wall: neither the library nor Claude Code tries that again."""
    status = 400 if word in ("stopped", "over_budget", "denied") else status
    kind = _ERRORS.get(status, "invalid_request_error" if status < 500 else "api_error")
    return status, json.dumps({"type": "error", "error": {"type": kind, "message": sentence}}).encode()


def answer(route: str, models: Sequence[str], tokens: int) -> bytes:
    """The list of models, or the count of tokens."""
    if route == "count":
        return json.dumps({"input_tokens": tokens}).encode()
    data = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in models
    ]
    ends = {"first_id": models[0], "last_id": models[-1]} if models else {"first_id": None, "last_id": None}
    return json.dumps({"data": data, "has_more": False, **ends}).encode()


_COUNTED = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def usage(message: Mapping[str, Any]) -> Usage | None:
    """Caches are counted apart by the provider already."""
    used = message.get("usage")
    if not isinstance(used, dict) or used.get("output_tokens") is None:
        return None
    found = counts(*(used.get(name) for name in _COUNTED))
    return Usage(input=found[0], output=found[1], cache_read=found[2], cache_write=found[3]) if found else None


def fold(message: dict[str, Any], event: Mapping[str, Any]) -> bool:
    """message_start, the blocks and their deltas, message_delta, message_stop."""
    kind = event.get("type")
    if kind == "message_start":
        message.update(event["message"], content=[])
    elif kind == "content_block_start":
        message["content"].append(dict(event["content_block"]))
    elif kind == "content_block_delta":
        _add(message["content"][event["index"]], event["delta"])
    elif kind == "content_block_stop":
        _close(message["content"][event["index"]])
    elif kind == "message_delta":
        message.update(event["delta"])
        counted = {key: value for key, value in (event.get("usage") or {}).items() if value is not None}
        message["usage"] = {**message.get("usage", {}), **counted}
    elif kind == "error":
        message["error"] = event.get("error")
    return kind == "message_stop"


_PLACES = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}


def _add(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    place = _PLACES.get(delta["type"])
    if place:
        key = "_json" if place == "partial_json" else place
        block[key] = block.get(key, "") + delta[place]


def _close(block: dict[str, Any]) -> None:
    if text := block.pop("_json", ""):
        try:
            block["input"] = json.loads(text)
        except (ValueError, RecursionError):
            block["input"] = {"unreadable": text}


def unfold(message: Mapping[str, Any]) -> Iterator[bytes]:
    """One delta a block."""
    used = message.get("usage") or {}
    begun = {**message, "content": [], "stop_reason": None, "usage": {**used, "output_tokens": 1}}
    yield sse.written({"type": "message_start", "message": begun})
    for index, block in enumerate(message.get("content", ())):
        empty, deltas = _opened(block)
        yield sse.written({"type": "content_block_start", "index": index, "content_block": empty})
        for delta in deltas:
            yield sse.written({"type": "content_block_delta", "index": index, "delta": delta})
        yield sse.written({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": message.get("stop_reason"), "stop_sequence": message.get("stop_sequence")}
    yield sse.written({"type": "message_delta", "delta": ended, "usage": used})
    yield sse.written({"type": "message_stop"})


def _opened(block: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """A block as it begins, and what is then added to it."""
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
    if block["type"] == "tool_use":
        text = json.dumps(block["input"], ensure_ascii=False)
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": text}]
    if block["type"] == "thinking":
        told = [{"type": "thinking_delta", "thinking": block["thinking"]}]
        signed = [{"type": "signature_delta", "signature": block["signature"]}] if block.get("signature") else []
        return {**block, "thinking": "", "signature": ""}, [*told, *signed]
    return block, []
