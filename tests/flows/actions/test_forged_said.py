"""What a lease says, forged by somebody who may write: it opens no pull request that a fresh attempt would not open."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.edges.commits import Note
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import plans, publish, said
from autonomy_pack.flows.actions.said import Said
from autonomy_pack.model import CheckResult, Holder, Lease, Leg, Plan, Result
from autonomy_pack.policy import names
from autonomy_pack.store import states
from hub import Fault, Hub
from tests.flows.actions.driver import REPO, Session, Site

EVIL = {".github/workflows/ci.yml": "on: push\njobs: {}\n"}
_WHO = "a <a@example.invalid> 1767323045 +0000"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def lease_ref(site: Site) -> str:
    (ref,) = [ref for ref in site.repo.refs("refs/autonomy/lease/") if "task" in ref]
    return ref


def state_of(site: Site) -> states.State:
    ref = lease_ref(site)
    message = _bytes(site, "cat-file", "commit", site.repo.refs("refs/autonomy/lease/")[ref]).partition(b"\n\n")[2]
    read = states.read(Note(oid="0" * 40, parents=(), message=message.decode()), ref)
    assert read is not None
    return read


def _bytes(site: Site, *words: str, stdin: bytes = b"") -> bytes:
    there = ["git", "-C", str(site.repo.git_dir), *words]
    return subprocess.run(there, check=True, capture_output=True, input=stdin).stdout


def put(site: Site, text: str, key: str) -> None:
    """Put that text on the lease's ref, as anybody can who may write."""
    empty = _bytes(site, "mktree").decode().strip()
    commit = f"tree {empty}\nauthor {_WHO}\ncommitter {_WHO}\n\n{text}"
    oid = _bytes(site, "hash-object", "-t", "commit", "-w", "--stdin", stdin=commit.encode()).decode().strip()
    site.repo.git.git("update-ref", states.ref_of(key), oid)


