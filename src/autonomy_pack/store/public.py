"""JSON as it stands in commits that everybody can read: one line, one reading, no secrets. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.redact import redact

# The host of a workflow's run as a holder: GitHub's machines have no names worth hiding.
WORKFLOW = "actions"
_HASHED = "sha256:"


def without_secrets(data: Any) -> Any:
    """The same data with every secret in its texts replaced."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, Mapping):
        return {name: without_secrets(inner) for name, inner in data.items()}
    return [without_secrets(inner) for inner in data] if isinstance(data, list | tuple) else data


def hashed(word: str) -> str:
    """The name of a machine as others may see it; hashing again changes nothing."""
    if not word or word == WORKFLOW or word.startswith(_HASHED):
        return word
    return f"{_HASHED}{hashlib.sha256(word.encode(errors='replace')).hexdigest()[:16]}"


def line(data: object) -> str:
    """Data as one line of ASCII, always the same for the same data."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parsed(text: str) -> dict[str, Any]:
    """The object of one line; ValueError for anything that two readers could read differently."""
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError("it is no object")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("it has a name twice")
    return dict(pairs)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def a_text(word: Any) -> str:
    """The word; ValueError when it is no text."""
    if not isinstance(word, str):
        raise ValueError("it has something else where a text belongs")
    return word
