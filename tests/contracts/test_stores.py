"""What every store does, whatever the engine: see contracts.Store."""

import json
from dataclasses import asdict, replace
from importlib.resources import files

import jsonschema
import pytest

import gitrefs
from autonomy_pack.edges import clock, host
from autonomy_pack.errors import LeaseLost, PackError, UsageError, WorldError
from autonomy_pack.model import EVENT_FIELDS, Ceiling, Event, Holder
from autonomy_pack.store import audit, connect, open_store
from autonomy_pack.store.conditions import DecisionExpired, DecisionOpen, WithinBudget
from postgres import fresh_url

ME = Holder(host="here", boot="b", pid_namespace="n", pid=1, pid_start=1.0)
OTHER = replace(ME, pid=2)
SCHEMA = jsonschema.Draft202012Validator(json.loads((files("autonomy_pack") / "schemas" / "events.json").read_text()))
START = "2026-01-02T03:04:05.678901Z"


def alive(_):
    return False


def gone(_):
    return True


class Hands:
    """A clock that only moves when told to."""

    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at

    def pass_(self, seconds):
        self.at = clock.later(self.at, seconds)


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture(params=["sqlite", "postgres", "gitrefs"])
def url(request, tmp_path):
    if request.param == "gitrefs":
        return gitrefs.fresh_url(tmp_path)
    return f"sqlite:///{tmp_path / 'autonomy.db'}" if request.param == "sqlite" else fresh_url()


@pytest.fixture
def store(url, hands):
    opened = open_store(url, clock=hands)
    yield opened
    for event in opened.events():
        SCHEMA.validate(asdict(event))
    opened.close()


@pytest.fixture
def other(url, hands, store):
    opened = open_store(url, clock=hands)
    yield opened
    opened.close()


def seen(task=".#7", **changes):
    data = {"title": "T", "priority": 1, "lane": "default", "mission": "m", "agent": "planner", "pin": "p"}
    return Event(kind="task.seen", subject=task, data=data | {"eligible": True, "why": ""} | changes)


def finished(task=".#7", run=".#7/1", **changes):
    data = {"outcome": "failed", "why": "", "seconds": 1.0, "usd": 0.5, "tokens": 3, "transcript_sha256": ""}
    return Event(kind="run.finished", subject=task, run=run, data=data | changes, key=f"finish/{run}")


def asked(deadline, decision="d1", sha="a" * 64):
    data = {"kind": "handoff", "question": "Hand off?", "options": ["approve", "deny"], "default": "deny"}
    rest = {"deadline": deadline, "action_sha256": sha, "may_answer": ["*"]}
    return Event(kind="decision.asked", subject=decision, run=".#7/1", data=data | rest, key=f"ask/{decision}")


def answered(option, decision="d1", sha="a" * 64):
    data = {"option": option, "why": "because", "via": "cli", "action_sha256": sha}
    return Event(kind="decision.answered", subject=decision, data=data, key=f"answer/{decision}", actor="person:x")


def stopped(state="stopped"):
    data = {"scope": "all", "state": state, "why": "w"}
    return Event(kind="control.set", subject="control:all", data=data)


# --- events ----------------------------------------------------------------------------------------------------------


def test_an_appended_event_comes_back_with_its_id_number_and_time(store):
    [event] = store.append([seen()])
    assert (event.seq > 0, len(event.id), event.id[14], event.at) == (True, 36, "7", START)
    assert list(store.events())[1:] == [event]


def test_an_event_with_a_known_key_is_left_out_and_the_others_are_kept(store):
    store.append([finished()])
    again = store.append([finished(outcome="no_change"), stopped()])
    assert [event.kind for event in again] == ["control.set"]
    assert store.head(".#7").attempts == 1


def test_any_text_that_json_can_hold_comes_back_as_it_was(store):
    odd = "nul \0, half a pair \udc80, colon :name, percent %s %(x)s, quote ' \" and 語"
    store.append([seen(title=odd)])
    assert next(store.events(subject=".#7")).data["title"] == odd
    assert "\0" not in store.head(".#7").title


