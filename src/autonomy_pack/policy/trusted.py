"""Whether people with write access asked for this, of exactly this text. Pure.

A label alone proves nothing: Apps, bots and people who lost their access leave labels behind, and an author can edit
the text after it was read. So each label that steers us needs its own event, and the event is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from autonomy_pack.model import STEERING, Issue, Labeling

# Labels of the agent family that we write ourselves; they choose no agent.
DISPLAY_LABELS = frozenset({"agent:handoff", "agent:validated"})
WRITERS = frozenset({"admin", "maintain", "write"})
# Any workflow's token labels as this bot: https://api.github.com/users/github-actions[bot] has this number.
ACTIONS_ID = 41898282
_ACTIONS = frozenset({"github-actions", "github-actions[bot]"})
_ALWAYS, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def steering(labels: Iterable[str]) -> list[str]:
    """The labels that decide what is done with an issue, and by whom."""
    return [
        label for label in labels if label.casefold().startswith(STEERING) and label.casefold() not in DISPLAY_LABELS
    ]


def why_not(issue: Issue, permissions: Mapping[str, str], apps: Sequence[str]) -> str:
    """Why the issue's steering labels are not to be trusted, with what a maintainer can do; "" when they are.

    `permissions`: number of an actor, as text → admin, maintain, write, triage, read or none, as it is now; an actor
    who is missing has none. `apps`: slugs of the Apps through which people may label.
    """
    for label in steering(issue.labels):
        labeling = _newest(issue, label)
        if labeling is None:
            return f"nobody knows who set {label}; relabel it"
        if why := _why_not_by(labeling, permissions, apps) or _why_edited(issue, labeling):
            return why
    return ""


def actors(issues: Iterable[Issue]) -> list[tuple[int, str]]:
    """(number, login) of everybody who set a steering label of an issue, each once: whose permissions are to be asked.

    Only issues with a priority label are looked at: no other can become a task.
    """
    prioritised = [issue for issue in issues if any(label.casefold().startswith("priority:") for label in issue.labels)]
    labelings = [one for issue in prioritised for one in issue.labelings or () if steering([one.label])]
    return sorted({(one.actor_id, one.actor) for one in labelings if one.actor_id > 0})


def event_of(issue: Issue, label: str) -> str:
    """The id of the event that set this label the last time; "" when that is not known."""
    labeling = _newest(issue, label)
    return labeling.event if labeling else ""


def labelled_at(issue: Issue, label: str) -> str:
    """When this label was set the last time; "" when that is not known."""
    labeling = _newest(issue, label)
    return labeling.at if labeling else ""


def is_earlier(text: str, than: str) -> bool:
    """Whether a time lies before another; the same second does not, and an unknown one does not either."""
    return _time(text, unknown=_NEVER) < _time(than)


def is_set_after(issue: Issue, label: str, at: str) -> bool:
    """Whether the label was put on later than that time; the same second is not later, and unknown is not either."""
    labeling = _newest(issue, label)
    return labeling is not None and _time(labeling.at) > _time(at, unknown=_NEVER)


def _newest(issue: Issue, label: str) -> Labeling | None:
    """The label's last labeling: after unlabel and relabel, only the new one counts."""
    found = [one for one in issue.labelings or () if one.label.casefold() == label.casefold()]
    return max(found, key=lambda one: (_time(one.at), len(one.event), one.event), default=None)


def _why_not_by(labeling: Labeling, permissions: Mapping[str, str], apps: Sequence[str]) -> str:
    """Why this actor's labels do not count."""
    who = f"{labeling.label} was set by {labeling.actor or 'an account that is gone'}"
    if labeling.actor_id == ACTIONS_ID or labeling.actor.casefold() in _ACTIONS:
        return f"{labeling.label} was set by a workflow; a person with write must relabel it"
    if labeling.app and labeling.app not in apps:
        return f"{who} through the App {labeling.app}, which `apps` does not list; relabel it"
    if labeling.actor_id <= 0 or permissions.get(str(labeling.actor_id), "none") not in WRITERS:
        return f"{who}, who may not write here; a person with write must relabel it"
    return ""


def _why_edited(issue: Issue, labeling: Labeling) -> str:
    """Why the text may not be the one that was agreed to. Times are whole seconds, so equal is not earlier."""
    if issue.edited and not is_earlier(issue.edited, labeling.at):
        return f"title or body was edited after {labeling.label} was set; read it again, then relabel it"
    return ""


def _time(text: str, *, unknown: datetime = _ALWAYS) -> datetime:
    """A time of the forge, to compare; an unreadable one is the least favourable."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return unknown
    return read if read.tzinfo else read.replace(tzinfo=UTC)
