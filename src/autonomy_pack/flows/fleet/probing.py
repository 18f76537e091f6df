"""A closer look at one repository: its settings, its runners and the pack's repository, by REST; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.setting_faults import Asks, PackState, Runner, Settings, Unknown
from autonomy_pack.targets import Target
from autonomy_pack.views.callers import TAG

if TYPE_CHECKING:
    from autonomy_pack.edges.github.calls import Calls

_ADMINISTRATION, _READS = "administration: read", "actions: read"
_SECRETS, _VARIABLES = "secrets: read", "variables: read"
_HOSTED = ("ubuntu-", "macos-", "windows-")
_RUNS = 30
"""So many of the newest runs tell how our workflows fare: they are few, and start often."""


class Probe:
    """Reads for full verification with one token. What belongs to an organisation, or to the pack, is read once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._org_runners = cache(self._read_org_runners)
        self._packs = cache(self._read_pack)

    def settings(self, target: Target, asks: Asks) -> Settings:
        """What one repository's settings are; what GitHub would not tell is in `unknown`."""
        return _Repository(self, self._calls, target).settings(asks)

    def base(self, target: Target) -> str:
        """The branch that our merged pull request went into; "" when that is not told."""
        number = target.proposal.number if target.proposal else 0
        told = self._calls.find(f"{_at(target.name)}/pulls/{number}") or {}
        return str((told.get("base") or {}).get("ref") or "")

    def org_runners(self, owner: str) -> tuple[tuple[Runner, ...], tuple[Unknown, ...]]:
        """The runners that an organisation shares; of a person there are none."""
        return self._org_runners(owner)

    def pack(self, inputs: Inputs) -> PackState:
        """The pack's repository, its commit and its tag, as the inputs name them."""
        return self._packs(inputs.pack, inputs.sha, f"v{inputs.version}" if inputs.pin == TAG else "")

    def _read_org_runners(self, owner: str) -> tuple[tuple[Runner, ...], tuple[Unknown, ...]]:
        reads = _Reads(self._calls)
        kind = reads.get(f"/users/{quote(owner, safe='')}", "the owner's kind", "metadata: read")
        if kind is not None and kind.get("type") != "Organization":
            return (), ()
        path = f"/orgs/{quote(owner, safe='')}/actions/runners"
        told = reads.every(path, "the organisation's runners", "organization self-hosted runners: read", key="runners")
        return tuple(map(_runner, told or ())), tuple(reads.unknown)

    def _read_pack(self, pack: str, sha: str, tag: str) -> PackState:
        told, says = self._repository(pack)
        if told is None:
            return PackState(name=says)
        reads = _Reads(self._calls)
        name, private = str(told["full_name"]), bool(told["private"])
        access = ""
        if private:
            path = f"{_at(name)}/actions/permissions/access"
            answer = reads.get(path, "who may call the pack", f"{_ADMINISTRATION} for {name}")
            access = str((answer or {}).get("access_level", ""))
        return PackState(
            name=name,
            private=private,
            has_pin=self._named(name, "git/commits", sha, reads) != "",
            tagged=self._named(name, "commits", f"tags/{tag}", reads) if tag else None,
            access=access,
            unknown=tuple(reads.unknown),
        )

    def _named(self, name: str, kind: str, words: str, reads: _Reads) -> str | None:
        """The commit of these words; "" = there is none, for the repository itself was just seen; None = not told."""
        try:
            told = self._calls.find(f"{_at(name)}/{kind}/{quote(words)}")
        except Refused as error:
            if error.status == 422:  # "No commit found for SHA"
                return ""
            reads.refused("the commit of the pack", f"contents: read for {name}", error)
            return None
        return str(told["sha"]) if told else ""

    def _repository(self, pack: str) -> tuple[Any, str]:
        """(what GitHub tells of the pack's repository, None = it is gone; its new name where it only moved)."""
        try:
            return self._calls.get(_at(pack), choosing=True), ""
        except Refused as error:
            return None, _new_name(error) if error.status == 301 else ""


def _new_name(error: Refused) -> str:
    return error.says.rpartition(" moved to ")[2]


