"""What this machine and repository can do, and what they lack: one finding for each thing that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autonomy_pack.edges import git
from autonomy_pack.errors import PackError
from autonomy_pack.flows import box, project, stop, trust
from autonomy_pack.model import Config, Finding, Risk
from autonomy_pack.store import open_store

_GIT = (2, 31)


def examine(path: Path) -> tuple[list[str], list[Finding]]:
    """(what is in order, what is not); never raises for what it looks at."""
    fine: list[str] = []
    found: list[Finding] = []
    for look in (_git, _sandbox, _repository):
        for told in look(path):
            (found if isinstance(told, Finding) else fine).append(told)  # type: ignore[arg-type]
    return fine, found


def _git(path: Path) -> Iterator[str | Finding]:
    try:
        said = git.in_folder(path if path.is_dir() else Path(), "version")
    except PackError as error:
        yield Finding(rule="git", risk=Risk.HIGH, says=error.says, fix=error.fix)
        return
    numbers = re.findall(r"\d+", git.text(said or b""))
    version = tuple(map(int, numbers[:2]))
    if version < _GIT:
        yield Finding(rule="git", risk=Risk.HIGH, says=f"git is {'.'.join(numbers[:3])}", fix="Install 2.31 or newer.")
    else:
        yield f"git {'.'.join(numbers[:3])}"


def _sandbox(_: Path) -> Iterator[str | Finding]:
    chosen = box.choose(Config(), "auto")
    if chosen.level == "L0":
        fix = "Until then only planner missions without programs run; a person may say --sandbox none."
        yield Finding(rule="sandbox", risk=Risk.MEDIUM, says=f"no sandbox: {chosen.missing}", fix=fix)
    else:
        yield f"sandbox {chosen.level}"


def _repository(path: Path) -> Iterator[str | Finding]:
    try:
        place = project.find(path)
        base = project.find_base(place)
        yield f"repository {place.root}, work begins at {base.branch}"
        config = project.read_config(place)
        yield "configuration is valid" if config.sha256 else "no configuration: the defaults hold"
        yield from _state(place, config)
    except PackError as error:
        yield Finding(rule="repository", risk=Risk.HIGH, says=error.says, fix=error.fix)


def _state(place: project.Place, config: Config) -> Iterator[str | Finding]:
    if not trust.is_trusted(place):
        fix = "Read what it wants to run; then `autonomy trust`."
        yield Finding(rule="trust", risk=Risk.MEDIUM, says="the repository is not trusted", fix=fix)
    set_stop = stop.read(place)
    if set_stop:
        yield Finding(rule="stop", risk=Risk.MEDIUM, says=f"stopped by {set_stop}", fix="`autonomy resume`.")
    if (place.workspace / "autonomy.db").exists():
        open_store(project.store_url(place, config), create=False).close()
        yield "store opens"
