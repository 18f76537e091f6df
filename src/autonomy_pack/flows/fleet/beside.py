"""What an order does beside files: labels made centrally; in a removal, labels and records that are ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import labels as ours
from autonomy_pack.flows.fleet import labels, records
from autonomy_pack.flows.fleet.order import Order, Verb
from autonomy_pack.policy.fleet.rows import Reason, Row, counted
from autonomy_pack.policy.fleet.steps import Act, Step
from autonomy_pack.targets import Target

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.github.fleet import Fleet

_SHOWN = 100
# Whose files were looked at, so that something is known of what it needs.
_LOOKED_AT = (Reason.CHANGE, Reason.DRAFT, Reason.UP_TO_DATE, Reason.PROPOSED, Reason.DECLINED, Reason.TAKEN_OVER)


def planned(fleet: Fleet, target: Target, row: Row, order: Order) -> Row:
    """The row with what is done beside its files: labels of ours that are missing, when that is asked for.

    In a removal, once nothing else of the pack is there any more: labels that we made and nobody uses, and records when
    that is asked for.
    """
    try:
        steps = _steps(fleet, target, row, order)
    except WorldError as error:
        return replace(row, reason=Reason.FAILED, why=f"{error.says} → {error.fix}")
    quiet = row.reason in (Reason.UP_TO_DATE, Reason.NOT_INSTALLED) and any(step.changes for step in steps)
    if quiet:
        count = sum(step.changes for step in steps if step.path != records.PREFIX)
        row = replace(row, reason=Reason.CHANGE, why=f"{counted(count, 'label')}{', records' if order.records else ''}")
    return replace(row, labels=steps)


def _steps(fleet: Fleet, target: Target, row: Row, order: Order) -> tuple[Step, ...]:
    if order.labels and row.reason in _LOOKED_AT:
        return tuple(Step(act=Act.WRITE, path=name, why="it is missing") for name in _missing(fleet, target))
    if order.verb is Verb.UNINSTALL and _is_gone(row, order):
        return _removal(fleet, target, order)
    return ()


def _missing(fleet: Fleet, target: Target) -> tuple[str, ...]:
    """Labels of ours that are not there; a page shows a hundred at most, so where there are so many it is asked."""
    missing = labels.central(target)
    if not missing or len(target.labels or ()) < _SHOWN:
        return missing
    hub = fleet.repository(target.name)
    try:
        there = hub.see_labels(missing).labels
    finally:
        hub.close()
    return tuple(name for name in missing if name.casefold() not in there)


def _is_gone(row: Row, order: Order) -> bool:
    """Whether nothing is left that would make labels and records again."""
    return row.reason is Reason.NOT_INSTALLED or (order.direct and row.reason is Reason.CHANGE)


def _removal(fleet: Fleet, target: Target, order: Order) -> tuple[Step, ...]:
    wanted = bool(target.record) and not order.keep_labels
    if not wanted and not order.records:
        return ()
    hub = fleet.repository(target.name)
    try:
        return (*(_labels(hub) if wanted else ()), *(_records(hub) if order.records else ()))
    finally:
        hub.close()


def _records(hub: GitHub) -> list[Step]:
    refs = records.count(hub)
    return [Step(act=Act.REMOVE, path=records.PREFIX, why=f"--records: {refs} refs")] if refs else []


def _labels(hub: GitHub) -> list[Step]:
    _, removal = labels.look(hub)
    goes = [Step(act=Act.REMOVE, path=name, why="we made it and nothing has it") for name in removal.goes]
    return goes + [Step(act=Act.KEEP, path=name, why=why) for name, why in removal.stays]


def carry_out(fleet: Fleet, row: Row, order: Order) -> bool:
    """Do what is planned beside files; whether there was anything. WorldError when it cannot be done."""
    named = {step.path for step in row.labels if step.changes}
    if not named:
        return False
    hub = fleet.repository(row.name)
    try:
        _do(hub, named, order)
    finally:
        hub.close()
    return True


def _do(hub: GitHub, named: set[str], order: Order) -> None:
    """Labels first: the records say which are ours."""
    if order.verb is not Verb.UNINSTALL:
        trouble = ours.need(hub, named).trouble
        if trouble:
            raise WorldError(f"the labels are made, but {trouble}", "Run the same command again.")
        return
    if named - {records.PREFIX}:
        labels.remove(hub, named)
    if records.PREFIX in named:
        records.remove(hub)
