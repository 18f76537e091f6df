"""Fleets for storms: repositories as a fleet meets them, orders over them, and all that is seen of them afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "tests")]

from autonomy_pack.edges.github.fleet import Fleet  # noqa: E402
from autonomy_pack.edges.github.pace import Pace  # noqa: E402
from autonomy_pack.flows.fleet import many  # noqa: E402
from autonomy_pack.flows.fleet.order import Order, Verb, first  # noqa: E402
from autonomy_pack.policy.fleet.rows import Reason  # noqa: E402
from autonomy_pack.targets import BRANCH  # noqa: E402
from hub import Hub, Repo  # noqa: E402
from hub.picture import picture  # noqa: E402

OWNER = "acme"
OLD, MIDDLE, NEW = (f"o/p@{digit * 40}" for digit in "abd")
LOOP = ".github/workflows/autonomous-agent-loop.yml"
BARE = {"README.md": "x\n", "Makefile": "all:\n"}
KINDS = ("plain", "edited", "conflict", "older", "closed", "archived")


def open_fleet(hub: Hub, token: str, *, patience: float = 30.0, pace: Pace | None = None) -> Fleet:
    """The repositories of the owner, written to as fast as it goes."""
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    fast = pace or Pace(0.0, 1_000_000, 1_000_000)
    return Fleet(OWNER, token=token, pace=fast, reserve=1, patience=patience, **urls)


def go(fleet: Fleet, order: Order) -> dict[str, Reason]:
    """Carry an order out in this process; the reasons by name, those that failed with why."""
    rows = [many.carry_out(fleet, one, order).row for one in list(many.rows(fleet, fleet.targets(), order))]
    return {row.name: f"failed: {row.why}" if row.reason is Reason.FAILED else row.reason for row in rows}  # type: ignore[misc]


@cache
def installed() -> dict[str, str]:
    """The files of a repository that has the pack as OLD."""
    with Hub() as hub:
        repo = hub.repo(f"{OWNER}/one", BARE)
        repo.permit("ada", "write")
        with_all = Order(verb=Verb.INSTALL, given=first(OLD), direct=True)
        go(open_fleet(hub, hub.token("ada")), with_all)
        return files(repo)


def files(repo: Repo, ref: str = "") -> dict[str, str]:
    """Every file of a repository, as text."""
    commit = repo.git.commit(repo.head(ref))
    assert commit
    return {path: repo.file(path, ref) or "" for path in repo.git.files(commit.tree)}


def make(hub: Hub, verb: str, kinds: Iterable[str] = KINDS) -> list[Repo]:
    """One repository of each kind, as it is before `install` or `sync` with NEW; ada may write to all of them."""
    names = {f"{OWNER}/{kind}-{number}": kind for number, kind in enumerate(kinds)}
    hub.user("ada")
    repos = hub.repos_like(names, BARE, permissions={"ada": "write"})
    for repo in repos:
        if verb == "sync" or names[repo.full_name] in ("edited", "conflict"):
            repo.commit(installed())
        if names[repo.full_name] in ("edited", "conflict"):
            repo.commit({LOOP: edited(names[repo.full_name])})
    for kind, pack in (("older", MIDDLE), ("closed", NEW)):
        meant = [repo for repo in repos if names[repo.full_name] == kind]
        _propose(hub, meant, Order(verb=Verb(_VERBS[verb]), given=first(pack), pack=pack))
    for repo in repos:
        if names[repo.full_name] == "closed":
            repo.close(repo.pulls[0].number, "ada")
        repo.archived = names[repo.full_name] == "archived"
    return repos


_VERBS = {"install": Verb.INSTALL, "sync": Verb.SYNC}


def edited(kind: str) -> str:
    """The loop's workflow as somebody changed it: beside what a sync changes, or in the same line."""
    changed = ("permissions: {}\n", "permissions: {}\n# mine\n") if kind == "edited" else ("a" * 40, "c" * 40)
    return installed()[LOOP].replace(*changed)


def _propose(hub: Hub, repos: Iterable[Repo], order: Order) -> None:
    meant = {repo.full_name for repo in repos}
    fleet = open_fleet(hub, hub.token("ada"))
    targets = [one for one in fleet.targets() if one.name in meant] if meant else []
    for planned in list(many.rows(fleet, targets, order)):
        many.carry_out(fleet, planned, order)
    fleet.close()


def merge(repos: Iterable[Repo]) -> None:
    """Everything that is proposed is on the default branch now, and our branch gone."""
    from hub.gitdir import ZEROS

    for repo in repos:
        who = repo.state.by("ada")
        for pull in [one for one in repo.pulls if one.state == "open"]:
            repo.move_ref("refs/heads/main", None, repo.pull_head(pull), who)
            repo.move_ref(f"refs/heads/{BRANCH}", None, ZEROS, who)


def seen(repo: Repo) -> dict[str, Any]:
    """What a person would see of a repository, and how many commits its branches have."""
    return picture(repo) | {"commits": {ref: _commits(repo, oid) for ref, oid in repo.refs("refs/heads/").items()}}


def _commits(repo: Repo, oid: str) -> int:
    count = 0
    while commit := repo.git.commit(oid) if oid else None:
        count, oid = count + 1, (commit.parents or [""])[0]
    return count


def environment(hub: Hub, token: str, home: Path) -> dict[str, str]:
    """What the command line needs to work on the hub, with a journal below `home`."""
    urls = {"GITHUB_API_URL": hub.api_url, "GITHUB_GRAPHQL_URL": hub.graphql_url, "GITHUB_SERVER_URL": hub.server_url}
    homes = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
    return {**os.environ, **urls, **homes, "GH_TOKEN": token, "XDG_CACHE_HOME": str(home / "cache")}


def command(*words: str) -> list[str]:
    """The arguments of `autonomy fleet …` over every repository of the owner, without a pause between writes."""
    fast = ["--per-hour", "1000000"] if words[0] != "verify" else []
    return [sys.executable, "-m", "autonomy_pack", "fleet", *words, "--org", OWNER, "--all-repos", *fast]


def run(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """That command, to its end."""
    return subprocess.run(command(*words), env=env, capture_output=True, text=True, check=False)


__all__ = [
    "BRANCH", "KINDS", "MIDDLE", "NEW", "OLD", "OWNER", "Order", "Verb", "command", "environment", "files", "first",
    "go", "installed", "make", "merge", "open_fleet", "replace", "run", "seen",
]  # fmt: skip
