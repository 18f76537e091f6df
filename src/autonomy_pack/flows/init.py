"""Setting a repository up: a configuration and a first issue, nothing that exists is touched."""

from __future__ import annotations

from importlib.resources import files as resources
from typing import TYPE_CHECKING

from autonomy_pack.edges import clock, files, host
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import trust
from autonomy_pack.flows.project import CONFIG_FILE, Place, governing_files, prepare_workspace

if TYPE_CHECKING:
    from autonomy_pack.flows.actions.labels import Made

_FILES = {CONFIG_FILE: "init/autonomy.yml", ".autonomy/issues/1.md": "init/issue.md"}


def init(place: Place) -> list[tuple[str, bool]]:
    """(path, whether it was written) for each file; what a person had is kept as it is.

    Where nothing governed the repository before, what we wrote ourselves just now is trusted.
    """
    fresh = not governing_files(place)
    prepare_workspace(place)
    done = [(path, _write(place, path, template)) for path, template in _FILES.items()]
    if fresh:
        trust.trust(place)
    return done


def _write(place: Place, path: str, template: str) -> bool:
    text = (resources("autonomy_pack") / "templates" / template).read_text()
    return _put(place, path, text.replace("AUTHOR", host.user_name()).replace("CREATED", clock.now()[:10]))


def _put(place: Place, path: str, text: str) -> bool:
    target = place.root / path
    if target.exists() or target.is_symlink():
        return False
    if not target.resolve().is_relative_to(place.root.resolve()):
        raise UsageError(
            f"{path} lies behind a link that leads out of {place.root}", "Remove the link, then try again."
        )
    files.write(target, text)
    return True


def labels(place: Place) -> Made:
    """Make in the repository on GitHub what is missing of our labels."""
    from autonomy_pack.flows import hosting
    from autonomy_pack.flows.actions import labels as ours

    github = hosting.github(place=place)
    try:
        return ours.reconcile(github)
    finally:
        github.close()
