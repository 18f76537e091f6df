"""What only the store on refs has to hold: several copies, answers that are lost, refs that others wrote."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import gitrefs
from autonomy_pack.edges import commits, git, host
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import LeaseLost, PackError, UsageError, WorldError
from autonomy_pack.model import Ceiling, Event, Holder, Move
from autonomy_pack.store import audit, lines, open_store, states
from autonomy_pack.store.conditions import WithinBudget

ME = Holder(host="here", boot="b", pid_namespace="n", pid=1, pid_start=1.0)
OTHER = replace(ME, pid=2)
KEY = "task:acme/site#12@345"
TOKEN = "ghp_" + "a1B2" * 9
EVENTS, LEASE = lines.EVENTS, states.ref_of(KEY)


def alive(_):
    return False


def gone(_):
    return True


def stopped(why="w", subject="control:all", **rest):
    return Event(kind="control.set", subject=subject, data={"scope": "all", "state": "stopped", "why": why}, **rest)


class Place:
    """A bare repository, and as many copies of its store as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git_dir = folder / "refs.git"
        self.url = gitrefs.bare(self.git_dir)
        self.open = []

    def clone(self, name="a", **rest):
        self.open.append(gitrefs.clone(self.url, self.folder / name, **rest))
        return self.open[-1]

    def git(self, *words, stdin=b""):
        return git.text(git.run(*words, at=self.git_dir, stdin=stdin))

    def refs(self):
        return dict(line.split() for line in self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())

    def put(self, ref, message, parent=""):
        """Write a commit that says this to a ref, as anybody with write access can."""
        oid = commits.write(self.git_dir, message, parent, "2026-01-02T03:04:05.000000Z")
        self.git("update-ref", ref, oid)
        return oid

    def hook(self, name, text):
        path = self.git_dir / "hooks" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def everything(self):
        """All that can be read in the repository, as text."""
        oids = self.git("rev-list", "--all").split()
        return "\n".join(self.git("cat-file", "-p", oid) for oid in oids) + "\n".join(self.refs())


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    for store in made.open:
        store.close()


def forbidden(dead):
    raise AssertionError(f"{dead} was asked about")


# --- several copies --------------------------------------------------------------------------------------------------


def test_a_copy_made_anew_is_equal_in_everything(place):
    first, second = place.clone("a"), place.clone("b")
    for number in range(6):
        (first if number % 2 else second).append([stopped(subject=f"control:{number}", key=f"k{number}")])
    [lease] = first.claim([KEY], ME, seconds=30, dead=alive)
    first.release(first.claim(["lane:x/1"], ME, seconds=30, dead=alive)[0])
    for store in (first, second, fresh := place.clone("c")):
        store.refresh()
        assert list(store.events())[1:] == list(fresh.events())[1:]
        assert store.heads("control") == fresh.heads("control")
        assert audit.examine(store) == []
    assert [one.key for one in fresh.leases()] == [KEY]
    assert fresh.lease("lane:x/1") == first.lease("lane:x/1")
    assert replace(fresh.lease(KEY), holder=None) == replace(lease, holder=None)


def test_what_another_copy_wrote_decides_a_write_at_once(place):
    first, second = place.clone("a"), place.clone("b")
    spent = {"scopes": ["repo"], "usd": 1.0, "tokens": 0}
    first.append([Event(kind="spend.reserved", subject=".#1", data=spent)])
    assert second.append([stopped()], only_if=_A_DOLLAR) == []
    assert second.claim(["tick"], ME, seconds=30, dead=alive, only_if=_A_DOLLAR) is None


_A_DOLLAR = WithinBudget(ceilings=(Ceiling(scope="repo", usd=1.0),), usd=0.5, tokens=0)


def test_an_event_known_to_another_copy_is_left_out(place):
    first, second = place.clone("a"), place.clone("b")
    assert len(first.append([stopped(key="once")])) == 1
    before = place.refs()
    assert second.append([stopped(key="once")]) == []
    assert place.refs() == before


