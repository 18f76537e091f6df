"""Issues and what happened to them."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.dispatch import Moved
from hub.router import Answer, Call, Refused, invalid, route
from hub.things import Comment, Issue

ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}"
BODY_LIMIT = 65536


def find_issue(call: Call) -> Issue:
    """The issue of the path: 404, 410 when deleted, 301 when transferred."""
    found = call.repo.issues.get(call.number("issue_number"))
    if found is None:
        raise Refused(404, "Not Found")
    if found.deleted:
        raise Refused(410, "This issue was deleted")
    if found.moved:
        name, _, number = found.moved.partition("#")
        target = call.hub.repos[name.casefold()]
        raise Moved(301, "Moved Permanently", f"{call.base.api}/repositories/{target.id}/issues/{number}")
    return found


def may_triage(call: Call) -> bool:
    """Whether who asks may label and assign."""
    return call.token is not None and (call.token.kind != "user" or call.repo.has(call.by.user.login, "triage"))


@route("GET", "/repos/{owner}/{repo}/issues", "issues:read")
def list_issues(call: Call) -> Answer:
    query = call.query
    state, labels = query.get("state", "open"), [name for name in query.get("labels", "").split(",") if name]
    rows = [
        each
        for each in call.repo.issues.values()
        if not each.deleted and not each.moved and state in (each.state, "all")
    ]
    rows = [each for each in rows if set(map(str.casefold, labels)) <= {label.name.casefold() for label in each.labels}]
    rows = [each for each in rows if each.updated >= query.get("since", "")]
    if creator := query.get("creator"):
        rows = [each for each in rows if each.by.user.login.casefold() == creator.casefold()]
    keys = {"created": lambda each: (each.created, each.number), "updated": lambda each: (each.updated, each.number),
            "comments": lambda each: (len(each.comments), each.number)}  # fmt: skip
    rows.sort(key=keys[query.get("sort", "created")], reverse=query.get("direction", "desc") == "desc")
    return call.page(rows, lambda each: shapes.issue(call, each))


@route("POST", "/repos/{owner}/{repo}/issues", "issues:write", role="read")
def create_issue(call: Call) -> Answer:
    if not call.repo.settings.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")
    limit_body(call, "Issue")
    labels = [each if isinstance(each, str) else each["name"] for each in call.data.get("labels") or []]
    made = call.repo.new_issue(str(call.text("title", "Issue")), call.data.get("body"), call.by)
    for name in labels if may_triage(call) else []:
        call.repo.label(made.number, name, call.by)
    for login in (call.data.get("assignees") or []) if may_triage(call) else []:
        call.repo.assign(made.number, login, call.by)
    shown = shapes.issue(call, made)
    return Answer(201, shown, {"Location": shown["url"]})


def limit_body(call: Call, resource: str) -> None:
    """Refuse a body that is too long."""
    if len(call.data.get("body") or "") > BODY_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")


@route("GET", ISSUE, "issues:read")
def get_issue(call: Call) -> Answer:
    return Answer(200, shapes.issue(call, find_issue(call)))


@route("PATCH", ISSUE, "issues:write", role="read")
def change_issue(call: Call) -> Answer:
    made, data = find_issue(call), call.data
    if not may_triage(call) and call.by.user is not made.by.user:
        raise Refused(403, "Must have push access to repository.")
    limit_body(call, "Issue")
    title = data.get("title")
    call.repo.edit(made.number, call.by, title=None if title is None else str(title), body=data.get("body"))
    if "labels" in data:
        call.repo.set_labels(
            made.number, [each if isinstance(each, str) else each["name"] for each in data["labels"]], call.by
        )
    for login in data.get("assignees") or []:
        call.repo.assign(made.number, login, call.by)
    if data.get("state") == "closed":
        call.repo.close(made.number, call.by, data.get("state_reason") or "completed")
    elif data.get("state") == "open":
        call.repo.reopen(made.number, call.by)
    return Answer(200, shapes.issue(call, made))


@route("GET", f"{ISSUE}/events", "issues:read")
def list_events(call: Call) -> Answer:
    return call.page(find_issue(call).events, lambda each: shapes.event(call, each))


@route("GET", "/repos/{owner}/{repo}/issues/events/{event_id}", "issues:read")
def get_event(call: Call) -> Answer:
    wanted = call.number("event_id")
    for issue in call.repo.issues.values():
        for event in issue.events:
            if event.id == wanted:
                return Answer(200, shapes.event(call, event) | {"issue": shapes.issue(call, issue)})
    raise Refused(404, "Not Found")


@route("GET", f"{ISSUE}/timeline", "issues:read")
def list_timeline(call: Call) -> Answer:
    made = find_issue(call)
    rows: list[Any] = sorted(
        [*made.events, *made.comments], key=lambda each: each.created if isinstance(each, Comment) else each.at
    )
    rows += call.repo.linked(made.number)
    return call.page(rows, lambda each: _timeline_row(call, each))


def _timeline_row(call: Call, row: Any) -> dict[str, Any]:
    if isinstance(row, Issue):
        source = {"type": "issue", "issue": shapes.issue(call, row)}
        return {"event": "cross-referenced", "actor": shapes.user(call, row.by.user), "created_at": row.created,
                "updated_at": row.updated, "source": source}  # fmt: skip
    if isinstance(row, Comment):
        return shapes.comment(call, row) | {"event": "commented", "actor": shapes.user(call, row.by.user)}
    return shapes.event(call, row)
