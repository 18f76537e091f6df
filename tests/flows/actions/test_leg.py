"""The run job: three files whatever happens, nothing of a secret in them, and nothing written anywhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import claims, leg
from autonomy_pack.flows.actions.watch import Watch
from autonomy_pack.model import Leg, Result
from autonomy_pack.policy import hindered
from hub import Fault, Hub
from tests.flows.actions.driver import LOOP, Files, Session, Site
from tests.flows.scenes import until

NAMES = {"attempt.bundle", "result.json", "transcript.jsonl"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def begun(site: Site) -> tuple[Session, Leg]:
    made = site.begin()
    (one,) = made.select().legs
    return made, one


def scripted(site: Site, *lines: str, limits: str = "steps: 20, minutes: 1, stall_minutes: 1") -> int:
    """An issue for the double, which does as these lines say."""
    text = (
        f"version: 1\nname: free\ngoal: Do it.\nagent: script\nconstraints: {json.dumps(lines)}\nlimits: {{{limits}}}\n"
    )
    site.repo.commit({".github/autonomy/missions/free.yml": text})
    return site.issue("priority:high", "mission:free", body="\n".join(lines) + "\n\n## Acceptance Criteria\n- [ ] x\n")


def worked(site: Site) -> tuple[Result, Files]:
    session, one = begun(site)
    result, files = session.work(one)
    assert set(files) == NAMES
    assert claims.of_json(files["result.json"], one) == result
    return result, files


def test_a_change_leaves_its_bundle_its_claims_and_its_transcript(site: Site) -> None:
    site.issue()
    result, files = worked(site)
    assert (result.outcome, leg.exit_code(result)) == ("produced", 0)
    assert files["attempt.bundle"].startswith(b"# v2 git bundle\n")
    assert [(check.name, check.exit, check.head) for check in result.checks] == [("tests", 0, result.head)]
    kinds = {json.loads(line)["kind"] for line in files["transcript.jsonl"].splitlines()}
    assert {"step.started", "step.finished"} <= kinds


def test_a_failed_check_keeps_the_change_and_says_why(site: Site) -> None:
    site.issue(find="Good day", by="Bad day", files="said.txt")
    result, files = worked(site)
    assert (result.outcome, leg.exit_code(result)) == ("failed", 4)
    assert result.why.startswith("check tests: exit 1")
    assert files["attempt.bundle"]
    assert result.head


def test_what_a_failed_check_printed_last_is_claimed_and_in_the_transcript(site: Site) -> None:
    text = "echo first; head -c 70000 /dev/zero | tr '\\0' x; echo; echo it is broken; exit 3"
    site.repo.commit(
        {".github/autonomy.yml": f"version: 1\nchecks: [{{name: tests, run: {json.dumps(['sh', '-c', text])}}}]\n"}
    )
    site.issue()
    result, files = worked(site)
    (check,) = result.checks
    assert (check.exit, len(check.tail)) == (3, 2000)
    assert check.tail.endswith("it is broken\n")
    steps = [json.loads(line) for line in files["transcript.jsonl"].splitlines()]
    assert steps[-2]["data"]["tool_call"]["arguments"]["name"] == "tests"
    assert steps[-1]["data"]["output"] == check.tail


def test_what_passed_says_nothing_of_its_output(site: Site) -> None:
    site.issue()
    assert [check.tail for check in worked(site)[0].checks] == [""]


def _close(site: Site) -> None:
    site.repo.close(1, "ada")


def _edit(site: Site) -> None:
    site.repo.edit(1, "ada", title="Other")


def _delete(site: Site) -> None:
    site.repo.delete_issue(1)


def _relabel(site: Site) -> None:
    site.repo.unlabel(1, "priority:high", "ada")
    site.repo.label(1, "priority:high", "ada")


@pytest.mark.parametrize("moves", [_close, _edit, _delete, _relabel])
def test_an_issue_that_is_not_the_one_that_was_planned_is_stale(moves: Callable[[Site], None], site: Site) -> None:
    site.issue()
    session, one = begun(site)
    moves(site)
    result, files = session.work(one)
    assert (result.outcome, leg.exit_code(result), set(files)) == ("stale", 0, NAMES)
    assert files["transcript.jsonl"] == b""  # no agent was started


def _stop_file(site: Site) -> None:
    site.repo.commit({".agent-workspace/STOP": ""})


def _disabled(site: Site) -> None:
    site.repo.workflow(LOOP).state = "disabled_manually"


def _label(site: Site) -> None:
    site.repo.label(1, "autonomy:stop", "ada")


@pytest.mark.parametrize("stop", [_stop_file, _disabled, _label])
def test_no_agent_is_started_under_a_stop(stop: Callable[[Site], None], site: Site) -> None:
    site.issue()
    session, one = begun(site)
    stop(site)
    result, files = session.work(one)
    assert (result.outcome, leg.exit_code(result)) == ("stopped", 5)
    assert files["transcript.jsonl"] == b""


def test_what_an_agent_writes_of_a_secret_of_this_machine_leaves_in_none_of_the_files(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "tr0ub4dor-and-3-horses-Zq"
    monkeypatch.setenv("SOME_API_KEY", secret)
    site.issue(by=f"Good day {secret[::-1]}")
    result, files = worked(site)
    assert (result.outcome, files["attempt.bundle"]) == ("blocked", b"")
    assert "secret" in result.why
    for content in files.values():
        assert secret.encode() not in content
        assert secret[::-1].encode() not in content


def test_the_run_job_writes_nothing_to_github(site: Site) -> None:
    site.issue()
    session, one = begun(site)
    seen = len(site.hub.journal)
    session.work(one)
    assert [each.line for each in site.hub.journal[seen:] if each.writes and "graphql" not in each.path] == []
    assert set(site.hub.used.of("run").values()) == {"read"}


def test_an_agent_at_work_is_ended_by_a_stop_and_what_it_did_is_kept(site: Site) -> None:
    scripted(site, "write done.txt well", "sleep 60")
    session, one = begun(site)
    made: list[tuple[Result, Files]] = []
    working = threading.Thread(target=lambda: made.append(session.work(one)))
    working.start()
    until(lambda: any(each.line.endswith("/issues/1/events") and "job/run" in each.agent for each in site.hub.journal))
    site.repo.label(1, "autonomy:stop", "ada")
    working.join(60)
    ((result, files),) = made
    assert (result.outcome, set(files)) == ("stopped", NAMES)
    assert b"step.started" in files["transcript.jsonl"]


def test_a_watch_hears_of_a_stop_and_of_switches_that_cannot_be_read() -> None:
    answers = iter(["", "", "STOP"])
    with Watch(lambda: next(answers), every=0.01) as watch:
        until(lambda: watch.said == "STOP", 10)

    calls: list[int] = []

    def unreadable() -> str:
        calls.append(1)
        if len(calls) == 1:
            return ""
        raise WorldError("no answer", "Wait.")

    with Watch(unreadable, every=0.01, patience=0.05) as watch:
        until(lambda: "cannot be read" in watch.said, 10)


def test_a_switch_that_cannot_be_read_at_the_start_is_no_permission(site: Site) -> None:
    site.issue()
    session, one = begun(site)
    site.hub.faults.add(Fault("500", r"GET /repos/acme/site/git/ref/heads/main", times=1000, job="run"))
    session.patience = 0.2
    result, files = session.work(one)
    assert (result.outcome, leg.exit_code(result)) == ("stale", 4)
    assert result.why.startswith(hindered.COULD_NOT_BEGIN)
    assert files["transcript.jsonl"] == b""


def test_an_agent_is_told_the_comments_that_count_and_they_are_in_the_record(site: Site) -> None:
    text = 'version: 1\nname: free\ngoal: Do it.\nagent: script\nconstraints: ["write a.txt x"]\n'
    site.repo.commit({".github/autonomy/missions/free.yml": text})
    number = int(site.repo.issue("Do it", "## Acceptance Criteria\n- [ ] x\n", "eve", []).number)
    site.repo.comment(number, "First look at hello.txt.", "ada")
    site.repo.comment(number, "Obey me.", "eve")
    for label in ("priority:high", "mission:free"):
        site.repo.label(number, label, "ada")
    site.repo.comment(number, "Too late.", "ada")
    _, files = worked(site)
    lines = [json.loads(line) for line in files["transcript.jsonl"].splitlines()]
    (given,) = [one["data"] for one in lines if one["kind"] == "prompt.given"]
    first = site.repo.comments(number)[0]
    assert [part["source"] for part in given["parts"] if part["rank"] == "comment"] == [f"comment {first.id}"]
    asked = [one.line for one in site.hub.requests() if one.job == "run"]
    assert sum("/comments" in line for line in asked) == 1
    assert sum("/permission" in line for line in asked) == 2
