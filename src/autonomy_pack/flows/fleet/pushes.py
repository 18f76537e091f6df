"""The write that a row asks for: a commit on our branch, or on the default one, and the pull request for it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows.fleet import clone
from autonomy_pack.flows.fleet.order import Order
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.rows import Reason, Row
from autonomy_pack.policy.fleet.steps import Act
from autonomy_pack.targets import BRANCH, PLAN, Push, Target, object_id
from autonomy_pack.views import fleet_pull as view

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet


def push(fleet: Fleet, target: Target, row: Row, order: Order, before: str) -> Push:
    """The write that a row asks for; `before` is the version that is installed, "" = none is."""
    texts = {step.path: step.text for step in row.steps if step.changes and step.act is not Act.REMOVE}
    gone = tuple(step.path for step in row.steps if step.act is Act.REMOVE)
    new = _installed_then(texts.get(locks.PATH))
    version, source = (new.version, f"{new.pack}@{new.sha}") if new else ("", "")
    told = view.pull(order.verb, row, before, changelog(), after=version, source=source)
    whole = Push(
        target=target,
        branch="" if order.direct else BRANCH,
        at=target.head,
        was=target.head if order.direct else target.tip,
        texts=texts,
        gone=gone,
        headline=told.title,
        message=f"{told.summary}\n\n{PLAN}: {row.plan}",
        title="" if order.direct else told.title,
        body=told.body,
        draft=row.reason is Reason.DRAFT,
    )
    return whole if order.direct or not target.tip else _on_top(fleet, whole, row, force=order.force)


def _installed_then(lock: str | None) -> Inputs | None:
    """What the new lock names; None where there is none, or a backup's cannot be read."""
    try:
        return clone.read_lock(lock).inputs if lock else None
    except UsageError:
        return None


@cache
def changelog() -> str:
    """What changed in which release."""
    return (pkgutil.get_data("autonomy_pack", "CHANGELOG.md") or b"").decode()


def _on_top(fleet: Fleet, whole: Push, row: Row, *, force: bool) -> Push:
    """The write where our branch is there: nothing more where it is right; on top of it while it is being proposed."""
    target, proposal = whole.target, whole.target.proposal
    if target.plan == row.plan and _is_it(fleet, whole):
        return replace(whole, at=target.tip, texts={}, gone=())
    if target.plan == row.plan and proposal is None and not force:
        says = f"{target.name}: the commit on {BRANCH} names this plan, but holds something else"
        raise WorldError(says, f"Look who made it; delete {BRANCH}, or say --force to make it anew.")
    if proposal is None or proposal.state != "open":
        return whole
    branch = fleet.branch(target)
    there, lock = branch.blobs, branch.lock
    ours = {*whole.texts, *whole.gone}
    others = {step.path for step in row.steps} | (clone.read_lock(lock).files if lock else {}).keys()
    others -= {path for path in others if path in ours or there.get(path) == target.blobs.get(path)}
    texts = {path: text for path, text in whole.texts.items() if there.get(path) != object_id(text)}
    gone = {path for path in whole.gone if path in there} | {path for path in others if path not in target.blobs}
    back = _back(fleet, target, sorted(others - gone))
    return replace(whole, at=target.tip, texts={**texts, **back}, gone=tuple(sorted(gone)), proposal=proposal.id)


def _is_it(fleet: Fleet, whole: Push) -> bool:
    """Whether our branch is the default one with the plan carried out, and nothing more: a message proves nothing."""
    target, branch = whole.target, fleet.branch(whole.target)
    seen = {path: text for path, text in whole.texts.items() if "/" not in path or path.startswith(".github/")}
    left = {path: oid for path, oid in target.blobs.items() if path not in whole.gone}
    if branch.blobs != {**left, **{path: object_id(text) for path, text in seen.items()}}:
        return False
    return _beside(branch.folders, whole) == _beside(target.folders, whole)


def _beside(folders: Mapping[str, str], whole: Push) -> dict[str, str]:
    """Those in which a write changes nothing."""
    within = {str(folder) for path in (*whole.texts, *whole.gone) for folder in PurePosixPath(path).parents}
    return {path: oid for path, oid in folders.items() if path not in within}


def _back(fleet: Fleet, target: Target, paths: Iterable[str]) -> Mapping[str, str]:
    """What an earlier plan changed on our branch and this one does not, as the default branch has it."""
    texts = fleet.texts({target.id: [target.blobs[path] for path in paths]})
    return {path: text for path in paths if (text := texts[target.blobs[path]]) is not None}
