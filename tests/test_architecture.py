"""The house keeps its shape: layers import only smaller numbers, no circles, one world, units listed by name."""

from __future__ import annotations

import graphlib
import importlib
import re
import sys

import pytest

from tests.imports import PACKAGE, imports, modules

LAYERS = {
    0: ["model", "targets", "errors", "contracts"],
    1: ["edges"],
    2: ["store", "config", "schemas", "missions", "templates", "releases"],
    3: ["policy", "views", "metrics"],
    4: ["forges", "agents", "guards", "tools", "channels", "sandboxes", "protocols"],
    5: ["flows"],
    6: ["programs", "commands", "web"],
    7: ["__main__"],
}
LAYER_OF = {name: number for number, names in LAYERS.items() for name in names}
PURE_EDGES = {"autonomy_pack.edges.redact", "autonomy_pack.edges.sanitize"}
KNOWN = modules()
UNIT_FOLDERS = LAYERS[4]


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def ours(module: str, *, top_level: bool = False) -> list[str]:
    found = imports(module, KNOWN[module], known=KNOWN, top_level=top_level)
    return [name for name in found if name.startswith("autonomy_pack.") and name in KNOWN]


@pytest.mark.parametrize("module", [name for name in KNOWN if room(name)])
def test_a_module_imports_only_smaller_layers_or_its_own_folder(module: str) -> None:
    here = LAYER_OF[room(module)]
    for imported in ours(module):
        there = LAYER_OF[room(imported)]
        assert there < here or (there == here and _may_share(module, imported)), f"{module} imports {imported}"


def _may_share(module: str, imported: str) -> bool:
    """Within a layer: values, pure code, data and flows may know each other; units may not know other folders."""
    return room(module) == room(imported) or LAYER_OF[room(module)] in (0, 2, 3, 5)


@pytest.mark.parametrize("module", [name for name in KNOWN if LAYER_OF.get(room(name)) == 3])
def test_pure_layers_touch_no_edge_but_the_two_pure_ones(module: str) -> None:
    edges = {name for name in ours(module) if room(name) == "edges"}
    assert edges <= PURE_EDGES


@pytest.mark.parametrize("module", [name for name in KNOWN if LAYER_OF.get(room(name)) == 4])
def test_units_know_only_values_and_edges(module: str) -> None:
    assert all(LAYER_OF[room(name)] < 2 or room(name) == room(module) for name in ours(module))


@pytest.mark.parametrize("module", [name for name in KNOWN if LAYER_OF.get(room(name)) == 0])
def test_the_ground_floor_needs_only_the_standard_library(module: str) -> None:
    foreign = {name.split(".")[0] for name in imports(module, KNOWN[module], known=KNOWN)}
    assert foreign <= set(sys.stdlib_module_names) | {"autonomy_pack"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: set(ours(name)) - {name} for name in KNOWN}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("folder", UNIT_FOLDERS)
def test_every_unit_is_listed_under_its_file_name(folder: str) -> None:
    listed = importlib.import_module(f"autonomy_pack.{folder}")
    units = getattr(listed, folder.upper())
    for name, unit in units.items():
        module = getattr(unit, "__module__", None) or getattr(unit, "__name__", "")
        assert module.rpartition(".")[2] == name, f"{folder}: {name} is {module}"


def test_there_are_no_rooms_for_leftovers() -> None:
    banned = re.compile(r"(utils?|helpers?|managers?|services?|common|misc)$")
    assert [name for name in KNOWN if banned.search(name)] == []


def test_every_folder_of_the_package_has_its_layer() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert rooms <= set(LAYER_OF)
