"""The Protocols of everything that varies. Each has at most a few members and is checked where a unit is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from autonomy_pack.model import (
    Asked,
    Brief,
    Change,
    Command,
    Comment,
    Desk,
    Event,
    Finding,
    Handoff,
    Head,
    Holder,
    Issue,
    Lease,
    Move,
    Published,
    Risk,
    Room,
    Rules,
    Seen,
    Usage,
)

ReadBlob = Callable[[str], bytes]
"""The bytes of a git blob by object id; raises WorldError when the object is missing."""


class Condition(Protocol):
    """Something that must hold in the store at the instant of an append: a closed set, in `store/conditions.py`."""

    @property
    def where(self) -> str:
        """A boolean SQL expression over the tables, in portable SQL with `:name` places."""

    @property
    def params(self) -> Mapping[str, object]:
        """The values of its places."""


class Store(Protocol):
    """Events, leases and heads, written only in whole transactions, one writer at a time.

    Every method raises WorldError when the database cannot be used (locked for 30 s, disk full, corrupt, gone).
    """

    @property
    def url(self) -> str:
        """Where it is, without any password."""

    def now(self) -> str:
        """The store's own time, UTC text; leases and deadlines are judged by it."""

    def append(
        self, events: Sequence[Event], *, lease: Lease | None = None, only_if: Condition | None = None
    ) -> list[Event]:
        """Append all events in one transaction and fold them into heads; returns those stored, with id, seq, at.

        An event whose key exists is left out (it happened already). With `lease`, LeaseLost unless its fence and
        holder are current. With `only_if`, nothing is stored and [] returned unless it holds.
        """

    def claim(
        self,
        keys: Sequence[str],
        holder: Holder,
        *,
        seconds: float,
        dead: Callable[[Holder], bool],
        events: Callable[[tuple[Lease, ...]], Sequence[Event]] = lambda _: (),
        only_if: Condition | None = None,
    ) -> tuple[Lease, ...] | None:
        """Take every key or none, and append `events(leases)` in the same transaction; None when one is held.

        A key is free when it has no holder, its lease expired by the store's time, or `dead(holder)` is true. Keys
        `path:…` also conflict with each other's prefixes.
        """

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        """The same lease with a later expiry; LeaseLost when somebody else holds it now."""

    def release(self, lease: Lease, *, events: Sequence[Event] = ()) -> None:
        """Give the lease back, appending `events` in the same transaction; nothing happens if it was lost already,
        unless there are events: then LeaseLost. The row and its fence stay."""

    def lease(self, key: str) -> Lease | None:
        """The lease of that key as it stands (holder None = released), or None if it never was taken."""

    def leases(self) -> list[Lease]:
        """Every lease that has a holder, by key."""

    def events(
        self,
        *,
        kinds: Sequence[str] = (),
        subject: str | None = None,
        run: str | None = None,
        since: str = "",
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """Events in seq order; every filter given must hold."""

    def head(self, subject: str, *, repo: str = ".") -> Head | None:
        """The head of one subject."""

    def heads(self, type: str, *, repo: str = ".", status: Sequence[str] = (), limit: int | None = None) -> list[Head]:  # noqa: A002
        """The heads of a type, newest first, of any of these statuses (all when empty)."""

    def counts(self, type: str, *, repo: str = ".") -> dict[str, int]:  # noqa: A002
        """How many heads of that type have each status."""

    def close(self) -> None:
        """Let go of the connection."""


class Forge(Protocol):
    """Where issues live and handoffs go."""

    def issues(self) -> tuple[list[Issue], list[Finding]]:
        """Every issue, open or closed, and a finding for each that could not be read."""

    def permission_of(self, actor_id: int, login: str) -> str:
        """What that account may do now: admin, maintain, write, triage, read or none. No account, none."""

    def confirmed(self, issue: Issue) -> Issue | None:
        """The issue with all that must be known of it before it is claimed: each labeling with its event and its App.

        None when it is gone.
        """

    def issue(self, issue: str) -> Issue | None:
        """One issue as it is now, open or closed; None when there is none of that id."""

    def comments(self, issue: str, before: str = "") -> Sequence[Comment]:
        """The comments of an issue, oldest first, made before that time where one is given; none where nobody talks."""

    def label(self, issue: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        """Change labels of an issue; False when it changed under us and was left alone."""

    def close_issue(self, issue: str) -> bool:
        """Close the issue; False when it changed under us and was left alone."""

    def open_issue(self, title: str, body: str) -> str:
        """Open an issue without any label; its id."""

    def edit_issue(self, issue: str, body: str) -> bool:
        """Give an issue of ours another body; False when it is gone or cannot be changed."""

    def publish(self, offer: Handoff, *, fence: Sequence[Move] = ()) -> Published:
        """Make the offer's branch exist at its head (adopting it if it does already) and keep its body for people.

        The commit's objects are in the repository already. `fence` are moves of refs that must succeed together with
        the branch, or nothing moves: a lease that was lost then refuses both.

        Raises WorldError when the branch exists with another head: it is never overwritten.
        """

    def handoff_state(self, branch: str, head: str, base: str) -> str:
        """What became of a handoff: open, merged, moved (somebody pushed to it) or deleted."""

    def base(self) -> tuple[str, str] | None:
        """The default branch there and its commit, whose objects are here now; None: the checkout's own."""

    def stop_words(self, issue: str, *, now: bool = False) -> str:
        """Why the forge says that work on this issue (""= on any) must end; "" to go on.

        Asked often: cheap, or kept for a while, unless it is asked for as it is `now`.
        Raises WorldError when it cannot tell, which is never "go on".
        """


class Guard(Protocol):
    """One rule about a change. Its docstring's first line is what it protects; the file name is its id."""

    def __call__(self, change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
        """Findings, none when the change is fine; raises WorldError when it cannot tell (which blocks)."""


class Agent(Protocol):
    """How one agent is started and its output read: a module, data first."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of environment variables that must never reach the agent."""

    @property
    def protocol(self) -> str:
        """What it speaks to models, a name in `protocols`; "" when it calls none."""

    @property
    def model(self) -> str:
        """The model it asks when neither mission nor configuration names one; "" when it has none of its own."""

    @property
    def needs_port(self) -> bool:
        """Whether it reaches the gateway by TCP on loopback, not by the unix socket itself."""

    @property
    def tells_end(self) -> bool:
        """Whether its output says how it ended (Seen.verdict); then one that does not say it has failed."""

    def runs_programs(self, brief: Brief) -> bool:
        """Whether it may start programs of the repository's choosing, which need a box."""

    def command(self, brief: Brief) -> Command:
        """The program to start in brief.work."""

    def read(self, line: bytes) -> Seen:
        """What one line of its standard output means. Never raises: garbage is output like any other."""


class Tool(Protocol):
    """One kind of planner step: a module. Its file name is its name."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of its arguments, the same as in `schemas/mission.json`."""

    @property
    def risk(self) -> Risk:
        """How dangerous the step is by itself."""

    @property
    def mutates(self) -> bool:
        """Whether it may change the tree or anything else: then a person can be asked before it begins."""

    def run(self, arguments: Any, folder: str) -> str:
        """Do it below `folder` and nowhere else; a sentence about what was done. Raises PackError when it cannot."""


class ModelTool(Protocol):
    """One thing that a model may do: a module. Its file name is the name that the model calls it by."""

    @property
    def description(self) -> str:
        """What it does, for the model to read."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of its arguments, out of the words that `programs/shapes.py` knows."""

    @property
    def risk(self) -> Risk:
        """How dangerous a call is by itself."""

    @property
    def mutates(self) -> bool:
        """Whether it may change the tree or anything else: then a person can be asked before it begins."""

    def run(self, arguments: Mapping[str, Any], desk: Desk) -> str:
        """Do it; what the model is told. Raises PackError, whose words it is told too, when it cannot."""


class Sandbox(Protocol):
    """One way to keep a program in a box: a module."""

    @property
    def level(self) -> str:
        """Its place on the ladder: L2, L1, L0 or none."""

    def missing(self) -> str:
        """Why it cannot be used here, with the fix; "" when it can."""

    def lacks(self) -> tuple[str, ...]:
        """What a program can do in it, on this machine, that it cannot in the strongest; "it can …" begins each."""

    def wrap(self, command: Command, room: Room) -> Command:
        """The same program, boxed."""


class Channel(Protocol):
    """A way to tell people something: a module. Only flows call it."""

    def send(self, text: str, place: str) -> None:
        """Deliver one redacted, sanitised message to `place` (what a place is, the channel's page says)."""


class Metric(Protocol):
    """A number folded from events: a function whose docstring's first line says what it counts, and in what unit."""

    def __call__(self, events: Iterable[Event]) -> float | None:
        """The number, or None when there is nothing to tell it from (unknown is never fine)."""


class ModelProtocol(Protocol):
    """One way to speak to a model over HTTP: a module, data first. The gateway is its only user."""

    @property
    def provider(self) -> str:
        """Whose prices hold, as genai-prices names it."""

    @property
    def conversation_key(self) -> str:
        """The key of a request that holds the conversation: a list that grows from call to call."""

    def route(self, method: str, path: str, query: str) -> str:
        """What that request is: `call`, or what is answered without a model (`count`, `models`); "" when not ours."""

    def token_of(self, headers: Mapping[str, str], query: str) -> str:
        """The credential its clients send; header names are in lower case."""

    def check(self, body: Any) -> str:
        """Why this is no body that may pass, "" when it may: a closed shape, unknown keys refused."""

    def asked(self, path: str, query: str, body: Mapping[str, Any], max_output: int) -> Asked:
        """The request as it goes upstream: every limit set, present or absent. `body` passed check."""

    def headers(self, given: Mapping[str, str], key: str) -> Mapping[str, str]:
        """Everything that goes upstream beside the body: the key, and what of the client's headers may pass."""

    def refusal(self, status: int, word: str, sentence: str) -> tuple[int, bytes]:
        """(status, body) of an error in the provider's own shape.

        `word` is stopped, over_budget or denied where nothing will change by asking again: the status is then one
        that no client tries again.
        """

    def answer(self, route: str, models: Sequence[str], tokens: int) -> bytes:
        """What is answered without a model: which there are, or how many tokens a request is thought to have."""

    def usage(self, message: Mapping[str, Any]) -> Usage | None:
        """What an answer says of its tokens; None when it does not say."""

    def fold(self, message: dict[str, Any], event: Mapping[str, Any]) -> bool:
        """Put an event of a stream into the answer so far (at first {}); whether it was the last one."""

    def unfold(self, message: Mapping[str, Any]) -> Iterator[bytes]:
        """The answer as a stream that folds to it again."""
