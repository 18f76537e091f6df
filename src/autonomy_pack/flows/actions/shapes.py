"""Data from another process or job has exactly the shape that was published for it, or it is not read."""

from __future__ import annotations

from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.schemas import schema


def need(name: str, data: Any) -> None:
    """WorldError unless `data` fits `schemas/NAME.json`."""
    from jsonschema import Draft202012Validator

    error = next(Draft202012Validator(schema(name)).iter_errors(data), None)
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "it"
        says = f"{name}.json is not of its shape at {one_line(where, 100)}: {one_line(error.message, 200)}"
        raise WorldError(says, "It was not written by our own job; look at the run.")
