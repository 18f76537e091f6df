"""The purse of a run with a model: reserved before each call, settled after it, and closed by every kind of no."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows import attempt, box, claim, session, survey
from autonomy_pack.flows.gateway import Gateway
from autonomy_pack.flows.job import Terms
from autonomy_pack.flows.records import Transcript
from autonomy_pack.model import Endpoint, Event
from autonomy_pack.store import audit
from models import Answer, Call, Models
from tests.flows.scenes import at, begin, events, run_with, steal, thinking, touch_stop, workers
from tests.world import World

DONE = ("done", {"summary": "Done.", "evidence": [{"criterion": "It says so", "how": "hello.txt says it"}]})
READ = Call("read", {"path": "hello.txt"})
WRITE = ("write", {"path": "hello.txt", "content": "Good day\n"})


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    """A provider of models on loopback, and the keys and addresses that lead there."""
    with Models() as made:
        for name, word in made.environment.items():
            monkeypatch.setenv(name, word)
        yield made


def end_of(world: World) -> Event:
    return events(world, "run.finished")[-1]


def test_a_run_with_a_model_hands_off_and_every_call_is_reserved_settled_and_written_down(
    world: World, models: Models
) -> None:
    models.call(*WRITE)
    models.call(*DONE)
    thinking(world)
    world.run()
    assert world.outcomes() == {".#1": "handed_off"}, end_of(world).data["why"]
    assert len(events(world, "spend.reserved")) == len(events(world, "spend.settled")) == len(models.requests) == 2
    called = [one for one in world.reported if one.kind == "model.called"]
    assert [one.actor for one in called] == ["system", "system"]
    usd = sum(one.data["usd"] for one in called)
    store = world.open().store
    assert end_of(world).data["usd"] == pytest.approx(usd, abs=1e-6)
    for scope in ("run:.#1/1", "issue:.#1", "repo"):
        assert store.head(scope).usd == pytest.approx(usd), scope
    assert audit.examine(store) == []
    costs, text = json.loads(world.autonomy("status", "--json"))["costs"], world.autonomy("status")
    counted = [one.data["usage"] for one in called]
    into = sum(one["input"] + one["cache_read"] + one["cache_write"] for one in counted)
    out, cached = sum(one["output"] for one in counted), sum(one["cache_read"] for one in counted)
    assert costs["tokens"] == {"in": into, "out": out, "cached": cached, "other": 0}
    assert f"{into:,} tokens in ({cached:,} cached), {out:,} out" in text
    assert len(str(costs["today_usd"])) <= len("0.123456")
    summary = next((world.root / ".agent-workspace").rglob("AUTONOMOUS_SESSION_*.md")).read_text()
    assert f"## Budget\n${usd:.4f} · {into + out:,} tokens" in summary
    body = next((world.root / ".agent-workspace").rglob("handoff.json")).read_text()
    assert f"{end_of(world).data['tokens']:,} tokens" in body


def test_the_key_reaches_no_file_and_no_event_of_a_run(world: World, models: Models) -> None:
    models.call(*WRITE)
    models.call(*DONE)
    thinking(world)
    world.run()
    kept = b"".join(path.read_bytes() for path in world.root.rglob("*") if path.is_file())
    assert models.key.encode() not in kept
    assert models.key not in json.dumps([dict(one.data) for one in world.reported], default=str)


def test_without_a_key_nothing_is_begun_and_the_issue_says_so(
    world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    thinking(world)
    done = world.run()
    assert done.runs == ()
    assert "no key for anthropic" in done.survey.choices[0].why
    assert "ANTHROPIC_API_KEY" in done.survey.choices[0].why
    assert models.requests == []


def test_a_mission_that_allows_no_model_calls_none(world: World, models: Models) -> None:
    thinking(world, limits="usd: 0")
    done = world.run()
    assert "mission think allows no call of a model (limits.usd" in done.survey.choices[0].why
    assert models.requests == []


def test_at_the_wall_of_the_run_s_own_budget_it_ends_over_budget_and_waits_for_tomorrow(
    world: World, models: Models
) -> None:
    models.otherwise("I go on.")
    thinking(world, limits="tokens: 10400")
    world.run()
    assert world.outcomes() == {".#1": "over_budget"}
    assert "limits.tokens" in end_of(world).data["why"]
    assert "Raise" in end_of(world).data["why"]
    assert world.open().store.head(".#1").attempts == 0
    asked = len(models.requests)
    again = world.run()
    assert again.runs == ()
    assert "met a budget today" in again.survey.choices[0].why
    assert len(models.requests) == asked


def test_the_day_s_budget_stops_a_run_in_its_middle_and_the_next_before_it_begins(world: World, models: Models) -> None:
    models.answer(
        lambda request: Answer(text="I look.", usage={"input": 10, "output": 60_000, "cache_read": 0, "cache_write": 0})
    )
    models.otherwise("I go on.")
    thinking(world, config="budget: {day_usd: 0.2}\n", limits="usd: 5")
    world.run()
    assert world.outcomes() == {".#1": "over_budget"}
    assert "budget.day_usd" in end_of(world).data["why"]
    assert [one.data["window"][:4] for one in events(world, "alert.raised")] == ["day:"]
    assert "budget" in "".join(path.read_text() for path in (world.root / ".agent-workspace" / "logs").iterdir())
    again = world.run()
    assert again.survey.choices[0].why.startswith("no call of a model fits: ")
    status = json.loads(world.autonomy("status", "--json"))
    assert status["costs"]["today_usd"] >= 0.2
    assert status["costs"]["limit_usd"] == 0.2


def test_turns_are_bounded_too(world: World, models: Models) -> None:
    models.call(*WRITE)
    models.always(lambda request: Answer(calls=(READ,)))
    thinking(world, limits="usd: 1, turns: 3")
    world.run()
    assert len(models.requests) == 3
    end = end_of(world).data
    assert end["outcome"] == "over_budget"
    assert end["why"].startswith(
        "not done after 3 calls of a model, as many as a run may make (limits.turns, --max-turns)"
    )
    assert "Raise" in end["why"]
    assert events(world, "change.made")[-1].data["files"]
    head = world.open().store.head(".#1")
    assert head is not None
    assert head.attempts == 0
    assert "met a budget today" in world.run().survey.choices[0].why
    assert len(models.requests) == 3


@pytest.mark.parametrize(("fault", "at_call"), [("hang_up", 0), ("cut", 0), ("hang_up", 1), ("hang_up", 2)])
def test_a_call_whose_answer_never_came_counts_with_all_that_was_set_aside(
    world: World, models: Models, fault: str, at_call: int
) -> None:
    for number in range(at_call):
        models.call("read", {"path": "hello.txt" if number else "other.txt"})
    models.cut("text") if fault == "cut" else models.hang_up()
    models.call(*WRITE)
    models.call(*DONE)
    thinking(world, limits="usd: 5")
    world.run()
    reserved, settled = events(world, "spend.reserved"), events(world, "spend.settled")
    assert settled[at_call].data["usd"] == reserved[at_call].data["usd"] > 0
    assert len(reserved) == len(settled) == len(models.requests)


def test_a_wrong_key_is_told_as_that(world: World, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong-wrong-wrong")
    thinking(world)
    world.run()
    why = end_of(world).data["why"]
    assert why.startswith("could not go on: the provider refused the key (401). Check ANTHROPIC_API_KEY"), why


def test_a_fault_of_the_provider_uses_up_no_attempt_and_no_further_issue_is_begun(world: World, models: Models) -> None:
    models.fail(500, times=50, retry_after=0, body=b"<html>Internal error</html>")
    thinking(world)
    world.issue("2", labels=("priority:low", "mission:think"))
    done = world.run()
    assert done.exit_code == 4
    assert world.outcomes() == {".#1": "stale", ".#2": "queued"}
    assert "answered 500 to every attempt, a fault of its own. Run again later" in end_of(world).data["why"]
    assert world.open().store.head(".#1").attempts == 0
    (left,) = [one.why for one in done.survey.choices if one.id == "2"]
    assert left.startswith("not begun after run .#1/1: could not go on: the provider answered 500")


def test_without_a_network_no_attempt_is_used_up_and_nothing_is_spent(
    world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTONOMY_ANTHROPIC_URL", "http://127.0.0.1:9")
    thinking(world)
    world.run()
    end = end_of(world).data
    assert (end["outcome"], end["usd"]) == ("stale", 0.0)
    assert "127.0.0.1:9 cannot be reached" in end["why"]
    assert "Check the network, the proxy and AUTONOMY_ANTHROPIC_URL" in end["why"]


def test_an_address_that_has_the_path_already_is_told_with_what_sets_it(
    world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTONOMY_ANTHROPIC_URL", f"{models.url}/v1")
    thinking(world)
    world.run()
    why = end_of(world).data["why"]
    assert f"{models.url}/v1 answered 404" in why
    assert "or mend AUTONOMY_ANTHROPIC_URL, to which /v1/messages is added" in why
    assert end_of(world).data["outcome"] == "stale"


def test_runs_that_a_service_ended_today_are_counted_until_the_task_is_reset(world: World, models: Models) -> None:
    models.fail(401, times=50)
    thinking(world)
    for count in (1, 2):
        world.run()
        opened = world.open()
        heads = {head.subject: head for head in opened.store.heads("task")}
        assert survey.hindered_today(opened, heads) == {".#1": count}
    world.autonomy("task", "reset", "1", "--reason", "the key is mended")
    opened = world.open()
    assert survey.hindered_today(opened, {head.subject: head for head in opened.store.heads("task")}) == {}
    world.run()
    assert survey.hindered_today(opened, {head.subject: head for head in opened.store.heads("task")}) == {".#1": 1}


def test_a_provider_that_is_too_busy_uses_up_no_attempt(world: World, models: Models) -> None:
    models.fail(429, times=50, retry_after=0)
    thinking(world)
    world.run()
    assert world.outcomes() == {".#1": "rate_limited"}
    assert world.open().store.head(".#1").attempts == 0


def test_after_a_stop_no_call_goes_out_and_nothing_lives(world: World, models: Models) -> None:
    models.wait("text")
    models.otherwise("more")
    thinking(world)
    done = run_with(world, at("run.started", lambda: (models.waiting.wait(20), touch_stop(world))))
    assert done.exit_code == 5
    assert world.outcomes() == {".#1": "stopped"}
    assert len(models.requests) == 1
    assert workers() == []
    assert events(world, "run.finished")[-1].data["usd"] > 0


def test_flags_raise_and_lower_what_a_run_may_spend(world: World, models: Models) -> None:
    thinking(world, limits="usd: 0")
    models.call(*WRITE)
    models.call(*DONE)
    world.autonomy("run", "--sandbox", "none", "--max-cost-usd", "1", "--model", "claude-opus-9")
    assert world.outcomes() == {".#1": "handed_off"}
    assert models.requests[0].model == "claude-opus-9"
    told = json.loads(world.autonomy("metrics", "cost", "--json"))
    assert told["by_model"][0]["model"] == "claude-opus-9"
    assert told["usd"] > 0
    assert "claude-opus-9" in world.autonomy("metrics", "cost")


def gateways() -> list[int]:
    """The gateways that this process began: children of its launchers."""
    parents, found = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if b"autonomy_pack.programs.gateway" in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except (OSError, IndexError):
            continue
    return [pid for pid in found if parents.get(parents.get(pid, 0)) == os.getpid()]


def test_a_gateway_that_dies_ends_the_run_with_a_sentence_and_the_spending_stays(world: World, models: Models) -> None:
    def kill(_: object) -> Answer:
        for pid in gateways():
            os.kill(pid, signal.SIGKILL)
        return Answer(text="too late")

    models.always(kill)
    thinking(world)
    world.run()
    assert world.outcomes() == {".#1": "failed"}
    assert end_of(world).data["why"].startswith("the gateway ended: ")
    (reserved,) = events(world, "spend.reserved")
    assert end_of(world).data["usd"] == pytest.approx(reserved.data["usd"], abs=1e-6)
    assert world.open().store.leases() == []
    assert workers() == []


def test_a_killed_run_s_open_calls_count_in_full(world: World, models: Models) -> None:
    models.wait("text")
    thinking(world)
    program = begin(world)
    assert models.waiting.wait(60)
    program.kill()
    program.communicate()
    models.go_on()
    (reserved,) = events(world, "spend.reserved")
    models.call(*WRITE)
    models.call(*DONE)
    world.run()
    ends = {one.run: one.data for one in events(world, "run.finished")}
    assert ends[".#1/1"]["outcome"] == "stale"
    assert ends[".#1/1"]["usd"] == pytest.approx(reserved.data["usd"], abs=1e-6)
    assert ends[".#1/1"]["tokens"] == reserved.data["tokens"]
    assert world.outcomes() == {".#1": "handed_off"}


def test_a_session_whose_run_met_the_wall_does_not_end_as_if_all_were_well(world: World, models: Models) -> None:
    models.otherwise("I go on.")
    thinking(world, limits="tokens: 10400")
    assert world.run().exit_code == 4


def test_at_the_day_s_wall_no_further_issue_is_begun(world: World, models: Models) -> None:
    models.answer(
        lambda request: Answer(text="I look.", usage={"input": 10, "output": 60_000, "cache_read": 0, "cache_write": 0})
    )
    models.otherwise("I go on.")
    thinking(world, config="budget: {day_usd: 0.65}\n", limits="usd: 5")
    for number in ("2", "3"):
        world.issue(number, labels=("priority:low", "mission:think"))
    done = world.run()
    assert world.outcomes() == {".#1": "over_budget", ".#2": "queued", ".#3": "queued"}
    assert [one.run for one in events(world, "task.claimed")] == [".#1/1"]
    waits = {one.id: one.why for one in done.survey.choices if one.task is None}
    assert set(waits) == {"2", "3"}
    assert all(why.startswith("no call of a model fits: $0.6") for why in waits.values()), waits
    assert done.exit_code == 4
    again = world.run()
    assert again.runs == ()
    world.config("budget: {day_usd: 9}\n")
    opened = world.open()
    seen = survey.look(opened, box=box.choose(opened.config, "none"))
    assert [one.id for one in seen.choices if one.eligible] == ["1", "2", "3"]


def test_a_mission_whose_limit_holds_no_call_is_not_begun(world: World, models: Models) -> None:
    thinking(world, limits="usd: 0.01")
    done = world.run()
    assert done.runs == ()
    assert "limits.usd of the mission, or --max-cost-usd" in done.survey.choices[0].why
    assert models.requests == []


def call(number: int, usd: float = 0.01) -> bytes:
    data = {"call": number, "protocol": "anthropic", "model": "m", "usd": usd, "tokens": 100}
    return json.dumps({"kind": "call", "data": data}).encode()


@pytest.fixture
def gateway(world: World, models: Models) -> Iterator[Gateway]:
    """The harness's side of a gateway, without the gateway."""
    del models
    thinking(world)
    opened = world.open()
    none = box.choose(opened.config, "none")
    ((task, mission),) = session.chosen(survey.look(opened, box=none), session.Wanted(max_issues=1))
    held = claim.take(opened, task, None)
    assert held
    terms = Terms(session="alone", box=none, report=world.reported.append)
    run = attempt.begin(opened, task, mission, held, world.root.parent / "records", terms)
    transcript = Transcript(Path(run.folder), run.id, task.id, terms.report)
    job = attempt.prepare(opened, run, held, terms, transcript, world.root.parent / "space")
    endpoint = Endpoint(socket="/nowhere", port=0, token="t", model="m", max_output=100)
    made = Gateway(job=job, endpoint=endpoint, first={})
    made.take_ledger(opened.store)
    yield made
    transcript.close()


