"""What must hold of every workflow of ours, read from its YAML: what no linter checks, and what act does not honour.

`broken(text, file)` names every rule that a file breaks; the rules are the functions of RULES, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
LOOP, GATE, DECIDE = "autonomous-agent-loop.yml", "autonomy-pr-review-gate.yml", "autonomy-decide.yml"
REVIEW, REPAIR = "autonomy-pr-review.yml", "autonomy-ci-repair.yml"
CONTINUOUS, CI, RELEASE = "agent-continuous.yml", "ci.yml", "release.yml"
OURS = (LOOP, GATE, DECIDE, REVIEW, REPAIR, CONTINUOUS, CI, RELEASE)

PINS = {
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1": "v7.0.1",
    "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97": "v7.0.0",
    "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f": "v7.0.0",
    "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c": "v8.0.1",
}
SESSION = "${{ runner.temp }}/autonomy-work/publish"
SET_UP = "./.github/actions/autonomy-setup"
CHECKOUT, UPLOAD, DOWNLOAD = "actions/checkout@", "actions/upload-artifact@", "actions/download-artifact@"

# boundary: who holds what. Exactly this, no more and no less.
HOLDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    LOOP: {
        "select": {"contents": "write", "issues": "write", "pull-requests": "read", "actions": "read"},
        "run": {"contents": "read", "issues": "read", "actions": "read"},
        "publish": {
            "contents": "write",
            "issues": "write",
            "pull-requests": "write",
            "checks": "write",
            "actions": "read",
        },
    },
    REPAIR: {
        "select": {
            "contents": "write",
            "issues": "write",
            "pull-requests": "read",
            "checks": "read",
            "actions": "read",
        },
        "run": {"contents": "read", "issues": "read", "actions": "read"},
        "publish": {
            "contents": "write",
            "issues": "write",
            "pull-requests": "write",
            "checks": "write",
            "actions": "read",
        },
    },
    GATE: {
        "recheck": {"contents": "read"},
        "judge": {"contents": "read", "issues": "write", "pull-requests": "write", "checks": "write"},
    },
    DECIDE: {
        "decide": {
            "contents": "write",
            "issues": "write",
            "pull-requests": "write",
            "checks": "write",
            "actions": "read",
        },
    },
    REVIEW: {
        "select": {"contents": "read", "pull-requests": "read", "issues": "read", "actions": "read"},
        "run": {"contents": "read", "pull-requests": "read", "issues": "read", "actions": "read"},
        "publish": {"contents": "read", "pull-requests": "write", "issues": "read", "actions": "read"},
    },
    CONTINUOUS: {
        "loop": {"contents": "write", "issues": "write", "pull-requests": "write", "checks": "write", "actions": "read"}
    },
    CI: {"test": {"contents": "read"}},
    RELEASE: {"build": {"contents": "read"}, "publish": {"contents": "write", "id-token": "write"}},
}
MODEL_KEYS = frozenset({"anthropic_api_key", "openai_api_key", "gemini_api_key"})
# The steps that may have them: (file, job, step).
KEYED = frozenset({(LOOP, "run", "Work"), (REPAIR, "run", "Work"), (REVIEW, "run", "Ask the agents")})
ALLOWED_EVENTS = frozenset(
    {"workflow_call", "workflow_dispatch", "schedule", "issue_comment", "issues", "pull_request"}
)

Workflow = Mapping[str, Any]
Rule = Callable[[Workflow, str, str], Iterator[str]]


def parsed(text: str) -> Workflow:
    """The workflow; YAML 1.1 reads the key `on` as true."""
    said = yaml.safe_load(text)
    return {("on" if key is True else key): value for key, value in said.items()}


def broken(text: str, file: str) -> list[str]:
    """Every rule that the file breaks, with where."""
    workflow = parsed(text)
    return [f"{rule.__name__}: {where}" for rule in RULES for where in rule(workflow, text, file)]


def jobs(workflow: Workflow) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from workflow["jobs"].items()


def steps(workflow: Workflow) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, job in jobs(workflow):
        yield from ((name, step) for step in job.get("steps", ()))


def events(workflow: Workflow) -> Mapping[str, Any]:
    on = workflow["on"]
    return on if isinstance(on, dict) else dict.fromkeys([on] if isinstance(on, str) else on)


def no_permission_by_default(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act gives every job the whole token; the repository's default may be write."""
    if workflow.get("permissions") != {}:
        yield "top level"


