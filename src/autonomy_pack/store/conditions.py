"""The closed set of things that can be asked to hold at the instant of an append.

`:now` is the store's own time, put in by the store when the write lock is held: no caller can be late or early.
"""

from __future__ import annotations

from collections.abc import Mapping

from autonomy_pack.model import Ceiling, value

_BUDGET = "from heads where repo = :in_repo and type = 'budget'"
_DECISION = "from heads where repo = :in_repo and subject = :decision and type = 'decision' and status = 'pending'"


@value
class DecisionOpen:
    """The decision is pending, its deadline lies ahead, and it is about exactly this action."""

    decision: str
    action_sha256: str
    repo: str = "."

    @property
    def where(self) -> str:
        """See contracts.Condition."""
        return f"exists (select 1 {_DECISION} and deadline > :now and action_sha256 = :about)"

    @property
    def params(self) -> Mapping[str, object]:
        """See contracts.Condition."""
        return {"decision": self.decision, "about": self.action_sha256, "in_repo": self.repo}


@value
class DecisionExpired:
    """The decision is still pending although its deadline has passed."""

    decision: str
    repo: str = "."

    @property
    def where(self) -> str:
        """See contracts.Condition."""
        return f"exists (select 1 {_DECISION} and deadline <= :now)"

    @property
    def params(self) -> Mapping[str, object]:
        """See contracts.Condition."""
        return {"decision": self.decision, "in_repo": self.repo}


@value
class WithinBudget:
    """So much more fits into each of these budgets, beside what is spent and set aside already."""

    ceilings: tuple[Ceiling, ...]
    usd: float
    tokens: int
    repo: str = "."

    @property
    def where(self) -> str:
        """See contracts.Condition."""
        texts = [text for number, ceiling in enumerate(self.ceilings) for text in _fits(number, ceiling)]
        return " and ".join(texts) or "1 = 1"

    @property
    def params(self) -> Mapping[str, object]:
        """See contracts.Condition. A billionth of a dollar is forgiven: sums of decimal fractions are not exact."""
        places: dict[str, object] = {"in_repo": self.repo, "more_usd": float(self.usd), "more_tokens": self.tokens}
        for number, ceiling in enumerate(self.ceilings):
            limits = {"usd": None if ceiling.usd is None else ceiling.usd + 1e-9, "tokens": ceiling.tokens}
            places |= {f"{name}{number}": limit for name, limit in limits.items() if limit is not None}
            places[f"scope{number}"] = ceiling.scope
        return places


def _fits(number: int, ceiling: Ceiling) -> list[str]:
    limits = {"usd": ceiling.usd, "tokens": ceiling.tokens}
    return [
        f"coalesce((select {name} {_BUDGET} and subject = :scope{number}), 0) + :more_{name} <= :{name}{number}"
        for name, limit in limits.items()
        if limit is not None
    ]


@value
class HeadUnmoved:
    """Nothing has happened to the subject since its head was at `seq`; 0: it has no head.

    With it a claim is refused when the task was finished between choosing it and claiming it.
    """

    subject: str
    seq: int
    repo: str = "."

    @property
    def where(self) -> str:
        """See contracts.Condition."""
        head = "from heads where repo = :in_repo and subject = :about"
        return f"coalesce((select seq {head}), 0) = :at_seq"

    @property
    def params(self) -> Mapping[str, object]:
        """See contracts.Condition."""
        return {"about": self.subject, "at_seq": self.seq, "in_repo": self.repo}