class _Reads:
    """Reads of which each may be refused; then it is known what was not told."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.unknown: list[Unknown] = []

    def get(self, path: str, what: str, needs: str, **parameters: int) -> Any | None:
        """The JSON at a path; None when GitHub would not tell."""
        try:
            return self._calls.get(path, parameters, choosing=True)
        except Refused as error:
            self.refused(what, needs, error)
            return None

    def every(self, path: str, what: str, needs: str, *, key: str = "") -> list[Any] | None:
        """Every item of a list; None when GitHub would not tell."""
        try:
            return list(self._calls.pages(path, key=key, choosing=True))
        except Refused as error:
            self.refused(what, needs, error)
            return None

    def refused(self, what: str, needs: str, error: Refused) -> None:
        """Remember what was not told."""
        self.unknown.append(Unknown(what=what, needs=needs, says=one_line(error.says, 200)))


class _Repository:
    """The reads of one repository."""

    def __init__(self, probe: Probe, calls: Calls, target: Target) -> None:
        self._probe, self._target = probe, target
        self._reads = _Reads(calls)
        self._actions = f"{_at(target.name)}/actions"

    def settings(self, asks: Asks) -> Settings:
        enabled, allowed, patterns, pinned = self._permissions()
        workflow = self._get("permissions/workflow", "whether workflows may open pull requests", _ADMINISTRATION)
        workflows = self._every("workflows", "the state of workflows", _READS, key="workflows")
        return Settings(
            enabled=enabled,
            allowed=allowed,
            patterns=patterns,
            sha_required=pinned,
            makes_pulls=None if workflow is None else workflow.get("can_approve_pull_request_reviews"),
            workflows=None if workflows is None else {one["path"]: one["state"] for one in workflows},
            secrets=self._secrets() if asks.secrets else None,
            variables=self._variables(),
            rules=self._rules(),
            runners=self._runners(asks.inputs.runs_on),
            not_starting=self._not_starting(set(asks.calls)),
            unknown=tuple(self._reads.unknown),
        )

    def _permissions(self) -> tuple[bool | None, str, tuple[str, ...] | None, bool]:
        told = self._get("permissions", "whether Actions are on", _ADMINISTRATION)
        if told is None:
            return None, "", None, False
        allowed, patterns = str(told.get("allowed_actions") or ""), None
        if allowed == "selected":
            chosen = self._get("permissions/selected-actions", "which actions are allowed", _ADMINISTRATION)
            patterns = None if chosen is None else tuple(map(str, chosen.get("patterns_allowed") or ()))
        return bool(told["enabled"]), allowed, patterns, bool(told.get("sha_pinning_required"))

    def _secrets(self) -> frozenset[str] | None:
        own = self._every("secrets", "the names of secrets", _SECRETS, key="secrets")
        shared = self._every("organization-secrets", "the names of the organisation's secrets", _SECRETS, key="secrets")
        if own is None or shared is None:
            return None
        return frozenset(str(one["name"]) for one in (*own, *shared))

    def _variables(self) -> Mapping[str, str] | None:
        what = "the variables"
        own = self._every("variables", what, _VARIABLES, key="variables")
        shared = self._every("organization-variables", f"{what} of the organisation", _VARIABLES, key="variables")
        if own is None or shared is None:
            return None
        # A repository's own comes before its organisation's of the same name.
        return {str(one["name"]): str(one["value"]) for one in (*shared, *own)}

    def _rules(self) -> tuple[str, ...] | None:
        path = f"{_at(self._target.name)}/rules/branches/{quote('agent/handoff', safe='')}"
        told = self._reads.every(path, "the rules for branches agent/…", "metadata: read")
        return None if told is None else tuple(str(one["type"]) for one in told)

    def _runners(self, labels: tuple[str, ...]) -> tuple[Runner, ...] | None:
        if any(label.casefold().startswith(_HOSTED) for label in labels):
            return None
        told = self._every("runners", "the runners", _ADMINISTRATION, key="runners")
        shared, unknown = self._probe.org_runners(self._target.name.partition("/")[0])
        self._reads.unknown.extend(unknown)
        if told is None or unknown:
            return None
        return (*map(_runner, told), *shared)

    def _not_starting(self, ours: set[str]) -> Mapping[str, str] | None:
        """Only the newest run of each workflow counts: what was mended since is no fault."""
        told = self._reads.get(f"{self._actions}/runs", "the newest runs", _READS, per_page=_RUNS)
        if told is None:
            return None
        newest: dict[str, Any] = {}
        for run in told["workflow_runs"]:
            newest.setdefault(str(run.get("path")).partition("@")[0], run)
        return {
            path: one_line(str(run.get("html_url")), 200)
            for path, run in newest.items()
            if path in ours and run.get("conclusion") == "startup_failure"
        }

    def _get(self, path: str, what: str, needs: str) -> Any | None:
        return self._reads.get(f"{self._actions}/{path}", what, needs)

    def _every(self, path: str, what: str, needs: str, *, key: str) -> list[Any] | None:
        return self._reads.every(f"{self._actions}/{path}", what, needs, key=key)


def _runner(told: Mapping[str, Any]) -> Runner:
    return Runner(
        name=one_line(str(told["name"]), 80),
        os=one_line(str(told["os"]), 40),
        online=told["status"] == "online",
        labels=frozenset(str(one["name"]).casefold() for one in told["labels"]),
        version=one_line(str(told.get("version") or ""), 40),
    )


def _at(repo: str) -> str:
    return "/repos/" + "/".join(quote(part, safe="") for part in repo.split("/")[:2])
