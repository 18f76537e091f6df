"""The labels of a repository on GitHub: what of ours is missing is made; nothing is ever changed or deleted."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from autonomy_pack.edges import documents
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value
from autonomy_pack.schemas.told import problems

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

FILE = "labels.yml"


@value
class Label:
    """A label of ours: `color` is six hex digits, `description` at most 100 characters."""

    name: str
    color: str
    description: str


@cache
def ours() -> tuple[Label, ...]:
    """The one list of labels, in its order."""
    text = pkgutil.get_data("autonomy_pack", FILE)
    assert text is not None  # noqa: S101 - it is in the wheel
    document = documents.load_yaml(text.decode(), FILE)
    found = problems(document, "labels", document.data)
    if found:
        raise documents.DocumentError(FILE, int(found[0].where.rpartition(":")[2]), found[0].says, found[0].fix)
    return tuple(Label(**one) for one in document.data["labels"])


def table() -> dict[str, tuple[str, str]]:
    """Name → (colour, description), as a client takes it to make a label that is missing when it is put on."""
    return {label.name: (label.color, label.description) for label in ours()}


def need(github: GitHub, names: Iterable[str]) -> tuple[str, ...]:
    """Make those of these labels that are ours and missing; the names of those that were made.

    A name that is not in our list is left to whoever uses it. Letter case does not tell labels apart.
    """
    wanted = {name.casefold() for name in names}
    missing = [label for label in ours() if label.name in wanted]
    if not missing:
        return ()
    there = github.labels()
    return tuple(label.name for label in missing if label.name not in there and _make(github, label))


def _make(github: GitHub, label: Label) -> bool:
    """Make one; False when somebody else made it just now."""
    try:
        github.make_label(label.name, label.color, label.description)
    except WorldError:
        if label.name not in github.labels():
            raise
        return False
    return True


def reconcile(github: GitHub) -> tuple[str, ...]:
    """Make every label of ours that is missing, as the first run in a repository does; their names."""
    return need(github, [label.name for label in ours()])
