"""The kit as one release renders it: ours, or an earlier one from the templates that are kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from autonomy_pack import __version__, config, releases
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Mission
from autonomy_pack.policy.fleet.lock import Inputs, Lock, sha256
from autonomy_pack.policy.fleet.plan import Wanted
from autonomy_pack.views import kit as view
from autonomy_pack.views.render import Render, renderer
from autonomy_pack.views.render import render as ours


def known(version: str, folder: Path = releases.SHIPPED) -> bool:
    """Whether the templates of a release are known: ours, and those that are kept."""
    return version == __version__ or version in releases.versions(folder)


def kit(inputs: Inputs, folder: Path = releases.SHIPPED) -> Mapping[str, Wanted]:
    """Path → what it should hold, from the templates of the release that the inputs name; of one that is not known,
    from ours. UsageError for inputs that cannot stand in a workflow."""
    missions, render = _release(inputs.version, folder)
    return view.kit(inputs, missions, render)


@cache
def _release(version: str, folder: Path) -> tuple[tuple[Mission, ...], Render]:
    texts = None if version == __version__ else releases.texts(version, folder)
    if texts is None:
        return _for_issues(config.packaged_missions()), ours
    templates = {path.removeprefix("templates/"): text for path, text in texts.items()}
    missions = {PurePosixPath(path).stem: text for path, text in texts.items() if path.startswith("missions/")}
    return _for_issues(missions), renderer(templates)


def _for_issues(texts: Mapping[str, str]) -> tuple[Mission, ...]:
    """Missions that an issue can have; one that our schema does not understand any more has no form."""
    read = []
    for name, text in texts.items():
        try:
            read.append(config.load_mission(text, f"autonomy_pack/missions/{name}.yml"))
        except UsageError:
            continue
    return tuple(mission for mission in read if not mission.returns)


def bases(lock: Lock | None, folder: Path = releases.SHIPPED) -> Mapping[str, str]:
    """What each locked file's template gave, where it can be given again: only what has the lock's hash is a base.
    A path that no kit has gives no text at all, and no empty file or line is ours for that."""
    every = lock.files.items() if lock else ()
    kits = {inputs: _kit(inputs, folder) for inputs in {file.inputs for _, file in every}}
    given = {path: _text(path, kits[file.inputs]) for path, file in every}
    return {path: given[path] for path, file in every if given[path] and sha256(given[path]) == file.upstream_sha256}


def rendered(path: str, inputs: Inputs, folder: Path = releases.SHIPPED) -> str:
    """What the kit gave for a path and these inputs, which a lock says and nobody vouches for; "" when nothing."""
    return _text(path, _kit(inputs, folder))


def _kit(inputs: Inputs, folder: Path) -> Mapping[str, Wanted]:
    try:
        return kit(inputs, folder)
    except UsageError:
        return {}


def _text(path: str, made: Mapping[str, Wanted]) -> str:
    want = made.get(view.MAKEFILE if path in view.MAKEFILES else path)
    return want.text if want else ""
