"""What a run may spend: the mission's limits, the configuration's budgets, a person's word. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autonomy_pack.model import Ceiling, Config, Head, Limits, Mission, value

# From this share of a budget on, people are told.
ALERT_FROM = 0.9
REPO = "repo"
# What bounds the spending of a run, as its event tells of it.
BOUNDS = ("usd", "tokens", "turns", "issue_usd", "day_usd", "repo_usd")


@value
class Asked:
    """What a person said for this session, which may raise or lower what is configured; None, "": nothing."""

    usd: float | None = None
    tokens: int | None = None
    turns: int | None = None
    model: str = ""


NOTHING = Asked()


@value
class Least:
    """The least that a call of a model sets aside: what has less left holds none."""

    usd: float = 0.0001
    tokens: int = 1


ANY_CALL = Least()


def limited(mission: Mission, config: Config, asked: Asked) -> Mission:
    """The mission with the limits that hold for a run of it: the tightest of all, unless a person said otherwise."""
    limits = replace(mission.limits, usd=_tightest(mission.limits.usd, config.run_usd))
    if not may_ask_models(mission.limits) or config.run_usd == 0:
        limits = replace(limits, usd=0.0, tokens=0)
    limits = replace(
        limits,
        usd=limits.usd if asked.usd is None else asked.usd,
        tokens=limits.tokens if asked.tokens is None else asked.tokens,
        turns=limits.turns if asked.turns is None else asked.turns,
    )
    if 0 in (asked.usd, asked.tokens, asked.turns):
        limits = replace(limits, usd=0.0, tokens=0)
    return replace(mission, limits=limits, model=asked.model or mission.model)


def _tightest(usd: float, ceiling: float | None) -> float:
    """0 of a mission means no limit of this kind: whether a model may be asked at all is `may_ask_models`."""
    return min(filter(None, (usd, ceiling)), default=0.0)


def may_ask_models(limits: Limits) -> bool:
    """Whether a run with these limits may call a model at all."""
    return limits.usd > 0 or limits.tokens > 0


def why_no_model(mission: Mission, config: Config, asked: Asked) -> tuple[str, str]:
    """(whose word it is that a run whose limits allow no call of a model makes none, the next step)."""
    words = {"--max-cost-usd": asked.usd, "--max-tokens": asked.tokens, "--max-turns": asked.turns}
    for option, number in words.items():
        if number == 0:
            return f"{option} 0 says that no model is called", f"Leave {option} out, or say more than 0."
    if config.run_usd == 0:
        return "budget.run_usd: 0 allows no call of a model", "Raise it, or say --max-cost-usd for this run."
    says = f"mission {mission.name} allows no call of a model (limits.usd and limits.tokens are 0)"
    return says, "Give it limits, or say --max-cost-usd for this run."


def bounds(limits: Limits, config: Config) -> dict[str, float]:
    """Everything that bounds what a run may spend, by name; what has no limit is left out."""
    own = {"usd": limits.usd, "tokens": limits.tokens, "turns": limits.turns}
    budgets = {"issue_usd": config.issue_usd, "day_usd": config.day_usd, "repo_usd": config.repo_usd}
    return {name: most for name, most in own.items() if most} | {
        name: most for name, most in budgets.items() if most is not None
    }


def is_more(now: Mapping[str, float], before: Mapping[str, float]) -> bool:
    """Whether any of these bounds is higher than it was, or gone."""
    return any(name not in now or now[name] > most for name, most in before.items())


def run_scope(run: str) -> str:
    """The budget of one run."""
    return f"run:{run}"


def issue_scope(task: str) -> str:
    """The budget of one issue, for life."""
    return f"issue:{task}"


def day_scope(now: str) -> str:
    """The budget of the day (UTC) of a time."""
    return f"day:{now[:10]}"


def ceilings(config: Config, limits: Limits, run: str, task: str, now: str) -> tuple[Ceiling, ...]:
    """Every budget that a call of that run counts for, the narrowest first."""
    own = Ceiling(scope=run_scope(run), usd=limits.usd or None, tokens=limits.tokens or None, setting="limits")
    return (own, *shared(config, task, now))


def shared(config: Config, task: str, now: str) -> tuple[Ceiling, ...]:
    """The budgets that a run shares with others."""
    return (
        Ceiling(scope=issue_scope(task), usd=config.issue_usd, setting="budget.issue_usd"),
        Ceiling(scope=day_scope(now), usd=config.day_usd, setting="budget.day_usd"),
        Ceiling(scope=REPO, usd=config.repo_usd, setting="budget.repo_usd"),
    )


def left(ceilings: Sequence[Ceiling], heads: Mapping[str, Head | None]) -> float | None:
    """Dollars that are left of the tightest of these budgets; None when none is limited."""
    found = [one.usd - (head.usd if (head := heads.get(one.scope)) else 0.0) for one in ceilings if one.usd is not None]
    return max(0.0, round(min(found), 6)) if found else None


def why_over(ceilings: Sequence[Ceiling], heads: Mapping[str, Head | None], usd: float, tokens: int) -> str:
    """Which budget does not hold so much more, with the next step; "" when all do."""
    for ceiling in ceilings:
        head = heads.get(ceiling.scope)
        spent, used = (head.usd, head.tokens) if head else (0.0, 0)
        if ceiling.usd is not None and spent + usd > ceiling.usd + 1e-9:
            return _told(ceiling, f"{dollars(spent)} of {dollars(ceiling.usd)}", f"{dollars(usd)} more", "usd")
        if ceiling.tokens is not None and used + tokens > ceiling.tokens:
            return _told(ceiling, f"{used:,} of {ceiling.tokens:,} tokens", f"{tokens:,} more", "tokens")
    return ""


def why_no_call(ceilings: Sequence[Ceiling], heads: Mapping[str, Head | None], least: Least = ANY_CALL) -> str:
    """Which budget does not hold even one call, with the next step; "" when all do."""
    why = why_over(ceilings, heads, least.usd, least.tokens)
    return f"no call of a model fits: {why}" if why else ""


def _told(ceiling: Ceiling, spent: str, more: str, kind: str) -> str:
    setting = f"limits.{kind}" if ceiling.setting == "limits" else ceiling.setting
    says = f"{spent} {_of(ceiling.scope)} are spent or set aside, and a call may need {more} ({setting})"
    return f"{says}. {_step(ceiling.scope, setting)}"


def _of(scope: str) -> str:
    family, _, name = scope.partition(":")
    words = {"run": "of this run", "issue": "of this issue", "day": f"of {name}", REPO: "of this repository"}
    return words[family]


def _step(scope: str, setting: str) -> str:
    if scope.startswith("day:"):
        return f"It goes on when a new day begins at 00:00 UTC, or raise {setting}."
    if scope.startswith("issue:"):
        return f"Raise {setting}: it is for the issue's whole life, which no reset begins anew."
    flag = " of the mission, or --max-cost-usd" if setting == "limits.usd" else ""
    flag = " of the mission, or --max-tokens" if setting == "limits.tokens" else flag
    return f"Raise {setting}{flag}."


def told(limits: Limits) -> str:
    """The limits of a run in words: at most $1.00, 9,000 tokens, 5 calls a run."""
    parts = [dollars(limits.usd)] * bool(limits.usd) + [f"{limits.tokens:,} tokens"] * bool(limits.tokens)
    return f"at most {', '.join(parts + [f'{limits.turns:,} calls'] * bool(limits.turns))} a run"


def told_budgets(config: Config) -> str:
    """The configuration's budgets in words, those without a limit too."""
    spans = {
        "a run": config.run_usd,
        "an issue": config.issue_usd,
        "a day": config.day_usd,
        "in all": config.repo_usd,
    }
    return "budget: " + ", ".join(
        f"{'any number of dollars' if most is None else f'at most {dollars(most)}'} {span}"
        for span, most in spans.items()
    )


def is_nearly_spent(ceiling: Ceiling, head: Head) -> bool:
    """Whether people must be told. A run's own budget is told by how it ends."""
    if ceiling.usd is None or ceiling.setting == "limits":
        return False
    return head.usd >= ALERT_FROM * ceiling.usd > 0


def dollars(usd: float) -> str:
    """An amount as people read it: cents, or more places where it is less than one."""
    return f"${usd:.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.4f}"
