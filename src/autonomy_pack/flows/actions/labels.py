"""The labels of a repository on GitHub: what of ours is missing is made and noted as ours; nothing is ever changed."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from autonomy_pack.edges import documents
from autonomy_pack.flows.actions import label_records as records
from autonomy_pack.model import value
from autonomy_pack.policy import names
from autonomy_pack.schemas.told import problems

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.github.own_labels import Seen

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


@value
class Made:
    """Names of labels that were made, in the order of the list; `trouble`: why it could not be noted that they are
    ours ("" = it was): then nobody but a person will delete them."""

    names: tuple[str, ...] = ()
    trouble: str = ""


def table() -> dict[str, tuple[str, str]]:
    """Name → (colour, description), as a client takes it to make a label that is missing when it is put on."""
    return {label.name: (label.color, label.description) for label in ours()}


def need(github: GitHub, asked: Iterable[str]) -> Made:
    """Make those of these labels that are ours and missing.

    A name that is not in our list is left to whoever uses it. Letter case does not tell labels apart.
    """
    wanted = {name.casefold() for name in asked}
    return _make(github, [label for label in ours() if label.name in wanted])


def reconcile(github: GitHub) -> Made:
    """Make every label of ours that is missing."""
    return _make(github, ours())


def first_run(github: GitHub, heed: Callable[[], None]) -> Made:
    """Make what is missing, once for each release's list: what a person deleted afterwards stays away. One request
    when it was done; `heed` is asked before the first write.

    So each repository makes its own labels with its own token, and an organisation's install needs no request for it.
    """
    seen = github.see_labels([label.name for label in ours()])
    record = records.read(seen.message)
    if record is None or record.listed == _listed():
        return Made()
    heed()
    gone = {name.casefold() for name in record.made.values()}
    return _make(github, [label for label in ours() if label.name not in gone], seen, listed=_listed())


def _make(github: GitHub, wanted: Sequence[Label], seen: Seen | None = None, *, listed: str = "") -> Made:
    if not wanted:
        return Made()
    seen = seen or github.see_labels([label.name for label in wanted])
    missing = {label.name: (label.color, label.description) for label in wanted if label.name not in seen.labels}
    made = github.make_labels(seen, missing) if missing else {}
    trouble = records.note(github, seen, made, listed) if made or listed else ""
    return Made(names=tuple(label.name for label in wanted if label.name in made.values()), trouble=trouble)


def _listed() -> str:
    """Which list this release has; not its colours and descriptions, which are never changed anyway."""
    return names.sha256([label.name for label in ours()])
