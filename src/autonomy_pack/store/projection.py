"""What is known here of the refs: which commits were taken in, and which rows the refs do not say yet.

It lies in the same SQLite file as the tables it fills, so both always tell of the same moment. A copy: when it is
gone, it is made again from the refs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autonomy_pack.edges import commits
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import Event, Holder, Lease
from autonomy_pack.store import lines, rows, sql, states
from autonomy_pack.store.connection import Connection
from autonomy_pack.store.states import State
from autonomy_pack.store.tables import Tables

_TABLES = (
    "create table if not exists tips (ref text primary key, oid text not null)",
    """create table if not exists states (key text primary key, fence integer not null, holder text not null,
        expires text not null, said text not null)""",
    "create table if not exists holders (hidden text primary key, holder text not null)",
)
_TIPS = "select ref, oid from tips"
_SET_TIP = "insert into tips (ref, oid) values (:ref, :oid) on conflict (ref) do update set oid = excluded.oid"
_TIP = "select oid from tips where ref = :ref"
_DROP_TIP = "delete from tips where ref = :ref"
_DROP_STATE = "delete from states where key = :key"
_SET_STATE = """insert into states (key, fence, holder, expires, said) values (:key, :fence, :holder, :expires, :said)
    on conflict (key) do update
    set fence = excluded.fence, holder = excluded.holder, expires = excluded.expires, said = excluded.said"""
_SET_LEASE = """insert into leases (key, fence, holder, expires) values (:key, :fence, :holder, :expires)
    on conflict (key) do update set fence = excluded.fence, holder = excluded.holder, expires = excluded.expires"""
_UNSAID = """select l.key, l.fence, l.holder, l.expires from leases l left join states s on s.key = l.key
    where (s.key is null and l.holder <> '')
    or s.fence <> l.fence or s.holder <> l.holder or s.expires <> l.expires order by l.key"""
_KNOW_HOLDER = "insert into holders (hidden, holder) values (:hidden, :holder) on conflict do nothing"
_HOLDER = "select holder from holders where hidden = :hidden"
_NEWEST = "select coalesce(max(seq), 0) from events"


class Projection:
    """The tables as far as the refs tell them. Every method runs inside the caller's transaction."""

    def __init__(self, tables: Tables, git_dir: Path) -> None:
        self._tables = tables
        self._db: Connection = tables.connection
        self._git_dir = git_dir

    def set_up(self) -> None:
        """Make its own tables."""
        for statement in _TABLES:
            self._db.rows(statement, {})

    def tips(self) -> dict[str, str]:
        """Ref → the commit that was taken in last."""
        return dict(self._db.rows(_TIPS, {}))

    def tip(self, ref: str) -> str:
        """The commit of a ref that was taken in last, "" when there is none."""
        found = self._db.rows(_TIP, {"ref": ref})
        return str(found[0][0]) if found else ""

    def newest(self) -> int:
        """The seq of the newest event."""
        return int(self._db.rows(_NEWEST, {})[0][0])

    def said(self, key: str) -> str:
        """The JSON that the newest state of a lease says."""
        found = self._db.rows("select said from states where key = :key", {"key": key})
        return str(found[0][0]) if found else "{}"

    # --- from the refs to the tables ---------------------------------------------------------------------------

    def take_in(self, tips: Mapping[str, str]) -> None:
        """Bring the tables to where the refs are. WorldError when the events are not a continuation of what is known.

        Answers to decisions are taken in as they are, but whoever may write the repository may write them: flows
        derive an answer from the forge again before they act on it.
        """
        known = self.tips()
        changed = {ref: oid for ref, oid in tips.items() if known.get(ref) != oid}
        self._take_events(known.get(lines.EVENTS, ""), tips.get(lines.EVENTS, ""))
        leases = {ref: oid for ref, oid in changed.items() if ref.startswith(states.LEASES)}
        notes = commits.read(self._git_dir, list(leases.values()), states.LARGEST + 4096)
        for ref, oid in leases.items():
            self._take_state(ref, states.read(notes[oid], ref))
        for ref, oid in changed.items():
            self.know(ref, oid)
        for ref in known.keys() - tips.keys():
            self._forget(ref)

    def know(self, ref: str, oid: str) -> None:
        """That commit of the ref is taken in."""
        self._db.rows(_SET_TIP, {"ref": ref, "oid": oid})

    def _forget(self, ref: str) -> None:
        """A ref is gone: nobody holds its lease, but its fence goes on where it was."""
        key = states.key_of(ref) if ref.startswith(states.LEASES) else None
        if key is not None:
            self._db.rows(sql.EVICT, {"key": key})
            self._db.rows(_DROP_STATE, {"key": key})
        self._db.rows(_DROP_TIP, {"ref": ref})

    def _take_state(self, ref: str, state: State | None) -> None:
        key = states.key_of(ref)
        if key is None:
            return
        before = self._tables.lease(key) if self.tip(ref) else None
        if state is not None and state.lease.holder is not None:
            state = replace(state, lease=replace(state.lease, holder=self._shown(state.lease.holder)))
        if state is None or (before and _goes_back(before, state.lease)):
            fence = before.fence if before else 0
            lease = Lease(key=key, fence=fence, holder=states.UNREADABLE, expires=states.FOREVER)
            state = State(lease=lease, said={})
        self.keep(state)

    def keep(self, state: State) -> None:
        """That is the newest state of a lease, in the tables and on its ref."""
        lease = state.lease
        holder = rows.holder_text(lease.holder) if lease.holder else ""
        params = {"key": lease.key, "fence": lease.fence, "holder": holder, "expires": lease.expires}
        self._db.rows(_SET_LEASE, params)
        self._db.rows(_SET_STATE, {**params, "said": json.dumps(state.said)})

    def _shown(self, hidden: Holder) -> Holder:
        """Who it is, if it was somebody here."""
        found = self._db.rows(_HOLDER, {"hidden": rows.holder_text(hidden)})
        return (rows.holder_from(found[0][0]) if found else None) or hidden

    def _take_events(self, known: str, tip: str) -> None:
        if tip == known:
            return
        if not tip:
            raise self._strange(known, "the ref is gone")
        before = known
        for note in commits.chain(self._git_dir, tip, known, lines.LARGEST + 4096):
            if note.parents != ((before,) if before else ()):
                raise self._strange(
                    note.oid, f"it does not follow {before[:12] or 'nothing'}: the history was rewritten"
                )
            self._take_note(note)
            before = note.oid
        if before != tip:
            raise self._strange(tip, f"it lies before {known[:12]}: the history was rewritten")

    def _take_note(self, note: commits.Note) -> None:
        try:
            self._tables.take_in(lines.read(note))
        except (ValueError, UsageError) as error:
            said = error.says if isinstance(error, UsageError) else str(error)
            raise self._strange(note.oid, said) from error

    def _strange(self, oid: str, says: str) -> WorldError:
        return WorldError(
            f"{lines.EVENTS} cannot be believed at commit {oid}: {one_line(says, 300)}",
            f"See who wrote it and put the ref back to what it was. If it was meant, remove {self._git_dir}, a copy.",
        )

    # --- from the tables to the refs ---------------------------------------------------------------------------

    def unsaid(self) -> list[Lease]:
        """The leases that no ref says yet as they are."""
        return [rows.lease_from(row) for row in self._db.rows(_UNSAID, {})]

    def unsaid_events(self, after: int) -> list[Event]:
        """The events since that seq."""
        found = self._db.rows(sql.EVENTS.format(filters=""), {"after": after, "limit": 1 << 60})
        return [rows.event_from(row) for row in found]

    def remember(self, holder: Holder) -> None:
        """Who is behind a hidden holder, for this machine only."""
        hidden = rows.holder_text(states.hidden(holder))
        self._db.rows(_KNOW_HOLDER, {"hidden": hidden, "holder": rows.holder_text(holder)})


def _goes_back(before: Lease, after: Lease) -> bool:
    """Whether a state cannot come after another: a fence never falls, and under one fence there is one holder."""
    held = before.holder not in (None, states.UNREADABLE) and after.holder is not None
    return after.fence < before.fence or (after.fence == before.fence and held and after.holder != before.holder)


def chained(git_dir: Path, messages: Sequence[str], parent: str, at: str) -> str:
    """Commit these messages one after the other; the last commit's id."""
    for message in messages:
        parent = commits.write(git_dir, message, parent, at)
    return parent
