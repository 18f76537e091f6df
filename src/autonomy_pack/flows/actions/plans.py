"""The plan as the text that crosses from `select` to the other jobs: closed, ASCII, small enough for one variable."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from autonomy_pack.flows.actions import exchange
from autonomy_pack.model import Leg, Plan

# One variable of the environment holds at most 128 KiB on Linux (MAX_ARG_STRLEN), and a plan shares it with a name.
# No leg that fits the schema has more than 1 KiB.
LARGEST = 96 * 1024


def to_json(plan: Plan) -> str:
    """The plan's text; WorldError when it is more than its schema or 96 KiB allow."""
    data = {
        "version": 1,
        "repo": plan.repo,
        "run_id": plan.run_id,
        "run_attempt": plan.run_attempt,
        "legs": [leg_json(leg) for leg in plan.legs],
    }
    return exchange.write("plan", data, LARGEST)


def from_json(text: str) -> Plan:
    """The plan of such a text; WorldError for anything else."""
    data = exchange.read("plan", text, LARGEST)
    legs = tuple(Leg(**leg) for leg in data["legs"])
    return Plan(repo=data["repo"], run_id=data["run_id"], run_attempt=data["run_attempt"], legs=legs)


def leg_json(leg: Leg) -> dict[str, Any]:
    """A leg's fields, as they stand in the plan and in the lease's state."""
    return dataclasses.asdict(leg)


def leg_of(data: Any) -> Leg:
    """The leg of such fields, wherever they were found; WorldError for anything else."""
    whole = {"version": 1, "repo": "o/n", "run_id": 1, "run_attempt": 1, "legs": [data]}
    return from_json(json.dumps(whole)).legs[0]