@pytest.mark.parametrize(
    "event",
    [
        Event(kind="task.seen", subject=".#7", data={"title": "only"}),
        Event(kind="task.unheard", subject=".#7", data={}),
        Event(kind="step.started", subject=".#7", data=dict.fromkeys(EVENT_FIELDS["step.started"], "")),
        replace(stopped(), data=dict(stopped().data) | {"more": 1}),
        replace(stopped(), data=dict(stopped().data) | {"why": float("nan")}),
        replace(stopped(), subject="nul \0"),
        replace(stopped(), actor="half \udc80"),
        seen(priority="high"),
        finished(outcome="splendid"),
    ],
)
def test_an_event_that_is_not_of_its_kind_is_refused_with_all_its_company(store, event):
    with pytest.raises(PackError):
        store.append([stopped(), event])
    assert store.head("control:all") is None


def test_events_are_filtered_by_everything_given(store, hands):
    store.append([seen(), seen(".#8")])
    hands.pass_(10)
    store.append([finished(), stopped()])
    later = hands.at

    def kinds(**filters):
        return [event.kind for event in store.events(**filters)]

    assert kinds(subject=".#7") == ["task.seen", "run.finished"]
    assert kinds(run=".#7/1") == ["run.finished"]
    assert kinds(kinds=["control.set", "run.finished"]) == ["run.finished", "control.set"]
    assert kinds(since=later) == ["run.finished", "control.set"]
    assert kinds(since=later, kinds=["task.seen"]) == []
    assert kinds(limit=2) == ["store.migrated", "task.seen"]
    assert kinds(after=next(store.events(run=".#7/1")).seq) == ["control.set"]


def test_more_events_than_a_page_come_in_order_while_the_reader_writes(store):
    store.append([seen(f".#{number}") for number in range(2500)])
    numbers = []
    for event in store.events(kinds=["task.seen"], limit=2400):
        numbers.append(event.seq)
        if len(numbers) % 1000 == 0:
            store.append([stopped()])
    assert len(numbers) == 2400
    assert numbers == sorted(numbers)


def test_ids_rise_while_the_clock_goes_back(store, hands):
    first = store.append([seen()])
    hands.pass_(-3600)
    second = store.append([stopped(), stopped()])
    ids = [event.id for event in first + second]
    assert ids == sorted(ids)


def test_two_handles_never_share_a_number_and_see_each_other(store, other):
    one, two = store.append([seen()]), other.append([seen(".#8")])
    assert two[0].seq > one[0].seq
    assert store.counts("task") == other.counts("task") == {"queued": 2}


# --- conditions ------------------------------------------------------------------------------------------------------


def reserved(usd, tokens=0, call="1", scopes=("run:r", "day:2026-01-02")):
    data = {"scopes": list(scopes), "usd": usd, "tokens": tokens}
    return Event(kind="spend.reserved", subject=".#7", run="r", data=data, key=f"reserve/r/{call}")


def settled(usd, of, tokens=0, of_tokens=0, call="1", scopes=("run:r", "day:2026-01-02")):
    data = {"scopes": list(scopes), "usd": usd, "tokens": tokens, "model": "m", "usage": None}
    data |= {"reserved_usd": of, "reserved_tokens": of_tokens}
    return Event(kind="spend.settled", subject=".#7", run="r", data=data, key=f"settle/r/{call}")


def within(usd, most, *, tokens=0, most_tokens=None, scope="day:2026-01-02"):
    return WithinBudget(ceilings=(Ceiling(scope=scope, usd=most, tokens=most_tokens),), usd=usd, tokens=tokens)


def test_nothing_is_stored_unless_the_condition_holds(store):
    store.append([reserved(0.5)])
    assert store.append([seen(".#9"), stopped()], only_if=within(0.6, 1.0)) == []
    assert len(store.append([seen(".#9"), seen(".#10")], only_if=within(0.5, 1.0))) == 2