def test_each_call_is_asked_about_and_answered_by_its_number(gateway: Gateway) -> None:
    assert gateway.hear(call(1)) == b"go 1\n"
    assert gateway.hear(call(2, usd=5.0)).startswith(b"no 2 over_budget $0.01 of $1.00 of this run")
    assert gateway.ending() is not None
    assert gateway.hear(b"no json") is None
    assert gateway.hear(b'{"kind": "ready"}') is None


@pytest.mark.parametrize("usd", [float("nan"), float("inf"), -1.0])
def test_what_is_no_amount_counts_as_what_was_reserved(gateway: Gateway, world: World, usd: float) -> None:
    assert gateway.hear(call(1, usd=usd)) == b"no 1 denied what the call may cost is no amount\n"
    assert gateway.hear(call(2)) == b"go 2\n"
    usage = {"input": -1, "output": 0, "cache_read": 0, "cache_write": 0}
    said = {"call": 2, "protocol": "anthropic", "model": "m", "usage": usage, "usd": usd, "seconds": 0.1}
    told = {"kind": "model.called", "data": {**said, "request": {}, "response": {"status": 200}}}
    gateway.hear(json.dumps(told).encode())
    [settled] = events(world, "spend.settled")
    assert (settled.data["usd"], settled.data["tokens"]) == (0.01, 100)


