"""Telling an agent what to do: the words of everybody who has a say, gathered, ranked, bounded and recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from autonomy_pack.edges import files, git, objects
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows import records, returned
from autonomy_pack.flows.job import Job, Resumed
from autonomy_pack.model import Comment, Examination, Finding, Part, Task, value
from autonomy_pack.policy import hidden, instructions
from autonomy_pack.views import prompt

NOTHING = Resumed()
_LARGEST = 1024 * 1024


@value
class Given:
    """What the agent is told: all of it, and the part that ranks above data, with which it begins."""

    prompt: str
    system: str


def given(job: Job, complaint: str = "", resumed: Resumed = NOTHING) -> Given:
    """Everything for the next round of a run, with a record of what was shown; the same text in every round, but for
    why it is asked again."""
    run = job.run
    comments = job.terms.discussion() if not job.steps else ()
    told = instructions.parts(
        run.task,
        run.mission,
        agent=run.agent,
        files=_files(job),
        comments=comments,
        returns=returned.shape(run.mission),
        complaint=complaint,
        answered=resumed.answered,
        kept=resumed.kept,
    )
    made = of_parts([_clean(part) for part in told])
    job.transcript.add("prompt.given", _record(made, told), "system")
    if not complaint:
        job.tell([job.event("finding.found", _data(one)) for one in _in_comments(comments)])
    return made


def of_parts(parts: Sequence[Part]) -> Given:
    """The texts of some parts."""
    above = [part for part in parts if part.rank in instructions.ABOVE_DATA]
    return Given(prompt=prompt.render(parts), system=prompt.render(above))


def _clean(part: Part) -> Part:
    """The part without secrets: a provider of models is a sink like any other."""
    secrets = records.known_secrets()
    return dataclasses.replace(part, text=redact(part.text, secrets), rest=redact(part.rest, secrets))


def _files(job: Job) -> dict[str, str]:
    """What the repository says to agents, path → text, as of the base commit: a change under work has no say.

    Instructions that govern count where they are the trusted ones; on this machine those are the checkout's.
    """
    found = at(job.space.git_dir, job.run.base, instructions.paths(job.run.agent))
    own = instructions.OWN.format(agent=job.run.agent)
    trusted = job.project.place.root / own
    if own in found and _plain(trusted) != found[own]:
        del found[own]
    return found


def _plain(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return None
    return files.read(path, limit=_LARGEST).decode("utf-8", "replace")


def at(git_dir: Path, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Path → text of those of the paths that are plain files at a commit; larger ones than 1 MiB are left out."""
    listed = git.run("ls-tree", "-z", "-l", "--full-tree", commit, "--", *paths, at=git_dir)
    read, found = objects.reader(git_dir), {}
    for line in filter(None, listed.decode("utf-8", "surrogateescape").split("\0")):
        meta, path = line.split("\t", 1)
        mode, _, oid, size = meta.split()
        if mode.startswith("100") and int(size) <= _LARGEST:
            found[path] = read(oid).decode("utf-8", "replace")
    return {path: found[path] for path in paths if path in found}


def _record(made: Given, parts: Sequence[Part]) -> dict[str, object]:
    """What was shown, by hash: the text itself is what the gateway records, where a model is asked."""
    rows = []
    for part in parts:
        shown = f"{part.text}\n{part.rest}".encode("utf-8", "replace")
        rows.append(
            {
                "rank": part.rank,
                "source": one_line(part.source, 100),
                "sha256": files.sha256(shown),
                "bytes": len(shown) - 1,
                "cut": part.cut,
            }
        )
    whole = made.prompt.encode("utf-8", "replace")
    return {"sha256": files.sha256(whole), "bytes": len(whole), "parts": rows}


def _in_comments(comments: Sequence[Comment]) -> list[Finding]:
    return [found for one in comments for found in hidden.findings(one.body, f"comment {one.id}")]


def _data(finding: Finding) -> dict[str, object]:
    said = {key: one_line(getattr(finding, key), 500) for key in ("says", "fix", "where")}
    return {"rule": finding.rule, "risk": str(finding.risk), **said}


def with_hidden(examination: Examination, task: Task) -> Examination:
    """The examination of a change, and what the text that asked for it hides from its readers."""
    where = f"issue {task.issue}" if task.issue else ""
    found = hidden.findings(f"{task.title}\n{task.body}", where) if task.issue else []
    return dataclasses.replace(examination, findings=(*examination.findings, *found))
