"""Two runs that did the same look the same, and one that did something else does not."""

from __future__ import annotations

from hub import Hub, Repo
from hub.picture import picture


def scene(hub: Hub, name: str) -> Repo:
    repo = hub.repo(name, {"README.md": "same\n"})
    event = repo.issue("T", labels=[("priority:high", "ada")]).events[0]
    repo.commit({"n.txt": "n\n"}, branch=f"agent/{event.id}-x", by="github-actions[bot]")
    made = repo.open_pull(head=f"agent/{event.id}-x", body=f"From {repo.head()}", by="github-actions[bot]")
    repo.comment(1, f"See #{made.number}", "github-actions[bot]")
    repo.check("autonomy/handoff", repo.pull_head(made), conclusion="success")
    return repo


def test_pictures_of_two_runs_that_did_the_same_are_equal(hub: Hub) -> None:
    one, two = scene(hub, "acme/one"), scene(hub, "acme/two")
    assert picture(one) == picture(two)


def test_a_comment_a_file_or_a_check_more_shows(hub: Hub) -> None:
    repo = scene(hub, "acme/one")
    before = picture(repo)
    repo.comment(1, "again", "github-actions[bot]")
    after = picture(repo)
    assert after != before
    repo.check("autonomy/handoff", repo.pull_head(repo.pulls[0]), conclusion="success")
    assert picture(repo)["checks"] != after["checks"]
