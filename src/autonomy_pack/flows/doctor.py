"""What this machine and repository can do, and what they lack: one finding for each thing that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autonomy_pack.edges import git
from autonomy_pack.edges.github import failures
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError
from autonomy_pack.flows import box, hosting, project, stop, trust
from autonomy_pack.model import Config, Finding, Risk
from autonomy_pack.store import open_store
from autonomy_pack.views.callers import LOOP

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub, Look

_GIT = (2, 31)


def examine(path: Path) -> tuple[list[str], list[Finding]]:
    """(what is in order, what is not); never raises for what it looks at."""
    fine: list[str] = []
    found: list[Finding] = []
    for look in (_git, _sandbox, _repository, _on_github):
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
    best = lacking = ""
    for one in box.ladder():
        if one["missing"]:
            yield _not_here(one, best or (lacking if one["level"] == lacking else ""))
            lacking = one["level"]
            continue
        best = best or one["level"]
        yield f"sandbox {one['level']} by {one['name']}"
        if one["lacks"]:
            yield f"    in it a program can {'; '.join(one['lacks'])}"
    if not best:
        fix = "Until then only planner missions without programs run; a person may say --sandbox none."
        yield Finding(rule="sandbox", risk=Risk.MEDIUM, says="there is no sandbox: programs cannot be run", fix=fix)


def _not_here(one: dict[str, Any], instead: str) -> str | Finding:
    """One that cannot be used: a lack, unless a better one is there, or its level was told to be lacking already."""
    says, _, fix = one["missing"].partition(". ")
    if instead:
        return f"sandbox {one['level']} by {one['name']} is not here, and not needed: {says}"
    says = f"no sandbox {one['level']} by {one['name']}: {says}"
    return Finding(rule="sandbox", risk=Risk.MEDIUM, says=says, fix=fix or "The sandboxes page says what it needs.")


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


def _on_github(path: Path) -> Iterator[str | Finding]:
    """Where work is done on GitHub: the token, the repository, what it may do there, whether it is stopped."""
    try:
        place = project.find(path)
        config = project.read_config(place)
        if hosting.forge_name(None, config) != "github" and not hosting.is_on_github(place, config):
            return
        github = hosting.github(place=place)
    except PackError as error:
        yield Finding(rule="github", risk=Risk.MEDIUM, says=error.says, fix=error.fix)
        return
    try:
        yield from _looked_at(github, LOOP if hosting.has_loop(place) else "")
    except PackError as error:
        yield Finding(rule="github", risk=Risk.MEDIUM, says=error.says, fix=error.fix)
    finally:
        github.close()


def _looked_at(github: GitHub, loop: str) -> Iterator[str | Finding]:
    look = github.look()
    yield f"GitHub repository {github.repo}, default branch {one_line(look.default_branch, 80)}"
    yield from _rights(github, look)
    if words := github.stop_words(loop, now=True):
        fix = "When work may go on: `autonomy resume --remote`."
        yield Finding(rule="stop", risk=Risk.MEDIUM, says=f"stopped on GitHub by {one_line(words, 600)}", fix=fix)
    if there := github.actions_may_open_pulls():
        yield "GitHub Actions may open pull requests"
    elif there is False:
        fix = 'Tick "Allow GitHub Actions to create and approve pull requests" under Settings → Actions → General.'
        yield Finding(rule="pulls", risk=Risk.HIGH, says="GitHub Actions may not open pull requests", fix=fix)


def _rights(github: GitHub, look: Look) -> Iterator[str | Finding]:
    if look.archived:
        yield Finding(rule="archived", risk=Risk.HIGH, says=f"{github.repo} is archived", fix=failures.ARCHIVED)
    if look.viewer in ("admin", "maintain", "write"):
        yield f"the owner of the token has {look.viewer} there"
    elif look.viewer:
        fix = "Handing off and seeing others' permissions needs push access (write): use the token of one who has it."
        yield Finding(rule="rights", risk=Risk.HIGH, says=f"the owner of the token has {look.viewer} there", fix=fix)


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
