"""git does what we ask of it, and nothing that a repository asks of it."""

from __future__ import annotations

from pathlib import Path

from tests.world import World

from autonomy_pack.edges import git
from autonomy_pack.errors import WorldError


def test_a_missing_object_runs_no_program_of_the_repository(world: World, tmp_path: Path) -> None:
    mark, evil = tmp_path / "mark", tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    other = World(tmp_path / "other")
    for name, text in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": str(other.root),
        "remote.origin.uploadpack": str(evil),
    }.items():
        world.git("config", name, text)
    world.issue("1")
    head = world.git("rev-parse", "main")
    (world.root / ".git/objects" / head[:2] / head[2:]).unlink()
    for words in (("cat-file", "-e", head), ("log", "-1", "main")):
        try:
            git.run(*words, at=world.root / ".git")
        except WorldError:
            continue
    assert world.call("issue", "list").returncode
    assert not mark.exists()
