"""Keys of leases. `path:src/api` stands for everything below src/api, so such keys overlap by prefix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from autonomy_pack.errors import UsageError

PATH = "path:"


def canonical(key: str) -> str:
    """The one spelling of a lease's key; UsageError for a path that is absolute, climbs, or has globs.

    UsageError, too, for a key that is not text as every database can hold it.
    """
    if "\0" in key or key.encode(errors="replace").decode() != key:
        raise UsageError(f"{key!r} cannot be leased", "Leave out NUL and bytes that are not UTF-8.")
    if not key.startswith(PATH):
        return key
    path = unicodedata.normalize("NFKC", key.removeprefix(PATH))
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or any(mark in path for mark in "*?[]\\\0"):
        raise UsageError(
            f"{key!r} cannot be leased", "Name a folder or file inside the repository: no leading /, no .., no globs."
        )
    return PATH + "/".join(parts)


def overlapping(key: str, others: Iterable[str]) -> list[str]:
    """Those of the other path keys that lie above or below this one (itself left out)."""
    return [other for other in others if other != key and (_covers(key, other) or _covers(other, key))]


def _covers(key: str, below: str) -> bool:
    return key == PATH or below.startswith(key + "/")
