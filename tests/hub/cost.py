"""What a GraphQL query costs: GitHub's published rule, one point per hundred requests to its own connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

MOST_NODES = 500_000


def of(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> tuple[int, int]:
    """(points, nodes): connections are assumed to be full; at least one point."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    requests, nodes = _inside(operation.selection_set, 1, fragments, _defaults(operation) | dict(variables))
    return max(1, round(requests / 100)), nodes


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }


def _inside(
    selections: SelectionSetNode | None,
    times: int,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> tuple[int, int]:
    requests = nodes = 0
    for each in selections.selections if selections else ():
        inner, many = each, times
        if isinstance(each, FragmentSpreadNode):
            inner = fragments[each.name.value]
        size = _size(each, variables) if isinstance(each, FieldNode) else None
        if size is not None:
            requests, nodes, many = requests + times, nodes + times * size, times * size
        more = _inside(inner.selection_set, many, fragments, variables)
        requests, nodes = requests + more[0], nodes + more[1]
    return requests, nodes


def _size(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    """`first` or `last` of a connection; None when the field is none."""
    for argument in field.arguments or ():
        if argument.name.value in ("first", "last"):
            value = argument.value
            found = (
                variables.get(value.name.value) if isinstance(value, VariableNode) else getattr(value, "value", None)
            )
            return int(found) if found is not None else None
    return None
