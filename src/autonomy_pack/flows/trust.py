"""A repository is not trusted because it was cloned: its configuration is inert until a person has seen it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import clock, files, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import NeedsPerson, PackError
from autonomy_pack.flows import missions, stop
from autonomy_pack.flows.project import Place, governing_files, mission_texts, read_config, store_url
from autonomy_pack.model import Config
from autonomy_pack.policy import budget, names
from autonomy_pack.store import open_store


def is_trusted(place: Place) -> bool:
    """Whether these exact governing files, at this path, were trusted; also true when there are none."""
    return not governing_files(place) or may_run_programs(place)


def may_run_programs(place: Place) -> bool:
    """Whether a person trusted this repository as it is now; one without governing files needs that word too."""
    return _trusted().get(_key(place), {}).get("files") == _digest(governing_files(place))


def _key(place: Place) -> str:
    """The repository a person meant: its files and its git folder, so that neither can be passed off as another's."""
    return f"{place.root} {place.git_dir}"


def need(place: Place) -> None:
    """NeedsPerson, naming what the repository wants to run and what it lets models cost, unless it is trusted."""
    if is_trusted(place):
        return
    told = "".join(f"\n    {line}" for line in programs(place))
    why = "its configuration may run" if told else "nobody has looked at its configuration yet"
    told += "".join(f"\n    may spend: {line}" for line in spending(place))
    read = ", ".join(one_line(path, 200) for path in governing_files(place))
    raise NeedsPerson(
        f"{place.root} is not trusted: {why}{told}", f"Read {read}; then run `autonomy trust {place.root}`."
    )


def need_for_programs(place: Place) -> None:
    """NeedsPerson unless a person trusted this repository, also one that has nothing to trust but its files."""
    if not may_run_programs(place):
        raise NeedsPerson(f"{place.root} is not trusted to run programs", f"`autonomy trust {place.root}`.")


def trust_by_person(place: Place) -> None:
    """`trust`, said on the command line: NeedsPerson when an agent of ours says it."""
    url = store_url(place, Config())
    if not url.startswith("sqlite") or (place.workspace / "autonomy.db").exists():
        store = open_store(url)
        stop.refuse_agents(store, "trust")
        store.close()
    trust(place)


def trust(place: Place) -> dict[str, str]:
    """Remember that a person trusts these exact files; returns what is remembered."""
    entry = {"files": _digest(governing_files(place)), "at": clock.now()}
    files.write(_path(), json.dumps(_trusted() | {_key(place): entry}, indent=2) + "\n")
    return entry


def programs(place: Place) -> list[str]:
    """Every argv that the repository's own files contain, one line each; a broken file is named as such."""
    governing = governing_files(place)
    own = read_config(place).checks
    lines = [f"check {check.name}: {_shown(check.argv)}" for check in own]
    for path, text in mission_texts(governing).items():
        try:
            mission = configuration.load_mission(text, path, checks=[check.name for check in own])
        except PackError as error:
            lines.append(f"{path}: {one_line(error.says, 200)}")
            continue
        lines += [f"{path}: {why}: {_shown(argv)}" for why, argv in missions.programs(mission)]
    return lines


def spending(place: Place) -> list[str]:
    """What the repository's own files let runs spend on models, one line each; none where no model is asked.

    They are trusted together with the programs: any change of a limit or a budget asks again.
    """
    config, lines = read_config(place), []
    for path, text in mission_texts(governing_files(place)).items():
        try:
            mission = configuration.load_mission(text, path, checks=[check.name for check in config.checks])
        except PackError:
            continue  # told among the programs
        if budget.may_ask_models(mission.limits):
            lines.append(f"{path}: {budget.told(mission.limits)}, agent {mission.agent or config.agent}")
    agent = AGENTS.get(config.agent)
    return [*lines, budget.told_budgets(config)] if lines or (agent and agent.protocol) else []


def _shown(argv: object) -> str:
    return one_line(json.dumps(argv), 500)


def _digest(governing: Mapping[str, bytes]) -> str:
    return names.sha256({path: files.sha256(content) for path, content in governing.items()})


def _path() -> Path:
    return host.state_home() / "trust.json"


def _trusted() -> dict[str, dict[str, str]]:
    """What was trusted so far; what cannot be read trusts nothing."""
    try:
        known = json.loads(files.read(_path()))
    except (PackError, ValueError, RecursionError):
        return {}
    entries = known.items() if isinstance(known, dict) else ()
    return {path: entry for path, entry in entries if isinstance(entry, dict)}
