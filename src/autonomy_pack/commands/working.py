"""What `autonomy run` prints while it works and when it is done: lines where they are kept, one live line elsewhere."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from autonomy_pack import __version__
from autonomy_pack.commands import options, rehearsal, terminal
from autonomy_pack.edges import clock, host
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import box, project, rehearse, session, survey, trust
from autonomy_pack.model import Event, Outcome
from autonomy_pack.policy import names
from autonomy_pack.policy.budget import NOTHING, Asked
from autonomy_pack.views import progress
from autonomy_pack.views.session import next_step

# The exit code of a command about one thing, by its run's outcome; 4 for every other.
CODES: Mapping[str, int] = {
    Outcome.HANDED_OFF: 0,
    Outcome.NO_CHANGE: 0,
    Outcome.BLOCKED: 1,
    Outcome.WAITING: 3,
    Outcome.STOPPED: 5,
}


class Working:
    """One call of `autonomy run`."""

    def __init__(
        self,
        repo: Path,
        *,
        issue: str | None,
        agent: str | None,
        agent_command: str | None,
        forge: str | None,
        sandbox: str | None,
        as_json: bool,
        asked: Asked = NOTHING,
        interactive: bool = False,
    ) -> None:
        self._ask = terminal.asker() if interactive else None
        self._repo, self._issue, self._agent, self._asked = repo, issue, agent, asked
        self._argv = argv_of(agent_command or "")
        self._forge, self._sandbox, self._as_json = forge, sandbox, as_json
        self._live = not (as_json or interactive) and sys.stdout.isatty() and not host.setting("CI")

    def run(self, max_issues: str | None, allow_continuous: bool) -> int:
        """Run a session; the exit code."""
        return self._session(max_issues, allow_continuous).exit_code

    def run_one(self) -> int:
        """Run a session of the one issue that was named; the exit code tells its outcome."""
        done = self._session("1", allow_continuous=False)
        if not done.runs:
            raise WorldError(f"issue {self._issue} was taken by another session meanwhile", "Wait for it to end.")
        return CODES.get(str(done.runs[0].data["outcome"]), 4)

    def _session(self, max_issues: str | None, allow_continuous: bool) -> session.Session:
        place = project.find(self._repo)
        wanted = self._wanted(max_issues, allow_continuous, project.read_config(place).max_issues)
        session.check_wanted(wanted)
        trust.need(place)
        opened = project.open_project(self._repo, forge=self._forge)
        chosen_box = box.choose(opened.config, self._sandbox)
        began = clock.monotonic()
        self._head(opened, chosen_box)
        screen = _Screen(opened, live=self._live, quiet=self._as_json)
        with screen.shown(), _interrupts():
            done = session.run(opened, wanted, chosen_box, screen.report, self._ask)
        if self._as_json:
            options.print_json(_data(done))
        else:
            self._tail(opened, done, screen, clock.monotonic() - began)
        return done

    def rehearse(self, max_issues: str | None, allow_continuous: bool) -> int:
        """Show what a session would do; 0."""
        place = project.find(self._repo)
        config = project.read_config(place)
        wanted = self._wanted(max_issues, allow_continuous, config.max_issues)
        session.check_wanted(wanted)
        trust.need(place)
        chosen_box = box.choose(config, self._sandbox)
        opened, seen = rehearse.look(self._repo, self._agent, chosen_box, forge=self._forge, asked=self._asked)
        work = session.chosen(seen, wanted)[: wanted.max_issues]
        rehearsed = [
            rehearse.rehearse(opened.place.root, *one, chosen_box, {}, forge=self._forge, asked=self._asked)
            for one in work
        ]
        if self._as_json:
            options.print_json([rehearsal.data(one) for one in rehearsed])
            return 0
        for one in rehearsed:
            _say(visible(redact(rehearsal.text(one))))
        self._others(seen)
        _say(f"Dry run: {len(rehearsed)} of {len(seen.choices)} open issues; nothing was written.")
        return 0

    def _wanted(self, max_issues: str | None, allow_continuous: bool, default: int) -> session.Wanted:
        if max_issues is not None and not max_issues.strip().lstrip("-").isdecimal():
            raise UsageError(f"max_issues is {one_line(max_issues, 40)!r}, not a number", "Give 1 to 10.")
        return session.Wanted(
            max_issues=default if max_issues is None else int(max_issues),
            issue=self._issue,
            agent=self._agent,
            argv=self._argv,
            allow_continuous=allow_continuous,
            asked=self._asked,
        )

    def _head(self, opened: project.Project, chosen: box.Box) -> None:
        if self._as_json:
            return
        note = " (a person chose this)" if chosen.level == "none" else f" ({chosen.missing})" if chosen.missing else ""
        forge = "local forge" if opened.repo == "." else f"GitHub {opened.repo}"
        _say(
            f"Autonomy Pack {__version__} · {forge} · sandbox {chosen.level}{note} · {options.near(opened.place.root)}"
        )
        if opened.base.dirty:
            _say(f"  Uncommitted changes are left alone: work begins at {opened.base.branch}'s last commit.")
        _say("")

    def _others(self, seen: survey.Survey) -> None:
        """Why the others are not worked on, each with its next step."""
        others = [choice for choice in seen.choices if not choice.eligible]
        for one in others[:10]:
            _say(f"  {'#' + one.id:<4} – not eligible            {one_line(one.title, 50)}: {one_line(one.why, 400)}")
        if len(others) > 10:
            _say(f"       – {len(others) - 10} more in `autonomy issue list`")

    def _tail(self, opened: project.Project, done: session.Session, screen: _Screen, seconds: float) -> None:
        self._others(done.survey)
        for task, why in done.passed_by.items():
            _say(f"  {'#' + names.issue_of(task):<4} – passed by               {one_line(why)}")
        for finding in done.survey.broken:
            _say(f"  unreadable: {one_line(finding.says, 400)}\n    Next: {one_line(finding.fix, 400)}")
        _say(f"\n{progress.totals(done.runs, done.survey.choices, done.survey.broken, seconds)}\n")
        for event in done.runs:
            self._next(opened, event, screen.events[event.run])
        _say(f"Summary   {options.near(Path(done.summary))}")

    def _next(self, opened: project.Project, event: Event, events: list[Event]) -> None:
        """The exact commands a person would type next about one run."""
        program, where = options.spoken(self._repo)
        made = next((one for one in events if one.kind == "handoff.made"), None)
        if made and made.data.get("number"):
            _say(f"Look at   {made.data['url']}")
            return
        if made:
            at = "git" + where.replace(" --repo ", " -C ")
            branch, base = made.data["ref"].removeprefix("refs/heads/"), opened.base.branch
            _say(f"Look at   {at} diff {base}...{branch}")
            _say(f"  merge   {at} merge {branch}")
            _say(f"  drop    {at} branch -D {branch}")
            return
        outcome = Outcome(event.data["outcome"])
        title = {Outcome.WAITING: "Decide ", Outcome.BLOCKED: "Recover"}.get(outcome, "Next   ")
        step = next_step(str(outcome), event.run, events)
        told = f"{program} {step.strip('`').removeprefix('autonomy ')}{where}" if step.startswith("`autonomy") else step
        _say(f"{title}   {told}")


def _say(text: str) -> None:
    """Print a line; when whoever read our output has gone, work goes on without it."""
    try:
        click.echo(text)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process


def argv_of(words: str) -> tuple[str, ...]:
    """The words of an --agent-command."""
    try:
        return tuple(shlex.split(words))
    except ValueError as error:
        raise UsageError(f"--agent-command {one_line(words, 80)!r}: {error}", "Quote it as a shell would.") from error


@contextmanager
def _interrupts() -> Iterator[None]:
    """SIGTERM ends a session as Ctrl+C does: cleanly, with its summary."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Screen:
    """Shows events: a line each where lines are kept, one changing line on a terminal; and remembers them by run."""

    def __init__(self, opened: project.Project, *, live: bool, quiet: bool) -> None:
        self._opened, self._live, self._quiet = opened, live, quiet
        self.events: dict[str, list[Event]] = {}
        self._console: Any = None
        self._status: Any = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The live line, while a session works."""
        if not self._live:
            yield
            return
        from rich.console import Console

        self._console = Console(highlight=False, markup=False)
        with self._console.status("looking at the issues") as self._status:
            yield

    def report(self, event: Event) -> None:
        """Show one event."""
        self.events.setdefault(event.run, []).append(event)
        if self._quiet:
            return
        line = redact(progress.plain(event))
        if event.kind == "run.finished":
            self._finished(event)
        elif self._live and line:
            from rich.markup import escape

            self._status.update(escape(one_line(line, max(20, self._console.width - 4))))
        elif line:
            _say(f"  {line}")

    def _finished(self, event: Event) -> None:
        head = self._opened.store.head(event.subject)
        if head is None:
            return
        line = "  " + redact(progress.run_line(head, self.events[event.run]))
        if self._live:
            self._console.print(line, soft_wrap=True)
        else:
            _say(line)


def _data(done: session.Session) -> dict[str, Any]:
    return {
        "session": done.id,
        "runs": [{"run": event.run, "task": event.subject, **event.data} for event in done.runs],
        "not_chosen": [{"id": one.id, "why": one.why} for one in done.survey.choices if not one.eligible],
        "passed_by": [{"task": task, "why": why} for task, why in done.passed_by.items()],
        "unreadable": [{"where": one.where, "says": one.says, "fix": one.fix} for one in done.survey.broken],
        "summary": done.summary,
        "exit": done.exit_code,
    }
