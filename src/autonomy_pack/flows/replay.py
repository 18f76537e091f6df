"""Making a recorded run again, offline: the same base, task and answers of models, in a store that is thrown away."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autonomy_pack.edges import files, git, workspace
from autonomy_pack.edges.redact import MARK
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import attempt, claim, going_on, recorded, records, runs, work
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job, Record, Terms
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.recorded import Given
from autonomy_pack.flows.records import Report
from autonomy_pack.flows.runs import Past
from autonomy_pack.flows.work import Produced
from autonomy_pack.model import Event, Mission, Outcome, value
from autonomy_pack.policy import replay as compare
from autonomy_pack.policy.replay import Divergence
from autonomy_pack.store import open_store


@value
class Replayed:
    """A run made again: how both ended, where they went different ways, and `notes` on what cannot be compared."""

    run: str
    was: str
    now: str
    why: str
    divergences: tuple[Divergence, ...]
    notes: tuple[str, ...]


def replay(project: Project, past: Past, box: Box, report: Report, mission: Mission | None = None) -> Replayed:
    """Make the run again, with its own mission or with another one tried on it.

    Nothing is published, no model is called, the project's own store is only read. UsageError when the records do not
    tell enough.
    """
    if past.folder is None:
        raise UsageError(f"the records of run {past.id} are not here", "They are kept for retention.sessions days.")
    if past.last("run.finished") is None:
        fix = "Wait for its end; if its process is gone, the next `autonomy run` writes that down. Then replay it."
        raise UsageError(f"run {past.id} has not ended", fix)
    given = recorded.read(past.folder, project)
    _need_base(project, given)
    folder = files.temporary("autonomy-replay-")
    url = f"sqlite:///{folder / 'scratch.db'}"
    scratch = dataclasses.replace(project, store=open_store(url), store_url=url)
    try:
        return _Replay(project, scratch, past, given, folder).made(box, report, mission or given.mission)
    finally:
        scratch.store.close()
        files.remove_tree(folder)


def _need_base(project: Project, given: Given) -> None:
    code, _ = git.answer("cat-file", "-e", f"{given.base}^{{commit}}", at=project.place.git_dir, ok=(0, 1, 128))
    if code:
        raise UsageError(f"commit {given.base[:12]}, from which run {given.run} began, is gone", "Fetch it, or choose.")


class _Replay:
    """One run, and where it is made again."""

    def __init__(self, project: Project, scratch: Project, past: Past, given: Given, folder: Path) -> None:
        self._project, self._scratch, self._past, self._given, self._folder = project, scratch, past, given, folder
        self._worked_in = str(Path(given.work).parent)
        self._recorded = runs.transcript(past)
        self._asked: list[Mapping[str, Any]] = []
        self._told: list[Event] = []

    def made(self, box: Box, report: Report, mission: Mission) -> Replayed:
        """Make it, and compare."""

        def heard(event: Event) -> None:
            self._told.append(event)
            report(event)

        job = self._job(box, heard, mission)
        try:
            now, why = self._done(job)
        finally:
            job.transcript.close()
            workspace.clear(job.space)
        end = self._past.last("run.finished")
        assert end is not None  # noqa: S101 - looked at before
        was = str(end.data["outcome"])
        return Replayed(
            run=self._past.id,
            was=was,
            now=str(now),
            why=why,
            divergences=tuple(self._divergences(job, was, str(now))),
            notes=tuple(self._notes(was, mission)),
        )

    def _job(self, box: Box, report: Report, mission: Mission) -> Job:
        given, config = self._given, self._project.config
        assert self._past.folder is not None  # noqa: S101 - looked at before
        terms = Terms(
            session="replay",
            box=box,
            report=report,
            argv=given.argv,
            given=given.given,
            asked=given.asked,
            replay=Record(transcript=str(self._past.folder / "transcript.jsonl"), folder=self._worked_in),
            answers=_answers(self._recorded),
            diverged=self._asked.append,
            discussion=lambda: given.discussion,
            receive=lambda _, document: Ending(outcome=Outcome.NO_CHANGE, why=f"it returned {str(document)[:300]}"),
        )
        if given.asked.model:
            mission = dataclasses.replace(mission, model=given.asked.model)
        lane = given.task.lane if given.task.lane in config.lanes else "default"
        task = dataclasses.replace(given.task, lane=lane)
        held = claim.take(self._scratch, task, None)
        assert held is not None  # noqa: S101 - nobody else knows this store
        run = attempt.begin(self._scratch, task, mission, held, self._folder, terms)
        run = dataclasses.replace(run, base=given.base, agent=given.agent)
        transcript = records.Transcript(Path(run.folder), run.id, task.id, report)
        job = attempt.prepare(self._scratch, run, held, terms, transcript, self._folder / "space")
        if given.resumed.run and not going_on.put_back(self._project, job, given.resumed.run):
            raise UsageError(f"the work of run {given.resumed.run}, from which it went on, is gone", "Choose another.")
        return dataclasses.replace(job, resumed=given.resumed)

    def _done(self, job: Job) -> tuple[Outcome, str]:
        made = work.judge(job) if job.run.mission.returns else work.produce(job)
        if not isinstance(made, Produced):
            return made.outcome, made.why
        examination = work.examine(job, made.change, made.results)
        job.tell([job.event("finding.found", work.finding_data(one)) for one in examination.findings])
        becomes = work.outcome(job, examination)
        return becomes, next((one.says for one in examination.findings), "") if becomes != Outcome.HANDED_OFF else ""

    def _divergences(self, job: Job, was: str, now: str) -> list[Divergence]:
        found = [compare.request(data) for data in self._asked[:1]]
        told: Sequence[Mapping[str, Any]] = [records.as_json(event) for event in self._told]
        before: Sequence[Mapping[str, Any]] = self._recorded
        if was in compare.CUT_SHORT:
            told, before = _finished(told, before), _finished(before, before)
        found += compare.steps(before, told, (self._worked_in, str(job.space.folder)))
        if was not in compare.CUT_SHORT:
            found += compare.change(self._past.events, self._told)
            found += compare.findings(self._past.events, self._told)
            found += compare.outcome(was, now)
        return found

    def _notes(self, was: str, mission: Mission) -> list[str]:
        """What a reader must know before believing it."""
        given, notes, more = self._given, [], len(self._asked) - 1
        if more > 0:
            notes.append(f"{more} more call{'s' * (more > 1)} of the model asked something else too")
        if was in compare.CUT_SHORT:
            notes.append(f"the run was ended from outside ({was}): only its steps up to then are compared")
        if mission.sha256 != given.mission.sha256:
            notes.append(f"another mission than the recorded one is tried: {mission.name}")
        if self._project.config.sha256 != given.config_sha256:
            notes.append("the configuration is another one than it was then")
        if not given.whole or MARK in str(self._recorded):
            notes.append("secrets were left out of its records, so its requests may differ there")
        if any(_is_cut(line) for line in self._recorded):
            notes.append("some of its recorded requests or answers were too long and are cut")
        if any(_is_long(line) for line in self._recorded):
            notes.append("some of its steps printed so much that only beginning and end were kept and are compared")
        return notes


def _is_cut(line: Mapping[str, Any]) -> bool:
    data = line["data"]
    return line["kind"] == "model.called" and bool(data["request"].get("cut") or data["response"].get("cut"))


def _is_long(line: Mapping[str, Any]) -> bool:
    return line["kind"] == "step.finished" and bool(line["data"]["output"] and line["data"]["output_sha256"])


def _answers(recorded: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], Mapping[str, Any]]:
    """What came of each step that was asked about, by its number and its hash; the first word about it held."""
    told = [line["data"] for line in reversed(list(recorded)) if line["kind"] == "step.answered"]
    return {(data["step"], data.get("call_sha256", "")): data for data in told}


def _finished(told: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines of a run up to as many finished steps as the recorded one had."""
    left = sum(line["kind"] == "step.finished" for line in before)
    kept = []
    for line in told:
        if not left:
            break
        left -= line["kind"] == "step.finished"
        kept.append(line)
    return kept
