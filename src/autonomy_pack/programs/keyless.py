"""Bytes of an answer without the keys of this process, whatever pieces they come in."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges import redact


class Keyless:
    """One answer. Only what may be the beginning of a key waits for the next piece; the end of an event never does."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [secret.encode() for secret in secrets if secret]
        self._held = b""

    def add(self, piece: bytes) -> bytes:
        """What of it, and of what was held back, may be passed on now."""
        data = self.whole(self._held + piece)
        kept = max((_begun(data, key) for key in self._keys), default=0)
        self._held = data[len(data) - kept :]
        return data[: len(data) - kept]

    def rest(self) -> bytes:
        """What was held back at the end: no whole key."""
        held, self._held = self._held, b""
        return held

    def whole(self, data: bytes) -> bytes:
        """All of it at once."""
        for key in self._keys:
            data = data.replace(key, redact.MARK.encode())
        return data


def _begun(data: bytes, key: bytes) -> int:
    """How many bytes at the end are the beginning of the key."""
    longest = min(len(key) - 1, len(data))
    return next((size for size in range(longest, 0, -1) if data.endswith(key[:size])), 0)
