"""result.json: what a run job claims, written and read through one closed schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from autonomy_pack.edges import artifact
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import exchange
from autonomy_pack.model import CheckResult, Leg, Result

PRODUCED = "produced"
LONGEST_TAIL, LONGEST_WHY = 2000, 500
MOST_CHECKS, _SUMMARY = 50, 4000


def to_json(result: Result) -> str:
    """The text of result.json; what is longer than the schema allows is cut."""
    checks = tuple(replace(one, tail=one.tail[-LONGEST_TAIL:]) for one in result.checks[:MOST_CHECKS])
    result = replace(result, checks=checks, why=result.why[:LONGEST_WHY], summary=result.summary[:_SUMMARY])
    return json.dumps(asdict(result), indent=2, ensure_ascii=True) + "\n"


def of_json(content: bytes, leg: Leg) -> Result:
    """The claims in result.json; WorldError when they are not of that shape, or about another attempt than `leg`."""
    data = exchange.read("result", content, artifact.SIZES[artifact.RESULT])
    result = Result(**data | {"checks": tuple(map(_check, data["checks"]))})
    if (result.issue, result.event, result.attempt, result.base) != (leg.issue, leg.event, leg.attempt, leg.base):
        raise WorldError("the artifact is of another attempt", "Look which job of this run wrote it.")
    return result


def _check(data: Mapping[str, Any]) -> CheckResult:
    return CheckResult(**{**data, "argv": tuple(data["argv"])})
