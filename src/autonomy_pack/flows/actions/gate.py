"""The review gate's second job: every pull request that is, or says it is, work of an agent is judged again.

It never approves, merges or switches auto-merge on; its labels and its comment are for the eye, its conclusion counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, UsageError, WorldError
from autonomy_pack.flows import box as boxes
from autonomy_pack.flows.actions import comments, governing, history, labels
from autonomy_pack.flows.actions.judged import Judged, judged
from autonomy_pack.flows.actions.recheck import Results, from_json
from autonomy_pack.flows.actions.recheck import recheck as recheck
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Config, Finding, Issue, Mission, Pull, Risk, WorkflowRun, value
from autonomy_pack.policy import agent_pull, evidence, issue_text, risk
from autonomy_pack.policy.agent_pull import Commit
from autonomy_pack.views import gate as view

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub, Look
    from autonomy_pack.edges.remote import Remote

CHECK = "autonomy/gate"
HANDOFF_CHECK = "autonomy/handoff"
VALIDATED, REVIEW, CLEARED = "agent:validated", "security:review-required", "security:cleared"
_ACTIONS = "github-actions"
_ELSEWHERE = "checks_passed"  # its question is answered by the checks that were run again
_NO_MISSION = Mission(name="", version=1, goal="")


@value
class Verdict:
    """What the gate says: `conclusion` is success, failure or neutral, `summary` Markdown.

    `tested`: checks were run again and passed; `asks`: a person with an eye for security should look.
    """

    conclusion: str
    title: str
    summary: str
    tested: bool = False
    asks: bool = False

    @property
    def exit_code(self) -> int:
        """1 when the pull request must not be merged as it is."""
        return 1 if self.conclusion == "failure" else 0


@value
class _Seen:
    """All that the verdict is made from."""

    base: str
    config: Config
    mission: Mission | None
    findings: tuple[Finding, ...]
    judged: Judged
    results: Results


def judge(github: GitHub, remote: Remote, workflow_run: WorkflowRun, results: str, box: Box | None = None) -> Verdict:
    """Judge the pull request that the run is about, and say so on it; forks get no write.

    `results` is the text of the recheck job, "" when that gave none. What cannot be judged fails: no base, no checks'
    results, a tool that broke. Raises WorldError only when what was found cannot be said, or when it cannot be told
    whether this is work of an agent at all.
    """
    pull = _pull(github, workflow_run)
    look = github.look()
    if not _claims(github, remote, pull, look):
        return Verdict(conclusion="neutral", title="not work of an agent", summary="This is not work of an agent.\n")
    try:
        verdict = _verdict(pull, _seen(github, remote, pull, look, results, box or boxes.choose(Config(), None)))
    except PackError as error:
        verdict = _refused(pull, error)
    if pull.same_repository:
        _say(github, pull, verdict)
    return verdict


def _pull(github: GitHub, workflow_run: WorkflowRun) -> Pull:
    told = workflow_run.payload.get("pull_request")
    number = told.get("number") if isinstance(told, dict) else None
    pull = github.pull(number) if isinstance(number, int) else None
    if pull is None:
        raise UsageError("the run is about no pull request", "Start the gate by the event pull_request.")
    return pull


def _claims(github: GitHub, remote: Remote, pull: Pull, look: Look) -> bool:
    """Whether it says that it is work of an agent: by its words, by its commits, by a label that we put on."""
    if agent_pull.claims(pull):
        return True
    base = github.tip(f"refs/heads/{pull.base}") if pull.base != look.default_branch else None
    known = [look.head, *([base] if base else [])]
    remote.fetch(pull.head, *known)
    if agent_pull.claims(pull, history.ours(remote.git_dir, pull.head, known)):
        return True
    return agent_pull.is_labelled(pull) and _labelled_by_us(github, pull)


def _labelled_by_us(github: GitHub, pull: Pull) -> bool:
    """Anybody with triage can put our labels on a person's work; that makes it none of ours."""
    there = Issue(
        id=str(pull.number), title="", body="", labels=pull.labels, state=pull.state, author=pull.author, created=""
    )
    told = github.with_events(there)
    if told is None:
        raise WorldError(f"who labelled pull request {pull.number} cannot be read", "Run the gate again.")
    ours = agent_pull.SHOWN
    return any(one.label.casefold() in ours and one.actor == comments.BOT for one in told.labelings or ())


def _seen(github: GitHub, remote: Remote, pull: Pull, look: Look, results: str, box: Box) -> _Seen:
    """Bring the objects here and look at everything, each from where it cannot be the change's own word."""
    _need_target(pull, look)
    remote.fetch(look.head, pull.head)
    base = history.parted(remote.git_dir, look.head, pull.head)
    commits = history.commits(remote.git_dir, base, pull.head)
    config = governing.config_of(look.files)
    mission = governing.mission_of(commits[0].mission, look.files, config) if commits[0].mission else ""
    known = mission if isinstance(mission, Mission) else None
    seen = _results(results)
    _need_rules(remote, seen, look)
    findings = (
        *_rechecked(seen, pull, base, config, known),
        *agent_pull.problems(pull, commits, may_close=_may_close(github, pull, known, seen)),
        *_not_handed_off(github, commits),
    )
    guards = judged(remote.git_dir, base, pull.head, look.head, box)
    return _Seen(base=base, config=config, mission=known, findings=findings, judged=guards, results=seen)