def test_a_holder_that_lost_its_lease_elsewhere_writes_no_event(place):
    first, second = place.clone("a"), place.clone("b")
    [lease] = first.claim([KEY], ME, seconds=30, dead=alive)
    second.claim([KEY], OTHER, seconds=30, dead=gone)
    for write in (
        lambda: first.append([stopped()], lease=lease),
        lambda: first.renew(lease, seconds=30),
        lambda: first.release(lease, events=[stopped()]),
        lambda: first.move(lease, {}),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert EVENTS not in place.refs()


def test_an_event_under_a_lease_moves_the_lease_too_so_that_a_takeover_meets_it(place):
    store = place.clone()
    [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
    before = store.state_of(KEY)
    store.append([stopped()], lease=lease)
    assert place.git("rev-parse", f"{store.state_of(KEY)}^") == before


def test_a_claim_of_paths_moves_a_ref_that_every_claim_of_paths_moves(place):
    store = place.clone()
    store.claim(["path:src"], ME, seconds=30, dead=alive)
    first = place.refs()[states.PATHS]
    store.claim(["path:docs"], ME, seconds=30, dead=alive)
    assert place.git("rev-parse", f"{place.refs()[states.PATHS]}^") == first


def test_a_claim_under_a_condition_moves_the_events_that_the_condition_was_read_from(place):
    store = place.clone()
    store.append([stopped()])
    before = place.refs()[EVENTS]
    assert store.claim(["tick"], ME, seconds=30, dead=alive, only_if=_A_DOLLAR)
    assert place.git("rev-parse", f"{place.refs()[EVENTS]}^") == before
    assert [one.kind for one in place.clone("b").events()] == ["store.migrated", "control.set"]


def test_a_released_lease_keeps_its_ref_and_each_state_has_the_one_it_replaced_as_its_only_parent(place):
    store = place.clone()
    for fence in (1, 2):
        [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
        assert lease.fence == fence
        store.release(store.renew(lease, seconds=60))
    assert place.git("rev-list", "--count", LEASE) == "6"
    assert all(len(line.split()) <= 2 for line in place.git("rev-list", "--parents", LEASE).splitlines())
    assert {place.git("rev-parse", f"{oid}^{{tree}}") for oid in place.git("rev-list", LEASE).split()} == {
        commits.EMPTY_TREE
    }


def test_many_events_become_several_commits_of_one_push(place):
    store = place.clone()
    many = [stopped("x" * 90_000, subject=f"control:{number}") for number in range(15)]
    store.append(many)
    sizes = [int(place.git("cat-file", "-s", oid)) for oid in place.git("rev-list", EVENTS).split()]
    assert len(sizes) == 3
    assert max(sizes) <= 512 * 1024 + 4096
    assert place.clone("b").counts("control") == {"stopped": 15}
    with pytest.raises(UsageError, match="more than"):
        store.append([stopped("x" * 600_000)])


def test_a_repository_that_cannot_be_reached_stops_reads_and_writes(place):
    store = place.clone()
    place.git_dir.rename(place.folder / "away.git")
    for use in (store.refresh, lambda: store.append([stopped()]), lambda: store.claim([KEY], ME, seconds=1, dead=gone)):
        with pytest.raises(WorldError):
            use()
    (place.folder / "away.git").rename(place.git_dir)
    assert len(store.append([stopped()])) == 1


def test_what_a_killed_git_left_locked_is_healed(place):
    store = place.clone()
    store.append([stopped()])
    (store.remote.git_dir / "packed-refs.lock").touch()
    locked = store.remote.git_dir / (EVENTS + ".lock")
    locked.parent.mkdir(parents=True, exist_ok=True)
    locked.touch()
    place.clone("b").append([stopped()])
    assert len(store.append([stopped()])) == 1


# --- moving a lease and a branch together ----------------------------------------------------------------------------


def branch(store):
    """A commit with a file, as a handoff has it."""
    blob = git.text(git.run("hash-object", "-w", "--stdin", at=store.remote.git_dir, stdin=b"hello\n"))
    tree = git.run("mktree", at=store.remote.git_dir, stdin=f"100644 blob {blob}\ta.txt\n".encode())
    who = {f"GIT_{role}_{part}": "t@t.invalid" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return git.text(git.run("commit-tree", git.text(tree), "-m", "x", at=store.remote.git_dir, env=who))


def test_a_branch_and_the_lease_move_together_and_the_lease_says_so(place):
    store = place.clone()
    [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
    head, said = branch(store), {"branch": "agent/x", "head": "h"}
    move = store.move(lease, said)
    assert (move.ref, move.old) == (LEASE, store.state_of(KEY))
    assert store.remote.push([Move(ref="refs/heads/agent/x", old=ZERO, new=head), move])
    store.moved(move)
    assert (store.state_of(KEY), store.said(KEY), store.lease(KEY)) == (move.new, said, lease)
    store.release(store.renew(lease, seconds=60))
    [taken] = place.clone("b").claim([KEY], OTHER, seconds=30, dead=alive)
    assert (taken.fence, place.clone("c").said(KEY)) == (2, said)


def test_a_stale_fence_refuses_the_branch_and_the_lease(place):
    first, second = place.clone("a"), place.clone("b")
    [lease] = first.claim([KEY], ME, seconds=30, dead=alive)
    head = branch(first)
    move = first.move(lease, {})
    second.claim([KEY], OTHER, seconds=30, dead=gone)
    before = place.refs()
    assert first.remote.push([Move(ref="refs/heads/agent/x", old=ZERO, new=head), move]) is False
    assert place.refs() == before


def test_a_branch_that_is_there_refuses_the_lease_s_move_too(place):
    store = place.clone()
    [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
    place.put("refs/heads/agent/x", "somebody else's")
    before = place.refs()
    moves = [Move(ref="refs/heads/agent/x", old=ZERO, new=branch(store)), store.move(lease, {})]
    assert store.remote.push(moves) is False
    assert place.refs() == before


def test_a_lease_never_taken_has_no_state(place):
    store = place.clone()
    assert (store.state_of(KEY), store.said(KEY)) == ("", {})


# --- the first claim without git -------------------------------------------------------------------------------------


class Api:
    """Makes a ref as GitHub's API does: a commit, then the ref if it is not there."""

    def __init__(self, place, lose=""):
        self.place, self.lose, self.calls = place, lose, []

    def __call__(self, ref, message, at):
        self.calls.append(ref)
        if self.lose == "before":
            raise WorldError("the answer was lost", "")
        oid = commits.write(self.place.git_dir, message, "", at.replace("Z", ".000000Z"))
        code, _, _ = git.heard("update-ref", ref, oid, ZERO, at=self.place.git_dir)
        if self.lose == "after":
            raise WorldError("the answer was lost", "")
        return oid if code == 0 else None


def test_a_first_claim_of_one_key_is_made_by_create_and_later_moves_by_push(place):
    api = Api(place)
    store = place.clone(create=api)
    [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
    assert store.state_of(KEY) == place.refs()[LEASE]
    assert store.claim([KEY], OTHER, seconds=30, dead=alive) is None
    store.release(lease)
    [again] = store.claim([KEY], ME, seconds=30, dead=alive)
    store.claim(["a", "b"], ME, seconds=30, dead=alive)
    store.claim(["c"], ME, seconds=30, dead=alive, events=lambda _: [stopped()])
    store.claim(["path:src"], ME, seconds=30, dead=alive)
    assert (again.fence, api.calls) == (2, [LEASE])


def test_a_ref_that_was_created_by_another_is_taken(place):
    def late(ref, message, at):
        place.clone("b").claim([KEY], OTHER, seconds=30, dead=alive)
        return Api(place)(ref, message, at)

    assert place.clone("a", create=late).claim([KEY], ME, seconds=30, dead=alive) is None


def test_a_create_whose_answer_is_lost_is_ours_when_the_ref_says_so(place):
    assert place.clone("a", create=Api(place, "after")).claim([KEY], ME, seconds=30, dead=alive)
    with pytest.raises(WorldError, match="lost"):
        place.clone("b", create=Api(place, "before")).claim(["other"], ME, seconds=30, dead=alive)
    assert place.clone("c").claim(["other"], ME, seconds=30, dead=alive)


# --- lost answers and kills ------------------------------------------------------------------------------------------

ONCE = 'test -e "$GIT_DIR/fault" || exit 0; rm "$GIT_DIR/fault"; '
WRITES = {
    "append": lambda store: store.append([stopped(key="one")]),
    "claim": lambda store: store.claim([KEY], ME, seconds=30, dead=alive, events=lambda _: [stopped(key="one")]),
    "take over": lambda store: store.claim(["held"], ME, seconds=30, dead=gone, events=lambda _: [stopped(key="one")]),
    "renew": lambda store: store.renew(store.lease("held"), seconds=60),
    "release": lambda store: store.release(store.lease("held"), events=[stopped(key="one")]),
}


@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
@pytest.mark.parametrize("write", WRITES)
def test_a_push_whose_answer_is_lost_is_made_once(place, hook, write):
    place.clone().claim(["held"], ME, seconds=30, dead=alive)
    place.hook(hook, ONCE + "kill -9 $PPID")
    (place.git_dir / "fault").touch()
    WRITES[write](place.open[0])
    assert not (place.git_dir / "fault").exists()
    fresh = place.clone("fresh")
    assert len(list(fresh.events(kinds=["control.set"]))) == (write != "renew")
    assert int(place.git("rev-list", "--count", "--all")) == {"append": 2, "claim": 3, "renew": 2}.get(write, 3)


def test_a_push_whose_answer_is_lost_and_after_which_others_went_on_was_made(place):
    """Another copy appends before we look: ours is below its commit, so it was made, and is not made twice."""
    first, second = place.clone("a"), place.clone("b")
    worker = f"""
from pathlib import Path; import gitrefs; from autonomy_pack.model import Event
store = gitrefs.clone({place.url!r}, Path({str(place.folder / "b")!r}))
store.append([Event(kind="control.set", subject="control:b", data=dict(scope="all", state="stopped", why=""))])
"""
    second.close()
    environment = f"PYTHONPATH={Path(__file__).parents[1]} HOME={place.folder} "
    (place.folder / "worker.py").write_text(worker)
    unset = "unset $(git rev-parse --local-env-vars); "
    place.hook(
        "post-receive", f'{ONCE} {unset} {environment} "{sys.executable}" {place.folder}/worker.py; kill -9 $PPID'
    )
    (place.git_dir / "fault").touch()
    assert len(first.append([stopped(subject="control:a")])) == 1
    assert [one.subject for one in place.clone("c").events(kinds=["control.set"])] == ["control:a", "control:b"]


@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
def test_a_process_killed_at_its_push_leaves_a_store_that_goes_on(place, hook):
    worker = f"""
import os; from pathlib import Path; import gitrefs; from autonomy_pack.edges import host; from autonomy_pack.model import Event
store = gitrefs.clone({place.url!r}, Path({str(place.folder / "a")!r}))
Path({str(place.git_dir / "fault")!r}).write_text(str(os.getpid()))
said = Event(kind="control.set", subject="control:a", key="one", data=dict(scope="all", state="stopped", why=""))
store.claim([{KEY!r}], host.me(), seconds=30, dead=host.is_dead, events=lambda _: [said])
"""
    place.hook(hook, 'test -e "$GIT_DIR/fault" || exit 0; kill -9 $(cat "$GIT_DIR/fault") $PPID')
    path = str(Path(__file__).parents[1])
    ended = subprocess.run([sys.executable, "-c", worker], env={**os.environ, "PYTHONPATH": path}, check=False)
    assert ended.returncode == -signal.SIGKILL
    (place.git_dir / "fault").unlink()
    came = hook == "post-receive"
    for name in ("a", "b"):
        assert place.clone(name).counts("control") == ({"stopped": 1} if came else {})
    [lease] = place.open[0].claim([KEY], host.me(), seconds=30, dead=gone if came else alive)
    assert lease.fence == 1 + came
    assert place.open[0].append([stopped(key="one", subject="control:a")]) == [] if came else True


# --- refs that others wrote ------------------------------------------------------------------------------------------

GOOD = {"key": KEY, "fence": 1, "holder": None, "expires": "2026-01-02T03:04:05.678901Z", "said": {}, "nonce": ""}
ACTIONS = ["actions", "77", "acme/site", 1, 0.0]
STATE = "autonomy/lease 1\n"


def state(**changes):
    return STATE + json.dumps(GOOD | changes)


STRANGE = {
    "words": "hello",
    "empty": "",
    "no JSON": STATE + "{",
    "a list": STATE + "[]",
    "deep": STATE + "[" * 60_000,
    "a name twice": STATE + json.dumps(GOOD)[:-1] + ', "fence": 2}',
    "a field more": state(more=1),
    "a field less": STATE + json.dumps({name: word for name, word in GOOD.items() if name != "said"}),
    "another key": state(key="task:other"),
    "half a pair": state(key="\udc80"),
    "fence 0": state(fence=0),
    "fence true": state(fence=True),
    "fence huge": state(fence=1 << 60),
    "fence NaN": state(fence=float("nan")),
    "no time": state(expires="tomorrow"),
    "holder a word": state(holder="me"),
    "holder short": state(holder=["a"]),
    "holder odd": state(holder=["a", "b", "c", "1", 1.0]),
    "a run without number": state(holder=["actions", "x", "acme/site", 1, 0.0]),
    "said a list": state(said=[1]),
    "too long": state(said={"x": "x" * 80_000}),
    "events": "autonomy/events 1\n",
}


@pytest.mark.parametrize("message", STRANGE.values(), ids=STRANGE)
def test_a_lease_that_cannot_be_read_is_held_by_nobody_s_leave(place, message):
    place.put(LEASE, message)
    store = place.clone()
    assert store.claim([KEY], ME, seconds=30, dead=forbidden) is None
    assert store.claim([KEY, "tick"], ME, seconds=30, dead=forbidden) is None
    assert store.lease(KEY).holder == states.UNREADABLE
    assert store.claim(["tick"], ME, seconds=30, dead=alive)


def test_a_lease_that_is_no_commit_is_held(place):
    blob = place.git("hash-object", "-w", "--stdin", stdin=state().encode())
    tree = place.git("mktree", stdin=f"100644 blob {blob}\ta\n".encode())
    head = f"tree {tree}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\n{state()}"
    files = place.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=head.encode())
    for oid in (blob, tree, files):
        place.git("update-ref", LEASE, oid)
        assert place.clone(oid[:8]).claim([KEY], ME, seconds=30, dead=gone) is None


def test_a_lease_whose_fence_falls_or_whose_holder_changes_under_one_fence_is_held_until_it_is_put_back(place):
    store = place.clone()
    store.claim([KEY], ME, seconds=30, dead=alive)
    [lease] = store.claim([KEY], OTHER, seconds=30, dead=gone)
    good = store.state_of(KEY)
    for changes in ({"fence": 1}, {"fence": 2, "holder": ACTIONS}):
        place.put(LEASE, state(**changes))
        assert store.claim([KEY], ME, seconds=30, dead=gone) is None
        place.git("update-ref", LEASE, good)
        assert store.append([stopped()], lease=lease)
        good = store.state_of(KEY)


def test_refs_that_lead_to_no_key_are_nobody_s_business(place):
    for name in ("a%2", "a%zz", "%61", "path%3Asrc%2F%2Fapi", "path%3A%2Fetc", "%FF", "x/y"):
        place.put(states.LEASES + name, "hello")
    place.put(EVENTS + "-too", "hello")
    store = place.clone()
    assert store.leases() == []
    assert store.claim(["a", "path:src"], ME, seconds=30, dead=alive)


def test_a_lease_s_ref_that_is_gone_is_free_and_its_fence_goes_on_where_it_is_known(place):
    store, other = place.clone("a"), place.clone("b")
    store.claim([KEY], ME, seconds=30, dead=alive)
    place.git("update-ref", "-d", LEASE)
    assert store.append([stopped()])
    assert LEASE not in place.refs()
    [lease] = store.claim([KEY], ME, seconds=30, dead=alive)
    assert lease.fence == 2
    place.git("update-ref", "-d", LEASE)
    [lease] = other.claim([KEY], OTHER, seconds=30, dead=alive)
    assert (lease.fence, store.claim([KEY], ME, seconds=30, dead=alive)) == (1, None)


EVENT = {"id": "019b7c11-2345-7abc-8def-0123456789ab", "at": "2026-01-02T03:04:05.678901Z", "kind": "control.set"}
EVENT |= {"repo": ".", "subject": "control:all", "run": "", "actor": "system", "key": None, "v": 1}
EVENT |= {"data": {"scope": "all", "state": "stopped", "why": ""}}
HEAD = "autonomy/events 1\n"


def line(**changes):
    return HEAD + json.dumps(EVENT | changes) + "\n"


FORGED = {
    "words": "hello",
    "no JSON": HEAD + "{",
    "unknown kind": line(kind="task.unheard"),
    "of a transcript": line(kind="agent.said", data={"text": "x"}),
    "a field more": line(more=1),
    "a number for a text": line(subject=7),
    "data of another kind": line(data={"text": "x"}),
    "a type wrong": line(data={"scope": "all", "state": 1, "why": ""}),
    "NUL in a name": line(subject="a\0"),
    "half a pair": line(subject="\udc80"),
    "no time": line(at="yesterday"),
    "deep": HEAD + '{"data":' * 60_000,
    "too long": line(data={"scope": "all", "state": "stopped", "why": "x" * 600_000}),
    "other version": "autonomy/events 2\n",
}


@pytest.mark.parametrize("message", FORGED.values(), ids=FORGED)
def test_events_that_cannot_be_read_block_and_name_their_commit(place, message):
    store = place.clone()
    store.append([stopped()])
    oid = place.put(EVENTS, message, parent=place.refs()[EVENTS])
    for use in (store.refresh, lambda: store.append([stopped()]), lambda: place.clone("b")):
        with pytest.raises(WorldError, match=oid):
            use()


def test_rewritten_events_are_unknown_and_block(place):
    store = place.clone()
    for _ in range(3):
        store.append([stopped()])
    good = place.refs()[EVENTS]
    for strange in (place.git("rev-parse", f"{good}^"), commits.write(place.git_dir, line(), "", EVENT["at"])):
        place.git("update-ref", EVENTS, strange)
        for use in (
            store.refresh,
            lambda: store.append([stopped()]),
            lambda: store.claim([KEY], ME, seconds=1, dead=gone),
        ):
            with pytest.raises(WorldError, match="rewritten"):
                use()
    place.git("update-ref", "-d", EVENTS)
    with pytest.raises(WorldError, match="gone"):
        store.refresh()
    place.git("update-ref", EVENTS, good)
    assert len(store.append([stopped()])) == 1


def test_a_merge_among_events_blocks(place):
    store = place.clone()
    store.append([stopped()])
    tip = place.refs()[EVENTS]
    side = commits.write(place.git_dir, HEAD, "", EVENT["at"])
    head = f"tree {commits.EMPTY_TREE}\nparent {tip}\nparent {side}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\n{HEAD}"
    merge = place.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=head.encode())
    place.git("update-ref", EVENTS, merge)
    with pytest.raises(WorldError, match="rewritten"):
        store.refresh()


def test_a_store_of_a_newer_program_is_refused_by_a_copy_made_anew(place):
    place.clone().append([Event(kind="store.migrated", subject="store", data={"from": 1, "to": 99, "backup": ""})])
    with pytest.raises(UsageError, match="newer"):
        place.clone("b")


# --- what is pushed --------------------------------------------------------------------------------------------------


def test_nothing_secret_is_pushed(place, monkeypatch):
    monkeypatch.setenv("AUTONOMY_GITHUB_TOKEN", TOKEN)
    store = open_store(f"gitrefs+{place.url}")
    me = host.me()
    said = {"fence": 1, "holder": f"{me.host}:{me.pid}", "expires": "2026-01-02T03:04:05.678901Z"}
    claimed = Event(kind="task.claimed", subject="acme/site#12", data=said)
    [lease] = store.claim([KEY], me, seconds=30, dead=alive, events=lambda _: [claimed, stopped(f"token {TOKEN} x")])
    assert lease.holder == store.lease(KEY).holder == me
    move = store.move(lease, {"note": TOKEN})
    assert store.remote.push([move])
    store.close()
    everything = place.everything()
    for secret in (TOKEN, me.boot, f'"{me.host}"', f"{me.host}:", socket.gethostname() + '"'):
        assert secret not in everything
    assert "sha256:" in everything
    assert place.clone("b").counts("control") == {"stopped": 1}


def test_the_holder_of_a_workflow_s_run_can_be_asked_about_anywhere(place):
    run = Holder(host="actions", boot="123456", pid_namespace="acme/site", pid=2, pid_start=0.0)
    place.clone("a").claim([KEY], run, seconds=10 * 365 * 86400, dead=alive)
    asked = []
    place.clone("b").claim([KEY], ME, seconds=30, dead=lambda holder: asked.append(holder))
    assert asked == [run]


@pytest.mark.parametrize("key", ["task:" + "x" * 300, "task:" + "ü" * 60, ""], ids=["long", "wide", "empty"])
def test_a_key_that_no_ref_can_have_is_refused(place, key):
    with pytest.raises(UsageError, match="cannot be leased on a ref"):
        place.clone().claim([key], ME, seconds=30, dead=alive)


def test_every_key_has_a_ref_of_its_own_that_git_takes_and_that_leads_back(place):
    keys = [
        "task:a/b#1@2",
        "path:src",
        "path:src/api",
        "path:",
        "a..b",
        "a.lock",
        ".",
        "-x",
        "%41",
        "A",
        "ü",
        "a b",
        "@{",
    ]
    store = place.clone()
    for key in keys:
        if key not in ("path:", "path:src/api"):
            assert store.claim([key], ME, seconds=30, dead=alive)
    assert [states.key_of(states.ref_of(key)) for key in keys] == keys


@pytest.mark.parametrize(
    "url",
    ["gitrefs+ftp://h/x.git", "gitrefs+https://u:s3cret@h/x.git", "gitrefs+ext::sh -c true", "gitrefs+https://[/x"],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url):
    with pytest.raises(PackError) as refused:
        open_store(url)
    assert "s3cret" not in refused.value.says + refused.value.fix


def test_a_copy_may_be_made_by_several_at_once(place):
    remotes = [Remote(place.url, place.folder / "shared" / "copy.git") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda remote: remote.tips("refs/*"), remotes)) == [{}] * 4
    assert [path.name for path in (place.folder / "shared").iterdir()] == ["copy.git"]
