"""More attacks of the field in static form, told as in test_attacks.py: the door is open in the changed file, and it is
refused."""

from __future__ import annotations

import pytest

from tests.workflows.rules import DECIDE, GATE, LOOP, broken
from tests.workflows.test_attacks import Attack
from tests.workflows.test_static import changed

CHOOSE = '        run: exec "$RUNNER_TEMP/autonomy/bin/python" -I -m autonomy_pack action choose\n'
GO_TO_BASE = 'git -c advice.detachedHead=false checkout --quiet --force --detach "$BASE" --'
LEG = "      issues: read # the issue's text"

ATTACKS = (
    Attack(
        1,
        "a token where strangers' text is read",
        LOOP,
        CHOOSE,
        "        env:\n          GH_TOKEN: ${{ github.token }}\n" + CHOOSE,
        "GH_TOKEN",
        "who_judges_hostile_text_has_no_token",
    ),
    Attack(
        1,
        "rights where an agent works",
        LOOP,
        LEG,
        LEG.replace("read", "write", 1),
        "issues: write # the issue's text",
        "every_job_holds_exactly_what_it_needs",
    ),
    Attack(
        12,
        "the name of a branch in a shell",
        GATE,
        GO_TO_BASE,
        "git checkout ${{ github.head_ref }}",
        "github.head_ref",
        "no_expression_reaches_a_shell",
    ),
    Attack(
        20,
        "anybody's comment starts a job",
        DECIDE,
        "if: startsWith(github.event.comment.body, '/autonomy ') ||",
        "if: contains(github.event.comment.body, 'autonomy') ||",
        "contains(github.event.comment.body",
        "a_comment_must_begin_with_our_word",
    ),
    Attack(
        36,
        "an answer that was edited after it was read",
        DECIDE,
        "    types: [created]\n",
        "    types: [created, edited]\n",
        "created, edited",
        "only_events_that_bring_no_right",
    ),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"row-{one.row}-{one.name.replace(' ', '-')}" for one in ATTACKS])
def test_without_its_defence_the_file_is_refused(attack: Attack) -> None:
    text = changed(attack.file, attack.there, attack.instead)
    assert attack.opens in text, "the door is not open"
    assert attack.rule in {one.partition(":")[0] for one in broken(text, attack.file)}
