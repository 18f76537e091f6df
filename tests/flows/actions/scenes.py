"""A site on the hub whose issues are selected by the real client and a real gitrefs store."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.remote import Remote
from autonomy_pack.flows.actions import choosing, facts, said, select
from autonomy_pack.flows.actions.claiming import Selected
from autonomy_pack.flows.session import Wanted
from autonomy_pack.model import Leg, Result, WorkflowRun
from autonomy_pack.store.gitrefs import GitRefs, open_gitrefs
from hub import Hub

LOOP = "autonomous-agent-loop.yml"
FIX = "version: 1\nname: fix\ngoal: Do it.\ntools: [write]\nsteps: [{write: {path: a.txt, text: b}}]\n"
CONFIG = "version: 1\nmission: fix\n"
FILES = {".github/autonomy.yml": CONFIG, ".github/autonomy/missions/fix.yml": FIX, f".github/workflows/{LOOP}": "on: workflow_dispatch\njobs: {}\n"}  # fmt: skip
BODY = "Please.\n\n## Acceptance Criteria\n- [ ] It is done\n"
HIGH = "priority:high"
# What the job `select` declares in the workflow.
PERMISSIONS = {"select": {"contents": "write", "issues": "write", "pull-requests": "read", "actions": "read"}}


class Site:
    """acme/site: ada may write, eve may not."""

    def __init__(self, hub: Hub, folder: Path, files: Mapping[str, str] | None = None, *, private: bool = True) -> None:
        self.hub, self._folder, self._numbers = hub, folder, itertools.count(1)
        self.repo = hub.repo("acme/site", files={**FILES, **(files or {})}, private=private)
        hub.user("ada", permission={"acme/site": "write"})
        hub.user("eve", permission={"acme/site": "read"})

    def issue(self, *labels: tuple[str, str] | str, author: str = "ada", body: str = BODY, **more: Any) -> int:
        """An issue, labelled by ada where nobody else is named; its number."""
        named = [one if isinstance(one, tuple) else (one, "ada") for one in labels or (HIGH,)]
        return int(self.repo.issue(more.pop("title", "Rename it"), body, author, named, **more).number)

    def job(self, **more: Any) -> Job:
        """A run of the loop, in its job `select`."""
        return Job(self, self.repo.start_run(LOOP), self._folder / f"job-{next(self._numbers)}", **more)

    def select(self, **wanted: Any) -> Selected:
        """The whole job of a run of its own, which goes on."""
        with closing(self.job()) as job:
            return job.select(**wanted)

    def leases(self) -> list[str]:
        """The refs of leases."""
        return [ref.rpartition("/")[2] for ref in self.repo.refs("refs/autonomy/lease/")]

    def labels(self, number: int) -> list[str]:
        """What is on an issue now."""
        return [label.name for label in self.repo.issues[number].labels]


class Job:
    """One run's job `select`: its own token, client, objects and store."""

    def __init__(self, site: Site, run: Any, folder: Path, *, event: str = "workflow_dispatch") -> None:
        hub, self.site, self.run = site.hub, site, run
        token = hub.job_token("acme/site", PERMISSIONS, run_id=run.id)
        urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
        self.github = GitHub("acme/site", token=token, job="select", pace=0.0, patience=2.0, **urls)
        remote = Remote(self.github.git_url, folder / "objects.git", token=token, agent="select")
        self.store: GitRefs = open_gitrefs(remote, create=self.github.create_ref)
        self.workflow = WorkflowRun(
            repo="acme/site", run_id=run.id, attempt=1, job="select", workflow=LOOP, event=event, payload={}, actor="ada", **urls
        )  # fmt: skip

    def fetch(self, **wanted: Any) -> facts.Facts:
        """The facts, as they come out of their file again."""
        asked = Wanted(**{"max_issues": 1, **wanted})
        return facts.read(facts.text(select.fetch(self.github, self.store, self.workflow, asked)))

    def claim(self, found: facts.Facts, choices: choosing.Choices | None = None, **more: Any) -> Selected:
        """Claim; without choices, those that choosing makes."""
        chosen = choosing.read(choosing.text(choices or select.choose(found)), found)
        return select.claim(self.github, self.store, self.workflow, found, chosen, **more)

    def select(self, **wanted: Any) -> Selected:
        """All three steps."""
        return self.claim(self.fetch(**wanted))

    def close(self) -> None:
        """Let go of connections."""
        self.store.close()
        self.github.close()


def said_of(leg: Leg, head: str, run_id: int) -> dict[str, Any]:
    """What the lease of a leg says when its change was pushed, at that commit, and not handed off."""
    claimed = Result(
        version=1, issue=leg.issue, event=leg.event, attempt=leg.attempt, outcome="produced", why="", base=leg.base,
        head=head, tree="", bundle_sha256="0" * 64, checks=(), seconds=1.0, usd=0.0, tokens=0, sandbox="L2",
        agent=leg.agent,
    )  # fmt: skip
    run = f"acme/site#{leg.issue}@{leg.event}/{leg.attempt}"
    more = {"run_id": run_id, "policy_sha256": leg.policy_sha256, "claimed": claimed}
    return said.to_json(said.Said(leg=leg, run=run, pushed=head, judged=head, **more))
