"""What several flow tests begin with: an agent that does as it is told, a change that must be asked about, a process."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autonomy_pack.edges import clock, host
from autonomy_pack.flows import attempt, box, session, survey
from autonomy_pack.flows.job import Terms
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Event, Holder
from autonomy_pack.store import open_store
from tests.world import PASSING, World


def scripted(
    world: World,
    script: str,
    *,
    id: str = "1",
    checks: str = PASSING,
    limits: str = "steps: 20, minutes: 1, stall_minutes: 1",
    mission: str = "",
    labels: tuple[str, ...] = (),
) -> None:
    """Issue `id` for the double, which plays `script`, a line a step."""
    world.config(checks)
    lines = json.dumps(script.splitlines())
    name = f"free-{id.lower()}"
    world.mission(name, f"goal: Do it.\nagent: script\nconstraints: {lines}\nlimits: {{{limits}}}\n{mission}")
    world.issue(id, labels=("priority:high", f"mission:{name}", *labels), body=f"{script}\n")


def thinking(
    world: World, *, id: str = "1", limits: str = "usd: 1", config: str = "", tools: str = "read, write"
) -> None:
    """Issue `id` for the built-in agent, which asks a model."""
    world.config(config or "attempts: 2\n")
    world.mission("think", f"goal: Do it.\nagent: anthropic\ntools: [{tools}]\nlimits: {{minutes: 2, {limits}}}\n")
    world.issue(id, labels=("priority:high", "mission:think"))


def bump(world: World, *, id: str = "1", checks: str = PASSING) -> None:
    """Issue `id`, whose change touches a manifest and so has to be asked about."""
    world.write("requirements.txt", "ruff==0.14.2\n")
    world.commit("requirements")
    world.config(checks)
    body = "### Find\n\n0.14.2\n\n### Replace with\n\n0.15.0\n\n### Files\n\nrequirements.txt\n"
    world.issue(id, body=body)


def asked(world: World) -> str:
    """Run until the change of `bump` waits; the id of its decision."""
    bump(world)
    world.run()
    (decision,) = world.open().store.heads("decision")
    assert decision.status == "pending"
    return decision.subject


def attempted(world: World, stopped: Callable[[], str] = lambda: "") -> Event | None:
    """One attempt at the only eligible issue, without the session around it."""
    opened = world.open()
    none = box.choose(opened.config, "none")
    ((task, mission),) = session.chosen(survey.look(opened, box=none), session.Wanted(max_issues=1))
    terms = Terms(session="alone", box=none, report=world.reported.append, stopped=stopped)
    return attempt.attempt(opened, task, mission, terms)


def run_with(world: World, report: Callable[[Event], None], opened: Project | None = None) -> session.Session:
    """A session whose every event is shown to `report` first."""

    def told(event: Event) -> None:
        world.reported.append(event)
        report(event)

    opened = opened or world.open()
    return session.run(opened, session.Wanted(max_issues=10), box.choose(opened.config, "none"), told)


def at(kind: str, do: Callable[[], object], **data: Any) -> Callable[[Event], None]:
    """Do something at the first event of that kind (and with these data)."""
    done: list[bool] = []

    def report(event: Event) -> None:
        if event.kind == kind and not done and all(event.data.get(key) == part for key, part in data.items()):
            done.append(True)
            do()

    return report


def later(opened: Project, hours: float) -> Project:
    """The same project when that many hours have passed, by the clock of its store."""
    ahead = lambda: clock.later(clock.now(), hours * 3600)  # noqa: E731
    return dataclasses.replace(opened, store=open_store(opened.store_url, clock=ahead))


def steal(world: World, task: str = ".#1") -> None:
    """Somebody else takes the task over."""
    other = Holder(host="elsewhere", boot="b", pid_namespace="p", pid=1, pid_start=1.0)
    assert world.open().store.claim([f"task:{task}"], other, seconds=60, dead=lambda _: True)


def stop_file(world: World) -> Path:
    return world.root / ".agent-workspace" / "STOP"


def touch_stop(world: World) -> None:
    stop_file(world).parent.mkdir(exist_ok=True)
    stop_file(world).touch()


def events(world: World, kind: str) -> list[Event]:
    return list(world.open().store.events(kinds=[kind]))


def files_of(world: World, commit: str) -> list[str]:
    return world.git("ls-tree", "-r", "--name-only", commit).splitlines()


def begin(world: World, *args: str) -> subprocess.Popen[str]:
    """A real `autonomy run` of its own, without a box."""
    words = [sys.executable, "-m", "autonomy_pack", "run", "--sandbox", "none", "--max-issues", "10", *args]
    return subprocess.Popen(words, cwd=world.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it is true, and fail if it never is."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def workers() -> list[int]:
    """The processes that stand in an attempt's folder of this test."""
    place = str(host.cache_home() / "work")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "cwd").startswith(place):  # noqa: PTH115
                found.append(int(folder.name))
        except OSError:
            continue
    return found
