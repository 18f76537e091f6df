"""What goes wrong between us and GitHub: tried again, waited for, or told with the setting to change."""

from __future__ import annotations

import json

import pytest

from autonomy_pack.edges.github import GitHub, defaults, failures
from autonomy_pack.edges.github.wire import Reply
from autonomy_pack.errors import PackError, UsageError, WorldError
from hub import Fault, Hub, Repo

AGAIN = ("die_before", "die_after", "500", "html502", "cut_body", "secondary403", "429", "409")


def answer_of(told: pytest.ExceptionInfo[PackError]) -> str:
    return f"{told.value.says} {told.value.fix}"


@pytest.mark.parametrize("kind", AGAIN)
def test_a_read_goes_through_what_passes(hub: Hub, github: GitHub, kind: str) -> None:
    hub.faults.add(Fault(kind, r"GET .*/git/ref/"))
    assert github.tip("refs/heads/main") is not None
    assert hub.faults.left == []
    assert github.requests == 2


def test_a_read_that_hangs_is_asked_again(hub: Hub, client) -> None:
    hub.faults.add(Fault("timeout", r"GET .*/git/ref/"))
    assert client(patience=0.1).tip("refs/heads/main") is not None


@pytest.mark.parametrize("kind", ["500", "html502", "die_before"])
def test_what_does_not_pass_is_given_up_after_five_tries(hub: Hub, github: GitHub, kind: str) -> None:
    hub.faults.add(Fault(kind, times=99))
    with pytest.raises(WorldError, match="no answer from GitHub") as told:
        github.tip("refs/heads/main")
    assert github.requests <= 5
    assert "run again" in told.value.fix


@pytest.mark.parametrize("kind", ["secondary403_retry", "429_retry"])
def test_retry_after_is_honoured_as_far_as_patience_goes(hub: Hub, client, kind: str) -> None:
    hub.faults.add(Fault(kind, retry_after=1))
    assert client(patience=1.5).tip("refs/heads/main") is not None
    hub.faults.add(Fault(kind, retry_after=3600))
    with pytest.raises(WorldError, match=r"secondary rate limit.*in 3600 s"):
        client(patience=1.5).tip("refs/heads/main")


def test_an_exhausted_hour_says_when_it_is_full_again(hub: Hub, client) -> None:
    token = hub.token("ada")
    hub.rate(token).remaining = 0
    with pytest.raises(WorldError, match=r"hourly rate limit.*20\d\d-.*Z") as told:
        client(token=token).tip("refs/heads/main")
    assert "rate-limits" in told.value.fix


def test_below_the_reserve_writes_and_choosing_are_refused_and_stopping_is_not(hub: Hub, repo: Repo, client) -> None:
    repo.issue()
    repo.workflow("loop.yml")
    token = hub.token("ada")
    hub.rate(token).remaining = 50
    github = client(token=token, reserve=100)
    assert github.tip("refs/heads/main")
    with pytest.raises(WorldError, match=r"left until 20.*100 are left to people") as told:
        github.add_comment(1, "x")
    assert "reserve" in told.value.fix
    assert repo.comments(1) == []
    assert github.comments(1) == []
    github.disable_workflow("loop.yml")
    assert repo.workflow("loop.yml").state == "disabled_manually"


def test_a_limit_of_graphql_that_comes_with_http_200_is_a_limit(hub: Hub, github: GitHub) -> None:
    hub.faults.add(Fault("graphql_limit"))
    with pytest.raises(WorldError, match=r"hourly rate limit of GraphQL.*at 20\d\d-"):
        github.look()
    assert hub.faults.left == []
    assert hub.journal[-1].status == 200


def test_half_an_answer_of_graphql_is_none(hub: Hub, repo: Repo, github: GitHub) -> None:
    repo.issue()
    hub.faults.add(Fault("graphql_partial", times=99))
    with pytest.raises(WorldError, match="no answer from GitHub"):
        github.issues()


def test_an_expired_token_is_told_and_never_shown(hub: Hub, client) -> None:
    token = hub.token("ada")
    github = client(token=token)
    assert github.tip("refs/heads/main")
    hub.expire(token)
    with pytest.raises(WorldError, match="expired") as told:
        github.tip("refs/heads/main")
    assert "GH_TOKEN" in told.value.fix
    assert token not in answer_of(told) + repr(github) + repr(github.calls)
    assert github.requests == 2


@pytest.mark.parametrize(
    ("lacks", "call"),
    [
        ("issues: write", lambda github: github.add_comment(1, "x")),
        ("contents: write", lambda github: github.create_ref("refs/autonomy/x", "x", "2026-01-01T00:00:00.000000Z")),
        ("checks: write", lambda github: github.check_run("x", github.tip("refs/heads/main"), "success", "t", "s")),
        ("actions: write", lambda github: github.disable_workflow("loop.yml")),
    ],
)
def test_a_missing_permission_is_named_with_its_place(hub: Hub, repo: Repo, client, lacks: str, call) -> None:
    repo.issue()
    repo.workflow("loop.yml")
    everything = dict.fromkeys(("contents", "issues", "checks", "actions", "pull-requests"), "read")
    github = client(token=hub.job_token("acme/site", {"publish": everything}), job="publish")
    with pytest.raises(WorldError, match="job publish may not") as told:
        call(github)
    assert f"`{lacks}`" in told.value.fix
    assert "`permissions:`" in told.value.fix


