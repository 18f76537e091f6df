"""The faults of an installation's files: in a clone, and of the same texts read by the API. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autonomy_pack.model import Finding, value
from autonomy_pack.policy.fleet.faults import fault
from autonomy_pack.policy.fleet.lock import PATH, Inputs, Kind, Lock, sha256
from autonomy_pack.policy.fleet.plan import Act, Found, Step

_COMMIT = re.compile(r"[0-9a-f]{40}")
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_NO_LINUX = ("macos", "windows")


@value
class Caller:
    """A workflow of ours that is there: `says`, its document, or `why` it has none; `ours`: the document of what its
    lock's inputs give, None where that is not known."""

    path: str
    says: Any = None
    why: str = ""
    ours: Any = None


def of_lock(lock: Lock, release: str, *, hosted: bool = True) -> Iterator[Finding]:
    """What the lock alone tells; `release` is this one, `hosted`: the repository is on github.com."""
    told = lock.inputs
    if _numbers(told.version) > _numbers(release):
        yield fault("newer-release", PATH, f"release {told.version} installed it, and this is {release}")
    elif _numbers(told.version) < _numbers(release):
        yield fault("older-release", PATH, f"release {told.version} installed it, and this is {release}")
    for path, file in sorted(lock.files.items()):
        if file.kind is Kind.FILE and _pin(file.inputs) != _pin(told):
            yield fault("left-behind", path, f"it is still of {file.inputs.version}, and the rest of {told.version}")
    if told.hosted and not hosted:
        yield fault("server-keys", PATH)
    for label in told.runs_on:
        if label.casefold().startswith(_NO_LINUX):
            yield fault(
                "sandbox-unattainable", PATH, f"it runs on {label}, which is no Linux: no box can be built there"
            )


def _numbers(version: str) -> tuple[int, ...]:
    found = _NUMBERS.match(version)
    return tuple(map(int, found.groups())) if found else ()


def _pin(inputs: Inputs) -> tuple[str, str, str]:
    return inputs.pack, inputs.sha, inputs.version


def of_steps(steps: Iterable[Step], found: Found, lock: Lock) -> Iterator[Finding]:
    """What the plan to the state tells that the lock itself describes, made with this release's templates."""
    for step in steps:
        if step.path != PATH:
            rule = _rule(step, found, lock)
            if rule:
                yield fault(rule, step.path, step.why if rule != "edited" else "")


def _rule(step: Step, found: Found, lock: Lock) -> str:
    if step.path in found.odd:
        return "no-plain-file"
    if step.act is Act.CONFLICT:
        return "merge-by-hand"
    if step.act is Act.KEEP and not (step.path in found.files or step.path in found.unread):
        return "file-missing"
    if step.act is Act.KEEP and step.path not in lock.files and "not ours" in step.why:
        return "name-taken"
    if step.changes:
        return "out-of-date"
    return "edited" if _edited(step.path, found, lock) else ""


def _edited(path: str, found: Found, lock: Lock) -> bool:
    """Whether a file is neither what its template gave nor what was written with a person's lines merged into it."""
    file = lock.files.get(path)
    if file is None or file.kind is not Kind.FILE or path not in found.files:
        return False
    return sha256(found.files[path]) not in (file.upstream_sha256, file.written_sha256)


def of_callers(callers: Iterable[Caller]) -> Iterator[Finding]:
    """Workflows of ours that cannot be read, call another commit, or give less than the release needs."""
    for one in callers:
        if one.why:
            yield fault("unreadable", one.path, one.why)
        elif isinstance(one.ours, dict):
            says = one.says if isinstance(one.says, dict) else {}
            yield from _triggers(one.path, says.get("on"), one.ours.get("on"))
            for name, job in one.ours["jobs"].items():
                yield from _job(one.path, name, _part(says.get("jobs"), name), job)


def _part(told: Any, name: str) -> Any:
    return told.get(name) if isinstance(told, dict) else None


def _triggers(path: str, has: Any, needs: Any) -> Iterator[Finding]:
    there = {has} if isinstance(has, str) else set(map(str, has)) if isinstance(has, (list, dict)) else set()
    lacks = [name for name in needs if name not in there and name != "schedule"]
    if lacks:
        yield fault("trigger-missing", path, f"nothing of {', '.join(lacks)} starts it")
    ours, theirs = _crons(_part(needs, "schedule")), _crons(_part(has, "schedule"))
    if ours != theirs:
        yield fault(
            "schedule-differs", path, f"it starts by itself at {_shown(theirs)}, and its lock says {_shown(ours)}"
        )


def _crons(schedule: Any) -> tuple[str, ...]:
    entries = schedule if isinstance(schedule, list) else []
    return tuple(sorted(str(entry["cron"]) for entry in entries if isinstance(entry, dict) and "cron" in entry))


def _shown(crons: tuple[str, ...]) -> str:
    return " and ".join(repr(one) for one in crons) or "no time"


def _job(path: str, name: str, has: Any, ours: Mapping[str, Any]) -> Iterator[Finding]:
    if not isinstance(has, dict):
        yield fault("job-missing", path, f'it has no job "{name}"')
        return
    yield from _pinned(path, name, has, ours)
    lacks = _lacking(has.get("permissions"), ours.get("permissions") or {})
    if lacks:
        yield fault("permission-missing", path, f"job {name} does not grant {lacks}, which the release needs")
    passed = has.get("secrets")
    if passed != "inherit":
        forgotten = sorted(set(ours.get("secrets") or {}) - set(passed if isinstance(passed, dict) else {}))
        if forgotten:
            yield fault("secret-not-passed", path, f"job {name} does not hand on {', '.join(forgotten)}")


def _pinned(path: str, name: str, has: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Finding]:
    uses, given = str(has.get("uses")), _part(has.get("with"), "pack_sha")
    target, _, pin = uses.partition("@")
    if uses != ours["uses"]:
        moves = target == str(ours["uses"]).partition("@")[0] and not _COMMIT.fullmatch(pin)
        rule = "pin-is-a-tag" if moves else "wrong-pin"
        yield fault(rule, path, f"it calls {uses}, not {ours['uses']}")
    elif given != _part(ours.get("with"), "pack_sha"):
        yield fault("pin-differs", path, f"job {name} calls {pin} and says pack_sha: {given}")


def _lacking(has: Any, needs: Mapping[str, str]) -> str:
    """A called workflow that asks for more than its caller grants is refused at its start."""
    if has in ("read-all", "write-all"):
        has = dict.fromkeys(needs, has.removesuffix("-all"))
    granted = has if isinstance(has, dict) else {}
    return ", ".join(f"{name}: {level}" for name, level in needs.items() if granted.get(name) not in (level, "write"))


def of_lockfile(text: str | None, paths: Iterable[str]) -> Iterator[Finding]:
    """GitHub's own lock file of dependencies, where there is one: every workflow of ours should be in it."""
    for path in paths if text is not None else ():
        if path not in str(text):
            yield fault("lockfile-omits", path)