def test_a_reservation_counts_against_each_of_its_budgets_until_it_is_settled(store):
    store.append([reserved(0.5, 100)])
    for scope in ("run:r", "day:2026-01-02"):
        head = store.head(scope)
        assert (head.type, head.usd, head.tokens, head.run) == ("budget", 0.5, 100, "r")
    store.append([settled(0.2, 0.5, 40, 100)])
    for scope in ("run:r", "day:2026-01-02"):
        assert (store.head(scope).usd, store.head(scope).tokens) == (pytest.approx(0.2), 40)
    assert store.append([settled(0.2, 0.5, 40, 100)]) == []
    assert audit.examine(store) == []


def test_a_budget_is_full_to_its_last_cent_and_token_and_no_further(store):
    for call in range(10):
        assert store.append([reserved(0.1, 7, str(call))], only_if=within(0.1, 1.0, tokens=7, most_tokens=70))
    assert store.append([reserved(0.001, 0, "x")], only_if=within(0.001, 1.0)) == []
    assert store.append([reserved(0.0, 1, "x")], only_if=within(0.0, None, tokens=1, most_tokens=70)) == []
    assert store.append([reserved(9.0, 1, "x")], only_if=within(9.0, None, scope="day:2026-01-03"))


def test_a_full_budget_among_several_refuses(store):
    store.append([reserved(1.0, scopes=("repo",))])
    both = WithinBudget(ceilings=(Ceiling(scope="run:r", usd=9.0), Ceiling(scope="repo", usd=1.5)), usd=0.6, tokens=0)
    assert store.append([reserved(0.6, call="2")], only_if=both) == []
    assert (
        store.claim(["tick"], ME, seconds=30, dead=alive, events=lambda _: [reserved(0.6, call="2")], only_if=both)
        is None
    )
    assert store.head("run:r") is None


@pytest.mark.parametrize("scopes", ["repo", None, [1], {"a": "b"}])
def test_a_reservation_whose_budgets_are_no_texts_is_refused_whole(store, scopes):
    bad = replace(reserved(0.5), data=reserved(0.5).data | {"scopes": scopes})
    with pytest.raises(UsageError):
        store.append([seen(), bad])
    assert store.head(".#7") is None


def test_a_decision_is_answered_once_before_its_deadline_and_about_the_same_action(store, other, hands):
    store.append([asked(clock.later(START, 60))])
    right = DecisionOpen(decision="d1", action_sha256="a" * 64)
    wrong = DecisionOpen(decision="d1", action_sha256="b" * 64)
    assert store.append([answered("approve", sha="b" * 64)], only_if=wrong) == []
    hands.pass_(59)
    assert len(other.append([answered("approve")], only_if=right)) == 1
    assert store.append([replace(answered("deny"), key="another")], only_if=right) == []
    assert store.head("d1").status == "approved"


def test_at_the_deadline_a_decision_is_only_denied(store, hands):
    store.append([asked(clock.later(START, 60))])
    assert store.append([answered("deny")], only_if=DecisionExpired(decision="d1")) == []
    hands.pass_(60)
    right = DecisionOpen(decision="d1", action_sha256="a" * 64)
    assert store.append([answered("approve")], only_if=right) == []
    assert len(store.append([answered("deny")], only_if=DecisionExpired(decision="d1"))) == 1
    assert store.head("d1").status == "denied"


@pytest.mark.parametrize(
    "condition",
    [None, within(0.0, 9.0), DecisionOpen(decision="d2", action_sha256="a" * 64),
     DecisionOpen(decision="d1", action_sha256="b" * 64), DecisionExpired(decision="d1")],
)  # fmt: skip
def test_an_answer_without_the_condition_of_its_own_question_is_refused(store, condition):
    store.append([asked(clock.later(START, 60)), asked(clock.later(START, 60), decision="d2")])
    with pytest.raises(UsageError):
        store.append([answered("approve")], only_if=condition)


