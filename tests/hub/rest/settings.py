"""What people set for Actions on the settings pages, runners, and the names of secrets."""

from __future__ import annotations

from typing import Any

from hub.rest.actions import ACTIONS, counted, here
from hub.rest.orgs import organization
from hub.router import Answer, Call, Refused, route

_ADMIN: tuple[str, str] = ("administration:read", "admin")


@route("GET", f"{ACTIONS}/permissions", *_ADMIN)
def get_permissions(call: Call) -> Answer:
    told = call.repo.settings
    shown: dict[str, Any] = {"enabled": told.actions_enabled, "sha_pinning_required": told.sha_pinning_required}
    if told.actions_enabled:
        shown["allowed_actions"] = told.allowed_actions
    if told.allowed_actions == "selected":
        shown["selected_actions_url"] = f"{here(call)}/permissions/selected-actions"
    return Answer(200, shown)


@route("GET", f"{ACTIONS}/permissions/selected-actions", *_ADMIN)
def get_selected_actions(call: Call) -> Answer:
    told = call.repo.settings
    if told.allowed_actions != "selected":
        raise Refused(409, "Conflict")
    patterns = list(told.patterns_allowed)
    return Answer(200, {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": patterns})


@route("GET", f"{ACTIONS}/permissions/access", *_ADMIN)
def get_access(call: Call) -> Answer:
    if not call.repo.private:
        raise Refused(422, "Access settings only apply to internal and private repositories.")
    return Answer(200, {"access_level": call.repo.settings.access_level})


@route("GET", f"{ACTIONS}/secrets", "secrets:read", role="write")
def list_secrets(call: Call) -> Answer:
    return counted(call, "secrets", sorted(call.repo.settings.secrets), _secret)


@route("GET", f"{ACTIONS}/organization-secrets", "secrets:read", role="write")
def list_organization_secrets(call: Call) -> Answer:
    return counted(call, "secrets", sorted(call.repo.settings.organization_secrets), _secret)


def _secret(call: Call, name: str) -> dict[str, Any]:
    return {"name": name, "created_at": call.repo.created, "updated_at": call.repo.created}


@route("GET", f"{ACTIONS}/organization-variables", "variables:read", role="write")
def list_organization_variables(call: Call) -> Answer:
    return counted(call, "variables", sorted(call.repo.settings.organization_variables), _variable)


def _variable(call: Call, name: str) -> dict[str, Any]:
    told, at = call.repo.settings.organization_variables[name], call.repo.created
    return {"name": name, "value": told, "created_at": at, "updated_at": at}


@route("GET", f"{ACTIONS}/runners", *_ADMIN)
def list_runners(call: Call) -> Answer:
    return counted(call, "runners", call.repo.settings.runners, lambda call, row: _runner(row))


@route("GET", "/orgs/{org}/actions/runners")
def list_organization_runners(call: Call) -> Answer:
    """Only owners of the organisation see them: here, who is admin of one of its repositories."""
    owner = organization(call)
    mine = [repo for repo in call.hub.repos.values() if repo.owner is owner]
    if call.token is None or not any(repo.has(call.by.user.login, "admin") for repo in mine):
        raise Refused(403, "Must be an owner of the organization.")
    return counted(call, "runners", owner.runners, lambda call, row: _runner(row))


def _runner(row: dict[str, Any]) -> dict[str, Any]:
    """`row`: name, os, status, version and labels as a person would name them."""
    labels = [{"id": place, "name": name, "type": "custom"} for place, name in enumerate(row["labels"], 1)]
    return {"id": 1, "busy": False, "ephemeral": False, **row, "labels": labels}
