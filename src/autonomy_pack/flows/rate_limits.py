"""What GitHub's limits leave to this token."""

from __future__ import annotations

from autonomy_pack.edges import clock
from autonomy_pack.edges.github import GitHub
from autonomy_pack.model import value

_BEGINNING = "1970-01-01T00:00:00.000000Z"


@value
class RateLimit:
    """One limit: requests (GraphQL: points) an hour, how many are left, when it is full again (UTC, seconds)."""

    resource: str
    limit: int
    remaining: int
    reset: str


def rate_limits(github: GitHub) -> list[RateLimit]:
    """Every limit of the token, used ones first; [] where the host sets none. Asking costs nothing."""
    told = github.rate_limits()
    used = sorted(told.items(), key=lambda item: (item[1]["remaining"] == item[1]["limit"], item[0]))
    return [
        RateLimit(
            resource=name,
            limit=one["limit"],
            remaining=one["remaining"],
            reset=clock.later(_BEGINNING, one["reset"])[:19] + "Z",
        )
        for name, one in used
    ]
