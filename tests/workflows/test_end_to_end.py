"""Our workflows, unmodified, run by act for a foreign repository that calls them; GitHub is the hub behind a proxy.

act itself fetches the called workflow from the hub by its commit. What act does not honour (permissions, concurrency,
time limits, filters, contexts that name a called workflow) is shown in test_static.py instead.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows.actions.labels import ours
from hub import Hub
from hub.act import Act
from tests.workflows.foreign import CONFIG, HIGH, SITE, Foreign, is_write
from tests.workflows.rules import DECIDE, GATE, HOLDS, LOOP, REVIEW

STOP_FILE = ".agent-workspace/STOP"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == [], made.violations
        assert made.escapes == [], made.escapes


@pytest.fixture
def site(hub: Hub, tmp_path: Path) -> Foreign:
    return Foreign(hub, tmp_path)


def fine(ran: Act) -> Act:
    assert ran.code == 0, told(ran)
    return ran


def told(ran: Act) -> str:
    """What our own steps said."""
    return "\n".join(f"== {leg.job}: {leg.result}\n{leg.printed}\n{leg.summary}" for leg in ran.legs)


def test_a_labelled_issue_becomes_a_pull_request(site: Foreign) -> None:
    number = site.issue()
    ran = fine(site.act())

    assert (ran.ran, ran.skipped) == ({"select", "run", "publish"}, set())
    (pull,) = site.repo.pulls
    assert re.fullmatch(rf"agent/planner/{number}-[0-9a-f]{{8}}-write-the-note", pull.pull.head)
    head = site.repo.head(pull.pull.head)
    assert site.repo.file("note.txt", head) == "Done\n"
    assert site.repo.file("note.txt") is None
    assert f"Closes #{number}" in (pull.body or "")
    assert "status:pr-created" in site.labels(number)
    assert "status:agent-assigned" not in site.labels(number)
    (comment,) = site.repo.comments(number)
    assert comment.by.user.login == "github-actions[bot]"
    (check,) = [one for one in site.repo.checks if one.name == "autonomy/handoff"]
    assert (check.head, check.conclusion) == (head, "success")
    names = sorted(artifact.name for artifact in site.repo.artifacts.of(site.run.id))
    assert re.fullmatch(rf"attempt-{number}-[0-9]+-1 autonomy-session-1", " ".join(names))
    assert "handed off" in ran.summary
    assert "<summary>publish: success</summary>" in ran.summary
    assert ran.left == []

    again = fine(site.act())
    assert again.ran == {"select"}
    assert len(site.repo.pulls) == 1
    assert len(site.repo.comments(number)) == 1


def test_each_job_used_no_scope_that_it_does_not_declare_and_no_token_is_told(site: Foreign, hub: Hub) -> None:
    site.issue()
    ran = fine(site.act())
    refused = [one for one in hub.requests() if one.status == 403]
    assert refused == []
    assert {one.job for one in hub.requests("/repos/other/site") if one.agent.startswith("autonomy/")} == set(
        HOLDS[LOOP]
    )
    token = next(one.token for one in hub.requests("/repos/other/site") if one.token)
    assert token.startswith("ghs_")
    told = [ran.said, ran.summary, json.dumps([leg.outputs.items().__repr__() for leg in ran.legs])]
    told += [one.raw.decode("latin-1") for one in hub.requests()]
    told += [artifact.data.decode("latin-1") for artifact in site.repo.artifacts.of(site.run.id)]
    assert [text[:80] for text in told if token in text] == []


def test_when_nothing_is_eligible_there_is_one_job_that_writes_a_digest_and_the_first_labels(site: Foreign) -> None:
    site.issue((HIGH, "eve"))
    ran = fine(site.act())
    assert (ran.ran, ran.skipped) == ({"select"}, {"run", "publish"})
    digest, *labels = site.writes()
    assert digest == "POST /other/site.git/git-receive-pack", "the digest of what was seen"
    noted = ["POST /repos/other/site/git/commits", "POST /repos/other/site/git/refs"]
    made = ["POST /graphql"] * math.ceil(len(ours()) / 20)
    assert [line.replace("/api/v3", "") for line in labels] == [*made, *noted], "labels, in the first run alone"
    assert list(site.repo.refs("refs/autonomy/")) == ["refs/autonomy/labels", "refs/autonomy/state"]


def test_a_dry_run_shows_what_would_be_done_and_writes_nothing(site: Foreign) -> None:
    site.issue()
    ran = fine(site.act(inputs={"dry_run": "true", "issue": "", "max_issues": ""}))
    assert ran.ran == {"select"}
    assert site.writes() == []
    assert "/issues/1) | fix |" in ran.summary
    assert "Dry run: nothing was written." in ran.summary


def test_an_issue_that_is_not_eligible_is_refused_with_its_why(site: Foreign) -> None:
    number = site.issue(("bug", "ada"))
    ran = site.act(inputs={"issue": str(number), "max_issues": "", "dry_run": "false"})
    assert (ran.code, ran.failed) == (1, {"select"})
    (error,) = [one.text for one in ran.annotations if one.level == "error"]
    assert "not eligible" in error
    assert "Next: " in error
    assert "Next:" in ran.summary
    assert site.writes() == []


def test_a_stop_variable_ends_a_run_at_its_start_in_green(site: Foreign) -> None:
    site.issue()
    ran = fine(site.act(variables={"AUTONOMY_STOP": "1"}))
    assert ran.ran == {"select"}
    assert site.writes() == []
    assert "AUTONOMY_STOP" in ran.summary


def test_set_up_of_the_project_runs_before_any_key_and_without_one(hub: Hub, tmp_path: Path) -> None:
    action = "name: s\ndescription: s\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: env | sort; echo its own set-up\n"
    config = CONFIG + "setup: [[sh, -c, 'env | sort; echo configured set-up']]\n"
    files = {".github/actions/autonomy-setup/action.yml": action, ".github/autonomy.yml": config}
    site = Foreign(hub, tmp_path, files)
    site.issue()
    ran = fine(site.act())
    leg = ran.leg("run")
    said = leg.printed
    assert said.index("its own set-up") < said.index("configured set-up")
    names = [step.name for step in leg.steps if step.stage == "Main"]
    assert names.index("Set up the project, its configured programs") < names.index("Work")
    configured = said[said.index("its own set-up") : said.index("configured set-up")]
    assert "PATH=" in configured
    assert re.findall(r"^(?:AUTONOMY_|ACTIONS_)\w+|^\w*(?:TOKEN|KEY)\w*=", configured, re.MULTILINE) == []


def test_a_failed_set_up_ends_the_attempt_before_it_began(hub: Hub, tmp_path: Path) -> None:
    site = Foreign(hub, tmp_path, {".github/autonomy.yml": CONFIG + "setup: [[sh, -c, 'exit 7']]\n"})
    number = site.issue()
    ran = site.act()
    assert "run" in ran.failed
    (error,) = [one.text for one in ran.annotations if one.level == "error" and "set-up" in one.text]
    assert "ended with 7" in error
    (comment,) = site.repo.comments(number)
    assert comment.body.startswith("**Stale** · could not begin: set-up program")
    assert "no attempt is used up" in comment.body
    assert site.repo.pulls == []
    assert "status:pr-created" not in site.labels(number)


# --- stop ----------------------------------------------------------------------------------------------------------


def _by_file(site: Foreign, number: int) -> str:
    site.repo.commit({STOP_FILE: "enough\n"}, message="Stop", by="ada")
    return r"GET /repos/other/site/git/ref/heads/main$"


def _by_workflow(site: Foreign, number: int) -> str:
    site.repo.workflow(LOOP).state = "disabled_manually"
    return r"GET /repos/other/site/actions/workflows/"


def _by_label(site: Foreign, number: int) -> str:
    site.repo.label(number, "autonomy:stop", "ada")
    return rf"GET /repos/other/site/issues/{number}$"


# moment → (job, the request at which the run is held, its number there, the way that it is stopped). Every moment by
# every way: tests/flows/actions/test_stopped.py, by the same jobs in one process.
MOMENTS = {
    "before the claim": ("select", r"GET .*/git/ref/heads/main$", 1, _by_file),
    "at the first step of the agent": ("run", r"GET .*/issues/\d+/events$", 1, _by_workflow),
    "in checks": ("run", r"GET .*/git/ref/heads/main$", 2, _by_label),
    "before the push": ("publish", r"GET .*/zip$", 1, _by_file),
    "between push and pull request": ("publish", r"POST .*/pulls$", 1, _by_workflow),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_written_after_a_read_that_showed_the_stop(hub: Hub, tmp_path: Path, moment: str) -> None:
    long = CONFIG.replace("[test, -f, a.txt]", "[sleep, '60']") if moment == "in checks" else CONFIG
    site = Foreign(hub, tmp_path, {".github/autonomy.yml": long})
    number = site.issue()
    job, route, nth, by = MOMENTS[moment]
    barrier = hub.hold(route, nth, job=job)
    running = site.begin()
    assert barrier.reached(90), told(running.wait())
    held = len(hub.journal) - 1
    read = by(site, number)
    barrier.release()
    ran = running.wait()

    after = list(hub.journal)[held:]
    showed = next(place for place, one in enumerate(after) if re.search(read, one.line) and one.status == 200)
    written = [one.line for one in after[showed + 1 :] if is_write(one)]
    assert written == [], told(ran)
    landed = [one.line for one in after[:showed] if is_write(one)]
    assert len(landed) <= 1
    assert len(site.repo.pulls) <= (moment == "between push and pull request")
    assert re.search("(?i)stop", ran.summary)


# --- gate and decide -----------------------------------------------------------------------------------------------


def test_the_gate_judges_a_handoff_and_reports_once(site: Foreign) -> None:
    site.issue()
    fine(site.act())
    (pull,) = site.repo.pulls
    head = site.repo.head(pull.pull.head)
    event = {
        "action": "opened",
        "number": pull.number,
        "pull_request": {
            "number": pull.number,
            "head": {"sha": head, "ref": pull.pull.head, "repo": {"full_name": SITE}},
            "base": {"sha": site.repo.head(), "ref": "main", "repo": {"full_name": SITE}},
        },
    }
    for _ in range(2):
        ran = fine(site.act("pull_request", GATE, payload=event))
        assert ran.ran == {"recheck", "judge"}
    (comment,) = [one for one in site.repo.comments(pull.number) if "gate" in one.body.lower()]
    assert comment.by.user.login == "github-actions[bot]"
    rechecking = [one for one in site.hub.requests() if one.job == "recheck" and one.agent.startswith("autonomy/")]
    assert rechecking == [], "recheck has no token, so it asks nothing"


@pytest.mark.parametrize(("who", "body"), [("eve", "/autonomy status"), ("ada", "please /autonomy status")])
def test_a_comment_that_does_not_count_is_passed_by_in_silence(site: Foreign, who: str, body: str) -> None:
    number = site.issue()
    made = site.repo.comment(number, body, who)
    event = {
        "action": "created",
        "issue": {"number": number},
        "comment": {"id": made.id, "body": body, "user": {"login": who}},
        "sender": {"login": who, "type": "User"},
    }
    ran = fine(site.act("issue_comment", DECIDE, payload=event))
    assert ran.ran == ({"decide"} if body.startswith("/") else set())
    assert site.writes() == []


def test_a_person_with_write_is_answered(site: Foreign) -> None:
    number = site.issue()
    made = site.repo.comment(number, "/autonomy status", "ada")
    event = {
        "action": "created",
        "issue": {"number": number},
        "comment": {"id": made.id, "body": "/autonomy status", "user": {"login": "ada"}},
        "sender": {"login": "ada", "type": "User"},
    }
    fine(site.act("issue_comment", DECIDE, payload=event))
    assert len(site.repo.comments(number)) == 2


# --- review --------------------------------------------------------------------------------------------------------

OPINION = '{"risk": "low", "summary": "Praise. @everyone", "findings": []}'
JUDGES = f"""version: 1
name: pr-review
goal: Judge.
agent: script
returns: review
constraints: ["give_back '{OPINION.replace('"', chr(92) + '"')}'"]
"""


def test_a_review_is_said_once_by_a_job_that_calls_no_model(hub: Hub, tmp_path: Path) -> None:
    site = Foreign(hub, tmp_path, {".github/autonomy/missions/pr-review.yml": JUDGES})
    site.repo.commit({"b.txt": "B\n"}, branch="add-b", by="ada")
    pull = site.repo.open_pull(head="add-b", title="Add b", body="Because.", by="ada")
    for _ in range(2):
        ran = fine(site.act("workflow_dispatch", REVIEW, inputs={"pull": str(pull.number)}))
        assert ran.ran == {"select", "run", "publish"}
    (comment,) = site.repo.comments(pull.number)
    assert comment.by.user.login == "github-actions[bot]"
    assert "low risk" in comment.body
    assert "@everyone" not in comment.body
    assert [one.line for one in hub.requests() if one.status == 403] == []
    written = [one for one in hub.requests(writes=True) if "/other/site/" in one.line and is_write(one)]
    assert {one.job for one in written} == {"publish"}
    assert all("/comments" in one.line for one in written)


# --- the action ----------------------------------------------------------------------------------------------------

STEP = """name: step
on: workflow_dispatch
permissions: {{}}
jobs:
  work:
    runs-on: ubuntu-latest
    permissions: {{contents: write, issues: write, pull-requests: write, checks: write, actions: read}}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with: {{ref: main, fetch-depth: 0, persist-credentials: false}}
      - id: agent
        uses: acme/autonomy-pack@{sha}
        with: {{{inputs}}}
      - if: always()
        env: {{SAID: "${{{{ toJSON(steps.agent.outputs) }}}}"}}
        run: printf '%s\\n' "$SAID"
