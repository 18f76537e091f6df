"""A comment is an answer in one exact form; a quote, a fence, an edit of one letter makes it talk."""

from __future__ import annotations

import pytest

from autonomy_pack.policy import answers
from autonomy_pack.policy.answers import Said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/autonomy approve apr_7Q2M4C", Said(verb="approve", decision="apr_7Q2M4C")),
        (
            "/autonomy approve apr_7Q2M4C\r\nlooked it up",
            Said(verb="approve", decision="apr_7Q2M4C", why="looked it up"),
        ),
        ("/autonomy deny apr_7Q2M4C  ", Said(verb="deny", decision="apr_7Q2M4C")),
        ("/autonomy retry", Said(verb="retry")),
        ("/autonomy stop #12", Said(verb="stop", number="12")),
        ("/autonomy status 12", Said(verb="status", number="12")),
        ("/autonomy rollback #7\nit broke", Said(verb="rollback", number="7", why="it broke")),
    ],
)
def test_the_first_line_in_its_exact_form_is_an_answer(text: str, said: Said) -> None:
    assert answers.read(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "looks good to me",
        "> /autonomy approve apr_7Q2M4C",
        "```\n/autonomy approve apr_7Q2M4C\n```",
        "~~~\n/autonomy approve apr_7Q2M4C",
        "    /autonomy approve apr_7Q2M4C",
        " /autonomy approve apr_7Q2M4C",
        "\n/autonomy approve apr_7Q2M4C",
        "\ufeff/autonomy approve apr_7Q2M4C",
        "<!-- \n/autonomy approve apr_7Q2M4C -->",
        "I would never say\n/autonomy approve apr_7Q2M4C",
        "- /autonomy approve apr_7Q2M4C",
        "`/autonomy approve apr_7Q2M4C`",
        "/autonomy approve",
        "/autonomy approve apr_7Q2M4C please",
        "/autonomy approve apr_7q2m4c",
        "/autonomy approve apr_7Q2M4C apr_7Q2M4D",
        "/Autonomy approve apr_7Q2M4C",
        "/autonomy  approve apr_7Q2M4C",
        "/autonomy approve 12",
        "/autonomy stop apr_7Q2M4C",
        "/autonomy stop #0",
        "/autonomy stop ٣",
        "/autonomy merge #12",
        "/autonomy approve apr_7Q2M4C\u200b",
    ],
)
def test_anything_else_is_talk(text: str) -> None:
    assert answers.read(text) is None


def test_where_an_answer_came_from_names_the_comment_and_what_it_said() -> None:
    one, other = (answers.via_comment(5, text) for text in ("/autonomy retry", "/autonomy retry "))
    assert one != other
    assert one.startswith("comment:5:")
    assert len(one.rpartition(":")[2]) == 64
