"""Backups of a clone: what a plan is about to change, in one file of this machine, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autonomy_pack.edges import artifact, clock, documents, files, git
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows.fleet import clone
from autonomy_pack.flows.project import prepare_workspace
from autonomy_pack.model import Place
from autonomy_pack.policy.fleet import backup as policy
from autonomy_pack.policy.fleet.backup import Backup
from autonomy_pack.policy.fleet.steps import Step
from autonomy_pack.schemas.told import problems

FOLDER = "backups"
"""Below the folder of runtime files, which git ignores."""
_LIMIT = 64 * 1024 * 1024
_AS_WRITTEN = "Use a backup as it was written."


def keep(place: Place, steps: Iterable[Step]) -> Path:
    """Write down what the files of a plan hold now; the file that says it. WorldError when it cannot be written."""
    told = list(steps)
    found = clone.look(place, [step.path for step in told])
    at = clock.now()
    made = Backup.of(found, told, repository=place.root.name, tree=_tree(place), at=at)
    prepare_workspace(place)
    file = _free(place.workspace / FOLDER, clock.stamp(at))
    files.write(file, policy.written(made))
    return file


def _free(folder: Path, name: str) -> Path:
    number, file = 1, folder / f"{name}.json"
    while file.exists():
        number += 1
        file = folder / f"{name}-{number}.json"
    return file


def _tree(place: Place) -> str:
    return git.text(git.in_folder(place.root, "rev-parse", "--verify", "--quiet", "HEAD^{tree}") or b"")


def restore(place: Place, file: Path) -> tuple[Step, ...]:
    """The plan back to what a backup holds; UsageError for a file that is none. Writes nothing."""
    kept = read(file)
    return policy.plan_back(kept, clone.look(place, kept.files))


def read(file: Path) -> Backup:
    """The backup that a file holds; UsageError when it holds none."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}", "Name a backup: they are in .agent-workspace/backups.")
    data = _said(file)
    found = problems(documents.Document(data=data, name=file.name, lines={}), "backup", data)
    if found:
        raise UsageError(f"{file.name}: {found[0].says}", f"{_AS_WRITTEN} {found[0].fix}")
    try:
        return policy.read(data)
    except ValueError as error:
        raise UsageError(f"{file.name} names {error}, which is no file of ours", _AS_WRITTEN) from error


def _said(file: Path) -> Any:
    content = files.read(file, limit=_LIMIT)
    try:
        return artifact.strict_json(content)
    except WorldError as error:
        raise UsageError(f"{file.name} holds no backup: {error.says}", _AS_WRITTEN) from error
