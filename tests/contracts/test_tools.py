"""Every planner step: one file, one docs section, and the shape of arguments that missions are validated by."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from autonomy_pack import schemas, tools
from autonomy_pack.model import Risk
from autonomy_pack.programs.shapes import misfit
from autonomy_pack.tools import TOOLS
from autonomy_pack.tools.model import MODEL_TOOLS

SHARED = {"arguments", "model"}  # `model` is the folder of what models may do


def test_every_file_is_listed_and_every_name_is_its_files():
    files = {module.name for module in pkgutil.iter_modules(tools.__path__)} - SHARED
    assert set(TOOLS) == files
    assert all(tool is importlib.import_module(f"autonomy_pack.tools.{name}") for name, tool in TOOLS.items())


def test_missions_are_validated_by_the_tools_own_schemas():
    published = schemas.schema("mission")
    assert published["$defs"] == {name: tool.schema for name, tool in TOOLS.items()}
    assert published["properties"]["tools"]["items"]["enum"] == list({**TOOLS, **MODEL_TOOLS})
    assert list(published["properties"]["steps"]["items"]["properties"]) == list(TOOLS)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_says_what_it_does_and_how_dangerous_it_is(name):
    tool = TOOLS[name]
    Draft202012Validator.check_schema(tool.schema)
    assert importlib.import_module(f"autonomy_pack.tools.{name}").__doc__
    assert isinstance(tool.risk, Risk)
    assert tool.schema["description"]
    page = (Path(__file__).parents[2] / "docs/reference/planner.md").read_text()
    assert f"\n## {name}\n" in page


GOOD = {
    "replace": {"find": "a", "with": "b", "files": ["*"], "regex": True, "count": {"min": 0, "max": 3}},
    "write": {"path": "a", "text": ""},
    "append": {"files": "a", "text": "x"},
    "insert": {"files": "a", "text": "x", "at": "before", "match": "x"},
    "move": {"from": "a", "to": "b"},
    "delete": {"files": ["a"]},
    "edit_yaml": {"files": "a", "edits": [{"path": ["a", 0], "value": None}]},
    "edit_toml": {"files": "a", "edits": [{"path": ["a"], "delete": True}]},
    "edit_json": {"files": "a", "edits": [{"path": ["a"], "value": {"b": [1]}}]},
    "pin_actions": {"pins": ["a/b@v1 = " + "0" * 40]},
    "run": ["make", "x"],
}
BAD = [
    None,
    [],
    "",
    "x",
    {},
    5,
    {"find": 1, "with": "b"},
    {"find": "", "with": "b"},
    {"find": "a", "with": "b", "regex": "yes"},
    {"find": "a", "with": "b", "count": {"min": -1}},
    {"find": "a", "with": "b", "count": {"min": True}},
    {"find": "a", "with": "b", "more": 1},
    {"path": "", "text": "x"},
    {"files": [], "text": "x"},
    {"files": ["a", 1], "text": "x"},
    {"files": "a", "text": "x", "at": "middle"},
    {"files": "a", "edits": []},
    {"files": "a", "edits": [{"value": 1}]},
    {"files": "a", "edits": [{"path": [1.5], "value": 1}]},
    {"files": "a", "edits": [{"path": ["a"], "delete": False}]},
    ["make", 1],
]


@pytest.mark.parametrize("name", TOOLS)
def test_the_planners_own_check_agrees_with_json_schema(name):
    tool = TOOLS[name]
    validator = Draft202012Validator(tool.schema)
    assert validator.is_valid(GOOD[name])
    assert misfit(GOOD[name], tool.schema) == ""
    wrong = [bad for bad in BAD if not validator.is_valid(bad)]
    assert all(misfit(bad, tool.schema) for bad in wrong)
    assert len(wrong) >= 15


@pytest.mark.parametrize("name", ["replace", "insert", "run"])
def test_a_place_that_was_not_filled_is_refused_by_the_planner(name):
    unfilled = {"replace": {"find": "a", "with": "b", "regex": "{{ x }}"}, "run": "{{ x }}"}.get(
        name, {"files": "a", "text": "b", "count": {"min": "{{ x }}"}}
    )
    assert Draft202012Validator(TOOLS[name].schema).is_valid(unfilled)
    assert misfit(unfilled, TOOLS[name].schema)
