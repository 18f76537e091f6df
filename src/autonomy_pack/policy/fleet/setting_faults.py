"""The faults of a repository's settings, its runners and the pack's own repository, as REST tells of them. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping

from autonomy_pack.model import Finding, value
from autonomy_pack.policy.fleet.faults import fault
from autonomy_pack.policy.fleet.lock import Inputs

_STOP = "AUTONOMY_STOP"
_NO = ("", "0", "false", "no", "off")
_OLDEST = (2, 336, 0)
"""The first runner that knows `$/` and `job.workflow_*` (GitHub's changelog, July 2026)."""
_COMMIT = re.compile(r"@[0-9a-f]{40}$")
_FORBIDS = {
    "creation": "making them",
    "update": "pushing to them",
    "branch_name_pattern": "names like theirs",
    "pull_request": "pushing without a pull request",
}
_STATES = {
    "disabled_manually": "workflow-off",
    "disabled_inactivity": "workflow-idle",
    "disabled_fork": "workflow-fork",
    "deleted": "workflow-unknown",
}
_SECRETS = "secrets"


@value
class Unknown:
    """What could not be looked at, and the permission that shows it."""

    what: str
    needs: str
    says: str


@value
class Runner:
    """A self-hosted runner; `version` is "" where it is not told."""

    name: str
    os: str
    online: bool
    labels: frozenset[str]
    version: str


@value
class PackState:
    """The pack's repository: `name` as it is now ("" = it is not there), whether it has the commit that is pinned.

    `tagged`: the commit that the release's tag names, "" = there is no such tag, None = nobody calls it by its tag.
    `access`: none, user or organization, "" where it is public or was not told.
    """

    name: str
    private: bool = False
    has_pin: bool = True
    tagged: str | None = None
    access: str = ""
    unknown: tuple[Unknown, ...] = ()


@value
class Settings:
    """What REST tells of one repository; None = it was not told, and `unknown` says why.

    `allowed`: all, local_only or selected, with `patterns` of the selected. `workflows`: path → state. `rules`: types
    of the rules that hold for a branch agent/…. `not_starting`: path → page of the newest run, where it could not
    start. `runners`: only where no runner of GitHub's is asked for.
    """

    enabled: bool | None = None
    allowed: str = ""
    patterns: tuple[str, ...] | None = None
    sha_required: bool = False
    makes_pulls: bool | None = None
    workflows: Mapping[str, str] | None = None
    secrets: frozenset[str] | None = None
    variables: Mapping[str, str] | None = None
    rules: tuple[str, ...] | None = None
    runners: tuple[Runner, ...] | None = None
    not_starting: Mapping[str, str] | None = None
    unknown: tuple[Unknown, ...] = ()


@value
class Asks:
    """What an installation asks of the settings: its workflows (path → what they call) and the secrets it needs."""

    inputs: Inputs
    calls: Mapping[str, tuple[str, ...]]
    secrets: frozenset[str]


def of_settings(told: Settings, asks: Asks, name: str) -> Iterator[Finding]:
    """Everything in the settings of OWNER/NAME that keeps the pack from working; what was not told is unknown, never
    fine."""
    yield from of_allowed(told, asks, name)
    if told.makes_pulls is False:
        yield fault("pulls-off", "actions/permissions/workflow")
    yield from _workflows(told, asks.calls)
    if told.secrets is not None:
        for name in sorted(asks.secrets - told.secrets):
            yield fault(
                "secret-missing", _SECRETS, f"no secret {name}: neither of the repository nor of its organisation"
            )
    if told.variables is not None and told.variables.get(_STOP, "").strip().casefold() not in _NO:
        yield fault("stop-variable", "variables")
    refused = [_FORBIDS[kind] for kind in told.rules or () if kind in _FORBIDS]
    if refused:
        yield fault("agent-branches-forbidden", "agent/**", f"a rule for agent/… forbids {' and '.join(refused)}")
    if told.runners is not None:
        yield from of_runners(told.runners, asks.inputs.runs_on)
    yield from of_unknown(told.unknown)


def of_allowed(told: Settings, asks: Asks, name: str) -> Iterator[Finding]:
    """What a policy of Actions forbids of what the pack calls."""
    where = "actions/permissions"
    if told.enabled is False:
        yield fault("actions-off", where)
    elif told.allowed == "local_only" and _owner(name) != _owner(asks.inputs.pack):
        yield fault("pack-not-allowed", where, "only actions of this organisation are allowed, and the pack is none")
    elif told.allowed == "selected" and told.patterns is not None and not _matches(asks, told.patterns):
        yield fault("pack-not-allowed", where, f"none of the patterns that are allowed names {asks.inputs.pack}")
    if told.sha_required:
        for path, calls in sorted(asks.calls.items()):
            named = [one for one in calls if not _COMMIT.search(one)]
            if named:
                yield fault("pin-refused", path, f"full commits are required here, and it calls {named[0]}")


def _owner(name: str) -> str:
    return name.partition("/")[0].casefold()


def _matches(asks: Asks, patterns: Iterable[str]) -> bool:
    """Whether all that is called is allowed; a pattern without @ names every version."""
    wanted = [pattern if "@" in pattern else f"{pattern}@*" for pattern in patterns]
    calls = [one for calls in asks.calls.values() for one in calls]
    return all(any(fnmatch.fnmatchcase(one.casefold(), each.casefold()) for each in wanted) for one in calls)


def _workflows(told: Settings, calls: Iterable[str]) -> Iterator[Finding]:
    for path in sorted(calls) if told.workflows is not None else ():
        state = (told.workflows or {}).get(path, "deleted")
        if state in _STATES:
            yield fault(_STATES[state], path)
    for path, page in sorted((told.not_starting or {}).items()):
        yield fault("runs-not-starting", path, f"its newest run could not start: {page}")


def of_runners(runners: Iterable[Runner], labels: tuple[str, ...]) -> Iterator[Finding]:
    """Whether some self-hosted runner with all the labels can do the work."""
    wanted = {label.casefold() for label in labels}
    fit = [one for one in runners if wanted <= one.labels]
    shown = ", ".join(labels)
    if not fit and "self-hosted" in wanted:
        yield fault("runner-missing", "runners", f"no runner has all of these labels: {shown}")
    elif not fit:
        says = f"no self-hosted runner has the labels {shown}; a larger runner of GitHub's or a scale set may have them"
        yield fault("unknown", "runners", says, "Look at Settings → Actions → Runners of the organisation.")
    elif not any(one.online for one in fit):
        yield fault("runner-offline", "runners", f"every runner with the labels {shown} is offline")
    for one in fit:
        if one.os and one.os.casefold() != "linux":
            says = f"runner {one.name} is {one.os}, not Linux: no box can be built there"
            yield fault("sandbox-unattainable", f"runners/{one.name}", says)
        numbers = tuple(int(part) for part in re.findall(r"\d+", one.version)[:3])
        if numbers and numbers < _OLDEST:
            yield fault("runner-old", f"runners/{one.name}", f"runner {one.name} is {one.version}, older than 2.336.0")


def of_pack(pack: PackState, inputs: Inputs, *, public: bool) -> Iterator[Finding]:
    """Whether workflows of a repository (`public` or not) can call the pack at its pin."""
    if not pack.name:
        yield fault("pack-gone", inputs.pack, f"{inputs.pack} is not there, or this token cannot see it")
        return
    if pack.name.casefold() != inputs.pack.casefold():
        yield fault("pack-moved", inputs.pack, f"{inputs.pack} is {pack.name} now: `uses` follows no redirect")
    if not pack.has_pin:
        yield fault("pin-unknown", inputs.pack, f"{inputs.pack} has no commit {inputs.sha}")
    elif pack.tagged == "":
        yield fault("pin-unknown", inputs.pack, f"{inputs.pack} has no tag v{inputs.version}")
    elif pack.tagged not in (None, inputs.sha):
        says = f"tag v{inputs.version} of {inputs.pack} names {pack.tagged}, and the lock says {inputs.sha}"
        yield fault("tag-moved", inputs.pack, says)
    if pack.private and public:
        yield fault("pack-private", inputs.pack)
    elif pack.access == "none":
        yield fault("pack-closed", inputs.pack)
    yield from of_unknown(pack.unknown)


def of_unknown(unknown: Iterable[Unknown]) -> Iterator[Finding]:
    """Each thing that could not be looked at; 403 is never taken for fine."""
    for one in unknown:
        yield fault(
            "unknown", one.what, f"{one.what} could not be looked at: {one.says}", f"Give the token {one.needs}."
        )