def test_under_a_stop_a_call_is_refused(gateway: Gateway, world: World) -> None:
    assert gateway.hear(call(1)) == b"go 1\n"
    touch_stop(world)
    assert gateway.hear(call(2)).startswith(b"no 2 stopped ")


def test_without_the_lease_a_call_is_refused(gateway: Gateway, world: World) -> None:
    steal(world)
    assert gateway.hear(call(1)).startswith(b"no 1 stopped ")


def test_once_a_stop_is_there_the_next_call_is_refused_at_once(world: World, models: Models) -> None:
    def stop(_: object) -> Answer:
        touch_stop(world)
        return Answer(text="I look.")

    models.answer(stop)
    models.otherwise("more")
    thinking(world)
    world.run()
    assert world.outcomes() == {".#1": "stopped"}
    assert len(models.requests) == 1


def test_a_mission_run_by_hand_calls_no_model_either_that_it_does_not_allow(world: World, models: Models) -> None:
    thinking(world, limits="usd: 0")
    ended = world.call("mission", "run", "think", "--sandbox", "none")
    assert ended.returncode == 4, ended.stdout
    assert "allows no call of a model" in ended.stdout
    assert "--max-cost-usd" in ended.stdout
    assert models.requests == []


def test_a_reset_says_which_budget_still_holds_the_task(world: World, models: Models) -> None:
    models.answer(
        lambda request: Answer(text="I look.", usage={"input": 10, "output": 60_000, "cache_read": 0, "cache_write": 0})
    )
    models.otherwise("I go on.")
    thinking(world, config="budget: {issue_usd: 0.2}\n", limits="usd: 5")
    world.run()
    assert world.outcomes() == {".#1": "over_budget"}
    said = world.autonomy("task", "reset", "1")
    assert ".#1 may be tried again, but no call of a model fits: $0." in said
    assert "Raise budget.issue_usd: it is for the issue's whole life" in said
    world.config("budget: {issue_usd: 9}\n")
    assert world.autonomy("task", "reset", "1") == ".#1 may be tried again.\n"


def test_without_a_key_a_mission_run_by_hand_is_not_begun(
    world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    del models
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    thinking(world)
    ended = world.call("mission", "run", "think", "--sandbox", "none")
    assert ended.returncode == 2, ended.stdout
    assert "there is no key for anthropic" in ended.stderr
    assert "ANTHROPIC_API_KEY" in ended.stderr
    assert events(world, "task.claimed") == []


@pytest.mark.parametrize("words", [("--model", ""), ("--max-cost-usd", "nan"), ("--max-cost-usd", "inf")])
def test_what_can_be_no_limit_and_no_model_is_refused(world: World, words: tuple[str, str]) -> None:
    ended = world.call("run", "--sandbox", "none", *words)
    assert ended.returncode == 2, ended.stdout
    assert words[0] in ended.stderr
