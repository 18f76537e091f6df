"""The GraphQL of a fleet: one read for a page of repositories, and everything that one write asks for."""

from __future__ import annotations

from autonomy_pack.targets import BRANCH

_BLOB = "fragment B on Blob { text isTruncated isBinary }"

_PATHS = """
fragment E on Tree { entries { name type mode oid } }
fragment D on Tree { oid entries { name type mode oid object {
  ...E ... on Tree { entries { object { ...E } } }
} } }"""

_TARGET = f"""
fragment T on Repository {{
  id nameWithOwner isArchived isDisabled isFork isPrivate hasIssuesEnabled viewerPermission
  repositoryTopics(first: 20) {{ nodes {{ topic {{ name }} }} }}
  defaultBranchRef {{
    name
    target {{ oid ...R @include(if: $runs) }}
    refUpdateRule {{ viewerCanPush requiresSignatures requiredApprovingReviewCount requiredStatusCheckContexts }}
  }}
  root: object(expression: "HEAD:") {{ ...E }}
  policy: object(expression: "HEAD:.github") {{ ...D }}
  lock: object(expression: "HEAD:.github/autonomy/lock.json") {{ __typename ...B }}
  older: object(expression: "HEAD:.sovereign/autonomy/VERSION") {{ ...B }}
  stop: object(expression: "HEAD:.agent-workspace/STOP") {{ __typename }}
  record: ref(qualifiedName: "refs/autonomy/labels") {{ target {{ ... on Commit {{ message }} }} }}
  ours: ref(qualifiedName: "refs/heads/{BRANCH}") {{
    target {{ oid ... on Commit {{ message }} }}
    associatedPullRequests(first: 1, orderBy: {{field: CREATED_AT, direction: DESC}}) {{ nodes {{ ...P }} }}
  }}
  pullRequests(headRefName: "{BRANCH}", first: 3, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
    nodes {{ ...P }}
  }}
  labels(first: 100) @include(if: $labels) {{ pageInfo {{ hasNextPage }} nodes {{ id name color }} }}
}}
fragment P on PullRequest {{ id number url state isDraft isCrossRepository }}
fragment R on Commit {{
  checkSuites(first: 30) {{ nodes {{ conclusion createdAt workflowRun {{ workflow {{ resourcePath }} }} }} }}
  history(first: 1, path: ".github/autonomy/lock.json") {{ nodes {{ committedDate }} }}
}}
{_PATHS}
{_BLOB}"""

PAGE = f"""
query Fleet($owner: String!, $size: Int!, $after: String, $labels: Boolean!, $runs: Boolean!) {{
  repositoryOwner(login: $owner) {{
    repositories(
      first: $size, after: $after, ownerAffiliations: [OWNER], orderBy: {{field: CREATED_AT, direction: ASC}}
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ ...T }}
    }}
  }}
}}
{_TARGET}"""

NEXT = """
query Next($owner: String!, $after: String, $named: Boolean!) {
  repositoryOwner(login: $owner) {
    repositories(
      first: 1, after: $after, ownerAffiliations: [OWNER], orderBy: {field: CREATED_AT, direction: ASC}
    ) {
      pageInfo { hasNextPage endCursor }
      nodes @include(if: $named) { id nameWithOwner }
    }
  }
}"""

ONE = f"""
query One($id: ID!, $labels: Boolean!, $runs: Boolean!) {{
  node(id: $id) {{ ... on Repository {{ ...T }} }}
}}
{_TARGET}"""

BRANCHED = f"""
query Branched($id: ID!) {{
  node(id: $id) {{ ... on Repository {{
    root: object(expression: "refs/heads/{BRANCH}:") {{ ...E }}
    policy: object(expression: "refs/heads/{BRANCH}:.github") {{ ...D }}
    lock: object(expression: "refs/heads/{BRANCH}:.github/autonomy/lock.json") {{ ...B }}
  }} }}
}}
{_PATHS}
{_BLOB}"""


def texts(counts: list[int]) -> str:
    """A query of the blobs of some repositories: `counts[i]` of the repository `$r<i>`, by their ids `$b<i>_<j>`."""
    places = [(one, other) for one, count in enumerate(counts) for other in range(count)]
    given = [f"$r{one}: ID!" for one in range(len(counts))] + [
        f"$b{one}_{other}: GitObjectID!" for one, other in places
    ]
    wanted = "\n".join(
        f"  r{one}: node(id: $r{one}) {{ ... on Repository {{\n"
        + "\n".join(f"    b{other}: object(oid: $b{one}_{other}) {{ ...B }}" for other in range(count))
        + "\n  } }"
        for one, count in enumerate(counts)
    )
    return f"query Texts({', '.join(given)}) {{\n{wanted}\n}}\n{_BLOB}"


# What a part of a write is called, its input's type, and what is read of its result.
_PARTS = {
    "ref": ("createRef", "CreateRefInput", "ref { id }"),
    "move": ("updateRefs", "UpdateRefsInput", "clientMutationId"),
    "commit": ("createCommitOnBranch", "CreateCommitOnBranchInput", "commit { oid }"),
    "pull": ("createPullRequest", "CreatePullRequestInput", "pullRequest { url }"),
    "update": ("updatePullRequest", "UpdatePullRequestInput", "pullRequest { url }"),
    "draft": ("convertPullRequestToDraft", "ConvertPullRequestToDraftInput", "pullRequest { url }"),
    "ready": ("markPullRequestReadyForReview", "MarkPullRequestReadyForReviewInput", "pullRequest { url }"),
}


def mutation(parts: list[str]) -> str:
    """One mutation with these parts, in this order, each with a variable of its name."""
    given = ", ".join(f"${part}: {_PARTS[part][1]}!" for part in parts)
    wanted = "\n".join(f"  {part}: {_PARTS[part][0]}(input: ${part}) {{ {_PARTS[part][2]} }}" for part in parts)
    return f"mutation Push({given}) {{\n{wanted}\n}}"
