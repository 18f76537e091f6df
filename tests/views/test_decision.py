"""Where the change of a decision or run is, when its records are not on this machine."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import runs
from autonomy_pack.flows.actions import delivery
from autonomy_pack.model import Decision, Event, Leg
from autonomy_pack.policy import names
from autonomy_pack.views import decision as view

RUN = "acme/site#12@345/2"
LINE = "git fetch origin refs/autonomy/pending/12-345-2 && git show FETCH_HEAD"


def decision(run: str) -> Decision:
    fields = {
        "id": "apr_ABCDEF",
        "kind": "approve",
        "options": ("approve", "deny"),
        "default": "deny",
        "may_answer": (),
        "subject": "acme/site#12",
        "run": run,
        "status": "pending",
    }
    times = {"asked": "2026-01-02T03:04:05.678901Z", "deadline": "2026-01-05T03:04:05.678901Z"}
    return Decision(**{**fields, **times, "question": "Hand it off?", "action_sha256": "a" * 64})


def test_the_diff_of_a_decision_on_github_is_fetched_and_of_a_clones_is_in_its_records() -> None:
    assert f"\n          (a run of the workflow: {LINE})" in view.text(decision(RUN), [], "2026-01-02T04:04:05.678901Z")
    assert "Diff      autonomy run show .#7/3 --diff" in view.text(decision(".#7/3"), [], "2026-01-02T04:04:05.678901Z")


def test_the_ref_told_is_the_one_that_publish_makes() -> None:
    leg = dict.fromkeys(Leg.__dataclass_fields__, "") | {"issue": "12", "event": "345", "attempt": 2}
    assert names.pending_ref(RUN) == delivery.pending_ref(Leg(**leg))


def test_records_that_are_on_no_machine_are_not_blamed_on_retention() -> None:
    question = Event(kind="decision.asked", subject="apr_ABCDEF", data={}, run=RUN)
    with pytest.raises(UsageError) as refused:
        runs.transcript(runs.Past(id=RUN, events=(question,), folder=None))
    assert LINE in refused.value.fix
    assert "retention" not in refused.value.says + refused.value.fix
