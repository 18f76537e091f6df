"""What is wrong with an installation in a clone, each with its cause and its fix; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autonomy_pack import __version__, config
from autonomy_pack.edges import documents, git
from autonomy_pack.errors import UsageError
from autonomy_pack.flows.fleet import clone, released
from autonomy_pack.flows.project import CONFIG_FILE
from autonomy_pack.model import Finding, Place
from autonomy_pack.policy.fleet import file_faults
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.faults import causes, fault
from autonomy_pack.policy.fleet.file_faults import Caller
from autonomy_pack.policy.fleet.lock import Lock
from autonomy_pack.policy.fleet.page_faults import OLDER, STOP
from autonomy_pack.policy.fleet.plan import Found, Step
from autonomy_pack.views.callers import FOLDER

ACTIONS_LOCK = f"{FOLDER}/actions.lock"
BESIDE = (CONFIG_FILE, ACTIONS_LOCK)
"""What is read of a repository beside the files of the kit."""


def verify(place: Place) -> list[Finding]:
    """Everything that is not as the lock and this release say; none when all is well."""
    try:
        lock = clone.look(place, ()).lock
        steps = clone.install(place, lock.inputs) if lock else ()
        found = clone.look(place, [*(step.path for step in steps), STOP, OLDER, *BESIDE])
    except UsageError as error:
        return [fault("lock-unreadable", locks.PATH, error.says, error.fix)]
    if lock is None:
        return [fault("not-installed", locks.PATH)]
    faults = (*file_faults.of_lock(lock, __version__), *of_texts(found, steps, lock), *_beside(found), *_branch(place))
    return list(causes(faults))


def of_texts(found: Found, steps: Iterable[Step], lock: Lock) -> Iterator[Finding]:
    """What the texts of an installation's files tell; `steps`: the plan to the state that the lock describes."""
    there = callers(found, lock)
    yield from file_faults.of_steps(steps, found, lock)
    yield from file_faults.of_callers(there)
    yield from file_faults.of_lockfile(found.files.get(ACTIONS_LOCK), [one.path for one in there])
    yield from config.config_problems(found.files.get(CONFIG_FILE, ""), CONFIG_FILE)


def callers(found: Found, lock: Lock) -> tuple[Caller, ...]:
    """The workflows of ours that are there and were read."""
    paths = sorted(path for path in found.files if path.startswith(f"{FOLDER}/") and path in lock.files)
    return tuple(_caller(path, found.files[path], lock) for path in paths)


def _caller(path: str, text: str, lock: Lock) -> Caller:
    try:
        says = documents.load_yaml(text, path).data
    except documents.DocumentError as error:
        return Caller(path=path, why=error.says)
    ours = released.rendered(path, lock.files[path].inputs)
    return Caller(path=path, says=says, ours=documents.load_yaml(ours, path).data if ours else None)


def calls(there: Iterable[Caller]) -> Mapping[str, tuple[str, ...]]:
    """Path → what each workflow of ours calls."""
    return {one.path: tuple(sorted(_uses(one.says))) for one in there}


def _uses(says: Any) -> Iterator[str]:
    jobs = says.get("jobs") if isinstance(says, dict) else None
    for job in jobs.values() if isinstance(jobs, dict) else ():
        if isinstance(job, dict) and isinstance(job.get("uses"), str):
            yield job["uses"]


def _beside(found: Found) -> Iterator[Finding]:
    for rule, path in (("stopped", STOP), ("older-pack", OLDER)):
        if path in found.files or path in found.odd:
            yield fault(rule, path)


def _branch(place: Place) -> Iterator[Finding]:
    """Whether the pack is committed here, and not on the default branch as the clone last saw it."""
    default = _said(place, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    here = _said(place, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not default or default == f"origin/{here}":
        return
    if _has(place, "HEAD") and not _has(place, default):
        yield fault("wrong-default-branch", locks.PATH, f"it is on {here or 'a commit'}, and not on {default}")


def _said(place: Place, *words: str) -> str:
    return git.text(git.in_folder(place.root, *words) or b"").strip()


def _has(place: Place, commit: str) -> bool:
    return git.in_folder(place.root, "cat-file", "-e", f"{commit}:{locks.PATH}") is not None
