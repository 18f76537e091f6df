"""What somebody prepared in a repository of the hub, so that an order for many would do what it must not."""

from __future__ import annotations

from dataclasses import replace

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.edges.github.pace import Pace
from autonomy_pack.flows.fleet import many
from autonomy_pack.flows.fleet.checkup import Checkup
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import PATH
from autonomy_pack.policy.fleet.rows import Reason
from autonomy_pack.policy.fleet.steps import Act
from autonomy_pack.policy.fleet.verdict import Outcome
from autonomy_pack.targets import BRANCH, PLAN
from hub import Fault, Hub, Repo
from tests.flows.fleet.test_many import INSTALL, Go, fleet, go, hub, reasons

__all__ = ["fleet", "go", "hub"]
DIRECT = replace(INSTALL, direct=True)


def planned(fleet: Fleet) -> list[Planned]:
    return list(many.rows(fleet, fleet.targets(), INSTALL))


def link(repo: Repo, path: str, to: str) -> None:
    """Commit a link."""
    tree = repo.git.files(repo.git.commit(repo.head()).tree)
    items = {each: (entry.mode, entry.oid) for each, entry in tree.items()}
    items[path] = ("120000", repo.git.put("blob", to.encode()))
    by = repo.state.by("ada")
    made = repo.write_commit(repo.git.write_files(items), [repo.head()], "A link", by)
    repo.move_ref("refs/heads/main", None, made, by)


def test_a_default_branch_that_is_called_like_ours_is_not_committed_to(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.branch(BRANCH, repo.head())
    repo.default_branch = BRANCH
    before = repo.head()
    assert reasons(go(INSTALL)) == {"one": Reason.PROTECTED, "two": Reason.CHANGE}
    assert repo.head() == before
    assert reasons(go(DIRECT))["one"] is Reason.CHANGE
    assert repo.head() != before


def test_where_the_lock_is_a_link_nothing_is_proposed(hub: Hub, go: Go) -> None:
    link(hub.repos["acme/one"], PATH, "../../README.md")
    assert reasons(go(INSTALL)) == {"one": Reason.UNREADABLE, "two": Reason.CHANGE}
    assert list(hub.repos["acme/one"].pulls) == []


def test_a_message_that_names_our_plan_makes_nobodys_commit_ours(hub: Hub, fleet: Fleet, go: Go) -> None:
    repo = hub.repos["acme/one"]
    plan = planned(fleet)[0].row.plan
    for files in ({"src/evil.py": "x\n"}, {".github/workflows/evil.yml": "on: push\n"}, {".github/a/b/c/d": "x"}):
        repo.commit(files, branch=BRANCH, message=f"x\n\n{PLAN}: {plan}", parent=repo.head())
        done = go(INSTALL)["one"].row
        assert (done.reason, list(repo.pulls)) == (Reason.FAILED, [])
        assert "names this plan" in done.why
    assert go(replace(INSTALL, force=True))["one"].row.done
    assert repo.file("src/evil.py", BRANCH) is None
    assert repo.file(PATH, BRANCH)


def by_rest(hub: Hub) -> Fleet:
    hub.has_graphql = False
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    return Fleet("acme", token=hub.token("ada"), pace=Pace(0.0, 10_000, 10_000), reserve=0, patience=0.5, **urls)


def test_what_was_cut_off_before_its_pull_request_goes_on(hub: Hub) -> None:
    repo = hub.repos["acme/one"]
    repo.commit({older.MARKER: "1.2.3\n", "docs/a/b": "x"})
    hub.faults.add(Fault("422", "POST /repos/acme/one/pulls"))
    fleet = by_rest(hub)
    first, second = (many.carry_out(fleet, planned(fleet)[0], INSTALL).row for _ in range(2))
    fleet.close()
    assert (first.reason, second.done, len(repo.pulls)) == (Reason.FAILED, True, 1)
    assert repo.git.commit(repo.head(BRANCH)).parents == (repo.head(),)


def test_without_graphql_a_link_or_a_folder_is_left_alone_too(hub: Hub) -> None:
    repo = hub.repos["acme/one"]
    link(repo, "Makefile.autonomy", "README.md")
    repo.commit({".github/autonomy.yml/mine": "y"})
    fleet = by_rest(hub)
    steps = {step.path: step for step in planned(fleet)[0].row.steps}
    fleet.close()
    assert steps["Makefile.autonomy"].why == "it is a link or a submodule: look at it by hand"
    assert steps[".github/autonomy.yml"].why == "it is a folder"


def test_a_marker_with_lines_of_a_persons_is_kept_whole(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    text = "1.2.3\n# a note of ours that is longer than any version could be\nand another, without an end"
    repo.commit({older.MARKER: text})
    go(DIRECT)
    assert repo.file(older.MARKER) is None
    assert repo.file(older.kept_as(older.MARKER)) == text


def test_a_marker_that_cannot_be_read_whole_stays(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.commit({older.MARKER: "1.2.3 für immer\n".encode("latin-1")})
    go(DIRECT)
    assert repo.file(older.MARKER)


def test_a_folder_where_a_file_of_ours_would_be_is_left_alone(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.commit({"Makefile.autonomy/mine": "x", ".github/autonomy.yml/mine": "y"})
    steps = {step.path: step for step in go(DIRECT)["one"].row.steps}
    for path in ("Makefile.autonomy", ".github/autonomy.yml"):
        assert (steps[path].act, steps[path].why) == (Act.KEEP, "it is a folder")
        assert repo.file(f"{path}/mine")


def test_a_repository_that_github_cannot_tell_of_stops_no_other(hub: Hub, fleet: Fleet, go: Go) -> None:
    hub.repo("acme/three").permit("ada", "write")
    hub.repos["acme/two"].blocked = True
    done = go(INSTALL)
    assert reasons(done) == {"one": Reason.CHANGE, "two": Reason.FAILED, "three": Reason.CHANGE}
    assert "blocked" in done["two"].row.why
    assert [len(repo.pulls) for repo in hub.repos.values()] == [1, 0, 1]
    verdicts = {one.name: one.outcome for one in Checkup(fleet, full=False).over(lambda _: True)}
    assert verdicts["acme/two"] is Outcome.NOT_LOOKED_AT
    assert len(verdicts) == 3


def test_a_repository_that_was_handed_over_is_not_planned_anew(hub: Hub, fleet: Fleet) -> None:
    one = planned(fleet)[0]
    hub.repos["acme/one"].commit({"x": "1"})
    hub.rename("acme/one", "elsewhere/one")
    done = many.carry_out(fleet, one, DIRECT).row
    assert (done.reason, hub.repos["elsewhere/one"].file(PATH)) == (Reason.FAILED, None)
    assert "does not belong to acme" in done.why
