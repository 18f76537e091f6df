"""One order for many repositories of the hub: planned from pages, carried out one by one, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.edges.github.pace import Pace
from autonomy_pack.flows.fleet import many
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.flows.fleet.order import Order, Verb, first
from autonomy_pack.policy.fleet.backup import Backup
from autonomy_pack.policy.fleet.lock import PATH, Lock, read
from autonomy_pack.policy.fleet.rows import OPTED_OUT, Reason
from autonomy_pack.policy.fleet.steps import Act
from autonomy_pack.targets import BRANCH
from hub import Fault, Hub, Repo

OLD, NEW = f"o/p@{'a' * 40}", f"o/p@{'b' * 40}"
INSTALL = Order(verb=Verb.INSTALL, given=first(OLD))
SYNC = Order(verb=Verb.SYNC, pack=NEW)
REMOVE = Order(verb=Verb.UNINSTALL)
LOOP = ".github/workflows/autonomous-agent-loop.yml"
GRAPHQL = "POST /api/graphql"
Go = Callable[..., dict[str, Planned]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.user("ada")
        for name in ("one", "two"):
            made.repo(f"acme/{name}", {"README.md": "x", "Makefile": f"{name}:\n"}).permit("ada", "write")
        yield made
        assert made.violations == []


@pytest.fixture
def fleet(hub: Hub) -> Iterator[Fleet]:
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    pace = Pace(0.0, 10_000, 10_000)
    made = Fleet("acme", token=hub.token("ada"), pace=pace, reserve=0, patience=3.0, **urls)
    yield made
    made.close()


@pytest.fixture
def go(fleet: Fleet) -> Go:
    """Carries an order out; the rows by the repository's short name."""

    def carried_out(order: Order) -> dict[str, Planned]:
        rows = [many.carry_out(fleet, one, order) for one in list(many.rows(fleet, fleet.targets(), order))]
        return {one.row.name.partition("/")[2]: one for one in rows}

    return carried_out


def reasons(rows: dict[str, Planned]) -> dict[str, Reason]:
    return {name: one.row.reason for name, one in rows.items()}


def merge(repo: Repo) -> None:
    """Everything that is proposed is merged, and the branch removed."""
    for pull in repo.pulls:
        if pull.state == "open":
            repo.merge(pull.number, "ada")


def lock(repo: Repo) -> Lock:
    import json

    return read(json.loads(repo.file(PATH) or ""))


def test_an_install_proposes_one_commit_in_each_by_one_write(hub: Hub, go: Go) -> None:
    rows = go(INSTALL)
    assert reasons(rows) == {"one": Reason.CHANGE, "two": Reason.CHANGE}
    assert len(hub.requests(writes=True)) == 2
    for repo in hub.repos.values():
        (pull,) = repo.pulls
        assert pull.title == "Autonomy Pack: install (0.1.0)"
        assert repo.file(LOOP, BRANCH) is not None
        assert repo.file("Makefile", BRANCH) == f"{repo.name}:\n-include Makefile.autonomy\n"
        assert repo.file(LOOP) is None
    assert rows["one"].row.url.endswith("/acme/one/pull/1")


def test_a_second_install_writes_nothing(hub: Hub, go: Go) -> None:
    go(INSTALL)
    writes = len(hub.requests(writes=True))
    assert set(reasons(go(INSTALL)).values()) == {Reason.PROPOSED}
    for repo in hub.repos.values():
        merge(repo)
    before = len(hub.journal)
    assert set(reasons(go(INSTALL)).values()) == {Reason.UP_TO_DATE}
    assert set(reasons(go(replace(SYNC, pack=""))).values()) == {Reason.UP_TO_DATE}
    assert len(hub.requests(writes=True)) == writes
    assert len(hub.journal) == before + 2


