"""Issues, labels, comments and events."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.dispatch import Moved
from hub.router import Answer, Call, Refused, invalid, route
from hub.things import Comment, Issue, Label

ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}"
COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}"
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


def _may_triage(call: Call) -> bool:
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
    _limit_body(call, "Issue")
    labels = [each if isinstance(each, str) else each["name"] for each in call.data.get("labels") or []]
    made = call.repo.new_issue(str(call.text("title", "Issue")), call.data.get("body"), call.by)
    for name in labels if _may_triage(call) else []:
        call.repo.label(made.number, name, call.by)
    for login in (call.data.get("assignees") or []) if _may_triage(call) else []:
        call.repo.assign(made.number, login, call.by)
    shown = shapes.issue(call, made)
    return Answer(201, shown, {"Location": shown["url"]})


def _limit_body(call: Call, resource: str) -> None:
    if len(call.data.get("body") or "") > BODY_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")


@route("GET", ISSUE, "issues:read")
def get_issue(call: Call) -> Answer:
    return Answer(200, shapes.issue(call, find_issue(call)))


@route("PATCH", ISSUE, "issues:write", role="read")
def change_issue(call: Call) -> Answer:
    made, data = find_issue(call), call.data
    if not _may_triage(call) and call.by.user is not made.by.user:
        raise Refused(403, "Must have push access to repository.")
    _limit_body(call, "Issue")
    title = data.get("title")
    call.repo.edit(made.number, call.by, title=None if title is None else str(title), body=data.get("body"))
    if "labels" in data:
        _set_labels(call, made, [each if isinstance(each, str) else each["name"] for each in data["labels"]])
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


# --- labels


def _find_label(call: Call) -> Label:
    found = call.repo.labels.get(call.args["name"].casefold())
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", "/repos/{owner}/{repo}/labels", "issues:read")
def list_labels(call: Call) -> Answer:
    return call.page(list(call.repo.labels.values()), lambda each: shapes.label(call, each))


@route("POST", "/repos/{owner}/{repo}/labels", "issues:write")
def create_label(call: Call) -> Answer:
    name, color = call.text("name", "Label"), call.data.get("color") or "ededed"
    if name.casefold() in call.repo.labels:
        raise invalid("Label", "name", "already_exists")
    if len(name) > 50:
        raise invalid("Label", "name", "invalid", "is too long (maximum is 50 characters)")
    if len(call.data.get("description") or "") > 100:
        raise invalid("Label", "description", "invalid", "is too long (maximum is 100 characters)")
    if len(color) != 6 or set(color.lower()) - set("0123456789abcdef"):
        raise invalid("Label", "color")
    made = shapes.label(call, call.repo.make_label(name, color, call.data.get("description")))
    return Answer(201, made, {"Location": made["url"]})


@route("GET", "/repos/{owner}/{repo}/labels/{name}", "issues:read")
def get_label(call: Call) -> Answer:
    return Answer(200, shapes.label(call, _find_label(call)))


@route("PATCH", "/repos/{owner}/{repo}/labels/{name}", "issues:write")
def change_label(call: Call) -> Answer:
    made, new = _find_label(call), call.data.get("new_name")
    if new and new.casefold() != made.name.casefold():
        if new.casefold() in call.repo.labels:
            raise invalid("Label", "name", "already_exists")
        call.repo.labels[new.casefold()] = call.repo.labels.pop(made.name.casefold())
    made.name, made.color = new or made.name, call.data.get("color") or made.color
    made.description = call.data.get("description", made.description)
    return Answer(200, shapes.label(call, made))


@route("DELETE", "/repos/{owner}/{repo}/labels/{name}", "issues:write")
def delete_label(call: Call) -> Answer:
    call.repo.delete_label(_find_label(call).name)
    return Answer(204)


@route("GET", f"{ISSUE}/labels", "issues:read")
def list_issue_labels(call: Call) -> Answer:
    return call.page(find_issue(call).labels, lambda each: shapes.label(call, each))


def _names(call: Call) -> list[str]:
    given = call.data.get("labels", call.data.get("", []))
    return [each if isinstance(each, str) else each["name"] for each in given]


def _set_labels(call: Call, made: Issue, names: list[str]) -> None:
    wanted = {name.casefold() for name in names}
    for label in [each for each in made.labels if each.name.casefold() not in wanted]:
        call.repo.unlabel(made.number, label.name, call.by)
    for name in names:
        call.repo.label(made.number, name, call.by)


@route("POST", f"{ISSUE}/labels", "issues:write", role="triage")
def add_labels(call: Call) -> Answer:
    made = find_issue(call)
    for name in _names(call):
        call.repo.label(made.number, name, call.by)
    return Answer(200, [shapes.label(call, each) for each in made.labels])


@route("PUT", f"{ISSUE}/labels", "issues:write", role="triage")
def set_labels(call: Call) -> Answer:
    made = find_issue(call)
    _set_labels(call, made, _names(call))
    return Answer(200, [shapes.label(call, each) for each in made.labels])


@route("DELETE", f"{ISSUE}/labels/{{name}}", "issues:write", role="triage")
def remove_label(call: Call) -> Answer:
    made = find_issue(call)
    if call.repo.unlabel(made.number, call.args["name"], call.by) is None:
        raise Refused(404, "Label does not exist")
    return Answer(200, [shapes.label(call, each) for each in made.labels])


# --- comments


@route("GET", f"{ISSUE}/comments", "issues:read")
def list_comments(call: Call) -> Answer:
    rows = [each for each in find_issue(call).comments if each.updated >= call.query.get("since", "")]
    return call.page(rows, lambda each: shapes.comment(call, each))


@route("POST", f"{ISSUE}/comments", "issues:write", role="read")
def create_comment(call: Call) -> Answer:
    made = find_issue(call)
    if made.locked and not _may_triage(call):
        raise Refused(403, "Unable to create comment because issue is locked.")
    _limit_body(call, "IssueComment")
    shown = shapes.comment(call, call.repo.comment(made.number, call.text("body", "IssueComment"), call.by))
    return Answer(201, shown, {"Location": shown["url"]})


def _find_comment(call: Call) -> Comment:
    found = call.repo.comment_of(call.number("comment_id"))
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", COMMENT, "issues:read")
def get_comment(call: Call) -> Answer:
    return Answer(200, shapes.comment(call, _find_comment(call)))


@route("PATCH", COMMENT, "issues:write", role="read")
def change_comment(call: Call) -> Answer:
    made = _find_comment(call)
    if call.by.user is not made.by.user and not (
        call.token and call.token.kind == "user" and call.repo.has(call.by.user.login, "write")
    ):
        raise Refused(403, "Must have admin rights to Repository.")
    _limit_body(call, "IssueComment")
    call.repo.edit_comment(made.id, call.text("body", "IssueComment"), call.by)
    return Answer(200, shapes.comment(call, made))


@route("DELETE", COMMENT, "issues:write", role="read")
def delete_comment(call: Call) -> Answer:
    made = _find_comment(call)
    call.repo.issues[made.number].comments.remove(made)
    return Answer(204)
