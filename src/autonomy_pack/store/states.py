"""Leases as refs: the name of a key's ref, the text of a state, and what is believed of states that others wrote. Pure.

Everybody who may write the repository may write these refs too, so what does not have exactly this shape is None.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from autonomy_pack.edges.commits import Note
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Holder, Lease, value
from autonomy_pack.store import paths, public, rows

LEASES, PATHS = "refs/autonomy/lease/", "refs/autonomy/paths"
LARGEST = 64 * 1024
FOREVER = "9999-12-31T23:59:59.999999Z"
# Holds what cannot be read: nobody may take it, and nobody asks whether it is dead.
UNREADABLE = Holder(host="unreadable", boot="", pid_namespace="", pid=0, pid_start=0.0)
_STATE, _GUARD = "autonomy/lease 1\n", "autonomy/guard 1\n"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_FIELDS = {"key", "fence", "holder", "expires", "said", "nonce"}
_LONGEST_NAME = 240
_DEEPEST, _MOST = 16, 1 << 53


@value
class State:
    """One state of a lease. `said` is what its holder told its successors; `nonce` makes every claim another commit."""

    lease: Lease
    said: Mapping[str, Any]
    nonce: str = ""


def ref_of(key: str) -> str:
    """The ref of a lease: its key with every byte but letters, digits, "-" and "_" as %XX. UsageError if too long."""
    name = "".join(chr(one) if one in _PLAIN else f"%{one:02X}" for one in key.encode())
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError(f"{key[:80]!r} cannot be leased on a ref", "Give the task or folder a shorter name.")
    return LEASES + name


def key_of(ref: str) -> str | None:
    """The key whose lease is on that ref, or None when no key leads there."""
    try:
        key = unquote(ref.removeprefix(LEASES), errors="strict")
        return key if paths.canonical(key) == key and ref_of(key) == ref else None
    except (UsageError, ValueError):
        return None


def hidden(holder: Holder) -> Holder:
    """The holder as others may see it: host and boot as hashes. A run of a workflow is public already."""
    if holder.host == public.WORKFLOW:
        return holder
    return replace(holder, host=public.hashed(holder.host), boot=public.hashed(holder.boot))


def text(state: State) -> str:
    """The message of a state's commit. UsageError when it is too long."""
    lease = state.lease
    holder = json.loads(rows.holder_text(hidden(lease.holder))) if lease.holder else None
    data = {"key": lease.key, "fence": lease.fence, "holder": holder, "expires": lease.expires, "nonce": state.nonce}
    made = _STATE + public.line({**data, "said": public.without_secrets(state.said)})
    if len(made) > LARGEST:
        fix = "This is a defect of the program that wrote it; please report it with this message."
        raise UsageError(f"what is said of {lease.key} has more than {LARGEST} bytes", fix)
    return made


def guard_text(nonce: str) -> str:
    """The message of a commit that says nothing: it only makes two claims of overlapping paths meet."""
    return _GUARD + public.line({"nonce": nonce})


def read(note: Note, ref: str) -> State | None:
    """The state that a commit holds, as it was written; None when it is anything but a state of that ref's key."""
    message = note.message or ""
    if not message.startswith(_STATE) or len(note.parents) > 1:
        return None
    try:
        data = public.parsed(message.removeprefix(_STATE))
        _need_plain(data)
        state = State(lease=_lease(data), said=dict(data["said"]), nonce=public.a_text(data["nonce"]))
        return state if ref_of(state.lease.key) == ref else None
    except (ValueError, TypeError, UsageError, RecursionError, ArithmeticError):
        return None


def _need_plain(data: Any) -> None:
    """ValueError for what could be read but not written again: nested deeply, numbers that are none to others."""
    left = [(data, 0)]
    while left:
        one, depth = left.pop()
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        if isinstance(one, float) and not math.isfinite(one):
            raise ValueError("it has a number that is none")
        if isinstance(one, dict | list):
            left += [(inner, depth + 1) for inner in (one.values() if isinstance(one, dict) else one)]


def _lease(data: Mapping[str, Any]) -> Lease:
    if data.keys() != _FIELDS:
        raise ValueError("other fields than a lease has")
    fence, expires = data["fence"], public.a_text(data["expires"])
    if type(fence) is not int or not 0 < fence < _MOST or not _TIME.fullmatch(expires):
        raise ValueError("no fence or no time")
    datetime.fromisoformat(expires)
    holder = None if data["holder"] is None else _holder(data["holder"])
    return Lease(key=public.a_text(data["key"]), fence=fence, holder=holder, expires=expires)


def _holder(data: Any) -> Holder:
    host, boot, namespace, pid, start = data
    if type(pid) is not int or not 0 <= pid < _MOST or type(start) not in (int, float):
        raise ValueError("no process")
    if public.a_text(host) == public.WORKFLOW and not re.fullmatch(r"[0-9]{1,20}", public.a_text(boot)):
        raise ValueError("no run of a workflow")
    return Holder(
        host=host, boot=public.a_text(boot), pid_namespace=public.a_text(namespace), pid=pid, pid_start=float(start)
    )
