"""A base that moved: the same change is made again by its objects, or not at all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.edges import remake
from autonomy_pack.edges.objects import read_change
from autonomy_pack.edges.remake import Moved
from hub import Hub
from tests.corpora.raw_git import RawRepository, Spec
from tests.flows.actions.driver import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def test_a_base_that_moved_elsewhere_gets_the_same_change_on_top(site: Site) -> None:
    site.issue()
    begun = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    begun.upload(leg, begun.work(leg)[1])
    moved = site.repo.commit({".github/workflows/ci.yml": "on: push\n", "new.txt": "new\n"})
    (row,) = begun.publish(plan).rows
    assert row.outcome == "handed_off", row.why
    (pull,) = site.repo.pulls
    head = site.repo.pull_head(pull)
    changed = site.repo.git.git("diff-tree", "-r", "--name-only", moved, head)
    parent = site.repo.git.git("rev-parse", f"{head}^")
    assert "hello.txt" in str(changed)
    assert moved in str(parent)
    assert f"{leg.base[:12]}. main moved since, at other paths" in pull.body
    assert "where nothing was run yet" in pull.body


def test_a_base_that_moved_under_the_change_is_stale_and_nothing_is_pushed(site: Site) -> None:
    number = site.issue()
    begun = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    begun.upload(leg, begun.work(leg)[1])
    site.repo.commit({"hello.txt": "Hello, everybody\n"})
    (row,) = begun.publish(plan).rows
    assert (row.outcome, "moved under hello.txt" in row.why) == ("stale", True)
    assert site.repo.refs("refs/heads/agent/") == {}
    begun.finish()
    assert site.session().outcomes == {str(number): "handed_off"}  # no attempt was counted


FILES: dict[bytes, Spec] = {b"a.txt": b"1\n", b"b/c.txt": b"2\n", b"run.sh": ("100755", b"#!\n"), b"z": b"z\n"}
# What the change does, what the base does meanwhile, and whether both can be had.
CASES: dict[str, tuple[dict[bytes, Spec | None], dict[bytes, Spec | None], bool]] = {
    "another file": ({b"a.txt": b"x\n"}, {b"z": b"y\n"}, True),
    "another file of the same folder": ({b"b/c.txt": b"x\n"}, {b"b/d.txt": b"y\n"}, True),
    "a new file": ({b"new/one.txt": b"x\n"}, {b"z": None}, True),
    "a file that goes": ({b"b/c.txt": None}, {b"z": b"y\n"}, True),
    "a mode": ({b"a.txt": ("100755", b"1\n")}, {b"z": b"y\n"}, True),
    "the same file": ({b"a.txt": b"x\n"}, {b"a.txt": b"y\n"}, False),
    "the same file with the same content": ({b"a.txt": b"x\n"}, {b"a.txt": b"x\n"}, False),
    "only the mode of the file": ({b"run.sh": ("100755", b"#!x\n")}, {b"run.sh": ("100644", b"#!\n")}, False),
    "the file is gone": ({b"a.txt": b"x\n"}, {b"a.txt": None}, False),
    "a file is a folder now": ({b"new": b"x\n"}, {b"new/deep.txt": b"y\n"}, False),
    "a folder is a file now": ({b"new/deep.txt": b"x\n"}, {b"new": b"y\n"}, False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_is_made_again_only_where_nothing_it_touches_moved(
    case: tuple[dict[bytes, Spec | None], dict[bytes, Spec | None], bool], tmp_path: Path
) -> None:
    ours, theirs, both = case
    raw = RawRepository(tmp_path / "raw.git")

    def tree(*changes: dict[bytes, Spec | None]) -> str:
        files: dict[bytes, Spec | None] = dict(FILES)
        for change in changes:
            files |= change
        return raw.tree({path: spec for path, spec in files.items() if spec is not None})

    base = raw.commit(tree(), message=b"base")
    head = raw.commit(tree(ours), base, message=b"ours\n\nAutonomy-Run: x")
    onto = raw.commit(tree(theirs), base, message=b"theirs")
    files = read_change(raw.git_dir, base, head).files
    if not both:
        with pytest.raises(Moved):
            remake.remake(raw.git_dir, files, base, head, onto)
        return
    made = remake.remake(raw.git_dir, files, base, head, onto)
    assert remake.tree_of(raw.git_dir, made) == tree(theirs, ours)
    assert made == remake.remake(raw.git_dir, files, base, head, onto)
    shown = subprocess.run(
        ["git", f"--git-dir={raw.git_dir}", "show", "-s", "--format=%P %an %ae %at %B", made],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.startswith(f"{onto} T t@example.invalid 1767323045 ours")
    assert "Autonomy-Run: x" in shown
