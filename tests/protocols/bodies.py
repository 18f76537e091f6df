"""Bodies that may pass: what the agents' own programs send (captured, texts cut), and richer ones made up here."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

CAPTURED = sorted((Path(__file__).parent / "captured").glob("*.json"))
PROTOCOL_OF = {
    "claude": "anthropic",
    "codex": "openai_responses",
    "gemini": "gemini",
    "aider": "openai_chat",
    "copilot": "openai_chat",
    "mini": "openai_chat",
    "opencode": "openai_chat",
}
PATHS = {
    "anthropic": "/v1/messages",
    "openai_responses": "/v1/responses",
    "openai_chat": "/v1/chat/completions",
    "gemini": "/v1beta/models/gemini-2.5-pro:generateContent",
}
PNG = "iVBORw0KGgo="

_RICH: dict[str, dict[str, Any]] = {
    "anthropic": {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "tools": [{"name": "edit", "description": "d", "input_schema": {"type": "object", "url": "kept"}}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "t"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "s"},
                    {"type": "tool_use", "id": "1", "name": "edit", "input": {"container": "kept"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "1",
                        "content": [{"type": "text", "text": "r", "cache_control": {"type": "ephemeral"}}],
                    }
                ],
            },
        ],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "metadata": {"user_id": "u"},
        "stream": True,
    },
    "openai_responses": {
        "model": "gpt-5",
        "instructions": "i",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "t"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
                ],
            },
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "e"},
            {"type": "function_call", "call_id": "1", "name": "edit", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "o"},
        ],
        "tools": [
            {"type": "function", "name": "edit", "parameters": {"type": "object"}, "strict": False},
            {"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "d"}},
        ],
        "tool_choice": "auto",
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "text": {"format": {"type": "text"}},
        "store": False,
        "stream": True,
    },
    "openai_chat": {
        "model": "gpt-5",
        "messages": [
            {"role": "system", "content": "s"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "t"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "edit", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "o"},
        ],
        "tools": [{"type": "function", "function": {"name": "edit", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "edit"}},
        "response_format": {"type": "text"},
        "stream": True,
        "stream_options": {"include_usage": False},
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "t"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "edit", "args": {"fileUri": "kept"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "edit", "response": {"output": "o"}}}]},
        ],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "edit", "parametersJsonSchema": {"type": "object"}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "safetySettings": [{"category": "c", "threshold": "t"}],
        "generationConfig": {"temperature": 0, "thinkingConfig": {"includeThoughts": True}},
    },
}


def rich(protocol: str) -> dict[str, Any]:
    """A body that uses much of what may pass."""
    return copy.deepcopy(_RICH[protocol])


def captured(name: str) -> dict[str, Any]:
    """What that agent's program sent."""
    return json.loads((Path(__file__).parent / "captured" / f"{name}.json").read_text())["body"]


def _into(body: Any, *path: Any) -> Any:
    for step in path:
        body = body[step]
    return body


def changed(protocol: str, *path: Any, put: Any = None, add: Any = None) -> dict[str, Any]:
    """The rich body with `put` merged into the object at that path, or `add` appended to the list there."""
    body = rich(protocol)
    place = _into(body, *path)
    if add is not None:
        place.append(add)
    else:
        place.update(put)
    return body


