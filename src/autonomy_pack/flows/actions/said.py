"""What a lease says while its change is on its way to people: enough for any later process to finish the handoff."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import plans
from autonomy_pack.model import Event, Handoff, Leg, value

# A state of a lease holds 64 KiB, its other words included.
LARGEST = 56 * 1024
_CUT = "\n\n… cut: the session summary in the run's artifacts has the rest\n"
_MOST_PATHS, _MOST_FINDINGS = 30, 20


@value
class Said:
    """`told` are the events that are still to be stored at the end. `waits`: the offer's commit is kept for a person to
    decide on, its branch was not made."""

    leg: Leg
    offer: Handoff
    told: tuple[Event, ...]
    waits: bool = False


def to_json(said: Said) -> dict[str, Any]:
    """As the lease keeps it; what is too long is cut, the body last."""
    told = _fewer(said.told)
    data = {
        "version": 1,
        "leg": plans.leg_json(said.leg),
        "pushed": said.offer.head,
        "waits": said.waits,
        "offer": dataclasses.asdict(said.offer),
        "told": [[one.kind, one.subject, dict(one.data), one.key] for one in told],
    }
    body = said.offer.body
    while len(json.dumps(data, ensure_ascii=True)) > LARGEST and body:
        body = body[: int(len(body) * 0.9)]
        data["offer"] = dataclasses.asdict(dataclasses.replace(said.offer, body=body + _CUT))
    return data


def _fewer(told: Sequence[Event]) -> list[Event]:
    findings = [one for one in told if one.kind == "finding.found"]
    kept = [one for one in told if one.kind != "finding.found" or one in findings[:_MOST_FINDINGS]]
    return [
        dataclasses.replace(one, data={**one.data, "files": one.data["files"][:_MOST_PATHS]})
        if one.kind == "change.made"
        else one
        for one in kept
    ]


def of_json(data: Mapping[str, Any]) -> Said | None:
    """What a lease says; None when it says nothing of a change. WorldError when it is not in our words."""
    if not data.get("pushed"):
        return None
    try:
        offer = Handoff(**{**data["offer"], **{key: tuple(data["offer"][key]) for key in ("labels", "reviewers")}})
        told = tuple(
            Event(kind=kind, subject=subject, run=offer.run, data=about, key=key)
            for kind, subject, about, key in data["told"]
        )
        leg = plans.leg_of(data["leg"])
        return Said(leg=leg, offer=offer, told=told, waits=bool(data["waits"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WorldError(f"a lease says what nobody can read: {error!r}", "`/autonomy retry` begins anew.") from error
