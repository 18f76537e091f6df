"""The inputs of action.yml: ours, those of other agents' actions, and what becomes of each. None is dropped in silence.

Names are those of the actions people come from, so that a step works after changing its `uses:`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from autonomy_pack.commands.action_run import workspace
from autonomy_pack.edges import actions, files
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.model import value
from autonomy_pack.policy.budget import NOTHING
from autonomy_pack.policy.budget import Asked as Spend

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")

KEYS = ("anthropic_api_key", "openai_api_key", "gemini_api_key")
HONOURED = (
    *KEYS,
    "agent",
    "agent_command",
    "dry_run",
    "github_token",
    "issue",
    "max_cost_usd",
    "max_issues",
    "max_turns",
    "mission",
    "model",
    "prompt",
    "prompt_file",
    "sandbox",
    "working_directory",
)
ALIASES = {
    "agent_name": "agent",
    "github_issue_number": "issue",
    "gemini_issue": "issue",
    "max_iterations": "max_turns",
    "google_api_key": "gemini_api_key",
    "gemini_model": "model",
}
# What would widen or narrow what an agent may do is never ignored: it has one place, which no pull request changes.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("allowed_bots", "allow_bots", "allow_bot_users", "allowed_non_write_users", "allow_users"),
        "`apps` in .github/autonomy.yml; people need write permission, always",
    ),
    **dict.fromkeys(
        ("protected_files", "allowed_files", "excluded_files", "max_patch_files", "max_patch_size"),
        "`protected` in .github/autonomy.yml",
    ),
    **dict.fromkeys(("test_command", "max_repair_attempts"), "`checks` in .github/autonomy.yml, `repair` of a mission"),
    **dict.fromkeys(
        ("max_tokens", "max_daily_cost_usd", "stall_timeout_minutes"),
        "`limits` of a mission and `budget` in .github/autonomy.yml",
    ),
    "timeout_minutes": "`timeout-minutes` of the job, `limits` of a mission",
    **dict.fromkeys(("reviewers", "pr_type", "draft"), "`handoff` in .github/autonomy.yml"),
    **dict.fromkeys(("base_branch", "target_branch"), "the default branch: changes are made from it and for it"),
    **dict.fromkeys(
        ("branch_prefix", "branch_name_template", "branch_name", "pr_labels", "title_prefix", "priority_labels"),
        "nothing: names and labels of handoffs are fixed, so that they are found again",
    ),
    **dict.fromkeys(("trigger_phrase", "label_trigger", "assignee_trigger"), "the labels `priority:*`"),
    "runner": "`runs-on` of the job that has this step",
    **dict.fromkeys(("safety_strategy", "codex_user"), "`sandbox`"),
    **dict.fromkeys(
        ("settings", "agent_args", "claude_args", "codex_args", "plugins", "additional_permissions", "output_schema"),
        "`agent_command`",
    ),
    **dict.fromkeys(
        ("include_comments_by_actor", "exclude_comments_by_actor", "stop_file", "if_no_changes"),
        "nothing: comments are no instructions here, STOP has one place, no change is no pull request",
    ),
}
# What changes only looks; and ways to pay for models that the gateway does not know.
IGNORED = frozenset(
    {
        *("claude_code_oauth_token", "llm_api_key", "llm_base_url"),
        *("effort", "agent_version", "bot_id", "bot_name", "use_sticky_comment"),
        *("show_full_output", "display_report", "track_progress", "include_fix_links", "classify_inline_comments"),
        *("use_sticky_comment", "upload_artifacts", "retention_days", "workflow_name", "use_commit_signing"),
    }
)
KNOWN = frozenset({*HONOURED, *ALIASES, *ELSEWHERE, *IGNORED})
# A step holds a token that writes: what runs beside it without a box could read that from the processes around it.
SANDBOXES = ("auto", "L2", "L1")
SECRET = (*KEYS, "github_token", "claude_code_oauth_token", "llm_api_key")


@value
class Asked:
    """What the step was asked for; "" where nothing was said. `max_issues` 0: as configured."""

    issue: str = ""
    mission: str = ""
    prompt: str = ""
    agent: str = ""
    agent_command: str = ""
    sandbox: str = ""
    working_directory: str = ""
    max_issues: int = 0
    dry_run: bool = False
    spend: Spend = NOTHING


def asked() -> Asked:
    """The inputs, judged; UsageError for a name that is unknown, or that matters and would have to be ignored."""
    given = _canonical(actions.inputs(_spellings()))
    for name in SECRET:
        actions.mask(given.get(name, ""))
    for name in sorted(given):
        if name in ELSEWHERE:
            raise UsageError(f"input {name} has no say here", f"Its place is {ELSEWHERE[name]}.")
    ignored = sorted(name for name in given if name in IGNORED)
    if ignored:
        actions.notice(f"Not used: {', '.join(ignored)}.")
    return _asked(given)


def _spellings() -> list[str]:
    """Every known name, and as the actions that write it with dashes do."""
    return [*KNOWN, *(name.replace("_", "-") for name in KNOWN if "_" in name)]


def _canonical(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for spelling, text in given.items():
        name = spelling.replace("-", "_")
        name = ALIASES.get(name, name)
        if found.setdefault(name, text) != text:
            raise UsageError(f"input {name} is given twice, and differs", "Give it once.")
    return found


def _asked(given: Mapping[str, str]) -> Asked:
    most = given.get("max_issues", "0")
    if not most.isdecimal() or len(most) > 4:
        raise UsageError(f"max_issues is {one_line(most, 40)!r}, not a number", "Give 1 to 10.")
    dry_run = given.get("dry_run", "false").lower()
    if dry_run not in ("true", "false"):
        raise UsageError(f"dry_run is {one_line(dry_run, 40)!r}", "Say true or false.")
    sandbox = given.get("sandbox", "")
    if sandbox not in ("", *SANDBOXES):
        raise UsageError(
            f"sandbox is {one_line(sandbox, 40)!r}", f"A step takes {', '.join(SANDBOXES)}: its job holds a token."
        )
    prompt = given.get("prompt", "") or _file(given.get("prompt_file", ""))
    targets = [
        name
        for name, text in (("issue", given.get("issue")), ("mission", given.get("mission")), ("prompt", prompt))
        if text
    ]
    if len(targets) > 1:
        raise UsageError(f"{' and '.join(targets)} are both given", "Give one of issue, mission and prompt.")
    return Asked(
        issue=given.get("issue", "").removeprefix("#"),
        mission=given.get("mission", ""),
        prompt=prompt,
        agent=given.get("agent", ""),
        agent_command=given.get("agent_command", ""),
        sandbox=sandbox,
        working_directory=given.get("working_directory", ""),
        max_issues=int(most),
        dry_run=dry_run == "true",
        spend=_spend(given),
    )


def _spend(given: Mapping[str, str]) -> Spend:
    """Which model may be asked and how much it may cost: the word of who wrote the workflow."""
    numbers: dict[str, float] = {}
    for name in ("max_turns", "max_cost_usd"):
        if text := given.get(name, ""):
            if not _NUMBER.fullmatch(text) or (name != "max_cost_usd" and "." in text):
                raise UsageError(f"{name} is {one_line(text, 40)!r}, not a number", "Give one as 20.")
            numbers[name] = float(text)
    return Spend(
        usd=numbers.get("max_cost_usd"),
        turns=int(numbers["max_turns"]) if "max_turns" in numbers else None,
        model=given.get("model", ""),
    )


def _file(name: str) -> str:
    if not name:
        return ""
    place = (workspace() / Path(name)).resolve()
    if not place.is_relative_to(workspace().resolve()) or not place.is_file():
        raise UsageError(f"prompt_file {one_line(name, 100)!r} is no file of the project", "Name one below it.")
    return files.read(place, limit=1 << 20).decode("utf-8", "replace")
