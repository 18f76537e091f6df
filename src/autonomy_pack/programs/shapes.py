"""The part of JSON Schema that steps use, checked in microseconds: the planner starts without a schema library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES: Mapping[str, type[Any]] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def misfit(value: Any, schema: Mapping[str, Any], at: str = "arguments") -> str:
    """Why the value does not fit the schema; "" when it does.

    A `pattern` never fits: in steps it marks a `{{ place }}`, and a filled step has none left.
    """
    if "anyOf" in schema:
        told = [misfit(value, one, at) for one in schema["anyOf"]]
        return "" if "" in told else told[0]
    if "pattern" in schema:
        return f"{at} is not filled"
    wanted = schema.get("type", [])
    if wanted and not any(_is(value, one) for one in ([wanted] if isinstance(wanted, str) else wanted)):
        return f"{at} is not of type {wanted}"
    return _bounds(value, schema, at) or _inside(value, schema, at)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _bounds(value: Any, schema: Mapping[str, Any], at: str) -> str:
    if ("enum" in schema and value not in schema["enum"]) or ("const" in schema and value is not schema["const"]):
        return f"{at} is not one of the values it may have"
    if value in ("", []) and (schema.get("minLength") or schema.get("minItems")):
        return f"{at} is empty"
    return f"{at} is too small" if "minimum" in schema and value < schema["minimum"] else ""


def _inside(value: Any, schema: Mapping[str, Any], at: str) -> str:
    told = []
    if isinstance(value, list) and "items" in schema:
        told = [misfit(item, schema["items"], f"{at}[{number}]") for number, item in enumerate(value)]
    elif isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        told = [f"{at}.{key} is unknown" for key in value if key not in known]
        told += [f"{at}.{key} is missing" for key in schema.get("required", []) if key not in value]
        told += [misfit(item, known[key], f"{at}.{key}") for key, item in value.items() if key in known]
    return next(filter(None, told), "")
