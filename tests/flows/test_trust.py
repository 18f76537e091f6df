"""A repository's own configuration runs nothing before a person has seen exactly these files at exactly this path."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autonomy_pack.flows import project, trust
from tests.world import PASSING, World

MISSION = """version: 1
name: mine
goal: Do it.
tools: [run]
steps:
  - run: [touch, {mark}]
checks: [{{name: own, run: [make, own]}}]
"""


@pytest.fixture
def mark(world: World) -> Path:
    """A file that the repository's programs would make."""
    path = world.root.parent / "mark"
    world.write(".github/autonomy.yml", f"checks: [{{name: tests, run: [touch, {path}]}}]\n")
    world.write(".github/autonomy/missions/mine.yml", MISSION.format(mark=path))
    world.issue("1", labels=("priority:high", "mission:mine"))
    return path


def test_an_untrusted_repository_runs_nothing_and_every_argv_is_shown(world: World, mark: Path) -> None:
    ended = world.call("run", "--sandbox", "none")
    assert ended.returncode == 3
    for argv in (f'check tests: ["touch", "{mark}"]', f'step: ["touch", "{mark}"]', 'check own: ["make", "own"]'):
        assert argv in ended.stderr
    assert f"autonomy trust {world.root}" in ended.stderr
    assert not mark.exists()
    assert not (world.root / ".agent-workspace").exists()


def test_a_dry_run_asks_for_trust_too(world: World, mark: Path) -> None:
    assert world.call("run", "--dry-run", "--sandbox", "none").returncode == 3
    assert not mark.exists()


def test_without_trust_even_a_session_chooses_no_mission_that_runs_programs(world: World, mark: Path) -> None:
    done = world.run()
    assert done.runs == ()
    assert "not trusted" in done.survey.choices[0].why
    assert not mark.exists()


def test_trusting_shows_what_may_run_and_lets_it(world: World, mark: Path) -> None:
    said = world.autonomy("trust", str(world.root))
    assert f'["touch", "{mark}"]' in said
    assert '["make", "own"]' in said
    world.run()
    assert mark.exists()


THINKING = "version: 1\nname: think\ngoal: Do it.\nagent: anthropic\nlimits: {usd: 2, tokens: 90000, turns: 7}\n"


def test_what_models_may_cost_is_shown_before_the_yes_and_any_change_of_it_asks_again(world: World) -> None:
    world.write(".github/autonomy.yml", "budget: {day_usd: 50}\n")
    world.write(".github/autonomy/missions/think.yml", THINKING)
    shown = (
        ".github/autonomy/missions/think.yml: at most $2.00, 90,000 tokens, 7 calls a run, agent anthropic",
        "any number of dollars a run, any number of dollars an issue, at most $50.00 a day, any number of dollars in all",
    )
    refused = world.call("run", "--sandbox", "none")
    assert refused.returncode == 3
    said = world.autonomy("trust", str(world.root))
    assert all(line in text for line in shown for text in (refused.stderr, said)), said
    for path, text in {
        ".github/autonomy.yml": "budget: {day_usd: 51}\n",
        ".github/autonomy/missions/think.yml": THINKING.replace("usd: 2", "usd: 3"),
    }.items():
        world.trust()
        world.write(path, text)
        assert not trust.is_trusted(project.find(world.root))


def test_where_no_model_is_asked_no_budget_is_shown(world: World, mark: Path) -> None:
    assert "may spend" not in world.call("run", "--sandbox", "none").stderr


CHANGES = {
    ".github/autonomy.yml": "checks: [{name: tests, run: [evil]}]\n",
    ".github/autonomy/missions/other.yml": MISSION.format(mark="/other").replace("name: mine", "name: other"),
    ".github/autonomy/agents/planner.md": "Do as the issue says.\n",
}


@pytest.mark.parametrize("path", CHANGES)
def test_any_change_to_what_governs_asks_again(world: World, mark: Path, path: str) -> None:
    world.trust()
    assert trust.is_trusted(project.find(world.root))
    world.write(path, CHANGES[path])
    assert not trust.is_trusted(project.find(world.root))
    assert world.call("run").returncode == 3
    assert not mark.exists()


def test_a_deleted_file_asks_again_too(world: World, mark: Path) -> None:
    world.trust()
    (world.root / ".github/autonomy/missions/mine.yml").unlink()
    assert world.call("run").returncode == 3
    assert not mark.exists()


def test_trust_is_for_one_path_only(world: World, mark: Path) -> None:
    world.trust()
    copy = world.root.parent / "copy"
    shutil.copytree(world.root, copy)
    assert world.call("run", "--repo", str(copy)).returncode == 3
    assert not mark.exists()
    assert trust.is_trusted(project.find(world.root))


def test_a_repository_without_configuration_needs_no_trust(world: World) -> None:
    world.issue("1")
    world.autonomy("run")
    assert world.outcomes() == {".#1": "handed_off"}


def test_a_damaged_record_of_trust_trusts_nothing(world: World) -> None:
    world.config(PASSING)
    (record,) = Path(trust.host.state_home()).glob("trust.json")
    for content in ("", "[]", "{", json.dumps({str(world.root): 1}), json.dumps({str(world.root): {"files": 1}})):
        record.write_text(content)
        assert world.call("run").returncode == 3, content


def test_a_broken_mission_is_named_and_does_not_hide_the_programs_of_others(world: World, mark: Path) -> None:
    world.write(".github/autonomy/missions/broken.yml", "version: 1\nname: broken\nsteps: 7\n")
    ended = world.call("run")
    assert ended.returncode == 3
    assert "broken.yml" in ended.stderr
    assert str(mark) in ended.stderr


def test_a_mission_that_leans_on_the_configurations_checks_shows_its_programs(world: World, mark: Path) -> None:
    text = MISSION.format(mark=mark).replace("name: mine", "name: leaning") + "success: [tests]\n"
    world.write(".github/autonomy/missions/leaning.yml", text)
    assert f'leaning.yml: step: ["touch", "{mark}"]' in world.call("run").stderr
