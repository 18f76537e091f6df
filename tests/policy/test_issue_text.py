import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.policy import issue_text


def texts(body: str) -> list[str]:
    return [one.text for one in issue_text.acceptance(body)]


@pytest.mark.parametrize(
    "heading",
    [
        "## Acceptance Criteria",
        "# acceptance criteria",
        "###### ACCEPTANCE CRITERIA",
        "## Acceptance Criteria ##",
        "   ## Acceptance criteria:",
        "## **Acceptance Criteria**",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_heading_of_any_level_case_or_line_ending_counts(heading: str, ending: str) -> None:
    assert texts(f"words\n\n{heading}\n- [ ] one\n* two\n+ three\n1. four\n2) five\n".replace("\n", ending)) == [
        "one", "two", "three", "four", "five",
    ]  # fmt: skip


def test_ticked_items_are_done() -> None:
    found = issue_text.acceptance("## Acceptance Criteria\n- [x] a\n- [X] b\n- [ ] c\n- d\n")
    assert [one.done for one in found] == [True, True, False, False]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "no Acceptance Criteria section"),
        ("Acceptance Criteria\n- a\n", "no Acceptance Criteria section"),
        ("## Acceptance\n- a\n", "no Acceptance Criteria section"),
        ("```\n## Acceptance Criteria\n- a\n```\n", "the Acceptance Criteria heading is inside a code block"),
        ("~~~md\n## Acceptance Criteria\n```\n- a\n~~~\n", "the Acceptance Criteria heading is inside a code block"),
        ("````\n```\n## Acceptance Criteria\n- a\n", "the Acceptance Criteria heading is inside a code block"),
        ("<!--\n## Acceptance Criteria\n- a\n-->\n", "the Acceptance Criteria heading is inside a comment"),
        ("<!-- ## Acceptance Criteria -->\n- a\n", "the Acceptance Criteria heading is inside a comment"),
        ("    ## Acceptance Criteria\n- a\n", "no Acceptance Criteria section"),
        ("#Acceptance Criteria\n- a\n", "no Acceptance Criteria section"),
        ("## Acceptance Criteria\nwords\n", "the Acceptance Criteria section has no items"),
        ("## Acceptance Criteria\n- [ ] \n- _No response_\n", "the Acceptance Criteria section has no items"),
        ("## Acceptance Criteria\n\n## Next\n- a\n", "the Acceptance Criteria section has no items"),
        ("## Acceptance Criteria\n<!-- - a -->\n", "the Acceptance Criteria section has no items"),
        ("## Acceptance Criteria\n```\n- a\n```\n", "the Acceptance Criteria section has no items"),
    ],
)
def test_a_body_without_criteria_says_why(body: str, why: str) -> None:
    assert texts(body) == []
    assert issue_text.why_no_acceptance(body) == why


def test_the_section_ends_at_a_heading_of_the_same_or_a_higher_level() -> None:
    body = "## Acceptance Criteria\n- a\n### Sub\n- b\n## Other\n- c\n"
    assert texts(body) == ["a", "b"]


def test_form_fields_are_the_blocks_below_their_headings() -> None:
    body = "### Find\r\n\r\nHello\r\n\r\n### Files\n\na.txt\nb.txt\n\n### Empty\n\n_No response_\n\n## Other\ntext\n"
    assert issue_text.fields(body) == {"Find": "Hello", "Files": "a.txt\nb.txt"}


def test_a_field_that_is_one_fenced_block_is_what_the_fence_holds() -> None:
    assert issue_text.fields("### Find\n\n```shell\n### not a heading\n  x\n```\n") == {
        "Find": "### not a heading\n  x"
    }


def test_a_field_given_twice_keeps_its_first_value() -> None:
    assert issue_text.fields("### A\n\n1\n\n### A\n\n2\n") == {"A": "1"}


@given(st.text())
def test_no_text_breaks_the_reader(body: str) -> None:
    issue_text.acceptance(body)
    issue_text.fields(body)
    assert issue_text.why_no_acceptance(body)
