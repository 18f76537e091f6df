"""What people said while an issue was worked on: which steps and changes they agreed to, what they answered agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from autonomy_pack.contracts import Store
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Event, Head
from autonomy_pack.policy import names
from autonomy_pack.views.handoff import Word


def words(store: Store, task: str, transcript: Iterable[Mapping[str, Any]] = ()) -> tuple[Word, ...]:
    """Everything that people said to runs on the task's text since its last handoff, oldest first; then what was said
    at the terminal to the run of that transcript.
    """
    found, begin = [], _begin(store, task)
    for head in reversed(store.heads("decision")):
        if names.task_of_run(head.run) == task and (word := _word(store, head, begin)):
            found.append(word)
    return (*found, *_at_the_terminal(transcript))


def _begin(store: Store, task: str) -> int:
    """Up to where the events of the task are about another text, or about a change that was handed off already."""
    begin, pin = 0, ""
    for one in store.events(subject=task, kinds=["task.seen", "handoff.made"]):
        if one.data.get("pin") != pin:
            begin, pin = one.seq, one.data.get("pin", pin)
    return begin


def _word(store: Store, head: Head, begin: int) -> Word | None:
    """What a person said to a decision; None while nobody did, or when it was before then."""
    told = {event.kind: event for event in store.events(subject=head.subject)}
    asked, said = told["decision.asked"], told.get("decision.answered")
    if said is None or asked.seq <= begin or not said.actor.startswith("person:"):
        return None
    own = said.data["option"] == "answer"
    return Word(
        who=said.actor.removeprefix("person:"),
        said="answered" if own else f"said {said.data['option']}",
        about=asked.data["question"],
        answer=said.data["why"],
        decision=head.subject,
    )


def _at_the_terminal(transcript: Iterable[Mapping[str, Any]]) -> list[Word]:
    """How many steps a person allowed and refused there."""
    answers = [line["data"] for line in transcript if line["kind"] == "step.answered"]
    by_people = Counter((str(one["by"]), str(one["answer"])) for one in answers if str(one["by"]).startswith("person:"))
    return [
        Word(who=by.removeprefix("person:"), said=answer, about=f"{count} step{'s' * (count > 1)} at the terminal")
        for (by, answer), count in by_people.items()
    ]


def to_change(told: Iterable[Event]) -> str:
    """Who agreed to a change, under which decision and why, by the decision.answered events of its run; "" when nobody
    was asked.
    """
    yes = next((one for one in told if one.data["option"] == "approve"), None)
    if yes is None:
        return ""
    why = one_line(str(yes.data["why"]), 300)
    return f"approved by {yes.actor.removeprefix('person:')} ({yes.subject})" + (f": {why}" if why else "")
