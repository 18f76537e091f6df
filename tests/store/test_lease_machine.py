"""Leases under every order of claims, renewals, deaths, passing time and late writes, checked against a model."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

import gitrefs
from autonomy_pack.edges import clock
from autonomy_pack.errors import LeaseLost
from autonomy_pack.model import Event, Holder, Lease
from autonomy_pack.store import open_store, states
from postgres import fresh_url

KEYS = ["task:.#1", "lane:a/1", "path:src", "path:src/api", "path:docs"]
PEOPLE = [Holder(host="h", boot="b", pid_namespace="n", pid=pid, pid_start=1.0) for pid in range(3)]
SECONDS = 30.0
STATE = {"scope": "all", "state": "stopped", "why": ""}


def overlap(one: str, other: str) -> bool:
    pair = sorted([one, other])
    return one == other or (pair[0].startswith("path:") and pair[1].startswith(pair[0] + "/"))


class Leases(RuleBasedStateMachine):
    """The model: who holds which key with which fence until when, and who is dead."""

    held = Bundle("held")

    def place(self) -> str:
        self.folder = tempfile.mkdtemp()
        return str(Path(self.folder) / "autonomy.db")

    def handle(self, url: str, who: Holder):
        return open_store(url, clock=lambda: self.at)

    def is_dead(self, holder: Holder) -> bool:
        return holder in self.dead

    @initialize()
    def open(self):
        self.at = "2026-01-02T03:04:05.000000Z"
        url = self.place()
        self.handles = [self.handle(url, who) for who in PEOPLE]
        self.truth: dict[str, tuple[Lease, int]] = {}
        self.fences: dict[str, int] = {}
        self.dead: set[Holder] = set()
        self.writes = 0

    def free(self, key: str) -> bool:
        if key not in self.truth:
            return True
        lease, _ = self.truth[key]
        return lease.expires <= self.at or lease.holder in self.dead

    @rule(
        target=held,
        who=st.sampled_from(PEOPLE),
        keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
    )
    def claim(self, who, keys):
        rivals = [key for key in self.truth if any(overlap(key, wanted) for wanted in keys)]
        got = self.handles[who.pid].claim(keys, who, seconds=SECONDS, dead=self.is_dead)
        assert (got is not None) == all(self.free(key) for key in rivals)
        if got is None:
            return multiple()
        for key in rivals:
            del self.truth[key]
        for lease in got:
            assert lease.fence == self.fences.get(lease.key, 0) + 1
            self.fences[lease.key] = lease.fence
            self.truth[lease.key] = (lease, lease.fence)
        return multiple(*got)

    def current(self, lease: Lease) -> bool:
        return lease.key in self.truth and self.truth[lease.key][1] == lease.fence

    def does(self, lease: Lease, write) -> bool:
        try:
            write(self.handles[lease.holder.pid])
        except LeaseLost:
            assert not self.current(lease)
            return False
        assert self.current(lease)
        return True

    @rule(lease=held)
    def write(self, lease):
        """Also by the dead, the late and those who gave it back: their writes must be refused."""
        event = Event(kind="control.set", subject="control:all", data=STATE)
        self.writes += self.does(lease, lambda store: store.append([event], lease=lease))

    @rule(lease=held)
    def renew(self, lease):
        if self.does(lease, lambda store: store.renew(lease, seconds=SECONDS)):
            now = max(clock.later(self.at, SECONDS), lease.expires)
            self.truth[lease.key] = (dataclasses.replace(lease, expires=now), lease.fence)

    @rule(lease=held, speaks=st.booleans())
    def release(self, lease, speaks):
        event = Event(kind="control.set", subject="control:all", data=STATE)
        if not speaks:
            self.handles[lease.holder.pid].release(lease)
        elif self.does(lease, lambda store: store.release(lease, events=[event])):
            self.writes += 1
        if self.current(lease):
            del self.truth[lease.key]

    @rule(seconds=st.sampled_from([0.5, 29.0, 31.0]))
    def pass_time(self, seconds):
        self.at = clock.later(self.at, seconds)

    @rule(who=st.sampled_from(PEOPLE))
    def die(self, who):
        self.dead.add(who)

    @rule(who=st.sampled_from(PEOPLE))
    def come_back(self, who):
        self.dead.discard(who)

    @invariant()
    def the_store_says_what_the_model_says(self):
        found = {lease.key: (lease.fence, lease.holder, lease.expires) for lease in self.handles[0].leases()}
        assert found == {key: (fence, lease.holder, lease.expires) for key, (lease, fence) in self.truth.items()}
        assert sum(1 for _ in self.handles[0].events(kinds=["control.set"])) == self.writes

    def teardown(self):
        for handle in getattr(self, "handles", []):
            handle.close()
        shutil.rmtree(getattr(self, "folder", "/nonexistent"), ignore_errors=True)


class LeasesOnPostgres(Leases):
    """The same on the server."""

    def place(self) -> str:
        return fresh_url()


class LeasesOnRefs(Leases):
    """The same on a git repository, where every process has a copy of its own."""

    def place(self) -> str:
        self.folder = tempfile.mkdtemp()
        return gitrefs.bare(Path(self.folder) / "refs.git")

    def handle(self, url: str, who: Holder):
        return gitrefs.clone(url, Path(self.folder) / str(who.pid), clock=lambda: self.at)

    def is_dead(self, holder: Holder) -> bool:
        return states.hidden(holder) in map(states.hidden, self.dead)

    @invariant()
    def the_store_says_what_the_model_says(self):
        self.handles[0].refresh()
        found = {
            lease.key: (lease.fence, states.hidden(lease.holder), lease.expires) for lease in self.handles[0].leases()
        }
        truth = {key: (fence, states.hidden(lease.holder), lease.expires) for key, (lease, fence) in self.truth.items()}
        assert found == truth
        assert sum(1 for _ in self.handles[0].events(kinds=["control.set"])) == self.writes


@pytest.mark.parametrize(("machine", "examples"), [(Leases, 150), (LeasesOnPostgres, 30), (LeasesOnRefs, 8)])
def test_no_key_ever_has_two_holders_and_every_stale_write_is_refused(machine, examples):
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, database=None, suppress_health_check=quiet
        ),
    )
