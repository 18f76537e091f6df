"""Check runs and commit statuses."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.router import Answer, Call, Refused, custom, invalid, route
from hub.things import CheckRun, Status

CHECK = "/repos/{owner}/{repo}/check-runs/{check_run_id}"


def _shape(call: Call, made: CheckRun) -> dict[str, Any]:
    here = f"{call.base.api}/repos/{call.repo.full_name}/check-runs/{made.id}"
    output = {name: made.output.get(name) for name in ("title", "summary", "text")}
    return {
        "id": made.id, "node_id": made.node_id, "name": made.name, "head_sha": made.head, "external_id": made.external_id,
        "url": here, "html_url": f"{call.base.html}/{call.repo.full_name}/runs/{made.id}", "details_url": made.details_url,
        "status": made.status, "conclusion": made.conclusion, "started_at": made.started or None,
        "completed_at": made.completed or None, "check_suite": {"id": made.app.id}, "app": shapes.app(call, made.app),
        "pull_requests": [], "output": {**output, "annotations_count": 0, "annotations_url": f"{here}/annotations"},
    }  # fmt: skip


@route("POST", "/repos/{owner}/{repo}/check-runs", "checks:write")
def create_check(call: Call) -> Answer:
    if call.by.app is None:
        raise Refused(403, "You must authenticate via a GitHub App.")
    head = call.text("head_sha", "CheckRun")
    if call.repo.git.commit(head) is None:
        raise Refused(422, f"No commit found for SHA: {head}")
    made = call.repo.check(call.text("name", "CheckRun"), head, app=call.by.app)
    _write(call, made)
    shown = _shape(call, made)
    return Answer(201, shown, {"Location": shown["url"]})


def _write(call: Call, made: CheckRun) -> None:
    data = call.data
    made.output = {**made.output, **(data.get("output") or {})}
    if data.get("output") and not data["output"].get("summary"):
        raise invalid("CheckRun", "summary", "missing_field")
    if len(made.output.get("summary") or "") > 65535:
        raise custom("CheckRun", "Only 65535 characters are allowed; summary")
    made.name, made.external_id = data.get("name", made.name), data.get("external_id", made.external_id)
    made.details_url, made.started = data.get("details_url", made.details_url), data.get("started_at", made.started)
    made.status, made.conclusion = data.get("status", made.status), data.get("conclusion", made.conclusion)
    if made.conclusion:
        made.status, made.completed = "completed", data.get("completed_at") or call.hub.clock.tick()
    elif made.status == "completed":
        raise invalid("CheckRun", "conclusion", "missing_field")


def _find(call: Call) -> CheckRun:
    found = next((each for each in call.repo.checks if each.id == call.number("check_run_id")), None)
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", CHECK, "checks:read")
def get_check(call: Call) -> Answer:
    return Answer(200, _shape(call, _find(call)))


@route("PATCH", CHECK, "checks:write")
def change_check(call: Call) -> Answer:
    made = _find(call)
    if call.by.app is not made.app:
        raise Refused(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.")
    _write(call, made)
    return Answer(200, _shape(call, made))


def _commit(call: Call) -> str:
    found = call.repo.git.resolve(call.args["ref"])
    if found is None or call.repo.git.commit(found) is None:
        raise Refused(422, f"No commit found for SHA: {call.args['ref']}")
    return found


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks:read")
def list_checks(call: Call) -> Answer:
    head, query = _commit(call), call.query
    rows = [each for each in reversed(call.repo.checks) if each.head == head]
    rows = [each for each in rows if query.get("check_name", each.name) == each.name]
    rows = [each for each in rows if query.get("app_id", str(each.app.id)) == str(each.app.id)]
    rows = [each for each in rows if query.get("status", each.status) == each.status]
    if query.get("filter", "latest") == "latest":
        newest = {(each.app.id, each.name): each for each in reversed(rows)}
        rows = [each for each in rows if newest[each.app.id, each.name] is each]
    part, link = call.cut(rows)
    return Answer(200, {"total_count": len(rows), "check_runs": [_shape(call, each) for each in part]}, link)


def _status(call: Call, made: Status) -> dict[str, Any]:
    return {
        "id": made.id, "node_id": made.node_id, "url": f"{call.base.api}/repos/{call.repo.full_name}/statuses/{made.head}",
        "avatar_url": f"{call.base.html}/avatars/{made.by.user.id}", "state": made.state, "description": made.description,
        "target_url": made.target_url, "context": made.context, "created_at": made.at, "updated_at": made.at,
    }  # fmt: skip


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses:write")
def create_status(call: Call) -> Answer:
    head, state = call.args["sha"], call.text("state", "Status")
    if call.repo.git.commit(head) is None:
        raise Refused(422, f"No commit found for SHA: {head}")
    if state not in ("error", "failure", "pending", "success"):
        raise invalid("Status", "state")
    if len(call.data.get("description") or "") > 140:
        raise custom("Status", "description is too long (maximum is 140 characters)")
    context = call.data.get("context") or "default"
    made = call.repo.set_status(
        head, state, context, call.by, call.data.get("description"), call.data.get("target_url")
    )
    shown = _status(call, made) | {"creator": shapes.user(call, made.by.user)}
    return Answer(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "statuses:read")
def list_statuses(call: Call) -> Answer:
    rows = [each for each in reversed(call.repo.statuses) if each.head == _commit(call)]
    return call.page(rows, lambda each: _status(call, each) | {"creator": shapes.user(call, each.by.user)})


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "statuses:read")
def combined_status(call: Call) -> Answer:
    head = _commit(call)
    newest = list({each.context: each for each in call.repo.statuses if each.head == head}.values())
    states = {each.state for each in newest}
    bad = "failure" if states & {"failure", "error"} else "pending" if "pending" in states or not newest else "success"
    part, link = call.cut(newest)
    here = f"{call.base.api}/repos/{call.repo.full_name}/commits/{head}"
    shown = {"state": bad, "sha": head, "total_count": len(newest), "statuses": [_status(call, each) for each in part],
             "repository": shapes.repository(call, call.repo), "commit_url": here, "url": f"{here}/status"}  # fmt: skip
    return Answer(200, shown, link)
