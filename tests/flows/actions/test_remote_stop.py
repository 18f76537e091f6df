"""Stopping a repository from anywhere: two switches, the safer first; only what we switched off is switched on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.contracts import Store
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import remote_stop
from autonomy_pack.store import open_store
from hub import Fault, Hub, Repo
from tests.flows.actions.people import client, site, writes

FILE = remote_stop.STOP_FILE
OFF = "disabled_manually"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[remote_stop.Open]:
    opened = open_store(f"sqlite:///{tmp_path / 'autonomy.db'}")
    yield lambda: opened
    opened.close()


@pytest.fixture
def here() -> Iterator[tuple[Hub, Repo]]:
    with site() as made:
        yield made


def loop(repo: Repo) -> str:
    return repo.workflow(remote_stop.WORKFLOW).state


def test_stopping_disables_the_workflow_first_and_then_commits_the_file(
    here: tuple[Hub, Repo], store: remote_stop.Open
) -> None:
    hub, repo = here
    done = remote_stop.stop(client(hub, hub.token("boss")), store, "strange commits")
    assert done.holds
    assert done.failed == ()
    assert loop(repo) == OFF
    assert json.loads(repo.file(FILE) or "")["why"] == "strange commits"
    assert [line.split(" ")[1].rpartition("/")[2] for line in writes(hub)] == ["disable", "STOP"]


def test_every_job_sees_both_switches(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "")
    assert FILE in github.stop_words(remote_stop.WORKFLOW, now=True)
    repo.commit({FILE: None})
    assert remote_stop.WORKFLOW in github.stop_words(remote_stop.WORKFLOW, now=True)


def test_a_protected_branch_leaves_the_workflow_disabled_and_is_told(
    here: tuple[Hub, Repo], store: remote_stop.Open
) -> None:
    hub, repo = here
    repo.protect("main", pushers=frozenset())
    done = remote_stop.stop(client(hub, hub.token("ada")), store, "")
    assert done.holds
    assert loop(repo) == OFF
    assert repo.file(FILE) is None
    assert len(done.failed) == 1
    assert FILE in done.failed[0]


def test_who_may_do_neither_has_stopped_nothing_and_knows_it(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, repo = here
    with pytest.raises(WorldError, match="nothing was stopped"):
        remote_stop.stop(client(hub, hub.token("mallory")), store, "")
    assert loop(repo) == "active"
    assert repo.file(FILE) is None


def test_stopping_twice_is_stopping_once(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, _ = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "first")
    done = remote_stop.stop(github, store, "second")
    assert done.holds
    assert f"workflow {remote_stop.WORKFLOW} is {OFF} already" in done.done


def test_stopping_twice_commits_once_and_keeps_who_was_first(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "first")
    head = repo.head()
    done = remote_stop.stop(github, store, "second")
    assert repo.head() == head
    assert any("first" in line and "already" in line for line in done.done)


def test_a_rule_of_the_branch_is_told_at_once(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, repo = here
    repo.protect("main", pushers=frozenset())
    done = remote_stop.stop(client(hub, hub.token("ada")), store, "")
    assert "a rule of acme/site protects this branch" in done.failed[0]
    assert len([line for line in writes(hub) if line.endswith("STOP")]) == 1


def test_what_holds_after_a_resume_is_seen_and_not_guessed(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, _ = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "")
    hub.faults.add(Fault("500", times=99))
    done = remote_stop.resume(client(hub, hub.token("boss"), patience=0.1), store)
    assert done.failed
    assert not done.known


def test_resuming_deletes_the_file_and_enables_what_we_disabled(
    here: tuple[Hub, Repo], store: remote_stop.Open
) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "")
    done = remote_stop.resume(github, store)
    assert not done.holds
    assert len(done.done) == 2
    assert loop(repo) == "active"
    assert repo.file(FILE) is None


def test_a_workflow_that_a_person_disabled_is_never_enabled_by_us(
    here: tuple[Hub, Repo], store: remote_stop.Open
) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    remote_stop.stop(github, store, "")
    done = remote_stop.resume(github, store)
    assert done.holds
    assert "--enable-workflow" in done.failed[0]
    assert loop(repo) == OFF
    assert repo.file(FILE) is None


def test_what_we_enabled_again_is_a_persons_when_it_is_off_later(
    here: tuple[Hub, Repo], store: remote_stop.Open
) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.disable(github, store, "")
    remote_stop.resume(github, store)
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    assert remote_stop.resume(github, store).holds
    assert loop(repo) == OFF


def test_a_person_may_enable_it_in_so_many_words(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, repo = here
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    done = remote_stop.resume(client(hub, hub.token("boss")), store, enable=True)
    assert not done.holds
    assert loop(repo) == "active"


def test_resuming_what_is_not_stopped_writes_nothing(here: tuple[Hub, Repo], store: remote_stop.Open) -> None:
    hub, _ = here
    done = remote_stop.resume(client(hub, hub.token("boss")), store)
    assert (done.done, done.failed, done.holds) == ((), (), False)
    assert writes(hub) == []


def test_a_store_that_cannot_be_opened_does_not_keep_the_workflow_on(here: tuple[Hub, Repo]) -> None:
    hub, repo = here

    def broken() -> Store:
        raise WorldError("no store", "Mend it.")

    done = remote_stop.stop(client(hub, hub.token("boss")), broken, "")
    assert loop(repo) == OFF
    assert "--enable-workflow" in done.done[0]


def here_called(hub: Hub, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The real command line, with a person's token."""
    env = {
        **os.environ,
        "GH_TOKEN": hub.token("boss"),
        "GITHUB_API_URL": hub.api_url,
        "GITHUB_GRAPHQL_URL": hub.graphql_url,
        "GITHUB_SERVER_URL": hub.server_url,
    }
    env.pop("GITHUB_REPOSITORY", None)
    return subprocess.run(
        [sys.executable, "-m", "autonomy_pack", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_person_stops_and_resumes_from_anywhere(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    stopped = here_called(hub, tmp_path, "stop", "--remote", "--repo", "acme/site", "--reason", "strange commits")
    assert stopped.returncode == 0, stopped.stderr
    assert loop(repo) == OFF
    assert "strange commits" in (repo.file(FILE) or "")
    resumed = here_called(hub, tmp_path, "resume", "--remote", "--repo", "acme/site")
    assert resumed.returncode == 0, resumed.stderr
    assert (loop(repo), repo.file(FILE)) == ("active", None)
    again = here_called(hub, tmp_path, "resume", "--remote", "--repo", "acme/site")
    assert "Nothing was stopped" in again.stdout


def test_only_the_workflow_is_disabled_when_only_that_is_asked_for(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    ended = here_called(hub, tmp_path, "stop", "--disable-workflow", "--repo", "acme/site")
    assert ended.returncode == 0, ended.stderr
    assert (loop(repo), repo.file(FILE)) == (OFF, None)


def test_a_workflow_disabled_by_a_person_needs_the_word_for_it(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, repo = here
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    ended = here_called(hub, tmp_path, "resume", "--remote", "--repo", "acme/site")
    assert ended.returncode == 3
    assert "--enable-workflow" in ended.stderr
    assert loop(repo) == OFF
    ended = here_called(hub, tmp_path, "resume", "--remote", "--enable-workflow", "--repo", "acme/site")
    assert (ended.returncode, loop(repo)) == (0, "active")


def test_without_a_token_or_a_repository_nothing_is_tried(here: tuple[Hub, Repo], tmp_path: Path) -> None:
    hub, _ = here
    ended = here_called(hub, tmp_path, "stop", "--remote")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert writes(hub) == []
