"""GraphQL about labels of ours: their uses and the ref that names them in one query; many made or deleted at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

REF = "refs/autonomy/labels"
"""The ref whose message says which labels we made."""
Call = tuple[str, str, str, dict[str, str]]
"""Its name in the answer, the mutation, what to answer, its input."""


def look(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """A query of some labels by name, each under `l` and its place, and of the ref, under `record`; its variables."""
    places = {f"v{place}": name for place, name in enumerate(names)}
    given = "".join(f", ${place}: String!" for place in places)
    wanted = "\n".join(f"    l{place}: label(name: $v{place}) {{ ...L }}" for place in range(len(names)))
    query = f"""
query OwnLabels($owner: String!, $name: String!{given}) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner id
    record: ref(qualifiedName: "{REF}") {{ target {{ oid ... on Commit {{ message }} }} }}
{wanted}
  }}
}}
fragment L on Label {{
  id name color description issues(first: 1) {{ totalCount }} pullRequests(first: 1) {{ totalCount }}
}}"""
    return query, places


def creations(repository: str, wanted: Mapping[str, tuple[str, str]]) -> Iterator[Call]:
    """What `mutation` needs to make these labels (name → (colour, description)), each under `c` and its place."""
    for place, (name, (color, description)) in enumerate(wanted.items()):
        told = {"repositoryId": repository, "name": name, "color": color, "description": description}
        yield f"c{place}", "createLabel", "label { id }", told


def deletions(wanted: Mapping[str, str]) -> Iterator[Call]:
    """What `mutation` needs to delete labels: place → node id."""
    for place, node in wanted.items():
        yield place, "deleteLabel", "clientMutationId", {"id": node}


def mutation(calls: Iterable[Call]) -> tuple[str, dict[str, Any]]:
    """One mutation of several, each under its own name, and its variables."""
    every = list(calls)
    given = ", ".join(f"${place}: {verb[0].upper()}{verb[1:]}Input!" for place, verb, _, _ in every)
    lines = "\n".join(f"  {place}: {verb}(input: ${place}) {{ {shape} }}" for place, verb, shape, _ in every)
    return f"mutation Labels({given}) {{\n{lines}\n}}", {place: told for place, _, _, told in every}
