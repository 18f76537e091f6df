"""The referee holds answers and requests against GitHub's own document; a wrong field does not pass."""

from __future__ import annotations

import pytest

from hub import Hub, Repo, referee, shapes
from hub.asking import Asking
from hub.openapi import document, plain
from hub.router import ROUTES

SITE = "/repos/acme/site"


def test_a_wrong_field_in_an_answer_is_a_violation(hub: Hub, repo: Repo) -> None:
    repo.issue("T").created = "yesterday"
    Asking(hub, hub.token("ada")).get(f"{SITE}/issues/1")
    (seen,) = hub.violations
    assert (seen.route, seen.status, seen.where) == (
        "GET /repos/{owner}/{repo}/issues/{issue_number}",
        200,
        "created_at",
    )


@pytest.mark.parametrize("wrong", [{"body": 7}, {"state": "gone"}])
def test_a_wrong_field_in_a_request_is_a_violation(hub: Hub, repo: Repo, wrong: dict[str, object]) -> None:
    repo.issue("T")
    Asking(hub, hub.token("ada")).patch(f"{SITE}/issues/1", wrong)
    assert [seen.status for seen in hub.violations if seen.status == 0] == [0]


def test_a_missing_field_and_an_undocumented_status_are_violations() -> None:
    route = "GET /repos/{owner}/{repo}/git/ref/{ref}"
    assert "required" in referee.judge(route, 200, {"ref": "refs/heads/x"})[0].says
    assert referee.judge(route, 206, {})[0].says == "no such status in the document"
    assert referee.judge(route, 404, {"message": "Not Found", "documentation_url": "x", "status": "404"}) == []
    assert referee.judge(route, 418, {})[0].says == "an error without a message"


def test_a_path_that_the_hub_does_not_know_is_a_violation(hub: Hub, repo: Repo) -> None:
    assert Asking(hub, hub.token("ada")).get(f"{SITE}/isues").status_code == 404
    assert [seen.says for seen in hub.violations] == ["the hub has no such route"]


def test_every_route_of_the_hub_is_in_the_document(hub: Hub, repo: Repo) -> None:
    Asking(hub).get("/meta")
    assert ROUTES
    assert [route.name for route in ROUTES if route.name not in document()["operations"]] == []


def test_what_may_be_null_may_be_null() -> None:
    assert plain({"type": "string", "nullable": True}) == {"type": ["string", "null"]}
    assert plain({"$ref": "#/x", "nullable": True}) == {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}
    assert plain({"type": "string", "enum": ["a"], "nullable": True})["anyOf"][1] == {"type": "null"}


def test_examples_are_ours_when_they_are_sent(hub: Hub, repo: Repo) -> None:
    answer = Asking(hub, hub.token("ada")).get(SITE).text
    assert "octocat" not in answer.casefold()
    assert "api.github.com" not in answer
    assert shapes.example is not None
