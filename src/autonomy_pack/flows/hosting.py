"""Where a repository is hosted: which forge its issues live in, under what name, and how it is reached."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from autonomy_pack.contracts import Forge
from autonomy_pack.edges import git, host
from autonomy_pack.edges.github import defaults
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows.actions import labels
from autonomy_pack.forges import FORGES
from autonomy_pack.model import Config, Place
from autonomy_pack.views.callers import LOOP

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.remote import Remote

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


def forge_name(asked: str | None, config: Config) -> str:
    """The word of a flag, else the configuration's, else github in GitHub Actions, else local: a token alone selects
    nothing. UsageError when there is no such forge."""
    name = asked or config.forge or ("github" if host.setting("GITHUB_ACTIONS") == "true" else "local")
    if name not in FORGES:
        raise UsageError(f"there is no forge {name}", f"The forges are {', '.join(FORGES)}.")
    return name


def open_forge(name: str, place: Place, config: Config) -> tuple[Forge, str]:
    """The forge of that name for a repository, and the repository's name there; the local one is "."."""
    if name == "local":
        made = FORGES[name](root=place.root, git_dir=place.git_dir, handoffs=place.workspace / "handoffs")
        return made, "."
    hub = github(place=place, reserve=config.reserve)
    # A person who disables the loop means us too, wherever we run.
    switch = LOOP if has_loop(place) else ""
    made = FORGES[name](github=hub, remote=remote(hub, place.git_dir), workflow=switch, table=labels.table())
    return made, hub.repo


def has_loop(place: Place) -> bool:
    """Whether the checkout has the workflow that calls ours."""
    return (place.root / ".github" / "workflows" / LOOP).is_file()


def is_on_github(place: Place, config: Config) -> bool:
    """Whether a repository's work is done on GitHub, by its configuration, its workflow or this job; and a token for
    it is at hand."""
    theirs = forge_name(None, config) == "github" or (not config.forge and has_loop(place))
    return theirs and any(map(host.setting, defaults.TOKENS))


def github(repo: str | None = None, place: Place | None = None, *, job: str = "", reserve: int | None = None) -> GitHub:
    """GitHub as this process may use it; UsageError when the repository or the token is not known.

    The repository is the one that is named, else GITHUB_REPOSITORY, else what the remote `origin` points to.
    """
    from autonomy_pack.edges.github import GitHub

    named, server = repository(repo, place), server_url()
    more = {} if reserve is None else {"reserve": reserve}
    api = host.setting("GITHUB_API_URL", defaults.API_URL)
    return GitHub(
        named,
        token=token(),
        api_url=api,
        graphql_url=host.setting("GITHUB_GRAPHQL_URL") or defaults.graphql_url(api),
        server_url=server,
        job=job or _job(),
        **more,
    )


def server_url() -> str:
    """Where repositories are, without a slash at the end."""
    return host.setting("GITHUB_SERVER_URL", defaults.SERVER_URL).rstrip("/")


def repository(repo: str | None, place: Place | None) -> str:
    """OWNER/NAME of the repository that is meant; UsageError when that is not known."""
    named = repo or known_name(place)
    if not _REPO.fullmatch(named):
        raise UsageError(*_unknown(repo))
    return named


def known_name(place: Place | None) -> str:
    """OWNER/NAME of the repository that a clone, or a job, is of; "" when that is not known."""
    return host.setting("GITHUB_REPOSITORY") or (origin(place, server_url()) if place else "")


def _unknown(repo: str | None) -> tuple[str, str]:
    if repo:
        return (
            f"{one_line(repo, 120)!r} is neither a folder nor OWNER/NAME of a repository",
            f"Give OWNER/NAME as in {server_url()}/OWNER/NAME, or the folder of a clone.",
        )
    way = f"Call from a clone whose remote `origin` is on {server_url()}, or set GITHUB_REPOSITORY=OWNER/NAME."
    return "the repository on GitHub is not known", way


def git_url(place: Place) -> str:
    """The address of the repository's git side, without any token."""
    return f"{server_url()}/{repository(None, place)}.git"


def _job() -> str:
    """How requests name who asks: the job of a workflow, else the command line."""
    named = host.setting("GITHUB_JOB")
    return named if re.fullmatch("[A-Za-z_][A-Za-z0-9_-]{0,99}", named) else "cli"


def token() -> str:
    """The token of the environment; UsageError when there is none."""
    found = next(filter(None, map(host.setting, defaults.TOKENS)), "")
    if not found:
        raise UsageError("there is no token for GitHub", "Set GH_TOKEN; `gh auth token` prints one for you.")
    return found


def remote(hub: GitHub, git_dir: Path, *, job: str = "") -> Remote:
    """The repository's git side, its objects coming to and going from `git_dir`."""
    from autonomy_pack.edges.remote import Remote

    return Remote(hub.git_url, git_dir, token=token(), agent=job or _job())


def origin(place: Place, server: str) -> str:
    """OWNER/NAME of the remote `origin` when it lies on that server, else "": a repository chooses no other host."""
    code, out = git.answer("config", "--get", "remote.origin.url", at=place.git_dir, ok=(0, 1))
    return named_by(git.text(out), server) if code == 0 else ""


def named_by(url: str, server: str) -> str:
    """OWNER/NAME of a remote's address (https, ssh, or git@host:path) on that server, else ""."""
    scp = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)", url)
    parts = urlsplit(url)
    there, path = (scp[1], scp[2]) if scp else (parts.hostname or "", parts.path)
    name = path.strip("/").removesuffix(".git")
    return name if there == urlsplit(server).hostname and _REPO.fullmatch(name) else ""
