"""One file on a branch, written or deleted by a commit of the API."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from autonomy_pack.edges.github.connected import Connected


class Files(Connected):
    """Files on branches; used to set and clear STOP, so never held back by the reserve."""

    def put_file(self, path: str, text: str, message: str, branch: str) -> None:
        """Make the file hold the text; nothing happens when it does."""
        content = base64.b64encode(text.encode()).decode()
        there = self._file(path, branch)
        if _holds(there, text):
            return
        body = {"message": message, "branch": branch, "content": content, **_sha(there)}
        self.calls.write("PUT", self._contents(path), body, look=lambda: self._held(path, branch, text), urgent=True)

    def delete_file(self, path: str, message: str, branch: str) -> None:
        """Make the file be gone; nothing happens when it is."""
        there = self._file(path, branch)
        if there is None:
            return
        body = {"message": message, "branch": branch, **_sha(there)}
        self.calls.write("DELETE", self._contents(path), body, look=lambda: self._gone(path, branch), urgent=True)

    def _contents(self, path: str) -> str:
        return f"{self.at('contents')}/{quote(path)}"

    def _file(self, path: str, branch: str) -> Any | None:
        return self.calls.find(self._contents(path), {"ref": branch})

    def _held(self, path: str, branch: str, text: str) -> bool | None:
        return True if _holds(self._file(path, branch), text) else None

    def _gone(self, path: str, branch: str) -> bool | None:
        return True if self._file(path, branch) is None else None


def _holds(there: Any, text: str) -> bool:
    return bool(there) and base64.b64decode(there.get("content") or "") == text.encode()


def _sha(there: Any) -> dict[str, str]:
    return {"sha": there["sha"]} if there else {}