def refused(job: str, verb: str, path: str, status: int = 403, said: str = "", **headers: str) -> failures.Refused:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    reply = Reply(status=status, headers=names, body=json.dumps({"message": said}).encode())
    with pytest.raises(failures.Refused) as told:
        failures.judge(reply, failures.Asked(verb=verb, path=path, repo="acme/site", job=job))
    return told.value


@pytest.mark.parametrize(
    ("job", "path", "accepted", "lacks"),
    [
        ("publish", "/repos/acme/site/pulls", "pull_requests=read", "pull-requests: write"),
        ("publish", "/repos/acme/site/pulls", "", "pull-requests: write"),
        ("select", "/repos/acme/site/git/ref/heads/main", "contents=read", "contents: write"),
        ("select", "/graphql", "", "contents: write"),
        ("run", "/repos/acme/site/issues/1", "issues=read", "issues: read"),
        ("cli", "/repos/acme/site/pulls", "pull_requests=read", "pull-requests: write"),
    ],
)
def test_a_missing_permission_is_named_as_the_whole_job_needs_it(
    job: str, path: str, accepted: str, lacks: str
) -> None:
    headers = {"x_accepted_github_permissions": accepted} if accepted else {}
    assert f"`{lacks}`" in refused(job, "GET", path, said="Resource not accessible", **headers).fix


def test_who_may_not_look_at_permissions_is_told_whose_token_may() -> None:
    told = refused("cli", "GET", "/repos/acme/site/collaborators/ada/permission", said="Must have push access")
    assert "push access (write)" in told.fix


@pytest.mark.parametrize("variable", ["AUTONOMY_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"])
def test_the_variable_that_the_token_came_from_is_named(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for other in defaults.TOKENS:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, "x")
    assert f" {variable} " in refused("cli", "GET", "/repos/acme/site", 401, "Bad credentials").fix


@pytest.mark.parametrize("status", [403, 409, 422])
@pytest.mark.parametrize(
    "said",
    ["Changes must be made through a pull request.", "Repository rule violations found", "Protected branch update"],
)
def test_a_rule_of_a_branch_is_told_at_once_and_not_tried_again(status: int, said: str) -> None:
    told = refused("cli", "PUT", "/repos/acme/site/contents/.agent-workspace/STOP", status, said)
    assert "a rule of acme/site protects this branch" in told.says
    assert "agent/**" not in told.fix


def test_a_renamed_repository_is_told_with_its_new_name(hub: Hub, github: GitHub) -> None:
    hub.rename("acme/site", "acme/homepage")
    with pytest.raises(WorldError, match="acme/homepage"):
        github.tip("refs/heads/main")
    with pytest.raises(WorldError, match="acme/homepage"):
        github.look()


def test_a_repository_that_is_gone_is_told(hub: Hub, github: GitHub) -> None:
    hub.delete_repo("acme/site")
    with pytest.raises(WorldError, match="acme/site"):
        github.look()
    with pytest.raises(WorldError, match="not there"):
        github.default_branch()


def test_an_archived_repository_names_the_setting(repo: Repo, github: GitHub) -> None:
    repo.issue()
    repo.archived = True
    with pytest.raises(WorldError, match="archived") as told:
        github.add_comment(1, "x")
    assert "Settings" in told.value.fix


def test_every_request_names_the_job_and_goes_to_the_given_prefix(hub: Hub, client) -> None:
    github = client(job="select")
    github.look()
    github.tip("refs/heads/main")
    assert {request.job for request in hub.journal} == {"select"}
    assert all(request.agent.startswith("autonomy/") for request in hub.journal)
    assert hub.api_url.endswith("/api/v3")
    assert len(hub.journal) == github.requests == 2


@pytest.mark.parametrize("url", ["http://api.example.com", "ftp://127.0.0.1", "file:///etc"])
def test_a_token_goes_to_no_address_that_everybody_can_read_along(client, url: str) -> None:
    with pytest.raises(UsageError, match="a token is not sent"):
        client(api_url=url)
    with pytest.raises(UsageError, match="a token is not sent"):
        client(graphql_url=url)


@pytest.mark.parametrize("name", ["acme", "acme/../x", "acme/..", "a b/c", "acme/site?x", "-a/b", ""])
def test_a_name_that_is_no_repository_is_refused(client, name: str) -> None:
    with pytest.raises(UsageError, match="no repository"):
        client(name)
