"""The stop switch: set it, clear it, and heed it before every issue, step and write."""

from __future__ import annotations

import json

from autonomy_pack.contracts import Store
from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import NeedsPerson, PackError, Stopped
from autonomy_pack.flows.project import Place, Project, prepare_workspace, store_url
from autonomy_pack.model import STOP_LABEL, Config, Event, value
from autonomy_pack.store import open_store


@value
class Stop:
    """A stop that is set: from which source, by whom, when, and why ("" where nobody said)."""

    source: str
    by: str = ""
    at: str = ""
    why: str = ""

    def __str__(self) -> str:
        told = [word for word in (f"by {self.by}" if self.by else "", self.why) if word]
        return f"{self.source}{' (' + ': '.join(told) + ')' if told else ''}"


def read(place: Place) -> Stop | None:
    """The stop that holds now, if any. A STOP file counts whatever is in it: anybody may `touch` one."""
    path = place.workspace / "STOP"
    if not path.exists() and not path.is_symlink():
        return None
    if path.is_symlink() or not path.is_file():
        return Stop(source=".agent-workspace/STOP")  # never read through: it could lead to what never ends
    try:
        said = json.loads(files.read(path, limit=10_000))
        words = {key: one_line(str(said.get(key, "")), 200) for key in ("by", "at", "why")}
    except Exception:  # noqa: BLE001 - an unreadable STOP is still a STOP
        words = {}
    return Stop(source=".agent-workspace/STOP", **words)


def heed(place: Place) -> None:
    """Raise Stopped when a stop is set."""
    stop = read(place)
    if stop:
        raise Stopped(f"stopped by {stop}", "Run `autonomy resume` when work may go on.")


def heed_forge(project: Project, issue: str = "") -> None:
    """Raise Stopped when the forge says so, asked anew; WorldError when it cannot tell, which is never "go on"."""
    if words := project.forge.stop_words(issue, now=True):
        way = f"take the label {STOP_LABEL} off it" if STOP_LABEL in words else "autonomy resume --remote"
        raise Stopped(f"stopped by {one_line(words, 600)}", f"When work may go on: {way}.")


def set_stop(place: Place, why: str) -> str:
    """Write the STOP file, before and whatever else; running agents are dead within 5 s.

    Returns why the stop could not also be recorded in the store, "" when it was.
    """
    said = {"by": f"person:{host.user_name()}", "at": clock.now(), "why": why}
    prepare_workspace(place)
    files.write(place.workspace / "STOP", json.dumps(said) + "\n")
    try:
        store = open_store(store_url(place, Config()))
        _record(store, "stopped", why)
        store.close()
    except PackError as error:
        return f"{error.says} {error.fix}"
    return ""


def resume(place: Place) -> bool:
    """Take the STOP file away; False when none was there. NeedsPerson when an agent asks for it."""
    store = open_store(store_url(place, Config()))
    refuse_agents(store, "resume")
    path = place.workspace / "STOP"
    was_set = path.exists() or path.is_symlink()
    if was_set:
        with files.explained(f"removing {path}"):
            path.unlink()
        _record(store, "running", "")
    store.close()
    return was_set


def _record(store: Store, state: str, why: str) -> None:
    data = {"scope": "all", "state": state, "why": why}
    store.append([Event(kind="control.set", subject="control:all", actor=f"person:{host.user_name()}", data=data)])


def refuse_agents(store: Store, doing: str) -> None:
    """NeedsPerson when this process descends from a run, be it of its agent or of a check: only people answer."""
    ancestors = set(host.ancestors())
    holders = [lease.holder for lease in store.leases() if lease.holder and host.same_boot(lease.holder)]
    if ancestors & ({(one.pid, one.pid_start) for one in holders} | _agents(store)):
        raise NeedsPerson(f"{doing} was asked for from inside a run", "A person must do this, outside the agent.")


def _agents(store: Store) -> set[tuple[int, float]]:
    """(pid, start) of the agents that run, also of one whose session has died."""
    running = {head.run for head in store.heads("task", status=["running"])}
    started = [event for run in running for event in store.events(kinds=["run.started"], run=run)]
    return {(event.data["pid"], event.data["pid_start"]) for event in started}
