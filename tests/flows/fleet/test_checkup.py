"""Each fault of a repository of the hub is named by its page, or by a closer look, and no other; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.flows.actions import labels
from autonomy_pack.flows.fleet import clone
from autonomy_pack.flows.fleet.checkup import Checkup
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.faults import CATALOGUE, Mode
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.plan import Found, plan
from autonomy_pack.policy.fleet.rows import OPTED_OUT
from autonomy_pack.policy.fleet.verdict import Outcome, Verdict, status
from autonomy_pack.targets import BRANCH, PLAN
from hub import Fault, Hub, Repo
from tests.flows.fleet.test_faults_in_a_clone import BREAKS, LOOP, TARGETS

GATE = ".github/workflows/autonomy-pr-review-gate.yml"
CONFIG = ".github/autonomy.yml"
OLDER = ".sovereign/autonomy/VERSION"
BIG = ("self-hosted", "big")
Break = Callable[[Repo], object]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.user("root")
        made.user("eve")
        made.repo("packs/pack", {"README.md": "x"}).permit("root", "admin")
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return a_repository(hub, "acme/site")


def a_repository(hub: Hub, name: str) -> Repo:
    """One in which the pack is, and all is well."""
    made = hub.repo(name, {"README.md": "x"})
    made.permit("root", "admin")
    made.permit("eve", "read")
    made.topics.append("python")
    made.settings.runners = [a_runner()]
    for label in labels.ours():
        made.make_label(label.name, label.color, label.description)
    put(made)
    return made


def a_runner(**more: object) -> dict[str, object]:
    return {"name": "r1", "os": "Linux", "status": "online", "version": "2.340.1", "labels": list(BIG), **more}


def put(repo: Repo, **more: object) -> None:
    """The kit as these inputs give it."""
    sha = repo.state.repos["packs/pack"].head()  # type: ignore[attr-defined]
    inputs = replace(Inputs(pack="packs/pack", sha=sha, version="0.1.0"), **more)  # type: ignore[arg-type]
    steps = plan(clone.desired(inputs, "Makefile"), inputs, Found(files={}, odd={}, bases={}), merged)
    repo.commit({step.path: step.text for step in steps})


def put_file(path: str, text: str | None) -> Break:
    return lambda repo: repo.commit({path: text})


def change(old: str, new: str, path: str = LOOP) -> Break:
    def broken(repo: Repo) -> None:
        text = repo.file(path) or ""
        assert old in text
        repo.commit({path: text.replace(old, new)})

    return broken


def has(**values: object) -> Break:
    def broken(repo: Repo) -> None:
        for name, value in values.items():
            setattr(repo, name, value)

    return broken


def set_to(**values: object) -> Break:
    def broken(repo: Repo) -> None:
        for name, value in values.items():
            setattr(repo.settings, name, value)

    return broken


def both(*breaks: Break) -> Break:
    return lambda repo: [one(repo) for one in breaks]


def inputs(**more: object) -> Break:
    return lambda repo: put(repo, **more)


def runner(**more: object) -> Break:
    return both(inputs(runs_on=BIG), set_to(runners=[a_runner(**more)]))


def propose(*, draft: bool = False, message: str = f"Sync\n\n{PLAN}: {'7' * 64}") -> Break:
    def proposed(repo: Repo) -> None:
        repo.commit({"x.txt": "x"}, branch=BRANCH, message=message)
        repo.open_pull(head=BRANCH, base="main", draft=draft, by="root")

    return proposed


def elsewhere(repo: Repo) -> None:
    """Our pull request went into main, and the default branch is another one since."""
    repo.branch("trunk", repo.head())
    repo.commit({"x.txt": "x"}, branch=BRANCH, message=f"Sync\n\n{PLAN}: {'7' * 64}")
    repo.merge(repo.open_pull(head=BRANCH, base="main", by="root").number, "root")
    repo.default_branch = "trunk"
    repo.commit(dict.fromkeys(repo.git.files(repo.git.commit(repo.head()).tree)) | {"README.md": "y"})


def state(text: str) -> Break:
    def broken(repo: Repo) -> None:
        repo.workflows()
        repo.workflow(LOOP).state = text

    return broken


def run(conclusion: str) -> Break:
    return lambda repo: repo.start_run(LOOP, status="completed", conclusion=conclusion, head=repo.head())


def not_starting(repo: Repo) -> None:
    old = repo.head()
    repo.commit({"README.md": "y"})
    repo.start_run(LOOP, status="completed", conclusion="startup_failure", head=old)


def link(repo: Repo) -> None:
    """The workflow of the gate is a link."""
    tree = repo.git.files(repo.git.commit(repo.head()).tree)
    items = {path: (entry.mode, entry.oid) for path, entry in tree.items()}
    items[GATE] = ("120000", repo.git.put("blob", b"../elsewhere"))
    made = repo.write_commit(repo.git.write_files(items), [repo.head()], "A link", repo.state.by("root"))
    repo.branch("main", made)


def make_old(repo: Repo) -> None:
    lock = json.loads(repo.file(locks.PATH) or "")
    lock["files"][TARGETS] |= dict.fromkeys(("upstream_sha256", "written_sha256"), locks.sha256("old:\n"))
    repo.commit({TARGETS: "old:\n", locks.PATH: json.dumps(lock)})


def take_name(repo: Repo) -> None:
    lock = json.loads(repo.file(locks.PATH) or "")
    del lock["files"][TARGETS]
    repo.commit({TARGETS: "theirs:\n", locks.PATH: json.dumps(lock)})


def pack(**values: object) -> Break:
    return lambda repo: has(**values)(repo.state.repos["packs/pack"])  # type: ignore[attr-defined]


def move_pack(repo: Repo) -> None:
    repo.state.rename("packs/pack", "packs/renamed")  # type: ignore[attr-defined]


def tag(repo: Repo, *, moved: bool) -> None:
    """The workflows call the release by its tag."""
    packs = repo.state.repos["packs/pack"]  # type: ignore[attr-defined]
    put(repo, pin="tag")
    oid = packs.commit({"README.md": "y"}) if moved else packs.head()
    packs.move_ref("refs/tags/v0.1.0", None, oid, repo.state.by("root"))


# rule → (what breaks it, words of the cause that is told)
QUICK: dict[str, tuple[Break, str]] = {
    "archived": (has(archived=True), "archived"),
    "disabled": (has(disabled=True), "disabled"),
    "issues-off": (set_to(has_issues=False), "issues are switched off"),
    "fork-schedule": (both(has(fork=True), inputs(cron="7 * * * *")), "it is a fork"),
    "opted-out": (has(topics=[OPTED_OUT]), "opts out"),
    "older-pack": (put_file(OLDER, "3.1\n"), "the older pack 3.1"),
    "stopped": (put_file(".agent-workspace/STOP", ""), "a stop is set"),
    "lock-missing": (put_file(locks.PATH, None), LOOP),
    "lock-unreadable": (put_file(locks.PATH, "{}"), "version"),
    "newer-release": (inputs(version="9.9.9"), "release 9.9.9"),
    "older-release": (inputs(version="0.0.1"), "release 0.0.1"),
    "sandbox-unattainable": (inputs(runs_on=("windows-latest",)), "windows-latest"),
    "file-missing": (put_file(GATE, None), "removed"),
    "edited": (change("name: Autonomous agent loop", "name: Ours"), "was edited"),
    "no-plain-file": (link, "it is a link"),
    "out-of-date": (make_old, "another text"),
    "name-taken": (take_name, "name of ours"),
    "proposal-waits": (propose(), "#1 waits"),
    "proposal-draft": (propose(draft=True), "#1 is a draft"),
    "taken-over": (propose(message="mine"), "somebody committed to our branch"),
    "label-missing": (lambda repo: repo.labels.pop("priority:low"), "priority:low"),
    "label-drift": (lambda repo: setattr(repo.labels["priority:low"], "color", "123456"), "priority:low"),
    "runs-failing": (run("failure"), "1 of 1 runs"),
}

FULL: dict[str, tuple[Break, str]] = {
    "wrong-default-branch": (elsewhere, "went into main, and the default branch is trunk"),
    "wrong-pin": (change("packs/pack/.github", "packs/fork/.github"), "it calls packs/fork/"),
    "permission-missing": (change("      checks: write # its check run\n", ""), "does not grant checks: write"),
    "unreadable": (put_file(GATE, "on: [\n"), GATE),
    "lockfile-omits": (put_file(".github/workflows/actions.lock", "version: 1\n"), "actions.lock"),
    "config": (put_file(CONFIG, "version: 1\nmax_isues: 1\n"), "max_isues"),
    "runs-not-starting": (not_starting, "could not start"),
    "actions-off": (set_to(actions_enabled=False), "switched off"),
    "pack-not-allowed": (set_to(allowed_actions="selected", patterns_allowed=["acme/*"]), "none of the patterns"),
    "pin-refused": (
        both(set_to(sha_pinning_required=True), lambda repo: change(f"@{pinned(repo)}", "@v1")(repo)),
        "it calls packs/pack",
    ),
    "pulls-off": (set_to(actions_may_create_pulls=False), "may not open pull requests"),
    "workflow-off": (state("disabled_manually"), "somebody disabled"),
    "workflow-idle": (state("disabled_inactivity"), "60 days"),
    "workflow-fork": (state("disabled_fork"), "fork"),
    "workflow-unknown": (state("deleted"), "knows no workflow"),
    "secret-missing": (put_file(CONFIG, "version: 1\nagent: claude\n"), "no secret ANTHROPIC_API_KEY"),
    "stop-variable": (has(variables={"AUTONOMY_STOP": "1"}), "AUTONOMY_STOP"),
    "agent-branches-forbidden": (lambda repo: repo.protect("agent/*", pushers=frozenset({"root"})), "making them"),
    "runner-missing": (both(inputs(runs_on=BIG), set_to(runners=[])), "self-hosted, big"),
    "runner-offline": (runner(status="offline"), "offline"),
    "runner-old": (runner(version="2.335.9"), "2.335.9"),
    "sandbox-unattainable": (runner(os="macOS"), "macOS"),
    "pack-moved": (move_pack, "packs/renamed"),
    "pack-gone": (inputs(pack="packs/nowhere"), "packs/nowhere"),
    "pack-private": (pack(private=True), "private"),
    "pack-closed": (both(has(private=True), pack(private=True)), "not open"),
    "pin-unknown": (inputs(sha="e" * 40), "e" * 40),
    "tag-moved": (lambda repo: tag(repo, moved=True), "tag v0.1.0 of packs/pack names"),
}


def pinned(repo: Repo) -> str:
    return str(json.loads(repo.file(locks.PATH) or "")["inputs"]["sha"])


def look(hub: Hub, *, full: bool, login: str = "root", hosted: bool = True) -> list[Verdict]:
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    fleet = Fleet("acme", token=hub.token(login), reserve=0, patience=0.5, **urls)
    try:
        return list(Checkup(fleet, full=full, hosted=hosted).over(lambda target: True))
    finally:
        fleet.close()
        assert hub.requests(writes=True) == []


def told(verdicts: list[Verdict]) -> dict[str, str]:
    """Rule → what is said."""
    return {one.rule: one.says for verdict in verdicts for one in verdict.findings}


@pytest.mark.parametrize("full", [False, True])
def test_where_all_is_well_nothing_is_told(hub: Hub, repo: Repo, full: bool) -> None:
    (verdict,) = look(hub, full=full)
    assert verdict.outcome is Outcome.FINE, verdict.findings


@pytest.mark.parametrize("rule", QUICK)
def test_the_page_shows_each_fault_with_its_cause_and_its_fix_and_no_other(hub: Hub, repo: Repo, rule: str) -> None:
    broken, words = QUICK[rule]
    broken(repo)
    (verdict,) = look(hub, full=False, login="eve")
    assert set(told([verdict])) == {rule}, verdict.findings
    assert CATALOGUE[rule].mode is Mode.QUICK
    assert words in verdict.findings[0].says
    assert verdict.findings[0].fix
    assert len(hub.requests("POST /api/graphql")) == len(hub.journal) == 1


@pytest.mark.parametrize("rule", FULL)
def test_a_closer_look_shows_each_fault_with_its_cause_and_its_fix_and_no_other(
    hub: Hub, repo: Repo, rule: str
) -> None:
    broken, words = FULL[rule]
    broken(repo)
    (verdict,) = look(hub, full=True)
    assert set(told([verdict])) == {rule}, verdict.findings
    assert words in verdict.findings[0].says
    assert verdict.findings[0].fix


def test_the_older_pack_alone_is_named_as_such(hub: Hub, repo: Repo) -> None:
    repo.commit({locks.PATH: None, OLDER: "1.0.0\n"})
    (verdict,) = look(hub, full=False)
    assert (verdict.why, verdict.findings) == ("older pack", ())


def test_keys_that_only_the_public_github_knows_are_a_fault_elsewhere(hub: Hub, repo: Repo) -> None:
    assert set(told(look(hub, full=False, hosted=False))) == {"server-keys"}


@pytest.mark.parametrize("rule", ["", "stopped", "file-missing", "edited", "label-drift", "lock-unreadable"])
def test_a_host_without_graphql_is_looked_at_by_rest_and_its_runs_are_unknown(hub: Hub, repo: Repo, rule: str) -> None:
    hub.has_graphql = False
    if rule:
        QUICK[rule][0](repo)
    (verdict,) = look(hub, full=False, login="eve")
    assert set(told([verdict])) - {rule} == {"unknown"}, verdict.findings
    assert not rule or rule in told([verdict])


def test_what_may_not_be_seen_is_unknown_and_never_fine(hub: Hub, repo: Repo) -> None:
    put(repo, runs_on=BIG)
    repo.commit({CONFIG: "version: 1\nagent: claude\n"})
    (verdict,) = look(hub, full=True, login="eve")
    assert verdict.outcome is Outcome.FAULTS
    assert {one.rule for one in verdict.findings} == {"unknown"}
    fixes = " ".join(one.fix for one in verdict.findings)
    for permission in ("administration: read", "secrets: read", "variables: read", "self-hosted runners: read"):
        assert permission in fixes


@pytest.mark.parametrize("route", ["actions/permissions$", "actions/workflows", "actions/runs", "rules/branches"])
def test_one_that_cannot_be_looked_at_is_told_and_stops_no_other(hub: Hub, repo: Repo, route: str) -> None:
    a_repository(hub, "acme/two")
    hub.faults.add(Fault("500", f"GET /repos/acme/site/{route}", times=99))
    first, second = look(hub, full=True)
    assert (first.name, first.outcome) == ("acme/site", Outcome.NOT_LOOKED_AT)
    assert [one.rule for one in first.findings] == ["unknown"]
    assert (second.name, second.outcome) == ("acme/two", Outcome.FINE)
    assert status([first, second]) == 4


def test_every_repository_has_a_row_also_those_without_the_pack(hub: Hub, repo: Repo) -> None:
    ways = {"plain": {}, "old": {"archived": True}, "off": {"disabled": True}, "out": {"topics": [OPTED_OUT]}}
    for name, values in ways.items():
        has(**values)(hub.repo(f"acme/{name}", {"README.md": "x"}))
    hub.repo("acme/older", {OLDER: "3.1\n"})
    hub.repo("acme/empty", empty=True)
    propose()(hub.repo("acme/asked", {"README.md": "x"}))
    rows = look(hub, full=True)
    assert {one.name: one.why for one in rows} == {
        "acme/site": "all as it should be",
        "acme/plain": "not installed",
        "acme/old": "archived",
        "acme/off": "disabled",
        "acme/out": "opted out",
        "acme/older": "older pack",
        "acme/empty": "empty",
        "acme/asked": "proposed",
    }
    assert {one.outcome for one in rows[1:]} == {Outcome.SKIPPED}
    assert status(rows) == 0


def test_secrets_variables_and_runners_of_the_organization_count(hub: Hub, repo: Repo) -> None:
    put(repo, runs_on=BIG)
    repo.commit({CONFIG: "version: 1\nagent: claude\n"})
    repo.settings.runners, repo.owner.runners = [], [a_runner()]
    repo.settings.organization_secrets = {"ANTHROPIC_API_KEY"}
    assert look(hub, full=True)[0].outcome is Outcome.FINE
    repo.settings.organization_variables = {"AUTONOMY_STOP": "yes"}
    assert set(told(look(hub, full=True))) == {"stop-variable"}
    repo.variables = {"AUTONOMY_STOP": "0"}
    assert look(hub, full=True)[0].outcome is Outcome.FINE


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{" * 5000, '{"a": 1, "a": 2}', '{"version": NaN}', "\0"])
def test_whatever_a_lock_says_it_is_told_as_one_that_cannot_be_read(hub: Hub, repo: Repo, text: str) -> None:
    repo.commit({locks.PATH: text})
    assert set(told(look(hub, full=True))) == {"lock-unreadable"}


def test_a_tag_may_be_called_where_it_is_there_and_names_the_commit(hub: Hub, repo: Repo) -> None:
    put(repo, pin="tag")
    assert told(look(hub, full=True)) == {"pin-unknown": "packs/pack has no tag v0.1.0"}
    tag(repo, moved=False)
    assert told(look(hub, full=True)) == {}
    repo.settings.sha_pinning_required = True
    assert set(told(look(hub, full=True))) == {"pin-refused"}


def test_a_private_pack_needs_its_secret(hub: Hub, repo: Repo) -> None:
    put(repo, private=True)
    assert told(look(hub, full=True)) == {
        "secret-missing": "no secret AUTONOMY_PACK_TOKEN: neither of the repository nor of its organisation"
    }


def test_a_full_look_reads_what_is_the_same_for_all_once(hub: Hub, repo: Repo) -> None:
    for hour, name in enumerate(("two", "three")):
        put(a_repository(hub, f"acme/{name}"), runs_on=BIG, cron=f"7 {hour} * * *")
    put(repo, runs_on=BIG)
    assert {one.outcome for one in look(hub, full=True)} == {Outcome.FINE}
    for route in ("GET /orgs/acme/actions/runners", "GET /repos/packs/pack", "GET /users/acme"):
        assert len([one for one in hub.journal if one.line == route]) == 1, route


def test_a_quick_look_at_a_thousand_takes_at_most_25_requests(hub: Hub, repo: Repo) -> None:
    tree = repo.git.files(repo.git.commit(repo.head()).tree)
    files = {path: repo.file(path) or "" for path in tree}
    hub.repos_like([f"acme/r{number}" for number in range(999)], files, permissions={"eve": "read"})
    before = len(hub.journal)
    rows = look(hub, full=False, login="eve")
    assert len(rows) == 1000
    assert len(hub.journal) - before <= 25


def test_every_fault_of_the_catalogue_was_made_and_named() -> None:
    made = {*BREAKS, *QUICK, *FULL, "server-keys", "unknown"}
    assert set(CATALOGUE) == made
    assert len(made) >= 30
