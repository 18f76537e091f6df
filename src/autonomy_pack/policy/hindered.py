"""Runs that ended by the fault of a setting or a service: they use up no attempt of the task. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from autonomy_pack.model import Outcome, value

# How the why of such an end begins, where no outcome says it.
COULD_NOT_BEGIN, COULD_NOT_GO_ON = "could not begin: ", "could not go on: "
_BUSY = (429, 529)
_LATER = "Run again later; no attempt is used up."


@value
class Called:
    """The last call of a model: `status` is 0 where there was no answer, and `error` says why.

    `setting` is what gives the provider's address, `url`; "" where that is the provider's own. `path` is what is
    added to it, `key` the variable of the key.
    """

    status: int = 0
    error: str = ""
    model: str = ""
    url: str = ""
    path: str = ""
    setting: str = ""
    key: str = ""


def is_hindered(data: Mapping[str, object]) -> bool:
    """Whether the data of a run's end say that a setting or a service ended it."""
    said = str(data["why"]).startswith((COULD_NOT_BEGIN, COULD_NOT_GO_ON))
    return data["outcome"] == Outcome.RATE_LIMITED or (data["outcome"] == Outcome.STALE and said)


def by_provider(last: Called) -> tuple[Outcome, str] | None:
    """How a run ends that failed after this call: (outcome, why, with the next step); None when the call went well or
    what was wrong with it is the agent's own doing.
    """
    if last.status in _BUSY:
        return Outcome.RATE_LIMITED, f"the provider of {last.model} answered {last.status} to every attempt. {_LATER}"
    why = _of_status(last) or _of_error(last)
    return (Outcome.STALE, f"{COULD_NOT_GO_ON}{why}") if why else None


def _of_status(last: Called) -> str:
    if last.status in (401, 403):
        return f"the provider refused the key ({last.status}). Check {last.key}, and that it may use the model."
    if last.status == 402:
        return f"the provider wants to be paid first (402). Look at the account of {last.key}."
    if last.status == 404:
        return _unknown(last)
    if last.status >= 500 or last.status in (408, 409):
        return f"the provider answered {last.status} to every attempt, a fault of its own. {_LATER}"
    return ""


def _unknown(last: Called) -> str:
    name = "Name another: --model, or `model:` of the mission"
    if not last.setting:
        return f"the provider knows no model {last.model} (404). {name}."
    says = f"{last.url} answered 404: it knows no model {last.model}, or no such path"
    return f"{says}. {name}; or mend {last.setting}, to which {last.path} is added."


def _of_error(last: Called) -> str:
    """Of a call without an answer that can be used."""
    if not last.error:
        return ""
    address = f" and {last.setting}" if last.setting else ""
    return f"the provider gave no answer: {last.error}. Check the network, the proxy{address}; then run again."