def every_job_holds_exactly_what_it_needs(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act ignores permissions; a new permission breaks every caller, so it must be meant."""
    for name, job in jobs(workflow):
        if job.get("permissions") != HOLDS[file].get(name):
            yield name
    if {name for name, _ in jobs(workflow)} != set(HOLDS[file]):
        yield "other jobs"


def every_job_has_a_time_limit(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act ignores it; without one a job may burn six hours."""
    yield from (name for name, job in jobs(workflow) if "uses" not in job and "timeout-minutes" not in job)


def runs_of_one_kind_do_not_overlap(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act ignores concurrency. github.workflow is the caller's name, so caller and callee would cancel each other."""
    said = workflow.get("concurrency")
    if not isinstance(said, dict) or "cancel-in-progress" not in said or "github.workflow" in str(said.get("group")):
        yield str(said)


def no_expression_reaches_a_shell(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """An expression in `run:` is text pasted into a program."""
    yield from (f"{job}/{step['name']}" for job, step in steps(workflow) if "${{" in step.get("run", ""))


def actions_are_few_and_pinned(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """A tag moves; the comment behind a pin tells people which release it is."""
    for job, step in steps(workflow):
        uses = step.get("uses", "")
        if uses and uses != SET_UP and (uses not in PINS or f"{uses} # {PINS[uses]}" not in text):
            yield f"{job}: {uses}"
    for name, job in jobs(workflow):
        if "uses" in job and job["uses"] != f"./.github/workflows/{LOOP}":
            yield f"{name}: {job['uses']}"


def no_token_stays_in_a_checkout(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Otherwise .git/config holds it for whoever comes next."""
    for job, step in steps(workflow):
        if step.get("uses", "").startswith(CHECKOUT) and step.get("with", {}).get("persist-credentials") is not False:
            yield f"{job}/{step['name']}"


def nothing_is_cached(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """A cache is how a poisoned build reaches a job with rights."""
    for job, step in steps(workflow):
        if "cache" in step.get("uses", "") or any("cache" in key for key in step.get("with", {})):
            yield f"{job}/{step['name']}"


def only_events_that_bring_no_right(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """pull_request_target and workflow_run run with rights on what strangers wrote."""
    allowed = ALLOWED_EVENTS | ({"push"} if file in (CI, RELEASE) else set())
    yield from (event for event in events(workflow) if event not in allowed)
    for event in ("issue_comment", "issues", "pull_request"):
        types = (events(workflow).get(event) or {}).get("types")
        if event in events(workflow) and not types:
            yield f"{event} of every type"
        if event == "issue_comment" and event in events(workflow) and types != ["created"]:
            yield "comments that were edited"


def a_comment_must_begin_with_our_word(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act ignores `types`, and everybody may comment: the job says it again."""
    guard = "startsWith(github.event.comment.body, '/autonomy ')"
    if "issue_comment" in events(workflow):
        yield from (name for name, job in jobs(workflow) if not str(job.get("if", "")).startswith(guard))


def no_secret_but_the_packs_read_token(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """A job that never had a secret cannot lose it. Keys of models are in the one step that starts the gateway, of a
    job that can write nothing. Secrets are passed by name, to workflows of ours only."""
    keyed = [step.get("env", {}) for job, step in steps(workflow) if (file, job, step["name"]) in KEYED]
    kept = {name for env in keyed for said in env.values() for name in re.findall(r"secrets\.(\w+)", str(said))}
    said = re.findall(r"secrets\.(\w+)", text)
    passed = {name.upper() for name, to in _passed(workflow) if to == f"${{{{ secrets.{name.upper()} }}}}"}
    yield from sorted(
        set(said) - {"pack_token"} - (kept & MODEL_KEYS) - (passed & {name.upper() for name in MODEL_KEYS})
    )
    yield from sorted(name for name in kept if said.count(name) > 1)
    yield from (name for name, job in jobs(workflow) if job.get("secrets") == "inherit")
    if "secrets[" in text or "toJSON(secrets)" in text:
        yield "secrets by computed name"


def _passed(workflow: Workflow) -> Iterator[tuple[str, str]]:
    for _, job in jobs(workflow):
        given = job.get("secrets") or {}
        yield from given.items() if "uses" in job and isinstance(given, dict) else ()


def facts_cross_by_job_outputs_only(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Any job of a run can replace any artifact of it; outputs of a matrix are those of one leg at best."""
    if file != RELEASE:
        yield from (f"{job}: {step['uses']}" for job, step in steps(workflow) if DOWNLOAD in step.get("uses", ""))
    yield from (name for name, job in jobs(workflow) if "outputs" in job and "matrix" in job.get("strategy", {}))


def few_jobs_and_steps(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """What nobody can read nobody can judge."""
    if len(workflow["jobs"]) > 3 or len(list(steps(workflow))) > 30:
        yield f"{len(workflow['jobs'])} jobs, {len(list(steps(workflow)))} steps"


def programs_fail_at_their_first_error(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """`shell: bash` is what sets pipefail; without it bash runs on."""
    if any("run" in step for _, step in steps(workflow)):
        if workflow.get("defaults") != {"run": {"shell": "bash"}}:
            yield "defaults"
        yield from (f"{job}/{step['name']}" for job, step in steps(workflow) if "shell" in step)


def nothing_hides_a_failure(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act ignores it at jobs; a step that may fail is a step whose evidence is missing."""
    if "continue-on-error" in text or "|| true" in text:
        yield file
    for job, step in steps(workflow):
        allowed = ("Report", "Keep the attempt", "Keep the session's summary")
        if "always()" in str(step.get("if", "")) and step["name"] not in allowed:
            yield f"{job}/{step['name']}"
    for name, job in jobs(workflow):
        if "always()" in str(job.get("if", "")):
            yield name


def nothing_that_act_cannot_show(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Containers and services fail under act; environments are ignored by it."""
    for name, job in jobs(workflow):
        keys = {"container", "services"} | (set() if (file, name) == (RELEASE, "publish") else {"environment"})
        yield from (f"{name}: {key}" for key in sorted(keys & set(job)))


def identity_only_in_the_last_job_of_a_release(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Whoever has an OIDC token of ours can publish as us."""
    last = list(workflow["jobs"])[-1]
    for name, job in jobs(workflow):
        if "id-token" in (job.get("permissions") or {}) and (file, name) != (RELEASE, last):
            yield name


def we_never_approve_or_merge(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Our own word is no review."""
    found = re.findall(r"gh pr (?:merge|review)|--auto\b|AutoMerge|/merge\b|/reviews\b|--approve", text)
    yield from found


def no_step_changes_how_later_steps_start(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """GITHUB_ENV and GITHUB_PATH reach every later step; printed commands may be anybody's."""
    for job, step in steps(workflow):
        run = step.get("run", "")
        if re.search(r"GITHUB_(?:ENV|PATH|STATE)|::(?:set-output|add-path|set-env|save-state)|\beval\b", run):
            yield f"{job}/{step['name']}"


def nothing_from_the_network_is_run(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """What is downloaded is locked by hash, in a script that is tested."""
    for job, step in steps(workflow):
        if re.search(r"\b(?:curl|wget|npx|pip|npm|docker)\b", step.get("run", "")):
            yield f"{job}/{step['name']}"


def no_step_reads_what_an_agent_said(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Model text reaches validators only, never a step: outputs of `run` are not used beyond its own artifact."""
    uses = set(re.findall(r"(?:steps\.run|needs\.run)\.outputs\.(\w+)", text))
    # What the review's agents said crosses as one text that publish reads against a closed schema.
    judged = (
        file == REVIEW and text.count("needs.run.outputs.opinions") == 1 and "AUTONOMY_OPINIONS: ${{ needs.run" in text
    )
    yield from sorted(uses - {"artifact"} - ({"opinions"} if judged else set()))


def an_artifact_has_exactly_three_named_files(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """A folder would take along whatever somebody put there."""
    for job, step in steps(workflow):
        if file in (LOOP, REPAIR) and step.get("uses", "").startswith(UPLOAD):
            names = [line.rpartition("/")[2] for line in step["with"]["path"].splitlines()]
            if job == "publish" and step["with"]["path"] == SESSION:
                continue  # no stranger's program ever runs there: the folder holds what publish itself wrote
            if names != ["attempt.bundle", "result.json", "transcript.jsonl"] or "*" in step["with"]["path"]:
                yield f"{job}: {names}"


def whoever_has_rights_has_no_project(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """A job that may write checks nothing out but the pack, and runs no set-up of the project."""
    for name, job in jobs(workflow):
        if file in (CI, RELEASE) or "write" not in (job.get("permissions") or {}).values():
            continue
        for step in job.get("steps", ()):
            checks_out = step.get("uses", "").startswith(CHECKOUT) and step["with"].get("path") != ".pack"
            if checks_out or step.get("uses") == SET_UP or " setup" in step.get("run", ""):
                yield f"{name}/{step['name']}"


def no_key_before_the_set_up_is_done(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Set-up runs the project's programs with network; a token comes into being only after it."""
    for name, job in jobs(workflow):
        names = [step["name"] for step in job.get("steps", ())]
        ends = max((number for number, one in enumerate(names) if one.startswith("Set up the project")), default=-1)
        for step in list(job.get("steps", ()))[: ends + 1]:
            if "github.token" in str(step.get("env", "")) or "secrets" in str(step.get("env", "")):
                yield f"{name}/{step['name']}"


def set_up_is_never_a_pull_requests_own(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Set-up runs unboxed, and a pull request's base is whatever branch its author names: only the default branch's."""
    for name, job in jobs(workflow) if "pull_request" in events(workflow) and file == GATE else ():
        names = [step["name"] for step in job["steps"]]
        first = next((number for number, one in enumerate(names) if one.startswith("Set up the project")), None)
        if first is None:
            continue
        before = [step for step in job["steps"][:first] if step.get("id") == "base"]
        trusted = "refs/remotes/origin/${{ github.event.repository.default_branch }}"
        goes = any(
            step.get("env") == {"BASE": trusted} and 'checkout --quiet --force --detach "$BASE" --' in step["run"]
            for step in before
        )
        only = "github.event.pull_request.base.ref == github.event.repository.default_branch"
        if not goes or job.get("if") != only or "pull_request.base.sha" in text:
            yield name


def who_judges_hostile_text_has_no_token(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Choosing reads what strangers wrote, rechecking runs it."""
    for job, step in steps(workflow):
        if step.get("run", "").endswith((" choose", " recheck")) and "github.token" in str(step.get("env", "")):
            yield f"{job}/{step['name']}"


def a_matrix_is_whole_and_guarded(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """act runs an empty matrix once, GitHub fails it; one leg's failure must not end the others."""
    for name, job in jobs(workflow):
        strategy = job.get("strategy")
        if strategy and strategy.get("fail-fast") is not False:
            yield f"{name}: fail-fast"
        if strategy and file in (LOOP, REPAIR) and "outputs.count > 0" not in str(job.get("if", "")):
            yield f"{name}: no guard"


def the_pack_is_of_the_workflows_own_commit(workflow: Workflow, text: str, file: str) -> Iterator[str]:
    """Empty inputs would check out the caller's tree and run it with our token."""
    if file in (CI, RELEASE, CONTINUOUS):
        return
    pattern = "[[ $one =~ ^[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[0-9a-f]{40}$ ]]"
    for name, job in jobs(workflow):
        named = next((step for step in job["steps"] if step.get("id") == "pack"), {})
        fetched = next((step for step in job["steps"] if step.get("with", {}).get("path") == ".pack"), {})
        asserts = pattern in named.get("run", "") and named["run"].rstrip().endswith("exit 2")
        by_id = fetched.get("with", {}).get("ref") == "${{ steps.pack.outputs.sha }}"
        installs = any(step.get("run") == "sh .pack/scripts/on-runner.sh" for step in job["steps"])
        if not (asserts and by_id and installs):
            yield name


RULES: tuple[Rule, ...] = (
    no_permission_by_default,
    every_job_holds_exactly_what_it_needs,
    every_job_has_a_time_limit,
    runs_of_one_kind_do_not_overlap,
    no_expression_reaches_a_shell,
    actions_are_few_and_pinned,
    no_token_stays_in_a_checkout,
    nothing_is_cached,
    only_events_that_bring_no_right,
    a_comment_must_begin_with_our_word,
    no_secret_but_the_packs_read_token,
    facts_cross_by_job_outputs_only,
    few_jobs_and_steps,
    programs_fail_at_their_first_error,
    nothing_hides_a_failure,
    nothing_that_act_cannot_show,
    identity_only_in_the_last_job_of_a_release,
    we_never_approve_or_merge,
    no_step_changes_how_later_steps_start,
    nothing_from_the_network_is_run,
    no_step_reads_what_an_agent_said,
    an_artifact_has_exactly_three_named_files,
    whoever_has_rights_has_no_project,
    no_key_before_the_set_up_is_done,
    set_up_is_never_a_pull_requests_own,
    who_judges_hostile_text_has_no_token,
    a_matrix_is_whole_and_guarded,
    the_pack_is_of_the_workflows_own_commit,
)
