"""What is wrong with an installation in a clone, each with its cause and its fix; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autonomy_pack import config
from autonomy_pack.edges import documents
from autonomy_pack.errors import UsageError
from autonomy_pack.flows.fleet import clone, released
from autonomy_pack.flows.project import CONFIG_FILE
from autonomy_pack.model import Finding, Place, Risk
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.lock import Lock
from autonomy_pack.policy.fleet.plan import Act, Found
from autonomy_pack.views.callers import FOLDER

STOP = ".agent-workspace/STOP"
_SYNC = "`autonomy fleet sync --dry-run` shows what would be done; `autonomy fleet sync` does it."


def verify(place: Place) -> list[Finding]:
    """Everything that is not as the lock and this release say; none when all is well."""
    try:
        found = clone.look(place, (STOP, CONFIG_FILE))
    except UsageError as error:
        return [_finding("lock-unreadable", Risk.HIGH, locks.PATH, error.says, error.fix)]
    if found.lock is None:
        fix = "Install it: `autonomy fleet install --help`."
        return [_finding("not-installed", Risk.HIGH, locks.PATH, "the pack is not installed here", fix)]
    return [*_files(place, found.lock), *_callers(found, found.lock), *_stopped(found), *_configured(found)]


def _files(place: Place, lock: Lock) -> Iterator[Finding]:
    """A plan to the state that the lock itself describes, and then to this release's."""
    for step in clone.install(place, lock.inputs):
        if step.act is Act.CONFLICT:
            yield _finding("merge-by-hand", Risk.MEDIUM, step.path, step.why, f"Merge it by hand. {_SYNC}")
        elif step.act is Act.KEEP and "removed" in step.why:
            yield _finding("file-missing", Risk.HIGH, step.path, step.why, "`autonomy fleet sync --force`.")
        elif step.act is Act.KEEP and "not ours" in step.why:
            yield _finding("name-taken", Risk.MEDIUM, step.path, step.why, "Move it away, or sync with --force.")
        elif step.changes and step.path != locks.PATH:
            yield _finding("out-of-date", Risk.LOW, step.path, step.why, _SYNC)


def _callers(found: Found, lock: Lock) -> Iterator[Finding]:
    """Workflows of ours that cannot be read, call another commit, or grant less than the release needs."""
    for path in sorted(path for path in found.files if path.startswith(FOLDER) and path in lock.files):
        try:
            document = documents.load_yaml(found.files[path], path).data
        except documents.DocumentError as error:
            yield _finding("unreadable", Risk.HIGH, path, error.says, f"Restore it: {_SYNC}")
            continue
        yield from _called(path, document, released.rendered(path, lock.files[path].inputs))


def _called(path: str, document: Any, ours: str) -> Iterator[Finding]:
    wanted = documents.load_yaml(ours, path).data if ours else {"jobs": {}}
    for name, job in wanted["jobs"].items():
        has = (document.get("jobs") or {}).get(name) if isinstance(document, dict) else None
        if not isinstance(has, dict):
            yield _finding("job-missing", Risk.HIGH, path, f'it has no job "{name}"', _SYNC)
            continue
        if has.get("uses") != job["uses"]:
            yield _finding("wrong-pin", Risk.HIGH, path, f"it calls {has.get('uses')}, not {job['uses']}", _SYNC)
        lacks = _lacking(has.get("permissions"), job.get("permissions") or {})
        if lacks:
            says = f"job {name} does not grant {lacks}, which the release needs"
            yield _finding("permission-missing", Risk.HIGH, path, says, "Grant it there, or let sync merge it.")


def _lacking(has: Any, needs: dict[str, str]) -> str:
    """A called workflow that asks for more than its caller grants is refused at its start."""
    granted = has if isinstance(has, dict) else {}
    return ", ".join(f"{name}: {level}" for name, level in needs.items() if granted.get(name) not in (level, "write"))


def _stopped(found: Found) -> Iterator[Finding]:
    if STOP in found.files or STOP in found.odd:
        says = "a stop is set: nothing is worked on"
        yield _finding("stopped", Risk.MEDIUM, STOP, says, "`autonomy resume`, when work may go on.")


def _configured(found: Found) -> Iterator[Finding]:
    yield from config.config_problems(found.files.get(CONFIG_FILE, ""), CONFIG_FILE)


def _finding(rule: str, risk: Risk, where: str, says: str, fix: str) -> Finding:
    return Finding(rule=rule, risk=risk, says=says, fix=fix, where=where)
