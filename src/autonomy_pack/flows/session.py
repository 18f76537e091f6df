"""A session: recover, look, then one attempt after another until there is no more to do, or to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import attempt, boundary, claim, notify, records, recover, stop, summary, survey
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ask, Receive, Terms
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Choice, Event, Lease, Mission, Outcome, Task, value
from autonomy_pack.policy import hindered, names
from autonomy_pack.policy.budget import NOTHING, Asked

MAX_ISSUES = range(1, 11)
_BAD = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED, Outcome.OVER_BUDGET, Outcome.RATE_LIMITED})
_NOTHING_SEEN = survey.Survey(choices=(), broken=(), missions={}, heads={})

Work = Sequence[tuple[Task, Mission, int | None]]
"""What to attempt, in order: the task, its mission, and the seq of the head it was chosen by."""


@value
class Wanted:
    """What a person asked of a session. `issue` names one; `argv` is for agent `command`; `asked` is what
    runs may spend.
    """

    max_issues: int
    issue: str | None = None
    agent: str | None = None
    argv: tuple[str, ...] = ()
    allow_continuous: bool = False
    asked: Asked = NOTHING


@value
class Session:
    """What a session did: its runs' ends, and the tasks it passed by, task id → why.

    `exit_code` is 0, 4 when a run failed, met a wall or could not go on, 5 when it was stopped.
    """

    id: str
    survey: survey.Survey
    runs: tuple[Event, ...]
    passed_by: Mapping[str, str]
    summary: str
    exit_code: int


def check_wanted(wanted: Wanted) -> None:
    """UsageError unless max_issues is 1 to 10, or more with allow_continuous, and the agent is one we have."""
    if wanted.max_issues not in MAX_ISSUES and not (wanted.max_issues > 10 and wanted.allow_continuous):
        more = "the input allow_continuous: true" if host.setting("GITHUB_ACTIONS") == "true" else "--allow-continuous"
        raise UsageError(f"max_issues is {wanted.max_issues}", f"Give 1 to 10; beyond that, also {more}.")
    if wanted.agent is not None and wanted.agent not in AGENTS:
        raise UsageError(f"unknown agent {one_line(wanted.agent, 60)}", f"The agents are {', '.join(AGENTS)}.")
    if wanted.argv and wanted.agent not in ("command", "script"):
        raise UsageError("--agent-command goes with --agent command", "Give both, or neither.")
    if wanted.agent == "command" and not wanted.argv:
        raise UsageError("agent command has no program", "Name it: --agent-command 'PROGRAM ARG …'.")


def run(project: Project, wanted: Wanted, box: Box, report: Report, ask: Ask | None = None) -> Session:
    """One session over the issues, from recovery to its summary. Stopped is raised only when nothing was begun.

    `ask` shows each step that changes something to the person at the terminal first.
    """
    check_wanted(wanted)
    report = _ready(project, report)
    seen = survey.look(project, box=box, agent=wanted.agent, asked=wanted.asked)
    pairs = chosen(seen, wanted)
    if ask:
        for task, _ in pairs[: wanted.max_issues]:
            boundary.need_to_wait(task.agent)
    seqs = survey.note(project, seen)
    work = [(task, mission, seqs[task.id]) for task, mission in pairs if task.id in seqs]
    asked = {"max_issues": wanted.max_issues, "issue": wanted.issue, "agent": wanted.agent, **box.told()}
    lease = _begin(project, asked)
    terms = Terms(session=_name(lease), box=box, report=report, argv=wanted.argv, ask=ask, asked=wanted.asked)
    return _worked(project, lease, terms, work, wanted.max_issues, seen)


def run_mission(
    project: Project,
    task: Task,
    mission: Mission,
    given: Mapping[str, str],
    box: Box,
    report: Report,
    receive: Receive | None = None,
    ask: Ask | None = None,
    argv: tuple[str, ...] = (),
    asked: Asked = NOTHING,
) -> Session:
    """A session of one mission that a person runs by hand, with inputs given by hand.

    `receive` does what follows from the document of a mission that returns one; `ask` as in `run`. UsageError when the
    agent cannot work on this machine: then no run is begun.
    """
    if ask:
        boundary.need_to_wait(task.agent)
    survey.need_agent(task.agent)
    report = _ready(project, report)
    said = {"mission": mission.name, "inputs": sorted(given), **box.told()}
    lease = _begin(project, said)
    terms = Terms(
        session=_name(lease),
        box=box,
        report=report,
        given=given,
        receive=receive,
        ask=ask,
        argv=argv,
        asked=asked,
    )
    return _worked(project, lease, terms, [(task, mission, None)], 1, _NOTHING_SEEN)


def _ready(project: Project, report: Report) -> Report:
    """Nothing begins under a stop, nor before what a crash left behind is set right."""
    stop.heed(project.place)
    stop.heed_forge(project)
    report = notify.watch(project.place, report)
    recover.recover(project, report)
    return report


def _worked(project: Project, lease: Lease, terms: Terms, work: Work, most: int, seen: survey.Survey) -> Session:
    """Attempt the work until `most` runs are made, or a stop; then summarise."""
    ended: list[Event] = []
    passed_by: dict[str, str] = {}
    bugs: list[Exception] = []
    unserved: dict[str, str] = {}
    for task, mission, seq in work:
        if len(ended) == most or _is_stopped(project, ended):
            break
        why = unserved.get(task.agent, "")
        if seq is not None:  # what a person runs by hand is told by its end
            why = why or survey.why_no_money(project, task, mission, terms.asked)
        if why:
            seen = survey.without(seen, task, why)
            continue
        try:
            event = attempt.attempt(project, task, mission, terms, seq)
        except Exception as error:  # noqa: BLE001 - our bug with one task must not stop the others; it is raised at the end
            bugs.append(error)
            continue
        if event:
            ended.append(event)
            if hindered.is_hindered(event.data):
                unserved[task.agent] = f"not begun after run {event.run}: {event.data['why']}"
        else:
            passed_by[task.id] = claim.why_not(project, task)
    text = summary.finish_session(project, lease, terms.report, seen)
    if bugs:
        raise bugs[0]
    failed = any(event.data["outcome"] in _BAD or hindered.is_hindered(event.data) for event in ended)
    return Session(
        id=terms.session,
        survey=seen,
        runs=tuple(ended),
        passed_by=passed_by,
        summary=text,
        exit_code=5 if _is_stopped(project, ended) else 4 if failed else 0,
    )


def _is_stopped(project: Project, ended: Sequence[Event]) -> bool:
    """Whether a stop is set, or was when the last run ended."""
    if stop.read(project.place) is not None or project.forge.stop_words(""):
        return True
    last = ended[-1] if ended else None
    # A stop of one issue, by its label, leaves the others alone.
    return last is not None and last.data["outcome"] == Outcome.STOPPED and not _was_its_own(project, last)


def _was_its_own(project: Project, ended: Event) -> bool:
    return bool(project.forge.stop_words(names.issue_of_run(ended.run)))


def chosen(seen: survey.Survey, wanted: Wanted) -> list[tuple[Task, Mission]]:
    """The eligible issues in order, or the one that was named; UsageError with its why when that one is not."""
    choices = seen.choices if wanted.issue is None else [_named(seen, wanted.issue)]
    found = [(choice.task, seen.missions[choice.task.mission]) for choice in choices if choice.task]
    return [(task, _with_model(mission, wanted)) for task, mission in found if isinstance(mission, Mission)]


def _with_model(mission: Mission, wanted: Wanted) -> Mission:
    return replace(mission, model=wanted.asked.model) if wanted.asked.model else mission


def _named(seen: survey.Survey, issue: str) -> Choice:
    for finding in seen.broken:
        if finding.where == f"{issue}.md":
            raise UsageError(finding.says, finding.fix)
    choice = next((choice for choice in seen.choices if choice.id == issue), None)
    if choice is None:
        raise UsageError(f"there is no open issue {issue}", "`autonomy issue list` shows them.")
    if not choice.eligible:
        raise UsageError(
            f"issue {issue} is not eligible: {choice.why}",
            "Change what that names, then run again; `autonomy issue list` tells of every issue.",
        )
    return choice


def _begin(project: Project, asked: Mapping[str, object]) -> Lease:
    """The session's lease; its name is the time, with a number when two begin in one second."""
    base = clock.stamp(clock.now())
    for number in range(1, 1000):
        name = base if number == 1 else f"{base}-{number}"
        lease = _take(project, name, asked)
        if lease:
            with files.explained(f"making the folder of session {name}"):
                records.session_folder(project.place, name).mkdir(parents=True, exist_ok=True)
            return lease
    raise UsageError("a thousand sessions began in this second", "Run again in a moment.")


def _take(project: Project, name: str, asked: Mapping[str, object]) -> Lease | None:
    """The lease of a session of that name, if no session ever had it."""
    if project.store.lease(f"session:{name}"):
        return None
    data = {"argv": dict(asked), "mode": project.config.mode}
    started = Event(kind="session.started", subject=f"session:{name}", data=data, key=f"session/{name}")
    leases = project.store.claim(
        [f"session:{name}"],
        host.me(),
        seconds=claim.SECONDS,
        dead=lambda _: False,
        events=lambda _: [started],
    )
    return leases[0] if leases else None


def _name(lease: Lease) -> str:
    return lease.key.removeprefix("session:")
