"""Which words of which people count: everything in an event's payload is looked up again before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Event, WorkflowRun, value
from autonomy_pack.policy import agent_pull, answers, names

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.store.gitrefs import GitRefs


@value
class Heard:
    """Something that a person with write said, and that still stands.

    `place` is the number of the issue or pull request it was said at, `issue` the issue it is about. `via` names the
    comment or label event, `at` is when it was said. `label` is the label that said it, "" for a comment.
    """

    verb: str
    decision: str
    issue: str
    place: str
    by: str
    via: str
    at: str
    why: str = ""
    label: str = ""


def heard(github: GitHub, workflow_run: WorkflowRun) -> Heard | None:
    """What was said to us; None for talk, for bots, for people without write, and for what was changed since."""
    payload = workflow_run.payload
    sender = _mapping(payload, "sender")
    if sender.get("type") != "User":
        return None
    if workflow_run.event == "issue_comment" and payload.get("action") == "created":
        return _in_comment(github, payload)
    if workflow_run.event == "issues" and payload.get("action") == "labeled":
        return _by_label(github, payload)
    return None


def _in_comment(github: GitHub, payload: Mapping[str, Any]) -> Heard | None:
    told, place = _mapping(payload, "comment"), str(_mapping(payload, "issue").get("number", ""))
    text, number = told.get("body"), told.get("id")
    if not isinstance(text, str) or not isinstance(number, int) or told.get("performed_via_github_app"):
        return None
    return comment(github, number, answers.sha256(text), place) if answers.read(text) else None


def comment(github: GitHub, number: int, sha256: str, place: str = "") -> Heard | None:
    """What the comment of that number says, if it still is the one that was heard, by somebody who may say it now."""
    there = github.comment(number)
    if there is None or there.edited or answers.sha256(there.body) != sha256 or place not in ("", there.issue):
        return None
    said = answers.read(there.body)
    if there.app or there.author.endswith("[bot]"):
        return None
    if said is None or github.permission_of(there.author_id, there.author) not in answers.WRITERS:
        return None
    issue = issue_at(github, there.issue)
    if said.number not in ("", there.issue, issue):
        return None
    return Heard(
        verb=said.verb,
        decision=said.decision,
        issue=issue,
        place=there.issue,
        by=there.author,
        via=answers.via_comment(there.id, there.body),
        at=there.created,
        why=one_line(said.why, 300),
    )


def issue_at(github: GitHub, place: str) -> str:
    """The issue that is talked about at an issue, or at a handoff's pull request."""
    pull = github.pull(int(place))
    about = agent_pull.named(pull.branch) if pull and pull.same_repository else None
    return about.issue if about else place


def _by_label(github: GitHub, payload: Mapping[str, Any]) -> Heard | None:
    name = str(_mapping(payload, "label").get("name", "")).casefold()
    number, who = _mapping(payload, "issue").get("number"), _mapping(payload, "sender").get("id")
    if name not in answers.LABELS or not isinstance(number, int):
        return None
    found = label(github, str(number), name)
    return found[0] if found and found[1] == who else None


def label(github: GitHub, issue: str, name: str, event: str = "") -> tuple[Heard, int] | None:
    """What a label on an issue says, and the number of who put it on; of that very label event when one is named."""
    there = github.issue(issue)
    put = [one for one in (there.labelings if there else None) or () if one.label.casefold() == name]
    one = put[-1] if put else None
    if one is None or one.app or one.actor.endswith("[bot]") or not one.event or event not in ("", one.event):
        return None
    if github.permission_of(one.actor_id, one.actor) not in answers.WRITERS:
        return None
    said = Heard(
        verb=answers.LABELS[name],
        decision="",
        issue=issue,
        place=issue,
        by=one.actor,
        via=answers.via_label(one.event),
        at=one.at,
        label=name,
    )
    return said, one.actor_id


def again(github: GitHub, answered: Event, issue: str) -> Heard | None:
    """What a stored answer came from, if that still stands: stored answers themselves prove nothing."""
    kind, _, rest = str(answered.data["via"]).partition(":")
    number, _, sha256 = rest.partition(":")
    if kind == "comment" and number.isdecimal():
        return comment(github, int(number), sha256)
    if kind == "label" and number.isdecimal():
        name = next((name for name, verb in answers.LABELS.items() if verb == answered.data["option"]), "")
        found = label(github, issue, name, number)
        return found[0] if found else None
    return None


def answered(store: GitRefs, decision: str) -> Event | None:
    """The answer to a decision that is stored, None without one: where to look, and no more."""
    return next(iter(store.events(subject=decision, kinds=["decision.answered"])), None)


def answer(github: GitHub, store: GitRefs, decision: str, issue: str) -> str:
    """approve, deny, or "" for a decision about an issue, as the comment or label event itself says now.

    A stored answer is only where to look: any workflow with contents: write can store one.
    """
    stored = answered(store, decision)
    asked = next(iter(store.events(subject=decision, kinds=["decision.asked"])), None)
    if stored is None or asked is None or names.issue_of_run(asked.run) != issue:
        return ""
    if stored.data["via"] == "expiry":
        return "deny"
    said = again(github, stored, issue)
    if said is None or (said.verb, said.issue) != (stored.data["option"], issue) or said.decision not in ("", decision):
        return ""
    return "" if said.label and asked.at > stamp(said.at) else said.verb


def stamp(at: str) -> str:
    """GitHub tells whole seconds: what was said within the second of a question was said after it."""
    return f"{at[:19]}.999999Z"


def _mapping(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    told = payload.get(key)
    return told if isinstance(told, dict) else {}
