"""The review gate: what claims to be an agent's work is judged from objects and by its own checks, or it fails."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows.actions import gate
from autonomy_pack.sandboxes import SANDBOXES
from autonomy_pack.views.gate import MARKER
from hub import Hub, Repo
from tests.flows.actions.people import site, writes
from tests.flows.actions.pulls import BODY, FILES, PASSES, clone, gated, handoff, judge, message, recheck, shown

pytestmark = pytest.mark.skipif(bool(SANDBOXES["bubblewrap"].missing()), reason="the gate needs a box")
KEY = "AKIA" + "Q3EGRZVWTLXMNBSD"


@pytest.fixture
def here() -> Iterator[tuple[Hub, Repo]]:
    with site(FILES) as made:
        yield made


def test_a_handoff_in_good_order_is_validated(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    verdict = gated(hub, repo, number, tmp_path)
    assert (verdict.conclusion, verdict.exit_code) == ("success", 0), verdict.summary
    assert shown(repo, number) == {"agent:validated", "security:cleared"}, verdict.summary
    [comment] = repo.comments(number)
    assert "says" in comment.body
    [check] = [one for one in repo.checks if one.name == gate.CHECK]
    assert (check.conclusion, check.head) == ("success", repo.pull_head(repo.issues[number]))


def test_a_pull_request_of_a_person_is_passed_by_without_a_write(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Hi\n"}, branch="fix-greeting", by="ada")
    pull = repo.open_pull(head="fix-greeting", title="Fix the greeting", body="It was wrong.", by="ada")
    verdict = judge(hub, pull.number, "", tmp_path)
    assert (verdict.conclusion, verdict.exit_code) == ("neutral", 0)
    assert writes(hub) == []
    asked = [one.line for one in hub.journal if "git-upload-pack" not in one.path and "info/refs" not in one.path]
    assert len(asked) == 2, asked


@pytest.mark.parametrize(
    ("branch", "title", "body"),
    [
        ("codex/rename", "feat(agent): Rename it", ""),
        ("rename", "Rename", "## agent handoff protocol\nTrust me."),
        ("AGENT/planner/1-00000000-x", "Rename", ""),
    ],
    ids=["title", "section", "prefix in another case"],
)
def test_what_claims_to_be_agent_work_is_judged_whatever_its_branch(
    here: tuple[Hub, Repo], tmp_path: Path, branch: str, title: str, body: str
) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Good day\n"}, branch=branch, by="ada")
    pull = repo.open_pull(head=branch, title=title, body=body, by="ada")
    verdict = gated(hub, repo, pull.number, tmp_path)
    assert verdict.exit_code == 1
    assert "the branch is not agent/AGENT/ISSUE-ATTEMPT8-SLUG" in verdict.summary
    assert "agent:validated" not in shown(repo, pull.number)


@pytest.mark.parametrize("later", [False, True], ids=["last", "below a person's"])
def test_commits_with_our_trailers_are_judged_whatever_the_branch(
    here: tuple[Hub, Repo], tmp_path: Path, later: bool
) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Good day\n"}, branch="rename", message=message("1", "2"), by="ada")
    if later:
        repo.commit({"README.md": "# Ours\n"}, branch="rename", by="ada")
    pull = repo.open_pull(head="rename", title="Rename", body="", by="ada")
    verdict = gated(hub, repo, pull.number, tmp_path)
    assert verdict.conclusion == "failure"
    assert "the branch is not agent/AGENT/ISSUE-ATTEMPT8-SLUG" in verdict.summary


def test_trailers_that_the_branch_it_goes_into_has_already_are_no_claim(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Good day\n"}, branch="release", message=message("1", "2"), by="ada")
    repo.commit({"README.md": "# Mended\n"}, branch="mend", parent=repo.head("release"), by="ada")
    pull = repo.open_pull(head="mend", base="release", title="Mend", body="", by="ada")
    assert judge(hub, pull.number, "", tmp_path).conclusion == "neutral"


@pytest.mark.parametrize("label", ["agent:handoff", "agent:validated"])
def test_a_label_that_a_person_put_on_is_no_claim_and_fails_nobodys_work(
    here: tuple[Hub, Repo], tmp_path: Path, label: str
) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Hi\n"}, branch="fix-greeting", by="ada")
    pull = repo.open_pull(head="fix-greeting", title="Fix the greeting", body="It was wrong.", by="ada")
    repo.label(pull.number, label, "tara")
    assert judge(hub, pull.number, "", tmp_path).conclusion == "neutral"
    assert writes(hub) == []


def test_a_label_that_we_put_on_is_a_claim(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({"hello.txt": "Hi\n"}, branch="fix-greeting", by="ada")
    pull = repo.open_pull(head="fix-greeting", title="Fix the greeting", body="It was wrong.", by="ada")
    repo.label(pull.number, "agent:handoff", "github-actions[bot]")
    assert judge(hub, pull.number, "", tmp_path).conclusion == "failure"


def test_a_handoff_into_another_branch_fails_with_a_sentence(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({".github/autonomy.yml": "block_from: critical\n"})
    repo.commit({"other.txt": "x\n"}, branch="ada-base", by="ada")
    number = handoff(repo, base="ada-base")
    verdict = judge(hub, number, recheck(repo, number, tmp_path / "clone"), tmp_path)
    assert verdict.conclusion == "failure"
    assert "goes into ada-base" in verdict.title
    assert "agent:validated" not in shown(repo, number)


def test_results_that_the_set_up_of_another_branch_prepared_are_refused(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, change={"hello.txt": "broken\n"})
    head = repo.pull_head(repo.issues[number])
    fake = {".github/autonomy.yml": f"{PASSES}setup: [[./fake]]\n", "fake": "#!/bin/sh\n"}
    evil = repo.commit(fake, branch="ada-base", by="ada")
    place = clone(repo, tmp_path / "clone", head)
    subprocess.run(["git", "-C", str(place), "fetch", "-q", f"file://{repo.git_dir}", evil], check=True)
    said = json.loads(gate.recheck(place, evil, head, gate.boxes.choose(gate.Config(), None)))
    passed = {**said, "checks": [{**one, "exit": 0} for one in said["checks"]]}
    verdict = judge(hub, number, json.dumps(passed), tmp_path)
    assert verdict.conclusion == "failure"
    assert "Re-run the gate" in verdict.summary
    assert "agent:validated" not in shown(repo, number)


def test_results_by_an_older_head_of_the_default_branch_count(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    results = recheck(repo, number, tmp_path / "clone")
    repo.commit({"news.txt": "none\n"}, by="ada")
    assert judge(hub, number, results, tmp_path).conclusion == "success"


def test_a_planted_secret_fails_and_is_never_shown(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, change={"hello.txt": "Good day\n", "settings.py": f'AWS = "{KEY}"\n'})
    verdict = gated(hub, repo, number, tmp_path)
    assert verdict.exit_code == 1
    assert "settings.py:1" in verdict.summary
    assert KEY not in verdict.summary + repo.comments(number)[0].body
    assert "security:cleared" not in shown(repo, number)
    assert "security:review-required" in shown(repo, number)


def test_a_secret_that_a_later_commit_took_away_again_still_fails(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, change={"hello.txt": "Good day\n", "settings.py": f'AWS = "{KEY}"\n'})
    pull = repo.issues[number].pull
    assert pull
    repo.commit({"settings.py": None}, branch=pull.head, by="ada")
    assert "settings.py:1" in gated(hub, repo, number, tmp_path).summary


def test_on_a_clone_of_depth_one_nothing_is_ever_cleared(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, change={"hello.txt": "Good day\n", "settings.py": f'AWS = "{KEY}"\n'})
    results = recheck(repo, number, tmp_path / "clone", "--depth=1")
    assert json.loads(results)["why"]
    assert json.loads(results)["checks"] == []
    verdict = judge(hub, number, results, tmp_path)
    assert verdict.exit_code == 1
    assert "security:cleared" not in shown(repo, number)


def test_a_base_that_is_not_there_fails(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, closes="Refs")
    head = repo.pull_head(repo.issues[number])
    place = clone(repo, tmp_path / "clone", head)
    results = gate.recheck(place, "f" * 40, head, gate.boxes.choose(gate.Config(), None))
    assert "is not here" in json.loads(results)["why"]
    assert judge(hub, number, results, tmp_path).exit_code == 1


@pytest.mark.parametrize("results", ["", "{}", "[]", '{"version": 1', '{"version": 1, "version": 1}', "x" * 200_000])
def test_results_that_are_missing_or_broken_fail(here: tuple[Hub, Repo], tmp_path: Path, results: str) -> None:
    hub, repo = here
    number = handoff(repo)
    verdict = judge(hub, number, results, tmp_path)
    assert (verdict.conclusion, verdict.exit_code) == ("failure", 1)
    assert "agent:validated" not in shown(repo, number)


def test_results_of_another_head_fail(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    results = recheck(repo, number, tmp_path / "clone")
    pull = repo.issues[number].pull
    assert pull
    repo.commit({"hello.txt": "Good day, all\n"}, branch=pull.head, by="ada")
    verdict = judge(hub, number, results, tmp_path)
    assert verdict.exit_code == 1
    assert "on another commit" in verdict.summary


def test_checks_are_those_of_the_base_never_of_the_change(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    easy = {"hello.txt": "Good evening\n", ".github/autonomy.yml": "checks: [{name: says, run: ['true']}]\n"}
    number = handoff(repo, change=easy)
    verdict = gated(hub, repo, number, tmp_path)
    assert verdict.exit_code == 1
    assert "the check says ended with exit 1" in verdict.summary


def test_forged_results_without_the_configured_check_fail(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    said = json.loads(recheck(repo, number, tmp_path / "clone"))
    for forged in ([], [{**said["checks"][0], "argv": ["true"]}], [{**said["checks"][0], "name": "other"}]):
        verdict = judge(hub, number, json.dumps({**said, "checks": forged}), tmp_path)
        assert verdict.exit_code == 1
        assert "was not run again as it is configured now" in verdict.summary


def test_checks_see_no_token_no_runner_file_and_no_network(
    here: tuple[Hub, Repo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, repo = here
    for name in ("GITHUB_TOKEN", "GITHUB_ENV", "GITHUB_OUTPUT", "ACTIONS_RUNTIME_TOKEN", "AUTONOMY_GITHUB_TOKEN"):
        monkeypatch.setenv(name, f"planted-{name}-0123456789")
    look = f"import os, socket; print(sorted(os.environ)); socket.create_connection(('127.0.0.1', {hub.port}), 2)"
    repo.commit({".github/autonomy.yml": f"checks: [{{name: look, run: [python3, -c, {json.dumps(look)}]}}]\n"})
    results = json.loads(recheck(repo, handoff(repo), tmp_path / "clone"))
    [check] = results["checks"]
    assert check["exit"] == 1
    assert "planted" not in json.dumps(results)
    assert "GITHUB" not in check["tail"]
    assert "Connection" in check["tail"] or "unreachable" in check["tail"]


def test_no_checks_means_nothing_is_validated(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({".github/autonomy.yml": None})
    number = handoff(repo, closes="Refs")
    verdict = gated(hub, repo, number, tmp_path)
    assert "nothing is tested" in verdict.summary
    assert "agent:validated" not in shown(repo, number)


def test_closing_without_evidence_fails_and_referring_passes(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.commit({".github/autonomy.yml": None})
    assert "not every acceptance criterion has evidence" in gated(hub, repo, handoff(repo), tmp_path).summary
    assert gated(hub, repo, handoff(repo, closes="Refs"), tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (BODY.format(closes="Closes", issue="{n}") + "\nfixes #999\n", "would close 999"),
        (BODY.format(closes="Closes", issue="{n}") + "\nResolves other/repo#7\n", "another repository"),
        (BODY.format(closes="About", issue="{n}"), "names neither"),
        ("Closes #{n}\n\n## Review Checklist\n", "Agent Handoff Protocol is missing"),
    ],
    ids=["another issue", "another repository", "no issue", "no section"],
)
def test_a_body_that_says_something_else_fails(here: tuple[Hub, Repo], tmp_path: Path, body: str, says: str) -> None:
    hub, repo = here
    number = handoff(repo, body=body.replace("{n}", "1"))
    verdict = gated(hub, repo, number, tmp_path)
    assert verdict.exit_code == 1
    assert says in verdict.summary


def test_a_commit_that_is_not_ours_fails(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    assert "it was not made by us" in gated(hub, repo, handoff(repo, text="feat: rename"), tmp_path).summary
    lacking = message("2", "15000000002", **{"Autonomy-Policy": ""})
    assert "the trailer Autonomy-Policy is missing" in gated(hub, repo, handoff(repo, text=lacking), tmp_path).summary
    stolen = message("3", "99")
    assert "two different attempts" in gated(hub, repo, handoff(repo, text=stolen), tmp_path).summary


def test_commits_of_people_on_top_are_judged_and_do_not_fail(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    pull = repo.issues[number].pull
    assert pull
    repo.commit({"README.md": "# Site, better\n"}, branch=pull.head, by="ada")
    assert gated(hub, repo, number, tmp_path).exit_code == 0


def test_what_no_workflow_of_ours_handed_off_is_looked_at_by_a_person(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, checked=False)
    verdict = gated(hub, repo, number, tmp_path)
    assert verdict.exit_code == 0
    assert "security:review-required" in shown(repo, number)
    assert "security:cleared" not in shown(repo, number)


def test_one_comment_is_edited_in_place_and_labels_follow(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    gated(hub, repo, number, tmp_path)
    pull = repo.issues[number].pull
    assert pull
    repo.commit({"hello.txt": "Goodbye\n"}, branch=pull.head, by="ada")
    gated(hub, repo, number, tmp_path)
    [comment] = repo.comments(number)
    assert "must not be merged" in comment.body
    assert shown(repo, number) == {"security:review-required"}


def test_the_gate_again_on_the_same_head_writes_nothing(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    results = recheck(repo, number, tmp_path / "clone")
    judge(hub, number, results, tmp_path)
    before = len(writes(hub))
    judge(hub, number, results, tmp_path)
    assert len(writes(hub)) == before


def test_a_strangers_comment_with_our_mark_is_not_taken_for_ours(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    hub.app("evil")
    for by in ("mallory", "evil[bot]"):
        repo.comment(number, f"{MARKER}\n### Review gate: all is well", by)
    gated(hub, repo, number, tmp_path)
    bodies = {one.by.user.login: one.body for one in repo.comments(number)}
    assert bodies["mallory"] == bodies["evil[bot]"] == f"{MARKER}\n### Review gate: all is well"
    assert "github-actions[bot]" in bodies


def test_a_pull_request_from_a_fork_gets_no_write(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    fork = hub.repo("mallory/site", files={"hello.txt": "Hello\n"}, fork=True)
    head = repo.commit({"hello.txt": "Good day\n"}, branch="agent/planner/1-00000000-x", by="mallory")
    fork.git.put("blob", b"")
    pull = repo.open_pull(head="agent/planner/1-00000000-x", title="feat(agent): x", by="mallory", head_repo=fork)
    assert head
    read_only = {"contents": "read", "issues": "read", "pull-requests": "read", "checks": "read"}
    verdict = judge(hub, pull.number, "", tmp_path, read_only)
    assert verdict.exit_code == 1
    assert writes(hub) == []


def test_row_29_a_change_of_a_workflow_is_refused(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    for path in (".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", "CODEOWNERS", ".husky/pre-commit"):
        number = handoff(repo, change={"hello.txt": "Good day\n", path: "on: push\n"})
        verdict = gated(hub, repo, number, tmp_path)
        assert verdict.exit_code == 1, path
        assert "protected_paths" in verdict.summary


def test_row_35_no_word_of_the_change_comes_alive_in_our_comment(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    live = "@dependabot merge ![x](https://evil.example/a.png) /approve"
    number = handoff(
        repo, change={"hello.txt": "Hello\n", f".github/workflows/{live.replace('/', '_')}.yml": "on: push\n"}
    )
    verdict = gated(hub, repo, number, tmp_path)
    body = repo.comments(number)[0].body
    assert verdict.exit_code == 1
    assert "@dependabot" not in body
    assert "![" not in body
    assert "evil.example" not in body.replace("：", ":").replace("／／", "//") or "://evil" not in body
    assert [line for line in body.splitlines() if line.startswith("/")] == []


def test_row_44_nothing_approves_merges_or_switches_auto_merge_on(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    gated(hub, repo, handoff(repo), tmp_path)
    gated(hub, repo, handoff(repo, text="feat: no"), tmp_path)
    asked = [f"{one.line} {one.body!r}" for one in hub.journal]
    never = ("/merge", "/reviews", "/merges", "enablePullRequestAutoMerge", "mergePullRequest", "addPullRequestReview")
    assert [line for line in asked if any(word in line for word in never)] == []
    assert [one.state for one in repo.pulls] == ["open", "open"]


def test_without_a_box_nothing_is_judged(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo)
    results = recheck(repo, number, tmp_path / "clone")
    verdict = judge(hub, number, results, tmp_path, box=gate.boxes.choose(gate.Config(), "none"))
    assert verdict.exit_code == 1
    assert "there is no box" in verdict.summary
    assert "agent:validated" not in shown(repo, number)


def test_the_title_stands_once_and_the_mark_only_in_the_comment(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    number = handoff(repo, checked=False)
    verdict = gated(hub, repo, number, tmp_path)
    (comment,) = repo.comments(number)
    assert MARKER not in verdict.summary
    assert verdict.title not in verdict.summary
    assert comment.body.startswith(f"{MARKER}\n### Review gate: {verdict.title}\n")
    assert verdict.title == "passed; before merging, look at: handoff_contract"
    assert "**It passed**, and what its checks say was seen here (label `agent:validated`)" in verdict.summary
