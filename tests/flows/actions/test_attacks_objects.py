"""Row 28: whoever reads the text of a patch sees other files than git changes; we read objects only."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Hub
from tests.corpora.raw_git import RawRepository, Spec
from tests.flows.actions.driver import Site
from tests.flows.actions.test_forged import beside, heads, published

# A workflow by a name that git quotes in the text of a patch, and that GitHub runs all the same.
HIDDEN: dict[bytes, Spec] = {".github/workflows/é.yml".encode(): b"on: push\n"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)


def by_patch(repository: RawRepository, base: str, head: str) -> list[str]:
    """The changed files, as the text of the patch seems to name them."""
    words = ["git", "-C", str(repository.git_dir), "diff", base, head]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return re.findall(r"^diff --git a/(\S+) b/\S+$", text, re.MULTILINE)


def test_row_28_a_file_that_a_patchs_text_hides_is_judged(site: Site, tmp_path: Path) -> None:
    raw = RawRepository(tmp_path / "patch.git")
    before, after = raw.change({b"hello.txt": b"Hello\n"}, {b"hello.txt": b"Good day\n", **HIDDEN})
    assert by_patch(raw, before, after) == ["hello.txt"], "the text of a patch hides nothing any more"
    site.issue()
    outcome, why = published(site, beside(site, HIDDEN), tmp_path)
    assert (outcome, ".github/workflows/" in why) == ("blocked", True), why
    assert heads(site) == []


def test_row_28_no_patch_is_applied_and_no_patchs_text_is_read_anywhere() -> None:
    pack = Path(__file__).parents[3] / "src" / "autonomy_pack"
    forms = re.compile(r'"(?:apply|am|format-patch)"|diff --git|"-p1"')
    assert [path.name for path in pack.rglob("*.py") if forms.search(path.read_text())] == []
