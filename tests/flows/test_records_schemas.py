"""The records of a run are what their published schemas say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from autonomy_pack.schemas import schema
from tests.world import PASSING, World


def validator(name: str) -> Draft202012Validator:
    known: Registry[Any] = Registry().with_resource("events.json", Resource.from_contents(schema("events")))
    return Draft202012Validator(schema(name), registry=known)


@pytest.fixture
def worked(world: World) -> World:
    world.config(PASSING)
    world.issue("1")
    world.issue("2", body="### Find\n\nnowhere to be found\n\n### Replace with\n\nx\n")
    world.run()
    return world


def test_every_run_json_is_valid(worked: World) -> None:
    paths = list(worked.root.rglob("run.json"))
    assert len(paths) == 2
    for path in paths:
        validator("run").validate(json.loads(path.read_text()))


def test_every_line_of_a_transcript_is_valid(worked: World) -> None:
    lines = [line for path in worked.root.rglob("transcript.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == 6
    for line in lines:
        validator("transcript").validate(json.loads(line))


def test_a_wrong_record_is_not_valid() -> None:
    assert not validator("run").is_valid({"version": 1})
    assert not validator("transcript").is_valid({"kind": "task.seen"})
