"""Workflows and their runs."""

from __future__ import annotations

from typing import Any

from hub import blobs, shapes
from hub.router import Answer, Call, Refused, route
from hub.things import Run, Workflow

ACTIONS = "/repos/{owner}/{repo}/actions"
WORKFLOW, RUN = ACTIONS + "/workflows/{workflow_id}", ACTIONS + "/runs/{run_id}"


def here(call: Call) -> str:
    """The address of the Actions API of a repository."""
    return f"{call.base.api}/repos/{call.repo.full_name}/actions"


def counted(call: Call, name: str, rows: list[Any], shape: Any) -> Answer:
    """A page of a list that tells how many there are."""
    part, link = call.cut(rows)
    return Answer(200, {"total_count": len(rows), name: [shape(call, row) for row in part]}, link)


# --- workflows


def _workflow(call: Call, made: Workflow) -> dict[str, Any]:
    page = f"{call.base.html}/{call.repo.full_name}"
    return {
        "id": made.id, "node_id": made.node_id, "name": made.name, "path": made.path, "state": made.state,
        "created_at": made.created, "updated_at": made.updated, "url": f"{here(call)}/workflows/{made.id}",
        "html_url": f"{page}/blob/{call.repo.default_branch}/{made.path}",
        "badge_url": f"{page}/actions/workflows/{made.path.rpartition('/')[2]}/badge.svg",
    }  # fmt: skip


def _find_workflow(call: Call) -> Workflow:
    found = call.repo.workflow_named(call.args["workflow_id"])
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", f"{ACTIONS}/workflows", "actions:read")
def list_workflows(call: Call) -> Answer:
    return counted(call, "workflows", call.repo.workflows(), _workflow)


@route("GET", WORKFLOW, "actions:read")
def get_workflow(call: Call) -> Answer:
    return Answer(200, _workflow(call, _find_workflow(call)))


@route("PUT", f"{WORKFLOW}/enable", "actions:write")
def enable_workflow(call: Call) -> Answer:
    made = _find_workflow(call)
    made.state, made.updated = "active", call.hub.clock.tick()
    return Answer(204)


@route("PUT", f"{WORKFLOW}/disable", "actions:write")
def disable_workflow(call: Call) -> Answer:
    made = _find_workflow(call)
    if made.state != "active":
        raise Refused(403, "Unable to disable this workflow: it is not active.")
    made.state, made.updated = "disabled_manually", call.hub.clock.tick()
    return Answer(204)


