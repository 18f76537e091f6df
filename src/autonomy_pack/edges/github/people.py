"""What somebody may do in the repository, asked of GitHub and kept for this process."""

from __future__ import annotations

from typing import Any

from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused

BOT = "github-actions[bot]"
_ROLES = ("admin", "maintain", "write", "triage", "read", "none")


class People(Connected):
    """Permissions of accounts."""

    _collaborators: dict[str, Any]

    def me(self) -> str:
        """The login that what we write is shown under: the token's owner, the bot of Actions for the token of a job.

        https://docs.github.com/rest/users/users: GET /user answers 403 to tokens that are no person's.
        """
        try:
            return str(self.calls.get("/user")["login"])
        except Refused as error:
            if error.status != 403:
                raise
            return BOT

    def permission(self, login: str) -> str:
        """admin, maintain, write, triage, read or none; none also for an account that does not exist."""
        return self._role(self._collaborator(login))

    def permission_of(self, actor_id: int, login: str) -> str:
        """The same, but none when the login belongs to another account now (renamed, taken over, deleted)."""
        told = self._collaborator(login)
        account = (told.get("user") or {}).get("id")
        return self._role(told) if actor_id and account == actor_id else "none"

    def _collaborator(self, login: str) -> Any:
        name = login.casefold()
        if not login:
            return {}
        if name not in self._collaborators:
            self._collaborators[name] = self.calls.find(self.at("collaborators", login, "permission")) or {}
        return self._collaborators[name]

    def _role(self, told: Any) -> str:
        """`role_name` tells maintain and triage apart; a custom role's name says nothing, so `permission` does."""
        for word in (told.get("role_name"), told.get("permission")):
            if word in _ROLES:
                return str(word)
        return "none"
