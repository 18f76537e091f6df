"""The harness itself: what a workflow did under act is told truly, by the effect on the hub where there is one.

If act cannot start, these fail; nothing here is skipped.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub import Hub
from hub.act import PACK as ACT_PACK
from hub.act import STANDINS, act, clone, start

CHECKOUT, SETUP_PYTHON, UPLOAD = STANDINS
PACK = f"""
name: x
on:
  workflow_call:
    inputs:
      count: {{type: number, default: 2}}
      pack_sha: {{type: string, required: true}}
permissions: {{}}
jobs:
  select:
    runs-on: ubuntu-latest
    outputs:
      legs: ${{{{ steps.legs.outputs.legs }}}}
      count: ${{{{ inputs.count }}}}
    steps:
      - uses: {CHECKOUT}
        with: {{repository: acme/autonomy-pack, ref: "${{{{ inputs.pack_sha }}}}", path: .pack, persist-credentials: false}}
      - uses: {SETUP_PYTHON}
        with: {{python-version: "3.11"}}
      - id: legs
        run: python .pack/legs.py "$COUNT" >> "$GITHUB_OUTPUT"
        env: {{COUNT: "${{{{ inputs.count }}}}"}}
      - name: report
        if: always()
        run: |
          echo "# chosen" >> "$GITHUB_STEP_SUMMARY"
          echo "::warning title=Look::one thing"
  run:
    needs: select
    if: needs.select.outputs.count != '0'
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        leg: ${{{{ fromJSON(needs.select.outputs.legs) }}}}
    steps:
      - run: |
          git config --get-regexp 'http.*extraheader' && exit 9
          mkdir out
          printf '%s' "$LEG" > out/result.json
          echo other > out/other.txt
        env: {{LEG: "${{{{ toJSON(matrix.leg) }}}}"}}
      - uses: {UPLOAD}
        with: {{name: "attempt-${{{{ matrix.leg.issue }}}}", path: out/result.json, if-no-files-found: error}}
  publish:
    needs: [select, run]
    if: always() && needs.select.outputs.count != '0'
    runs-on: ubuntu-latest
    steps:
      - run: gh api "repos/$GITHUB_REPOSITORY/issues/1/labels" -f 'labels[]=done' --silent
        env: {{GH_TOKEN: "${{{{ github.token }}}}"}}
"""
LEGS = "import json, sys; print('legs=' + json.dumps([{'issue': str(n + 1)} for n in range(int(sys.argv[1]))]))\n"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/autonomy-pack", files={".github/workflows/x.yml": PACK, "legs.py": LEGS})
        made.repo("other/target")
        made.user("ada", permission={"other/target": "write"})
        yield made


def caller(hub: Hub, folder: Path, count: int = 2) -> Path:
    """A working copy of the foreign repository, whose workflow calls the pack's at a commit."""
    sha = hub.repos["acme/autonomy-pack"].head()
    text = f"""
on: [workflow_dispatch]
jobs:
  loop:
    uses: acme/autonomy-pack/.github/workflows/x.yml@{sha}
    with: {{count: {count}, pack_sha: {sha}}}
"""
    hub.repos["other/target"].commit({".github/workflows/loop.yml": text})
    return clone(hub.repos["other/target"], folder)


def alone(folder: Path, jobs: str) -> Path:
    """A repository with one workflow and no GitHub at all."""
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / ".github/workflows/x.yml").write_text("on: [workflow_dispatch, issues]\n" + jobs)
    return folder


def test_a_foreign_caller_runs_the_packs_workflow_of_one_commit(hub: Hub, tmp_path: Path) -> None:
    target = hub.repos["other/target"]
    issue = target.issue(author="ada")
    secrets = {"GITHUB_TOKEN": hub.token("ada")}
    ran = act(
        "workflow_dispatch",
        caller(hub, tmp_path / "w"),
        ".github/workflows/loop.yml",
        hub=hub,
        secrets=secrets,
        run_id=4711,
    )
    assert ran.code == 0, ran.explain()
    assert (ran.ran, ran.skipped, ran.failed) == ({"select", "run", "publish"}, set(), set())
    assert [label.name for label in issue.labels] == ["done"]
    assert (hub.escapes, hub.violations, ran.left) == ([], [], [])
    assert secrets["GITHUB_TOKEN"] not in ran.said


