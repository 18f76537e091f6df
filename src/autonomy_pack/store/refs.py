"""Refs of a git repository as a Connection: every write transaction is one push that moves all its refs or none."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection

from autonomy_pack.edges import clock, commits
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Lease, Move
from autonomy_pack.store import lines, states
from autonomy_pack.store.connection import Params, Row
from autonomy_pack.store.projection import Projection, chained
from autonomy_pack.store.sqlite import Sqlite
from autonomy_pack.store.states import State
from autonomy_pack.store.tables import Tables

Create = Callable[[str, str, str], str | None]
_PATTERNS = (f"{states.LEASES}*", f"{lines.EVENTS}*", f"{states.PATHS}*")
# How old, in seconds, what is read may be; what is written is always decided on the refs as they are.
_FRESH = 5.0


class Moved(Exception):
    """A ref was moved by somebody else between our look and our push: look again."""


class Refs:
    """See connection.Connection. `compare`: refs a transaction leaves alone that must not move meanwhile."""

    auto_key = Sqlite.auto_key

    def __init__(
        self, remote: Remote, *, create: Create | None, now: Callable[[], str] | None, patience: float
    ) -> None:
        remote.ready()
        self._remote, self._create = remote, create
        self._db = Sqlite(remote.git_dir / "autonomy.db", now=now, patience=patience)
        self._known = Projection(Tables(self._db), remote.git_dir)
        self._ready = self._inside = self._writing = False
        self._seen, self._after, self._began = 0.0, 0, ""
        self.compare: Collection[str] = ()

    @property
    def url(self) -> str:
        """See Connection."""
        return f"gitrefs+{self._remote.url}"

    def set_up(self) -> None:
        """Begin to follow the refs; the tables are there."""
        self._db.begin()
        self._known.set_up()
        self._db.commit()
        self._ready = True

    def refresh(self) -> None:
        """Bring the tables to where the refs are now. WorldError when they cannot be reached or believed."""
        self._db.begin()
        try:
            self._known.take_in(self._remote.mirror(*_PATTERNS))
            self._db.commit()
        except BaseException:
            self._db.rollback()
            raise
        self._seen = clock.monotonic()

    def look(self) -> None:
        """Like refresh, when the last look at the refs was over 5 s ago."""
        if clock.monotonic() - self._seen > _FRESH:
            self.refresh()

    def begin(self) -> str:
        """See Connection."""
        if self._ready:
            self.refresh()
        self._began = self._db.begin()
        self._inside = self._writing = True
        self._after = self._known.newest() if self._ready else 0
        return self._began

    def snapshot(self) -> None:
        """See Connection."""
        if self._ready:
            self.refresh()
        self._db.snapshot()
        self._inside = True

    def commit(self) -> None:
        """See Connection. Moved when somebody was faster: then nothing was written, here or there."""
        if self._ready and self._writing:
            self._send()
        self._db.commit()
        self._inside = self._writing = False

    def rollback(self) -> None:
        """See Connection."""
        self._db.rollback()
        self._inside = self._writing = False

    def rows(self, sql: str, params: Params) -> list[Row]:
        """See Connection. Outside a transaction the refs are looked at again when that was over 5 s ago."""
        if self._ready and not self._inside:
            self.look()
        return self._db.rows(sql, params)

    # --- states of leases --------------------------------------------------------------------------------------

    def tip(self, ref: str) -> str:
        """The commit of a ref that was taken in last, "" when there is none."""
        return self._known.tip(ref)

    def said(self, key: str) -> str:
        """The JSON that the newest state of a lease says."""
        return self._known.said(key)

    def next_state(self, lease: Lease, said: str) -> Move:
        """Make the commit of a lease's next state; nothing is moved yet."""
        ref, at = states.ref_of(lease.key), self._began if self._writing else self.now()
        message = states.text(State(lease=lease, said=json.loads(said), nonce=secrets.token_hex(8)))
        parent = self.tip(ref)
        return Move(ref=ref, old=parent or ZERO, new=chained(self._remote.git_dir, [message], parent, at))

    # --- sending -----------------------------------------------------------------------------------------------

    def _send(self) -> None:
        changed, events = self._known.unsaid(), self._known.unsaid_events(self._after)
        if not changed and not events:
            return
        touched = [self._lease(ref) for ref in self.compare if ref.startswith(states.LEASES)]
        leases = {lease.key: lease for lease in [*touched, *changed]}
        moves = [self.next_state(lease, self._known.said(key)) for key, lease in leases.items()]
        if events or lines.EVENTS in self.compare:
            moves.append(self._moved(lines.EVENTS, lines.messages(events)))
        if states.PATHS in self.compare:
            moves.append(self._moved(states.PATHS, [states.guard_text(secrets.token_hex(8))]))
        for move in self._made(moves):
            self._known.know(move.ref, move.new)
        for lease in leases.values():
            if lease.holder:
                self._known.remember(lease.holder)
            self._known.keep(State(lease=lease, said=json.loads(self._known.said(lease.key))))

    def _lease(self, ref: str) -> Lease:
        lease = Tables(self._db).lease(states.key_of(ref) or "")
        assert lease is not None  # noqa: S101 - it was found to be held in this transaction
        return lease

    def _moved(self, ref: str, messages: list[str]) -> Move:
        parent = self.tip(ref)
        return Move(ref=ref, old=parent or ZERO, new=chained(self._remote.git_dir, messages, parent, self._began))

    def _made(self, moves: list[Move]) -> list[Move]:
        """The moves as they were made. Moved when a ref was not where we saw it."""
        if self._create and len(moves) == 1 and moves[0].old == ZERO and moves[0].ref.startswith(states.LEASES):
            return [self._created(moves[0], self._create)]
        if not self._remote.push(moves):
            raise Moved
        return moves

    def _created(self, move: Move, create: Create) -> Move:
        """A ref that must not be there yet, made without git; when the answer is lost, the ref itself tells."""
        message = self._message(move.new)
        try:
            made = create(move.ref, message, f"{self._began[:19]}Z")
        except WorldError:
            made = self._remote.tips(move.ref).get(move.ref)
            if made != move.new:
                raise
        if made is None:
            raise Moved
        if made != move.new:
            self._remote.fetch(made)
            if self._message(made).rstrip("\n") != message:
                raise Moved
        return Move(ref=move.ref, old=move.old, new=made)

    def _message(self, oid: str) -> str:
        return commits.read(self._remote.git_dir, [oid], states.LARGEST + 4096)[oid].message or ""

    # --- the rest of a Connection ------------------------------------------------------------------------------

    def now(self) -> str:
        """See Connection. This machine's time: git servers tell none."""
        return self._db.now()

    def tables(self) -> set[str]:
        """See Connection."""
        return self._db.tables()

    def backup(self, stamp: str) -> str:
        """See Connection. Of the copy that is kept here; the refs themselves are never rewritten."""
        return self._db.backup(stamp)

    def faults(self) -> list[str]:
        """See Connection."""
        return self._db.faults()

    def close(self) -> None:
        """See Connection."""
        self._db.close()