_A, _R, _C, _G = "anthropic", "openai_responses", "openai_chat", "gemini"
_URL = "https://example.org/a.png"
_PDF = {"media_type": "application/pdf"}
_SAY = ("messages", 0, "content")
HOSTILE: list[tuple[str, str, dict[str, Any]]] = [
    # Anthropic: what runs at the provider, reaches out from there, or stays there
    (_A, "web search", changed(_A, "tools", add={"type": "web_search_20250305", "name": "web_search"})),
    (_A, "web fetch", changed(_A, "tools", add={"type": "web_fetch_20250910", "name": "web_fetch"})),
    (_A, "code execution", changed(_A, "tools", add={"type": "code_execution_20250825", "name": "code_execution"})),
    (_A, "bash at the provider", changed(_A, "tools", add={"type": "bash_20250124", "name": "bash"})),
    (_A, "memory", changed(_A, "tools", add={"type": "memory_20250818", "name": "memory"})),
    (_A, "tool search", changed(_A, "tools", add={"type": "tool_search_tool_regex_20251119", "name": "t"})),
    (_A, "advisor", changed(_A, "tools", add={"type": "advisor_20260301", "name": "advisor", "model": "dear"})),
    (_A, "mcp toolset", changed(_A, "tools", add={"type": "mcp_toolset", "mcp_server_name": "x"})),
    (_A, "mcp servers", changed(_A, put={"mcp_servers": [{"type": "url", "url": "https://example.org", "name": "x"}]})),
    (_A, "container", changed(_A, put={"container": "c"})),
    (_A, "skills", changed(_A, put={"container": {"skills": [{"type": "custom", "skill_id": "s"}]}})),
    (_A, "callers from code", changed(_A, "tools", 0, put={"allowed_callers": ["code_execution_20250825"]})),
    (_A, "image by URL", changed(_A, *_SAY, 1, put={"source": {"type": "url", "url": _URL}})),
    (_A, "image by file", changed(_A, *_SAY, 1, put={"source": {"type": "file", "file_id": "f"}})),
    (_A, "document by URL", changed(_A, *_SAY, add={"type": "document", "source": {"type": "url", "url": _URL}})),
    (_A, "document by file", changed(_A, *_SAY, add={"type": "document", "source": {"type": "file"}})),
    (_A, "document", changed(_A, *_SAY, add={"type": "document", "source": {"type": "base64", "data": PNG, **_PDF}})),
    (_A, "image of another kind", changed(_A, *_SAY, 1, "source", put={"media_type": "image/svg+xml"})),
    (_A, "upload to a container", changed(_A, *_SAY, add={"type": "container_upload", "file_id": "f"})),
    (
        _A,
        "image by URL in a result",
        changed(
            _A,
            *("messages", 2, "content", 0, "content"),
            add={"type": "image", "source": {"type": "url", "url": _URL}},
        ),
    ),
    (
        _A,
        "server tool's call",
        changed(_A, *_SAY, add={"type": "server_tool_use", "id": "1", "name": "x", "input": {}}),
    ),
    (_A, "mcp call", changed(_A, *_SAY, add={"type": "mcp_tool_use", "id": "1", "name": "x", "input": {}})),
    (
        _A,
        "search result",
        changed(_A, *_SAY, add={"type": "search_result", "source": _URL, "title": "", "content": []}),
    ),
    (_A, "another geography", changed(_A, put={"inference_geo": "us"})),
    (_A, "dear speed", changed(_A, put={"speed": "fast"})),
    (_A, "priority", changed(_A, put={"service_tier": "priority"})),
    (_A, "fallback models", changed(_A, put={"fallbacks": [{"model": "dear"}]})),
    (_A, "compaction there", changed(_A, "context_management", "edits", add={"type": "compact_20260112"})),
    (_A, "on behalf of another", changed(_A, put={"user_profile_id": "u"})),
    (_A, "another workspace", changed(_A, put={"workspace_id": "w"})),
    (_A, "many at once", changed(_A, put={"requests": []})),
    # OpenAI Responses
    (_R, "web search", changed(_R, "tools", add={"type": "web_search"})),
    (_R, "file search", changed(_R, "tools", add={"type": "file_search", "vector_store_ids": ["v"]})),
    (_R, "code interpreter", changed(_R, "tools", add={"type": "code_interpreter", "container": {"type": "auto"}})),
    (_R, "image generation", changed(_R, "tools", add={"type": "image_generation"})),
    (_R, "mcp", changed(_R, "tools", add={"type": "mcp", "server_label": "x", "server_url": "https://example.org"})),
    (_R, "shell there", changed(_R, "tools", add={"type": "shell", "environment": {"type": "container_auto"}})),
    (_R, "computer", changed(_R, "tools", add={"type": "computer_use_preview"})),
    (_R, "namespace", changed(_R, "tools", add={"type": "namespace", "name": "n", "tools": []})),
    (_R, "tool choice of mcp", changed(_R, put={"tool_choice": {"type": "mcp", "server_label": "x"}})),
    (_R, "stored", changed(_R, put={"store": True})),
    (_R, "background", changed(_R, put={"background": True})),
    (_R, "previous response", changed(_R, put={"previous_response_id": "resp_1"})),
    (_R, "conversation", changed(_R, put={"conversation": "conv_1"})),
    (_R, "stored prompt", changed(_R, put={"prompt": {"id": "pmpt_1"}})),
    (_R, "stored item", changed(_R, "input", add={"type": "item_reference", "id": "i"})),
    (_R, "image by URL", changed(_R, "input", 0, "content", 1, put={"image_url": _URL})),
    (_R, "image by file", changed(_R, "input", 0, "content", add={"type": "input_image", "file_id": "f"})),
    (_R, "file by URL", changed(_R, "input", 0, "content", add={"type": "input_file", "file_url": _URL})),
    (_R, "file by id", changed(_R, "input", 0, "content", add={"type": "input_file", "file_id": "f"})),
    (_R, "file", changed(_R, "input", 0, "content", add={"type": "input_file", "file_data": "data:application/pdf;,"})),
    (
        _R,
        "image that is none",
        changed(_R, "input", 0, "content", 1, put={"image_url": "data:application/pdf;base64,"}),
    ),
    (_R, "web search's call", changed(_R, "input", add={"type": "web_search_call", "id": "w", "status": "completed"})),
    (_R, "more in the answer", changed(_R, "include", add="web_search_call.action.sources")),
    (_R, "priority", changed(_R, put={"service_tier": "priority"})),
    (_R, "compaction there", changed(_R, put={"context_management": [{"type": "compaction"}]})),
    (_R, "a dearer way to think", changed(_R, "reasoning", put={"mode": "pro"})),
    # OpenAI chat completions
    (_C, "web search", changed(_C, put={"web_search_options": {}})),
    (_C, "custom tools", changed(_C, "tools", add={"type": "custom", "custom": {"name": "x"}})),
    (_C, "mcp", changed(_C, "tools", add={"type": "mcp", "server_url": "https://example.org"})),
    (_C, "stored", changed(_C, put={"store": True})),
    (_C, "image by URL", changed(_C, "messages", 1, "content", 1, put={"image_url": {"url": _URL}})),
    (
        _C,
        "image that is none",
        changed(_C, "messages", 1, "content", 1, put={"image_url": {"url": "data:video/mp4;,"}}),
    ),
    (_C, "file by id", changed(_C, "messages", 1, "content", add={"type": "file", "file": {"file_id": "f"}})),
    (_C, "sound", changed(_C, put={"modalities": ["text", "audio"]})),
    (_C, "many answers", changed(_C, put={"n": 8})),
    (_C, "priority", changed(_C, put={"service_tier": "priority"})),
    (_C, "a proxy's own metadata", changed(_C, put={"extra_headers": {"authorization": "x"}})),
    # Gemini
    (_G, "search", changed(_G, "tools", add={"googleSearch": {}})),
    (_G, "older search", changed(_G, "tools", add={"google_search_retrieval": {}})),
    (_G, "search beside functions", changed(_G, "tools", 0, put={"googleSearch": {}})),
    (_G, "code execution", changed(_G, "tools", add={"codeExecution": {}})),
    (_G, "web fetch", changed(_G, "tools", add={"urlContext": {}})),
    (_G, "maps", changed(_G, "tools", add={"googleMaps": {}})),
    (_G, "file search", changed(_G, "tools", add={"fileSearch": {"fileSearchStoreNames": ["s"]}})),
    (_G, "mcp", changed(_G, "tools", add={"mcpServers": [{"name": "x"}]})),
    (_G, "computer", changed(_G, "tools", add={"computerUse": {}})),
    (_G, "file by URI", changed(_G, "contents", 0, "parts", add={"fileData": {"fileUri": _URL}})),
    (_G, "video", changed(_G, "contents", 0, "parts", 1, "inlineData", put={"mimeType": "video/mp4"})),
    (_G, "document", changed(_G, "contents", 0, "parts", 1, "inlineData", put={"mimeType": "application/pdf"})),
    (_G, "code in a part", changed(_G, "contents", 0, "parts", add={"executableCode": {"code": "1"}})),
    (_G, "stored cache", changed(_G, put={"cachedContent": "cachedContents/1"})),
    (_G, "many answers", changed(_G, "generationConfig", put={"candidateCount": 8})),
    (_G, "images", changed(_G, "generationConfig", put={"responseModalities": ["IMAGE"]})),
    (_G, "stored", changed(_G, put={"store": True})),
    (_G, "the other spelling", changed(_G, put={"system_instruction": {"parts": []}})),
]
