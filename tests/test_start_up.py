"""Commands that only look start without what they do not need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.world import World

HEAVY = (
    "yaml",
    "jsonschema",
    "rich",
    "jinja2",
    "psycopg",
    "psutil",
    "ruamel",
    "tomlkit",
    "github",
    "anthropic",
    "asyncio",
)
PROBE = """
import json, sys, atexit, os
atexit.register(lambda: print("\\n@" + json.dumps(sorted(sys.modules)), flush=True))
sys.argv = ["autonomy", *sys.argv[1:]]
from autonomy_pack.__main__ import main
main()
"""


def loaded(world: World, *args: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=world.root, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(ended.stdout.rpartition("\n@")[2])}


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("run", "--help")])
def test_help_loads_nothing_heavy(world: World, args: tuple[str, ...]) -> None:
    assert loaded(world, *args).isdisjoint(HEAVY)


def test_status_loads_nothing_heavy_once_the_configuration_is_known(world: World) -> None:
    world.config()
    world.issue("1")
    world.run()
    world.autonomy("status")
    assert loaded(world, "status", "--json").isdisjoint(HEAVY)
