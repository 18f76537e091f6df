"""The store on refs and its remote over HTTP, against the stand-in for GitHub: permissions, rules, lost answers."""

import pytest

from autonomy_pack.edges import commits
from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import LeaseLost, WorldError
from autonomy_pack.model import Event, Holder, Move
from autonomy_pack.store.gitrefs import open_gitrefs
from hub import Fault, Hub

KEY = "task:acme/site#12@345"
RUN = Holder(host="actions", boot="77", pid_namespace="acme/site", pid=1, pid_start=0.0)
JOBS = {"select": {"contents": "write"}, "publish": {"contents": "write"}, "run": {"contents": "read"}}
STATE = {"scope": "all", "state": "stopped", "why": ""}
SAID = Event(kind="control.set", subject="control:all", data=STATE, key="one")


@pytest.fixture
def hub():
    with Hub() as made:
        yield made


@pytest.fixture
def repo(hub):
    return hub.repo("acme/site", files={"README.md": "x"}, private=True)


@pytest.fixture
def remote(hub, repo, tmp_path):
    def make(job, name=""):
        folder = tmp_path / f"{job}{name}.git"
        return Remote(f"{hub.server_url}/acme/site.git", folder, token=hub.job_token("acme/site", JOBS), agent=job)

    return make


def alive(_):
    return False


def pushes(hub):
    return len(hub.requests("POST .*git-receive-pack"))


def test_the_jobs_of_a_workflow_hand_a_lease_on_through_refs(hub, repo, remote):
    select = open_gitrefs(remote("select"))
    [lease] = select.claim([KEY], RUN, seconds=3600, dead=alive, events=lambda _: [SAID])
    select.close()
    publish = open_gitrefs(remote("publish"))
    held = publish.lease(KEY)
    assert held == lease
    head = commits.write(publish.remote.git_dir, "work", "", "2026-01-02T03:04:05.000000Z")
    move = publish.move(held, {"pushed": head})
    assert publish.remote.push([Move(ref="refs/heads/agent/x", old=ZERO, new=head), move])
    publish.moved(move)
    publish.release(held, events=[Event(kind="control.set", subject="control:all", data=STATE)])
    assert publish.said(KEY) == {"pushed": head}
    assert repo.head("agent/x") == head
    assert (pushes(hub), len(repo.refs("refs/autonomy"))) == (3, 2)
    with pytest.raises(LeaseLost):
        publish.append([SAID], lease=held)
    publish.close()


def test_each_operation_costs_what_the_manual_says(hub, repo, remote):
    store = open_gitrefs(remote("publish"))

    def cost(action):
        before = len(hub.journal)
        result = action()
        return result, [request.route.removeprefix("git-") for request in hub.journal[before:]]

    look, push = ["upload-pack"] * 2, ["receive-pack"] * 2
    held, asked = cost(lambda: store.claim([KEY], RUN, seconds=3600, dead=alive, events=lambda _: [SAID]))
    assert asked == look + push
    assert (
        cost(lambda: store.append([SAID.__class__(kind="control.set", subject="control:b", data=STATE)]))[1]
        == look + push
    )
    assert cost(lambda: store.renew(held[0], seconds=7200))[1] == look + push
    assert cost(lambda: store.claim([KEY], RUN, seconds=3600, dead=alive))[1] == look
    assert cost(lambda: store.head("control:all"))[1] == []
    other = open_gitrefs(remote("select"))
    other.append([SAID.__class__(kind="control.set", subject="control:c", data=STATE)])
    assert cost(store.refresh)[1] == [*look, "upload-pack"]
    assert cost(store.refresh)[1] == look
    store.close()
    other.close()


def test_the_first_claim_by_the_api_and_its_later_moves_by_git_fit_together(hub, repo, remote):
    token = hub.job_token("acme/site", JOBS)
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    github = GitHub("acme/site", token=token, job="select", pace=0.0, **urls)
    store, other = (open_gitrefs(remote("select", name), create=github.create_ref) for name in "ab")
    hub.faults.add(Fault("die_after", "POST .*/git/refs"))
    [lease] = store.claim([KEY], RUN, seconds=3600, dead=alive)
    assert pushes(hub) == 0
    assert other.claim([KEY], RUN, seconds=3600, dead=alive) is None
    store.release(lease, events=[SAID])
    [again] = other.claim([KEY], RUN, seconds=3600, dead=alive)
    assert (again.fence, other.counts("control")) == (2, {"stopped": 1})
    assert hub.violations == []
    for one in (store, other, github):
        one.close()


@pytest.mark.parametrize("kind", ["die_before", "die_after", "500", "cut_body"])
@pytest.mark.parametrize("request_", ["look", "list", "meet", "push"])
def test_a_lost_answer_at_any_request_of_a_write_is_made_good(hub, repo, remote, kind, request_):
    store = open_gitrefs(remote("publish"))
    route, nth = {
        "look": ("GET .*info/refs", 1),
        "list": ("POST .*git-upload-pack", 1),
        "meet": ("GET .*info/refs", 2),
        "push": ("POST .*git-receive-pack", 1),
    }[request_]
    hub.faults.add(Fault(kind, route, nth=nth))
    assert len(store.append([Event(kind="control.set", subject="control:all", data=STATE)])) == 1
    fresh = open_gitrefs(remote("select"))
    assert len(list(fresh.events(kinds=["control.set"]))) == 1
    store.close()
    fresh.close()


def test_a_job_that_may_only_read_reads_and_is_told_the_permission(hub, repo, remote):
    open_gitrefs(remote("select")).append([SAID])
    store = open_gitrefs(remote("run"))
    assert store.counts("control") == {"stopped": 1}
    with pytest.raises(WorldError, match="may not write") as told:
        store.claim([KEY], RUN, seconds=3600, dead=alive)
    assert "contents: write" in told.value.fix
    store.close()


def test_rules_of_the_repository_are_named(hub, repo, remote):
    there = remote("publish")
    there.ready()
    head = commits.write(there.git_dir, "x", "", "2026-01-02T03:04:05.000000Z")
    repo.protect("agent/*", pushers=frozenset({"root"}))
    with pytest.raises(WorldError, match="protection rule"):
        there.push([Move(ref="refs/heads/agent/x", old=ZERO, new=head)])
    repo.archived = True
    with pytest.raises(WorldError, match="archived"):
        there.push([Move(ref="refs/autonomy/x", old=ZERO, new=head)])
    repo.archived = False
    hub.user("ada", permission={"acme/site": "write"})
    hub.rename("acme/site", "acme/new")
    with pytest.raises(WorldError, match="another address"):
        Remote(there.url, there.git_dir, token=hub.token("ada")).tips("refs/*")
    assert repo.refs("refs/a") == {}


def test_a_token_that_ran_out_is_told(hub, repo, tmp_path):
    there = Remote(f"{hub.server_url}/acme/site.git", tmp_path / "x.git", token="ghs_gone")
    with pytest.raises(WorldError, match="does not know the token"):
        there.tips("refs/*")
