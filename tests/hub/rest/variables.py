"""Variables and settings of Actions: no scope of a workflow token reaches them."""

from __future__ import annotations

from typing import Any

from hub.rest.actions import ACTIONS, counted
from hub.router import Answer, Call, Refused, custom, route


def _variable(call: Call, name: str) -> dict[str, Any]:
    at = call.repo.created
    return {"name": name, "value": call.repo.variables[name], "created_at": at, "updated_at": at}


@route("GET", f"{ACTIONS}/variables", "variables:read", role="write")
def list_variables(call: Call) -> Answer:
    return counted(call, "variables", sorted(call.repo.variables), _variable)


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
