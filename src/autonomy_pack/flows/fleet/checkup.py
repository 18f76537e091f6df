"""Verifying the repositories of one owner by the API: a row for each; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from autonomy_pack import __version__
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import documents
from autonomy_pack.edges.github import defaults
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import hosting
from autonomy_pack.flows.actions import labels
from autonomy_pack.flows.fleet import clone, verifying
from autonomy_pack.flows.fleet.many import found
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.flows.fleet.probing import Probe
from autonomy_pack.flows.project import CONFIG_FILE
from autonomy_pack.model import Finding, value
from autonomy_pack.policy.fleet import file_faults, page_faults, setting_faults
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.faults import causes, fault
from autonomy_pack.policy.fleet.lock import Lock
from autonomy_pack.policy.fleet.plan import Found, Wanted, plan
from autonomy_pack.policy.fleet.setting_faults import Asks
from autonomy_pack.policy.fleet.verdict import Outcome, Verdict, of_findings, without_pack
from autonomy_pack.protocols import PROTOCOLS
from autonomy_pack.targets import Page, Target
from autonomy_pack.views import kit as view
from autonomy_pack.views.callers import FILES, FOLDER

if TYPE_CHECKING:
    from autonomy_pack.edges.github.fleet import Fleet

_OURS = tuple(f"{FOLDER}/{file}" for file in FILES)
_PACK_TOKEN = "AUTONOMY_PACK_TOKEN"  # noqa: S105 - the name of a secret


@value
class _Seen:
    """A repository in which the pack is: what its lock says it has, and what the page told of its files."""

    target: Target
    lock: Lock
    wanted: Mapping[str, Wanted]
    found: Found


class Checkup:
    """Looks at repositories; `full`: also at texts of files and at settings; `hosted`: on the public GitHub, None = as
    this process is told where they are."""

    def __init__(self, fleet: Fleet, *, full: bool, hosted: bool | None = None) -> None:
        self._fleet, self._full = fleet, full
        self._hosted = hosting.server_url() == defaults.SERVER_URL if hosted is None else hosted
        self._probe = Probe(fleet.calls)
        self._runs = True

    def over(self, wanted: Callable[[Target], bool]) -> Iterator[Verdict]:
        """A row for each repository that is wanted, in the order in which they were made; one that cannot be read does
        not stop the others. WorldError when not even the first page could be read."""
        after, read = "", False
        while after or not read:
            try:
                page = self._page(after)
            except WorldError as error:
                if not read:
                    raise
                yield _not_looked_at(f"{self._fleet.owner}/…", "the rest of the list was not told", error)
                return
            after, read = page.after, True
            yield from (self._verdict(target) for target in page.targets if wanted(target))

    def _page(self, after: str) -> Page:
        if self._runs:
            try:
                return self._fleet.page(after, labels=True, runs=True)
            except UsageError:  # a host without GraphQL cannot tell of runs; any other mistake is told below
                self._runs = False
        return self._fleet.page(after, labels=True)

    def _verdict(self, target: Target) -> Verdict:
        try:
            return self._judged(target)
        except WorldError as error:
            return _not_looked_at(target.name, error.says, error)

    def _judged(self, target: Target) -> Verdict:
        if target.untold:
            return _not_looked_at(target.name, target.unread, WorldError(target.unread, "Run the same command again."))
        if target.lock is None:
            faults = causes(self._without_lock(target))
            return of_findings(target.name, faults) if faults else without_pack(target)
        try:
            seen = _seen(target, clone.read_lock(target.lock))
        except UsageError as error:
            faults = (fault("lock-unreadable", locks.PATH, error.says, error.fix),)
            return of_findings(target.name, causes((*faults, *page_faults.of_target(target, None))))
        return of_findings(target.name, causes(self._faults(seen)))

    def _without_lock(self, target: Target) -> Iterator[Finding]:
        yield from page_faults.of_no_lock(target, _OURS)
        merged = target.proposal and target.proposal.state == "merged"
        if self._full and merged and target.head and not target.unread:
            base = self._probe.base(target)
            if base and base != target.branch:
                says = f"our pull request went into {base}, and the default branch is {target.branch}"
                yield fault("wrong-default-branch", target.name, says)

    def _faults(self, seen: _Seen) -> Iterator[Finding]:
        yield from page_faults.of_target(seen.target, seen.lock)
        yield from file_faults.of_lock(seen.lock, __version__, hosted=self._hosted)
        yield from page_faults.of_labels(seen.target, [(one.name, one.color) for one in labels.ours()])
        if not self._full:
            yield from page_faults.of_ids(seen.found, seen.wanted, seen.lock)
            return
        read = self._read(seen)
        steps = plan(seen.wanted, seen.lock.inputs, read, merged)
        yield from verifying.of_texts(read, steps, seen.lock)
        yield from self._settings(seen, read)

    def _read(self, seen: _Seen) -> Found:
        """The same with the texts of all that the page did not tell, and of what is read beside the kit."""
        blobs, links, now = seen.target.blobs, seen.target.links, seen.found
        beside = [path for path in verifying.BESIDE if path in blobs and path not in links and path not in now.files]
        paths = sorted({*now.unread, *beside})
        texts = self._fleet.texts({seen.target.id: [blobs[path] for path in paths]}) if paths else {}
        told = {path: texts[blobs[path]] for path in paths}
        files = {path: text for path, text in told.items() if text is not None}
        odd = {path: "it is no text that can be read" for path, text in told.items() if text is None}
        return replace(now, files={**now.files, **files}, odd={**now.odd, **odd}, unread=frozenset())

    def _settings(self, seen: _Seen, read: Found) -> Iterator[Finding]:
        inputs, target = seen.lock.inputs, seen.target
        asks = Asks(
            inputs=inputs,
            calls=verifying.calls(verifying.callers(read, seen.lock)),
            secrets=frozenset(_secrets(read.files.get(CONFIG_FILE, ""), private=inputs.private)),
        )
        yield from setting_faults.of_settings(self._probe.settings(target, asks), asks, target.name)
        yield from setting_faults.of_pack(self._probe.pack(inputs), inputs, public=not target.private)


def _seen(target: Target, lock: Lock) -> _Seen:
    makefile = next((name for name in view.MAKEFILES if name in target.blobs), view.MAKEFILE)
    wanted = clone.desired(lock.inputs, makefile)
    return _Seen(target=target, lock=lock, wanted=wanted, found=found(target, wanted, lock))


def _secrets(text: str, *, private: bool) -> Iterator[str]:
    """The secrets without which the configured agent, or a private pack, cannot be used."""
    if private:
        yield _PACK_TOKEN
    try:
        said = documents.load_yaml(text, CONFIG_FILE).data
    except documents.DocumentError:  # told as a fault of its own
        return
    agent = AGENTS.get(str(said.get("agent"))) if isinstance(said, dict) else None
    if agent and agent.protocol:
        yield f"{PROTOCOLS[agent.protocol].provider.upper()}_API_KEY"


def _not_looked_at(name: str, why: str, error: WorldError) -> Verdict:
    finding = fault("unknown", name, error.says, error.fix)
    return Verdict(name=name, outcome=Outcome.NOT_LOOKED_AT, why=why, findings=(finding,))
