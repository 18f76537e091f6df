"""The referee: every answer is held against GitHub's own document; what differs is remembered as a violation."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from hub.openapi import document

HOME = "urn:github"


@dataclass(frozen=True)
class Violation:
    """Where an answer (or a request body: status 0) differs from the document."""

    route: str
    status: int
    where: str
    says: str


def judge(route: str, status: int, data: Any) -> list[Violation]:
    """The violations of one JSON answer."""
    operation = document()["operations"].get(route)
    if operation is None:
        return _undocumented(route, status, data)
    answer = operation["answers"].get(str(status))
    if answer is None:
        return _undocumented(route, status, data)
    if answer["schema"] is None and status >= 400:
        return _undocumented(route, status, data)
    if answer["schema"] is None:
        return [Violation(route, status, "", "a body where the document has none")] if data is not None else []
    return _errors(route, status, str(status), data)


def judge_body(route: str, data: Any) -> list[Violation]:
    """The violations of a request's body: what the client sends is checked as well."""
    operation = document()["operations"].get(route)
    if operation is None or operation["body"] is None:
        return []
    return _errors(route, 0, "body", data)


def _undocumented(route: str, status: int, data: Any) -> list[Violation]:
    if status < 300:
        return [Violation(route, status, "", "no such status in the document")]
    words = isinstance(data, dict) and isinstance(data.get("message"), str)
    return [] if words or data is None else [Violation(route, status, "", "an error without a message")]


def _errors(route: str, status: int, part: str, data: Any) -> list[Violation]:
    errors = _validator(route, part).iter_errors(data)
    return [Violation(route, status, "/".join(map(str, error.instance_path)), error.message[:500]) for error in errors]


@functools.cache
def _validator(route: str, part: str) -> Any:
    operation = document()["operations"][route]
    schema = operation["body"] if part == "body" else operation["answers"][part]["schema"]
    return jsonschema_rs.validator_for(_absolute(schema), registry=_registry())


@functools.cache
def _registry() -> Any:
    schemas = _absolute(document()["schemas"])
    dialect = "http://json-schema.org/draft-07/schema#"
    resources = [(f"{HOME}:{name}", {"$schema": dialect, **schema}) for name, schema in schemas.items()]
    return jsonschema_rs.Registry(resources)


def _absolute(schema: Any) -> Any:
    """`#/components/schemas/x` points into the registry."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.replace("#/components/schemas/", f"{HOME}:")
        if key == "$ref" and isinstance(value, str)
        else _absolute(value)
        for key, value in schema.items()
    }
