"""What was carried out where, on disk before the next begins: who was killed goes on where it was."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from autonomy_pack.edges import clock, files, host
from autonomy_pack.flows.fleet.many import Planned
from autonomy_pack.policy.fleet.rows import Reason, Row

_LIMIT = 256 * 1024 * 1024


class Journal:
    """One file for each owner: a line for each write that was answered, by repository, plan and where it began."""

    def __init__(self, owner: str, server: str, folder: Path | None = None) -> None:
        place = folder or host.state_home() / "fleet"
        self.path = place / f"{files.sha256(server.encode())[:8]}-{owner.casefold()}.jsonl"
        self._done = self._read()
        self._file: files.Journal | None = None

    def close(self) -> None:
        """No more lines."""
        if self._file:
            self._file.close()

    def known(self, planned: Planned) -> Planned:
        """The row, or that it was done before: it costs nothing again, also where GitHub does not show it yet."""
        if planned.row.reason not in (Reason.CHANGE, Reason.DRAFT) or self._key(planned) not in self._done:
            return planned
        url = self._done[self._key(planned)]
        why = "the same was done from the same commit; --force does it again"
        row = Row(name=planned.row.name, reason=Reason.DONE_BEFORE, why=why, plan=planned.row.plan, url=url)
        return Planned(target=planned.target, row=row, before={}, lock=planned.lock)

    def note(self, planned: Planned) -> None:
        """Write down what was carried out."""
        if planned.row.done:
            words = {"repo": planned.target.id, "head": planned.target.head, "plan": planned.row.plan}
            told = {**words, "name": planned.row.name, "url": planned.row.url, "at": clock.now()}
            self._opened().add(json.dumps(told))
            self._done[self._key(planned)] = planned.row.url

    def _opened(self) -> files.Journal:
        """Only who has something to write down makes a file."""
        if self._file is None:
            self._file = files.Journal(self.path)
            self._file.add("")  # after a line that a kill cut off
        return self._file

    def _key(self, planned: Planned) -> tuple[str, str, str]:
        return planned.target.id, planned.target.head, planned.row.plan

    def _read(self) -> dict[tuple[str, str, str], str]:
        """What earlier runs wrote; a line that a kill cut off says nothing."""
        done: dict[tuple[str, str, str], str] = {}
        if self.path.exists():
            for line in files.read(self.path, limit=_LIMIT).splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    told = json.loads(line)
                    done[told["repo"], told["head"], told["plan"]] = str(told["url"])
        return done
