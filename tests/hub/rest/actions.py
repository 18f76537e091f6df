"""Workflows, runs, artifacts and variables."""

from __future__ import annotations

import hashlib
from typing import Any

from hub import blobs, shapes
from hub.router import Answer, Call, Refused, custom, route
from hub.things import Artifact, Run, Workflow

ACTIONS = "/repos/{owner}/{repo}/actions"
WORKFLOW, RUN = ACTIONS + "/workflows/{workflow_id}", ACTIONS + "/runs/{run_id}"


def _here(call: Call) -> str:
    return f"{call.base.api}/repos/{call.repo.full_name}/actions"


def _counted(call: Call, name: str, rows: list[Any], shape: Any) -> Answer:
    part, link = call.cut(rows)
    return Answer(200, {"total_count": len(rows), name: [shape(call, row) for row in part]}, link)


# --- workflows


def _workflow(call: Call, made: Workflow) -> dict[str, Any]:
    page = f"{call.base.html}/{call.repo.full_name}"
    return {
        "id": made.id, "node_id": made.node_id, "name": made.name, "path": made.path, "state": made.state,
        "created_at": made.created, "updated_at": made.updated, "url": f"{_here(call)}/workflows/{made.id}",
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
    return _counted(call, "workflows", call.repo.workflows(), _workflow)


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
    return Answer(200, {"workflow_run_id": run.id, "run_url": f"{_here(call)}/runs/{run.id}", "html_url": page})


# --- runs


def _run(call: Call, made: Run, attempt: int = 0) -> dict[str, Any]:
    here, number = f"{_here(call)}/runs/{made.id}", attempt or made.attempt
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
        "workflow_id": made.workflow.id, "url": here, "run_attempt": number, "created_at": made.created,
        "html_url": f"{call.base.html}/{call.repo.full_name}/actions/runs/{made.id}", "updated_at": made.updated,
        "pull_requests": [], "referenced_workflows": [], "run_started_at": made.created, "head_commit": commit,
        "actor": shapes.user(call, made.by.user), "triggering_actor": shapes.user(call, made.by.user),
        "repository": minimal, "head_repository": minimal, "jobs_url": f"{here}/jobs", "logs_url": f"{here}/logs",
        "artifacts_url": f"{here}/artifacts", "cancel_url": f"{here}/cancel", "rerun_url": f"{here}/rerun",
        "previous_attempt_url": f"{here}/attempts/{number - 1}" if number > 1 else None,
        "workflow_url": f"{_here(call)}/workflows/{made.workflow.id}",
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
    return _counted(call, "workflow_runs", rows, _run)


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
    return _counted(call, "jobs", made.jobs, lambda call, row: _job(call, made, row))


@route("GET", f"{RUN}/attempts/{{attempt_number}}/jobs", "actions:read")
def list_attempt_jobs(call: Call) -> Answer:
    made, attempt = _find_run(call), call.number("attempt_number")
    rows = [row for row in made.jobs if row.get("attempt", 1) == attempt]
    return _counted(call, "jobs", rows, lambda call, row: _job(call, made, row))


def _job(call: Call, made: Run, row: dict[str, Any]) -> dict[str, Any]:
    shown = shapes.example(call, "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", key="jobs")
    return shown | {
        "id": row.get("id", 1), "run_id": made.id, "run_url": f"{_here(call)}/runs/{made.id}", "head_sha": made.head,
        "name": row["name"], "status": row.get("status", "completed"), "conclusion": row.get("conclusion"), "steps": [],
        "run_attempt": row.get("attempt", 1), "workflow_name": made.workflow.name, "head_branch": made.branch,
        "created_at": made.created, "started_at": made.created,
    }  # fmt: skip


# --- artifacts


def _artifact(call: Call, made: Artifact) -> dict[str, Any]:
    here, run = f"{_here(call)}/artifacts/{made.id}", call.repo.run_of(made.run_id)
    of_run = {"id": made.run_id, "repository_id": call.repo.id, "head_repository_id": call.repo.id,
              "head_branch": run.branch if run else "main", "head_sha": run.head if run else call.repo.head()}  # fmt: skip
    return {
        "id": made.id, "node_id": made.node_id, "name": made.name, "size_in_bytes": len(made.data), "url": here,
        "archive_download_url": f"{here}/zip", "expired": made.expired, "created_at": made.created, "updated_at": made.created,
        "expires_at": made.created, "digest": f"sha256:{hashlib.sha256(made.data).hexdigest()}", "workflow_run": of_run,
    }  # fmt: skip


@route("GET", f"{RUN}/artifacts", "actions:read")
def list_run_artifacts(call: Call) -> Answer:
    rows = [
        each for each in call.repo.artifacts.of(call.number("run_id")) if call.query.get("name", each.name) == each.name
    ]
    return _counted(call, "artifacts", rows, _artifact)


@route("GET", f"{ACTIONS}/artifacts", "actions:read")
def list_artifacts(call: Call) -> Answer:
    rows = [each for each in reversed(call.repo.artifacts.all) if call.query.get("name", each.name) == each.name]
    return _counted(call, "artifacts", rows, _artifact)


def _find_artifact(call: Call) -> Artifact:
    found = call.repo.artifacts.get(call.number("artifact_id"))
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", ACTIONS + "/artifacts/{artifact_id}", "actions:read")
def get_artifact(call: Call) -> Answer:
    return Answer(200, _artifact(call, _find_artifact(call)))


@route("DELETE", ACTIONS + "/artifacts/{artifact_id}", "actions:write")
def delete_artifact(call: Call) -> Answer:
    call.repo.artifacts.all.remove(_find_artifact(call))
    return Answer(204)


@route("GET", ACTIONS + "/artifacts/{artifact_id}/{archive_format}", "actions:read")
def get_archive(call: Call) -> Answer:
    made = _find_artifact(call)
    if call.args["archive_format"] != "zip":
        raise Refused(404, "Not Found")
    if made.expired:
        raise Refused(410, "Artifact has expired")
    return Answer(302, None, {"Location": blobs.address(call.hub, call.base, made)}, b"", checked=False)


# --- variables: no scope of a workflow token reaches them


def _variable(call: Call, name: str) -> dict[str, Any]:
    at = call.repo.created
    return {"name": name, "value": call.repo.variables[name], "created_at": at, "updated_at": at}


@route("GET", f"{ACTIONS}/variables", "variables:read", role="write")
def list_variables(call: Call) -> Answer:
    return _counted(call, "variables", sorted(call.repo.variables), _variable)


@route("POST", f"{ACTIONS}/variables", "variables:write")
def create_variable(call: Call) -> Answer:
    name = call.text("name", "Variable").upper()
    if name in call.repo.variables:
        raise Refused(409, "Already exists - Variable already exists")
    call.repo.variables[name] = call.text("value", "Variable")
    return Answer(201, {})


@route("GET", ACTIONS + "/variables/{name}", "variables:read", role="write")
def get_variable(call: Call) -> Answer:
    if call.args["name"].upper() not in call.repo.variables:
        raise Refused(404, "Not Found")
    return Answer(200, _variable(call, call.args["name"].upper()))


@route("PATCH", ACTIONS + "/variables/{name}", "variables:write")
def change_variable(call: Call) -> Answer:
    if call.args["name"].upper() not in call.repo.variables:
        raise Refused(404, "Not Found")
    call.repo.variables[call.args["name"].upper()] = call.text("value", "Variable")
    return Answer(204)


@route("DELETE", ACTIONS + "/variables/{name}", "variables:write")
def delete_variable(call: Call) -> Answer:
    if call.repo.variables.pop(call.args["name"].upper(), None) is None:
        raise Refused(404, "Not Found")
    return Answer(204)


@route("GET", f"{ACTIONS}/permissions/workflow", "administration:read", role="admin")
def get_workflow_settings(call: Call) -> Answer:
    allowed = call.repo.settings.actions_may_create_pulls
    return Answer(200, {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": allowed})


@route("PUT", f"{ACTIONS}/permissions/workflow", "administration:write", role="admin")
def set_workflow_settings(call: Call) -> Answer:
    wanted = call.data.get("can_approve_pull_request_reviews")
    if not isinstance(wanted, bool):
        raise custom("Settings", "can_approve_pull_request_reviews must be a boolean")
    call.repo.settings.actions_may_create_pulls = wanted
    return Answer(204)