def test_artifacts_of_a_run_lie_in_the_hub_with_exactly_the_named_files(hub: Hub, tmp_path: Path) -> None:
    hub.repos["other/target"].issue(author="ada")
    secrets = {"GITHUB_TOKEN": hub.token("ada")}
    ran = act(
        "workflow_dispatch",
        caller(hub, tmp_path / "w"),
        ".github/workflows/loop.yml",
        hub=hub,
        secrets=secrets,
        run_id=4711,
    )
    kept = {artifact.name: artifact.data for artifact in hub.repos["other/target"].artifacts.of(4711)}
    assert set(kept) == {"attempt-1", "attempt-2"}, ran.explain()
    with zipfile.ZipFile(io.BytesIO(kept["attempt-2"])) as archive:
        assert archive.namelist() == ["result.json"]
        assert json.loads(archive.read("result.json")) == {"issue": "2"}


def test_outputs_matrix_annotations_and_summaries_are_told(hub: Hub, tmp_path: Path) -> None:
    hub.repos["other/target"].issue(author="ada")
    secrets = {"GITHUB_TOKEN": hub.token("ada")}
    ran = act("workflow_dispatch", caller(hub, tmp_path / "w"), ".github/workflows/loop.yml", hub=hub, secrets=secrets)
    assert json.loads(ran.leg("select").outputs["legs", "legs"]) == [{"issue": "1"}, {"issue": "2"}]
    assert [leg.matrix["leg"] for leg in sorted(ran.legs, key=lambda leg: leg.path) if leg.job == "run"] == [
        {"issue": "1"},
        {"issue": "2"},
    ]
    assert [(note.level, note.text, note.where["title"], note.job) for note in ran.annotations] == [
        ("warning", "one thing", "Look", "select")
    ]
    assert ran.summary == "# chosen\n"
    assert ran.leg("select").step("report").result == "success"


def test_nothing_to_do_is_one_job_and_two_that_were_skipped(hub: Hub, tmp_path: Path) -> None:
    ran = act("workflow_dispatch", caller(hub, tmp_path / "w", count=0), ".github/workflows/loop.yml", hub=hub)
    assert (ran.code, ran.ran, ran.skipped) == (0, {"select"}, {"run", "publish"}), ran.explain()


def test_a_working_copy_stands_in_for_the_pack(hub: Hub, tmp_path: Path) -> None:
    where = caller(hub, tmp_path / "w", count=0)
    copy = clone(hub.repos["acme/autonomy-pack"], tmp_path / "pack")
    path = copy / ".github/workflows/x.yml"
    path.write_text(path.read_text().replace("# chosen", "# edited"))
    used = f"acme/autonomy-pack@{hub.repos['acme/autonomy-pack'].head()}"
    ran = act("workflow_dispatch", where, ".github/workflows/loop.yml", hub=hub, local={used: copy})
    assert ran.summary == "# edited\n", ran.explain()


def test_inputs_are_typed_and_text_in_the_event_as_on_github(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/x.yml").write_text("""
on: {workflow_dispatch: {inputs: {n: {type: number}, who: {type: string, default: bob}}}}
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: "echo ${{ inputs.n == 2 }} ${{ inputs.who }} ${{ github.event.inputs.n == '2' }}"}]}}
""")
    ran = act("workflow_dispatch", tmp_path, ".github/workflows/x.yml", inputs={"n": "2"})
    assert ran.leg("a").printed == "true bob true\n", ran.explain()


def test_payload_and_variables_reach_the_job_and_secrets_stay_hidden(tmp_path: Path) -> None:
    jobs = """
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "$GITHUB_RUN_ID/$GITHUB_RUN_ATTEMPT $ACTION $V $S"
        env: {ACTION: "${{ github.event.action }}", V: "${{ vars.V }}", S: "${{ secrets.S }}"}
      - {id: bare, run: '! env | grep hushhush'}
"""
    ran = act(
        "issues", alone(tmp_path, jobs), ".github/workflows/x.yml", payload={"action": "labeled"},
        variables={"V": "var"}, secrets={"S": "hushhush"}, run_id=5, attempt=2,
    )  # fmt: skip
    assert ran.leg("a").printed.splitlines() == ["5/2 labeled var ***"], ran.explain()
    assert ran.leg("a").step("bare").result == "success"
    assert "hushhush" not in ran.said


def test_an_environment_made_on_the_runner_has_the_locked_requirements_without_any_network(
    hub: Hub, tmp_path: Path
) -> None:
    lock = ACT_PACK / "requirements.lock"
    install = f'"$RUNNER_TEMP/e/bin/python" -I -m pip install --isolated --disable-pip-version-check -q --require-hashes --only-binary :all: -r {lock}'
    steps = f"""
      - run: python3 -I -m venv --clear "$RUNNER_TEMP/e"
      - run: {json.dumps(install)}
      - run: '"$RUNNER_TEMP/e/bin/python" -I -c "import sys, yaml; print(sys.prefix, yaml.__file__)"'