"""


def in_one_step(site: Foreign, inputs: str) -> Act:
    """A workflow of other/site that uses action.yml with these inputs."""
    path = ".github/workflows/step.yml"
    text = STEP.format(sha=site.sha, inputs=inputs)
    site.repo.commit({path: text}, by="ada")
    return site.act("workflow_dispatch", "step.yml", text=text)


def test_the_action_does_the_whole_job_in_one_step(site: Foreign) -> None:
    number = site.issue()
    ran = fine(in_one_step(site, f'issue: "{number}"'))
    (pull,) = site.repo.pulls
    said = ran.leg("work").printed
    assert f'"pr_number": "{pull.number}"' in said
    assert f'"branch_name": "{pull.pull.head}"' in said
    assert '"conclusion": "success"' in said
    assert "ghs_" not in said


def test_another_token_than_the_jobs_own_needs_a_word_in_the_configuration(site: Foreign, hub: Hub) -> None:
    """Workflows run at once, and with secrets, on a pull request that such a token opened."""
    number = site.issue()
    token = hub.token("ada")
    before = len(site.writes())
    ran = in_one_step(site, f'issue: "{number}", github_token: "{token}"')
    assert "ci_runs_with_secrets" in next(one.text for one in ran.annotations)
    assert len(site.writes()) == before
    path = ".github/autonomy.yml"
    site.repo.commit({path: f"{site.repo.file(path)}\nhandoff: {{ci_runs_with_secrets: true}}\n"}, by="ada")
    fine(in_one_step(site, f'issue: "{number}", github_token: "{token}"'))
    assert [pull.by.user.login for pull in site.repo.pulls] == ["ada"]


def test_an_input_that_cannot_be_meant_fails_before_anything_is_done(site: Foreign) -> None:
    ran = in_one_step(site, 'issue: "1", prompt: "and this"')
    assert "Next: Give one of issue, mission and prompt." in next(one.text for one in ran.annotations)
    assert '"conclusion": "failure"' in ran.leg("work").printed
    assert site.writes() == []


def test_act_does_not_hand_on_inputs_that_an_action_does_not_declare(site: Foreign) -> None:
    """GitHub does, with a warning, as its runner's source says; then ours fails with the nearest name."""
    ran = in_one_step(site, 'isue: "1", dry_run: "true"')
    assert [one.text for one in ran.annotations if "did you mean" in one.text] == []
    assert site.writes() == []
