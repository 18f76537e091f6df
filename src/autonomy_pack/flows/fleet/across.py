"""An order across the repositories of one owner: chosen, planned, held back by rings, carried out, written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.github import defaults
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import hosting
from autonomy_pack.flows.fleet import clone, many
from autonomy_pack.flows.fleet.journal import Journal
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.flows.fleet.order import Order
from autonomy_pack.policy.fleet import backup as backups
from autonomy_pack.policy.fleet import rings
from autonomy_pack.policy.fleet.backup import Backup
from autonomy_pack.policy.fleet.lock import Lock
from autonomy_pack.policy.fleet.overview import Standing, standing
from autonomy_pack.policy.fleet.rings import Held, Member, Ring
from autonomy_pack.policy.fleet.rows import Reason, Row
from autonomy_pack.policy.fleet.selection import Selection
from autonomy_pack.targets import Target

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet

Properties = Mapping[str, Mapping[str, str]]
_CHANGES = (Reason.CHANGE, Reason.DRAFT)
_PENDING = (*_CHANGES, Reason.PROPOSED, Reason.DONE_BEFORE, Reason.FAILED)
# No change gets there, whoever does what about it: these are in no ring.
_OUTSIDE = (
    Reason.ARCHIVED,
    Reason.DISABLED,
    Reason.FORK,
    Reason.EMPTY,
    Reason.NO_PERMISSION,
    Reason.OPTED_OUT,
    Reason.NOT_INSTALLED,
    Reason.OLDER_PACK,
)


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


def overview(owner: str, selection: Selection) -> list[Standing]:
    """How the pack stands in each repository that is meant, by what pages tell."""
    fleet = connect(owner)
    try:
        values = properties(fleet, selection, ())
        return [standing(one, _lock(one)) for one in chosen(fleet, selection, values, runs=True)]
    finally:
        fleet.close()


def _lock(target: Target) -> Lock | None:
    """The lock of a repository, None where there is none that can be read: `verify` says what is wrong with it."""
    with suppress(UsageError):
        return clone.read_lock(target.lock) if target.lock is not None else None
    return None


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
    every: list[Planned], order: tuple[Ring, ...], values: Properties, soak: float, *, runs: bool = True
) -> tuple[list[Planned], Held]:
    """The same rows; those of rings that are not open yet wait, and say why. `soak`: seconds; `runs`: as of `held`."""
    numbers = [rings.number(one.target, order, values.get(one.row.name, {})) for one in every]
    inside = [pair for pair in zip(every, numbers, strict=True) if pair[0].row.reason not in _OUTSIDE]
    members = [_member(one, number) for one, number in inside]
    held = rings.held(members, order, clock.later(clock.now(), -soak), runs=runs)
    return [_held_back(one, number, held, order) for one, number in zip(every, numbers, strict=True)], held


def _member(one: Planned, number: int) -> Member:
    runs = one.target.runs
    return Member(
        name=one.row.name,
        ring=number,
        pending=one.row.reason in _PENDING,
        has=one.row.reason is Reason.UP_TO_DATE and not one.row.by_hand,
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
    fleet: Fleet,
    every: Iterable[Planned],
    order: Order,
    told: Journal,
    report: Callable[[Planned], None],
    *,
    keep: Path | None = None,
) -> list[Planned]:
    """Every row carried out, one by one, each written down before the next; the rows as they are then.

    `keep`: the folder into which what the files hold is written first.
    """
    done = []
    for one in every:
        if keep and one.row.pushes:
            kept(one, keep)
        now = many.carry_out(fleet, one, order) if not fleet.calls.expired else _not_begun(one)
        told.note(now)
        report(now)
        done.append(now)
    return done


def _not_begun(one: Planned) -> Planned:
    """A row that nothing is tried for any more; what has nothing to do stays as it is."""
    if not one.row.pushes and not one.row.labels:
        return one
    why = "GitHub does not accept the token any more → Give a new one, and run the same command again."
    return replace(one, row=replace(one.row, reason=Reason.FAILED, why=why))


def backup_folder(owner: str) -> Path:
    """Where what files hold is kept before this run changes them."""
    return host.state_home() / "fleet" / "backups" / f"{owner.casefold()}-{clock.stamp(clock.now())}"


def kept(one: Planned, folder: Path) -> Path:
    """Write down what the files of a row hold before it is carried out; the file that says it."""
    assert one.found is not None  # noqa: S101 - it pushes, so it was planned from what was found
    target, row = one.target, one.row
    told = Backup.of(one.found, row.steps, repository=row.name, tree=target.policy_tree, at=clock.now())
    file = folder / f"{row.name.replace('/', '__')}.json"
    with files.explained(f"making {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    if not file.exists():  # what was there before a run that was cut off is what counts
        files.write(file, backups.written(told))
    return file


def kept_in(folder: Path) -> dict[str, Backup]:
    """Repository → its backup, of a folder that `kept` wrote; UsageError when one of its files is none."""
    from autonomy_pack.flows.fleet.backups import read

    found = [read(file) for file in sorted(folder.glob("*.json"))]
    if not found:
        raise UsageError(f"{folder} holds no backup", "Name the folder that --backup wrote.")
    return {one.repository: one for one in found}
