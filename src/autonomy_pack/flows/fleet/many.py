"""The same order for many repositories: a row for each, made from one read of a hundred, carried out one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows.fleet import beside, clone, released
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.flows.fleet.order import NotInstalled, Order, Verb, inputs_for, spared
from autonomy_pack.flows.fleet.pushes import push
from autonomy_pack.model import value
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.backup import plan_back
from autonomy_pack.policy.fleet.lock import Inputs, Kind, Lock, sha256
from autonomy_pack.policy.fleet.plan import plan, to_read
from autonomy_pack.policy.fleet.rows import Reason, Row, judged, refused
from autonomy_pack.policy.fleet.steps import Found, Step, Wanted
from autonomy_pack.targets import Push, Pushed, Target, object_id
from autonomy_pack.views.kit import MAKEFILE, MAKEFILES

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet

_TRIES, _PAGE = 3, 100


@value
class Planned:
    """A row and what it was made from: `before` is what its files hold now, as far as the plan had to know it."""

    target: Target
    row: Row
    before: Mapping[str, str]
    lock: Lock | None = None
    found: Found | None = None


@value
class Begun:
    """A repository of which it is known what it is to have."""

    target: Target
    wanted: Mapping[str, Wanted]
    inputs: Inputs | None
    found: Found


def rows(fleet: Fleet, targets: Iterable[Target], order: Order) -> Iterator[Planned]:
    """A row for each repository, in their order; the texts that plans need are read for a hundred at once."""
    left = iter(targets)
    while some := list(islice(left, _PAGE)):
        begun = [_begun(target, order) for target in some]
        needed = {one.target.id: _needed(one, order) for one in begun if isinstance(one, Begun)}
        texts = _texts(fleet, needed)
        for one in begun:
            planned = _finished(fleet, one, texts, order) if isinstance(one, Begun) else one
            yield replace(planned, row=beside.planned(fleet, planned.target, planned.row, order))


def _begun(target: Target, order: Order) -> Begun | Planned:
    row = refused(target, forks=order.forks)
    if row is None and target.stop and not order.force:
        row = Row(name=target.name, reason=Reason.HELD, why="a stop is set there: --force goes on all the same")
    if row is not None:
        return Planned(target=target, row=row, before={})
    try:
        lock = clone.read_lock(target.lock) if target.lock is not None else None
        inputs = None if order.verb is Verb.RESTORE else inputs_for(order, target.name, lock)
        makefile = next((name for name in MAKEFILES if name in target.blobs), MAKEFILE)
        wanted = clone.desired(inputs, makefile) if inputs else {}
        _need_backup(target, order)
        now = found(target, wanted, lock, _kept(target, order))
        clone.need_lock(now)
    except NotInstalled as error:
        reason = Reason.OLDER_PACK if target.older else Reason.NOT_INSTALLED
        why = f"the older pack {target.older}: `autonomy fleet install` migrates it" if target.older else error.says
        return Planned(target=target, row=Row(name=target.name, reason=reason, why=why), before={})
    except UsageError as error:
        row = Row(name=target.name, reason=Reason.UNREADABLE, why=f"{error.says} → {error.fix}")
        return Planned(target=target, row=row, before={})
    return Begun(target=target, wanted=wanted, inputs=inputs, found=now)


def _kept(target: Target, order: Order) -> Iterable[str]:
    return order.backups[target.name].files if target.name in order.backups else ()


def _need_backup(target: Target, order: Order) -> None:
    if order.verb is Verb.RESTORE and target.name not in order.backups:
        raise NotInstalled("there is no backup of it", "Name the folder that --backup wrote.")


def found(target: Target, wanted: Mapping[str, Wanted], lock: Lock | None, more: Iterable[str] = ()) -> Found:
    """What a repository has of the kit's files, by git's names of their contents: most texts need not be read."""
    bases = released.bases(lock)
    known = {locks.PATH: target.lock, older.MARKER: target.marker}
    texts = {path: text for path, text in known.items() if text is not None}
    every = {locks.PATH, *older.EVERY, *wanted, *more, *(lock.files if lock else ())}
    odd = {path: why for path in every if (why := _odd(path, target))}
    if target.older and target.marker is None:
        odd[older.MARKER] = "it is no text that can be read whole: look at it by hand"
    paths = every & target.blobs.keys()
    for path in paths - odd.keys() - texts.keys():
        ours = _known(wanted.get(path), bases.get(path), target.blobs[path])
        texts |= {path: ours} if ours is not None else {}
    unread = frozenset(paths - texts.keys() - odd.keys())
    return Found(files=texts, odd=odd, bases=bases, lock=lock, unread=unread, older=target.older)


def _odd(path: str, target: Target) -> str:
    """Why nothing is done with a file whatever it holds; "" when something may be."""
    if path in target.links:
        return "it is a link or a submodule: look at it by hand"
    if path in target.folders:
        return "it is a folder"
    folders = [path[:place] for place, letter in enumerate(path) if letter == "/"]
    taken = next((folder for folder in folders if folder in target.blobs), "")
    return f"{taken} is a file or a link, where its folder would be" if taken else ""


def _known(want: Wanted | None, base: str | None, oid: str) -> str | None:
    """The text of that object id, if it is one of ours."""
    ours = [want.text if want and want.kind is not Kind.LINE else None, base]
    return next((text for text in ours if text is not None and object_id(text) == oid), None)


def _needed(begun: Begun, order: Order) -> list[str]:
    paths = _to_read(begun, begun.found, order)
    return [begun.target.blobs[path] for path in sorted(paths)]


def _to_read(begun: Begun, found: Found, order: Order) -> frozenset[str]:
    """The files whose texts the plan depends on; the way back to a backup depends on all that it holds."""
    if order.verb is Verb.RESTORE:
        return found.unread & frozenset(order.backups[begun.target.name].files)
    return to_read(begun.wanted, found, force=order.force)


def _texts(fleet: Fleet, needed: Mapping[str, Iterable[str]]) -> Mapping[str, str | None]:
    """The texts by object id. When they cannot be read together, each repository's alone: what is left out then cannot
    be read at all, and is no reason to stop with the others."""
    try:
        return fleet.texts(needed)
    except WorldError:
        read: dict[str, str | None] = {}
        for id, oids in needed.items():  # noqa: A001
            with suppress(WorldError):
                read |= fleet.texts({id: oids})
        return read


def _finished(fleet: Fleet, begun: Begun, texts: Mapping[str, str | None], order: Order) -> Planned:
    target, now = begun.target, _read(begun, texts)
    if _to_read(begun, now, order):
        row = Row(
            name=target.name, reason=Reason.FAILED, why="its files could not be read → Run the same command again."
        )
        return Planned(target=target, row=row, before={})
    steps = _steps(begun, now, order)
    row = judged(target, steps, digest(order, steps), direct=order.direct, again=order.force)
    if row.reason is Reason.TAKEN_OVER and _is_left_behind(fleet, target):
        bare = replace(target, tip=target.head)
        row = judged(bare, steps, digest(order, steps), direct=order.direct, again=order.force)
    return Planned(target=target, row=row, before=now.files, lock=now.lock, found=now)


def _is_left_behind(fleet: Fleet, target: Target) -> bool:
    """Whether our branch has no commit of its own: a write got no further, and the default branch moved on since."""
    if target.proposal and target.proposal.state == "open":
        return False
    try:
        return not fleet.has_own_commits(target)
    except WorldError:
        return False


def _steps(begun: Begun, now: Found, order: Order) -> tuple[Step, ...]:
    if order.verb is Verb.RESTORE:
        return plan_back(order.backups[begun.target.name], now)
    steps = plan(begun.wanted, begun.inputs, now, merged, force=order.force)
    return spared(steps, agents=order.keep_agents)


def _read(begun: Begun, texts: Mapping[str, str | None]) -> Found:
    """What was found, with the texts that were read since; one that is no text is left alone."""
    known, blobs = begun.found, begun.target.blobs
    read = {path: texts[blobs[path]] for path in known.unread if blobs[path] in texts}
    files = {path: text for path, text in read.items() if text is not None}
    odd = {path: "it is no text that can be read: look at it by hand" for path, text in read.items() if text is None}
    return replace(known, files={**known.files, **files}, odd={**known.odd, **odd}, unread=known.unread - read.keys())


def digest(order: Order, steps: Iterable[Step]) -> str:
    """The hash of what a plan does: the same change has the same one, wherever and whenever it is planned."""
    done = [(str(step.act), step.path, sha256(step.text)) for step in steps if step.changes]
    return sha256(json.dumps([str(order.verb), done]))


def carry_out(fleet: Fleet, planned: Planned, order: Order) -> Planned:
    """One row carried out, or why it failed; a repository that moved on meanwhile is planned anew."""
    from autonomy_pack.edges.github.pushing import Stale

    now = planned
    for left in reversed(range(_TRIES)):
        try:
            try:
                done = fleet.push(_push(fleet, now, order)) if now.row.pushes else None
                return replace(now, row=_done(fleet, now.row, done, order))
            except Stale:
                if not left:
                    raise
                now = next(rows(fleet, [fleet.target(now.target.id)], order))
        except (WorldError, UsageError) as error:
            return replace(now, row=_failed(now.row, error))
    raise AssertionError("unreachable")


def _push(fleet: Fleet, planned: Planned, order: Order) -> Push:
    before = planned.lock.inputs.version if planned.lock else ""
    return push(fleet, planned.target, planned.row, order, before)


def _done(fleet: Fleet, row: Row, done: Pushed | None, order: Order) -> Row:
    """The row when its commit is made: its labels are done with, too."""
    more = beside.carry_out(fleet, row, order)
    return replace(row, done=bool(done or more), url=done.url if done else row.url)


def _failed(row: Row, error: WorldError | UsageError) -> Row:
    return replace(row, reason=Reason.FAILED, why=f"{error.says} → {error.fix}")
