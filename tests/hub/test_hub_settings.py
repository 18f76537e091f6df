"""Settings of Actions, runners and names of secrets, as REST tells of them: only to whom GitHub would."""

from __future__ import annotations

import pytest

from hub import Hub, Repo
from hub.asking import Asking

HERE = "/repos/acme/site/actions"
PATHS = (
    "permissions",
    "permissions/workflow",
    "permissions/access",
    "secrets",
    "organization-secrets",
    "variables",
    "organization-variables",
    "runners",
)


@pytest.mark.parametrize("path", PATHS)
def test_an_administrator_sees_each_setting_and_a_reader_none(hub: Hub, repo: Repo, path: str) -> None:
    hub.user("eve", permission={"acme/site": "read"})
    assert Asking(hub, hub.token("root")).get(f"{HERE}/{path}").status_code == 200
    assert Asking(hub, hub.token("eve")).get(f"{HERE}/{path}").status_code == 403
    assert hub.violations == []


def test_what_is_set_is_told(hub: Hub, repo: Repo) -> None:
    told, ask = repo.settings, Asking(hub, hub.token("root"))
    told.allowed_actions, told.patterns_allowed = "selected", ["acme/*"]
    told.secrets, told.organization_secrets, told.organization_variables = {"A"}, {"B"}, {"C": "1"}
    told.runners = [{"name": "r", "os": "Linux", "status": "online", "version": "2.336.0", "labels": ["big"]}]
    repo.owner.runners = told.runners
    assert ask.get(f"{HERE}/permissions").json()["allowed_actions"] == "selected"
    assert ask.get(f"{HERE}/permissions/selected-actions").json()["patterns_allowed"] == ["acme/*"]
    assert ask.get(f"{HERE}/secrets").json()["secrets"][0]["name"] == "A"
    assert ask.get(f"{HERE}/organization-secrets").json()["secrets"][0]["name"] == "B"
    assert ask.get(f"{HERE}/organization-variables").json()["variables"][0]["value"] == "1"
    for path in (f"{HERE}/runners", "/orgs/acme/actions/runners"):
        assert ask.get(path).json()["runners"][0]["labels"][0]["name"] == "big"
    assert hub.violations == []
