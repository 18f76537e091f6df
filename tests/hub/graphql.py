"""GraphQL for real: GitHub's own published schema, executed by graphql-core over the hub's state.

`answer` is all the server calls. The schema is a file of an npm package, fetched at first use and built once per
process. A field of the schema that the hub does not model is an error and a violation, never a silent null.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeGuard

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from hub import cost, npm
from hub.fields import FIELDS
from hub.fields.nodes import Ask, Field, Half, Node, Problem
from hub.referee import Violation
from hub.things import Rate

PACKAGE = ("@octokit/graphql-schema", "15.26.1", "package/schema.graphql")
POINTS, JOB_POINTS = 5000, 1000
# Fields that GitHub has and the published schema does not have yet; its own command line asks for them.
NEWER = """
type IssueType { id: ID! name: String! description: String color: String isEnabled: Boolean! }
extend type Issue {
  issueType: IssueType
  blockedBy(after: String, before: String, first: Int, last: Int): IssueConnection!
  blocking(after: String, before: String, first: Int, last: Int): IssueConnection!
}
"""
# GitHub lets fields of the same name have types that differ in being nullable.
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
UNDEFINED = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
WRONG = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. "
    "Please include `HUB:0` when reporting this issue."
)
Answer = tuple[int, dict[str, str], dict[str, Any]]


def answer(hub: Any, token: Any, payload: Any, *, job: str = "", fault: str = "", site: str = "") -> Answer:
    """(status, headers, JSON) for one POST. `fault` is graphql_limit, graphql_error (a 502) or graphql_partial;
    `site` the address under which the client knows the hub's pages.
    Errors in the query, refusals and things not found are HTTP 200 with `errors`, as on GitHub.
    """
    if token is None:
        return 401, {}, {"message": "This endpoint requires you to be authenticated.", "status": "401"}
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return 400, {}, {"message": "A query attribute must be specified and must be a string."}
    rate = _rate(hub, token)
    if fault == "graphql_error":
        return 502, _headers(rate), {"data": None, "errors": [{"message": WRONG}]}
    if fault == "graphql_limit" or rate.remaining == 0:
        return 200, _headers(rate, empty=True), _limited(token)
    with hub.lock:
        data = _executed(Ask(hub, token, job, {}, site or hub.server_url, fault=fault), payload, rate)
    if fault == "graphql_partial":
        _spoil(data)
    return 200, _headers(rate), data


@cache
def schema() -> GraphQLSchema:
    """GitHub's schema."""
    return build_schema(npm.file_of(*PACKAGE).read_text() + NEWER, assume_valid=True, no_location=True)


@lru_cache(maxsize=256)
def _understood(query: str) -> tuple[DocumentNode, Sequence[GraphQLError]]:
    document = parse(query)
    return document, validate(schema(), document, _RULES, max_errors=20)


def _executed(ask: Ask, payload: Mapping[str, Any], rate: Rate) -> dict[str, Any]:
    variables = payload.get("variables") or {}
    try:
        document, wrong = _understood(payload["query"])
    except GraphQLError as error:
        return {
            "errors": [{"message": f"Parse error: {error.message}", "locations": error.formatted.get("locations", [])}]
        }
    if wrong:
        return {"errors": [_invalid(error) for error in wrong]}
    operation = get_operation_ast(document, payload.get("operationName"))
    if operation is None:
        return {"errors": [{"message": "An operation name is required"}]}
    points, nodes = cost.of(document, operation, variables)
    if nodes > cost.MOST_NODES:
        says = f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of {cost.MOST_NODES:,}."
        return {"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": says}]}
    rate.used += points
    return _ran(replace(ask, rate=_rate_limit(rate, points, nodes)), document, payload)


def _ran(ask: Ask, document: DocumentNode, payload: Mapping[str, Any]) -> dict[str, Any]:
    result = execute(
        schema(),
        document,
        root_value=ask,
        context_value=ask,
        variable_values=payload.get("variables") or {},
        operation_name=payload.get("operationName"),
        field_resolver=_resolve,
        type_resolver=_type_of,
        is_awaitable=_never,
    )
    made: dict[str, Any] = {"data": result.data}
    if errors := [*(result.errors or ()), *ask.memory.get("halves", ())]:
        made["errors"] = [_refused(ask, error) for error in errors]
    return made


