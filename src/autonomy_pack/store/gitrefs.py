"""A store that is nothing but refs of a git repository: for machines that do not last, where only the repository does.

A lease is the ref `refs/autonomy/lease/NAME`, its states are commits without files, each the only child of the one it
replaces. Events are lines in the commits of `refs/autonomy/events`. A transaction is one atomic push that compares
every ref it was decided on. A private SQLite file (`autonomy.db` in `Remote.git_dir`) holds what the refs say, so
that all questions are the one SQL text; it is a copy, made again when it is gone.

Who may write the repository may write these refs. What cannot be read blocks and never allows; events whose history
was rewritten are unknown. A `decision.answered` from there is kept, but flows must derive the answer from the forge's
API again before they act on it. Nothing that is pushed holds a secret or the name of a machine.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from autonomy_pack.contracts import Condition
from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Event, Holder, Lease, Move
from autonomy_pack.store import lines, paths, states
from autonomy_pack.store.migrations import prepare
from autonomy_pack.store.refs import Create, Moved, Refs
from autonomy_pack.store.tables import Tables

SCHEME = "gitrefs+"
T = TypeVar("T")


def open_gitrefs(
    remote: Remote, *, create: Create | None = None, clock: Callable[[], str] | None = None, patience: float = 30.0
) -> GitRefs:
    """The store in that repository, for this thread; a repository without such refs is an empty store.

    `create(ref, message, at)` makes a commit without files and a new ref at it by other means than a push and gives
    its object id, None when the ref was there; it serves the first claim of a single key. `clock` replaces this
    machine's time; `patience` is how many seconds to wait for other writers. WorldError when the repository cannot be
    reached or its events cannot be believed; UsageError when a newer program wrote them.
    """
    store = GitRefs(remote, create=create, now=clock, patience=patience)
    try:
        prepare(store)
        store.follow()
        prepare(store)
    except BaseException:
        store.close()
        raise
    return store


def remote_at(url: str) -> Remote:
    """The remote of a store's address `gitrefs+https://HOST/OWNER/NAME.git`; its copy lies in the user's cache."""
    address = url.removeprefix(SCHEME)
    token = next(filter(None, map(host.setting, ("AUTONOMY_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"))), "")
    name = files.sha256(address.encode())[:16]
    return Remote(address, host.cache_home() / "gitrefs" / f"{name}.git", token=token)


class GitRefs(Tables):
    """See contracts.Store. What is read may be 5 s old; what is written is decided on the refs as they are."""

    def __init__(
        self, remote: Remote, *, create: Create | None, now: Callable[[], str] | None, patience: float
    ) -> None:
        self._refs = Refs(remote, create=create, now=now, patience=patience)
        super().__init__(self._refs)
        self.remote = remote
        self._patience = patience

    def follow(self) -> None:
        """Begin to follow the refs."""
        self._refs.set_up()
        self._refs.refresh()

    def refresh(self) -> None:
        """Look at the refs now."""
        self._refs.refresh()

    def append(
        self, events: Sequence[Event], *, lease: Lease | None = None, only_if: Condition | None = None
    ) -> list[Event]:
        """See contracts.Store. The lease's ref takes part in the push, so that a stale fence refuses it."""
        held = [states.ref_of(paths.canonical(lease.key))] if lease else []
        return self._sent(lambda: super(GitRefs, self).append(events, lease=lease, only_if=only_if), held)

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
        """See contracts.Store. A lease that cannot be read is held."""
        wanted = [paths.canonical(key) for key in keys]
        guards = [states.PATHS] if any(key.startswith(paths.PATH) for key in wanted) else []
        guards += [lines.EVENTS] if only_if is not None else []
        for key in wanted:
            states.ref_of(key)

        def claimed() -> tuple[Lease, ...] | None:
            return super(GitRefs, self).claim(
                wanted, holder, seconds=seconds, dead=gone, events=events, only_if=only_if
            )

        def gone(other: Holder) -> bool:
            return other != states.UNREADABLE and dead(other)

        return self._sent(claimed, guards)

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        """See contracts.Store."""
        return self._sent(lambda: super(GitRefs, self).renew(lease, seconds=seconds))

    def release(self, lease: Lease, *, events: Sequence[Event] = ()) -> None:
        """See contracts.Store."""
        self._sent(lambda: super(GitRefs, self).release(lease, events=events))

    def _sent(self, action: Callable[[], T], compare: Collection[str] = ()) -> T:
        """Do it, again while others are faster."""
        end, turn = clock.monotonic() + self._patience, 0
        while True:
            self._refs.compare = compare
            try:
                return action()
            except Moved:
                turn += 1
                if clock.monotonic() > end:
                    says = f"others were faster {turn} times in {self._patience:g} s at {self.url}"
                    raise WorldError(says, "Run the same command again when fewer work on it.") from None
                clock.pause(random.uniform(0.01, 0.05) * min(turn, 10))  # noqa: S311 - a pause, not a secret
            finally:
                self._refs.compare = ()

    # --- moving a lease together with something else -----------------------------------------------------------

    def state_of(self, key: str) -> str:
        """The object id of the lease's newest state; "" when it never was taken."""
        self._refs.refresh()
        return self._refs.tip(states.ref_of(paths.canonical(key)))

    def said(self, key: str, *, fresh: bool = True) -> Mapping[str, Any]:
        """What the newest state says beside the lease itself; it stays until the next `move`, whoever holds it.

        Where many are looked through, `fresh=False` makes it as old as all that is read may be.
        """
        if fresh:
            self._refs.refresh()
        else:
            self._refs.look()
        said: Mapping[str, Any] = json.loads(self._refs.said(paths.canonical(key)))
        return said

    def move(self, lease: Lease, said: Mapping[str, Any]) -> Move:
        """The move to the next state of a held lease, to be pushed together with other refs; LeaseLost unless current.

        The commit is made in `remote.git_dir`; nothing is moved yet.
        """
        self._refs.refresh()
        self.require(lease)
        return self._refs.next_state(lease, json.dumps(said))

    def moved(self, move: Move) -> None:
        """The move was pushed."""
        del move
        self._refs.refresh()
