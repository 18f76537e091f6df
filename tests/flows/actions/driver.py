"""The whole job on GitHub, in this process: select, run legs, upload, publish, each with its own job's token.

    with Hub() as hub:
        site = Site(hub, tmp_path)
        number = site.issue()
        done = site.session()          # as one run of the workflow does it
        assert done.outcomes == {str(number): "handed_off"}

`Site` makes acme/site; `site.session()` is a run from its first job to its last, `site.begin()` the same job by job
(`select`, `run`, `upload`, `publish`), so that a test can step in between. `rerun()` is a person's "Re-run failed jobs".
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import PackError
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import fetched, leg, plans, publish, select
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.session import Wanted
from autonomy_pack.model import Config, Leg, Plan, Result, WorkflowRun
from autonomy_pack.store.gitrefs import GitRefs, open_gitrefs
from hub import Hub, Repo
from hub.picture import picture

REPO = "acme/site"
LOOP = "autonomous-agent-loop.yml"
WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / LOOP
CHECKED = "checks: [{name: tests, run: [grep, -rq, '--include=*.txt', Good day, .]}]\n"
FILES = {
    "hello.txt": "Hello, world\n",
    "other.txt": "nothing\n",
    "requirements.txt": "ruff==0.14.2\n",
    "said.txt": "Good day to all\n",
    ".github/autonomy.yml": f"version: 1\nlanes: {{default: {{slots: 4}}}}\n{CHECKED}",
    f".github/workflows/{LOOP}": "on: workflow_dispatch\njobs: {}\n",
}
BODY = "### Find\n\n{find}\n\n### Replace with\n\n{by}\n\n### Files\n\n{files}\n\n## Acceptance Criteria\n- [ ] It says so\n"
LABELS = ("priority:high", "mission:replace-text")
Files = dict[str, bytes]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip as upload-artifact would make it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.getvalue()


@dataclasses.dataclass
class Done:
    """What came of a session: the plan, what each leg's run job claims, what publish did, and the error of select."""

    plan: Plan
    results: dict[str, Result]
    published: publish.Session | None
    error: Exception | None = None

    @property
    def outcomes(self) -> dict[str, str]:
        """Issue → outcome, as publish tells it."""
        return {row.issue: row.outcome for row in (self.published.rows if self.published else ())}


class Site:
    """acme/site: ada may write, eve may only read."""

    def __init__(
        self, hub: Hub, folder: Path, files: Mapping[str, str | None] | None = None, *, private: bool = True
    ) -> None:
        self.hub, self.folder, self._numbers = hub, folder, itertools.count(1)
        there = {path: text for path, text in {**FILES, **(files or {})}.items() if text is not None}
        self.repo: Repo = hub.repo(REPO, files=there, private=private)
        hub.user("ada", permission={REPO: "write"})
        hub.user("eve", permission={REPO: "read"})

    def issue(
        self,
        *labels: tuple[str, str] | str,
        find: str = "Hello",
        by: str = "Good day",
        files: str = "hello.txt",
        title: str = "Rename the greeting",
        author: str = "ada",
        body: str = "",
    ) -> int:
        """An issue of mission replace-text, labelled by ada where nobody else is named; its number."""
        named = [one if isinstance(one, tuple) else (one, "ada") for one in labels or LABELS]
        text = body or BODY.format(find=find, by=by, files=files)
        return int(self.repo.issue(title, text, author, named).number)

    def risky(self) -> int:
        """An issue whose change a person has to agree to."""
        return self.issue(find="0.14.2", by="0.15.0", files="requirements.txt", title="Bump the formatter")

    def begin(self, **more: Any) -> Session:
        """A new run of the workflow; nothing is done yet."""
        return Session(self, self.repo.start_run(LOOP), self.folder / f"run-{next(self._numbers)}", **more)

    def session(self, **wanted: Any) -> Done:
        """One run of the workflow, from its first job to its last."""
        begun = self.begin()
        try:
            return begun.all(**wanted)
        finally:
            begun.finish()

    def state(self) -> dict[str, Any]:
        """What people see: branches, pull requests, labels, comments, leases held; for comparing two worlds."""
        return picture(self.repo)

    def labels(self, number: int) -> list[str]:
        """What is on an issue or pull request now."""
        return sorted(label.name for label in self.repo.issues[number].labels)