# --- leases ----------------------------------------------------------------------------------------------------------


def test_a_held_lease_is_refused_until_it_expires(store, other, hands):
    [lease] = store.claim(["task:.#7"], ME, seconds=30, dead=alive)
    hands.pass_(29)
    assert other.claim(["task:.#7"], OTHER, seconds=30, dead=alive) is None
    hands.pass_(1)
    [taken] = other.claim(["task:.#7"], OTHER, seconds=30, dead=alive)
    assert taken.fence == lease.fence + 1


def test_a_taken_lease_refuses_its_old_holder_every_write(store, hands):
    [lease] = store.claim(["task:.#7"], ME, seconds=30, dead=alive)
    hands.pass_(31)
    store.claim(["task:.#7"], OTHER, seconds=30, dead=alive)
    for write in (
        lambda: store.append([seen()], lease=lease),
        lambda: store.renew(lease, seconds=30),
        lambda: store.release(lease, events=[seen()]),
    ):
        with pytest.raises(LeaseLost):
            write()
    store.release(lease)
    assert store.head(".#7") is None
    assert store.lease("task:.#7").holder == OTHER


def test_a_dead_holder_s_lease_is_taken_at_once(store):
    store.claim(["task:.#7"], ME, seconds=30, dead=alive)
    asked_about = []
    [lease] = store.claim(["task:.#7"], OTHER, seconds=30, dead=lambda holder: not asked_about.append(holder))
    assert (lease.fence, asked_about) == (2, [ME])


def test_a_real_process_s_lease_is_free_when_it_is_gone(store):
    dead = replace(host.me(), pid_start=1.0)
    store.claim(["task:.#7"], dead, seconds=30, dead=host.is_dead)
    assert store.claim(["task:.#7"], host.me(), seconds=30, dead=host.is_dead)
    assert store.claim(["task:.#7"], OTHER, seconds=30, dead=host.is_dead) is None


def test_the_same_holder_cannot_take_its_own_lease_twice(store):
    assert store.claim(["tick"], ME, seconds=30, dead=alive)
    assert store.claim(["tick"], ME, seconds=30, dead=alive) is None


def test_a_claim_takes_all_its_keys_or_none(store):
    store.claim(["lane:polish/1"], OTHER, seconds=30, dead=alive)
    keys = ["task:.#7", "lane:polish/1"]
    assert store.claim(keys, ME, seconds=30, dead=alive, events=lambda _: [seen()]) is None
    assert (store.lease("task:.#7"), store.head(".#7")) == (None, None)


def test_a_claim_s_events_know_its_leases_and_are_stored_with_them(store):
    leases = store.claim(
        ["task:.#7", "lane:polish/1"], ME, seconds=30, dead=alive, events=lambda held: [seen(title=str(len(held)))]
    )
    assert store.head(".#7").title == "2"
    assert store.leases() == sorted(leases, key=lambda lease: lease.key)


def test_a_claim_whose_condition_fails_takes_nothing(store):
    assert store.claim(["tick"], ME, seconds=30, dead=alive, only_if=within(0.1, 0.0)) is None
    assert store.leases() == []


def test_a_claim_whose_events_are_refused_takes_nothing(store):
    with pytest.raises(UsageError):
        store.claim(["tick"], ME, seconds=30, dead=alive, events=lambda _: [replace(seen(), kind="x")])
    assert store.leases() == []


def test_renewing_moves_the_expiry_and_never_back(store, hands):
    [lease] = store.claim(["tick"], ME, seconds=30, dead=alive)
    hands.pass_(20)
    renewed = store.renew(lease, seconds=30)
    assert renewed.expires == clock.later(START, 50)
    assert store.renew(renewed, seconds=1).expires == clock.later(START, 50)
    assert store.lease("tick") == renewed


