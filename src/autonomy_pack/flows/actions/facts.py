"""Facts: what `fetch` read, as JSON for a process without token or network, and as values again there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.flows.actions import exchange, governing
from autonomy_pack.model import Head, Issue, Labeling, Priority, Pull
from autonomy_pack.policy import choose

Facts = Mapping[str, Any]
"""`schemas/facts.json`."""

LARGEST = 48 * 1024 * 1024
# What bodies may take of it: in JSON a character may become 12 bytes.
_BODIES = 40 * 1024 * 1024
_HEAD = ("subject", "type", "status", "run", "pin", "attempts", "since", "branch", "commit", "why", "seq", "at")
_ISSUE = ("id", "title", "state", "author", "author_id", "created", "updated", "edited", "url", "node", "locked")
_OF_A_LINK = ("closes", "closed")
_PULL = ("number", "url", "branch", "head", "base", "state", "merged", "author_id", "same_repository", *_OF_A_LINK)


def text(facts: Facts) -> str:
    """The facts as JSON."""
    return exchange.write("facts", facts, LARGEST)


def read(content: str | bytes) -> Facts:
    """The facts in such a text; WorldError when it is not one."""
    facts: Facts = exchange.read("facts", content, LARGEST)
    return facts


def issues_json(issues: Sequence[Issue]) -> tuple[list[dict[str, Any]], int]:
    """Open issues as JSON, the most urgent first while there is room for their text, and how many were left out.

    One that does not fit the schema is left out too: it must not stop the others.

    The body of an issue without a priority label is not needed to tell why it is not eligible.
    """
    told, room, left_out = [], _BODIES, 0
    for issue in sorted(issues, key=_urgency):
        one = _issue_json(issue)
        room -= 12 * len(one["body"]) if not one["body"].isascii() else 2 * len(one["body"])
        if room < 0 or not exchange.fits(one, "facts", "issues"):
            left_out += 1
        else:
            told.append(one)
    return told, left_out


def _urgency(issue: Issue) -> tuple[int, str]:
    priority = choose.priority_of(issue.labels)
    return len(Priority) if priority is None else priority, issue.created


def _issue_json(issue: Issue) -> dict[str, Any]:
    body = issue.body if choose.family(issue.labels, "priority") else ""
    labelings = None if issue.labelings is None else [dataclasses.asdict(one) for one in issue.labelings]
    return {
        **{name: _whole(getattr(issue, name)) for name in _ISSUE},
        "body": _whole(body),
        "labels": [_whole(label) for label in issue.labels],
        "depends_on": [other for other in issue.depends_on if other.isdecimal()],
        "labelings": labelings,
        "pulls": [{name: getattr(pull, name) for name in _PULL} for pull in issue.pulls],
    }


def _whole(item: Any) -> Any:
    """Text without halves of characters, which no strict JSON holds; its hash then differs, so it is never chosen."""
    return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(item, str) else item


def head_json(head: Head) -> dict[str, Any]:
    """What choosing needs of a head."""
    return {name: getattr(head, name) for name in _HEAD}


def issues_of(facts: Facts) -> list[Issue]:
    """The issues that were read."""
    return [_issue(one) for one in facts["issues"]]


def _issue(one: Mapping[str, Any]) -> Issue:
    labelings = one["labelings"]
    made = {
        **one,
        "labels": tuple(one["labels"]),
        "depends_on": tuple(one["depends_on"]),
        "labelings": None if labelings is None else tuple(Labeling(**labeling) for labeling in labelings),
        "pulls": tuple(Pull(**pull) for pull in one["pulls"]),
    }
    return Issue(**made)


def judged_by(facts: Facts) -> choose.Facts:
    """What issues are judged by. Missions are named by labels; each is looked up in the files that govern."""
    config = governing.config_of(facts["files"])
    named = {name for one in facts["issues"] for name in choose.family(one["labels"], "mission")}
    heads = [Head(repo=".", **one) for one in facts["heads"]]
    return choose.Facts(
        repo=facts["repo"],
        config=config,
        missions=governing.missions_of(named, facts["files"], config),
        agents=tuple(AGENTS),
        why_no_programs="",  # whether there is a box is for the machine of the `run` job to say
        heads={head.subject: head for head in heads if head.type == "task"},
        decisions={head.run: head for head in heads if head.type == "decision"},
        handoffs=facts["handoffs"],
        now=facts["now"],
        agent=facts["wanted"]["agent"],
        permissions=facts["permissions"],
        only_open=True,
    )
