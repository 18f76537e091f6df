"""The faults that the one read of a page of repositories shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autonomy_pack.model import Finding
from autonomy_pack.policy.fleet.faults import fault
from autonomy_pack.policy.fleet.lock import PATH, Kind, Lock, Locked, sha256
from autonomy_pack.policy.fleet.plan import Found, Wanted
from autonomy_pack.policy.fleet.rows import OPTED_OUT
from autonomy_pack.targets import Target

STOP = ".agent-workspace/STOP"
OLDER = ".sovereign/autonomy/VERSION"
_ISSUES, _LABELS, _ACTIONS = "issues", "labels", "actions"
_PAGE = 100
"""So many labels one read shows; where there are more, one that was not shown may be there."""


def of_target(target: Target, lock: Lock | None) -> Iterator[Finding]:
    """What a repository in which the pack is tells of itself, its stop, our branch, and the runs of our workflows."""
    for rule, true in (
        ("archived", target.archived),
        ("disabled", target.disabled),
        ("opted-out", OPTED_OUT in target.topics),
        ("fork-schedule", target.fork and lock is not None and bool(lock.inputs.cron)),
    ):
        if true:
            yield fault(rule, target.name)
    if not target.issues:
        yield fault("issues-off", _ISSUES)
    if target.older:
        yield fault("older-pack", OLDER, f"the older pack {target.older} is installed beside ours")
    if target.stop:
        yield fault("stopped", STOP)
    yield from _proposed(target)
    yield from _running(target)


def _proposed(target: Target) -> Iterator[Finding]:
    if target.tip and not target.plan:
        yield fault("taken-over", target.proposal.url if target.proposal else target.name)
    elif target.proposal and target.proposal.state == "open":
        number = target.proposal.number
        if target.proposal.draft:
            yield fault("proposal-draft", target.proposal.url, f"#{number} is a draft: something is to merge by hand")
        else:
            yield fault("proposal-waits", target.proposal.url, f"#{number} waits to be merged")


def _running(target: Target) -> Iterator[Finding]:
    runs = target.runs
    if runs is None:
        says = "how runs of our workflows went is told by GraphQL only, which this host lacks"
        yield fault("unknown", _ACTIONS, says, "Look at the Actions page.")
    elif runs.failed:
        told = f"{runs.failed} of {runs.finished} runs of our workflows on the newest commit"
        yield fault("runs-failing", _ACTIONS, f"{told} failed, or could not start")


def of_ids(found: Found, wanted: Mapping[str, Wanted], lock: Lock) -> Iterator[Finding]:
    """What the names that git gives to files tell of the kit's; a file that was not read is no more than different."""
    for path in sorted({*wanted, *lock.files}):
        rule = _rule(path, found, wanted.get(path), lock.files.get(path))
        if rule:
            yield fault(rule, path, found.odd.get(path, ""))


def _rule(path: str, found: Found, want: Wanted | None, lock: Locked | None) -> str:
    if path in found.odd:
        return "no-plain-file"
    if path not in found.files and path not in found.unread:
        return "" if want is None else "file-missing" if lock else "out-of-date"
    if want is None or want.kind is not Kind.FILE or found.files.get(path) == want.text:
        return ""
    if lock is None:
        return "name-taken"
    if sha256(want.text) != lock.upstream_sha256:
        return "out-of-date"
    # What was merged when it was written is known by its hash only, which an id does not tell.
    return "edited" if lock.written_sha256 == lock.upstream_sha256 else ""


def of_labels(target: Target, ours: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Our labels, as (name, colour), held against the repository's, where they were asked for."""
    if target.labels is None:
        return
    lacks, drifts = [], []
    for name, color in ours:
        there = target.labels.get(name.casefold())
        if there is None:
            lacks.append(name)
        elif there[1:] != (name, color.lower()):
            drifts.append(name)
    if lacks and len(target.labels) < _PAGE:
        yield fault("label-missing", _LABELS, f"{len(lacks)} of our labels are missing: {_some(lacks)}")
    if drifts:
        yield fault("label-drift", _LABELS, f"not as in our list: {_some(drifts)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def of_no_lock(target: Target, callers: Iterable[str]) -> Iterator[Finding]:
    """A repository without a lock that can be read: our files may be there all the same."""
    if target.unread:
        yield fault("lock-unreadable", PATH, target.unread)
    elif target.lock is None and not target.older:  # the older pack has files of our names
        there = sorted(set(callers) & set(target.blobs))
        if there:
            yield fault("lock-missing", PATH, f"{', '.join(there)}: there, and no lock says that they are ours")
