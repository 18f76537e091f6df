"""What people see of a run: the change they are asked about, what checks printed, what to do, and who agreed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.store.conditions import DecisionOpen
from hub import Hub
from tests.flows.actions.driver import Done, Site
from tests.flows.actions.test_pending import asked, deliver, pending

BREAKS = "echo '@ada </details> ```'; echo it is broken; exit 3"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def failing(site: Site) -> tuple[int, Done]:
    checks = f"version: 1\nchecks: [{{name: tests, run: {json.dumps(['sh', '-c', BREAKS])}}}]\n"
    site.repo.commit({".github/autonomy.yml": checks})
    return site.issue(), site.session()


def comment(site: Site, number: int) -> str:
    (one,) = site.repo.comments(number)
    return str(one.body)


def test_who_is_asked_sees_the_files_and_where_the_whole_diff_is(site: Site) -> None:
    number, _ = asked(site)
    ((ref, head),) = pending(site).items()
    said = comment(site, number)
    assert "**The change**: 1 file, +1 −1, [the whole diff](<" in said
    assert f"/acme/site/commit/{head}>)" in said
    assert "- `requirements.txt` +1 −1" in said
    assert f"`git fetch origin {ref} && git show FETCH_HEAD`" in said
    assert "the artifact `attempt-1-" in said


def test_what_a_failed_check_printed_stands_in_comment_and_summary_and_is_dead_there(site: Site) -> None:
    number, done = failing(site)
    assert done.published is not None
    for said in (comment(site, number), done.published.summary):
        assert "check tests ended with exit 3" in said.lower()
        assert "it is broken" in said
        assert "@ada" not in said
        assert said.count("</details>") == 1
    assert "To get it back, in a clone: `gh run download" in comment(site, number)


def test_a_retry_is_promised_only_while_attempts_are_left(site: Site) -> None:
    number, _ = failing(site)
    assert "it is tried again (1 attempt left)" in comment(site, number)
    assert "status:blocked" not in site.labels(number)
    site.session()
    assert "no attempt is left: change the issue, or comment `/autonomy retry`" in comment(site, number)
    assert "status:blocked" in site.labels(number)


@pytest.mark.parametrize(
    "why",
    [
        "could not begin: job run may not read. Add `issues: read`.",
        "could not go on: the provider refused the key (401). Check THE_KEY.",
    ],
)
def test_an_attempt_that_could_not_begin_or_go_on_says_so_and_uses_up_none(site: Site, why: str) -> None:
    number = site.issue()
    begun = site.begin()
    plan = begun.select()
    (one,) = plan.legs

    def refused(files: dict[str, bytes]) -> dict[str, bytes]:
        result = json.loads(files["result.json"])
        nothing = {"head": "", "tree": "", "bundle_sha256": "", "checks": []}
        files["result.json"] = json.dumps({**result, **nothing, "outcome": "stale", "why": why}).encode()
        return {**files, "attempt.bundle": b""}

    begun.upload(one, refused(begun.work(one)[1]))
    done = begun.publish(plan)
    begun.finish()
    assert [row.outcome for row in done.rows] == ["stale"]
    assert f"**Stale** · {why}" in comment(site, number)
    assert "no attempt is used up" in comment(site, number)
    assert "status:blocked" in site.labels(number)
    assert site.session().outcomes == {str(number): "handed_off"}
    assert "status:blocked" not in site.labels(number)


def test_a_setting_that_forbids_pull_requests_is_told_in_full_on_the_issue_and_in_the_summary(site: Site) -> None:
    number = site.issue()
    site.repo.settings.actions_may_create_pulls = False
    published = site.session().published
    assert published is not None
    (row,) = published.rows
    assert (row.outcome, row.title) == ("unfinished", "Rename the greeting")
    fix = 'Tick "Allow GitHub Actions to create and approve pull requests" under Settings → Actions'
    assert fix in row.fix
    assert f"**#{number} is not finished**" in published.summary
    assert fix in published.summary
    assert fix in comment(site, number)
    site.repo.settings.actions_may_create_pulls = True
    assert site.session().outcomes == {str(number): "handed_off"}
    assert comment(site, number).startswith("**Handed off**")


def test_a_blocked_change_says_how_to_get_it_back(site: Site) -> None:
    number = site.issue(find="jobs", by="jobz", files=".github/workflows/autonomous-agent-loop.yml")
    done = site.session()
    assert done.outcomes == {str(number): "blocked"}
    said = comment(site, number)
    assert "#artifacts>) keeps it. To get it back, in a clone: `gh run download " in said
    assert "`git fetch ./attempt.bundle refs/attempt/result && git show FETCH_HEAD`" in said


def test_the_pull_request_says_who_agreed_why_and_under_which_decision(site: Site) -> None:
    number, decision = asked(site)
    begun = site.begin()
    with begun.job("publish") as (_, store, _run):
        (question,) = store.events(subject=decision, kinds=["decision.asked"])
        data = {
            "option": "approve",
            "why": "Fine, closes #7",
            "via": "x",
            "action_sha256": question.data["action_sha256"],
        }
        still = DecisionOpen(decision=decision, action_sha256=question.data["action_sha256"])
        answer = {"kind": "decision.answered", "subject": decision, "run": question.run, "data": data}
        store.append([type(question)(**answer, actor="person:ada", key=f"answer/{decision}")], only_if=still)
    begun.finish()
    deliver(site, decision)
    (pull,) = site.repo.pulls
    assert f"Approved by ada ({decision}): Fine, " in pull.body
    assert "closes #7" not in pull.body
    assert f"· attempt {question.run.rpartition('/')[2]} ·" in pull.body
    assert f"approved by ada ({decision})" in comment(site, number)
