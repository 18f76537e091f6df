"""Which repositories of an owner are meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from autonomy_pack.errors import UsageError
from autonomy_pack.model import value
from autonomy_pack.targets import UNNAMED, Target


@value
class Selection:
    """All that are named: by a glob over the name without its owner, by a topic, by custom properties; each narrows.

    `everything`: a person said that all are meant, where nothing narrows.
    """

    globs: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        if not (self.globs or self.topics or self.properties or self.everything):
            raise UsageError(
                "it is not said which repositories are meant",
                "Say --repos GLOB, --topic T or --property K=V; --all-repos means every one.",
            )

    def has(self, target: Target, properties: Mapping[str, Mapping[str, str]]) -> bool:
        """Whether it is among them, or may be, for GitHub did not tell; `properties`: repository → its custom ones."""
        name, held = target.name.rpartition("/")[2], properties.get(target.name, {})
        named = any(fnmatchcase(name.casefold(), one.casefold()) for one in self.globs)
        return (
            (named or not self.globs or name == UNNAMED)
            and (target.untold or all(topic in target.topics for topic in self.topics))
            and (name == UNNAMED or all(held.get(key) == wanted for key, wanted in self.properties))
        )


def property_of(text: str) -> tuple[str, str]:
    """NAME=VALUE as its two parts; UsageError for anything else."""
    name, sign, wanted = text.partition("=")
    if not name or not sign:
        raise UsageError(f"--property {text[:80]!r} is not of the form NAME=VALUE", "For example --property team=web.")
    return name, wanted
