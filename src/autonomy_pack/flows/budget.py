"""The ledger: every call of a model is reserved before it and settled after it, in the store, against every budget.

A reservation and the look whether it fits are one write transaction, so runs side by side cannot overshoot together.
One that is never settled, because whoever made the call is gone, counts in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from autonomy_pack.contracts import Store
from autonomy_pack.model import Ceiling, Config, Event, Head, Lease, Limits, Outcome, Usage, value
from autonomy_pack.policy import budget
from autonomy_pack.policy.budget import Least
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
        self._calls = self._turns = sum(1 for _ in store.events(kinds=["spend.reserved"], run=run))

    def reserve(self, usd: float, tokens: int) -> Reservation | str:
        """Set so much aside, or the sentence why it does not fit. LeaseLost when the run was taken over."""
        if why := self.why_no_turn():
            return why
        ceilings = self._ceilings()
        self._calls += 1
        made = Reservation(call=str(self._calls), scopes=tuple(one.scope for one in ceilings), usd=usd, tokens=tokens)
        condition = WithinBudget(ceilings=ceilings, usd=usd, tokens=tokens)
        if self._store.append([reserved(made, self._task, self._run)], lease=self._lease, only_if=condition):
            self._turns += 1
            return made
        self._calls -= 1
        self._alert(ceilings)
        heads = {one.scope: self._store.head(one.scope) for one in ceilings}
        return budget.why_over(ceilings, heads, usd, tokens) or "a budget was used up meanwhile. Run again."

    def settle(
        self,
        made: Reservation,
        usd: float,
        tokens: int,
        model: str,
        *,
        usage: Usage | None = None,
        retried: bool = False,
    ) -> None:
        """Say what the call cost in the end. It is stored whoever holds the lease now: the money is gone.

        `usage`: its tokens by kind, None where nobody knows. `retried`: the gateway sends it again by itself, which is
        no further turn.
        """
        self._turns -= retried
        self._store.append([settled(made, self._task, self._run, usd, tokens, model, usage)])
        self._alert(self._ceilings())

    def why_no_turn(self) -> str:
        """Why the run may call its model no more, however much money is left; "" while it may."""
        if self._limits.turns and self._turns >= self._limits.turns:
            calls = f"{self._turns} call{'s' * (self._turns > 1)} of a model"
            step = "Raise limits.turns of its mission or --max-turns, or make the issue smaller"
            return f"not done after {calls}, as many as a run may make (limits.turns, --max-turns). {step}."
        return ""

    def why_no_call(self, least: Least) -> str:
        """Which budget does not hold even that call, with the next step; "" when all do."""
        return why_no_call(self._store, self._ceilings(), least)

    def _ceilings(self) -> tuple[Ceiling, ...]:
        return budget.ceilings(self._config, self._limits, self._run, self._task, self._store.now())

    def _alert(self, ceilings: Sequence[Ceiling]) -> None:
        """Tell people, once a budget, that it is nearly or wholly spent."""
        for event in alerts(self._store, ceilings):
            self._report(event)


def why_no_call(store: Store, ceilings: Sequence[Ceiling], least: Least) -> str:
    """Which of these budgets does not hold even that call by now, with the next step; "" when all do."""
    return budget.why_no_call(ceilings, {one.scope: store.head(one.scope) for one in ceilings}, least)


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


def settled(
    made: Reservation, task: str, run: str, usd: float, tokens: int, model: str, usage: Usage | None = None
) -> Event:
    """The event of what came of a reservation."""
    data = {
        "scopes": list(made.scopes),
        "usd": usd,
        "tokens": tokens,
        "model": model,
        "usage": None if usage is None else asdict(usage),
        "reserved_usd": made.usd,
        "reserved_tokens": made.tokens,
    }
    return Event(kind="spend.settled", subject=task, run=run, data=data, key=f"settle/{run}/{made.call}")


def heads_of(store: Store, config: Config, tasks: Iterable[str]) -> dict[str, Head]:
    """The heads of the budgets that are limited and that work on any of these tasks would count for."""
    now = store.now()
    ceilings = [one for task in tasks for one in budget.shared(config, task, now) if one.usd is not None]
    found = {scope: store.head(scope) for scope in {one.scope for one in ceilings}}
    return {scope: head for scope, head in found.items() if head}


def bounds_before(store: Store, heads: Mapping[str, Head]) -> dict[str, dict[str, float]]:
    """Run → what bounded its spending, of each task whose last run ended over its budget."""
    ended = [head.run for head in heads.values() if head.status == Outcome.OVER_BUDGET]
    started = {run: next(iter(store.events(kinds=["run.started"], run=run)), None) for run in ended}
    return {run: _bounds(event) for run, event in started.items() if event}


def _bounds(started: Event) -> dict[str, float]:
    told = started.data["limits"]
    return {name: float(told[name]) for name in budget.BOUNDS if told.get(name)}


LEG = "leg"


def settle_leg(
    store: Store, config: Config, task: str, run: str, claimed: tuple[float, int] | None
) -> tuple[tuple[float, int], list[Event]]:
    """What a leg spent and the events that say so, to be stored with its end: as its job claims, at most what was set
    aside for it, and all of that where no valid record says anything.
    """
    event = next(iter(store.events(kinds=["spend.reserved"], run=run)), None)
    if event is None:
        return (0.0, 0), []
    made = Reservation(
        call=LEG, scopes=tuple(event.data["scopes"]), usd=float(event.data["usd"]), tokens=int(event.data["tokens"])
    )
    usd, tokens = made.usd, made.tokens
    if claimed:
        # What had no ceiling of its own cannot be cut to one.
        usd, tokens = min(claimed[0], usd or claimed[0]), min(claimed[1], tokens or claimed[1])
    return (usd, tokens), [
        settled(made, task, run, usd, tokens, ""),
        *_alerts_of(store, config, task, made, usd),
    ]


def _alerts_of(store: Store, config: Config, task: str, made: Reservation, usd: float) -> list[Event]:
    """The alerts that are due once this reservation is settled."""
    limited = [one for one in budget.shared(config, task, store.now()) if one.usd and one.scope in made.scopes]
    after = [(one, replace(head, usd=head.usd - made.usd + usd)) for one in limited if (head := store.head(one.scope))]
    return [_raised(one, head.usd) for one, head in after if budget.is_nearly_spent(one, head)]


def spent_by_others(store: Store, task: str, run: str) -> tuple[float, int]:
    """Dollars and tokens of all other runs of the run's task."""
    head, (usd, tokens) = store.head(budget.issue_scope(task)), spent(store, run)
    return (max(0.0, round(head.usd - usd, 6)), max(0, head.tokens - tokens)) if head else (0.0, 0)


def spent(store: Store, run: str) -> tuple[float, int]:
    """Dollars and tokens of a run: what was settled, and in full what never was."""
    head = store.head(budget.run_scope(run))
    return (round(head.usd, 6), head.tokens) if head else (0.0, 0)
