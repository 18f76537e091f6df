"""What the protocols of OpenAI's shape have in common: the key, errors, the list of models, how tokens are counted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.closed import counts
from autonomy_pack.model import Usage

_CREATED = 1767225600  # some time that a list of models has to name


def token_of(headers: Mapping[str, str], query: str) -> str:  # noqa: ARG001
    """A bearer."""
    return headers.get("authorization", "").removeprefix("Bearer ")


def headers(given: Mapping[str, str], key: str) -> Mapping[str, str]:  # noqa: ARG001
    """The key, and nothing of the client's."""
    return {"authorization": f"Bearer {key}"}


def words(value: Any) -> str:
    """Why this is no object of texts, for a closed body."""
    fits = isinstance(value, dict) and all(isinstance(word, str) for word in value.values())
    return "" if fits else " is not an object of texts"


def error(status: int, word: str, sentence: str) -> tuple[int, bytes]:
    """An error of this provider."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    told = {"message": sentence, "type": kind, "param": None, "code": word or None}
    return status, json.dumps({"error": told}).encode()


def answer(route: str, models: Sequence[str], tokens: int) -> bytes:  # noqa: ARG001
    """The list of models."""
    data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "provider"} for name in models]
    return json.dumps({"object": "list", "data": data}).encode()


def usage(message: Mapping[str, Any], into: str, out: str) -> Usage | None:
    """The tokens of an answer whose counts are named so; the provider counts what came from its cache, or went into it,
    as input too.
    """
    used = message.get("usage")
    if not isinstance(used, dict) or used.get(into) is None:
        return None
    details = used.get(f"{into}_details")
    details = details if isinstance(details, dict) else {}
    found = counts(used[into], used.get(out), details.get("cached_tokens"), details.get("cache_write_tokens"))
    if found is None:
        return None
    total, output, read, written = found
    return Usage(input=max(0, total - read - written), output=output, cache_read=read, cache_write=written)
