"""The published JSON schemas."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def text(name: str) -> str:
    """The text of `schemas/NAME.json`."""
    content = pkgutil.get_data(__name__, f"{name}.json")
    if content is None:
        raise FileNotFoundError(f"schemas/{name}.json")
    return content.decode()


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The schema of that name, read."""
    read: Mapping[str, Any] = json.loads(text(name))
    return read
