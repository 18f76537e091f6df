"""Policies of an organisation that would keep the pack from working: what they forbid is not proposed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.flows.fleet.order import Order, Verb, inputs_for
from autonomy_pack.policy.fleet.rows import Reason
from autonomy_pack.policy.fleet.setting_faults import Asks, Settings, of_allowed
from autonomy_pack.views.callers import FOLDER, LOOP

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet

_CHANGES = (Reason.CHANGE, Reason.DRAFT)


def heeded(fleet: Fleet, every: Iterable[Planned], order: Order) -> list[Planned]:
    """The same rows; what the owner's policies of Actions forbid is not done. They are read only where something would
    be, and only an organisation has them; who may not see them is not kept from proposing: `verify` says what is so."""
    rows = list(every)
    if order.verb is Verb.UNINSTALL or order.force or not any(one.row.reason in _CHANGES for one in rows):
        return rows
    settings = _settings(fleet)
    return [_judged(one, settings, order) if one.row.pushes else one for one in rows] if settings else rows


def _settings(fleet: Fleet) -> Settings | None:
    from autonomy_pack.edges.github.failures import Refused

    path = f"/orgs/{quote(fleet.owner, safe='')}/actions/permissions"
    try:
        told = fleet.calls.find(path)
        chosen = fleet.calls.find(f"{path}/selected-actions") if _is_selected(told) else None
    except Refused:
        return None
    if told is None:
        return None
    return Settings(
        enabled=told.get("enabled_repositories") != "none",
        allowed=str(told.get("allowed_actions") or ""),
        patterns=None if chosen is None else tuple(map(str, chosen.get("patterns_allowed") or ())),
        sha_required=bool(told.get("sha_pinning_required")),
    )


def _is_selected(told: Any) -> bool:
    return bool(told) and told.get("allowed_actions") == "selected"


def _judged(one: Planned, settings: Settings, order: Order) -> Planned:
    inputs = inputs_for(order, one.row.name, one.lock) if order.verb is not Verb.RESTORE else None
    if inputs is None:
        return one
    calls = {f"{FOLDER}/{LOOP}": (f"{inputs.pack}/{FOLDER}/{LOOP}@{inputs.ref}",)}
    found = next(of_allowed(settings, Asks(inputs=inputs, calls=calls, secrets=frozenset()), one.row.name), None)
    if found is None:
        return one
    why = f"a policy of Actions: {found.says}; --force proposes it all the same"
    return replace(one, row=replace(one.row, reason=Reason.POLICY_BLOCKED, why=why))