@route("POST", f"{WORKFLOW}/dispatches", "actions:write")
def dispatch_workflow(call: Call) -> Answer:
    made, branch = _find_workflow(call), call.text("ref", "Workflow").removeprefix("refs/heads/")
    if made.state != "active":
        raise Refused(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if not call.repo.head(branch):
        raise Refused(422, f"No ref found for: {branch}")
    if "workflow_dispatch" not in call.repo.triggers(made, branch):
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    run = call.repo.start_run(made.path, event="workflow_dispatch", branch=branch, by=call.by, status="queued")
    run.inputs = dict(call.data.get("inputs") or {})
    if not call.data.get("return_run_details"):
        return Answer(204)
    page = f"{call.base.html}/{call.repo.full_name}/actions/runs/{run.id}"
    return Answer(200, {"workflow_run_id": run.id, "run_url": f"{here(call)}/runs/{run.id}", "html_url": page})


# --- runs


def _run(call: Call, made: Run, attempt: int = 0) -> dict[str, Any]:
    url, number = f"{here(call)}/runs/{made.id}", attempt or made.attempt
    shown = shapes.example(call, "GET /repos/{owner}/{repo}/actions/runs/{run_id}")
    minimal = shapes.repository(call, call.repo)
    old = number < made.attempt
    head = call.repo.git.commit(made.head)
    commit = {
        "id": made.head, "tree_id": head.tree if head else "", "message": head.message if head else "", "timestamp": made.created,
        "author": {"name": made.by.user.login, "email": "x@x.invalid"}, "committer": {"name": made.by.user.login, "email": "x@x.invalid"},
    }  # fmt: skip
    return shown | {
        "id": made.id, "node_id": made.node_id, "name": made.workflow.name, "path": made.workflow.path, "head_branch": made.branch,
        "head_sha": made.head, "run_number": made.number, "event": made.event, "display_title": made.workflow.name,
        "status": "completed" if old else made.status, "conclusion": "failure" if old else made.conclusion,
        "workflow_id": made.workflow.id, "url": url, "run_attempt": number, "created_at": made.created,
        "html_url": f"{call.base.html}/{call.repo.full_name}/actions/runs/{made.id}", "updated_at": made.updated,
        "pull_requests": [], "referenced_workflows": [], "run_started_at": made.created, "head_commit": commit,
        "actor": shapes.user(call, made.by.user), "triggering_actor": shapes.user(call, made.by.user),
        "repository": minimal, "head_repository": minimal, "jobs_url": f"{url}/jobs", "logs_url": f"{url}/logs",
        "artifacts_url": f"{url}/artifacts", "cancel_url": f"{url}/cancel", "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{number - 1}" if number > 1 else None,
        "workflow_url": f"{here(call)}/workflows/{made.workflow.id}",
    }  # fmt: skip


def _find_run(call: Call) -> Run:
    found = call.repo.run_of(call.number("run_id"))
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _list_runs(call: Call, rows: list[Run]) -> Answer:
    query = call.query
    wanted = query.get("status", "")
    rows = [each for each in reversed(rows) if wanted in ("", each.status, each.conclusion)]
    for key, value in (("branch", "branch"), ("event", "event"), ("head_sha", "head")):
        rows = [each for each in rows if query.get(key, getattr(each, value)) == getattr(each, value)]
    return counted(call, "workflow_runs", rows, _run)


@route("GET", f"{ACTIONS}/runs", "actions:read")
def list_runs(call: Call) -> Answer:
    return _list_runs(call, call.repo.runs)


@route("GET", f"{WORKFLOW}/runs", "actions:read")
def list_workflow_runs(call: Call) -> Answer:
    made = _find_workflow(call)
    return _list_runs(call, [each for each in call.repo.runs if each.workflow is made])


@route("GET", RUN, "actions:read")
def get_run(call: Call) -> Answer:
    return Answer(200, _run(call, _find_run(call)))


@route("GET", f"{RUN}/attempts/{{attempt_number}}", "actions:read")
def get_attempt(call: Call) -> Answer:
    made, attempt = _find_run(call), call.number("attempt_number")
    if not 1 <= attempt <= made.attempt:
        raise Refused(404, "Not Found")
    return Answer(200, _run(call, made, attempt))


@route("POST", f"{RUN}/approve", "actions:write")
def approve_run(call: Call) -> Answer:
    made = _find_run(call)
    if made.conclusion != "action_required":
        raise Refused(403, "This run is not waiting for approval")
    made.status, made.conclusion = "queued", None
    return Answer(201, {})


@route("POST", f"{RUN}/cancel", "actions:write")
def cancel_run(call: Call) -> Answer:
    made = _find_run(call)
    if made.status == "completed":
        raise Refused(409, "Cannot cancel a workflow run that is completed.")
    made.finish("cancelled")
    return Answer(202, {})


@route("GET", f"{RUN}/jobs", "actions:read")
def list_jobs(call: Call) -> Answer:
    made = _find_run(call)
    return counted(call, "jobs", made.jobs, lambda call, row: _job(call, made, row))


@route("GET", f"{RUN}/attempts/{{attempt_number}}/jobs", "actions:read")
def list_attempt_jobs(call: Call) -> Answer:
    made, attempt = _find_run(call), call.number("attempt_number")
    rows = [row for row in made.jobs if row.get("attempt", 1) == attempt]
    return counted(call, "jobs", rows, lambda call, row: _job(call, made, row))


@route("GET", f"{ACTIONS}/jobs/{{job_id}}/logs", "actions:read")
def get_log(call: Call) -> Answer:
    wanted = call.number("job_id")
    if not any(row.get("id") == wanted and "log" in row for run in call.repo.runs for row in run.jobs):
        raise Refused(404, "Not Found")
    return Answer(302, None, {"Location": blobs.log_address(call.hub, call.base, wanted)}, b"", checked=False)


def _job(call: Call, made: Run, row: dict[str, Any]) -> dict[str, Any]:
    shown = shapes.example(call, "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", key="jobs")
    return shown | {
        "id": row.get("id", 1), "run_id": made.id, "run_url": f"{here(call)}/runs/{made.id}", "head_sha": made.head,
        "name": row["name"], "status": row.get("status", "completed"), "conclusion": row.get("conclusion"), "steps": [],
        "run_attempt": row.get("attempt", 1), "workflow_name": made.workflow.name, "head_branch": made.branch,
        "created_at": made.created, "started_at": made.created,
    }  # fmt: skip
