"""Row 30: what runs on a handoff's pull request runs only after a person said so, because GITHUB_TOKEN opened it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Hub
from hub.things import By
from tests.flows.actions.driver import LOOP, Session, Site

CI = {".github/workflows/ci.yml": "on: pull_request\njobs: {}\n"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path, CI)


class ByAnApp(Session):
    """The defence removed: publish has the token of an App of the owner's."""

    def token(self, job: str) -> str:
        made = super().token(job)
        if job == "publish":
            app = self.site.hub.app("acme-app")
            self.site.hub.tokens[made].by = By(app.bot, app)
        return made


def ci_of(site: Site) -> list[tuple[str, str | None]]:
    return [(run.status, run.conclusion) for run in site.repo.runs if run.event == "pull_request"]


def test_row_30_ci_of_a_handoff_waits_for_a_person(site: Site) -> None:
    site.issue()
    site.session()
    assert ci_of(site) == [("completed", "action_required")]


def test_row_30_with_the_token_of_an_app_it_would_run_at_once_with_secrets(site: Site, tmp_path: Path) -> None:
    site.issue()
    begun = ByAnApp(site, site.repo.start_run(LOOP), tmp_path / "app")
    assert begun.all().outcomes == {"1": "handed_off"}
    assert ci_of(site) == [("queued", None)]
