"""What calls of models cost, in dollars: the person's own prices first, else those of genai-prices (its shipped data;
nothing is looked up over the network). That library takes half a second to load, so only the gateway's process does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from autonomy_pack.model import Usage, value

_MILLION = 1_000_000
_NAMES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
# Where the library knows no model at all of a provider.
_UNKNOWN = {"input_mtok": 15.0, "output_mtok": 75.0}


@value
class Cost:
    """Dollars, and whether the model's own price is known; else they are by the dearest one that is."""

    usd: float
    known: bool = True


def cost(usage: Usage, provider: str, model: str, own: Mapping[str, Mapping[str, float]]) -> Cost:
    """What that many tokens cost. `provider` as genai-prices names it; `own`: model → dollars a million tokens.

    A price that the person left out is that of input (cache) or of the dearest model (output).
    """
    if model in own:
        return Cost(usd=_at(own[model], usage, provider))
    price = _listed(provider, model)
    if price is None:
        return Cost(usd=_at(_dearest(provider), usage, provider), known=False)
    if isinstance(price, dict):
        return Cost(usd=_at(price, usage, provider))
    return Cost(usd=float(price.calc_price(_told(usage))["total_price"]))


def are_known() -> bool:
    """Whether the library of prices is installed; no gateway starts without it."""
    return find_spec("genai_prices") is not None


def most(sent: int, output: int, provider: str, model: str, own: Mapping[str, Mapping[str, float]]) -> Cost:
    """The most that a call may cost which sends that many tokens, in the dearest way there is to send them."""
    ways = (Usage(input=sent, output=output), Usage(cache_write=sent, output=output))
    return max((cost(usage, provider, model, own) for usage in ways), key=lambda one: one.usd)


def _at(prices: Mapping[str, float], usage: Usage, provider: str) -> float:
    """By plain prices a million tokens."""
    into = prices["input_mtok"] if "input_mtok" in prices else _dearest(provider)["input_mtok"]
    out = prices["output_mtok"] if "output_mtok" in prices else _dearest(provider)["output_mtok"]
    read, write = prices.get("cache_read_mtok", into), prices.get("cache_write_mtok", into)
    return (usage.input * into + usage.output * out + usage.cache_read * read + usage.cache_write * write) / _MILLION


def _told(usage: Usage) -> Any:
    from genai_prices import Usage as Counted

    return Counted(
        input_tokens=usage.input + usage.cache_read + usage.cache_write,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )


@cache
def _listed(provider: str, model: str) -> Any:
    """The library's price of a model, as plain numbers where it has no tiers (its own sum takes 0.1 ms, three a call);
    None when it knows none that has both input and output."""
    from genai_prices import calc_price

    try:
        price = calc_price(_told(Usage(input=1, output=1)), model, provider_id=provider).model_price
    except LookupError:
        return None
    told = {name: getattr(price, name, None) for name in _NAMES}
    if not _plain(told["input_mtok"]) or not _plain(told["output_mtok"]):
        return None
    tiers = any(hasattr(number, "tiers") for number in told.values())
    return price if tiers else {name: float(number) for name, number in told.items() if number is not None}


@cache
def _dearest(provider: str) -> Mapping[str, float]:
    """The highest price of each kind among that provider's models."""
    from genai_prices.data_snapshot import get_snapshot

    models = [model for one in get_snapshot().providers if one.id == provider for model in one.models]
    prices = [price for model in models for price in _prices(model.prices)]
    found = {name: _highest(getattr(price, name, None) for price in prices) for name in _NAMES}
    return {name: max(number, _UNKNOWN.get(name, 0.0)) for name, number in found.items() if number or name in _UNKNOWN}


def _prices(prices: Any) -> Iterable[Any]:
    """All that a model ever cost, where it changed with time."""
    return [entry.prices for entry in prices] if isinstance(prices, list) else [prices]


def _highest(numbers: Iterable[Any]) -> float:
    return max((_plain(number) for number in numbers), default=0.0)


def _plain(number: Any) -> float:
    """A price, the highest of its tiers."""
    if number is None:
        return 0.0
    tiers = getattr(number, "tiers", None)
    if tiers is None:
        return float(number)
    return max(float(number.base), *(float(tier.price) for tier in tiers))
