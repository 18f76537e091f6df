"""Our workflows keep every rule, and each rule notices when it is broken."""

from __future__ import annotations

import re

import pytest
import yaml

from autonomy_pack.commands.in_job import LOOP_INPUTS, REPAIR_INPUTS
from autonomy_pack.views.callers import FILES as NEEDED
from autonomy_pack.views.callers import callers
from tests.workflows import rules
from tests.workflows.rules import CI, CONTINUOUS, DECIDE, FOLDER, GATE, LOOP, RELEASE, REPAIR, REVIEW, broken, parsed

PACK = "acme/autonomy-pack"
CALLERS = {
    path.rpartition("/")[2]: text for path, text in callers(PACK, "a" * 40, "1.2.3", review=True, repair=True).items()
}
FILES = (*NEEDED, REVIEW, REPAIR)


def text_of(file: str) -> str:
    return (FOLDER / file).read_text()


@pytest.mark.parametrize("file", rules.OURS)
def test_a_workflow_keeps_every_rule(file: str) -> None:
    assert broken(text_of(file), file) == []


def test_every_workflow_of_ours_is_judged() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(rules.OURS)


# (rule, file, what stands there, what stands there when it is broken)
PUBLISH = "      - name: Publish\n"
FAULTS = [
    ("no_permission_by_default", LOOP, "permissions: {}\ndefaults", "permissions: read-all\ndefaults"),
    ("every_job_holds_exactly_what_it_needs", LOOP, "issues: read # the issue's text", "issues: write # the issue's text"),
    ("every_job_holds_exactly_what_it_needs", REVIEW, "pull-requests: read # the pull", "pull-requests: write # the pull"),
    ("no_secret_but_the_packs_read_token", REVIEW, "          AUTONOMY_OPINIONS: $", "          KEY: ${{ secrets.openai_api_key }}\n          AUTONOMY_OPINIONS: $"),
    ("no_step_reads_what_an_agent_said", REVIEW, "          AUTONOMY_OPINIONS: $", "          OPINIONS: $"),
    ("every_job_holds_exactly_what_it_needs", REPAIR, "actions: read # the logs of", "actions: write # the logs of"),
    ("only_events_that_bring_no_right", REPAIR, "  schedule:\n", "  workflow_run: {workflows: [CI], types: [completed]}\n  schedule:\n"),
    ("no_secret_but_the_packs_read_token", REPAIR, "          AUTONOMY_PLAN: $", "          KEY: ${{ secrets.openai_api_key }}\n          AUTONOMY_PLAN: $"),
    ("an_artifact_has_exactly_three_named_files", REPAIR, "/attempt/transcript.jsonl", "/attempt/*"),
    ("a_matrix_is_whole_and_guarded", REPAIR, "    if: needs.select.outputs.count > 0\n", ""),
    ("every_job_holds_exactly_what_it_needs", GATE, "contents: read # the head and", "contents: write # the head and"),
    ("every_job_has_a_time_limit", DECIDE, "    timeout-minutes: 15\n", ""),
    ("runs_of_one_kind_do_not_overlap", LOOP, "group: autonomy-loop\n", "group: ${{ github.workflow }}\n"),
    ("runs_of_one_kind_do_not_overlap", CONTINUOUS, "  cancel-in-progress: false\n", ""),
    ("programs_fail_at_their_first_error", LOOP, "defaults:\n  run:\n    shell: bash\n", ""),
    ("nothing_hides_a_failure", LOOP, PUBLISH, PUBLISH + "        continue-on-error: true\n"),
    ("nothing_hides_a_failure", LOOP, "!cancelled() && needs.select.result == 'success'", "always()"),
    ("nothing_that_act_cannot_show", LOOP, "    timeout-minutes: 30\n", "    timeout-minutes: 30\n    environment: x\n"),
    ("a_matrix_is_whole_and_guarded", LOOP, "      fail-fast: false\n", ""),
    ("a_matrix_is_whole_and_guarded", LOOP, "    if: needs.select.outputs.count > 0\n", ""),
    ("the_pack_is_of_the_workflows_own_commit", LOOP, "[0-9a-f]{40}$ ]]", "[0-9a-f]* ]]"),
    ("the_pack_is_of_the_workflows_own_commit", GATE, "ref: ${{ steps.pack.outputs.sha }}", "ref: ${{ inputs.pack_sha }}"),
    ("an_artifact_has_exactly_three_named_files", LOOP, "/attempt/transcript.jsonl", "/attempt/*"),
    ("whoever_has_rights_has_no_project", LOOP, PUBLISH, "      - name: x\n        uses: ./.github/actions/autonomy-setup\n" + PUBLISH),
    ("no_key_before_the_set_up_is_done", LOOP, "          AUTONOMY_INPUTS: ${{ toJSON(inputs) }}\n        run: exec \"$RUNNER_TEMP/autonomy/bin/python\" -I -m autonomy_pack action setup", "          KEY: ${{ github.token }}\n        run: exec \"$RUNNER_TEMP/autonomy/bin/python\" -I -m autonomy_pack action setup"),
    ("set_up_is_never_a_pull_requests_own", GATE, "refs/remotes/origin/${{ github.event.repository.default_branch }}", "${{ github.event.pull_request.base.sha }}"),
    ("set_up_is_never_a_pull_requests_own", GATE, "    if: github.event.pull_request.base.ref == github.event.repository.default_branch\n", ""),
    ("set_up_is_never_a_pull_requests_own", GATE, "AUTONOMY_BASE: ${{ steps.base.outputs.commit }}", "AUTONOMY_BASE: ${{ github.event.pull_request.base.sha }}"),
    ("who_judges_hostile_text_has_no_token", GATE, "          AUTONOMY_HEAD:", "          GH_TOKEN: ${{ github.token }}\n          AUTONOMY_HEAD:"),
    ("few_jobs_and_steps", LOOP, "      - name: Publish\n", "".join(f"      - name: s{n}\n        run: echo\n" for n in range(10)) + "      - name: Publish\n"),
    ("a_comment_must_begin_with_our_word", DECIDE, "if: startsWith(github.event.comment.body, '/autonomy ') ||", "if:"),
    ("nothing_from_the_network_is_run", CI, "run: .ci/run", "run: pip install something && .ci/run"),
    ("identity_only_in_the_last_job_of_a_release", RELEASE, "contents: read # the source", "id-token: write # the source"),
]  # fmt: skip


