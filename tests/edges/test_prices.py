"""What calls cost: the library's own sums, a person's prices before them, and never less than the dearest if unknown."""

import pytest
from genai_prices import Usage as Counted
from genai_prices import calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.edges import prices
from autonomy_pack.model import Usage

MODELS = [
    ("anthropic", "claude-sonnet-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("openai", "gpt-5"),
    ("openai", "gpt-4o"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-2.5-flash"),
]
TOKENS = st.integers(0, 1_000_000)
USAGE = st.builds(Usage, input=TOKENS, output=TOKENS, cache_read=TOKENS, cache_write=TOKENS)


@pytest.mark.parametrize(("provider", "model"), MODELS)
@settings(max_examples=40, deadline=None)
@given(usage=USAGE)
def test_a_known_model_costs_what_the_library_says(provider, model, usage):
    counted = Counted(
        input_tokens=usage.input + usage.cache_read + usage.cache_write,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    library = float(calc_price(counted, model, provider_id=provider).total_price)
    assert prices.cost(usage, provider, model, {}) == prices.Cost(usd=pytest.approx(library))


@pytest.mark.parametrize("provider", ["anthropic", "openai", "google"])
@settings(max_examples=40, deadline=None)
@given(usage=USAGE)
def test_an_unknown_model_costs_no_less_than_any_known_one(provider, usage):
    unknown = prices.cost(usage, provider, "unheard-of", {})
    assert not unknown.known
    for one, model in MODELS:
        if one == provider:
            plain = Usage(input=usage.input, output=usage.output)
            assert prices.cost(plain, provider, "unheard-of", {}).usd >= prices.cost(plain, provider, model, {}).usd


def test_a_person_s_price_goes_first_and_what_it_leaves_out_is_that_of_input():
    own = {"claude-sonnet-5": {"input_mtok": 1.0, "output_mtok": 10.0}}
    million = Usage(input=1_000_000, output=1_000_000, cache_read=1_000_000, cache_write=1_000_000)
    assert prices.cost(million, "anthropic", "claude-sonnet-5", own).usd == pytest.approx(13.0)
    assert prices.cost(million, "anthropic", "claude-haiku-4-5", own).usd != pytest.approx(13.0)


@settings(max_examples=60, deadline=None)
@given(sent=TOKENS, output=TOKENS, read=st.floats(0, 1), written=st.floats(0, 1))
def test_the_most_is_no_less_than_any_way_the_same_tokens_can_be_counted(sent, output, read, written):
    cached = int(sent * read)
    fresh = int((sent - cached) * written)
    usage = Usage(input=sent - cached - fresh, output=output, cache_read=cached, cache_write=fresh)
    for provider, model in (*MODELS, ("anthropic", "unheard-of")):
        most = prices.most(sent, output, provider, model, {}).usd
        assert most >= prices.cost(usage, provider, model, {}).usd * (1 - 1e-9)
