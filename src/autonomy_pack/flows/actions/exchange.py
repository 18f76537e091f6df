"""What one process of a workflow writes for the next: JSON that can be read in one way, against a closed schema."""

from __future__ import annotations

import json
from typing import Any

from autonomy_pack.edges.artifact import strict_json
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import shapes
from autonomy_pack.schemas import schema

_FIX = "Nothing was done with it. Run the workflow again; if it stays, look at the run's log."


def write(name: str, data: Any, most: int) -> str:
    """The JSON text of a value that fits `schemas/NAME.json`, in ASCII, on one line; WorldError over `most` bytes."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    if len(text) > most:
        raise WorldError(f"the {name} would have {len(text):,} bytes, more than {most:,}", "Ask for fewer issues.")
    shapes.need(name, data)
    return text


def read(name: str, text: str | bytes, most: int) -> Any:
    """The value of such a text; WorldError when it is longer, can be read in two ways, or does not fit the schema."""
    content = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if len(content) > most:
        raise WorldError(f"the {name} has {len(content):,} bytes, more than {most:,}", _FIX)
    try:
        data = strict_json(content)
    except WorldError as error:
        raise WorldError(f"the {name} cannot be used: {one_line(error.says)}", _FIX) from error
    shapes.need(name, data)
    return data


def fits(item: Any, name: str, key: str) -> bool:
    """Whether an item could stand in the list `key` of `schemas/NAME.json`."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(name)["properties"][key]["items"]).is_valid(item)