def test_a_released_lease_keeps_its_row_and_its_fence_goes_on(store):
    [lease] = store.claim(["tick"], ME, seconds=30, dead=alive)
    store.release(lease, events=[stopped()])
    assert store.lease("tick") == replace(lease, holder=None)
    assert store.claim(["tick"], OTHER, seconds=30, dead=alive)[0].fence == 2
    assert store.head("control:all").status == "stopped"
    with pytest.raises(LeaseLost):
        store.append([seen()], lease=replace(lease, holder=None))


def test_paths_above_and_below_each_other_are_not_held_together(store):
    assert store.claim(["path:src/api"], ME, seconds=30, dead=alive)
    for taken in ("path:src", "path:src/api/v1", "path:./src//api/", "path:", "path:ｓrc/api"):
        assert store.claim([taken], OTHER, seconds=30, dead=alive) is None
    for free in ("path:src/apis", "path:docs", "task:src"):
        assert store.claim([free], OTHER, seconds=30, dead=alive)


@pytest.mark.parametrize("key", ["path:/etc", "path:a/../b", "path:src/*", "path:a\\b", "path:a\0", "tick\0", "\udc80"])
def test_a_path_that_climbs_or_globs_is_refused(store, key):
    with pytest.raises(UsageError):
        store.claim([key], ME, seconds=30, dead=alive)


def test_taking_over_a_path_from_the_dead_refuses_their_late_writes(store, hands):
    [above] = store.claim(["path:src"], ME, seconds=30, dead=alive)
    assert store.claim(["path:src/api"], OTHER, seconds=30, dead=gone)
    with pytest.raises(LeaseLost):
        store.renew(above, seconds=30)
    assert store.claim(["path:src"], ME, seconds=30, dead=alive) is None


# --- heads, opening, closing -----------------------------------------------------------------------------------------


def test_heads_are_newest_first_and_filtered_by_status(store):
    store.append([seen(), seen(".#8"), seen(".#9", eligible=False)])
    store.append([stopped(), finished()])
    assert [head.subject for head in store.heads("task")] == [".#7", ".#9", ".#8"]
    assert [head.subject for head in store.heads("task", status=["queued", "seen"])] == [".#9", ".#8"]
    assert [head.subject for head in store.heads("task", limit=1)] == [".#7"]
    assert store.counts("task") == {"queued": 1, "seen": 1, "failed": 1}
    assert store.heads("task", repo="acme/site") == []


def test_opening_again_finds_everything_by_the_address_it_gave(store, hands):
    store.append([seen()])
    again = open_store(store.url, clock=hands)
    assert again.head(".#7") == store.head(".#7")
    again.close()


def test_the_store_s_own_clock_is_utc_text_that_sorts_as_time(url):
    opened = open_store(url)
    first, second = opened.now(), opened.now()
    assert len(first) == len(START)
    assert first <= second
    assert abs(clock.between(first, clock.now())) < 60
    [event] = opened.append([seen()])
    assert second <= event.at <= opened.now()
    opened.close()


def test_a_store_of_a_newer_program_is_refused_and_an_older_one_asks_for_the_migration(store, url):
    for number, word in ((99, "newer"), (0, "autonomy db migrate")):
        store.append([Event(kind="store.migrated", subject="store", data={"from": 1, "to": number, "backup": ""})])
        with pytest.raises(UsageError) as refused:
            open_store(url)
        assert word in refused.value.says + refused.value.fix


def test_without_its_tables_only_a_bare_connection_opens_nothing(url):
    bare = connect(url)
    assert bare.connection.tables() == set()
    bare.close()


def test_a_writer_waits_for_another_and_gives_up_with_a_message(store, url):
    hasty = open_store(url, patience=0.1)
    with store.writing():
        with pytest.raises(WorldError, match=r"locked by another program for 0\.1 s"):
            hasty.append([stopped()])
        assert hasty.head("control:all") is None
    assert len(hasty.append([stopped()])) == 1
    hasty.close()
