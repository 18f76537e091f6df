"""The digest of the last full look: when nothing changed since, and nothing was going on, there is nothing to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from autonomy_pack import __version__
from autonomy_pack.edges import commits
from autonomy_pack.edges.github import Look
from autonomy_pack.edges.remote import ZERO
from autonomy_pack.model import Move
from autonomy_pack.policy import names
from autonomy_pack.store.gitrefs import GitRefs

REF = "refs/autonomy/state"
# What no request tells (somebody lost write access, say) is found out after this.
HOURS = 6.0


def mark(look: Look, wanted: Mapping[str, Any]) -> str:
    """The hash of all that could make another choice: issues, policy, the base, what was asked for, this version."""
    seen = [look.updated, look.open_count, look.head, look.policy_tree]
    return names.sha256([__version__, seen, dict(wanted)])


def write(store: GitRefs, mark: str, now: str) -> None:
    """Note a full look after which nothing was left to do or to wait for; whoever is faster may note theirs."""
    remote, text = store.remote, names.canonical({"version": 1, "mark": mark, "at": now})
    old = remote.tips(REF).get(REF, ZERO)
    remote.push([Move(ref=REF, old=old, new=commits.write(remote.git_dir, text, "", now))])


def says_nothing_new(state: str, mark: str, now: str) -> bool:
    """Whether that digest is of the same look, and young enough. Everybody with write can forge it: it may only make
    us idle, and not for longer than it says."""
    try:
        said = json.loads(state)
        at, same = datetime.fromisoformat(said["at"]), said["mark"] == mark and said["version"] == 1
        hours = (datetime.fromisoformat(now) - at).total_seconds() / 3600
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return bool(same and 0 <= hours < HOURS)
