"""Refs of ours by their prefix: listed, and deleted only as they were seen."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from autonomy_pack.edges.github.calls import NoGraphQL
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError

_GONE = "0" * 40
MOST = 50
"""So many refs go in one mutation."""
_UPDATE = "mutation Refs($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
_ID = "query Id($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { nameWithOwner id } }"


class OwnRefs(Connected):
    """Listing and deleting refs."""

    def refs_below(self, prefix: str) -> dict[str, str]:
        """Full name → object id of every ref that begins with `prefix`, such as `refs/autonomy/`."""
        path = f"{self.at('git', 'matching-refs')}/{quote(prefix.removeprefix('refs/'))}"
        return {str(told["ref"]): str(told["object"]["sha"]) for told in self.calls.pages(path)}

    def delete_refs(self, seen: Mapping[str, str]) -> bool:
        """Delete refs that are still at the object ids that were seen, fifty at once or none of them; False when one of
        them has moved. WorldError where GraphQL is missing: by REST a ref goes wherever it is by then."""
        try:
            repository = self.repository(self.calls.graphql(_ID, self.variables()))["id"]
            left = iter(seen.items())
            while part := dict(islice(left, MOST)):
                if not self._delete(repository, part):
                    return False
        except NoGraphQL as error:
            raise WorldError("this server has no GraphQL", "Delete the refs by `git push --delete`.") from error
        return True

    def _delete(self, repository: str, part: Mapping[str, str]) -> bool:
        moves = [{"name": name, "beforeOid": oid, "afterOid": _GONE, "force": True} for name, oid in part.items()]
        errors: list[Any] = []
        self.calls.mutate(
            lambda: (_UPDATE, {"input": {"repositoryId": repository, "refUpdates": moves}}),
            lambda told: errors.extend(told.get("errors") or ()),
        )
        kinds = {error.get("type") for error in errors}
        if kinds - {"UNPROCESSABLE"}:
            said = one_line(str(errors[0].get("message", "")), 200)
            raise WorldError(f"refs could not be deleted: {said}", "Give the token `contents: write`.")
        return not errors
