"""What the pack noted in refs/autonomy of a repository: leases, events, what waits, which labels are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autonomy_pack.errors import WorldError

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

PREFIX = "refs/autonomy/"
_TRIES = 4


def count(github: GitHub) -> int:
    """How many refs there are."""
    return len(github.refs_below(PREFIX))


def remove(github: GitHub) -> int:
    """Delete all of them; how many. One that moves is looked at again; WorldError when it never holds still."""
    done = 0
    for _ in range(_TRIES):
        seen = github.refs_below(PREFIX)
        if not seen:
            return done
        if github.delete_refs(seen):
            done += len(seen)
    if github.refs_below(PREFIX):
        raise WorldError("refs/autonomy is written to all the time", "Disable the loop's workflow, then run again.")
    return done
