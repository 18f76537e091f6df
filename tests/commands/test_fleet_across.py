"""`autonomy fleet … --org` as a person calls it, against the hub: what it prints, writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autonomy_pack.targets import BRANCH
from hub import Fault, Hub

PACK = ("--pack", f"o/p@{'a' * 40}")
ALL = ("--org", "acme", "--all-repos", "--per-hour", "1000000")
Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.user("ada")
        for name in ("web-one", "web-two", "api"):
            made.repo(f"acme/{name}", {"README.md": name}).permit("ada", "write")
        yield made
        assert made.violations == []


@pytest.fixture
def call(hub: Hub, tmp_path: Path) -> Call:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GH_TOKEN": hub.token("ada"),
        "GITHUB_API_URL": hub.api_url,
        "GITHUB_GRAPHQL_URL": hub.graphql_url,
        "GITHUB_SERVER_URL": hub.server_url,
    }

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "autonomy_pack", "fleet", *words]
        return subprocess.run(
            argv, cwd=tmp_path, env=env | more, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    return run


def test_a_dry_run_prints_what_will_be_done_and_writes_nothing(hub: Hub, call: Call, tmp_path: Path) -> None:
    dry = call("install", *PACK, *ALL, "--dry-run", "--backup")
    assert {path.name for path in tmp_path.iterdir()} <= {".cache"}  # missions that were read are remembered there
    assert dry.returncode == 0, dry.stderr
    assert hub.requests(writes=True) == []
    assert "3 repositories of acme: 3 change. 3 writes" in dry.stdout
    assert "+name: Autonomous agent loop" in dry.stdout
    assert dry.stdout.endswith("Nothing was written.\n")
    done = call("install", *PACK, *ALL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("3 done.\n")
    rows = [line for line in done.stdout.splitlines()[:-1] if line]
    assert [line for line in dry.stdout.splitlines()[:-1] if line in rows] == rows
    assert all(len(repo.pulls) == 1 for repo in hub.repos.values())


def test_rows_for_programs_are_the_same_but_for_what_was_done(call: Call) -> None:
    dry = json.loads(call("install", *PACK, *ALL, "--dry-run", "--json").stdout)
    done = json.loads(call("install", *PACK, *ALL, "--json").stdout)
    assert [(row["repository"], row["reason"], row["plan"]) for row in dry] == [
        (row["repository"], row["reason"], row["plan"]) for row in done
    ]
    assert all(row["done"] and "/pull/1" in row["url"] for row in done)
    assert dry[0]["steps"][0]["diff"]


def test_it_must_be_said_which_repositories(hub: Hub, call: Call) -> None:
    ended = call("install", *PACK, "--org", "acme")
    assert ended.returncode == 2
    assert "--all-repos" in ended.stderr
    assert hub.journal == []
    assert call("install", *PACK, "--all-repos").returncode == 2


def test_they_are_chosen_by_name_topic_and_property(hub: Hub, call: Call) -> None:
    hub.repos["acme/api"].topics.append("ring0")
    hub.repos["acme/web-two"].properties["team"] = "web"
    for words, count in ((("--repos", "web-*"), 2), (("--topic", "ring0"), 1), (("--property", "team=web"), 1)):
        ended = call("install", *PACK, "--org", "acme", *words, "--dry-run", "--json")
        assert len(json.loads(ended.stdout)) == count, ended.stderr


def test_a_failure_in_one_is_told_by_the_exit_code(hub: Hub, call: Call) -> None:
    hub.faults.add(Fault("422", "POST /api/graphql", nth=3))
    ended = call("install", *PACK, *ALL)
    assert ended.returncode == 4
    assert "2 done, 1 failed: run the same command again" in ended.stdout
    again = call("install", *PACK, *ALL)
    assert again.returncode == 0
    assert sum(len(repo.pulls) for repo in hub.repos.values()) == 3


def test_what_has_to_be_merged_by_hand_is_told_by_the_exit_code(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL, "--direct")
    repo = hub.repos["acme/api"]
    path = ".github/workflows/autonomous-agent-loop.yml"
    repo.commit({path: (repo.file(path) or "").replace("a" * 40, "c" * 40)})
    ended = call("sync", "--pack", f"o/p@{'b' * 40}", *ALL)
    assert ended.returncode == 1
    assert "draft" in ended.stdout


def test_what_was_done_from_the_same_commit_is_not_done_again(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL)
    repo = hub.repos["acme/api"]
    repo.close(1, "ada")
    repo.move_ref(f"refs/heads/{BRANCH}", None, "0" * 40, hub.by("ada"))
    ended = call("install", *PACK, *ALL)
    assert "done before    acme/api" in ended.stdout
    assert len(repo.pulls) == 1
    assert call("install", *PACK, *ALL, "--force").returncode == 0
    assert len(repo.pulls) == 2


def test_the_next_ring_waits_until_the_first_has_shown_how_it_does(hub: Hub, call: Call) -> None:
    hub.clock.set("2026-01-02T03:04:05Z")
    hub.repos["acme/api"].topics.append("canary")
    words = (*PACK, *ALL, "--direct", "--rings", "topic:canary,100%", "--soak", "7d")
    first = call("install", *words)
    assert first.returncode == 0, first.stderr
    assert "change         acme/api" in first.stdout
    assert "ring topic:canary still has 1 to get it" in first.stdout
    waits = call("install", *words)
    assert "0 of at least 20 runs finished" in waits.stdout
    repo = hub.repos["acme/api"]
    for _ in range(25):
        repo.start_run("autonomous-agent-loop.yml", event="schedule").finish()
    opened = call("install", *words)
    assert "change         acme/web-one" in opened.stdout
    assert hub.repos["acme/web-one"].file(".github/autonomy/lock.json")


def test_a_ring_whose_runs_fail_halts_the_fleet(hub: Hub, call: Call) -> None:
    hub.repos["acme/api"].topics.append("canary")
    words = (*PACK, *ALL, "--direct", "--rings", "topic:canary,100%", "--soak", "0s")
    call("install", *words)
    for conclusion in ["success"] * 24 + ["startup_failure"]:
        hub.repos["acme/api"].start_run("autonomous-agent-loop.yml", event="schedule").finish(conclusion)
    halted = call("install", *words)
    assert halted.returncode == 1
    assert "1 of 25 runs failed" in halted.stdout
    assert hub.repos["acme/web-one"].file(".github/autonomy/lock.json") is None


def test_no_secret_is_printed(hub: Hub, call: Call) -> None:
    hub.faults.add(Fault("422", "POST /api/graphql", nth=2, times=9))
    ended = call("install", *PACK, *ALL)
    assert "ghp_" not in ended.stdout + ended.stderr


def test_status_tells_which_release_is_where(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL[:2], "--repos", "web-*", "--direct", "--per-hour", "1000000")
    hub.repos["acme/api"].archived = True
    before = len(hub.journal)
    told = call("status", "--org", "acme")
    assert told.returncode == 0
    assert "3 repositories of acme: 2 0.1.0, 1 archived." in told.stdout
    assert len(hub.journal) == before + 1
    rows = json.loads(call("status", "--org", "acme", "--json", "--repos", "web-one").stdout)
    assert [(row["repository"], row["commit"]) for row in rows] == [("acme/web-one", "a" * 40)]
    assert call("status", "--org", "acme", "--csv").stdout.startswith("repository,release,commit")
    assert call("status").returncode == 2
    assert "no repository of acme is meant" in call("status", "--org", "acme", "--repos", "none").stderr


def test_what_was_there_before_comes_back_in_one_command(hub: Hub, call: Call, tmp_path: Path) -> None:
    call("install", *PACK, *ALL, "--direct")
    trees = {name: repo.git.commit(repo.head()).tree for name, repo in hub.repos.items()}  # type: ignore[union-attr]
    kept = call("sync", "--pack", f"o/p@{'b' * 40}", *ALL, "--direct", "--backup")
    assert kept.returncode == 0, kept.stderr
    (folder,) = (tmp_path / ".local/state/autonomy/fleet/backups").iterdir()
    assert str(folder) in kept.stderr
    assert call("restore", str(folder), *ALL, "--direct").returncode == 0
    assert {name: repo.git.commit(repo.head()).tree for name, repo in hub.repos.items()} == trees  # type: ignore[union-attr]
    assert call("restore", str(tmp_path / "none"), *ALL).returncode == 2


def test_the_way_back_is_one_command(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL, "--direct")
    call("sync", "--pack", f"o/p@{'b' * 40}", *ALL, "--direct")
    assert call("sync", "--previous", *ALL, "--direct").returncode == 0
    assert all("a" * 40 in (repo.file(".github/autonomy/lock.json") or "") for repo in hub.repos.values())


def test_a_removal_has_to_be_confirmed(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL, "--direct")
    assert call("uninstall", *ALL, "--direct").returncode == 2
    assert call("uninstall", *ALL, "--direct", "--confirm").returncode == 0
    assert all(repo.file(".github/autonomy/lock.json") is None for repo in hub.repos.values())


def test_a_token_that_expires_on_the_way_ends_the_rest_without_asking(hub: Hub, call: Call) -> None:
    hub.faults.add(Fault("expired", "POST /api/graphql", nth=3))
    ended = call("install", *PACK, *ALL)
    assert ended.returncode == 4
    assert [request.status for request in hub.journal].count(401) == 1
    assert "1 done, 2 failed" in ended.stdout


def test_what_a_policy_of_the_organisation_forbids_is_not_proposed(hub: Hub, call: Call) -> None:
    hub.users["acme"].settings.allowed_actions = "local_only"
    unseen = call("install", *PACK, *ALL, "--dry-run")
    assert "3 change" in unseen.stdout
    hub.repos["acme/api"].permit("ada", "admin")
    ended = call("install", *PACK, *ALL)
    assert (
        "policy-blocked acme/api  (a policy of Actions: only actions of this organisation are allowed" in ended.stdout
    )
    assert hub.requests(writes=True) == []
    assert call("install", *PACK, *ALL, "--force", "--dry-run").stdout.count("change         acme/") == 3


def test_a_lock_file_of_actions_is_not_left_behind(hub: Hub, call: Call) -> None:
    hub.repos["acme/api"].commit({".github/workflows/actions.lock": "version: 1\n"})
    assert "locked         acme/api" in call("install", *PACK, *ALL, "--dry-run").stdout
    assert "change         acme/api" in call("install", *PACK, *ALL, "--dry-run", "--force").stdout


def test_records_are_deleted_when_that_is_said_and_the_pack_is_gone(hub: Hub, call: Call) -> None:
    repo = hub.repos["acme/api"]
    call("install", *PACK, *ALL, "--direct")
    repo.move_ref("refs/autonomy/state", None, repo.head(), hub.by("ada"))
    asked = ("uninstall", *ALL, "--records")
    assert "refs/autonomy/ " not in call(*asked, "--dry-run").stdout, "while the pack is there, it notes"
    call("uninstall", *ALL, "--confirm", "--direct")
    assert "refs/autonomy/state" in repo.refs()
    dry = call(*asked, "--dry-run")
    assert "remove    refs/autonomy/  (--records: 1 refs)" in dry.stdout
    assert "refs/autonomy/state" in repo.refs()
    done = call(*asked, "--confirm")
    assert done.returncode == 0, done.stderr
    assert [ref for ref in repo.refs() if ref.startswith("refs/autonomy/")] == []


def test_a_ring_in_which_nobody_has_it_opens_nothing(hub: Hub, call: Call) -> None:
    words = (*PACK, *ALL, "--direct", "--rings", "topic:cannary,100%", "--soak", "0s")
    assert "ring topic:cannary has no repository that has it" in call("install", *words).stdout
    hub.repos["acme/api"].topics.append("cannary")
    hub.repos["acme/api"].archived = True
    assert "Nothing to do." in call("install", *words).stdout
    assert hub.requests(writes=True) == []


def test_a_removal_goes_on_without_runs_to_wait_for(hub: Hub, call: Call) -> None:
    hub.repos["acme/api"].topics.append("canary")
    call("install", *PACK, *ALL, "--direct")
    words = ("uninstall", "--confirm", *ALL, "--direct", "--rings", "topic:canary,100%")
    assert "1 done." in call(*words).stdout
    assert "2 done." in call(*words).stdout


def test_nothing_that_is_meant_is_a_mistake(call: Call) -> None:
    ended = call("install", *PACK, "--org", "acme", "--repos", "wbe-*")
    assert ended.returncode == 2
    assert "no repository of acme is meant" in ended.stderr


def test_status_prints_nothing_that_a_terminal_obeys(hub: Hub, call: Call) -> None:
    call("install", *PACK, *ALL, "--direct")
    repo, path = hub.repos["acme/api"], ".github/autonomy/lock.json"
    lock = json.loads(repo.file(path) or "")
    lock["inputs"] |= {"version": "\x1b[31m1", "cron": "\x1b]0;x\x07"}
    repo.commit({path: json.dumps(lock)})
    told = call("status", "--org", "acme").stdout
    assert "acme/api" in told
    assert not {"\x1b", "\x07"} & set(told)


def test_an_install_changes_what_is_said_and_nothing_else(hub: Hub, call: Call) -> None:
    def inputs(name: str) -> dict[str, object]:
        told: dict[str, object] = json.loads(hub.repos[f"acme/{name}"].file(".github/autonomy/lock.json") or "{}")[
            "inputs"
        ]
        return told

    call("install", *PACK, *ALL, "--direct", "--review", "--allow-continuous")
    crons = {name: inputs(name)["cron"] for name in ("api", "web-one")}
    call("install", "--pack", f"o/p@{'b' * 40}", *ALL, "--direct", "--runs-on", "big")
    assert (inputs("api")["runs_on"], inputs("api")["review"], inputs("api")["sha"]) == (["big"], True, "b" * 40)
    assert {name: inputs(name)["cron"] for name in crons} == crons
    call("install", "--pack", f"o/p@{'b' * 40}", *ALL, "--direct", "--no-review", "--no-continuous")
    assert (inputs("api")["runs_on"], inputs("api")["review"], inputs("api")["cron"]) == (["big"], False, "")
    assert hub.repos["acme/api"].file(".github/workflows/autonomy-pr-review.yml") is None


def test_in_a_clone_too_an_install_changes_what_is_said_and_nothing_else(call: Call, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    assert call("install", *PACK, "--repo", str(clone), "--review", "--runs-on", "big").returncode == 0
    assert call("install", *PACK, "--repo", str(clone), "--no-review").returncode == 0
    inputs = json.loads((clone / ".github/autonomy/lock.json").read_text())["inputs"]
    assert (inputs["runs_on"], inputs["review"]) == (["big"], False)
