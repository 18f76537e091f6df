"""The Store, over any connection that speaks the one SQL text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from autonomy_pack.contracts import Condition
from autonomy_pack.edges import clock
from autonomy_pack.errors import LeaseLost, UsageError
from autonomy_pack.model import Event, Head, Holder, Lease
from autonomy_pack.store import heads, paths, rows, sql
from autonomy_pack.store.connection import Connection, Row

_PAGE = 1_000
_LARGEST_PAGE = 50_000
_NO_LIMIT = 1 << 60


class _Taken(Exception):
    """Somebody alive holds one of the keys: undo what was taken."""


class Tables:
    """Events, leases and heads in a database; see contracts.Store. One per thread and process."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._ids = rows.Ids()

    @property
    def url(self) -> str:
        """See contracts.Store."""
        return self.connection.url

    def now(self) -> str:
        """See contracts.Store."""
        return self.connection.now()

    def close(self) -> None:
        """See contracts.Store."""
        self.connection.close()

    # --- writing -----------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[str]:
        """One write transaction, alone; gives the time at which it began. All of it lasts, or nothing."""
        now = self.connection.begin()
        try:
            yield now
            self.connection.commit()
        except BaseException:
            self.connection.rollback()
            raise

    def append(
        self, events: Sequence[Event], *, lease: Lease | None = None, only_if: Condition | None = None
    ) -> list[Event]:
        """See contracts.Store."""
        with self.writing() as now:
            if lease is not None:
                self.require(lease)
            return self.record(events, now, only_if)

    def require(self, lease: Lease) -> None:
        """LeaseLost unless this is how the lease is held now."""
        if not self._one(sql.MINE, rows.lease_params(lease)):
            raise _lost(lease)

    def record(self, events: Sequence[Event], now: str, only_if: Condition | None = None) -> list[Event]:
        """Inside `writing`: insert what is new, then move the heads. All inserts see the heads as they were."""
        rows.require_storable(events, only_if)
        stored = [stored for event in events if (stored := self._insert(event, now, only_if))]
        self._move_heads(stored)
        return stored

    def take_in(self, events: Sequence[Event]) -> None:
        """Inside `writing`: insert events that another store recorded, as they are. UsageError for wrong types."""
        given = ((event, self._one(sql.INSERT_EVENT_ALWAYS, rows.event_params(event))) for event in events)
        self._move_heads([replace(event, seq=row[0]) for event, row in given if row])

    def _insert(self, event: Event, now: str, only_if: Condition | None) -> Event | None:
        stamped = replace(event, id=self._ids.next(now), at=now)
        statement, params = sql.INSERT_EVENT_ALWAYS, rows.event_params(stamped)
        if only_if is not None:
            statement, params = sql.INSERT_EVENT.format(where=only_if.where), {**params, **only_if.params, "now": now}
        row = self._one(statement, params)
        return replace(stamped, seq=row[0]) if row else None

    def _move_heads(self, events: Sequence[Event]) -> None:
        moved: dict[tuple[str, str], Head | None] = {}
        for event in events:
            for subject in _subjects(event):
                place = (event.repo, subject)
                head = moved[place] if place in moved else self.head(subject, repo=event.repo)
                moved[place] = _folded(head, event, subject)
        for head in moved.values():
            if head is not None:
                self.connection.rows(sql.SAVE_HEAD, rows.head_params(head))

    # --- leases ------------------------------------------------------------------------------------------------

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
        """See contracts.Store."""
        wanted = tuple(dict.fromkeys(map(paths.canonical, keys)))
        try:
            with self.writing() as now:
                self._require(only_if, now)
                self._clear(wanted, now, dead)
                leases = tuple(self._take(key, holder, now, seconds, dead) for key in wanted)
                self.record(events(leases), now)
                return leases
        except _Taken:
            return None

    def _require(self, only_if: Condition | None, now: str) -> None:
        if only_if is not None and not self._one(sql.HOLDS.format(where=only_if.where), {**only_if.params, "now": now}):
            raise _Taken

    def _clear(self, wanted: Sequence[str], now: str, dead: Callable[[Holder], bool]) -> None:
        """Take overlapping paths away from holders that are gone, so that their late writes are refused too."""
        ours = [key for key in wanted if key.startswith(paths.PATH)]
        held = self.leases() if ours else []
        others = {lease.key: lease for lease in held if lease.key.startswith(paths.PATH) and lease.key not in wanted}
        for lease in {other: others[other] for key in ours for other in paths.overlapping(key, others)}.values():
            if lease.expires > now and lease.holder and not dead(lease.holder):
                raise _Taken
            self.connection.rows(sql.EVICT, {"key": lease.key})

    def _take(self, key: str, holder: Holder, now: str, seconds: float, dead: Callable[[Holder], bool]) -> Lease:
        expires, word = clock.later(now, seconds), rows.holder_text(holder)
        params = {"key": key, "holder": word, "expires": expires, "now": now, "dead": ""}
        row = self._one(sql.TAKE, params)
        if row is None:
            row = self._one(sql.TAKE, {**params, "dead": self._gone(key, dead)})
        if row is None:
            raise _Taken
        return Lease(key=key, fence=row[0], holder=holder, expires=expires)

    def _gone(self, key: str, dead: Callable[[Holder], bool]) -> str:
        """The text of the key's holder if it is dead, else the empty text."""
        lease = self.lease(key)
        return rows.holder_text(lease.holder) if lease and lease.holder and dead(lease.holder) else ""

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        """See contracts.Store."""
        with self.writing() as now:
            expires = max(clock.later(now, seconds), lease.expires)
            if not self._one(sql.RENEW, {**rows.lease_params(lease), "expires": expires}):
                raise _lost(lease)
        return replace(lease, expires=expires)

    def release(self, lease: Lease, *, events: Sequence[Event] = ()) -> None:
        """See contracts.Store."""
        with self.writing() as now:
            if self._one(sql.FREE, rows.lease_params(lease)):
                self.record(events, now)
            elif events:
                raise _lost(lease)

    def lease(self, key: str) -> Lease | None:
        """See contracts.Store."""
        row = self._one(sql.LEASE, {"key": paths.canonical(key)})
        return rows.lease_from(row) if row else None

    def leases(self) -> list[Lease]:
        """See contracts.Store."""
        held = map(rows.lease_from, self.connection.rows(sql.HELD, {}))
        return sorted(held, key=lambda lease: lease.key)

    # --- reading -----------------------------------------------------------------------------------------------

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
        """See contracts.Store. Read in pages, so that the reader may write in between."""
        wanted = {"subject": subject, "run": run, "since": since or None}
        texts = {"subject": "and subject = :subject", "run": _RUN, "since": "and at >= :since"}
        # With a subject or a run given, its index is the right one; the bare word `kind` could choose another.
        kind = "kind" if subject is None and run is None else "kind || ''"
        given = [texts[name] for name, word in wanted.items() if word is not None]
        filters = " ".join([*given, _any(kind, "kind", kinds)])
        params = {**wanted, **_numbered("kind", kinds)}
        left, page = _NO_LIMIT if limit is None else limit, _PAGE
        while left > 0:
            places = {**params, "after": after, "limit": min(left, page)}
            found = self.connection.rows(sql.EVENTS.format(filters=filters), places)
            yield from map(rows.event_from, found)
            if len(found) < min(left, page):
                return
            # Pages grow: where an index gives another order than seq, every page sorts again.
            after, left, page = found[-1][0], left - len(found), min(page * 4, _LARGEST_PAGE)

    def head(self, subject: str, *, repo: str = ".") -> Head | None:
        """See contracts.Store."""
        row = self._one(sql.HEAD_OF, {"repo": repo, "subject": subject})
        return rows.head_from(row) if row else None

    def heads(
        self,
        type: str,  # noqa: A002
        *,
        repo: str = ".",
        status: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Head]:
        """See contracts.Store."""
        places = {"repo": repo, "type": type, "limit": _NO_LIMIT if limit is None else limit}
        statement = sql.HEADS.format(filters=_any("status", "status", status))
        return [
            rows.head_from(row) for row in self.connection.rows(statement, {**places, **_numbered("status", status)})
        ]

    def counts(self, type: str, *, repo: str = ".") -> dict[str, int]:  # noqa: A002
        """See contracts.Store."""
        return dict(self.connection.rows(sql.COUNTS, {"repo": repo, "type": type}))

    def _one(self, statement: str, params: Mapping[str, object]) -> Row | None:
        found = self.connection.rows(statement, params)
        return found[0] if found else None


# Saying that it is not empty lets the partial index serve.
_RUN = "and run = :run and run <> ''"


def _any(column: str, name: str, words: Sequence[str]) -> str:
    places = ", ".join(f":{name}{number}" for number in range(len(words)))
    return f"and {column} in ({places})" if words else ""


def _numbered(name: str, words: Sequence[str]) -> dict[str, str]:
    return {f"{name}{number}": word for number, word in enumerate(words)}


def _subjects(event: Event) -> tuple[str, ...]:
    with _typed(event):
        return heads.subjects_of(event)


def _folded(head: Head | None, event: Event, subject: str) -> Head | None:
    with _typed(event):
        return heads.fold(head, event, subject)


@contextmanager
def _typed(event: Event) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"an event {event.kind} of {event.subject} holds the wrong type of data: {error}",
            "This is a defect of the program that wrote it; please report it with this message.",
        ) from error


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(
        f"the lease {lease.key} with fence {lease.fence} is no longer held here",
        "Nothing more is written by this run; its task goes on with whoever holds the lease now.",
    )
