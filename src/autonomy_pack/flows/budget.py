"""The ledger: every call of a model is reserved before it and settled after it, in the store, against every budget.

A reservation and the look whether it fits are one write transaction, so runs side by side cannot overshoot together.
One that is never settled, because whoever made the call is gone, counts in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autonomy_pack.contracts import Store
from autonomy_pack.model import Ceiling, Config, Event, Lease, Limits, value
from autonomy_pack.policy import budget
from autonomy_pack.store.conditions import WithinBudget


@value
class Reservation:
    """What was set aside for one call; `scopes` are the budgets it counts for."""

    call: str
    scopes: tuple[str, ...]
    usd: float
    tokens: int


class Ledger:
    """The calls of one run. It belongs to the thread of its store."""

    def __init__(
        self,
        store: Store,
        *,
        config: Config,
        limits: Limits,
        run: str,
        task: str,
        lease: Lease | None = None,
        report: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._store, self._config, self._limits = store, config, limits
        self._run, self._task, self._lease, self._report = run, task, lease, report
        # A run may ask its agent again: its calls are numbered through.
        self._calls = sum(1 for _ in store.events(kinds=["spend.reserved"], run=run))

    def reserve(self, usd: float, tokens: int) -> Reservation | str:
        """Set so much aside, or the sentence why it does not fit. LeaseLost when the run was taken over."""
        if self._limits.turns and self._calls >= self._limits.turns:
            return f"{self._calls} calls of a model were made, as many as a run may make (limits.turns). Raise it."
        ceilings = self._ceilings()
        self._calls += 1
        made = Reservation(call=str(self._calls), scopes=tuple(one.scope for one in ceilings), usd=usd, tokens=tokens)
        condition = WithinBudget(ceilings=ceilings, usd=usd, tokens=tokens)
        if self._store.append([reserved(made, self._task, self._run)], lease=self._lease, only_if=condition):
            return made
        self._calls -= 1
        self._alert(ceilings)
        heads = {one.scope: self._store.head(one.scope) for one in ceilings}
        return budget.why_over(ceilings, heads, usd, tokens) or "a budget was used up meanwhile. Run again."

    def settle(self, made: Reservation, usd: float, tokens: int, model: str) -> None:
        """Say what the call cost in the end. It is stored whoever holds the lease now: the money is gone."""
        self._store.append([settled(made, self._task, self._run, usd, tokens, model)])
        self._alert(self._ceilings())

    def why_used_up(self) -> str:
        """Which budget has nothing left, with the next step; "" when all have."""
        ceilings = self._ceilings()
        return budget.why_used_up(ceilings, {one.scope: self._store.head(one.scope) for one in ceilings})

    def _ceilings(self) -> tuple[Ceiling, ...]:
        return budget.ceilings(self._config, self._limits, self._run, self._task, self._store.now())

    def _alert(self, ceilings: Sequence[Ceiling]) -> None:
        """Tell people, once a budget, that it is nearly or wholly spent."""
        for event in alerts(self._store, ceilings):
            self._report(event)


def alerts(store: Store, ceilings: Sequence[Ceiling]) -> list[Event]:
    """Store that budgets are nearly spent; the alerts that were not raised before."""
    limited = [(one, store.head(one.scope)) for one in ceilings if one.usd]
    raised = [_raised(one, head.usd) for one, head in limited if head and budget.is_nearly_spent(one, head)]
    return store.append(raised) if raised else []


def _raised(ceiling: Ceiling, usd: float) -> Event:
    assert ceiling.usd is not None  # noqa: S101 - without a limit there is nothing to be near
    says = f"{budget.dollars(usd)} of {budget.dollars(ceiling.usd)} are spent or set aside ({ceiling.setting})"
    data = {"rule": "budget", "window": ceiling.scope, "says": says}
    # A budget that was raised is told of again.
    key = f"alert/budget/{ceiling.scope}/{ceiling.usd:g}"
    return Event(kind="alert.raised", subject=ceiling.scope, data=data, key=key)


def reserved(made: Reservation, task: str, run: str) -> Event:
    """The event of a reservation."""
    data = {"scopes": list(made.scopes), "usd": made.usd, "tokens": made.tokens}
    return Event(kind="spend.reserved", subject=task, run=run, data=data, key=f"reserve/{run}/{made.call}")


def settled(made: Reservation, task: str, run: str, usd: float, tokens: int, model: str) -> Event:
    """The event of what came of a reservation."""
    data = {
        "scopes": list(made.scopes),
        "usd": usd,
        "tokens": tokens,
        "model": model,
        "reserved_usd": made.usd,
        "reserved_tokens": made.tokens,
    }
    return Event(kind="spend.settled", subject=task, run=run, data=data, key=f"settle/{run}/{made.call}")


def spent(store: Store, run: str) -> tuple[float, int]:
    """Dollars and tokens of a run: what was settled, and in full what never was."""
    head = store.head(budget.run_scope(run))
    return (round(head.usd, 6), head.tokens) if head else (0.0, 0)
