"""The GraphQL we ask: written for few points (GitHub counts connections) and read by shapes."""

from __future__ import annotations

_ACTOR = "fragment A on Actor { __typename login ... on User { databaseId } ... on Bot { databaseId } }"

_PULL = """
fragment P on PullRequest {
  id number url state closedAt isDraft isCrossRepository headRefName headRefOid baseRefName
  repository { nameWithOwner } author { ...A }
}"""

_EVENTS = """
  pageInfo { hasPreviousPage startCursor }
  nodes {
    __typename
    ... on LabeledEvent { createdAt actor { ...A } label { name } }
    ... on RenamedTitleEvent { createdAt }
  }"""

_LINKS = """
  nodes {
    __typename
    ... on CrossReferencedEvent { source { ...P } }
    ... on ConnectedEvent { source { ...P } subject { ...P } }
  }"""

_ISSUE = f"""
fragment I on Issue {{
  id number title body state locked url createdAt updatedAt lastEditedAt
  author {{ ...A }}
  assignees(first: 1) {{ nodes {{ login }} }}
  labels(first: 100) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ name }} }}
  events: timelineItems(last: 40, itemTypes: [LABELED_EVENT, RENAMED_TITLE_EVENT]) {{ {_EVENTS} }}
  links: timelineItems(last: 20, itemTypes: [CROSS_REFERENCED_EVENT, CONNECTED_EVENT]) {{ {_LINKS} }}
  closing: closedByPullRequestsReferences(first: 20, includeClosedPrs: true) {{ nodes {{ ...P }} }}
}}
{_ACTOR}{_PULL}"""

ISSUES = f"""
query Issues($owner: String!, $name: String!, $size: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner
    issues(first: $size, after: $after, states: OPEN, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ ...I }}
    }}
  }}
}}
{_ISSUE}"""

MORE_LABELS = """
query MoreLabels($id: ID!, $cursor: String!) {
  node(id: $id) { ... on Issue {
    labels(first: 100, after: $cursor) { pageInfo { hasNextPage endCursor } nodes { name } }
  } }
}"""

MORE_EVENTS = f"""
query MoreEvents($id: ID!, $cursor: String!) {{
  node(id: $id) {{ ... on Issue {{
    events: timelineItems(last: 100, before: $cursor, itemTypes: [LABELED_EVENT, RENAMED_TITLE_EVENT]) {{ {_EVENTS} }}
  }} }}
}}
{_ACTOR}"""

_BLOB = "... on Blob { text byteSize isBinary isTruncated }"
_LEVEL_3 = f"... on Tree {{ entries {{ name type object {{ {_BLOB} }} }} }}"
_LEVEL_2 = f"... on Tree {{ entries {{ name type object {{ {_BLOB} {_LEVEL_3} }} }} }}"
_LEVEL_1 = f"... on Tree {{ entries {{ name type object {{ {_BLOB} {_LEVEL_2} }} }} }}"

LOOK = f"""
query Look($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner isArchived isFork isPrivate viewerPermission
    defaultBranchRef {{ name target {{ oid }} }}
    policy: object(expression: "HEAD:.github") {{ oid }}
    config: object(expression: "HEAD:.github/autonomy.yml") {{ __typename {_BLOB} }}
    folder: object(expression: "HEAD:.github/autonomy") {{ __typename {_LEVEL_1} }}
    stop: object(expression: "HEAD:.agent-workspace/STOP") {{ __typename }}
    state: ref(qualifiedName: "refs/autonomy/state") {{ target {{ ... on Commit {{ message }} }} }}
    issues(states: OPEN, first: 1, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      totalCount nodes {{ updatedAt }}
    }}
  }}
}}"""


def fresh(numbers: list[int]) -> str:
    """A query of some issues by number; each is under `n` and its number."""
    wanted = "\n".join(f"    n{number}: issue(number: {number}) {{ ...I }}" for number in numbers)
    return f"""
query Fresh($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner
{wanted}
  }}
}}
{_ISSUE}"""


def labels(names: list[str]) -> tuple[str, dict[str, str]]:
    """A query of some labels by name, each under `l` and its place; and its variables."""
    places = {f"v{place}": name for place, name in enumerate(names)}
    given = "".join(f", ${place}: String!" for place in places)
    wanted = "\n".join(f"    l{place}: label(name: $v{place}) {{ name }}" for place in range(len(names)))
    query = f"""
query Labels($owner: String!, $name: String!{given}) {{
  repository(owner: $owner, name: $name) {{
{wanted}
  }}
}}"""
    return query, places
