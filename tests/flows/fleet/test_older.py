"""A clone with the older pack in it: installed over, edited or not, and nothing of the host's is lost."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import project
from autonomy_pack.flows.fleet import clone
from autonomy_pack.policy import instructions
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.plan import Act
from tests.flows.fleet.test_clone import put
from tests.world import World

INPUTS = Inputs(pack="o/p", sha="a" * 40, version="0.1.0")
LOOP = """\
name: Autonomous Agent Loop
on:
  workflow_dispatch:
    inputs:
      agent_name: {type: choice, options: [codex, claude, copilot, sparks], default: codex}
jobs:
  loop:
    runs-on: ubuntu-latest
    steps:
      - run: git config user.email agent@sovereign-agents.local
      - run: cat AGENTS/CODEX_AUTONOMOUS_INSTRUCTIONS.md
"""
GATE = "name: Gate\non: pull_request\n# wants: Agent Handoff Protocol; sets security:cleared and agent:validated\n"
NOTES = "AGENTS/CODEX_AUTONOMOUS_INSTRUCTIONS.md"
WHOLE = {
    older.LOOP: LOOP,
    older.GATE: GATE,
    older.TARGETS: "autonomy.run:\n\tgh workflow run autonomous-agent-loop.yml\n",
    older.MARKER: "1.0.0\n",
    ".sovereign/autonomy/INSTALL_LOG.md": "installed\n",
    NOTES: "# ours\nrun make check first\n",
    "Makefile": "all:\n\techo hi\n\n# Sovereign Autonomy Pack\ninclude Makefile.autonomy\n",
    "VERSION": "9.9.9-app\n",
    ".github/workflows/ci.yml": "name: CI\non: push\n",
}
LITE = {
    older.LOOP: LOOP + "# hardened by its owner\n",
    older.GATE: GATE,
    "autonomy.defaults.yml": "security: {max_issues_default: 1}\n",
    "Makefile": ".PHONY: autonomy.run autonomy.help\nautonomy.run:\n\techo run\nautonomy.help:\n\techo help\n",
}


def test_a_whole_install_gives_way_and_every_text_is_still_there(world: World) -> None:
    for path, text in WHOLE.items():
        world.write(path, text)
    with pytest.raises(UsageError, match=r"older pack, 1\.0\.0"):
        clone.installed(project.find(world.root))
    acts = put(world, INPUTS)
    assert (acts[older.LOOP], acts[older.GATE], acts[older.TARGETS]) == (Act.UPDATE,) * 3
    assert "o/p/.github/workflows" in (world.root / older.LOOP).read_text()
    now = {path.relative_to(world.root).as_posix(): path for path in world.root.rglob("*") if path.is_file()}
    for path, text in WHOLE.items():
        kept = older.kept_as(path) if path in (*older.ADOPTED, older.MARKER) else path
        assert now[kept].read_text() == text
    assert not any(step.changes for step in clone.install(project.find(world.root), INPUTS))


def test_what_it_told_agents_they_are_still_told() -> None:
    assert NOTES in instructions.paths("codex")


def test_a_lite_install_gives_way_and_its_targets_stay(world: World) -> None:
    for path, text in LITE.items():
        world.write(path, text)
    acts = put(world, INPUTS)
    assert (acts[older.LOOP], acts["Makefile"]) == (Act.UPDATE, Act.KEEP)
    assert (world.root / "Makefile").read_text() == LITE["Makefile"]
    assert (world.root / "autonomy.defaults.yml").exists()
    assert (world.root / older.kept_as(older.LOOP)).read_text().endswith("# hardened by its owner\n")


def test_taken_out_again_the_old_texts_and_the_hosts_own_stay(world: World) -> None:
    for path, text in WHOLE.items():
        world.write(path, text)
    put(world, INPUTS)
    acts = put(world, None)
    assert acts[older.kept_as(older.LOOP)] is Act.KEEP
    assert not (world.root / older.LOOP).exists()
    assert (world.root / older.kept_as(older.LOOP)).read_text() == LOOP
    assert (world.root / "Makefile").read_text() == "all:\n\techo hi\n\n# Sovereign Autonomy Pack\n"
    assert (world.root / "VERSION").read_text() == "9.9.9-app\n"
    assert (world.root / NOTES).exists()
