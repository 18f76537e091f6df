"""An earlier release's files are merged from what that release rendered: its templates come with every later one."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import autonomy_pack
from autonomy_pack import releases
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import project
from autonomy_pack.flows.fleet import clone, released
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.policy.fleet.lock import PATH, Inputs
from autonomy_pack.policy.fleet.plan import Act, Found, plan
from tests.world import World

PACKAGE = Path(autonomy_pack.__file__).parent
OLD = Inputs(pack="o/p", sha="a" * 40, version="0.0.9", cron="7 * * * *")
NEW = replace(OLD, sha="b" * 40, version=autonomy_pack.__version__)
LOOP, FORM = ".github/workflows/autonomous-agent-loop.yml", ".github/ISSUE_TEMPLATE/autonomy-solve-issue.yml"
SCRIPT = Path(__file__).parents[3] / "scripts/keep-release.py"


def keep(version: str, package: Path, folder: Path) -> int:
    words = ["--version", version, "--package", str(package), "--to", str(folder)]
    return subprocess.run([sys.executable, "-I", str(SCRIPT), *words], capture_output=True, check=False).returncode


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Release 0.0.9: it said other things in the loop's caller, had no issue form and no workflow that mends."""
    package = tmp_path / "package"
    for folder in releases.KEPT:
        shutil.copytree(PACKAGE / folder, package / folder)
    loop = package / "templates/workflows/autonomous-agent-loop.yml.j2"
    loop.write_text(loop.read_text().replace("actions: read # stop, artifacts", "actions: read # all kinds of things"))
    (package / "templates/kit/issue-form.yml.j2").unlink()
    (package / "templates/workflows/autonomy-ci-repair.yml.j2").unlink()
    kept = tmp_path / "kept"
    kept.mkdir()
    assert keep("0.0.9", package, kept) == 0
    return kept


def found(world: World, kept: Path) -> Found:
    here = clone.look(project.find(world.root), clone.desired(NEW, "Makefile"))
    return replace(here, bases=released.bases(here.lock, kept))


def install(world: World, kept: Path) -> None:
    place = project.find(world.root)
    made = released.kit(OLD, kept)
    clone.apply(place, plan(made, OLD, found(world, kept), merged), lambda _: None)


def test_what_a_person_edited_in_an_older_releases_file_is_in_the_newer_ones(world: World, older: Path) -> None:
    install(world, older)
    loop = world.root / LOOP
    assert "all kinds of things" in loop.read_text()
    assert not (world.root / FORM).exists()
    loop.write_text(loop.read_text().replace("name: Autonomous agent loop", "name: Our loop"))
    steps = plan(clone.desired(NEW, "Makefile"), NEW, found(world, older), merged)
    acts = {step.path: step.act for step in steps}
    assert (acts[LOOP], acts[FORM]) == (Act.MERGE, Act.WRITE)
    clone.apply(project.find(world.root), steps, lambda _: None)
    text = loop.read_text()
    assert "name: Our loop" in text
    assert "actions: read # stop, artifacts" in text
    assert "b" * 40 in text
    entry = json.loads((world.root / PATH).read_text())["files"][LOOP]
    assert entry["upstream_sha256"] != entry["written_sha256"]


def test_without_its_release_an_edited_file_is_left_for_a_person(world: World, older: Path, tmp_path: Path) -> None:
    install(world, older)
    loop = world.root / LOOP
    loop.write_text(loop.read_text().replace("name: Autonomous agent loop", "name: Our loop"))
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    (nothing / "index.json").write_text("{}")
    steps = plan(clone.desired(NEW, "Makefile"), NEW, found(world, nothing), merged)
    assert {step.path: step.act for step in steps}[LOOP] is Act.CONFLICT


def test_what_is_not_what_the_lock_says_is_no_base(world: World, older: Path) -> None:
    install(world, older)
    file = world.root / PATH
    lock = json.loads(file.read_text())
    lock["files"][LOOP]["upstream_sha256"] = "0" * 64
    file.write_text(json.dumps(lock))
    known = found(world, older).bases
    assert LOOP not in known
    assert len(known) == len(lock["files"]) - 1


def test_the_way_back_is_rendered_by_the_release_that_it_leads_to(older: Path) -> None:
    made = released.kit(replace(OLD, repair=True), older)
    assert "all kinds of things" in made[LOOP].text
    assert not any("repair" in path for path in made)
    assert released.known("0.0.9", older)
    assert not released.known("0.0.8", older)


def test_a_text_that_was_tampered_with_is_refused(older: Path) -> None:
    sha256 = releases.versions(older)["0.0.9"]["templates/workflows/autonomous-agent-loop.yml.j2"]
    blob = older / "blobs" / sha256
    blob.write_text(blob.read_text() + "# more\n")
    with pytest.raises(WorldError, match="not what release"):
        released.kit(OLD, older)


def test_what_cannot_be_rendered_any_more_is_no_base(tmp_path: Path, older: Path) -> None:
    package, kept = tmp_path / "package", tmp_path / "other"
    (package / "templates/kit/pull-request.md.j2").write_text("{{ what_we_knew_then }}\n")
    kept.mkdir()
    assert keep("0.0.9", package, kept) == 0
    with pytest.raises(UsageError, match="any more"):
        released.kit(OLD, kept)
    assert released.rendered(LOOP, OLD, kept) == ""
    assert released.rendered(LOOP, OLD, older) != ""


def test_a_version_that_is_kept_never_changes(older: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    assert keep("0.0.9", tmp_path / "package", older) == 0
    assert keep("0.0.9", PACKAGE, older) == 1
    assert {path: path.read_bytes() for path in older.rglob("*") if path.is_file()} == before
    assert keep("0.1.0", PACKAGE, older) == 0
    assert set(releases.versions(older)) == {"0.0.9", "0.1.0"}


def test_kept_templates_give_what_the_packages_own_give(tmp_path: Path) -> None:
    assert keep("0.0.9", PACKAGE, tmp_path) == 0
    now = released.kit(replace(NEW, agent="claude"))
    assert released.kit(replace(NEW, agent="claude", version="0.0.9"), tmp_path).keys() == now.keys()
    same = {path for path, want in now.items() if "0.1.0" not in want.text}
    then = released.kit(replace(NEW, agent="claude", version="0.0.9"), tmp_path)
    assert {path: then[path] for path in same} == {path: now[path] for path in same}


def test_every_release_that_is_shipped_can_be_read() -> None:
    for version in releases.versions(releases.SHIPPED):
        assert releases.texts(version, releases.SHIPPED)


def test_an_empty_file_that_a_lock_names_is_not_ours(world: World, older: Path) -> None:
    install(world, older)
    file = world.root / PATH
    lock = json.loads(file.read_text())
    empty = hashlib.sha256(b"").hexdigest()
    for path, kind in (("py.typed", "file"), ("README.md", "line")):
        lock["files"][path] = {"kind": kind, "upstream_sha256": empty, "written_sha256": empty, "inputs": None}
    file.write_text(json.dumps(lock))
    world.write("py.typed", "")
    world.write("README.md", "Words.\n\nMore.\n")
    steps = {step.path: step for step in plan({}, None, found(world, older), merged)}
    assert not steps["py.typed"].changes
    assert not steps["README.md"].changes
