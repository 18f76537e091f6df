"""Where act is not GitHub. Each gap is pinned: if a newer act closes one, its test fails and more can be shown for real.

What these gaps hide (permissions, concurrency, time-outs, filters of `on:`) is shown from the YAML in tests/workflows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.act import Act, act


def run(folder: Path, text: str, event: str = "push", callee: str = "", **more: object) -> Act:
    """Run one workflow with no GitHub behind it."""
    where = folder / ".github/workflows"
    where.mkdir(parents=True)
    (where / "x.yml").write_text(text)
    (where / "y.yml").write_text(
        callee or "on: workflow_call\njobs: {y: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"
    )
    return act(event, folder, ".github/workflows/x.yml", **more)


def test_a_failing_called_workflow_ends_its_caller_before_jobs_that_always_run(tmp_path: Path) -> None:
    caller = """
on: push
jobs:
  loop: {uses: ./.github/workflows/y.yml}
  report: {needs: loop, if: always(), runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
    callee = """
on: workflow_call
jobs:
  bad: {runs-on: ubuntu-latest, steps: [{run: 'exit 1'}]}
  inside: {needs: bad, if: always(), runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
    ran = run(tmp_path, caller, callee=callee)
    assert "report" not in ran.ran
    assert ran.ran == {"bad", "inside"}, ran.explain()


@pytest.mark.parametrize(
    "head",
    [
        "on: {issues: {types: [labeled]}}",
        "on: {issues: {}}\npermissions: {}",
        "on: {issues: {}}\nconcurrency: {group: x, cancel-in-progress: true}",
    ],
)
def test_filters_permissions_and_groups_are_not_looked_at(tmp_path: Path, head: str) -> None:
    jobs = "\njobs: {a: {runs-on: ubuntu-latest, environment: production, steps: [{run: 'true'}]}}\n"
    assert run(tmp_path, head + jobs, "issues", payload={"action": "opened"}).ran == {"a"}


def test_an_empty_matrix_is_one_leg_with_nothing_in_it(tmp_path: Path) -> None:
    text = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, outputs: {legs: '[]'}, steps: [{run: 'true'}]}
  b:
    needs: a
    runs-on: ubuntu-latest
    strategy: {matrix: {leg: "${{ fromJSON(needs.a.outputs.legs) }}"}}
    steps: [{run: 'echo "<${{ matrix.leg }}>"'}]
"""
    assert run(tmp_path, text).leg("b").printed == "<>\n"


def test_every_leg_runs_though_one_failed_and_fail_fast_was_asked_for(tmp_path: Path) -> None:
    text = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    strategy: {fail-fast: true, max-parallel: 1, matrix: {n: [1, 2]}}
    steps: [{run: "exit $((2 - ${{ matrix.n }}))"}]
"""
    ran = run(tmp_path, text)
    assert (ran.leg("a", n=1).result, ran.leg("a", n=2).result) == ("failure", "success")


def test_required_inputs_of_a_called_workflow_are_not_asked_for(tmp_path: Path) -> None:
    callee = "on: {workflow_call: {inputs: {x: {type: string, required: true}}}}\njobs: {y: {runs-on: ubuntu-latest, steps: [{run: 'echo \"<${{ inputs.x }}>\"'}]}}\n"
    ran = run(tmp_path, "on: push\njobs: {a: {uses: ./.github/workflows/y.yml}}\n", callee=callee)
    assert ran.leg("y").printed == "<>\n"


def test_an_output_that_holds_a_secret_is_passed_on(tmp_path: Path) -> None:
    text = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {s: "${{ steps.s.outputs.s }}"}
    steps: [{id: s, run: 'echo "s=$S" >> "$GITHUB_OUTPUT"', env: {S: "${{ secrets.S }}"}}]
  b: {needs: a, runs-on: ubuntu-latest, steps: [{run: 'echo "${#S}"', env: {S: "${{ needs.a.outputs.s }}"}}]}
"""
    assert run(tmp_path, text, secrets={"S": "hushhush"}).leg("b").printed == "8\n"


def test_the_contexts_that_name_a_called_workflow_are_empty(tmp_path: Path) -> None:
    step = "echo '<${{ job.workflow_repository }}|${{ job.workflow_sha }}|${{ github.workflow_ref }}|${{ github.triggering_actor }}>'"
    text = f'on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: "{step}"}}]}}}}\n'
    assert run(tmp_path, text).leg("a").printed == "<|||>\n"
