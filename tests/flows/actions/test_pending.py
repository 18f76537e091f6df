"""A change that has to be asked about waits as a commit, and goes out as exactly that, judged again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import publish
from autonomy_pack.model import Event
from hub import Hub
from tests.flows.actions.driver import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def asked(site: Site) -> tuple[int, str]:
    """An issue whose change waits, and the decision's id."""
    number = site.risky()
    done = site.session()
    assert done.outcomes == {str(number): "waiting"}
    return number, next(word for word in site.repo.comments(number)[0].body.split() if word.startswith("apr_"))[:10]


def deliver(site: Site, decision: str) -> Event:
    """What the job that answers does after it stored the answer; with the permissions of publish."""
    begun = site.begin()
    with begun.job("publish") as (github, store, workflow):
        try:
            out = site.folder / "decide"
            return publish.deliver_pending(github, store.remote, store, workflow, decision, out, begun.publish_box)
        finally:
            begun.finish()


def why_not(site: Site, decision: str) -> str:
    begun = site.begin()
    with begun.job("publish") as (github, store, _):
        (event,) = store.events(subject=decision, kinds=["decision.asked"])
        begun.finish()
        return publish.why_not_pending(github, store.remote, store, event.run, event.data["action_sha256"])


def pending(site: Site) -> dict[str, str]:
    return site.repo.refs("refs/autonomy/pending/")


def test_what_must_be_asked_about_waits_without_branch_or_pull_request(site: Site) -> None:
    number, decision = asked(site)
    assert len(pending(site)) == 1
    assert site.repo.refs("refs/heads/agent/") == {}
    assert site.repo.pulls == []
    (comment,) = site.repo.comments(number)
    assert f"`/autonomy approve {decision}`" in comment.body
    assert not comment.body.startswith("/")
    assert "status:waiting" in site.labels(number)
    assert why_not(site, decision) == ""


def test_what_a_person_agreed_to_goes_out_as_the_very_commit_that_waited(site: Site) -> None:
    number, decision = asked(site)
    ((_, kept),) = pending(site).items()
    made = deliver(site, decision)
    (pull,) = site.repo.pulls
    assert site.repo.pull_head(pull) == kept
    assert made.data["number"] == pull.number
    assert pending(site) == {}
    assert site.labels(pull.number) == ["agent:handoff", "security:review-required"]
    assert len(site.repo.comments(number)) == 1
    assert site.repo.comments(number)[0].body.startswith("**Handed off**")
    assert deliver(site, decision).data["number"] == pull.number  # said twice, done once
    assert len(site.repo.pulls) == 1


def test_a_base_that_moved_while_it_waited_is_no_hindrance_as_long_as_it_moved_elsewhere(site: Site) -> None:
    _, decision = asked(site)
    moved = site.repo.commit({"new.txt": "new\n"})
    assert why_not(site, decision) == ""
    deliver(site, decision)
    (pull,) = site.repo.pulls
    assert moved in str(site.repo.git.git("rev-parse", f"{site.repo.pull_head(pull)}^"))


def test_another_commit_in_the_place_of_the_kept_one_is_refused(site: Site) -> None:
    _, decision = asked(site)
    ((ref, _),) = pending(site).items()
    site.repo.git.git("update-ref", ref, site.repo.commit({"evil.txt": "x\n"}, branch="evil"))
    assert "another one lies in its place" in why_not(site, decision)
    with pytest.raises(WorldError, match="another one lies in its place"):
        deliver(site, decision)
    assert site.repo.pulls == []


def test_a_base_that_moved_under_it_is_told_and_the_lease_is_given_back(site: Site) -> None:
    _, decision = asked(site)
    site.repo.commit({"requirements.txt": "ruff==0.14.3\n"})
    with pytest.raises(WorldError, match=r"moved under requirements\.txt"):
        deliver(site, decision)
    assert site.repo.pulls == []
    assert len(pending(site)) == 1


def test_an_issue_that_changed_while_it_waited_is_told(site: Site) -> None:
    number, decision = asked(site)
    site.repo.edit(number, "ada", title="Something else")
    assert "edited after" in why_not(site, decision)
    with pytest.raises(WorldError, match="edited after"):
        deliver(site, decision)