def _need_target(pull: Pull, look: Look) -> None:
    if pull.base != look.default_branch:
        says = f"it says that it is work of an agent, but goes into {one_line(pull.base, 60)}"
        raise UsageError(
            says, f"Point it at {one_line(look.default_branch, 60)}: the rules of other branches decide nothing."
        )


def _need_rules(remote: Remote, seen: Results, look: Look) -> None:
    """What prepared the checks ran unboxed before them, so it must have been the default branch's."""
    if not seen.why and not history.contains(remote.git_dir, look.head, seen.rules):
        says = f"the checks were prepared by {seen.rules[:12]}, which is not on {one_line(look.default_branch, 60)}"
        raise WorldError(says, "Re-run the gate.")


def _results(text: str) -> Results:
    if not text:
        raise WorldError("the checks were not run again: the job recheck gave no results", "See why it failed.")
    return from_json(text)


def _rechecked(seen: Results, pull: Pull, base: str, config: Config, mission: Mission | None) -> list[Finding]:
    """What the checks say that were run again; what should have been run is taken from the default branch as it is."""
    says = [f"the checks were not run again: {seen.why}"] if seen.why else []
    if not says and (seen.head, seen.base) != (pull.head, base):
        says = ["the checks were run on another commit, or the default branch moved meanwhile"]
    wanted = {check.name: check for check in (*(mission.checks if mission else ()), *config.checks)}
    ran = {result.name: result for result in seen.checks if result.head == pull.head}
    for name, check in wanted.items() if not says else ():
        result = ran.get(name)
        if result is None or result.argv != check.argv:
            says.append(f"the check {name} was not run again as it is configured now")
        elif result.exit != 0:
            end = "was ended by its time limit" if result.exit is None else f"ended with exit {result.exit}"
            says.append(f"the check {name} {end}")
    fix = "Mend it on the branch, or run the gate again when only the default branch moved."
    return [Finding(rule="recheck", risk=Risk.HIGH, says=one_line(one, 400), fix=fix) for one in says]


def _may_close(github: GitHub, pull: Pull, mission: Mission | None, seen: Results) -> bool:
    """Whether every acceptance criterion of the issue has evidence in the checks that were run here."""
    about = agent_pull.named(pull.branch)
    issue = github.issue(about.issue) if about else None
    if issue is None:
        return False
    shown = evidence.weigh(issue_text.acceptance(issue.body), mission or _NO_MISSION, seen.checks, pull.head)
    return evidence.closes(shown) and not (mission and mission.plan_only)


def _not_handed_off(github: GitHub, commits: Sequence[Commit]) -> list[Finding]:
    """A handoff of the workflow carries its check run, which no person can make; one by hand has none."""
    made = github.check_runs(commits[0].id, HANDOFF_CHECK)
    if any(run.app == _ACTIONS and run.conclusion == "success" for run in made):
        return []
    says = f"its commit has no check run {HANDOFF_CHECK} of GitHub Actions: no workflow of ours handed it off"
    fix = "If nobody ran `autonomy run` by hand for this issue, somebody made it look like ours."
    return [Finding(rule=agent_pull.RULE, risk=Risk.MEDIUM, says=says, fix=fix, where=commits[0].id[:12])]


def _verdict(pull: Pull, seen: _Seen) -> Verdict:
    found = sorted((*seen.findings, *seen.judged.findings), key=lambda one: -one.risk)
    bounds = [(seen.config.ask_from, seen.config.block_from)]
    bounds += [(seen.mission.ask_from, seen.mission.block_from)] if seen.mission else []
    word = risk.verdict(found, *risk.tightest(*bounds))
    rules = ", ".join(dict.fromkeys(one.rule for one in found if one.risk))
    titles = {
        "pass": "the contract is kept, nothing to ask about",
        "ask": f"passed; before merging, look at: {one_line(rules, 120)}",
        "block": f"must not be merged: {one_line(found[0].says, 150) if found else ''}",
    }
    summary = view.text(
        head=pull.head,
        base=seen.base,
        results=seen.results.checks,
        findings=[one for one in found if one.risk],
        skipped=[one for one in seen.judged.skipped if one[0] != _ELSEWHERE],
        look=word == "ask",
    )
    tested = bool(seen.results.checks) and word != "block"
    conclusion = "failure" if word == "block" else "success"
    return Verdict(conclusion=conclusion, title=titles[word], summary=summary, tested=tested, asks=word != "pass")


def _refused(pull: Pull, error: PackError) -> Verdict:
    title = f"cannot be judged: {one_line(error.says, 150)}"
    summary = view.text(f"{error.says}. {error.fix}", head=pull.head)
    return Verdict(conclusion="failure", title=title, summary=summary, asks=True)


def _say(github: GitHub, pull: Pull, verdict: Verdict) -> None:
    """The check run first: it is what a merge depends on."""
    github.check_run(CHECK, pull.head, verdict.conclusion, verdict.title, comments.fit(verdict.summary))
    _label(github, pull, verdict)
    comments.keep_marked(github, pull.number, view.MARKER, view.comment(verdict.title, verdict.summary))


def _label(github: GitHub, pull: Pull, verdict: Verdict) -> None:
    wanted = {VALIDATED} if verdict.tested and not verdict.exit_code else set()
    wanted |= {REVIEW} if verdict.asks else {CLEARED}
    there = {label.casefold() for label in pull.labels}
    add = sorted(wanted - there)
    remove = sorted(({VALIDATED, REVIEW, CLEARED} - wanted) & there)
    if add or remove:
        github.label(str(pull.number), add, remove, table=labels.table())
