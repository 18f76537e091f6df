"""What ended a run by the fault of a setting or a service: the outcome that uses up no attempt, and the next step."""

import pytest

from autonomy_pack.model import COUNTED_OUTCOMES, Outcome
from autonomy_pack.policy import hindered
from autonomy_pack.policy.hindered import Called

OWN = {"model": "claude-x", "url": "https://api.example.com", "path": "/v1/messages", "key": "THE_KEY"}


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (Called(status=401, **OWN), ["refused the key (401)", "Check THE_KEY"]),
        (Called(status=403, **OWN), ["refused the key (403)", "may use the model"]),
        (Called(status=402, **OWN), ["paid", "account of THE_KEY"]),
        (Called(status=404, **OWN), ["knows no model claude-x", "--model"]),
        (Called(status=404, setting="URL_OF_IT", **OWN), ["https://api.example.com answered 404", "mend URL_OF_IT", "/v1/messages"]),
        (Called(status=500, **OWN), ["answered 500", "Run again later"]),
        (Called(status=503, error="it broke off", **OWN), ["answered 503"]),
        (Called(error="api.example.com cannot be reached", **OWN), ["cannot be reached", "Check the network, the proxy;"]),
        (Called(error="it broke off", setting="URL_OF_IT", **OWN), ["it broke off", "the proxy and URL_OF_IT;"]),
        (Called(status=200, error="the answer is no JSON object", **OWN), ["no JSON object"]),
    ],
)  # fmt: skip
def test_what_a_provider_fails_of_is_no_attempt_and_told_with_the_next_step(last, words):
    outcome, why = hindered.by_provider(last)
    assert outcome not in COUNTED_OUTCOMES
    assert why.startswith("could not go on: ")
    assert all(word in why for word in words), why
    assert hindered.is_hindered({"outcome": outcome, "why": why})


@pytest.mark.parametrize("status", [429, 529])
def test_a_provider_that_is_busy_is_a_rate_limit(status):
    outcome, why = hindered.by_provider(Called(status=status, **OWN))
    assert outcome == Outcome.RATE_LIMITED
    assert hindered.is_hindered({"outcome": outcome, "why": why})


@pytest.mark.parametrize("status", [200, 400, 413, 422])
def test_what_the_agent_asked_wrongly_is_its_own_doing(status):
    assert hindered.by_provider(Called(status=status, **OWN)) is None


def test_a_lost_lease_hinders_nobody():
    assert not hindered.is_hindered({"outcome": "stale", "why": "run .#1/1 lost its lease"})
    assert not hindered.is_hindered({"outcome": "failed", "why": "could not go on: says the agent"})
