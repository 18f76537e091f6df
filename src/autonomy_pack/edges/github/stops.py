"""The stop switches that a job can read in mid-run: three GETs that always answer, each with its ETag."""

from __future__ import annotations

import base64
import json
from typing import Any

from autonomy_pack.edges import clock
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.looking_by_rest import has_stop, tree
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.model import STOP_LABEL

_STOP_FILE = ".agent-workspace/STOP"
APART = 10.0
"""Seconds for which an answer is good enough, unless it is asked for anew."""


class Stops(Connected):
    """Whether anybody wants us to stop."""

    _etags: dict[str, tuple[str, Any]]
    _asked: dict[tuple[str, str], tuple[float, str]]
    _stop_in: dict[str, str]
    _branch: str

    def stop_words(self, workflow: str = "", issue: str = "", *, now: bool = False) -> str:
        """Why work must stop, "" to go on: STOP on the default branch, a workflow (file name) that is not active, the
        label autonomy:stop on the issue. An answer younger than 10 s is given again, unless `now`.

        WorldError when any of it cannot be read, which is never "go on".
        """
        at, said = self._asked.get((workflow, issue), (float("-inf"), ""))
        if not now and clock.monotonic() - at < APART:
            return said
        words = (
            self._stop_file()
            or (workflow and self._stop_workflow(workflow))
            or (issue and self._stop_label(issue))
            or ""
        )
        self._asked[workflow, issue] = (clock.monotonic(), words)
        return words

    def _stop_file(self) -> str:
        if not self._branch:
            self._branch = str(self.calls.get(f"/repos/{self.repo}")["default_branch"])
        head = str(self._as_known(self.ref(f"heads/{self._branch}"))["object"]["sha"])
        if head not in self._stop_in:
            self._stop_in = {head: self._stop_line(head) if has_stop(self, tree(self, head)) else ""}
        return self._stop_in[head]

    def _stop_line(self, head: str) -> str:
        """The STOP of that commit, with who set it, when and why, as far as it says so; any content stops."""
        where = f"{_STOP_FILE} on {one_line(self._branch, 80)}"
        try:
            there = self.calls.get(f"{self.at('contents')}/{_STOP_FILE}", {"ref": head})
            said = json.loads(base64.b64decode(there["content"])[:10_000])
            by, at, why = (one_line(str(said.get(key, "")), 200) for key in ("by", "at", "why"))
        except (WorldError, ValueError, AttributeError, KeyError, TypeError):
            return where
        who = " ".join(filter(None, [f"by {by}" if by else "", f"at {at[:16]}" if at else ""]))
        told = ": ".join(filter(None, [who, why]))
        return f"{where} ({told})" if told else where

    def _stop_workflow(self, file: str) -> str:
        state = str(self._as_known(self.at("actions", "workflows", file))["state"])
        return "" if state == "active" else f"workflow {one_line(file, 80)} is {one_line(state, 40)}"

    def _stop_label(self, number: str) -> str:
        told = self._as_known(self.at("issues", number))
        names = [label if isinstance(label, str) else label["name"] for label in told["labels"]]
        return f"label {STOP_LABEL} of issue {number}" if STOP_LABEL in map(str.casefold, names) else ""

    def _as_known(self, path: str) -> Any:
        """The JSON at a path, from the last answer when the server says that nothing changed."""
        etag, before = self._etags.get(path, ("", None))
        reply = self.calls.answer(path, etag=etag)
        if reply.status == 304:
            return before
        told = json.loads(reply.body)
        if not told:
            raise WorldError(f"{path}: an empty answer", "Run again.")
        self._etags[path] = (reply.headers.get("etag", ""), told)
        return told
