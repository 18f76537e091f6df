"""One commit, on its base, that changes something: what was judged is what will be merged."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Finding, Risk, Rules


def shape(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """A merge: high. Several commits, or a head that does not stand on the base, or no change at all: medium."""
    del read
    if len(change.parents) > 1:
        fix = "Rebase the work on its base as one commit."
        yield Finding(rule="shape", risk=Risk.HIGH, says="the head is a merge commit", fix=fix)
    elif not rules.each_commit and change.base != change.head and change.base not in change.parents:
        says = "there is more than one commit between base and head; only their sum was judged"
        yield Finding(rule="shape", risk=Risk.MEDIUM, says=says, fix="Squash them, or judge each on its own.")
    if not change.files:
        says, fix = "nothing changes between base and head", "Check that these are the commits you mean."
        yield Finding(rule="shape", risk=Risk.MEDIUM, says=says, fix=fix)
