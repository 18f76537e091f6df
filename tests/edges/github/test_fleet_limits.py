"""The last requests of an hour: who has none left waits until there are more, before reads as before writes."""

from __future__ import annotations

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.edges.github.pace import Pace
from hub import Hub


def test_nothing_is_sent_before_the_hour_is_over(hub: Hub) -> None:
    hub.user("ada")
    hub.repo("acme/site", {"README.md": "x"})
    hub.clock.keep_to_real_time()
    token = hub.token("ada")
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    fleet = Fleet("acme", token=token, pace=Pace(0.0, 10_000, 10_000), reserve=1, patience=10, **urls)
    told: list[str] = []
    fleet.calls.waiting = lambda _, why: told.append(why)
    (target,) = fleet.targets()
    hub.points[token].used = hub.points[token].limit - 1
    hub.points[token].reset = hub.clock.seconds() + 1
    fleet.target(target.id)
    fleet.target(target.id)
    fleet.close()
    assert [why.partition(" ")[0] for why in told] == ["0"]
    assert hub.impatient == []
