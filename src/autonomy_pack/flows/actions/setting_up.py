"""The project's toolchain, at the base commit, before any key or agent: with network and without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autonomy_pack.edges import host, shell
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import records
from autonomy_pack.model import Command, Place

MINUTES = 30.0
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib")


def run(place: Place, programs: Sequence[tuple[str, ...]], folder: str) -> Iterator[str]:
    """Run each program to its end, yielding what it prints and one line about it; WorldError at the first failure.

    `folder` is where they begin, below the repository. They get this job's environment without whatever in it is ours
    or a secret by its name.
    """
    where = (place.root / folder).resolve()
    if not where.is_dir() or not where.is_relative_to(place.root.resolve()):
        raise UsageError(f"working_directory {one_line(folder, 100)!r} is no folder here", "Name one of the project.")
    for argv in programs:
        lines: list[bytes] = []
        command = Command(argv=argv, cwd=str(where), env=_environment())
        ended = shell.run(command, seconds=MINUTES * 60, stall_seconds=None, on_line=lines.append, stop=lambda: "")
        yield from (line.decode("utf-8", "replace") for line in lines)
        shown = one_line(" ".join(argv), 200)
        if ended.exit != 0:
            raise WorldError(
                f"set-up program `{shown}` ended with {ended.exit}: {one_line(ended.says or ended.cause, 300)}",
                "Mend `setup` in .github/autonomy.yml; the job's log has its output.",
            )
        yield f"{shown}: {ended.seconds:.0f} s"


def _environment() -> dict[str, str]:
    secrets = set(records.known_secrets())
    kept = {name: text for name, text in host.environment().items() if not name.startswith("AUTONOMY_")}
    return {name: text for name, text in kept.items() if text not in secrets and not _is_runners(name)}


def _is_runners(name: str) -> bool:
    """The runner's own files and tokens: a program of the project gets none of them."""
    return name.startswith(("ACTIONS_", "INPUT_")) or name in (
        "GITHUB_OUTPUT",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
    )


def toolchain(place: Place) -> tuple[str, ...]:
    """The folders that set-up may have filled, for the box to show read-only: the checkout, the runner's tool cache,
    and what lies on PATH beyond the system's own folders (with its prefix, but not in a home).
    """
    home = host.home().resolve()
    entries = [Path(entry) for entry in host.setting("PATH").split(":") if entry.startswith("/")]
    found = [place.root, *([Path(cache)] if (cache := host.setting("RUNNER_TOOL_CACHE")) else [])]
    for entry in entries:
        if entry.is_dir() and not str(entry.resolve()).startswith(_SYSTEM):
            near_home = entry.resolve().is_relative_to(home) or home.is_relative_to(entry.parent.resolve())
            found.append(entry if near_home else entry.parent)
    return tuple(sorted({str(path) for path in found if path.is_dir() and not home.is_relative_to(path.resolve())}))
