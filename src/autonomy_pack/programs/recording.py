"""What is written down of a call: what is new in its request, and its answer. No key in either, no line too long."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from autonomy_pack.edges import redact

# The harness reads lines of at most 1 MiB.
MAX_LINE = 1000 * 1000
# Deeper than any schema of a tool; far from what ends a recursion.
MAX_LEVELS = 100
TOO_DEEP = "… nested too deep …"
_CUTS = (64_000, 8_000, 1_000)
# Where even that is too long: so many keys, entries at each end of a list, parts of an entry, characters of a part.
_MOST_KEYS, _MOST_ENTRIES, _MOST_PARTS, _BRIEF = 40, 10, 6, 1_000


class Recorder:
    """Remembers the request before, to tell of the next one only what differs. Not for two threads at once."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._before: Mapping[str, Any] = {}
        self._key = ""

    def request(self, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """{"same": how many leading entries of the conversation equal those before, "as_before": keys that do
        altogether, …everything else}. `key` is where the request has its conversation; one that is no list is told
        whole. `policy.transcript.whole` puts it together again.
        """
        before = self._before if key == self._key else {}
        self._before, self._key = body, key
        listed, earlier = body.get(key), before.get(key)
        same = _same(listed, earlier) if isinstance(listed, list) and isinstance(earlier, list) else 0
        kept = [name for name in body if name != key and name in before and before[name] == body[name]]
        new = {name: part for name, part in body.items() if name not in kept}
        if isinstance(listed, list):
            new[key] = listed[same:]
        return {"same": same, "as_before": kept, **self.clean(new)}

    def forget(self) -> None:
        """Tell the next request whole: the one before was not told as it was."""
        self._before = {}

    def clean(self, data: Any, levels: int = MAX_LEVELS) -> Any:
        """The same without the keys of this process, and without what nests deeper than so many levels. Every request's
        texts pass here, so it is the plain search; the harness redacts its transcript again, in every disguise.
        """
        if isinstance(data, str):
            for secret in self._secrets:
                data = data.replace(secret, redact.MARK)
            return data
        if isinstance(data, list):
            return [self.clean(item, levels - 1) for item in data] if levels else TOO_DEEP
        if isinstance(data, Mapping):
            return (
                {self.clean(key): self.clean(value, levels - 1) for key, value in data.items()} if levels else TOO_DEEP
            )
        return data


def _same(listed: Sequence[Any], earlier: Sequence[Any]) -> int:
    count = 0
    for one, other in zip(listed, earlier, strict=False):
        if one != other:
            break
        count += 1
    return count


def line(kind: str, data: Mapping[str, Any]) -> str:
    """The line for the harness. Where it would be too long, long texts keep their ends only, and `cut` says so."""
    return fitted(kind, data)[0]


def fitted(kind: str, data: Mapping[str, Any]) -> tuple[str, bool]:
    """That line, and whether it had to be cut."""
    text = _json(kind, data)
    if len(text) <= MAX_LINE:
        return text, False
    ways: list[Callable[[Mapping[str, Any]], dict[str, Any]]]
    ways = [*(partial(_cut, most=most) for most in _CUTS), _ends, _shown]
    for cut in ways:
        parts = {key: {**cut(data[key]), "cut": True} for key in ("request", "response") if key in data}
        text = _json(kind, {**data, **parts})
        if len(text) <= MAX_LINE:
            break
    return text, True


def _ends(part: Mapping[str, Any]) -> dict[str, Any]:
    """First and last of each list in it and in its body, each entry by its short parts and the ends of the others."""
    named = itertools.islice(part.items(), _MOST_KEYS)
    kept = {key: value if key == "as_before" else _ends_of(value) for key, value in named}
    return kept | ({"body": _ends(part["body"])} if isinstance(part.get("body"), dict) else {})


def _ends_of(value: Any) -> Any:
    if not isinstance(value, list):
        return _brief(value)
    left_out = [{"left_out": len(value) - 2 * _MOST_ENTRIES}] if len(value) > 2 * _MOST_ENTRIES else []
    first, last = (value[:_MOST_ENTRIES], value[-_MOST_ENTRIES:]) if left_out else (value, [])
    return [*map(_entry, first), *left_out, *map(_entry, last)]


def _entry(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return _brief(entry)
    return {key[:100]: _brief(value) for key, value in itertools.islice(entry.items(), _MOST_PARTS)}


def _brief(value: Any) -> Any:
    """The same, or the ends of its text or JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _BRIEF else _cut(text, _BRIEF)


def _shown(part: Mapping[str, Any]) -> dict[str, Any]:
    """What is left where nothing else fits: its marks, and the ends of all of it as one text."""
    marks = {key: part[key] for key in ("status", "stream", "complete", "retried") if key in part}
    counted = {"same": 0, "as_before": []} if "same" in part else {}
    return {**counted, **marks, "text": _cut(json.dumps(part, ensure_ascii=False), 30_000)}


def _json(kind: str, data: Mapping[str, Any]) -> str:
    return json.dumps({"kind": kind, "data": data})


def _cut(data: Any, most: int) -> Any:
    if isinstance(data, str) and len(data) > most:
        half = most // 2
        return f"{data[:half]}\n… {len(data) - 2 * half} characters left out …\n{data[-half:]}"
    if isinstance(data, list):
        return [_cut(item, most) for item in data]
    if isinstance(data, dict):
        return {key: _cut(value, most) for key, value in data.items()}
    return data