def changed(file: str, there: str, instead: str) -> str:
    text = text_of(file)
    assert there in text, f"{file} has no {there!r}: the fault is out of date"
    return text.replace(there, instead)


@pytest.mark.parametrize(("rule", "file", "there", "instead"), FAULTS)
def test_a_rule_notices_when_it_is_broken(rule: str, file: str, there: str, instead: str) -> None:
    assert rule in {one.partition(":")[0] for one in broken(changed(file, there, instead), file)}


def test_every_rule_has_a_fault_that_shows_it_works() -> None:
    from tests.workflows.test_attacks import ATTACKS

    shown = {rule for rule, *_ in FAULTS} | {attack.rule for attack in ATTACKS}
    assert {rule.__name__ for rule in rules.RULES} == shown


def test_the_loop_has_three_jobs_and_few_steps() -> None:
    loop = parsed(text_of(LOOP))
    assert list(loop["jobs"]) == ["select", "run", "publish"]
    assert len(list(rules.steps(loop))) <= 30
    told = (rules.ROOT / "docs/reference/workflows.md").read_text()
    assert f"three jobs and {len(list(rules.steps(loop)))} steps" in told


def test_every_job_with_steps_of_ours_ends_with_its_report() -> None:
    for file in (LOOP, GATE, DECIDE, REPAIR):
        for _, job in rules.jobs(parsed(text_of(file))):
            last = job["steps"][-1]
            assert (last["name"], last["if"]) == ("Report", "always() && steps.install.outcome == 'success'")


def test_the_same_step_is_the_same_text_in_every_job() -> None:
    found: dict[str, set[str]] = {}
    for file in (LOOP, GATE, DECIDE, REPAIR):
        for _, step in rules.steps(parsed(text_of(file))):
            found.setdefault(step["name"], set()).add(yaml.safe_dump(step))
    common = ("Name the commit of the pack", "Fetch the pack", "Install the pack and its box", "Report")
    assert {name: len(found[name]) for name in common} == dict.fromkeys(common, 1)


