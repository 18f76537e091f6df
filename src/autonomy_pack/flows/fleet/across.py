"""An order across the repositories of one owner: chosen, planned, held back by rings, carried out, written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from autonomy_pack.edges import clock, host
from autonomy_pack.edges.github import defaults
from autonomy_pack.flows import hosting
from autonomy_pack.flows.fleet import many
from autonomy_pack.flows.fleet.journal import Journal
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.flows.fleet.order import Order
from autonomy_pack.policy.fleet import rings
from autonomy_pack.policy.fleet.rings import Held, Member, Ring
from autonomy_pack.policy.fleet.rows import Reason, Row
from autonomy_pack.policy.fleet.selection import Selection
from autonomy_pack.targets import Target

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet

Properties = Mapping[str, Mapping[str, str]]
_CHANGES = (Reason.CHANGE, Reason.DRAFT)


def connect(owner: str, *, per_hour: int | None = None) -> Fleet:
    """The repositories of an owner, as this process may use them; UsageError without a token."""
    from autonomy_pack.edges.github.fleet import Fleet
    from autonomy_pack.edges.github.pace import PER_HOUR, PER_MINUTE, Pace

    api = host.setting("GITHUB_API_URL", defaults.API_URL)
    most = per_hour or PER_HOUR
    return Fleet(
        owner,
        token=hosting.token(),
        api_url=api,
        server_url=hosting.server_url(),
        graphql_url=host.setting("GITHUB_GRAPHQL_URL") or defaults.graphql_url(api),
        pace=Pace(min(1.0, 3600 / most), max(PER_MINUTE, most // 60), most),
    )


def chosen(
    fleet: Fleet, selection: Selection, properties: Properties, *, labels: bool = False, runs: bool = False
) -> Iterator[Target]:
    """The repositories that are meant."""
    return (one for one in fleet.targets(labels=labels, runs=runs) if selection.has(one, properties))


def properties(fleet: Fleet, selection: Selection, order_rings: Iterable[Ring]) -> Properties:
    """The custom properties of the owner's repositories, read only where somebody asks by them."""
    asked = bool(selection.properties) or any(ring.name for ring in order_rings)
    return fleet.properties() if asked else {}


def planned(
    fleet: Fleet, targets: Iterable[Target], order: Order, told: Journal, seen: Callable[[int], None]
) -> list[Planned]:
    """A row for each, in their order; what an earlier run did costs nothing. `seen` is told how many there are."""
    found = []
    for one in many.rows(fleet, targets, order):
        found.append(one if order.force else told.known(one))
        seen(len(found))
    return found


def in_rings(
    every: list[Planned], order: tuple[Ring, ...], values: Properties, soak: float
) -> tuple[list[Planned], Held]:
    """The same rows; those of rings that are not open yet wait, and say why. `soak`: seconds."""
    numbers = [rings.number(one.target, order, values.get(one.row.name, {})) for one in every]
    members = [_member(one, number) for one, number in zip(every, numbers, strict=True)]
    held = rings.held(members, order, clock.later(clock.now(), -soak))
    return [_held_back(one, number, held, order) for one, number in zip(every, numbers, strict=True)], held


def _member(one: Planned, number: int) -> Member:
    runs = one.target.runs
    return Member(
        name=one.row.name,
        ring=number,
        pending=one.row.reason in (*_CHANGES, Reason.PROPOSED, Reason.DONE_BEFORE),
        has=one.row.reason is Reason.UP_TO_DATE,
        finished=runs.finished if runs else 0,
        failed=runs.failed if runs else 0,
        since=one.target.installed,
    )


def _held_back(one: Planned, number: int, held: Held, order: tuple[Ring, ...]) -> Planned:
    if one.row.reason not in _CHANGES or (number <= held.last and not held.halted):
        return one
    reason = Reason.HELD if held.halted else Reason.RING
    ring = order[number].text if number < len(order) else "none"
    why = held.why if number < len(order) else "it is in no ring"
    row = Row(name=one.row.name, reason=reason, why=f"ring {ring}: {why}", plan=one.row.plan)
    return replace(one, row=row)


def carried_out(
    fleet: Fleet, every: Iterable[Planned], order: Order, told: Journal, report: Callable[[Planned], None]
) -> list[Planned]:
    """Every row carried out, one by one, each written down before the next; the rows as they are then."""
    done = []
    for one in every:
        now = many.carry_out(fleet, one, order)
        told.note(now)
        report(now)
        done.append(now)
    return done
