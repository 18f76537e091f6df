"""Which labels of a repository we made: the message of refs/autonomy/labels, to which is only ever added.

Everybody who may write the repository can forge it, so it is never enough: what is deleted must be of our list too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from autonomy_pack.edges import artifact, clock
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value
from autonomy_pack.policy import names

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.github.own_labels import Seen

_TRIES = 5
_LARGEST = 64 * 1024


@value
class Record:
    """`made`: node id → the name it was made with; `listed`: the hash of the list that was last gone through."""

    made: Mapping[str, str]
    listed: str = ""


def read(message: str) -> Record | None:
    """What a message says; nothing was made when it is "", None when it cannot be believed."""
    if not message:
        return Record(made={})
    try:
        said = artifact.strict_json(message.encode()[:_LARGEST])
        made, listed = said["made"], said["listed"]
        fits = said["version"] == 1 and isinstance(listed, str) and all(isinstance(name, str) for name in made.values())
    except (WorldError, TypeError, KeyError, AttributeError):
        return None
    return Record(made=made, listed=listed) if fits else None


def note(github: GitHub, seen: Seen, made: Mapping[str, str], listed: str = "") -> str:
    """Add to the record, however often others do meanwhile; why it could not be done, else ""."""
    try:
        for _ in range(_TRIES):
            record = read(seen.message)
            if record is None:
                return "refs/autonomy/labels cannot be read: delete that ref, then labels made from now on are noted"
            if github.note_labels(seen, _text({**record.made, **made}, listed or record.listed), clock.now()):
                return ""
            seen = github.see_labels(list(made.values()) or ["-"])
    except WorldError as error:
        return f"refs/autonomy/labels could not be written: {error.says}. {error.fix}"
    return "refs/autonomy/labels was written by others all the time: run again"


def _text(made: Mapping[str, str], listed: str) -> str:
    return names.canonical({"version": 1, "listed": listed, "made": dict(made)})
