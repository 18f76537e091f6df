"""What REST tells of an organization: its repositories, their custom properties, its settings for Actions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import Hub
from hub.asking import Asking


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.organization("acme")
        made.repo("acme/a").properties = {"ring": "canary"}
        made.repo("acme/b", private=True)
        made.user("ada", permission={"acme/a": "write"})
        made.user("root", permission={"acme/b": "admin"})
        yield made
        assert made.violations == []


@pytest.fixture
def ada(hub: Hub) -> Asking:
    return Asking(hub, hub.token("ada"))


@pytest.fixture
def root(hub: Hub) -> Asking:
    return Asking(hub, hub.token("root"))


def test_the_repositories_that_one_sees_newest_first(hub: Hub, ada: Asking, root: Asking) -> None:
    def names(ask: Asking, more: str = "") -> list[str]:
        return [row["name"] for row in ask.get(f"/orgs/acme/repos{more}").json()]

    assert (names(ada), names(root)) == (["a"], ["b", "a"])
    assert names(root, "?sort=full_name") == ["a", "b"]
    assert names(root, "?type=private") == ["b"]
    assert names(Asking(hub, hub.app_token("fleet", {}))) == ["b", "a"]
    assert root.get("/orgs/acme/repos?per_page=1").headers["Link"].count("/orgs/acme/repos?") == 2
    assert root.get("/orgs/ada/repos").status_code == 404


def test_custom_properties_come_for_all_repositories_to_members(hub: Hub, ada: Asking) -> None:
    path = "/orgs/acme/properties/values"
    told = ada.get(path).json()
    assert [(row["repository_full_name"], row["properties"]) for row in told] == [
        ("acme/a", [{"property_name": "ring", "value": "canary"}]),
        ("acme/b", []),
    ]
    assert Asking(hub, hub.token("eve")).get(path).status_code == 404
    refused = Asking(hub, hub.app_token("fleet", {"contents": "write"})).get(path)
    wanted = refused.headers["X-Accepted-GitHub-Permissions"]
    assert (refused.status_code, wanted) == (403, "organization_custom_properties=read")
    held = {"organization-custom-properties": "read"}
    assert len(Asking(hub, hub.app_token("fleet", held)).get(path).json()) == 2


def test_settings_of_actions_are_told_to_owners(hub: Hub, ada: Asking, root: Asking) -> None:
    path = "/orgs/acme/actions/permissions"
    assert (ada.get(path).status_code, ada.get(f"{path}/workflow").status_code) == (403, 403)
    assert root.get(path).json() == {
        "enabled_repositories": "all",
        "allowed_actions": "all",
        "sha_pinning_required": False,
    }
    assert root.get(f"{path}/selected-actions").status_code == 409
    settings = hub.users["acme"].settings
    settings.allowed_actions, settings.patterns_allowed = "selected", ["acme/*"]
    settings.actions_may_create_pulls = False
    assert root.get(f"{path}/selected-actions").json()["patterns_allowed"] == ["acme/*"]
    assert root.get(f"{path}/workflow").json()["can_approve_pull_request_reviews"] is False


def test_protections_are_rulesets(hub: Hub, root: Asking) -> None:
    hub.repos["acme/b"].protect("main", required_signatures=True, required_reviews=1)
    (listed,) = root.get("/repos/acme/b/rulesets").json()
    told = root.get(f"/repos/acme/b/rulesets/{listed['id']}").json()
    assert (listed["name"], listed["enforcement"], told["conditions"]["ref_name"]["include"]) == (
        "main",
        "active",
        ["refs/heads/main"],
    )
    assert [rule["type"] for rule in told["rules"]] == [
        "required_signatures",
        "non_fast_forward",
        "deletion",
        "pull_request",
    ]
    assert root.get("/repos/acme/b/rulesets/9").status_code == 404
