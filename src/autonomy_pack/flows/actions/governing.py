"""What governs a run on GitHub: configuration and missions as they are on the default branch, by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.flows.project import CONFIG_FILE, CONFIG_FOLDER
from autonomy_pack.model import Config, Mission
from autonomy_pack.policy import names


def governs(path: str) -> bool:
    """Whether a file of the repository has a say in what we do."""
    return path == CONFIG_FILE or path.startswith(f"{CONFIG_FOLDER}/")


def config_of(files: Mapping[str, str]) -> Config:
    """The configuration in these files (path → text), the defaults without one; UsageError with file, line and fix."""
    config = configuration.load_config(files.get(CONFIG_FILE), CONFIG_FILE)
    if config.agent not in AGENTS:
        raise UsageError(f"{CONFIG_FILE}: there is no agent {config.agent}", f"The agents are {', '.join(AGENTS)}.")
    return config


def mission_of(name: str, files: Mapping[str, str], config: Config) -> Mission | str:
    """The mission of that name, or what is wrong with it, on one line."""
    own = {
        path: text
        for path, text in files.items()
        if path.startswith(f"{CONFIG_FOLDER}/missions/") and path.endswith((".yml", ".yaml"))
    }
    try:
        return configuration.find_mission(name, own, checks=[one.name for one in config.checks])
    except PackError as error:
        return one_line(error.says, 300)


def missions_of(wanted: Iterable[str], files: Mapping[str, str], config: Config) -> dict[str, Mission | str]:
    """Each of these missions and the configuration's own, or what is wrong with it."""
    every = {*wanted, *([config.mission] if config.mission else [])}
    return {name: mission_of(name, files, config) for name in sorted(every)}


def policy_sha256(files: Mapping[str, str]) -> str:
    """The hash of everything that governs, so that a change of it between two jobs is seen."""
    return names.sha256(sorted((path, text) for path, text in files.items() if governs(path)))