def test_nothing_is_published_after_a_person_cancelled_the_run() -> None:
    condition = parsed(text_of(LOOP))["jobs"]["publish"]["if"]
    assert condition.startswith("${{ !cancelled() &&")


def test_the_inputs_of_the_loop_are_those_that_its_steps_understand() -> None:
    on = parsed(text_of(LOOP))["on"]
    assert set(on["workflow_call"]["inputs"]) == set(LOOP_INPUTS)
    assert set(on["workflow_dispatch"]["inputs"]) <= set(LOOP_INPUTS)


def test_the_repair_runs_and_publishes_by_the_very_jobs_of_the_loop() -> None:
    """What guards the loop guards it too; only its first job, who it says that it is, and its reasons differ."""
    loop, repair = parsed(text_of(LOOP)), parsed(text_of(REPAIR))
    assert {name: repair["jobs"][name] for name in ("run", "publish")} == {
        name: loop["jobs"][name] for name in ("run", "publish")
    }
    on = repair["on"]
    assert set(on) == {"workflow_call", "workflow_dispatch", "schedule"}
    mine = {*LOOP_INPUTS, *REPAIR_INPUTS} - {"allow_continuous", "issue", "max_issues"}
    assert set(on["workflow_call"]["inputs"]) == mine
    assert set(on["workflow_dispatch"]["inputs"]) <= mine


def test_every_verb_that_a_workflow_calls_exists() -> None:
    from autonomy_pack.commands.action import VERBS

    files = (LOOP, GATE, DECIDE, REVIEW, REPAIR)
    called = {match[1] for file in files for match in re.finditer(r"autonomy_pack action ([\w-]+)", text_of(file))}
    assert called == set(VERBS) - {"labels", "step"}


# --- callers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("hosted", [False, True])
def test_a_caller_has_at_most_forty_lines(file: str, private: bool, hosted: bool) -> None:
    made = callers(
        PACK,
        "a" * 40,
        "1.2.3",
        private=private,
        hosted=hosted,
        review=True,
        repair=True,
        runs_on=("self-hosted", "linux"),
    )
    text = made[f".github/workflows/{file}"]
    assert text.count("\n") <= 40
    assert text.endswith("\n")


@pytest.mark.parametrize("file", FILES)
def test_a_caller_grants_exactly_what_the_called_jobs_need(file: str) -> None:
    """GitHub refuses to start a call whose jobs ask for more than the caller has."""
    (job,) = parsed(CALLERS[file])["jobs"].values()
    needed: dict[str, str] = {}
    for _, called in rules.jobs(parsed(text_of(file))):
        for scope, right in called["permissions"].items():
            needed[scope] = max(right, needed.get(scope, ""))
    assert job["permissions"] == needed
    assert parsed(CALLERS[file])["permissions"] == {}


@pytest.mark.parametrize("file", FILES)
def test_caller_and_called_never_share_a_concurrency_group(file: str) -> None:
    """They would wait for, or cancel, each other."""
    groups = [parsed(text)["concurrency"]["group"] for text in (text_of(file), CALLERS[file])]
    assert groups[0].partition("${{")[0] != groups[1].partition("${{")[0]
    continuous = parsed(text_of(CONTINUOUS))["concurrency"]["group"]
    assert continuous not in groups


@pytest.mark.parametrize("file", FILES)
def test_a_caller_is_pinned_and_passes_only_inputs_that_exist(file: str) -> None:
    (job,) = parsed(CALLERS[file])["jobs"].values()
    assert job["uses"] == f"{PACK}/.github/workflows/{file}@{'a' * 40}"
    assert "# v1.2.3" in CALLERS[file]
    assert set(job["with"]) <= set(parsed(text_of(file))["on"]["workflow_call"]["inputs"])
    assert (job["with"]["pack_repository"], job["with"]["pack_sha"]) == (PACK, "a" * 40)