def test_install_then_uninstall_leaves_the_same_tree(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    tree = repo.git.commit(repo.head())
    go(replace(INSTALL, direct=True))
    assert set(reasons(go(replace(REMOVE, direct=True))).values()) == {Reason.CHANGE}
    after = repo.git.commit(repo.head())
    assert tree
    assert after
    assert after.tree == tree.tree


def test_a_local_edit_survives_a_sync(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(replace(INSTALL, direct=True))
    edited = (repo.file(LOOP) or "").replace("permissions: {}\n", "permissions: {}\n# mine\n")
    repo.commit({LOOP: edited})
    go(SYNC)
    merge(repo)
    text = repo.file(LOOP) or ""
    assert "# mine" in text
    assert f"@{'b' * 40}" in text
    assert lock(repo).previous == lock(hub.repos["acme/two"]).inputs


def test_a_conflict_is_a_draft_and_leaves_the_file(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(replace(INSTALL, direct=True))
    edited = (repo.file(LOOP) or "").replace("a" * 40, "c" * 40)
    repo.commit({LOOP: edited})
    assert reasons(go(SYNC)) == {"one": Reason.DRAFT, "two": Reason.CHANGE}
    (pull,) = repo.pulls
    assert pull.pull is not None
    assert pull.pull.draft
    assert "To merge by hand" in (pull.body or "")
    assert repo.file(LOOP, BRANCH) == edited
    assert "<<<<" not in "".join(
        repo.file(path, BRANCH) or "" for path in repo.git.files(repo.git.commit(repo.head(BRANCH)).tree)
    )  # type: ignore[union-attr]


def test_a_newer_plan_goes_on_top_of_the_open_proposal(hub: Hub, go: Go) -> None:
    go(INSTALL)
    newer = replace(INSTALL, given=first(NEW, review=True))
    assert reasons(go(newer)) == {"one": Reason.CHANGE, "two": Reason.CHANGE}
    repo = hub.repos["acme/one"]
    (pull,) = repo.pulls
    assert repo.file(".github/workflows/autonomy-pr-review.yml", BRANCH) is not None
    assert f"@{'b' * 40}" in (repo.file(LOOP, BRANCH) or "")
    assert reasons(go(INSTALL)) == {"one": Reason.CHANGE, "two": Reason.CHANGE}
    assert repo.file(".github/workflows/autonomy-pr-review.yml", BRANCH) is None
    assert f"@{'a' * 40}" in (repo.file(LOOP, BRANCH) or "")
    assert pull.state == "open"
    assert len(repo.pulls) == 1


def test_what_was_declined_is_not_proposed_again(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(INSTALL)
    repo.close(1, "ada")
    assert go(INSTALL)["one"].row.reason is Reason.DECLINED
    assert go(replace(INSTALL, force=True))["one"].row.reason is Reason.CHANGE
    assert [pull.state for pull in repo.pulls] == ["closed", "open"]


def test_a_branch_that_somebody_works_on_is_theirs(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(INSTALL)
    repo.commit({"mine": "1"}, branch=BRANCH)
    tip = repo.head(BRANCH)
    assert go(replace(INSTALL, given=first(NEW)))["one"].row.reason is Reason.TAKEN_OVER
    assert repo.head(BRANCH) == tip


def test_every_repository_has_a_row_and_its_reason(hub: Hub, go: Go) -> None:
    def make(name: str, **ways: bool) -> Repo:
        made = hub.repo(f"acme/{name}", **ways)
        made.permit("ada", "write")
        return made

    make("archived").archived = True
    make("disabled").disabled = True
    make("forked", fork=True)
    make("void", empty=True)
    make("out").topics.append(OPTED_OUT)
    make("foreign").permit("ada", "read")
    make("stopped").commit({".agent-workspace/STOP": "no"})
    make("broken").commit({PATH: "{"})
    rows = go(replace(INSTALL, direct=True))
    assert reasons(rows) == {
        "one": Reason.CHANGE,
        "two": Reason.CHANGE,
        "archived": Reason.ARCHIVED,
        "disabled": Reason.DISABLED,
        "forked": Reason.FORK,
        "void": Reason.EMPTY,
        "out": Reason.OPTED_OUT,
        "foreign": Reason.NO_PERMISSION,
        "stopped": Reason.HELD,
        "broken": Reason.UNREADABLE,
    }
    assert all(one.row.why for one in rows.values())
    assert "→ Restore" in rows["broken"].row.why


def test_a_protected_branch_is_not_pushed_to(hub: Hub, go: Go) -> None:
    hub.repos["acme/one"].protect("main", pushers=frozenset())
    assert go(replace(INSTALL, direct=True))["one"].row.reason is Reason.PROTECTED
    assert go(INSTALL)["one"].row.reason is Reason.CHANGE


def test_one_that_fails_does_not_stop_the_others(hub: Hub, go: Go) -> None:
    hub.faults.add(Fault("422", GRAPHQL, nth=3))
    assert reasons(go(INSTALL)) == {"one": Reason.FAILED, "two": Reason.CHANGE}


def test_texts_that_cannot_be_read_fail_one_row(hub: Hub, go: Go) -> None:
    hub.faults.add(Fault("422", GRAPHQL, nth=2, times=2))
    rows = go(INSTALL)
    assert reasons(rows) == {"one": Reason.FAILED, "two": Reason.CHANGE}
    assert "could not be read" in rows["one"].row.why


def test_a_repository_that_moved_meanwhile_is_planned_anew(hub: Hub, fleet: Fleet) -> None:
    order = replace(INSTALL, direct=True)
    planned = next(many.rows(fleet, fleet.targets(), order))
    hub.repos["acme/one"].commit({"later": "1"})
    assert many.carry_out(fleet, planned, order).row.reason is Reason.CHANGE
    assert hub.repos["acme/one"].file(LOOP) is not None
    assert hub.repos["acme/one"].file("later") == "1"


def test_the_way_back_is_one_order(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(replace(INSTALL, direct=True))
    before = repo.file(LOOP)
    go(replace(SYNC, direct=True))
    assert reasons(go(Order(verb=Verb.PREVIOUS, direct=True))) == {"one": Reason.CHANGE, "two": Reason.CHANGE}
    assert repo.file(LOOP) == before


def test_nothing_installed_is_nothing_to_sync(go: Go) -> None:
    assert set(reasons(go(SYNC)).values()) == {Reason.NOT_INSTALLED}
    assert set(reasons(go(REMOVE)).values()) == {Reason.NOT_INSTALLED}


def test_each_starts_at_a_minute_of_its_own(hub: Hub, go: Go) -> None:
    go(replace(INSTALL, direct=True, continuous=True))
    crons = {lock(repo).inputs.cron for repo in hub.repos.values()}
    assert len(crons) == 2


def test_a_branch_that_nobody_committed_to_is_begun_anew(hub: Hub, go: Go) -> None:
    hub.faults.add(Fault("422", GRAPHQL, nth=4), Fault("stale_head"))
    assert go(INSTALL)["one"].row.reason is Reason.FAILED
    repo = hub.repos["acme/one"]
    assert (repo.head(BRANCH), repo.pulls) == (repo.head(), [])
    repo.commit({"later": "1"})
    assert go(INSTALL)["one"].row.reason is Reason.CHANGE
    assert len(repo.pulls) == 1
    assert repo.file("later", BRANCH) == "1"


def test_a_branch_of_our_name_that_was_there_before_us_is_theirs(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.commit({"mine": "1"}, branch=BRANCH)
    repo.commit({"later": "1"})
    assert go(INSTALL)["one"].row.reason is Reason.TAKEN_OVER
    assert repo.file("mine", BRANCH) == "1"


def test_what_a_lagging_copy_does_not_show_yet_is_made_once(hub: Hub, go: Go) -> None:
    lost = (("429_retry", 3), ("die_after", 5), ("stale_read", 6))
    hub.faults.add(*(Fault(kind, GRAPHQL, nth=nth, retry_after=0) for kind, nth in lost))
    assert reasons(go(INSTALL)) == {"one": Reason.PROPOSED, "two": Reason.CHANGE}
    assert [len(repo.pulls) for repo in hub.repos.values()] == [1, 1]
    assert hub.faults.left == []


def test_without_graphql_it_is_the_same_by_at_most_three_writes(hub: Hub, go: Go) -> None:
    hub.has_graphql = False
    repo = hub.repos["acme/one"]
    assert reasons(go(INSTALL)) == {"one": Reason.CHANGE, "two": Reason.CHANGE}
    # git asks where the refs are before it pushes, which the hub counts too.
    assert [len(hub.requests(f"/{name}[./].*", writes=True)) for name in ("one", "two")] == [3, 3]
    assert repo.file("Makefile", BRANCH) == "one:\n-include Makefile.autonomy\n"
    assert repo.file("README.md", BRANCH) == "x"
    assert len(repo.pulls) == 1
    assert set(reasons(go(INSTALL)).values()) == {Reason.PROPOSED}
    assert set(reasons(go(replace(INSTALL, given=first(NEW, review=True)))).values()) == {Reason.CHANGE}
    assert len(repo.pulls) == 1
    merge(repo)
    assert go(INSTALL)["one"].row.reason is Reason.CHANGE


def test_without_graphql_an_uninstall_leaves_the_same_tree(hub: Hub, go: Go) -> None:
    hub.has_graphql = False
    repo = hub.repos["acme/one"]
    tree = repo.git.commit(repo.head())
    assert tree is not None
    assert go(replace(INSTALL, direct=True))["one"].row.done
    assert go(replace(REMOVE, direct=True))["one"].row.done
    after = repo.git.commit(repo.head())
    assert after is not None
    assert after.tree == tree.tree


def test_labels_are_made_centrally_only_when_asked_for(hub: Hub, fleet: Fleet, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.make_label("Priority:High", "123456", "mine")
    go(INSTALL)
    assert set(repo.labels) == {"priority:high"}
    central = replace(INSTALL, labels=True)
    planned = list(many.rows(fleet, fleet.targets(labels=True), central))
    assert [one.row.reason for one in planned] == [Reason.PROPOSED, Reason.PROPOSED]
    writes = len(hub.requests(writes=True))
    done = [many.carry_out(fleet, one, central) for one in planned]
    assert all(one.row.done for one in done)
    assert repo.labels["priority:high"].color == "123456"
    assert "mission:solve-issue" in repo.labels
    assert len(hub.requests(writes=True)) - writes <= 10
    again = list(many.rows(fleet, fleet.targets(labels=True), central))
    assert [one.row.labels for one in again] == [(), ()]


def test_a_removal_takes_the_labels_that_we_made_and_nothing_uses(hub: Hub, fleet: Fleet, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.make_label("priority:high", "123456", "mine")
    central = replace(INSTALL, labels=True, direct=True)
    for one in list(many.rows(fleet, fleet.targets(labels=True), central)):
        many.carry_out(fleet, one, central)
    repo.issue(title="t", author="ada", labels=[("priority:low", "ada")])
    assert go(replace(REMOVE, keep_labels=True))["one"].row.labels == ()
    go(REMOVE)
    assert "mission:solve-issue" in repo.labels  # it is only proposed: runs would make them again
    merge(repo)
    rows = go(REMOVE)
    assert rows["one"].row.reason is Reason.CHANGE
    assert set(repo.labels) == {"priority:high", "priority:low"}
    assert go(REMOVE)["one"].row.reason is Reason.NOT_INSTALLED


def test_instructions_of_agents_stay_when_asked(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(replace(INSTALL, direct=True, given=first(OLD, agent="claude")))
    go(replace(REMOVE, direct=True, keep_agents=True))
    assert repo.file(".github/autonomy/agents/claude.md")
    assert repo.file(LOOP) is None


def test_a_backup_puts_every_byte_back(hub: Hub, fleet: Fleet, go: Go) -> None:
    repo = hub.repos["acme/one"]
    go(replace(INSTALL, direct=True))
    repo.commit({LOOP: (repo.file(LOOP) or "").replace("permissions: {}\n", "permissions: {}\n# mine\n")})
    tree = repo.git.commit(repo.head())
    assert tree is not None
    order = replace(SYNC, direct=True)
    planned = next(iter(many.rows(fleet, fleet.targets(), order)))
    assert planned.found is not None
    kept = Backup.of(planned.found, planned.row.steps, repository="acme/one", tree="", at="")
    many.carry_out(fleet, planned, order)
    assert repo.git.commit(repo.head()).tree != tree.tree  # type: ignore[union-attr]
    rows = go(Order(verb=Verb.RESTORE, direct=True, backups={"acme/one": kept}))
    assert reasons(rows) == {"one": Reason.CHANGE, "two": Reason.NOT_INSTALLED}
    assert repo.git.commit(repo.head()).tree == tree.tree  # type: ignore[union-attr]


def test_nothing_is_written_behind_a_file_or_a_link(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.commit({".github/workflows": "not a folder\n"})
    row = go(replace(INSTALL, direct=True))["one"].row
    assert row.reason is Reason.CHANGE
    assert {step.act for step in row.steps if step.path.startswith(".github/workflows/")} == {Act.KEEP}
    assert repo.file(".github/workflows") == "not a folder\n"


def test_labels_beyond_the_first_hundred_count_as_there(hub: Hub, fleet: Fleet) -> None:
    for number in range(120):
        hub.repos["acme/one"].make_label(f"theirs-{number}", "ffffff")
    central = replace(INSTALL, labels=True, direct=True)
    for one in list(many.rows(fleet, fleet.targets(labels=True), central)):
        many.carry_out(fleet, one, central)
    again = list(many.rows(fleet, fleet.targets(labels=True), central))
    assert {one.row.reason for one in again} == {Reason.UP_TO_DATE}
