"""What an hour allows, and what costs nothing because it did not change."""

from __future__ import annotations

from hub import Hub, Repo
from hub.asking import Asking

SITE = "/repos/acme/site"


def test_an_unchanged_answer_is_a_304_for_the_same_token_only_and_costs_nothing(hub: Hub, repo: Repo) -> None:
    repo.issue("T")
    token = hub.token("ada")
    mine, other = Asking(hub, token), Asking(hub, hub.token("ada"))
    etag = mine.get(f"{SITE}/issues/1").headers["ETag"]
    used = hub.rate(token).used
    same = mine.get(f"{SITE}/issues/1", If_None_Match=etag)
    assert (same.status_code, same.content, hub.rate(token).used) == (304, b"", used)
    assert same.headers["X-RateLimit-Used"] == str(used)
    assert other.get(f"{SITE}/issues/1", If_None_Match=etag).status_code == 200
    repo.comment(1, "hi", "ada")
    changed = mine.get(f"{SITE}/issues/1", If_None_Match=etag)
    assert (changed.status_code, changed.json()["comments"]) == (200, 1)
    assert mine.get(f"{SITE}/contents/none", If_None_Match="x").status_code == 404


def test_jobs_share_the_hour_of_their_repository_and_people_have_their_own(hub: Hub, repo: Repo) -> None:
    jobs = [Asking(hub, hub.job_token("acme/site", {"run": {"contents": "read"}}), "run") for _ in range(2)]
    person = Asking(hub, hub.token("ada"))
    left = [ask.get(SITE).headers["X-RateLimit-Remaining"] for ask in (*jobs, person)]
    assert left == ["999", "998", "4999"]


def test_an_empty_hour_refuses_names_its_end_and_begins_again(hub: Hub, repo: Repo) -> None:
    token = hub.token("ada")
    ask = Asking(hub, token)
    hub.rate(token).remaining = 1
    assert ask.get(SITE).status_code == 200
    refused = ask.get(SITE)
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "API rate limit exceeded" in refused.json()["message"]
    assert int(refused.headers["X-RateLimit-Reset"]) > hub.clock.seconds()
    assert ask.get("/rate_limit").json()["resources"]["core"]["remaining"] == 0
    hub.clock.move(3601)
    assert ask.get(SITE).headers["X-RateLimit-Remaining"] == "4999"
    assert hub.violations == []
