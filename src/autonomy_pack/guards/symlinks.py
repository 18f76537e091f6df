"""Symbolic links: names that stand for other files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.guards.paths import seen
from autonomy_pack.model import Change, Finding, Risk, Rules

_LONGEST = 4096


def symlinks(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """A link that leaves the repository, enters .git or points at a folder of settings: high. Any other: medium."""
    del rules
    for file in change.files:
        if file.mode == "120000":
            target = "\0" if file.size > _LONGEST else read(file.oid).decode("utf-8", "surrogateescape")
            bad = _is_bad(file.path, target)
            yield Finding(
                rule="symlinks",
                risk=Risk.HIGH if bad else Risk.MEDIUM,
                says=f"{file.path} becomes a link to {target[:200]}" + (", outside what a change may reach" * bad),
                fix="Put a file in its place, or let a person add the link.",
                where=file.path,
            )


def _is_bad(path: str, target: str) -> bool:
    """Whether it is absolute, climbs out, is no clean path, or lands in a folder whose name begins with a dot."""
    plain = seen(target)
    if not target.isprintable() or plain.startswith(("/", "~")) or "\\" in target or ":" in target:
        return True
    parts = posixpath.normpath(posixpath.join(posixpath.dirname(path), plain)).split("/")
    return any(part.startswith(".") and part != "." for part in parts)
