"""Every write, whatever happens to its answer: done once, and found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Handoff
from hub import Fault, Hub, Repo

BRANCH = "agent/planner/1-12345678-rename"
LATER = "2026-01-01T00:00:00.000000Z"


def offer(repo: Repo, **words: Any) -> Handoff:
    plain = dict.fromkeys(("repo", "task", "issue", "pin", "run", "base", "bundle", "sha256", "policy_sha256"), "")
    given = {"title": "feat(agent): x (#1)", "body": "## Why\nx\n", "closes": True, "target": "main", **words}
    return Handoff(**{**plain, "branch": BRANCH, "head": repo.head(BRANCH), **given})


WRITES: dict[str, Callable[[GitHub, Repo], object]] = {
    "comment": lambda github, _: github.add_comment(1, "our words"),
    "edit": lambda github, repo: github.edit_comment(repo.comments(1)[0].id, "new words"),
    "labels on": lambda github, _: github.label(1, ["status:pr-created", "a, b", "🚀 go"]),
    "label off": lambda github, _: github.label(1, [], ["priority:high"]),
    "new label": lambda github, _: github.make_label("autonomy:hold", "ff0000", "held"),
    "close": lambda github, _: github.close_issue(1),
    "pull": lambda github, repo: github.open_pull(offer(repo)),
    "draft": lambda github, repo: github.open_pull(offer(repo, draft=True)),
    "review": lambda github, repo: github.request_review(github.open_pull(offer(repo)).number, ["eve"]),
    "check": lambda github, repo: github.check_run("autonomy/handoff", repo.head(), "success", "fine", "all of it"),
    "ref": lambda github, _: github.create_ref("refs/autonomy/lease/x", "state", LATER),
    "disable": lambda github, _: github.disable_workflow("loop.yml"),
    "enable": lambda github, _: github.enable_workflow("off.yml"),
    "put": lambda github, _: github.put_file(".agent-workspace/STOP", "why\n", "Stop", "main"),
    "put again": lambda github, _: github.put_file("README.md", "y", "Change", "main"),
    "delete": lambda github, _: github.delete_file("README.md", "Go", "main"),
}
AFTER = ("die_after", "cut_body")
BEFORE = ("die_before", "500", "html502", "429", "secondary403", "409")


def prepare(repo: Repo) -> None:
    repo.issue(labels=[("priority:high", "ada")])
    repo.comment(1, "old words", "ada")
    for name in ("status:pr-created", "a, b", "🚀 go"):
        repo.make_label(name)
    repo.commit({"new.txt": "x"}, branch=BRANCH)
    repo.permit("eve", "write")
    repo.workflow("loop.yml")
    repo.workflow("off.yml").state = "disabled_manually"


def state(repo: Repo) -> object:
    """Everything the writes could have changed, without ids and times that differ between runs."""
    trees = {ref: repo.git.commit(oid).tree for ref, oid in repo.refs().items()}
    issues = [
        (one.title, one.state, sorted(label.name for label in one.labels), [said.body for said in one.comments],
         [event.kind for event in one.events], bool(one.pull and one.pull.draft),
         [user.login for user in one.pull.reviewers] if one.pull else [])
        for one in repo.issues.values()
    ]  # fmt: skip
    checks = [(check.name, check.conclusion) for check in repo.checks]
    flows = [(one.path, one.state) for one in repo.workflows()]
    return trees, issues, sorted(repo.labels), checks, flows


def _may(hub: Hub, repo: Repo, write: str) -> dict[str, str]:
    """As ada, but for check runs: GitHub takes those from Apps only, such as a workflow's."""
    if write != "check":
        return {}
    return {"token": hub.job_token(repo.full_name, {"publish": {"checks": "write"}}), "job": "publish"}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("kind", [*AFTER, *BEFORE])
def test_a_write_whose_answer_is_lost_ends_as_if_it_were_not(
    hub: Hub, repo: Repo, client, write: str, kind: str
) -> None:
    prepare(repo)
    other = hub.repo("acme/other", files={"README.md": "x"})
    other.permit("ada", "write")
    other.permissions["eve"] = "write"
    prepare(other)
    WRITES[write](client("acme/other", **_may(hub, other, write)), other)
    hub.faults.add(Fault(kind, r"^(POST|PATCH|PUT|DELETE) /repos/"))
    WRITES[write](client(**_may(hub, repo, write)), repo)
    assert hub.faults.left == []
    assert state(repo) == state(other)


# A comment is meant each time it is made, and a ref that is there is somebody's.
@pytest.mark.parametrize("write", [write for write in WRITES if write not in ("comment", "ref")])
def test_a_write_done_twice_is_done_once(hub: Hub, repo: Repo, client, write: str) -> None:
    prepare(repo)
    first = WRITES[write](client(**_may(hub, repo, write)), repo)
    before = state(repo)
    second = WRITES[write](client(**_may(hub, repo, write)), repo)
    assert state(repo) == before
    assert first == second or write == "new label"  # the second time it was there


def test_a_ref_that_is_there_is_taken(github: GitHub, repo: Repo) -> None:
    assert github.create_ref("refs/autonomy/lease/x", "mine", LATER) == repo.refs()["refs/autonomy/lease/x"]
    assert github.create_ref("refs/autonomy/lease/x", "yours", LATER) is None


def test_a_ref_that_somebody_made_while_our_answer_was_lost_is_theirs(hub: Hub, github: GitHub, repo: Repo) -> None:
    barrier = hub.hold(r"POST .*/git/refs")
    repo.branch("x", repo.head())
    hub.faults.add(Fault("die_before", r"POST .*/git/refs"))
    barrier.release()
    assert github.create_ref("refs/heads/x", "mine", LATER) is None


