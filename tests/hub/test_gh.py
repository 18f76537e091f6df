"""The real `gh` works against the hub under the name of a host of its own: what it prints is what the hub holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import Hub, Repo
from hub.proxy import Proxy

WORKFLOW = "name: Loop\non: workflow_dispatch\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"
SITE = "github.localhost/acme/site"
Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        repo = made.repo("acme/site", files={"README.md": "# site\n", ".github/workflows/loop.yml": WORKFLOW})
        made.user("ada", permission={"acme/site": "write"})
        repo.make_label("priority:high", "b60205", "Soon")
        repo.issue(title="Rename the greeting", body="Say hello", author="ada", labels=[("priority:high", "ada")])
        repo.issue(title="Closed one", author="bob", state="closed")
        yield made
        assert (made.violations, made.escapes) == ([], [])


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


@pytest.fixture
def gh(hub: Hub, tmp_path: Path) -> Iterator[Callable[..., str]]:
    with Proxy(hub) as proxy:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **proxy.plain_environment(hub.token("ada"))}

        def run(*words: str, ok: bool = True) -> str:
            argv = [str(Path(sys.executable).with_name("gh")), *words]
            ended = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            assert (ended.returncode == 0) == ok, f"{words}: exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
            return ended.stdout if ok else ended.stdout + ended.stderr

        yield run


def pull(repo: Repo) -> int:
    """A pull request that closes issue 1."""
    head = repo.commit({"a.txt": "b\n"}, branch="agent/planner/1")
    repo.check("tests", head, conclusion="success")
    return repo.open_pull(head="agent/planner/1", title="Greet", body="Closes #1", by="ada").number


def test_api_reads_rest_page_by_page(repo: Repo, gh: Callable[..., str]) -> None:
    for number in range(3):
        repo.issue(title=str(number), author="ada")
    told = gh("api", "--paginate", "repos/acme/site/issues?per_page=2&state=all", "--jq", ".[].number")
    assert told.split() == ["5", "4", "3", "2", "1"]


def test_api_writes_rest_and_says_what_was_refused(repo: Repo, gh: Callable[..., str]) -> None:
    gh("api", "repos/acme/site/issues/1/labels", "-f", "labels[]=status:agent-assigned")
    assert [label.name for label in repo.issues[1].labels] == ["priority:high", "status:agent-assigned"]
    assert "HTTP 404" in gh("api", "repos/acme/nothing", ok=False)


def test_api_speaks_graphql(gh: Callable[..., str]) -> None:
    query = "query=query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { issues(first: 5, states: OPEN) { nodes { number } } } }"
    told = json.loads(gh("api", "graphql", "-f", query, "-f", "owner=acme", "-f", "name=site"))
    assert told["data"]["repository"]["issues"]["nodes"] == [{"number": 1}]
    assert "doesn't exist on type 'Query'" in gh("api", "graphql", "-f", "query={ nothing }", ok=False)


def test_api_graphql_pages_through(repo: Repo, gh: Callable[..., str]) -> None:
    for number in range(5):
        repo.issue(title=str(number), author="ada")
    query = 'query=query($endCursor: String) { repository(owner: "acme", name: "site") { issues(first: 2, after: $endCursor) { pageInfo { hasNextPage endCursor } nodes { number } } } }'
    told = gh("api", "graphql", "--paginate", "-f", query, "--jq", ".data.repository.issues.nodes[].number")
    assert told.split() == ["1", "2", "3", "4", "5", "6", "7"]


def test_issue_list_shows_open_issues_with_their_labels(gh: Callable[..., str]) -> None:
    (line,) = gh("issue", "list", "-R", SITE).splitlines()
    assert line.split("\t")[:4] == ["1", "OPEN", "Rename the greeting", "priority:high"]
    assert gh(
        "issue", "list", "-R", SITE, "--label", "PRIORITY:high", "--json", "number", "--jq", ".[].number"
    ).split() == ["1"]
    assert gh("issue", "list", "-R", SITE, "--state", "closed", "--json", "number", "--jq", ".[].number").split() == [
        "2"
    ]
    assert gh(
        "issue", "list", "-R", SITE, "--search", "greeting", "--json", "number", "--jq", ".[].number"
    ).split() == ["1"]


def test_issue_view_shows_text_comments_and_links(repo: Repo, gh: Callable[..., str]) -> None:
    repo.comment(1, "On it", "github-actions[bot]")
    number = pull(repo)
    assert "Say hello" in gh("issue", "view", "1", "-R", SITE)
    assert "On it" in gh("issue", "view", "1", "-R", SITE, "--comments")
    told = json.loads(
        gh("issue", "view", "1", "-R", SITE, "--json", "author,comments,labels,state,closedByPullRequestsReferences")
    )
    assert (told["author"]["login"], told["state"], told["labels"][0]["name"]) == ("ada", "OPEN", "priority:high")
    assert told["comments"][0]["author"]["login"] == "github-actions"
    assert [link["number"] for link in told["closedByPullRequestsReferences"]] == [number]


@pytest.mark.parametrize("what", ["number", "branch"])
def test_pr_view_finds_it_by_number_and_by_branch(repo: Repo, gh: Callable[..., str], what: str) -> None:
    name = {"number": str(pull(repo)), "branch": "agent/planner/1"}[what]
    told = json.loads(
        gh(
            "pr",
            "view",
            name,
            "-R",
            SITE,
            "--json",
            "number,state,headRefOid,additions,files,statusCheckRollup,commits",
        )
    )
    assert (told["number"], told["state"], told["headRefOid"]) == (3, "OPEN", repo.head("agent/planner/1"))
    assert (told["additions"], told["files"][0]["path"], len(told["commits"])) == (1, "a.txt", 1)
    assert told["statusCheckRollup"][0]["conclusion"] == "SUCCESS"


def test_pr_list_checks_and_status(repo: Repo, gh: Callable[..., str]) -> None:
    number = str(pull(repo))
    assert gh("pr", "list", "-R", SITE).split("\t")[:3] == [number, "Greet", "agent/planner/1"]
    assert gh("pr", "checks", number, "-R", SITE).split("\t")[:2] == ["tests", "pass"]
    assert "Greet" in gh("pr", "status", "-R", SITE)
    repo.merge(int(number), "ada")
    assert gh("pr", "list", "-R", SITE, "--state", "merged", "--json", "number", "--jq", ".[].number").split() == [
        number
    ]


def test_every_field_gh_knows_can_be_asked_for(repo: Repo, gh: Callable[..., str]) -> None:
    number = str(pull(repo))
    asked = (["issue", "list"], ["issue", "view", "1"], ["pr", "list"], ["pr", "view", number])
    for words in asked:
        known = [line.strip() for line in gh(*words, "-R", SITE, "--json", ok=False).splitlines()[1:] if line.strip()]
        json.loads(gh(*words, "-R", SITE, "--json", ",".join(known)))


def test_repo_view_and_labels(repo: Repo, gh: Callable[..., str]) -> None:
    told = json.loads(
        gh("repo", "view", SITE, "--json", "nameWithOwner,isPrivate,isArchived,viewerPermission,defaultBranchRef,url")
    )
    assert told == {
        "nameWithOwner": "acme/site", "isPrivate": False, "isArchived": False, "viewerPermission": "WRITE",
        "defaultBranchRef": {"name": "main"}, "url": "http://github.localhost/acme/site",
    }  # fmt: skip
    gh("label", "create", "status:pr-created", "-R", SITE, "--color", "0e8a16", "--description", "Has a pull request")
    assert repo.labels["status:pr-created"].description == "Has a pull request"
    assert "priority:high\tSoon\t#b60205" in gh("label", "list", "-R", SITE)


def test_workflows_are_listed_and_can_be_disabled(repo: Repo, gh: Callable[..., str]) -> None:
    assert gh("workflow", "list", "-R", SITE).split("\t")[:2] == ["Loop", "active"]
    gh("workflow", "disable", "loop.yml", "-R", SITE)
    assert repo.workflow("loop.yml").state == "disabled_manually"
    assert gh("workflow", "list", "-R", SITE, "--all").split("\t")[1] == "disabled_manually"


def test_runs_are_listed(repo: Repo, gh: Callable[..., str]) -> None:
    repo.start_run("loop.yml").finish("success")
    told = json.loads(gh("run", "list", "-R", SITE, "--json", "conclusion,workflowName,headBranch"))
    assert told == [{"conclusion": "success", "headBranch": "main", "workflowName": "Loop"}]


def test_git_clones_through_the_same_door(hub: Hub, tmp_path: Path) -> None:
    with Proxy(hub) as proxy:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        argv = ["git", "-c", f"http.proxy={proxy.url}", "clone", "-q", f"http://{SITE}.git", str(tmp_path / "c")]
        subprocess.run(argv, env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert (tmp_path / "c" / "README.md").read_text() == "# site\n"
