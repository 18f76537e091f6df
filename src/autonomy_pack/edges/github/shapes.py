"""JSON of the API as values of the model. Times become text with microseconds, so that text order is time order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autonomy_pack.model import Comment, Issue, Labeling, Pull

Json = Mapping[str, Any]


def time(text: str | None) -> str:
    """ "2026-01-02T03:04:05Z" as "2026-01-02T03:04:05.000000Z"; "" for None."""
    return f"{text[:19]}.000000Z" if text else ""


def who(actor: Json | None) -> tuple[str, int]:
    """(login, number) of an actor of either API; ("", 0) for a deleted account. Logins of bots end with "[bot]"."""
    if not actor:
        return "", 0
    login = str(actor.get("login", ""))
    if actor.get("__typename") == "Bot" and not login.endswith("[bot]"):
        login += "[bot]"
    return login, int(actor.get("databaseId") or actor.get("id") or 0)


def issue(
    node: Json, *, labels: Sequence[str], labelings: Sequence[Labeling], edited: str, pulls: Iterable[Pull]
) -> Issue:
    """An issue of GraphQL, with what was read of its connections."""
    author, author_id = who(node["author"])
    assignees = node["assignees"]["nodes"]
    return Issue(
        id=str(node["number"]),
        title=node["title"],
        body=node["body"],
        labels=tuple(labels),
        state=node["state"].lower(),
        author=author,
        author_id=author_id,
        created=time(node["createdAt"]),
        updated=time(node["updatedAt"]),
        assignee=assignees[0]["login"] if assignees else "",
        url=node["url"],
        node=node["id"],
        edited=edited,
        labelings=tuple(labelings),
        pulls=tuple(pulls),
        locked=node["locked"],
    )


def rest_issue(told: Json) -> Issue:
    """An issue of REST; it does not say when the text was edited, nor who labelled it."""
    author, author_id = who(told["user"])
    return Issue(
        id=str(told["number"]),
        title=told["title"],
        body=told["body"] or "",
        labels=tuple(label if isinstance(label, str) else label["name"] for label in told["labels"]),
        state=told["state"],
        author=author,
        author_id=author_id,
        created=time(told["created_at"]),
        updated=time(told["updated_at"]),
        assignee=(told.get("assignee") or {}).get("login", ""),
        url=told["html_url"],
        node=told["node_id"],
        labelings=(),
        locked=bool(told.get("locked")),
    )


def newest(labels: Sequence[str], labelings: Iterable[Labeling]) -> tuple[Labeling, ...]:
    """Of each label an issue has now, the last time it was put on; `labelings` in order of time."""
    last = {one.label: one for one in labelings}
    return tuple(last[label] for label in labels if label in last)


def labeling(event: Json) -> Labeling:
    """A LabeledEvent of GraphQL (which knows neither its REST id nor its App)."""
    actor, actor_id = who(event["actor"])
    return Labeling(label=event["label"]["name"], actor=actor, actor_id=actor_id, at=time(event["createdAt"]))


def rest_labeling(event: Json) -> Labeling:
    """A `labeled` event of REST."""
    actor, actor_id = who(event["actor"])
    return Labeling(
        label=event["label"]["name"],
        actor=actor,
        actor_id=actor_id,
        at=time(event["created_at"]),
        event=str(event["id"]),
        app=(event.get("performed_via_github_app") or {}).get("slug", ""),
    )


def pull(node: Json, *, closes: bool = False) -> Pull:
    """A pull request of GraphQL, as issues link it: without title and body."""
    author, author_id = who(node["author"])
    return Pull(
        number=node["number"],
        url=node["url"],
        branch=node["headRefName"],
        head=node["headRefOid"],
        base=node["baseRefName"],
        state="open" if node["state"] == "OPEN" else "closed",
        merged=node["state"] == "MERGED",
        draft=node["isDraft"],
        author=author,
        author_id=author_id,
        same_repository=not node["isCrossRepository"],
        node=node["id"],
        closes=closes,
        closed=time(node["closedAt"]),
    )


def rest_pull(told: Json) -> Pull:
    """A pull request of REST."""
    author, author_id = who(told["user"])
    head, base = told["head"], told["base"]
    return Pull(
        number=told["number"],
        url=told["html_url"],
        branch=head["ref"],
        head=head["sha"],
        base=base["ref"],
        state=told["state"],
        merged=bool(told.get("merged_at")),
        draft=bool(told.get("draft")),
        author=author,
        author_id=author_id,
        title=told["title"],
        body=told["body"] or "",
        labels=tuple(label["name"] for label in told["labels"]),
        same_repository=bool(head.get("repo")) and head["repo"]["id"] == base["repo"]["id"],
        node=told["node_id"],
    )


def comment(told: Json) -> Comment:
    """A comment of REST."""
    author, author_id = who(told["user"])
    return Comment(
        id=told["id"],
        author=author,
        author_id=author_id,
        body=told["body"] or "",
        created=time(told["created_at"]),
        updated=time(told["updated_at"]),
        edited=told["updated_at"] != told["created_at"],
        issue=told["issue_url"].rpartition("/")[2],
        app=(told.get("performed_via_github_app") or {}).get("slug", ""),
    )
