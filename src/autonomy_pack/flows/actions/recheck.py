"""The review gate's first job: run the checks again on a pull request's head, with no token, no secret, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from autonomy_pack.edges import clock, files, git, shell, workspace
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.flows import checks as checking
from autonomy_pack.flows.actions import exchange, governing, history
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Check, CheckResult, Command, Mission, value

MOST = 96 * 1024  # one environment string carries at most 128 KiB
_TAILS = (1000, 300, 0)
_MOST_CHECKS = 50
_WHOLE_MINUTES = 60.0


@value
class Results:
    """What `recheck` saw. `why` is why it could not see; then there are no checks."""

    base: str
    head: str
    rules: str
    mission: str = ""
    why: str = ""
    checks: tuple[CheckResult, ...] = ()


def recheck(repository: Path, base: str, head: str, box: Box, readable: tuple[str, ...] = ()) -> str:
    """Run the checks that commit `base` configures on commit `head`, each in the box on its own copy; the JSON text.

    `base` is the default branch's head, whose set-up ran before: the judge refuses what any other commit prepared.
    What stands in the way (a commit that is not here, a broken configuration) is said in it: the judge then refuses.
    `readable` are folders of the project's toolchain that checks may read.
    """
    try:
        results = _results(repository, base, head, box, readable)
    except PackError as error:
        results = Results(base="", head=head, rules=base, why=one_line(f"{error.says}. {error.fix}", 1000))
    return to_json(results)


def _results(repository: Path, base: str, head: str, box: Box, readable: tuple[str, ...]) -> Results:
    git_dir = _git_dir(repository)
    at = history.parted(git_dir, base, head)
    mission = history.commits(git_dir, at, head)[0].mission
    seen = Results(base=at, head=head, rules=base, mission=mission)
    wanted = checks_of(git_dir, base, mission)
    if wanted:
        box.need_for_programs()
    return replace(seen, checks=tuple(_run_all(git_dir, head, wanted, box, readable)))


def _git_dir(repository: Path) -> Path:
    said = git.in_folder(repository, "rev-parse", "--absolute-git-dir") if repository.is_dir() else None
    if not said:
        raise UsageError(f"{repository} is not in a git repository", "Check the pull request's head out first.")
    return Path(git.text(said))


def mission_at(git_dir: Path, commit: str, name: str) -> Mission | None:
    """The mission of that name as of a commit; None when there is none that can be used."""
    rules = history.rules(git_dir, commit)
    found = governing.mission_of(name, rules, governing.config_of(rules)) if name else None
    return found if isinstance(found, Mission) else None


def checks_of(git_dir: Path, commit: str, mission: str) -> tuple[Check, ...]:
    """The repository's checks as of a commit, and those of the mission that a change claims: a claim only adds."""
    config = governing.config_of(history.rules(git_dir, commit))
    found = mission_at(git_dir, commit, mission)
    known = {check.name: check for check in (*(found.checks if found else ()), *config.checks)}
    if len(known) > _MOST_CHECKS:
        raise UsageError(f"there are {len(known)} checks", f"The gate runs at most {_MOST_CHECKS}.")
    return tuple(known.values())


def _run_all(
    git_dir: Path, head: str, wanted: Sequence[Check], box: Box, readable: tuple[str, ...]
) -> list[CheckResult]:
    folder = files.temporary("autonomy-recheck-")
    until = clock.monotonic() + _WHOLE_MINUTES * 60
    try:
        space = workspace.open_workspace(git_dir, folder / "space", head)
        return [_run(space, check, head, box, readable, until - clock.monotonic()) for check in wanted]
    finally:
        files.remove_tree(folder)


def _run(
    space: workspace.Workspace, check: Check, head: str, box: Box, readable: tuple[str, ...], left: float
) -> CheckResult:
    copy, home, log = (space.folder / f"{what}-{check.name}" for what in ("check", "home", "log"))
    with files.explained(f"making {copy}"):
        copy.mkdir()
        home.mkdir()
    workspace.export(space, head, copy)
    command = Command(argv=check.argv, cwd=str(copy), env=checking.environment(home))
    ended = shell.run(
        box.wrap(command, str(copy), readable),
        seconds=min(check.minutes * 60, max(left, 1.0)),
        stall_seconds=None,
        on_line=lambda _: None,
        stop=lambda: "",
        log=log,
    )
    output = files.read(log, limit=1 << 30) if log.exists() else ended.says.encode()
    return CheckResult(
        name=check.name,
        argv=check.argv,
        exit=ended.exit if ended.cause == "exited" else None,
        seconds=round(ended.seconds, 3),
        head=head,
        log_sha256=files.sha256(output),
        tail=redact(output[-4000:].decode(errors="replace") or ended.says),
    )


def to_json(results: Results) -> str:
    """The text that crosses to the judge: its tails are cut until it fits into one environment string."""
    for most in _TAILS:
        checks = [{**asdict(one), "argv": list(one.argv), "tail": _end(one.tail, most)} for one in results.checks]
        text = exchange.write("recheck", {"version": 1, **asdict(results), "checks": checks}, 1 << 30)
        if len(text) <= MOST:
            return text
    why = "the checks' command lines are too long to be passed on. Shorten them in the configuration."
    return to_json(Results(base=results.base, head=results.head, rules=results.rules, why=why))


def _end(text: str, most: int) -> str:
    return text[-most:] if most else ""


def from_json(text: str) -> Results:
    """The results in that text; WorldError when it is not of its shape."""
    data = exchange.read("recheck", text, MOST)
    del data["version"]
    seen = [CheckResult(**{**one, "argv": tuple(one["argv"])}) for one in data["checks"]]
    return Results(**{**data, "checks": tuple(seen)})
