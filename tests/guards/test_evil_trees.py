"""Every evil tree is refused, or at least asked about, by the guard that is there for it."""

from __future__ import annotations

import pytest

from autonomy_pack.edges import objects
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.guard import examine
from autonomy_pack.model import Risk, Rules
from tests.corpora.evil_trees import CASES, KNOWN, Evil, commits
from tests.corpora.raw_git import RawRepository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> RawRepository:
    return RawRepository(tmp_path_factory.mktemp("evil") / "repo.git")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_evil_tree_is_refused(case: Evil, repository: RawRepository) -> None:
    base, head = commits(case, repository)
    if case.guard == "unreadable":
        with pytest.raises(WorldError):
            objects.read_change(repository.git_dir, base, head)
        return
    change = objects.read_change(repository.git_dir, base, head)
    found = examine(change, objects.reader(repository.git_dir), Rules(secrets=(KNOWN,))).findings
    mine = [finding.risk for finding in found if finding.rule == case.guard]
    assert mine, f"{case.guard} is silent; said: {found}"
    assert max(mine) >= Risk.parse(case.risk)


@pytest.mark.parametrize("mode", ["100664", "100600", "100777", "000644", "100000"])
def test_an_odd_mode_is_refused_or_read_as_an_ordinary_one(mode: str, repository: RawRepository) -> None:
    base, head = repository.change({b"a": b"1\n"}, {b"a": b"1\n", b"b": (mode, b"2\n")})
    try:
        change = objects.read_change(repository.git_dir, base, head)
    except WorldError:
        return
    found = examine(change, objects.reader(repository.git_dir), Rules()).findings
    assert change.files[0].mode in ("100644", "100755") or max(finding.risk for finding in found) >= Risk.HIGH


def test_there_are_at_least_sixty_evil_trees_of_as_many_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
