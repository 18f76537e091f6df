"""One attempt at one task: claim it, work on it, store how that ended. Whatever happens, the run is finished."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from autonomy_pack.edges import clock, files, host, workspace
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, PackError, Stopped, TimedOut
from autonomy_pack.flows import budget, claim, discussion, going_on, recorded, records, work
from autonomy_pack.flows.actions.watch import Watch
from autonomy_pack.flows.claim import Claim
from autonomy_pack.flows.job import Ending, Job, Terms
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Transcript
from autonomy_pack.model import Event, Mission, Outcome, Run, Task
from autonomy_pack.policy import budget as limits
from autonomy_pack.policy import inputs, names

_ASK_EVERY = 2.0  # seconds; a forge that must not be asked so often keeps its answer


def attempt(project: Project, task: Task, mission: Mission, terms: Terms, seq: int | None = None) -> Event | None:
    """Work on one task; its run.finished event, or None when somebody alive holds the task or its lane, or when
    anything happened to the task since its head was at `seq`.

    Nothing it meets is lost: every error becomes an outcome with a sentence, and the work done so far is kept.
    """
    held = claim.take(project, task, seq)
    if held is None:
        return None
    run = begin(project, task, mission, held, records.session_folder(project.place, terms.session), terms)
    records.write_run(project, run, None)
    with claim.kept(project, held):
        return _finished(project, run, held, terms)


def begin(project: Project, task: Task, mission: Mission, held: Claim, folder: Path, terms: Terms) -> Run:
    """The run that a claim entitles to; its records will be in `folder`."""
    run = claim.run_id(held.task)
    head = project.store.head(task.id)
    return Run(
        id=run,
        task=task,
        mission=limits.limited(mission, project.config, terms.asked),
        agent=task.agent,
        attempt=(head.attempts if head and head.pin == task.pin else 0) + 1,
        lease=held.task,
        session=terms.session,
        base=task.base or project.base.commit,
        folder=str(folder / names.path_name(run)),
    )


def _finished(project: Project, run: Run, held: Claim, terms: Terms) -> Event:
    """Do the run and store how it ended."""
    started = clock.monotonic()
    transcript = Transcript(Path(run.folder), run.id, run.task.id, terms.report)
    bug: Exception | None = None
    try:
        ending = _worked(project, run, held, terms, transcript)
    except LeaseLost as error:
        ending = Ending(outcome=Outcome.STALE, why=error.says)
    except (Stopped, KeyboardInterrupt) as error:
        ending = Ending(outcome=Outcome.STOPPED, why=error.says if isinstance(error, PackError) else "interrupted")
    except TimedOut as error:
        ending = Ending(outcome=Outcome.TIMED_OUT, why=f"{error.says}. {error.fix}")
    except PackError as error:
        ending = Ending(outcome=Outcome.FAILED, why=f"{error.says}. {error.fix}")
    except Exception as error:  # noqa: BLE001 - what was done is stored first; the bug is raised right after
        ending, bug = Ending(outcome=Outcome.FAILED, why=f"our bug: {type(error).__name__}: {error}"), error
    end = _end_event(project, run, ending, clock.monotonic() - started, transcript.close())
    # A lost lease means that its successor has finished the run as stale already.
    with contextlib.suppress(LeaseLost):
        claim.give_back(project, held, [*ending.events, end])
    for event in (*ending.events, end):
        terms.report(event)
    records.write_run(project, run, end)
    if bug:
        raise bug
    return end


def _end_event(project: Project, run: Run, ending: Ending, seconds: float, transcript_sha256: str) -> Event:
    usd, tokens = budget.spent(project.store, run.id)
    data = {
        "outcome": str(ending.outcome),
        "why": one_line(ending.why, 500),
        "seconds": round(seconds, 3),
        "usd": usd,
        "tokens": tokens,
        "transcript_sha256": transcript_sha256,
    }
    return Event(kind="run.finished", subject=run.task.id, run=run.id, data=data, key=f"finish/{run.id}")


def _worked(project: Project, run: Run, held: Claim, terms: Terms, transcript: Transcript) -> Ending:
    """Make the workspace, work in it while nobody says stop, and remove it again."""
    with Watch(lambda: project.forge.stop_words(run.task.issue), every=_ASK_EVERY) as watch:
        discussed = discussion.of(project.forge, run.task)
        heard = dataclasses.replace(terms, stopped=lambda: terms.stopped() or watch.said, discussion=discussed)
        job = prepare(project, run, held, heard, transcript, work_folder(project, run))
        try:
            job = going_on.resumed(job)
            recorded.keep(job)
            return work.work(job)
        finally:
            workspace.clear(job.space)


def work_folder(project: Project, run: Run) -> Path:
    """Where a run works: apart from the repository, apart from every other run, also of a namesake."""
    name = names.path_name(f"{project.place.root.name}-{run.id}-{host.me().pid}")
    return host.cache_home() / "work" / f"{name}-{names.sha256(str(project.place.root))[:8]}"


def prepare(project: Project, run: Run, held: Claim, terms: Terms, transcript: Transcript, folder: Path) -> Job:
    """A job with its workspace in `folder`; what an earlier process of the same number left there is removed."""
    files.remove_tree(folder)
    return Job(
        project=project,
        run=run,
        steps=inputs.fill(run.mission, run.task.fields, terms.given),
        terms=terms,
        claim=held,
        space=workspace.open_workspace(project.place.git_dir, folder, run.task.tip or run.base),
        transcript=transcript,
        started=clock.monotonic(),
    )
