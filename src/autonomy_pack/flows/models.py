"""Which model a run asks, at which address, with whose key. Keys and addresses are a person's word alone.

A key is read where it is needed, handed to the gateway on its standard input, and is in no environment, argument or
file of anything that is started here.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from autonomy_pack.agents import AGENTS
from autonomy_pack.contracts import Agent
from autonomy_pack.edges import host
from autonomy_pack.edges import prices as costs
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import settings
from autonomy_pack.model import Config, Mission, value
from autonomy_pack.policy.budget import ANY_CALL, Least
from autonomy_pack.protocols import PROTOCOLS

# Protocol → provider: two protocols of one provider share its key.
_PROVIDER_OF: Mapping[str, str] = {
    "anthropic": "anthropic",
    "openai_responses": "openai",
    "openai_chat": "openai",
    "gemini": "gemini",
}
# Provider → the variables that may hold its key, the variable of its address, its address.
_KNOWN: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "anthropic": (("ANTHROPIC_API_KEY",), "AUTONOMY_ANTHROPIC_URL", "https://api.anthropic.com"),
    "openai": (("OPENAI_API_KEY",), "AUTONOMY_OPENAI_URL", "https://api.openai.com/v1"),
    "gemini": (
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "AUTONOMY_GEMINI_URL",
        "https://generativelanguage.googleapis.com",
    ),
}
# Tokens: the longest answer of a call; the least that any agent was seen to send with its tools and a short task.
MAX_OUTPUT = 8192
_LEAST_SENT = 1500
_SHORTEST = 8  # what is shorter is no key, and could stand in any text


@value
class Upstream:
    """Where a protocol's calls go. `key` is never shown: it has no place in any text of ours.

    `variable` holds the key; `setting` gives the address, "" where it is the provider's own.
    """

    url: str
    key: str
    variable: str = ""
    setting: str = ""

    @property
    def shown(self) -> str:
        """The address without a name and password in it."""
        scheme, there, rest = self.url.rpartition("://")
        return one_line(f"{scheme}{there}{rest.rpartition('@')[2]}", 120)

    def __repr__(self) -> str:
        return f"Upstream(url={self.url!r}, key=…)"


def upstream(protocol: str) -> Upstream:
    """The address and the key for that protocol; UsageError when there is no key, or one of them cannot be right."""
    keys, url_variable, default = _names(protocol)
    variable = next((name for name in keys if host.setting(name)), "")
    if not variable:
        raise UsageError(f"there is no key for {_PROVIDER_OF[protocol]}", _how_to_give(protocol, keys))
    name = _PROVIDER_OF[protocol]
    said = settings.read().models.get(name, settings.Provider()).url
    given = host.setting(url_variable)
    setting = url_variable if given else f"models: {name}: url of your settings" if said else ""
    found = Upstream(
        url=(given or said or default).rstrip("/"),
        key=host.setting(variable).strip(),
        variable=variable,
        setting=setting,
    )
    _need_right(found, default)
    return found


def _need_right(found: Upstream, default: str) -> None:
    """UsageError for an address to which nothing can be sent, and for a key that no header can hold."""
    try:
        parts = urlsplit(found.url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or not found.url.isascii() or {*"?# "} & {*found.url}:
        raise UsageError(f"{found.setting} is no address: {found.shown}", f"Give one like {default}.")
    if not (found.key.isascii() and found.key.isprintable()) or " " in found.key:
        raise UsageError(f"{found.variable} holds no key", "Set it to the key alone, without spaces or line breaks.")


# What is added to an address.
PATHS: Mapping[str, str] = {
    "anthropic": "/v1/messages",
    "openai_responses": "/responses",
    "openai_chat": "/chat/completions",
    "gemini": "/v1beta/models/…",
}


def need(agent: Agent) -> None:
    """UsageError when that agent can call no model here."""
    if agent.protocol:
        upstream(agent.protocol)


def keys() -> tuple[str, ...]:
    """Every key that is set here: no sink may show them, whatever their variables are called."""
    try:
        names = {name for protocol in _PROVIDER_OF for name in _names(protocol)[0]}
    except UsageError:  # told where the settings are used; those of another name are looked for by their names
        names = {name for words, _, _ in _KNOWN.values() for name in words}
    return tuple(key for name in sorted(names) if len(key := host.setting(name)) >= _SHORTEST)


def chosen(mission: Mission, config: Config, agent: Agent) -> str:
    """The one model that a run may ask: the mission's, the configuration's, or the agent's own; UsageError if none."""
    model = mission.model or config.model or agent.model
    if not model:
        raise UsageError("no model is named", "Name one: --model, `model:` of the mission or of the configuration.")
    return model


def least(agent: str, mission: Mission, config: Config) -> Least:
    """The least that the first call of a run sets aside: the longest answer, and what any agent sends beside a task."""
    unit = AGENTS[agent]
    if not unit.protocol or not costs.are_known():
        return ANY_CALL
    provider, model = PROTOCOLS[unit.protocol].provider, chosen(mission, config, unit)
    cost = costs.most(_LEAST_SENT, MAX_OUTPUT, provider, model, prices())
    return Least(usd=cost.usd, tokens=_LEAST_SENT + MAX_OUTPUT)


def prices() -> Mapping[str, Mapping[str, float]]:
    """What the user says that models cost, dollars a million tokens; others are looked up by the gateway."""
    return settings.read().prices


def _names(protocol: str) -> tuple[tuple[str, ...], str, str]:
    names, url_variable, default = _KNOWN[_PROVIDER_OF[protocol]]
    own = settings.read().models.get(_PROVIDER_OF[protocol], settings.Provider()).key_env
    return ((own,) if own else names), url_variable, default


def _how_to_give(protocol: str, names: tuple[str, ...]) -> str:
    if host.setting("GITHUB_ACTIONS") == "true":
        return f"Give the workflow its secret {_PROVIDER_OF[protocol]}_api_key."
    return f"Set {' or '.join(names)} in the environment."
