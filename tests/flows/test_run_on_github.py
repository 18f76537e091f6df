"""`autonomy run` on a clone whose issues live on GitHub: one process, the same flow, a pull request at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Hub
from tests.flows.actions.driver import LOOP, REPO, Site


class Clone:
    """A clone of acme/site on ada's machine, and her words to us there."""

    def __init__(self, site: Site, root: Path) -> None:
        self.site, self.root = site, root
        subprocess.run(["git", "clone", "-q", str(site.repo.git_dir), str(root)], check=True, capture_output=True)
        address = f"{site.hub.server_url}/{REPO}.git"
        subprocess.run(["git", "-C", str(root), "remote", "set-url", "origin", address], check=True)
        self._token = site.hub.token("ada")

    def autonomy(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        hub = self.site.hub
        urls = {
            "GITHUB_API_URL": hub.api_url,
            "GITHUB_GRAPHQL_URL": hub.graphql_url,
            "GITHUB_SERVER_URL": hub.server_url,
        }
        env = {**os.environ, **urls, "GH_TOKEN": self._token, **more}
        argv = [sys.executable, "-m", "autonomy_pack", *words]
        return subprocess.run(argv, cwd=self.root, env=env, capture_output=True, text=True, check=False, timeout=300)

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.autonomy("run", "--forge", "github", "--sandbox", "none", "--max-issues", "5", *words, **more)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    with Hub() as hub:
        made = Clone(Site(hub, tmp_path), tmp_path / "clone")
        assert made.autonomy("trust").returncode == 0
        yield made
        assert hub.violations == []


def test_a_labelled_issue_becomes_a_pull_request_from_a_clone_too(clone: Clone) -> None:
    number = clone.site.issue()
    ended = clone.run()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"GitHub {REPO}" in ended.stdout
    (pull,) = clone.site.repo.pulls
    assert f"Closes #{number}" in pull.body
    assert f"Look at   {clone.site.hub.server_url}/{REPO}/pull/{pull.number}" in ended.stdout
    assert "merge   git" not in ended.stdout
    assert clone.site.labels(pull.number) == ["agent:handoff"]
    assert "status:pr-created" in clone.site.labels(number)
    again = clone.run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(clone.site.repo.pulls) == 1


def test_a_strangers_label_starts_nothing(clone: Clone) -> None:
    clone.site.issue(("priority:high", "eve"), ("mission:replace-text", "eve"))
    assert "not trusted" in clone.autonomy("issue", "list", "--forge", "github").stdout
    assert clone.run().returncode == 0
    assert clone.site.repo.pulls == []


def test_what_waits_is_approved_from_the_clone(clone: Clone) -> None:
    clone.site.risky()
    clone.run()
    (decision,) = (word for word in clone.autonomy("decision", "list").stdout.split() if word.startswith("apr_"))
    ended = clone.autonomy("decision", "approve", decision, GITHUB_ACTIONS="true")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(clone.site.repo.pulls) == 1


def test_what_was_begun_on_github_is_answered_and_looked_at_there_without_a_flag(clone: Clone) -> None:
    number = clone.site.risky()
    clone.run()
    (decision,) = (word for word in clone.autonomy("decision", "list").stdout.split() if word.startswith("apr_"))
    assert clone.autonomy("decision", "view", decision, GH_TOKEN="").returncode == 3
    ended = clone.autonomy("decision", "approve", decision)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (pull,) = clone.site.repo.pulls
    address = f"/{REPO}/pull/{pull.number}"
    assert address in ended.stdout
    assert "git diff" not in ended.stdout
    for named in (str(number), f"#{number}", f"{REPO}#{number}"):
        shown = clone.autonomy("run", "show", named, GH_TOKEN="")
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert f"{REPO}#{number}" in shown.stdout
    again = clone.autonomy("task", "reset", str(number))
    assert again.returncode == 2
    assert address in again.stderr
    assert "git branch" not in again.stderr


def test_an_issue_that_is_both_here_and_there_has_to_be_named_whole(clone: Clone) -> None:
    number = clone.site.issue()
    clone.run()
    theirs = clone.site.repo.refs("refs/heads/agent")
    assert theirs
    folder = clone.root / ".autonomy" / "issues"
    folder.mkdir(parents=True)
    front = "---\ntitle: Mine\nlabels: ['priority:high', 'mission:replace-text']\nstate: open\nauthor: ada\n"
    text = "### Find\n\nx\n\n### Replace with\n\ny\n\n## Acceptance Criteria\n- [ ] It says so\n"
    (folder / f"{number}.md").write_text(f"{front}created: 2026-01-02\n---\n{text}")
    clone.autonomy("run", "--sandbox", "none")
    told = clone.autonomy("run", "show", str(number))
    assert told.returncode == 2, told.stdout
    assert f".#{number} or {REPO}#{number}" in told.stderr
    assert clone.autonomy("run", "show", f".#{number}").returncode == 0


def test_the_disabled_workflow_stops_a_clone_too(clone: Clone) -> None:
    clone.site.issue()
    clone.site.repo.workflow(LOOP).state = "disabled_manually"
    ended = clone.run()
    assert ended.returncode == 5, ended.stdout + ended.stderr
    assert "disabled_manually" in ended.stdout + ended.stderr
    assert clone.site.repo.pulls == []


def test_a_stop_on_github_is_told_with_who_why_and_how_to_go_on(clone: Clone) -> None:
    clone.site.issue()
    assert clone.autonomy("stop", "--remote", "--reason", "strange commits").returncode == 0
    ended = clone.run()
    assert ended.returncode == 5, ended.stdout + ended.stderr
    for words in (".agent-workspace/STOP on main (by person:", ": strange commits)", "autonomy resume --remote"):
        assert words in ended.stderr, ended.stderr
    (clone.root / ".github" / "autonomy.yml").write_text("version: 1\nforge: github\n")
    told = clone.autonomy("status").stdout
    assert "strange commits" in told
    assert "autonomy resume --remote" in told
    assert "GitHub" not in clone.autonomy("status", GH_TOKEN="").stdout
    here = clone.autonomy("resume").stdout
    assert "Nothing was stopped here." in here
    assert "autonomy resume --remote" in here


def test_a_name_on_github_without_remote_is_told_the_form_that_works(clone: Clone) -> None:
    for verb in ("stop", "resume"):
        ended = clone.autonomy(verb, "--repo", REPO)
        assert ended.returncode == 2
        assert f"autonomy {verb} --remote --repo {REPO}" in ended.stderr
    whole = clone.autonomy("resume", "--remote", "--repo", f"{clone.site.hub.server_url}/{REPO}")
    assert whole.returncode == 0, whole.stderr


def test_doctor_looks_at_github_where_work_is_done_there(clone: Clone) -> None:
    (clone.root / ".github" / "autonomy.yml").write_text("version: 1\nforge: github\n")
    clone.autonomy("trust")
    told = clone.autonomy("doctor").stdout
    assert f"GitHub repository {REPO}, default branch main" in told
    assert "the owner of the token has" in told
    less = clone.autonomy("doctor", GH_TOKEN="")
    assert less.returncode == 1
    assert "there is no token for GitHub" in less.stdout
    clone.autonomy("stop", "--remote", "--reason", "strange commits")
    assert "stopped on GitHub by .agent-workspace/STOP on main" in clone.autonomy("doctor").stdout


def test_init_makes_the_labels_that_are_missing(clone: Clone) -> None:
    assert "made" in clone.autonomy("init", "--labels").stdout
    assert "every label is there" in clone.autonomy("init", "--labels").stdout


def test_without_a_token_it_says_which_variable_to_set(clone: Clone) -> None:
    ended = clone.run(GH_TOKEN="")
    assert ended.returncode == 2
    assert "GH_TOKEN" in ended.stderr


def test_a_store_on_refs_needs_no_file_here(clone: Clone) -> None:
    clone.site.issue()
    (clone.root / ".github" / "autonomy.yml").write_text("version: 1\nforge: github\nstore: gitrefs\n")
    clone.autonomy("trust")
    ended = clone.autonomy("run", "--sandbox", "none")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not (clone.root / ".agent-workspace" / "autonomy.db").exists()
    assert clone.site.repo.refs("refs/autonomy/events")