def forge(site: Site, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Change what the one lease says."""
    state = state_of(site)
    told = change(json.loads(json.dumps(state.said)))
    put(site, states.text(dataclasses.replace(state, said=told, nonce="forged")), state.lease.key)


def cut_off(site: Site, route: str = r"POST /repos/acme/site/pulls$") -> tuple[Session, Plan]:
    """A run whose publish job pushed the branch and got no further."""
    begun = site.begin(patience=0.5)
    plan = begun.select()
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    site.hub.faults.add(Fault("500", route, nth=1, times=1000, job="publish"))
    assert [row.outcome for row in begun.publish(plan).rows] == ["unfinished"]
    site.hub.faults.clear()
    assert site.repo.pulls == []
    return begun, plan


def pointer(leg: Leg, head: str, run_id: int = 1, **more: Any) -> Said:
    """What a lease could say of a leg whose branch is at `head`."""
    claimed = Result(
        version=1,
        issue=leg.issue,
        event=leg.event,
        attempt=leg.attempt,
        outcome="produced",
        why="",
        base=leg.base,
        head=head,
        tree="",
        bundle_sha256="",
        checks=(CheckResult(name="tests", argv=(), exit=0, seconds=1.0, head=head),),
        seconds=1.0,
        usd=0.0,
        tokens=0,
        sandbox="L2",
        agent=leg.agent,
    )
    fields = {"policy_sha256": "0" * 64, "run_id": run_id, "pushed": head, "judged": head, "claimed": claimed, **more}
    return Said(leg=leg, run=f"{REPO}#{leg.issue}@{leg.event}/{leg.attempt}", **fields)


def planted(site: Site, number: int, event: str, head: str) -> Leg:
    """A lease of an event that never was, of a run that is over, with that commit on its branch."""
    old = site.repo.start_run("autonomous-agent-loop.yml")
    old.finish()
    branch = f"agent/planner/{number}-{names.attempt8_of(str(number), event)}-slow"
    site.repo.git.git("update-ref", f"refs/heads/{branch}", head)
    leg = Leg(
        issue=str(number),
        node=site.repo.issues[number].node_id,
        event=event,
        pin="0" * 64,
        base=site.repo.head(),
        branch=branch,
        mission="replace-text",
        mission_sha256="0" * 64,
        policy_sha256="0" * 64,
        agent="planner",
        lane="default",
        attempt=5,
        claim="0" * 40,
        minutes=1,
        usd=0,
        tokens=0,
        alone=False,
        resume=False,
    )
    holder = Holder(host="actions", boot=str(old.id), pid_namespace=REPO, pid=1, pid_start=0.0)
    lease = Lease(key=f"task:{REPO}#{number}@{event}", fence=5, holder=holder, expires=states.FOREVER)
    told = said.to_json(pointer(leg, head))
    put(site, states.text(states.State(lease=lease, said=told, nonce="x")), lease.key)
    return leg


def test_a_lease_that_says_a_branch_was_pushed_for_an_issue_nobody_labelled_opens_nothing(site: Site) -> None:
    number = site.issue(("bug", "ada"), author="eve", title="Slow")
    evil = site.repo.commit({"app.txt": "backdoor\n"}, branch="ada/x", by="ada")
    planted(site, number, "777", evil)
    done = site.session()
    assert done.outcomes == {str(number): "stale"}
    assert site.repo.pulls == []
    assert site.repo.checks == []
    assert "status:blocked" not in site.labels(number)
    assert "no priority label" in site.repo.comments(number)[0].body
    assert site.session().plan.legs == ()


def test_a_lease_that_was_forged_while_the_run_worked_opens_nothing(site: Site) -> None:
    number = site.issue()
    begun = site.begin()
    (leg,) = begun.select().legs
    plan = Plan(repo=REPO, run_id=begun.run.id, run_attempt=1, legs=(leg,))
    evil = site.repo.commit(EVIL, branch=leg.branch, by="ada")
    with begun.job("publish") as (github, _, _):
        look = github.look()
    policy = _policy(site, look.files, leg)
    forge(site, lambda _: said.to_json(pointer(leg, evil, begun.run.id, policy_sha256=policy)))
    (row,) = begun.publish(plan).rows
    assert row.outcome == "blocked", row.why
    assert "refused" in row.why
    assert site.repo.pulls == []
    assert site.repo.checks == []
    assert "status:blocked" in site.labels(number)


def _policy(site: Site, files: Mapping[str, str], leg: Leg) -> str:
    from autonomy_pack.flows.actions import governing

    config = governing.config_of(files)
    mission = governing.mission_of(leg.mission, files, config)
    assert not isinstance(mission, str)
    return names.sha256([config.sha256, mission.sha256])


def test_a_commit_of_our_shape_with_an_evil_tree_is_judged_before_it_goes_on(site: Site) -> None:
    """Byte for byte our author, message and base; only what is in it is not what was judged."""
    site.issue()
    begun, _ = cut_off(site)
    begun.finish()
    state = state_of(site)
    leg = plans.leg_of(state.said["leg"])
    ours = _bytes(site, "cat-file", "commit", state.said["pushed"]).decode()
    tree = _bytes(site, "rev-parse", f"{site.repo.commit(EVIL, branch='ada/x', by='ada')}^{{tree}}").decode().strip()
    swapped = f"tree {tree}\n" + ours.partition("\n")[2]
    evil = _bytes(site, "hash-object", "-t", "commit", "-w", "--stdin", stdin=swapped.encode()).decode().strip()
    site.repo.git.git("update-ref", f"refs/heads/{leg.branch}", evil)

    def swap(told: dict[str, Any]) -> dict[str, Any]:
        checks = [{**one, "head": evil} for one in told["claimed"]["checks"]]
        claimed = {**told["claimed"], "head": evil, "checks": checks}
        return {**told, "pushed": evil, "judged": evil, "claimed": claimed}

    forge(site, swap)
    done = site.session()
    assert list(done.outcomes.values()) == ["blocked"]
    assert site.repo.pulls == []
    assert evil not in {one.head for one in site.repo.checks}
    assert site.session().plan.legs == ()


def test_a_resumed_change_says_only_what_is_known_now(site: Site) -> None:
    """Title, body, labels, target and reviewers are made anew; the lease has no place for any of them."""
    number = site.issue()
    begun, _ = cut_off(site)
    begun.finish()
    assert site.session().outcomes == {str(number): "handed_off"}
    (pull,) = site.repo.pulls
    assert pull.title == "feat(agent): Rename the greeting (#1)"
    assert "Closes #1 · agent planner" in pull.body
    assert "(as the run job says)" in pull.body
    assert f"/actions/runs/{begun.run.id}" in pull.body
    assert site.labels(pull.number) == ["agent:handoff"]


def test_a_resumed_change_whose_checks_nobody_tells_of_any_more_opens_nothing(site: Site) -> None:
    site.issue()
    begun, _ = cut_off(site)
    begun.finish()
    forge(site, lambda told: {**told, "claimed": {**told["claimed"], "checks": []}})
    assert list(site.session().outcomes.values()) == ["blocked"]
    assert site.repo.pulls == []


def test_the_commit_that_the_checks_ran_on_cannot_be_another_one(site: Site) -> None:
    site.issue()
    begun, _ = cut_off(site)
    begun.finish()

    def other(told: dict[str, Any]) -> dict[str, Any]:
        checks = [{**one, "head": "1" * 40} for one in told["claimed"]["checks"]]
        return {**told, "claimed": {**told["claimed"], "head": "1" * 40, "checks": checks}}

    forge(site, other)
    done = site.session()
    assert list(done.outcomes.values()) == ["blocked"]
    assert "its checks ran on" in site.repo.comments(1)[0].body
    assert site.repo.pulls == []


def _unlabel(site: Site, number: int) -> None:
    site.repo.unlabel(number, "priority:high", "ada")


def _edit(site: Site, number: int) -> None:
    site.repo.edit(number, "ada", body="never mind")


def _lost_write(site: Site, number: int) -> None:
    site.repo.permit("ada", "read")


def _policy_moved(site: Site, number: int) -> None:
    site.repo.commit({".github/autonomy.yml": "version: 1\nprotected: ['*.txt']\n"})


CHANGED: dict[str, tuple[Callable[[Site, int], None], str]] = {
    "unlabelled": (_unlabel, "stale"),
    "edited": (_edit, "stale"),
    "who labelled lost write": (_lost_write, "blocked"),
    "what governs moved": (_policy_moved, "blocked"),
}


@pytest.mark.parametrize(("change", "outcome"), CHANGED.values(), ids=CHANGED)
def test_what_changed_after_the_push_opens_no_pull_request_and_ends(
    change: Callable[[Site, int], None], outcome: str, site: Site
) -> None:
    number = site.issue()
    begun, _ = cut_off(site)
    begun.finish()
    change(site, number)
    done = site.session()
    assert done.outcomes == {str(number): outcome}
    assert site.repo.pulls == []
    (branch,) = site.repo.refs("refs/heads/agent/")
    assert f"branch {branch.removeprefix('refs/heads/')} stays as it is" in site.repo.comments(number)[0].body
    assert site.session().plan.legs == ()  # neither resumed nor begun again


def test_a_change_that_has_to_be_asked_about_goes_nowhere_without_a_yes(site: Site) -> None:
    """The second door: a lease that says a kept change does not wait any more."""
    number = site.risky()
    assert site.session().outcomes == {str(number): "waiting"}
    state = state_of(site)
    site.repo.git.git("update-ref", f"refs/heads/{state.said['leg']['branch']}", state.said["pushed"])
    told = {**state.said, "waits": False, "leg": {**state.said["leg"], "attempt": 2}}
    old = site.repo.start_run("autonomous-agent-loop.yml")
    old.finish()
    holder = Holder(host="actions", boot=str(old.id), pid_namespace=REPO, pid=1, pid_start=0.0)
    lease = dataclasses.replace(state.lease, holder=holder, fence=2)
    put(site, states.text(states.State(lease=lease, said=told, nonce="f")), lease.key)
    done = site.session()
    assert done.outcomes == {str(number): "blocked"}
    assert "nobody who may agreed to it" in site.repo.comments(number)[0].body
    assert site.repo.pulls == []


def test_a_yes_to_one_change_delivers_no_other(site: Site) -> None:
    number = site.risky()
    site.session()
    words = site.repo.comments(number)[0].body.split()
    decision = next(word for word in words if word.startswith("apr_"))[:10]
    state = state_of(site)
    evil = site.repo.commit(EVIL, branch=state.said["leg"]["branch"], by="ada")
    forge(site, lambda told: {**told, "waits": False, "pushed": evil, "judged": evil})
    begun = site.begin()
    with begun.job("publish") as (github, store, workflow), pytest.raises(WorldError):
        publish.deliver_pending(github, store.remote, store, workflow, decision, site.folder / "o", begun.publish_box)
    assert site.repo.pulls == []
    assert site.repo.checks == []


UNFIT: dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
    "another version": lambda told: {**told, "version": 1},
    "a word more": lambda told: {**told, "offer": {}},
    "a number for a branch": lambda told: {**told, "leg": {**told["leg"], "branch": 7}},
    "another branch": lambda told: {**told, "leg": {**told["leg"], "branch": "agent/planner/1-deadbeef-x"}},
    "a line's end behind a hash": lambda told: {**told, "pushed": told["pushed"] + "\n"},
    "another task's run": lambda told: {**told, "run": "acme/other#1@1/1"},
    "a level that does not exist": lambda told: {**told, "claimed": {**told["claimed"], "sandbox": "L9"}},
    "only pushed": lambda told: {"pushed": "x"},
}


@pytest.mark.parametrize("change", UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_is_as_if_nothing_had_been_said(
    change: Callable[[dict[str, Any]], Mapping[str, Any]], site: Site
) -> None:
    site.issue()
    begun, _ = cut_off(site)
    state = state_of(site)
    key = state.lease.key
    assert said.of_json(state.said, key) is not None
    assert said.of_json(change(json.loads(json.dumps(state.said))), key) is None
    begun.finish()


def test_a_lease_that_says_nonsense_is_let_go_and_stops_nobody_else(site: Site) -> None:
    other = site.issue()
    number = site.issue(("bug", "ada"), author="eve", title="Slow")
    leg = planted(site, number, "777", site.repo.head())
    state = states.State(
        lease=Lease(key=f"task:{REPO}#{number}@777", fence=6, holder=None, expires=states.FOREVER),
        said={"pushed": "x", "told": [[1, 2]], "leg": plans.leg_json(leg)},
        nonce="n",
    )
    put(site, states.text(state), state.lease.key)
    assert site.session().outcomes == {str(other): "handed_off"}


def test_no_second_pull_request_for_an_issue_that_has_one(site: Site) -> None:
    number = site.issue()
    begun = site.begin()
    plan = begun.select()
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    site.repo.commit({"hello.txt": "Good day\n"}, branch="bob/fix", by="ada")
    site.repo.open_pull(head="bob/fix", title="fix", body=f"Closes #{number}", by="ada")
    (row,) = begun.publish(plan).rows
    assert (row.outcome, "is open for issue" in row.why) == ("stale", True)
    assert len(site.repo.pulls) == 1
    assert site.repo.refs("refs/heads/agent/") == {}


def test_an_issue_that_is_said_to_have_its_pull_request_gets_no_other(site: Site) -> None:
    number = site.issue()
    begun = site.begin()
    plan = begun.select()
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    site.repo.label(number, "status:pr-created", "ada")
    (row,) = begun.publish(plan).rows
    assert (row.outcome, "not from us" in row.why) == ("stale", True)
    assert site.repo.pulls == []


def test_what_a_lease_says_never_is_too_long_for_it() -> None:
    """Paths, findings and bodies have no place in it: 33 deep paths of four bytes a letter had no room once."""
    leg = Leg(
        issue="9" * 10,
        node="I" * 100,
        event="9" * 19,
        pin="0" * 64,
        base="0" * 40,
        branch=f"agent/{'a' * 64}/{'9' * 10}-deadbeef-{'x' * 30}",
        mission="m" * 40,
        mission_sha256="0" * 64,
        policy_sha256="0" * 64,
        agent="a" * 64,
        lane="l" * 40,
        attempt=10**9,
        claim="0" * 40,
        minutes=360,
        usd=1.0,
        tokens=10**12,
        alone=False,
        resume=False,
    )
    check = CheckResult(name="c" * 40, argv=("x" * 9000,), exit=0, seconds=0.1, head="0" * 40, tail="𠀋" * 2000)
    told = pointer(leg, "0" * 40)
    for count in (50, 1000):
        many = dataclasses.replace(told, claimed=dataclasses.replace(told.claimed, checks=(check,) * count))
        assert len(json.dumps(said.to_json(many), ensure_ascii=True)) <= said.LARGEST
    assert said.to_json(many)["claimed"]["checks"] == []
