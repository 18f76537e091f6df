import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.edges import git
from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import LeaseLost, WorldError
from autonomy_pack.forges.github import GithubForge
from autonomy_pack.model import Handoff, Move
from hub import Fault, Hub, Repo

BRANCH = "agent/planner/1-12345678-rename"
LEASE = "refs/autonomy/lease/x"
Forge = Callable[[], GithubForge]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    made = hub.repo("acme/site", files={"README.md": "x"})
    hub.user("ada", permission={"acme/site": "write"})
    hub.user("eve", permission={"acme/site": "write"})
    made.make_label("priority:high", description="theirs")
    made.issue(labels=[("priority:high", "ada")])
    for name in ("agent:handoff", "status:pr-created"):
        made.make_label(name, description="ours")
    return made


@pytest.fixture
def forge(hub: Hub, repo: Repo, tmp_path: Path) -> Iterator[Forge]:
    """Each call is another process: a client of its own, objects of its own."""
    made: list[GitHub] = []

    def make() -> GithubForge:
        token = hub.token("ada")
        urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
        made.append(GitHub("acme/site", token=token, pace=0.0, patience=0.4, **urls))
        return GithubForge(github=made[-1], remote=Remote(made[-1].git_url, tmp_path / "objects.git", token=token))

    yield make
    for one in made:
        one.close()


@pytest.fixture
def offer(forge: Forge, repo: Repo, tmp_path: Path) -> Handoff:
    """A handoff of a commit that lies in the objects of `forge`."""
    _, base = forge().base() or ("", "")
    tree = git.text(git.run("mktree", stdin=b"", at=tmp_path / "objects.git"))
    head = _commit(tmp_path, tree, base)
    plain = dict.fromkeys(("repo", "task", "pin", "run", "bundle", "sha256", "policy_sha256"), "")
    return Handoff(
        **plain, issue="1", branch=BRANCH, base=base, head=head, title="feat(agent): x (#1)", body="Closes #1\n",
        closes=True, labels=("agent:handoff",), reviewers=("eve",), draft=True,
    )  # fmt: skip


def _commit(tmp_path: Path, tree: str, parent: str) -> str:
    who = {f"GIT_{role}_{what}": "a@b" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    at = tmp_path / "objects.git"
    return git.text(git.run("commit-tree", tree, "-p", parent, "-m", "A change", at=at, env=who))


def lease(repo: Repo, tmp_path: Path) -> Move:
    """A lease in the repository, and its next move."""
    empty = git.text(git.run("mktree", stdin=b"", at=tmp_path / "objects.git"))
    now = repo.write_commit(repo.git.write_files({}), [], "held", repo.state.by("ada"))
    repo.move_ref(LEASE, None, now, repo.state.by("ada"))
    git.run("fetch", "--quiet", str(repo.git_dir), LEASE, at=tmp_path / "objects.git", env=_FILES)
    return Move(ref=LEASE, old=now, new=_commit(tmp_path, empty, now))


_FILES = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}


def seen(repo: Repo) -> Any:
    """The handoff as people see it."""
    pulls = [
        (pull.state, pull.pull and pull.pull.draft, sorted(label.name for label in pull.labels), pull.body,
         [user.login for user in (pull.pull.reviewers if pull.pull else [])])
        for pull in repo.pulls
    ]  # fmt: skip
    return repo.refs("refs/heads/agent/"), pulls


def test_a_handoff_is_a_branch_and_a_pull_request(forge: Forge, repo: Repo, offer: Handoff) -> None:
    told = forge().publish(offer)
    (pull,) = repo.pulls
    assert told.number == pull.number
    assert told.url.endswith(f"/acme/site/pull/{pull.number}")
    assert repo.head(BRANCH) == offer.head
    assert seen(repo)[1] == [("open", True, ["agent:handoff"], "Closes #1\n", ["eve"])]
    assert forge().handoff_state(BRANCH, offer.head, offer.base) == "open"


def test_a_handoff_published_twice_is_published_once(forge: Forge, repo: Repo, offer: Handoff) -> None:
    first = forge().publish(offer)
    before = seen(repo)
    assert forge().publish(offer) == first
    assert seen(repo) == before


@pytest.mark.parametrize("kind", ["die_before", "die_after", "500", "422", "expired"])
@pytest.mark.parametrize("nth", range(1, 13))
def test_whatever_request_fails_the_next_run_ends_as_if_none_had(
    hub: Hub, forge: Forge, repo: Repo, offer: Handoff, kind: str, nth: int
) -> None:
    hub.faults.add(Fault(kind, nth=nth, times=5))
    with contextlib.suppress(WorldError):
        forge().publish(offer)
    assert not any(fault.done == 0 for fault in hub.faults.left), "a run sends fewer requests: ask for fewer"
    hub.faults.clear()
    forge().publish(offer)
    refs, pulls = seen(repo)
    assert refs == {f"refs/heads/{BRANCH}": offer.head}
    assert pulls == [("open", True, ["agent:handoff"], "Closes #1\n", ["eve"])]


