"""Stopping a repository from anywhere: two switches, the safer first; only what we switched off is switched on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.contracts import Store
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import remote_stop
from autonomy_pack.store import open_store
from hub import Hub, Repo
from tests.flows.actions.people import client, site, writes

FILE = remote_stop.STOP_FILE
OFF = "disabled_manually"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'autonomy.db'}")
    yield opened
    opened.close()


@pytest.fixture
def here() -> Iterator[tuple[Hub, Repo]]:
    with site() as made:
        yield made


def loop(repo: Repo) -> str:
    return repo.workflow(remote_stop.WORKFLOW).state


def test_stopping_disables_the_workflow_first_and_then_commits_the_file(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    done = remote_stop.stop(client(hub, hub.token("boss")), store, "strange commits")
    assert done.holds
    assert done.failed == ()
    assert loop(repo) == OFF
    assert json.loads(repo.file(FILE) or "")["why"] == "strange commits"
    assert [line.split(" ")[1].rpartition("/")[2] for line in writes(hub)] == ["disable", "STOP"]


def test_every_job_sees_both_switches(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "")
    assert FILE in github.stop_words(remote_stop.WORKFLOW, now=True)
    repo.commit({FILE: None})
    assert remote_stop.WORKFLOW in github.stop_words(remote_stop.WORKFLOW, now=True)


def test_a_protected_branch_leaves_the_workflow_disabled_and_is_told(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    repo.protect("main", pushers=frozenset())
    done = remote_stop.stop(client(hub, hub.token("ada")), store, "")
    assert done.holds
    assert loop(repo) == OFF
    assert repo.file(FILE) is None
    assert len(done.failed) == 1
    assert FILE in done.failed[0]


def test_who_may_do_neither_has_stopped_nothing_and_knows_it(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    with pytest.raises(WorldError, match="nothing was stopped"):
        remote_stop.stop(client(hub, hub.token("mallory")), store, "")
    assert loop(repo) == "active"
    assert repo.file(FILE) is None


def test_stopping_twice_is_stopping_once(here: tuple[Hub, Repo], store: Store) -> None:
    hub, _ = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "first")
    done = remote_stop.stop(github, store, "second")
    assert done.holds
    assert f"workflow {remote_stop.WORKFLOW} is {OFF} already" in done.done


def test_resuming_deletes_the_file_and_enables_what_we_disabled(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.stop(github, store, "")
    done = remote_stop.resume(github, store)
    assert not done.holds
    assert len(done.done) == 2
    assert loop(repo) == "active"
    assert repo.file(FILE) is None


def test_a_workflow_that_a_person_disabled_is_never_enabled_by_us(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    remote_stop.stop(github, store, "")
    done = remote_stop.resume(github, store)
    assert done.holds
    assert "--enable-workflow" in done.failed[0]
    assert loop(repo) == OFF
    assert repo.file(FILE) is None


def test_what_we_enabled_again_is_a_persons_when_it_is_off_later(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    github = client(hub, hub.token("boss"))
    remote_stop.disable(github, store, "")
    remote_stop.resume(github, store)
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    assert remote_stop.resume(github, store).holds
    assert loop(repo) == OFF


def test_a_person_may_enable_it_in_so_many_words(here: tuple[Hub, Repo], store: Store) -> None:
    hub, repo = here
    repo.workflow(remote_stop.WORKFLOW).state = OFF
    done = remote_stop.resume(client(hub, hub.token("boss")), store, enable=True)
    assert not done.holds
    assert loop(repo) == "active"


def test_resuming_what_is_not_stopped_writes_nothing(here: tuple[Hub, Repo], store: Store) -> None:
    hub, _ = here
    done = remote_stop.resume(client(hub, hub.token("boss")), store)
    assert (done.done, done.failed, done.holds) == ((), (), False)
    assert writes(hub) == []