"""
    hub.repos["other/target"].commit(
        {".github/workflows/x.yml": f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:{steps}"}
    )
    ran = act("push", clone(hub.repos["other/target"], tmp_path / "w"), ".github/workflows/x.yml", hub=hub)
    assert (ran.code, hub.escapes) == (0, []), ran.explain()
    prefix, module = ran.leg("a").printed.split()[-2:]
    assert module.startswith(prefix)
    assert "hub-act-" in prefix


def test_steps_see_nothing_of_who_runs_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING_PRIVATE", "1")
    jobs = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'env; pwd; ls -A'}]}}\n"
    printed = act("workflow_dispatch", alone(tmp_path / "w", jobs), ".github/workflows/x.yml").leg("a").printed
    assert "SOMETHING_PRIVATE" not in printed
    assert "hub-act-" in printed


def test_a_failed_leg_is_told_from_the_good_ones_and_a_forgiven_step_from_both(tmp_path: Path) -> None:
    jobs = """
jobs:
  leg:
    runs-on: ubuntu-latest
    strategy: {fail-fast: false, matrix: {n: [1, 2]}}
    steps:
      - {id: may, run: exit 3, continue-on-error: true}
      - {id: must, run: "exit $((${{ matrix.n }} - 1))"}
      - {id: after, run: "true"}
  report:
    needs: leg
    if: always()
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
    ran = act("workflow_dispatch", alone(tmp_path, jobs), ".github/workflows/x.yml")
    assert (ran.code, ran.ran, ran.failed) == (1, {"leg", "report"}, {"leg"}), ran.explain()
    assert (ran.leg("leg", n=1).result, ran.leg("leg", n=2).result) == ("success", "failure")
    assert ran.leg("leg", n=1).step("may").forgiven
    assert ran.leg("leg", n=2).step("after").result == "skipped"


def test_a_job_whose_label_is_not_mapped_is_no_success(tmp_path: Path) -> None:
    jobs = "jobs: {a: {runs-on: windows-latest, steps: [{run: 'true'}]}}\n"
    with pytest.raises(AssertionError, match="label is not mapped"):
        act("workflow_dispatch", alone(tmp_path, jobs), ".github/workflows/x.yml")


def test_what_steps_leave_running_is_ended_by_its_mark(tmp_path: Path) -> None:
    # act hangs up its terminal at the end of a step; the step ends when the program has begun
    step = "trap '' HUP; sleep 987 > /dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done"
    jobs = f"jobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: {json.dumps(step)}}}]}}}}\n"
    ran = act("workflow_dispatch", alone(tmp_path, jobs), ".github/workflows/x.yml")
    assert [words for words in ran.left if "sleep 987" in words], ran.left
    assert not [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "987"]]


def test_a_run_that_does_not_end_is_ended_and_said(tmp_path: Path) -> None:
    jobs = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'exec sleep 654'}]}}\n"
    with pytest.raises(AssertionError, match="act did not end within 2 s"):
        act("workflow_dispatch", alone(tmp_path, jobs), ".github/workflows/x.yml", seconds=2)
    assert not [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "654"]]


def test_a_test_may_hold_the_hub_while_a_workflow_runs(hub: Hub, tmp_path: Path) -> None:
    hub.repos["other/target"].issue(author="ada")
    barrier = hub.hold("POST /repos/other/target/issues/1/labels")
    where = caller(hub, tmp_path / "w")
    running = start(
        "workflow_dispatch", where, ".github/workflows/loop.yml", hub=hub, secrets={"GITHUB_TOKEN": hub.token("ada")}
    )
    try:
        assert barrier.reached(60)
        assert hub.repos["other/target"].issues[1].labels == []
        barrier.release()
        assert running.wait().code == 0
    finally:
        running.close()
    assert [label.name for label in hub.repos["other/target"].issues[1].labels] == ["done"]


def test_a_step_that_looks_elsewhere_is_refused_and_noted(hub: Hub, tmp_path: Path) -> None:
    jobs = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'curl -sS https://example.com/'}]}}\n"
    hub.repos["other/target"].commit({".github/workflows/x.yml": "on: [workflow_dispatch]\n" + jobs})
    ran = act("workflow_dispatch", clone(hub.repos["other/target"], tmp_path / "w"), ".github/workflows/x.yml", hub=hub)
    assert (ran.code, hub.escapes) == (1, ["example.com"])