def test_branch_and_lease_move_together(forge: Forge, repo: Repo, offer: Handoff, tmp_path: Path) -> None:
    move = lease(repo, tmp_path)
    forge().publish(offer, fence=[move])
    assert repo.refs()[LEASE] == move.new
    assert repo.head(BRANCH) == offer.head
    forge().publish(offer, fence=[move])


def test_a_stale_fence_refuses_the_branch_too(forge: Forge, repo: Repo, offer: Handoff, tmp_path: Path) -> None:
    move = lease(repo, tmp_path)
    taken = repo.write_commit(repo.git.write_files({}), [move.old], "taken over", repo.state.by("eve"))
    repo.move_ref(LEASE, move.old, taken, repo.state.by("eve"))
    with pytest.raises(LeaseLost):
        forge().publish(offer, fence=[move])
    assert repo.head(BRANCH) == ""
    assert repo.pulls == []
    assert repo.refs()[LEASE] == taken


def test_a_branch_with_another_commit_is_never_overwritten(forge: Forge, repo: Repo, offer: Handoff) -> None:
    theirs = repo.commit({"mine.txt": "x"}, branch=BRANCH, by="eve")
    with pytest.raises(WorldError, match="another commit"):
        forge().publish(offer)
    assert repo.head(BRANCH) == theirs
    assert repo.pulls == []


def test_a_branch_that_is_not_what_was_pushed_gets_no_pull_request(
    hub: Hub, forge: Forge, repo: Repo, offer: Handoff
) -> None:
    barrier = hub.hold(r"GET .*/git/ref/heads/agent")
    failures: list[BaseException] = []

    def publish() -> None:
        try:
            forge().publish(offer)
        except WorldError as error:
            failures.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    assert barrier.reached(20)
    repo.commit({"mine.txt": "x"}, branch=BRANCH, by="eve")
    barrier.release()
    thread.join()
    assert "after our push" in str(failures[0])
    assert repo.pulls == []


def test_what_becomes_of_a_handoff_is_told(forge: Forge, repo: Repo, offer: Handoff) -> None:
    def state() -> str:
        return forge().handoff_state(BRANCH, offer.head, repo.head())

    assert state() == "deleted"
    number = forge().publish(offer).number or 0
    assert state() == "open"
    repo.commit({"more.txt": "x"}, branch=BRANCH, by="eve")
    assert state() == "moved"
    repo.branch(BRANCH, offer.head)
    repo.close(number, "eve")
    assert state() == "deleted"


def test_a_merged_handoff_is_merged_with_and_without_its_branch(forge: Forge, repo: Repo, offer: Handoff) -> None:
    number = forge().publish(offer).number or 0
    repo.merge(number, "ada")
    assert forge().handoff_state(BRANCH, offer.head, repo.head()) == "merged"
    repo.move_ref(f"refs/heads/{BRANCH}", None, ZERO, repo.state.by("ada"))
    assert forge().handoff_state(BRANCH, offer.head, repo.head()) == "merged"


def test_a_closed_handoff_is_not_opened_again(forge: Forge, repo: Repo, offer: Handoff) -> None:
    number = forge().publish(offer).number or 0
    repo.close(number, "eve")
    assert forge().publish(offer).number == number
    assert [pull.state for pull in repo.pulls] == ["closed"]
    assert forge().handoff_state(BRANCH, offer.head, offer.base) == "deleted"


def test_issues_labels_and_stops_are_githubs(forge: Forge, repo: Repo) -> None:
    (one,), broken = forge().issues()
    assert (one.id, broken) == ("1", [])
    assert forge().label("1", add=["status:pr-created", "unknown"], remove=["priority:high", "never there"])
    assert [label.name for label in repo.issues[1].labels] == ["status:pr-created"]
    assert forge().stop_words("1") == ""
    repo.label(1, "autonomy:stop", "ada")
    assert "autonomy:stop" in forge().stop_words("1")
    assert forge().close_issue("1")
    assert repo.issues[1].state == "closed"


def test_an_issue_that_is_gone_is_left_alone(forge: Forge, repo: Repo) -> None:
    repo.delete_issue(1)
    assert not forge().label("1", add=["status:pr-created"])
    assert not forge().close_issue("1")


def test_the_base_is_the_default_branchs_and_its_objects_are_here(forge: Forge, repo: Repo, tmp_path: Path) -> None:
    assert forge().base() == ("main", repo.head())
    assert git.run("cat-file", "-t", repo.head(), at=tmp_path / "objects.git") == b"commit\n"


def test_a_handoff_that_goes_on_replaces_the_commit_it_began_at_and_no_other(
    forge: Forge, offer: Handoff, repo: Repo, tmp_path: Path
) -> None:
    forge().publish(offer)
    tree = git.text(git.run("rev-parse", f"{offer.head}^{{tree}}", at=tmp_path / "objects.git"))
    second, third = _commit(tmp_path, tree, offer.head), _commit(tmp_path, tree, offer.base)
    again = dataclasses.replace(offer, head=second, replaces=offer.head)
    assert forge().publish(again).number == forge().publish(again).number
    assert repo.head(BRANCH) == second
    with pytest.raises(WorldError, match="exists with another commit"):
        forge().publish(dataclasses.replace(offer, head=third, replaces=offer.head))
    assert repo.head(BRANCH) == second
