"""Gemini generateContent: function declarations, text, images inline. No search, no code execution, no stored caches.

Shapes after the provider's own reference of the v1beta interface.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from autonomy_pack.edges import sse
from autonomy_pack.edges.closed import ANY, PICTURES, closed, counts
from autonomy_pack.model import Asked, Usage

provider = "google"
conversation_key = "contents"

_PATH = re.compile(
    r"/v1beta/models/([A-Za-z0-9][A-Za-z0-9._-]{0,99}):(generateContent|streamGenerateContent|countTokens)"
)
_QUERIES = {"generateContent": ({},), "streamGenerateContent": ({"alt": "sse"},), "countTokens": ({},)}

_PART = {
    "text?": str,
    "thought?": bool,
    "thoughtSignature?": str,
    "inlineData?": {"mimeType": PICTURES, "data": str, "displayName?": str},
    "functionCall?": {"name": str, "args?": dict, "id?": str},
    "functionResponse?": {"name": str, "response": dict, "id?": str},
}
_CONTENT = {"role?": {"user", "model", "function", "system"}, "parts": [_PART]}
_DECLARATION = {
    "name": str,
    "description?": str,
    "parameters?": dict,
    "parametersJsonSchema?": dict,
    "response?": dict,
    "responseJsonSchema?": dict,
    "behavior?": {"BLOCKING"},
}
_CHECK = closed(
    {
        "contents": [_CONTENT],
        "systemInstruction?": _CONTENT,
        "tools?": [{"functionDeclarations": [_DECLARATION]}],
        "toolConfig?": {
            "functionCallingConfig?": {
                "mode?": {"AUTO", "ANY", "NONE", "VALIDATED"},
                "allowedFunctionNames?": [str],
            }
        },
        "safetySettings?": [{"category": str, "threshold": str}],
        "generationConfig?": {
            "maxOutputTokens?": int,
            "temperature?": float,
            "topP?": float,
            "topK?": float,
            "candidateCount?": {1},
            "stopSequences?": [str],
            "seed?": int,
            "presencePenalty?": float,
            "frequencyPenalty?": float,
            "responseMimeType?": {"text/plain", "application/json"},
            "responseSchema?": dict,
            "responseJsonSchema?": ANY,
            "responseModalities?": [{"TEXT"}],
            "thinkingConfig?": {
                "includeThoughts?": bool,
                "thinkingBudget?": int,
                "thinkingLevel?": {"THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "low", "high"},
            },
        },
    }
)


def route(method: str, path: str, query: str) -> str:
    """Content, whole or streamed (`?alt=sse`), the count of its tokens, the list of models."""
    if (method, path, query) == ("GET", "/v1beta/models", ""):
        return "models"
    named = _PATH.fullmatch(path)
    given = dict(parse_qsl(query, keep_blank_values=True))
    given.pop("key", None)
    if method != "POST" or not named or given not in _QUERIES[named[2]]:
        return ""
    return "count" if named[2] == "countTokens" else "call"


def token_of(headers: Mapping[str, str], query: str) -> str:
    """`x-goog-api-key`, or `?key=`."""
    return headers.get("x-goog-api-key", "") or dict(parse_qsl(query)).get("key", "")


def check(body: Any) -> str:
    """Why this body may not pass."""
    told = _CHECK(body)
    return told and f"body{told}"


def asked(path: str, query: str, body: Mapping[str, Any], max_output: int) -> Asked:  # noqa: ARG001
    """With maxOutputTokens of at most that; the model stands in the path."""
    named = _PATH.fullmatch(path)
    if not named:
        raise ValueError(path)
    config = body.get("generationConfig") or {}
    given = config.get("maxOutputTokens")
    most = max(1, min(given, max_output)) if isinstance(given, int) else max_output
    sent = {**body, "generationConfig": {**config, "maxOutputTokens": most}}
    streams = named[2] == "streamGenerateContent"
    where = path + ("?alt=sse" if streams else "")
    return Asked(path=where, model=named[1], stream=streams, body=sent, output=most)


def headers(given: Mapping[str, str], key: str) -> Mapping[str, str]:  # noqa: ARG001
    """The key, and nothing of the client's."""
    return {"x-goog-api-key": key}


_STATES = {400: "FAILED_PRECONDITION", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


def refusal(status: int, word: str, sentence: str) -> tuple[int, bytes]:
    """400 for a wall: 403, 429 and 5xx are tried again, or with another model, by the provider's own agent."""
    status = 400 if word in ("stopped", "over_budget", "denied") else status
    state = _STATES.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    return status, json.dumps({"error": {"code": status, "message": sentence, "status": state}}).encode()


def answer(route: str, models: Sequence[str], tokens: int) -> bytes:
    """The list of models, or the count of tokens."""
    if route == "count":
        return json.dumps({"totalTokens": tokens}).encode()
    methods = ["generateContent", "countTokens"]
    listed = [{"name": f"models/{name}", "supportedGenerationMethods": methods} for name in models]
    return json.dumps({"models": listed}).encode()


_COUNTED = (
    *("promptTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount"),
    *("candidatesTokenCount", "thoughtsTokenCount"),
)


def usage(message: Mapping[str, Any]) -> Usage | None:
    """The provider counts what came from its cache as input too; thoughts are output."""
    used = message.get("usageMetadata")
    if not isinstance(used, dict) or used.get("promptTokenCount") is None:
        return None
    found = counts(*(used.get(name) for name in _COUNTED))
    if found is None:
        return None
    prompt, tools, read, said, thought = found
    return Usage(input=max(0, prompt + tools - read), output=said + thought, cache_read=read)


def fold(message: dict[str, Any], event: Mapping[str, Any]) -> bool:
    """Parts of one candidate; the last event says why it stopped."""
    for key in ("modelVersion", "responseId", "usageMetadata", "promptFeedback", "error"):
        if key in event:
            message[key] = event[key]
    for candidate in event.get("candidates") or ():
        [told] = message.setdefault("candidates", [{"content": {"role": "model", "parts": []}, "index": 0}])
        for part in (candidate.get("content") or {}).get("parts") or ():
            _add(told["content"]["parts"], part)
        told.update({key: value for key, value in candidate.items() if key != "content"})
    stopped = any(one.get("finishReason") for one in message.get("candidates", ()))
    return stopped or bool((message.get("promptFeedback") or {}).get("blockReason"))


def _add(parts: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    """Texts that follow each other are one."""
    plain = all("text" in one and set(one) <= {"text", "thought"} for one in (part, *parts[-1:]))
    if parts and plain and parts[-1].get("thought") == part.get("thought"):
        parts[-1]["text"] += part["text"]
    elif part.get("text") != "" or len(part) > 1:
        parts.append(dict(part))


def unfold(message: Mapping[str, Any]) -> Iterator[bytes]:
    """All of it as one event."""
    yield sse.written(message, named=False)
