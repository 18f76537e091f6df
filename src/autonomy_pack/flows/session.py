"""A session: recover, look, then one attempt after another until there is no more to do, or to stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autonomy_pack.edges import clock, files, host
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import attempt, claim, records, recover, stop, summary, survey
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Choice, Event, Lease, Mission, Outcome, value

MAX_ISSUES = range(1, 11)
_BAD = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED})


@value
class Wanted:
    """What a person asked of a session. `issue` names one; `argv` is for agent `command`."""

    max_issues: int
    issue: str | None = None
    agent: str | None = None
    argv: tuple[str, ...] = ()
    allow_continuous: bool = False


@value
class Session:
    """What a session did. `exit_code` is 0, 4 when a run failed, 5 when it was stopped."""

    id: str
    survey: survey.Survey
    runs: tuple[Event, ...]
    summary: str
    exit_code: int


def check_wanted(wanted: Wanted) -> None:
    """UsageError unless max_issues is 1 to 10, or more with allow_continuous."""
    if wanted.max_issues not in MAX_ISSUES and not (wanted.max_issues > 10 and wanted.allow_continuous):
        raise UsageError(f"max_issues is {wanted.max_issues}", "Give 1 to 10; beyond that, also --allow-continuous.")


def run(project: Project, wanted: Wanted, box: Box, report: Report) -> Session:
    """One session, from recovery to its summary. Stopped is raised only when nothing was begun."""
    check_wanted(wanted)
    stop.heed(project.place)
    recover.recover(project, report)
    seen = survey.look(project, box=box, agent=wanted.agent)
    survey.note(project, seen)
    issues = chosen(seen, wanted)
    lease = _begin(project, wanted, box)
    ended, stopped = _attempts(project, wanted, box, report, lease, issues, seen)
    text = summary.finish_session(project, lease, report, seen)
    code = 5 if stopped else 4 if any(Outcome(event.data["outcome"]) in _BAD for event in ended) else 0
    return Session(id=session_id(lease), survey=seen, runs=tuple(ended), summary=text, exit_code=code)


def session_id(lease: Lease) -> str:
    """The id of the session that holds this lease."""
    return lease.key.removeprefix("session:")


def chosen(seen: survey.Survey, wanted: Wanted) -> list[Choice]:
    """The eligible issues in order, or the one that was named; UsageError with its why when that one is not."""
    if wanted.issue is None:
        return [choice for choice in seen.choices if choice.eligible]
    found = [choice for choice in seen.choices if choice.id == wanted.issue]
    if not found:
        broken = [finding for finding in seen.broken if finding.where == f"{wanted.issue}.md"]
        says = broken[0].says if broken else f"there is no open issue {wanted.issue}"
        raise UsageError(says, broken[0].fix if broken else "`autonomy issue list` shows them.")
    if not found[0].eligible:
        raise UsageError(f"issue {wanted.issue} is not eligible: {found[0].why}", "Mend that, then run again.")
    return found


def _begin(project: Project, wanted: Wanted, box: Box) -> Lease:
    """The session's lease; its name is the time, with a number when two begin in one second."""
    base = clock.stamp(clock.now())
    for number in range(1, 1000):
        name = base if number == 1 else f"{base}-{number}"
        lease = _take(project, name, wanted, box)
        if lease:
            with files.explained(f"making the folder of session {name}"):
                records.session_folder(project.place, name).mkdir(parents=True, exist_ok=True)
            return lease
    raise UsageError("a thousand sessions began in this second", "Run again in a moment.")


def _take(project: Project, name: str, wanted: Wanted, box: Box) -> Lease | None:
    """The lease of a session of that name, if no session ever had it."""
    if project.store.lease(f"session:{name}"):
        return None
    leases = project.store.claim(
        [f"session:{name}"],
        host.me(),
        seconds=claim.SECONDS,
        dead=lambda _: False,
        events=lambda _: [_started(name, wanted, box)],
    )
    return leases[0] if leases else None


def _started(name: str, wanted: Wanted, box: Box) -> Event:
    argv = {"max_issues": wanted.max_issues, "issue": wanted.issue, "agent": wanted.agent, "sandbox": box.level}
    data = {"argv": argv, "mode": "supervised"}
    return Event(kind="session.started", subject=f"session:{name}", data=data, key=f"session/{name}")


def _attempts(
    project: Project,
    wanted: Wanted,
    box: Box,
    report: Report,
    lease: Lease,
    chosen: Sequence[Choice],
    seen: survey.Survey,
) -> tuple[list[Event], bool]:
    """Attempt chosen issues until max_issues runs are made; (their run.finished events, whether it was stopped)."""
    ended: list[Event] = []
    for choice, mission in _with_missions(chosen, seen):
        if len(ended) == wanted.max_issues:
            break
        if stop.read(project.place):
            return ended, True
        assert choice.task is not None  # noqa: S101 - eligible
        event = attempt.attempt(
            project, choice.task, mission, session=session_id(lease), box=box, report=report, argv=wanted.argv
        )
        if event:
            ended.append(event)
            if event.data["outcome"] == Outcome.STOPPED:
                return ended, True
    return ended, False


def _with_missions(chosen: Sequence[Choice], seen: survey.Survey) -> Iterator[tuple[Choice, Mission]]:
    for choice in chosen:
        mission = seen.missions[choice.mission or ""]
        if isinstance(mission, Mission):
            yield choice, mission