class Session:
    """One run of the workflow. Each job has a client, a store and a folder of its own, as on a runner of its own.

    `run_box` and `publish_box` are what the jobs find; `scan` is always boxed unless a test says otherwise.
    """

    def __init__(
        self,
        site: Site,
        run: Any,
        folder: Path,
        *,
        patience: float = 2.0,
        run_box: Box | None = None,
        publish_box: Box | None = None,
    ) -> None:
        self.site, self.run, self.folder, self.patience = site, run, folder, patience
        self.run_box = run_box or box.choose(Config(), "none")
        self.publish_box = publish_box or box.choose(Config(), None)
        self._numbers = itertools.count(1)

    # --- the jobs

    def all(self, *, change: Callable[[Leg, Files], Files] = lambda _, files: files, **wanted: Any) -> Done:
        """All three jobs; `change` is what a hostile run job makes of its own files before it uploads them."""
        try:
            plan = self.select(**wanted)
        except PackError as error:
            return Done(plan=self._empty(), results={}, published=None, error=error)
        results = {}
        for one in plan.legs:
            if not one.resume:
                results[one.issue], files = self.work(one)
                self.upload(one, change(one, files))
        return Done(plan=plan, results=results, published=self.publish(plan) if plan.legs else None)

    def select(self, **wanted: Any) -> Plan:
        """The job `select`: fetch, choose (without its box), claim."""
        with self.job("select") as (github, store, workflow):
            facts = select.fetch(github, store, workflow, Wanted(**{"max_issues": 10, **wanted}))
            selected = select.claim(github, store, workflow, facts, select.choose(facts))
        return plans.from_json(plans.to_json(selected.plan))

    def work(self, one: Leg) -> tuple[Result, Files]:
        """A `run` job: its result, and the files it would upload."""
        place = self.folder / f"leg-{one.issue}-{next(self._numbers)}"
        checkout, out = place / "site", place / "attempt"
        words = ["git", "clone", "-q", "--no-hardlinks", str(self.site.repo.git_dir), str(checkout)]
        subprocess.run(words, check=True, capture_output=True)
        subprocess.run(["git", "-C", str(checkout), "checkout", "-q", "--detach", one.base], check=True)
        with self.client("run") as github:
            result = leg.run(github, self.workflow("run"), one, checkout, out, self.run_box)
        return result, {path.name: path.read_bytes() for path in out.iterdir()}

    def upload(self, one: Leg, files: Files, name: str = "") -> None:
        """What upload-artifact does; the newest of a name replaces older ones."""
        name = name or fetched.name_of(one)
        mine = self.site.repo.artifacts.all
        mine[:] = [kept for kept in mine if (kept.run_id, kept.name) != (self.run.id, name)]
        self.site.repo.artifacts.add(self.run.id, name, zipped(files))

    def publish(self, plan: Plan) -> publish.Session:
        """The job `publish`."""
        out = self.folder / f"publish-{next(self._numbers)}"
        with self.job("publish") as (github, store, workflow):
            return publish.publish(github, store.remote, store, workflow, plan, out, self.publish_box)

    # --- the runner

    def finish(self) -> None:
        """The run is over."""
        self.run.finish()

    def rerun(self) -> None:
        """A person re-runs its failed jobs."""
        self.run.rerun()

    def workflow(self, job: str) -> WorkflowRun:
        """What GitHub says of the run in the environment of a job."""
        hub = self.site.hub
        return WorkflowRun(
            repo=REPO,
            run_id=self.run.id,
            attempt=self.run.attempt,
            job=job,
            workflow=LOOP,
            event="workflow_dispatch",
            payload={},
            actor="ada",
            api_url=hub.api_url,
            graphql_url=hub.graphql_url,
            server_url=hub.server_url,
            private=self.site.repo.private,
        )

    def token(self, job: str) -> str:
        """GITHUB_TOKEN of a job, with the permissions that our workflow declares."""
        del job
        return self.site.hub.job_token(REPO, WORKFLOW.read_text(), run_id=self.run.id, attempt=self.run.attempt)

    @contextmanager
    def client(self, job: str) -> Any:
        """GitHub as a job sees it."""
        hub = self.site.hub
        github = GitHub(
            REPO,
            token=self.token(job),
            api_url=hub.api_url,
            graphql_url=hub.graphql_url,
            server_url=hub.server_url,
            job=job,
            pace=0.0,
            reserve=0,
            patience=self.patience,
        )
        with closing(github):
            yield github

    @contextmanager
    def job(self, name: str) -> Any:
        """A job's client, store and run."""
        place = self.folder / f"{name}-{next(self._numbers)}"
        with self.client(name) as github:
            remote = Remote(github.git_url, place / "objects.git", token=self.token(name), agent=name)
            store: GitRefs = open_gitrefs(remote, create=github.create_ref, patience=self.patience)
            with closing(store):
                yield github, store, self.workflow(name)

    def _empty(self) -> Plan:
        return Plan(repo=REPO, run_id=self.run.id, run_attempt=self.run.attempt)
