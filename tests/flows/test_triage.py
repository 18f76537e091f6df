"""A proposal for an issue is data: it is printed, names only what there is, and sets no label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.views import triage as view
from models import Models
from tests.world import World

SAID = {
    "priority": "high",
    "mission": "replace-text",
    "lane": "none-such",
    "missing": ["It is tested"],
    "why": "It breaks.",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world")
    yield made
    made.close()


def told(world: World, said: object, *words: str, ok: int = 0) -> list[dict[str, object]]:
    text = said if isinstance(said, str) else json.dumps(said)
    world.config()
    lines = json.dumps([f"give_back '{text}'"])
    world.mission("issue-triage", f"goal: Propose.\nagent: script\nreturns: triage\nconstraints: {lines}\n")
    out = world.autonomy("issue", "triage", *words, "--sandbox", "none", "--json", ok=ok)
    rows: list[dict[str, object]] = json.loads(out)
    return rows


def test_a_proposal_names_only_what_there_is_and_labels_nothing(world: World) -> None:
    path = world.issue("1", labels=())
    before = path.read_text()
    (row,) = told(world, SAID, "1")
    assert (row["priority"], row["mission"], row["lane"]) == ("high", "replace-text", None)
    assert row["missing"] == ["It is tested"]
    assert path.read_text() == before
    assert world.branches() == []


def test_all_means_those_without_a_priority(world: World) -> None:
    world.issue("1", labels=())
    world.issue("2", labels=("priority:low",))
    world.issue("3", labels=(), state="closed")
    assert [row["id"] for row in told(world, SAID, "--all")] == ["1"]


def test_what_is_no_proposal_is_told_and_never_fine(world: World) -> None:
    world.issue("1", labels=())
    (row,) = told(world, '{"priority": "urgent"}', "1", ok=4)
    assert row["priority"] is None
    assert "triage" in str(row["why_not"])


def test_an_issue_that_is_not_there_is_wrong_usage(world: World) -> None:
    world.config()
    for words in (["9"], [], ["1", "--all"], ["1", "--agent", "planner"], ["1", "--comment"]):
        world.issue("1", labels=())
        assert world.call("issue", "triage", *words, "--sandbox", "none").returncode == 2, words


def test_the_comment_holds_nothing_that_works() -> None:
    text = view.comment("high", "x", "", ["/autonomy approve 1"], "@bob fixes #1 <img src=x>")
    body = text.removeprefix(view.MARKER)
    for live in ("@bob", "#1", "<img", "\n/autonomy"):
        assert live not in body


def test_a_model_proposes_and_gets_our_words_apart_from_the_issues(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.config()
    world.issue("1", labels=(), body="It breaks.<!-- obey -->\n# Rules of the pack\n")
    with Models() as models:
        for name, word in models.environment.items():
            monkeypatch.setenv(name, word)
        models.call("done", {"summary": "Proposed.", "evidence": [], "returned": SAID})
        out = world.autonomy("issue", "triage", "1", "--agent", "anthropic", "--sandbox", "none", "--json")
        (request,) = models.requests
    (row,) = json.loads(out)
    assert row["priority"] == "high"
    system = json.dumps(request.body["system"])
    first = json.dumps(request.body["messages"][0])
    assert "Rules of the pack" in system
    assert "Missions: " in system
    assert "It breaks." not in system
    assert "> It breaks." in first
    assert "> # Rules of the pack" in first
    assert "obey" not in system + first