def test_the_commit_of_a_new_ref_is_empty_ours_and_the_same_for_the_same_words(github: GitHub, repo: Repo) -> None:
    oid = github.create_ref("refs/autonomy/a", "state\n", LATER)
    assert github.create_ref("refs/autonomy/b", "state\n", LATER) == oid
    commit = repo.git.commit(oid or "")
    assert commit.tree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_a_commit_without_an_author_of_ours_is_githubs(github: GitHub, repo: Repo) -> None:
    made = github.commit_tree(repo.git.commit(repo.head()).tree, [repo.head()], "Signed")
    assert repo.git.commit(made).tree == repo.git.commit(repo.head()).tree


def test_a_pull_request_of_our_branch_at_our_commit_is_adopted(github: GitHub, repo: Repo) -> None:
    prepare(repo)
    there = repo.open_pull(head=BRANCH, by="ada")
    assert github.open_pull(offer(repo)).number == there.number
    assert len(repo.pulls) == 1


def test_a_pull_request_at_another_commit_is_left_alone(github: GitHub, repo: Repo) -> None:
    prepare(repo)
    mine = offer(repo)
    repo.open_pull(head=BRANCH, by="ada")
    repo.commit({"more.txt": "x"}, branch=BRANCH, by="ada")
    with pytest.raises(WorldError, match="not at our commit"):
        github.open_pull(mine)


def test_a_pull_request_of_a_fork_with_our_branchs_name_is_not_ours(hub: Hub, github: GitHub, repo: Repo) -> None:
    prepare(repo)
    fork = hub.repo("eve/site", files={"README.md": "x"}, fork=True)
    fork.commit({"bad.txt": "x"}, branch=BRANCH, by="eve")
    repo.open_pull(head=BRANCH, by="eve", head_repo=fork)
    made = github.open_pull(offer(repo))
    assert made.head == repo.head(BRANCH)
    assert made.same_repository


def test_a_pull_request_of_the_owners_other_copy_is_not_ours_either(hub: Hub, github: GitHub, repo: Repo) -> None:
    prepare(repo)
    fork = hub.repo("acme/copy", files={"README.md": "x"}, fork=True)
    fork.commit({"bad.txt": "x"}, branch=BRANCH, by="eve")
    repo.open_pull(head=BRANCH, by="eve", head_repo=fork)
    assert github.pulls(BRANCH) == []


def test_a_closed_pull_request_is_not_opened_again(github: GitHub, repo: Repo) -> None:
    prepare(repo)
    there = repo.open_pull(head=BRANCH, by="ada")
    repo.close(there.number, "ada")
    found = github.open_pull(offer(repo))
    assert (found.number, found.state, found.merged) == (there.number, "closed", False)
    assert len(repo.pulls) == 1


def test_actions_that_may_not_open_pull_requests_name_the_setting(hub: Hub, repo: Repo, client) -> None:
    prepare(repo)
    repo.settings.actions_may_create_pulls = False
    token = hub.job_token("acme/site", {"publish": {"contents": "write", "pull-requests": "write"}})
    with pytest.raises(WorldError, match="may not open pull requests") as told:
        client(token=token, job="publish").open_pull(offer(repo))
    assert "Allow GitHub Actions to create and approve pull requests" in told.value.fix


def test_a_body_of_any_length_is_taken_and_keeps_its_sections(github: GitHub, repo: Repo) -> None:
    prepare(repo)
    body = "# T\n## Findings\n" + "- a finding\n" * 9000 + "## Agent Handoff Protocol\nstop: label\n"
    github.open_pull(offer(repo, body=body))
    github.add_comment(1, "y" * 70_000)
    told = repo.pulls[0].body or ""
    assert len(told) <= 65_536
    assert "## Findings" in told
    assert "## Agent Handoff Protocol\nstop: label" in told


def test_a_label_that_the_repository_lacks_is_left_out_or_made_from_the_table(github: GitHub, repo: Repo) -> None:
    repo.issue()
    assert github.label(1, ["nowhere", "status:new"], table={"status:new": ("abcdef", "new")}) == ("nowhere",)
    assert [label.name for label in repo.issues[1].labels] == ["status:new"]
    assert "nowhere" not in repo.labels
    assert github.labels()["status:new"].color == "abcdef"


def test_labels_are_compared_without_case(github: GitHub, repo: Repo) -> None:
    repo.make_label("Status:New")
    repo.issue()
    assert github.label(1, ["status:new"]) == ()
    assert list(repo.labels) == ["status:new"]


def test_reviewers_who_cannot_be_asked_name_the_setting(github: GitHub, repo: Repo) -> None:
    prepare(repo)
    made = github.open_pull(offer(repo))
    with pytest.raises(WorldError, match="reviewers") as told:
        github.request_review(made.number, ["nobody-at-all"])
    assert "handoff: {reviewers: …}" in told.value.fix


def test_writes_are_paced(repo: Repo, client) -> None:
    from autonomy_pack.edges import clock

    repo.issue()
    github = client(pace=0.2)
    begun = clock.monotonic()
    for words in ("one", "two", "three"):
        github.add_comment(1, words)
    assert clock.monotonic() - begun >= 0.4


def test_only_labels_that_the_answer_tells_of_are_taken_off(github: GitHub, hub: Hub, repo: Repo) -> None:
    """What was read before may be older than what was written before."""
    repo.issue(labels=["status:old"])
    repo.make_label("status:new")
    github.label(1, ["status:new"], ["status:old", "status:never"])
    assert [label.name for label in repo.issues[1].labels] == ["status:new"]
    assert [request.path.rpartition("/")[2] for request in hub.journal if request.method == "DELETE"] == [
        "status%3Aold"
    ]
