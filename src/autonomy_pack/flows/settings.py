"""The user's own settings, ~/.config/autonomy/config.yml: a person's word, which no repository can say or change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from autonomy_pack.edges import documents, files, host
from autonomy_pack.errors import UsageError
from autonomy_pack.model import value

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PRICES = frozenset({"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"})


@value
class Provider:
    """Where a provider of models is reached, and the variable that holds its key; "" where nothing is said."""

    url: str = ""
    key_env: str = ""


@value
class Settings:
    """What the file says. `prices`: model → dollars a million tokens, by kind of token."""

    sandbox: str = ""
    models: Mapping[str, Provider] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read() -> Settings:
    """The settings of this user; the defaults when there is no file. UsageError when it is not understood."""
    path = host.config_home() / "config.yml"
    return _parsed(path, files.read(path)) if path.is_file() else Settings()


@lru_cache(maxsize=4)
def _parsed(path: Path, content: bytes) -> Settings:
    words = documents.load_yaml(content.decode("utf-8", "replace"), str(path)).data or {}
    if not isinstance(words, dict) or set(words) - {"sandbox", "models", "prices"}:
        raise _not_understood(path, "its keys are sandbox, models and prices")
    sandbox, models, prices = words.get("sandbox", ""), words.get("models", {}), words.get("prices", {})
    if not isinstance(sandbox, str) or not isinstance(models, dict) or not isinstance(prices, dict):
        raise _not_understood(path, "sandbox is a word, models and prices have names below them")
    return Settings(
        sandbox=sandbox,
        models={name: _provider(path, name, said) for name, said in models.items()},
        prices={str(name): _price(path, name, said) for name, said in prices.items()},
    )


def _provider(path: Path, name: str, said: Any) -> Provider:
    if not isinstance(said, dict) or set(said) - {"url", "key_env"}:
        raise _not_understood(path, f"models: {name} has the keys url and key_env")
    url, key_env = said.get("url", ""), said.get("key_env", "")
    if not isinstance(url, str) or (url and not url.startswith(("https://", "http://"))):
        raise _not_understood(path, f"models: {name}: url begins with https://")
    if not isinstance(key_env, str) or (key_env and not _VARIABLE.fullmatch(key_env)):
        raise _not_understood(path, f"models: {name}: key_env is the name of a variable, never a key")
    return Provider(url=url, key_env=key_env)


def _price(path: Path, name: str, said: Any) -> Mapping[str, float]:
    numbers = isinstance(said, dict) and all(
        type(price) in (int, float) and 0 <= price < 1e6 for price in said.values()
    )
    if not numbers or set(said) - _PRICES or not {"input_mtok", "output_mtok"} <= set(said):
        raise _not_understood(
            path, f"prices: {name} has dollars a million tokens: input_mtok, output_mtok, perhaps cache_read_mtok, …"
        )
    return {kind: float(price) for kind, price in said.items()}


def _not_understood(path: Path, fix: str) -> UsageError:
    return UsageError(f"{path} is not understood", f"Mend it: {fix}.")
