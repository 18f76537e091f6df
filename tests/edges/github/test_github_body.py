"""Bodies that are too long lose the middle of their longest sections, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.edges.github.body import LIMIT, fit


def test_what_fits_stays_as_it_is() -> None:
    body = "# a\n\n## b\nc\n"
    assert fit(body) == body
    assert fit("x" * LIMIT) == "x" * LIMIT


def test_every_heading_and_the_last_line_stay() -> None:
    body = "# T\n" + "".join(f"## S{n}\n" + "words\n" * 5000 for n in range(8)) + "<sub>run 1</sub>\n"
    cut = fit(body)
    assert len(cut) <= LIMIT
    assert [line for line in cut.splitlines() if line.startswith("#")] == ["# T", *(f"## S{n}" for n in range(8))]
    assert cut.rstrip().endswith("<sub>run 1</sub>")
    assert "are left out" in cut


def test_a_code_block_that_is_cut_is_closed_and_its_headings_are_none() -> None:
    body = "# T\n```\n" + "## not a heading\n" * 9000 + "```\n## After\nx\n"
    cut = fit(body)
    before = cut.partition("## After\n")[0]
    assert before.count("```") % 2 == 0
    assert len(cut) <= LIMIT


@given(st.text(alphabet="#`~ \nab—", max_size=400), st.integers(min_value=0, max_value=300))
def test_it_never_grows_beyond_its_limit(body: str, limit: int) -> None:
    assert len(fit(body, limit)) <= max(limit, 0)
