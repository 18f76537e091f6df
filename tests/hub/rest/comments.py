"""Comments on issues and pull requests."""

from __future__ import annotations

from hub import shapes
from hub.rest.issues import ISSUE, find_issue, limit_body, may_triage
from hub.router import Answer, Call, Refused, route
from hub.things import Comment

COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}"


@route("GET", f"{ISSUE}/comments", "issues:read")
def list_comments(call: Call) -> Answer:
    rows = [each for each in find_issue(call).comments if each.updated >= call.query.get("since", "")]
    return call.page(rows, lambda each: shapes.comment(call, each))


@route("POST", f"{ISSUE}/comments", "issues:write", role="read")
def create_comment(call: Call) -> Answer:
    made = find_issue(call)
    if made.locked and not may_triage(call):
        raise Refused(403, "Unable to create comment because issue is locked.")
    limit_body(call, "IssueComment")
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
    limit_body(call, "IssueComment")
    call.repo.edit_comment(made.id, call.text("body", "IssueComment"), call.by)
    return Answer(200, shapes.comment(call, made))


@route("DELETE", COMMENT, "issues:write", role="read")
def delete_comment(call: Call) -> Answer:
    made = _find_comment(call)
    call.repo.issues[made.number].comments.remove(made)
    return Answer(204)