def test_a_caller_that_is_pinned_to_a_tag_has_the_runner_say_which_commit_that_is() -> None:
    made = callers(PACK, "a" * 40, "1.2.3", review=True, repair=True, pin="tag")
    for path, text in made.items():
        (job,) = parsed(text)["jobs"].values()
        assert job["uses"] == f"{PACK}/{path}@v1.2.3"
        assert "pack_sha" not in job["with"], "it would say another commit when the tag moves"
        assert text.count("\n") <= 40


@pytest.mark.parametrize("given", [{"hosted": False}, {"version": ""}])
def test_no_tag_is_called_where_nobody_knows_which_commit_it_is(given: dict[str, object]) -> None:
    from autonomy_pack.errors import UsageError

    with pytest.raises(UsageError, match="pin tag"):
        callers(**{"pack": PACK, "sha": "a" * 40, "version": "1.2.3", "pin": "tag", **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("file", FILES)
def test_a_caller_shares_no_cache_where_the_host_can_forbid_it(file: str) -> None:
    assert parsed(CALLERS[file])["cache-mode"] == "none"
    elsewhere = callers(PACK, "a" * 40, "1.2.3", hosted=False, review=True, repair=True)
    assert "cache-mode" not in parsed(elsewhere[f".github/workflows/{file}"])


@pytest.mark.parametrize("file", [REVIEW, REPAIR])
def test_a_caller_passes_the_keys_of_models_by_name_and_nothing_else(file: str) -> None:
    keys = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"}
    assert set(re.findall(r"secrets\.(\w+)", CALLERS[file])) == keys
    assert "inherit" not in CALLERS[file]


def test_a_fork_of_a_pull_request_starts_no_review() -> None:
    """It has no keys there, and its author could make it anything."""
    first = parsed(text_of(REVIEW))["jobs"]["select"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in first


@pytest.mark.parametrize("file", NEEDED)
def test_secrets_are_passed_by_name_keys_to_the_loop_alone_and_a_token_only_for_a_private_pack(file: str) -> None:
    keys = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"} if file == LOOP else set()
    assert set(re.findall(r"secrets\.(\w+)", CALLERS[file])) == keys
    private = callers(PACK, "a" * 40, "1.2.3", private=True)[f".github/workflows/{file}"]
    assert set(re.findall(r"secrets\.(\w+)", private)) == {*keys, "AUTONOMY_PACK_TOKEN"}
    assert "inherit" not in private


def test_the_agents_program_is_installed_before_any_key_and_never_where_somebody_could_write() -> None:
    for file in (LOOP, REVIEW, REPAIR):
        for job, step in rules.steps(parsed(text_of(file))):
            if "action install" in step.get("run", ""):
                assert job == "run"
                assert "secrets." not in str(step.get("env"))
                assert "token" not in str(step.get("env"))
    names = [step["name"] for job, step in rules.steps(parsed(text_of(LOOP))) if job == "run"]
    assert names.index("Install the agent's program") < names.index("Set up the project, its own action")
    assert names.index("Install the agent's program") < names.index("Work")


@pytest.mark.parametrize(
    "bad",
    [
        {"pack": "acme"},
        {"pack": "acme/x\n    secrets: inherit"},
        {"sha": "main"},
        {"sha": "a" * 39},
        {"version": "1.2.3\n#"},
        {"runs_on": ("${{ x }}",)},
        {"runs_on": ()},
        {"cron": '* * * * *"'},
    ],
)
def test_words_that_could_become_yaml_are_refused(bad: dict[str, object]) -> None:
    from autonomy_pack.errors import UsageError

    given = {"pack": PACK, "sha": "a" * 40, "version": "1.2.3", **bad}
    with pytest.raises(UsageError):
        callers(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("file", NEEDED)
def test_a_caller_keeps_the_rules_that_concern_it(file: str) -> None:
    workflow, text = parsed(CALLERS[file]), CALLERS[file]
    for rule in (
        rules.no_permission_by_default,
        rules.runs_of_one_kind_do_not_overlap,
        rules.only_events_that_bring_no_right,
        rules.a_comment_must_begin_with_our_word,
        rules.no_secret_but_the_packs_read_token,
    ):
        assert list(rule(workflow, text, file)) == []
