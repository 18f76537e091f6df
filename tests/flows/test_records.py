"""What a run leaves for people and programs: whole, valid by the published schemas, and free of secrets."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from autonomy_pack import schemas
from autonomy_pack.edges import files
from autonomy_pack.flows import records
from tests.flows.scenes import asked, bump, events, scripted
from tests.world import World

SECRET = "zq81-unusual-word-77"
KEY = "AKIA" + "QY6LIOSFODNN" + "7J2X"


def folder(world: World, task: str = ".#1") -> Path:
    opened = world.open()
    head = opened.store.head(task)
    assert head
    return records.find_run(opened.place, head.run)


def everything(world: World) -> str:
    """All text that a session keeps, but the bundles and the database."""
    kept = [path for path in (world.root / ".agent-workspace").rglob("*") if path.is_file()]
    return "\n".join(path.read_text() for path in kept if path.suffix in (".json", ".jsonl", ".md", ".txt"))


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file with a secret that this process has in its environment."""
    monkeypatch.setenv("DEPLOY_TOKEN", SECRET)
    path = tmp_path / "secret"
    path.write_text(SECRET)
    return path


def test_every_record_is_valid_by_the_published_schema(world: World) -> None:
    asked(world)
    scripted(world, "write a.txt one\nsay hello\nleak_secret", id="2")
    scripted(world, "write a.txt one\nexit 3", id="3")
    world.run()
    validator = jsonschema.Draft202012Validator(schemas.schema("events"))
    told = [records.as_json(event) for event in world.open().store.events()]
    assert len(told) > 20
    for path in world.root.rglob("transcript.jsonl"):
        told += [json.loads(line) for line in path.read_text().splitlines()]
    for path in world.root.rglob("run.json"):
        told += json.loads(path.read_text())["events"]
    for one in told:
        validator.validate(one)
    kinds = {one["kind"] for one in told}
    assert {"step.started", "step.finished", "agent.said", "finding.found", "decision.asked"} <= kinds


def test_the_record_of_a_run_names_what_it_worked_by(world: World) -> None:
    scripted(world, "write a.txt one")
    world.run()
    record = json.loads((folder(world) / "run.json").read_text())
    assert (record["run"], record["agent"], record["outcome"]) == (".#1/1", "script", "handed_off")
    assert record["base"] == world.git("rev-parse", "main")
    assert record["task"]["issue"] == "1"
    transcript = (folder(world) / "transcript.jsonl").read_bytes()
    assert record["transcript_sha256"] == files.sha256(transcript)


def test_a_known_secret_reaches_no_record(world: World, secret: Path) -> None:
    scripted(world, f"read_file {secret}\nsay {SECRET}\nwrite a.txt one")
    world.run()
    assert events(world, "run.finished")[0].data["outcome"] == "handed_off"
    assert "agent.said" in everything(world)
    assert SECRET not in everything(world)


def test_a_known_secret_in_a_change_blocks_it_and_is_not_shown(world: World, secret: Path) -> None:
    scripted(world, f"write a.txt {SECRET}")
    ended = world.call("run", "--sandbox", "none")
    assert events(world, "run.finished")[0].data["outcome"] == "blocked"
    assert SECRET not in everything(world) + ended.stdout + ended.stderr


def test_a_secret_in_an_issue_reaches_no_record(world: World, secret: Path) -> None:
    world.config()
    world.issue("1", title=f"Use {SECRET}")
    world.issue("2", criteria=f"\n## Acceptance Criteria\n- Use {SECRET}\n")
    world.run()
    assert world.outcomes() == {".#1": "blocked", ".#2": "handed_off"}
    assert "handoffs" in str(list(world.root.rglob("agent-*.md")))
    assert SECRET not in everything(world)


def test_what_is_printed_about_a_run_is_redacted(world: World) -> None:
    scripted(world, f"say {KEY}\nwrite a.txt one")
    ended = world.call("run", "--sandbox", "none")
    shown = [world.autonomy("run", *words) for words in (("show", "1", "--log"), ("show", "1"), ("explain", "1"))]
    assert "hello.txt" not in "".join(shown)
    for text in (ended.stdout, ended.stderr, *shown):
        assert KEY not in text


def test_an_agent_gets_no_secret_of_the_environment(world: World, secret: Path) -> None:
    told = world.root.parent / "told"
    program = f"import os; open({str(told)!r}, 'w').write(str(dict(os.environ)))"
    scripted(world, "nothing")
    world.run(agent="command", argv=(sys.executable, "-c", program))
    assert "PATH" in told.read_text()
    assert SECRET not in told.read_text()


def test_a_long_output_is_kept_in_a_file_named_by_its_hash(world: World) -> None:
    long = world.root.parent / "long"
    long.write_text("x" * 40_000)
    scripted(world, f"read_file {long}\nwrite a.txt one")
    world.run()
    lines = list(records.read_transcript(folder(world)))
    (step,) = [one for one in lines if one["kind"] == "step.finished" and one["data"]["step"] == 1]
    assert step["data"]["output"] is None
    kept = folder(world) / "outputs" / f"{step['data']['output_sha256']}.txt"
    assert files.sha256(kept.read_bytes()) == step["data"]["output_sha256"]
    assert kept.read_text() == "x" * 40_000


def test_a_transcript_cut_in_its_last_line_is_read_up_to_there(world: World) -> None:
    scripted(world, "write a.txt one\nwrite b.txt two")
    world.run()
    path = folder(world) / "transcript.jsonl"
    whole = len(list(records.read_transcript(path.parent)))
    path.write_bytes(path.read_bytes()[:-20])
    assert len(list(records.read_transcript(path.parent))) == whole - 1
    assert "step 1" in world.autonomy("run", "explain", "1")


def test_foreign_words_cannot_break_a_line_of_the_records(world: World) -> None:
    scripted(world, "garbage\nlong_names\nhidden_text")
    world.run()
    for line in (folder(world) / "transcript.jsonl").read_bytes().splitlines():
        assert line.isascii()
        json.loads(line)


def test_a_question_in_the_log_of_decisions_shows_no_secret(world: World, secret: Path) -> None:
    bump(world)
    world.run()
    log = next((world.root / ".agent-workspace/logs").glob("*.log"))
    assert "apr_" in log.read_text()
    assert SECRET not in log.read_text()


@pytest.mark.parametrize("levels", [49, 700, 100_000])
def test_what_is_nested_however_deep_is_written_down(tmp_path: Path, levels: int) -> None:
    deep: object = SECRET
    for number in range(levels):
        deep = [deep] if number % 2 else {"a": deep}
    transcript = records.Transcript(tmp_path, "r1", ".#1", lambda _: None)
    transcript.add("model.called", {"request": deep}, "system")
    transcript.close()
    (told,) = records.read_transcript(tmp_path)
    records.write_json(tmp_path / "record.json", {"deep": deep})
    assert ("nested too deep" in str(told["data"])) == (levels > 50)
    assert ("nested too deep" in (tmp_path / "record.json").read_text()) == (levels > 50)
