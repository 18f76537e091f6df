"""What the hub answers for each field of GitHub's GraphQL schema: type → field → function of (ask, node, arguments)."""

from __future__ import annotations

from hub.fields import accounts, issues, listing, mutations, objects, proposals, repository, roots
from hub.fields.nodes import Fields

FIELDS: dict[str, Fields] = {
    **accounts.FIELDS,
    **objects.FIELDS,
    **issues.FIELDS,
    **repository.FIELDS,
    **roots.FIELDS,
    "Mutation": {**mutations.MUTATIONS, **proposals.MUTATIONS},
}
for _kind in ("User", "Organization"):
    FIELDS[_kind] = {**FIELDS[_kind], **listing.OWNER}
