"""A change that waits for a person on the hub, and the job that hears what people say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from autonomy_pack.edges import clock
from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.remote import Remote
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import decide
from autonomy_pack.flows.actions.decide import Answered
from autonomy_pack.model import Config, Head, WorkflowRun
from autonomy_pack.store.gitrefs import GitRefs, open_gitrefs
from hub import Hub
from tests.flows.actions.driver import REPO, Site

WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / "autonomy-decide.yml"
FILE = "autonomy-decide.yml"


class Waiting:
    """acme/site where the change of one issue waits for a person's yes."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.site = Site(hub, folder)
        self.repo = self.site.repo
        hub.user("tara", permission={REPO: "triage"})
        hub.user("mallory")
        self.repo.workflow(FILE)
        self.issue = self.site.risky()
        assert self.site.session().outcomes == {str(self.issue): "waiting"}
        self.decision = self.heads()[0].subject
        self._jobs = 0

    def job(self, hours: float = 0.0) -> tuple[GitHub, Remote, GitRefs]:
        """Client, git and store of a job `decide`, that many hours later by its clock."""
        self._jobs = getattr(self, "_jobs", 0) + 1
        token = self.hub.job_token(REPO, WORKFLOW.read_text(), run_id=self.run().id)
        github = GitHub(
            REPO,
            token=token,
            api_url=self.hub.api_url,
            graphql_url=self.hub.graphql_url,
            server_url=self.hub.server_url,
            job="decide",
            pace=0.0,
            reserve=0,
            patience=5.0,
        )
        place = self.folder / f"decide-{self._jobs}"
        remote = Remote(github.git_url, place / "objects.git", token=token, agent="decide")
        ahead = (lambda: clock.later(clock.now(), hours * 3600)) if hours else None
        return github, remote, open_gitrefs(remote, create=github.create_ref, clock=ahead)

    def run(self) -> Any:
        """The run of the workflow that is told."""
        if not hasattr(self, "_run"):
            self._run = self.repo.start_run(FILE, event="issue_comment")
        return self._run

    def heads(self) -> list[Head]:
        """The decisions there are."""
        github, _, store = self.job()
        with closing(github), closing(store):
            return store.heads("decision")

    def status(self) -> str:
        """What became of the decision."""
        return next(head.status for head in self.heads() if head.subject == self.decision)

    def workflow_run(self, event: str, payload: Mapping[str, Any]) -> WorkflowRun:
        """What the job is told by its environment."""
        return WorkflowRun(
            repo=REPO,
            run_id=self.run().id,
            attempt=1,
            job="decide",
            workflow=FILE,
            event=event,
            payload=payload,
            actor="ada",
            api_url=self.hub.api_url,
            graphql_url=self.hub.graphql_url,
            server_url=self.hub.server_url,
        )

    def tell(
        self,
        event: str,
        payload: Mapping[str, Any],
        hours: float = 0.0,
        opened: Callable[[GitRefs], GitRefs] = lambda store: store,
    ) -> Answered:
        """One job `decide`; `opened` may step between it and its store."""
        github, remote, store = self.job(hours)
        with closing(github), closing(store):
            out = self.folder / f"out-{self._jobs}"
            run = self.workflow_run(event, payload)
            return decide.answer(github, remote, lambda: opened(store), run, out, lambda: box.choose(Config(), None))

    def say(self, text: str, by: str = "ada", at: int = 0, **more: Any) -> Answered:
        """Somebody comments, and the job runs."""
        return self.tell("issue_comment", self.comment(text, by, at), **more)

    def comment(self, text: str, by: str = "ada", at: int = 0) -> dict[str, Any]:
        """Somebody comments; the payload of that."""
        made = self.repo.comment(at or self.issue, text, by)
        who = self.hub.by(by)
        return {
            "action": "created",
            "sender": {"login": who.user.login, "id": who.user.id, "type": who.user.kind},
            "issue": {"number": at or self.issue},
            "comment": {
                "id": made.id,
                "body": text,
                "user": {"login": who.user.login, "id": who.user.id},
                "performed_via_github_app": {"slug": who.app.slug} if who.app else None,
            },
        }

    def label(self, name: str, by: str = "ada", **more: Any) -> Answered:
        """Somebody puts a label on the issue, and the job runs."""
        self.repo.label(self.issue, name, by)
        who = self.hub.by(by)
        payload = {
            "action": "labeled",
            "sender": {"login": who.user.login, "id": who.user.id, "type": who.user.kind},
            "issue": {"number": self.issue},
            "label": {"name": name},
        }
        return self.tell("issues", payload, **more)

    def replies(self) -> list[str]:
        """What we said to people, at the issue, besides the status comment."""
        ours = [one.body for one in self.repo.comments(self.issue) if one.by.user.login == "github-actions[bot]"]
        return [body for body in ours if "said by" in body]

    def branches(self) -> list[str]:
        """The branches of handoffs."""
        return sorted(self.repo.refs("refs/heads/agent/"))
