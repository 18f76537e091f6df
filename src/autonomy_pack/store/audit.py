"""Whether the heads are what the events say, and making them so again."""

from __future__ import annotations

from autonomy_pack.model import Finding, Head, Risk
from autonomy_pack.store import heads, rows, sql
from autonomy_pack.store.tables import Tables

Places = dict[tuple[str, str], Head]
_FIX = "Run `autonomy db check --rebuild`: it folds the heads again from the events; no event is touched."


def stored_heads(store: Tables) -> Places:
    """Every head as the table has it, by (repo, subject)."""
    found = map(rows.head_from, store.connection.rows(sql.ALL_HEADS, {}))
    return {(head.repo, head.subject): head for head in found}


def folded_heads(store: Tables) -> Places:
    """Every head folded anew from all events, by (repo, subject). WorldError when an event cannot be read."""
    folded: Places = {}
    for event in store.events():
        for subject in heads.subjects_of(event):
            place = (event.repo, subject)
            head = heads.fold(folded.get(place), event, subject)
            if head is not None:
                folded[place] = head
    return folded


def examine(store: Tables) -> list[Finding]:
    """What is wrong with the store: faults of the engine's own check, and heads that are not what the events say."""
    store.connection.snapshot()
    try:
        faults = [_fault(store, said) for said in store.connection.faults()]
        found, right = stored_heads(store), folded_heads(store)
    finally:
        store.connection.rollback()
    places = sorted(place for place in found.keys() | right.keys() if found.get(place) != right.get(place))
    return faults + [_difference(place, found.get(place), right.get(place)) for place in places]


def rebuild(store: Tables) -> int:
    """Fold every head anew and replace the table in one transaction; how many there are."""
    with store.writing():
        right = folded_heads(store)
        store.connection.rows(sql.DROP_HEADS, {})
        for head in right.values():
            store.connection.rows(sql.SAVE_HEAD, rows.head_params(head))
    return len(right)


def _fault(store: Tables, said: str) -> Finding:
    return Finding(
        rule="store.integrity",
        risk=Risk.CRITICAL,
        says=f"the database is damaged: {said}",
        fix="Keep the file and restore the newest backup beside it (its name has .backup- and a time).",
        where=store.url,
    )


def _difference(place: tuple[str, str], found: Head | None, right: Head | None) -> Finding:
    if found is None or right is None:
        says = "its head is missing" if found is None else "it has a head, but no event"
    else:
        names = [name for name in Head.__dataclass_fields__ if getattr(found, name) != getattr(right, name)]
        told = ", ".join(f"{name} is {getattr(found, name)!r}, not {getattr(right, name)!r}" for name in names)
        says = f"its head differs from its events: {told}"
    return Finding(rule="store.heads", risk=Risk.HIGH, says=says, fix=_FIX, where=" ".join(place))
