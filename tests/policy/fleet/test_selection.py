"""Which repositories are meant has to be said."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.policy.fleet.selection import Selection, property_of
from autonomy_pack.targets import UNNAMED, Target

SITE = Target(name="acme/Site", id="R_1", blobs={}, topics=("web", "old"))


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(everything=True), True),
        (Selection(globs=("si*",)), True),
        (Selection(globs=("acme/*",)), False),
        (Selection(globs=("x", "*te")), True),
        (Selection(topics=("web", "old")), True),
        (Selection(topics=("web", "new")), False),
        (Selection(properties=(("team", "a"),)), True),
        (Selection(properties=(("team", "b"),)), False),
        (Selection(globs=("site",), topics=("new",)), False),
    ],
)
def test_each_condition_narrows(selection: Selection, meant: bool) -> None:
    assert selection.has(SITE, {"acme/Site": {"team": "a"}}) is meant


def test_what_was_not_told_may_be_meant() -> None:
    lost = Target(name="acme/site", id="R_1", blobs={}, unread="no answer")
    assert Selection(globs=("s*",), topics=("web",)).has(lost, {})
    assert not Selection(globs=("x*",)).has(lost, {})
    unnamed = Target(name=f"acme/{UNNAMED}", id="R_1", blobs={}, unread="no answer")
    assert Selection(globs=("s*",), topics=("web",), properties=(("a", "b"),)).has(unnamed, {})


def test_nothing_said_is_not_everything() -> None:
    with pytest.raises(UsageError, match="which repositories"):
        Selection()


def test_a_property_has_a_name_and_a_value() -> None:
    assert property_of("team=a=b") == ("team", "a=b")
    for text in ("team", "=a", ""):
        with pytest.raises(UsageError):
            property_of(text)