def _never(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Nothing here waits; asking each of a page's ten thousand values would cost a tenth of its time."""
    return False


def _resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    known = FIELDS.get(info.parent_type.name, {}).get(info.field_name)
    if known is not None:
        return _read(known, info, source, args)
    if isinstance(source, Mapping) and info.field_name in source:
        return source[info.field_name]
    raise Problem("HUB", f"the hub does not model {info.parent_type.name}.{info.field_name}")


def _read(known: Field, info: GraphQLResolveInfo, source: Any, args: Mapping[str, Any]) -> Any:
    try:
        return known(info.context, source, args)
    except Half as half:
        error = GraphQLError(half.args[0], info.field_nodes, path=info.path.as_list(), original_error=half)
        info.context.memory.setdefault("halves", []).append(error)
        return half.payload


def _type_of(value: Any, info: GraphQLResolveInfo, abstract: Any) -> str:
    if isinstance(value, Node):
        return value.type
    raise Problem("HUB", f"the hub gives {value!r} for {abstract.name}")


# --- errors, as GitHub words them


def _refused(ask: Ask, error: GraphQLError) -> dict[str, Any]:
    """`type` beside message, path and place. What the hub cannot do is a violation, so that tests see it."""
    said: dict[str, Any] = {**error.formatted}
    said.pop("extensions", None)
    cause = error.original_error
    if isinstance(cause, Problem):
        said = {"type": cause.kind, **said}
    if cause is not None and (not isinstance(cause, Problem) or cause.kind == "HUB"):
        ask.hub.report([Violation("graphql", 200, ".".join(map(str, error.path or ())), error.message)])
    return said


def _invalid(error: GraphQLError) -> dict[str, Any]:
    found = UNDEFINED.match(error.message)
    if not found:
        return dict(error.formatted)
    field, on = found.groups()
    return {
        "path": [],
        "extensions": {"code": "undefinedField", "typeName": on, "fieldName": field},
        "locations": error.formatted.get("locations", []),
        "message": f"Field '{field}' doesn't exist on type '{on}'",
    }


def _limited(token: Any) -> dict[str, Any]:
    return {"errors": [{"type": "RATE_LIMITED", "message": f"API rate limit exceeded for user ID {token.by.user.id}."}]}


def _spoil(answered: dict[str, Any]) -> None:
    """Half an answer: the first object of the data is null, and an error says so."""
    data = answered.get("data")
    if data:
        name = next(
            (key for key, value in data.items() if isinstance(value, dict) and key != "rateLimit"), next(iter(data))
        )
        data[name] = None
        answered.setdefault("errors", []).append({"message": WRONG, "path": [name]})


# --- points


def _rate(hub: Any, token: Any) -> Rate:
    """The points left: of a person's token, or of the repository of a workflow's token."""
    key = f"job:{token.repo.casefold()}" if token.kind == "job" else token.text
    rate = hub.points.setdefault(key, Rate(JOB_POINTS if token.kind == "job" else POINTS))
    if rate.reset <= hub.clock.seconds():
        rate.reset, rate.used = hub.clock.seconds() + 3600, rate.used if rate.reset == 0 else 0
    return rate


def _headers(rate: Rate, *, empty: bool = False) -> dict[str, str]:
    left = 0 if empty else rate.remaining
    values = {"Limit": rate.limit, "Remaining": left, "Used": rate.limit - left, "Reset": rate.reset}
    return {f"X-RateLimit-{name}": str(value) for name, value in values.items()} | {"X-RateLimit-Resource": "graphql"}


def _rate_limit(rate: Rate, points: int, nodes: int) -> dict[str, Any]:
    reset = datetime.fromtimestamp(rate.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    left = rate.remaining
    return {
        "cost": points,
        "limit": rate.limit,
        "remaining": left,
        "used": rate.used,
        "resetAt": reset,
        "nodeCount": nodes,
    }
