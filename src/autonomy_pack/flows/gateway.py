"""The harness's side of the gateway: starts it, holds its purse, writes down what it says, ends it.

The gateway (`programs/gateway.py`) is a process of its own and alone knows the key, which it reads from its standard
input. Before each call it asks here; without an answer it sends nothing. What it tells is the transcript of a run's
calls, which no agent can change. The thread here has a store of its own, because a store belongs to its thread.
"""

from __future__ import annotations

import json
import math
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autonomy_pack.contracts import Agent, Store
from autonomy_pack.edges import clock, files, host, shell
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, PackError, UsageError, WorldError
from autonomy_pack.flows import models
from autonomy_pack.flows.budget import Ledger, Reservation
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.model import Command, Ended, Endpoint, Outcome, Room, Usage
from autonomy_pack.policy import budget, hindered
from autonomy_pack.policy.hindered import Called
from autonomy_pack.sandboxes import SANDBOXES
from autonomy_pack.store import open_store

_NOWHERE = Room(work="/")
_PATIENCE = {"attempts": 5, "seconds": 60}
_READY_SECONDS = 30.0
_LAST_SECONDS = 2.0
_MOST_BYTES = 8 << 30
_LONGEST_SOCKET = 100
# What a program needs to reach the provider as this user would; its key is not among it.
_PASSED_ON = (
    *("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
)


class NoModel(PackError):
    """No model can be called, because of a setting: nothing was started."""


class NoMoney(PackError):
    """No call of a model may be made, or none fits its budgets: nothing was started."""


@dataclass
class Gateway:
    """One open gateway. What it learned of how the run must end is in `refused`, `fault` and `last`, the last call."""

    job: Job
    endpoint: Endpoint
    first: Mapping[str, Any]
    refused: str = ""
    fault: str = ""
    last: Called = field(default_factory=lambda: Called(status=200))
    ready: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    open: dict[int, Reservation] = field(default_factory=dict)
    _ledger: Ledger | None = None
    _until: float = 0.0

    def ending(self) -> Ending | None:
        """How the run must end, whatever its agent says; None when the gateway has nothing against it."""
        if self.refused:
            return Ending(outcome=Outcome.OVER_BUDGET, why=self.refused)
        return Ending(outcome=Outcome.FAILED, why=self.fault) if self.fault else None

    def ending_of_failure(self) -> Ending | None:
        """What became of the last call, or that there may be no other, where that is why the agent failed."""
        found = hindered.by_provider(self.last)
        if found is None and self._ledger and (why := self._ledger.why_no_turn()):
            found = Outcome.OVER_BUDGET, why
        return Ending(outcome=found[0], why=found[1]) if found else None

    # --- in the thread ---------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Run it until `close`; whatever goes wrong is its `fault`."""
        try:
            ended = self._served()
            if not self.over.is_set():
                self.fault = f"the gateway ended: {one_line(ended.says, 300) or ended.cause}. Run again."
        except PackError as error:
            self.fault = f"{error.says}. {error.fix}"
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost; it is told as the run's end
            self.fault = f"our bug in the gateway's thread: {type(error).__name__}: {error}"
        finally:
            self.ready.set()

    def _served(self) -> Ended:
        store = open_store(self.job.project.store_url)
        try:
            self.take_ledger(store)
            return shell.run(
                SANDBOXES["none"].wrap(self._command(), _NOWHERE),
                seconds=self.job.seconds_left + 60,
                stall_seconds=None,
                on_line=self.hear,
                stop=self._why_end,
                max_bytes=_MOST_BYTES,
            )
        finally:
            store.close()

    def take_ledger(self, store: Store) -> None:
        """Pay from the run's budgets in this store."""
        run = self.job.run
        self._ledger = Ledger(
            store,
            config=self.job.project.config,
            limits=run.mission.limits,
            run=run.id,
            task=run.task.id,
            lease=self.job.claim.task,
            report=self.job.terms.report,
        )

    def _command(self) -> Command:
        given = host.environment()
        return Command(
            argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.gateway"),
            cwd=str(Path(self.endpoint.socket).parent),
            env={name: given[name] for name in _PASSED_ON if name in given},
            stdin=json.dumps(self.first).encode() + b"\n",
            paced=True,
        )

    def _why_end(self) -> str:
        """It ends when the agent has, but first hears what became of calls that were sent."""
        if not self.over.is_set():
            return ""
        self._until = self._until or clock.monotonic() + _LAST_SECONDS
        return "" if self.open and clock.monotonic() < self._until else "the agent has ended"

    def hear(self, line: bytes) -> bytes | None:
        """Do what a line of the gateway asks for; the answer it waits for, if any."""
        try:
            said = json.loads(line)
            kind, data = said["kind"], said["data"] if said["kind"] != "ready" else {}
        except (ValueError, TypeError, KeyError):
            self._say(f"a line of the gateway is not understood ({len(line)} bytes)")
            return None
        if kind == "ready":
            self.ready.set()
        elif kind == "call":
            return self._answered(data)
        elif kind == "model.called":
            self._called(data)
        elif kind == "diverged":
            self.job.terms.diverged(data)
        else:
            self._say(str(data.get("text", ""))[:4000])
        return None

    def _answered(self, call: Mapping[str, Any]) -> bytes:
        """go, or no with the word and the sentence that the agent's client is told."""
        number = int(call["call"])
        if why := self.job.why_stop() or ("the agent has ended" if self.over.is_set() else ""):
            return _no(number, "stopped", why)
        if self.job.terms.replay:  # what was recorded costs nothing
            return b"go %d\n" % number
        if self._ledger is None:
            return _no(number, "denied", "there is no ledger")
        usd, tokens = _number(call["usd"], -1), _number(call["tokens"], -1)
        if usd < 0 or tokens < 0:
            return _no(number, "denied", "what the call may cost is no amount")
        try:
            made = self._ledger.reserve(float(usd), int(tokens))
        except LeaseLost:
            return _no(number, "stopped", "the lease was lost")
        except PackError as error:
            self.fault = f"{error.says}. {error.fix}"
            return _no(number, "denied", self.fault)
        if isinstance(made, str):
            self.refused = self.refused or made
            return _no(number, "over_budget", made)
        self.open[number] = made
        return b"go %d\n" % number

    def _called(self, data: Mapping[str, Any]) -> None:
        """Settle the call, then write it down; where its usage is unknown, what was reserved is spent."""
        made = self.open.get(int(data["call"]))
        usage = _counted(data["usage"])
        if made and self._ledger:
            tokens = made.tokens if usage is None else usage.total
            usd = float(_number(data["usd"], made.usd))
            retried = bool(data["response"].get("retried"))
            self._ledger.settle(made, usd, tokens, str(data["model"]), usage=usage, retried=retried)
        self._heard(data["response"])
        self.job.transcript.add("model.called", data, "system")
        self.open.pop(int(data["call"]), None)

    def _heard(self, response: Mapping[str, Any]) -> None:
        status, error = int(response.get("status") or 0), one_line(str(response.get("error", "")), 200)
        self.last = replace(self.last, status=status, error=error)

    def _say(self, text: str) -> None:
        self.job.transcript.add("agent.said", {"text": text}, "system")


def _counted(said: Mapping[str, Any] | None) -> Usage | None:
    """The tokens as they were counted; None where nobody said, or that cannot be."""
    if said is None or any(type(number) is not int or number < 0 for number in said.values()):
        return None
    return Usage(**said)


def _number(said: Any, otherwise: float) -> float:
    """An amount that was said; where it is none that can be, what was reserved."""
    fits = type(said) in (int, float) and math.isfinite(said) and said >= 0
    return said if fits else otherwise


def _no(number: int, word: str, sentence: str) -> bytes:
    return f"no {number} {word} {one_line(sentence, 400)}\n".encode("ascii", "replace")


@contextmanager
def opened(job: Job, agent: Agent) -> Iterator[Gateway | None]:
    """The gateway of one agent's work, open while it works; None for an agent that calls no model.

    NoMoney when no model may be called, NoModel when none can be, before anything is started; WorldError when it
    does not start.
    """
    if not agent.protocol:
        yield None
        return
    folder = _folder()
    try:
        gateway = _prepared(job, agent, folder)
        thread = threading.Thread(target=gateway.serve, name="gateway", daemon=True)
        thread.start()
        try:
            _need_ready(gateway)
            yield gateway
        finally:
            gateway.over.set()
            thread.join()
    finally:
        files.remove_tree(folder)


def _folder() -> Path:
    """A folder of nobody else's, with a name short enough for the address of a unix socket."""
    folder = files.temporary("autonomy-gw-")
    if len(str(folder / "socket")) <= _LONGEST_SOCKET:
        return folder
    files.remove_tree(folder)
    return files.temporary("autonomy-gw-", within=Path("/tmp"))  # noqa: S108 - the name below it is new and ours alone


def _prepared(job: Job, agent: Agent, folder: Path) -> Gateway:
    replay = job.terms.replay
    if not replay:
        _need_money(job)
    model = models.chosen(job.run.mission, job.project.config, agent)
    there = models.Upstream(url="", key="") if replay else _upstream(agent)
    endpoint = Endpoint(
        socket=str(folder / "socket"),
        port=host.free_port() if agent.needs_port else 0,
        token=secrets.token_urlsafe(32),
        model=model,
        max_output=models.MAX_OUTPUT,
    )
    first = {
        "socket": endpoint.socket,
        "token": endpoint.token,
        "upstreams": {agent.protocol: {"url": there.url, "key": there.key}},
        "models": [model],
        "max_output": models.MAX_OUTPUT,
        "prices": models.prices(),
        "patience": _PATIENCE,
        "replay": {"path": replay.transcript, "folders": [replay.folder, str(job.space.folder)]} if replay else None,
    }
    last = Called(
        status=200,
        model=one_line(model, 80),
        url=there.shown,
        path=models.PATHS[agent.protocol],
        setting=there.setting,
        key=there.variable,
    )
    return Gateway(job=job, endpoint=endpoint, first=first, last=last)


def _upstream(agent: Agent) -> models.Upstream:
    try:
        return models.upstream(agent.protocol)
    except UsageError as error:
        raise NoModel(error.says, error.fix) from error


def _need_money(job: Job) -> None:
    """NoMoney when the mission allows no call, or a budget does not hold even one."""
    run = job.run
    if not budget.may_ask_models(run.mission.limits):
        raise NoMoney(*budget.why_no_model(run.mission, job.project.config, job.terms.asked))
    ledger = Ledger(
        job.project.store, config=job.project.config, limits=run.mission.limits, run=run.id, task=run.task.id
    )
    if why := ledger.why_no_call(models.least(run.agent, run.mission, job.project.config)):
        raise NoMoney(why.rpartition(". ")[0], why.rpartition(". ")[2])


def _need_ready(gateway: Gateway) -> None:
    gateway.ready.wait(_READY_SECONDS)
    if gateway.fault or not gateway.ready.is_set():
        raise WorldError(gateway.fault or "the gateway does not start", "Run again; `autonomy doctor` looks for why.")
