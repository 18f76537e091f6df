"""Attacks of the field on workflows, in static form: with its defence removed, our file is an open door, and is refused.

Each first shows the door (`opens`, what an attacker needs, is in the changed file), then that a rule or a linter refuses
the file. What the attacks do where act can run them is in test_end_to_end.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workflows.linters import found_by
from tests.workflows.rules import DECIDE, GATE, LOOP, RELEASE, broken
from tests.workflows.test_static import changed

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
PUBLISH = "      - name: Publish\n"


@dataclass(frozen=True)
class Attack:
    """`row`: of the catalogue of attacks; `linter`: which of them sees it too ("" = none does)."""

    row: int
    name: str
    file: str
    there: str
    instead: str
    opens: str
    rule: str
    linter: str = ""


ATTACKS = (
    Attack(18, "a tag that moves", LOOP, CHECKOUT, "actions/checkout@v7", "@v7", "actions_are_few_and_pinned", "zizmor"),
    Attack(
        18,
        "a stranger's action in a job with rights",
        LOOP,
        PUBLISH,
        f"      - name: x\n        uses: tj-actions/changed-files@{'b' * 40}\n{PUBLISH}",
        "tj-actions",
        "actions_are_few_and_pinned",
    ),
    Attack(
        19,
        "a title in a shell",
        GATE,
        'git -c advice.detachedHead=false checkout --quiet --force --detach "$BASE" --',
        "echo ${{ github.event.pull_request.title }}",
        "pull_request.title",
        "no_expression_reaches_a_shell",
        "actionlint",
    ),
    Attack(
        19,
        "a stranger's pull request with our rights",
        GATE,
        "  pull_request:\n",
        "  pull_request_target:\n",
        "pull_request_target",
        "only_events_that_bring_no_right",
        "zizmor",
    ),
    Attack(
        20,
        "a personal token within reach",
        LOOP,
        "          AUTONOMY_GITHUB_TOKEN: ${{ github.token }}\n          AUTONOMY_WORKFLOW: ${{ inputs.workflow }}\n          AUTONOMY_INPUTS: ${{ toJSON(inputs) }}\n",
        "          AUTONOMY_GITHUB_TOKEN: ${{ secrets.PAT_TOKEN }}\n",
        "secrets.PAT_TOKEN",
        "no_secret_but_the_packs_read_token",
    ),
    Attack(
        20,
        "every secret at once",
        LOOP,
        "          AUTONOMY_LEG: ${{ toJSON(matrix.leg) }}\n",
        "          ALL: ${{ toJSON(secrets) }}\n",
        "toJSON(secrets)",
        "no_secret_but_the_packs_read_token",
        "zizmor",
    ),
    Attack(
        21,
        "a cache that a stranger filled",
        LOOP,
        PUBLISH,
        f"      - name: x\n        uses: actions/cache@{'c' * 40}\n        with: {{path: x, key: y}}\n{PUBLISH}",
        "actions/cache",
        "nothing_is_cached",
    ),
    Attack(
        21,
        "identity where things are built",
        RELEASE,
        "      contents: read # the source\n    outputs",
        "      contents: read # the source\n      id-token: write # x\n    outputs",
        "id-token: write # x",
        "identity_only_in_the_last_job_of_a_release",
    ),
    Attack(
        22,
        "a comment in a shell",
        DECIDE,
        'run: exec "$RUNNER_TEMP/autonomy/bin/python" -I -m autonomy_pack action decide',
        "run: echo '${{ github.event.comment.body }}'",
        "comment.body }}'",
        "no_expression_reaches_a_shell",
        "zizmor",
    ),
    Attack(
        24,
        "the plan as an artifact",
        LOOP,
        PUBLISH,
        f"      - name: x\n        uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1\n{PUBLISH}",
        "download-artifact",
        "facts_cross_by_job_outputs_only",
    ),
    Attack(
        25,
        "variables for later steps",
        LOOP,
        "        run: sh .pack/scripts/on-runner.sh\n",
        '        run: sh .pack/scripts/on-runner.sh && echo "LD_PRELOAD=$X" >>"$GITHUB_ENV"\n',
        "LD_PRELOAD",
        "no_step_changes_how_later_steps_start",
    ),
    Attack(
        25,
        "commands printed by a step",
        LOOP,
        "        run: sh .pack/scripts/on-runner.sh\n",
        '        run: echo "::set-output name=plan::$X"\n',
        "::set-output",
        "no_step_changes_how_later_steps_start",
        "actionlint",
    ),
    Attack(
        30,
        "an App's token, whose pull requests start CI with secrets",
        LOOP,
        PUBLISH,
        "      - name: x\n        uses: actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1\n"
        f"        with: {{app-id: 1, private-key: x}}\n{PUBLISH}",
        "create-github-app-token",
        "actions_are_few_and_pinned",
    ),
    Attack(
        42,
        "what a model said, run by a step",
        LOOP,
        PUBLISH,
        f"      - name: x\n        env:\n          SAID: ${{{{ needs.run.outputs.summary }}}}\n        run: sh -c \"$SAID\"\n{PUBLISH}",
        "needs.run.outputs.summary",
        "no_step_reads_what_an_agent_said",
        "actionlint",
    ),
    Attack(
        43,
        "a token left in .git/config",
        LOOP,
        "          persist-credentials: false\n",
        "          persist-credentials: true\n",
        "persist-credentials: true",
        "no_token_stays_in_a_checkout",
        "zizmor",
    ),
    Attack(
        43,
        "a whole folder as an artifact",
        LOOP,
        "            ${{ runner.temp }}/attempt/attempt.bundle\n",
        "            .\n",
        "            .\n",
        "an_artifact_has_exactly_three_named_files",
    ),
    Attack(
        44,
        "automation that merges its own work",
        LOOP,
        PUBLISH,
        f"      - name: x\n        run: gh pr merge --auto\n{PUBLISH}",
        "gh pr merge",
        "we_never_approve_or_merge",
    ),
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"row-{one.row}-{one.name.replace(' ', '-')}" for one in ATTACKS])
def test_without_its_defence_the_file_is_refused(attack: Attack, tmp_path: Path) -> None:
    text = changed(attack.file, attack.there, attack.instead)
    assert attack.opens in text, "the door is not open"
    assert attack.rule in {one.partition(":")[0] for one in broken(text, attack.file)}
    if attack.linter:
        place = tmp_path / ".github" / "workflows" / attack.file
        place.parent.mkdir(parents=True)
        place.write_text(text)
        assert found_by(attack.linter, place)
