"""Labels of a repository and of its issues."""

from __future__ import annotations

from hub import shapes
from hub.rest.issues import ISSUE, find_issue
from hub.router import Answer, Call, Refused, invalid, route
from hub.things import Label


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


@route("POST", f"{ISSUE}/labels", "issues:write", role="triage")
def add_labels(call: Call) -> Answer:
    made = find_issue(call)
    for name in _names(call):
        call.repo.label(made.number, name, call.by)
    return Answer(200, [shapes.label(call, each) for each in made.labels])


@route("PUT", f"{ISSUE}/labels", "issues:write", role="triage")
def set_labels(call: Call) -> Answer:
    made = find_issue(call)
    call.repo.set_labels(made.number, _names(call), call.by)
    return Answer(200, [shapes.label(call, each) for each in made.labels])


@route("DELETE", f"{ISSUE}/labels/{{name}}", "issues:write", role="triage")
def remove_label(call: Call) -> Answer:
    made = find_issue(call)
    if call.repo.unlabel(made.number, call.args["name"], call.by) is None:
        raise Refused(404, "Label does not exist")
    return Answer(200, [shapes.label(call, each) for each in made.labels])
