"""Rings: a change reaches a few repositories first, and the next ring only when those before it do well. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from autonomy_pack.errors import UsageError
from autonomy_pack.model import value
from autonomy_pack.policy.fleet.lock import sha256
from autonomy_pack.targets import Target

MOST_FAILED = 0.02
LEAST_FINISHED = 20
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")


@value
class Ring:
    """Who is in it, beside those of the rings before: a share of all by their hash, a topic, or a custom property."""

    text: str
    share: float = 0.0
    topic: str = ""
    name: str = ""
    wanted: str = ""

    def has(self, target: Target, properties: Mapping[str, str]) -> bool:
        """Whether a repository is in this ring."""
        if self.topic:
            return self.topic in target.topics
        if self.name:
            return properties.get(self.name) == self.wanted
        return place(target.id) < self.share


def place(id: str) -> float:  # noqa: A002
    """Where a repository stands among all, 0 to 1: the same for ever."""
    return int(sha256(id)[:8], 16) / 2**32


def parse(text: str) -> tuple[Ring, ...]:
    """Rings from "topic:canary,10%,100%"; UsageError for other words, or a share that does not grow."""
    rings = tuple(_ring(word.strip()) for word in text.split(","))
    shares = [ring.share for ring in rings if ring.share]
    if shares != sorted(set(shares)):
        raise UsageError(f"--rings {text[:80]!r}: each share must be larger than the one before", "As in 1%,10%,100%.")
    return rings


def _ring(word: str) -> Ring:
    share = _SHARE.fullmatch(word)
    if share and 0 < float(share[1]) <= 100:
        return Ring(text=word, share=float(share[1]) / 100)
    kind, _, told = word.partition(":")
    if kind == "topic" and told:
        return Ring(text=word, topic=told)
    name, sign, wanted = told.partition("=")
    if kind == "property" and name and sign:
        return Ring(text=word, name=name, wanted=wanted)
    raise UsageError(f"--rings: {word[:60]!r} is no ring", "Say shares, topics or properties: topic:canary,10%,100%.")


def number(target: Target, rings: Sequence[Ring], properties: Mapping[str, str]) -> int:
    """The first ring that has it, from 0; the number of rings = none does."""
    return next((place for place, ring in enumerate(rings) if ring.has(target, properties)), len(rings))


@value
class Member:
    """A repository in a ring: whether it still has to get the change, whether it has it, and how its runs went since.

    `since`: when it got it, in UTC, "" = not known.
    """

    name: str
    ring: int
    pending: bool
    has: bool
    finished: int = 0
    failed: int = 0
    since: str = ""


@value
class Held:
    """The last ring that is open, from 0, and why the next is not ("" = all are open); `halted`: runs fail there."""

    last: int
    why: str = ""
    halted: bool = False


def held(members: Iterable[Member], rings: Sequence[Ring], soaked: str, *, runs: bool = True) -> Held:
    """How far the rings are open. A ring opens when in those before it nothing is pending, the last to get the change
    has it since `soaked` or earlier, at least 20 runs finished, and at most 2 % of them failed. So somebody must have
    it; only of a share there may be none. `runs`: False = the change takes away what could run, so none is waited for.
    """
    every = list(members)
    for place, ring in enumerate(rings):
        inside = [one for one in every if one.ring <= place]
        finished, failed = sum(one.finished for one in inside if one.has), sum(one.failed for one in inside if one.has)
        if finished >= LEAST_FINISHED and failed > MOST_FAILED * finished:
            why = f"{failed} of {finished} runs failed in ring {ring.text}, more than 2 %"
            return Held(last=place, why=why, halted=True)
        if place == len(rings) - 1:
            break
        why = _waits(inside, finished, ring, soaked, runs=runs)
        if why:
            return Held(last=place, why=why)
    return Held(last=len(rings) - 1)


def _waits(inside: Sequence[Member], finished: int, ring: Ring, soaked: str, *, runs: bool) -> str:
    """Why the ring after this one is not open yet."""
    pending = sum(one.pending for one in inside)
    if pending:
        return f"ring {ring.text} still has {pending} to get it"
    has = [one for one in inside if one.has]
    if runs and not has and (inside or not ring.share):
        return f"ring {ring.text} has no repository that has it and could show how it does"
    late = [one for one in has if not one.since or one.since > soaked]
    if late:
        return f"ring {ring.text}: {len(late)} have it not long enough"
    if has and finished < LEAST_FINISHED:
        return f"ring {ring.text}: {finished} of at least {LEAST_FINISHED} runs finished"
    return ""
