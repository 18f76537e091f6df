"""A person's file and a new release's, put together; what cannot be trusted to work is left to a person."""

from __future__ import annotations

from typing import Any

from autonomy_pack.edges import documents, merging
from autonomy_pack.policy.fleet.file_faults import Caller, of_callers
from autonomy_pack.policy.fleet.steps import Merged
from autonomy_pack.views.callers import FOLDER

# What keeps a caller from working; where and when it starts is a person's to choose.
_NEEDED = frozenset({"job-missing", "trigger-missing", "permission-missing", "secret-not-passed", "pin-differs"})


def merged(path: str, base: str, mine: str, theirs: str) -> Merged:
    """A person's file with the pack's change in it, or why there is none that can be used."""
    text = merging.merge(base, mine, theirs)
    if text is None:
        return Merged(why="the pack and somebody here changed the same place: merge it by hand")
    lost = _added(base, mine) - set(text.split("\n"))
    if lost:
        return Merged(why=f"merging would lose what somebody wrote here: {sorted(lost)[0][:80]!r}")
    if not path.endswith((".yml", ".yaml")):
        return Merged(text=text)
    document, why = _read(path, text)
    if why:
        return Merged(why=f"merged, it would not be YAML any more: {why}")
    broken = _broken(path, document, theirs) - _broken(path, _read(path, mine)[0], base)
    return Merged(why=f"merged, {sorted(broken)[0]}") if broken else Merged(text=text)


def _added(base: str, mine: str) -> set[str]:
    return set(mine.split("\n")) - set(base.split("\n"))


def _read(path: str, text: str) -> tuple[Any, str]:
    """(the document, why there is none): two changes that fit line by line need not fit as YAML."""
    try:
        return documents.load_yaml(text, path).data, ""
    except documents.DocumentError as error:
        return None, error.says


def _broken(path: str, document: Any, ours: str) -> set[str]:
    """What a workflow lacks of what the release gives; what it lacked before the merge, somebody wanted so."""
    if not path.startswith(FOLDER):
        return set()
    callers = [Caller(path=path, says=document, ours=_read(path, ours)[0])]
    return {finding.says for finding in of_callers(callers) if finding.rule in _NEEDED}
