"""The lock of an installation: which files the pack wrote into a repository, and what each was rendered from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from autonomy_pack.model import value

PATH = ".github/autonomy/lock.json"
VERSION = 1


class Kind(StrEnum):
    """What of a file is ours: all of it; how it begins, for then it is a person's; or one line at its end."""

    FILE = "file"
    SEED = "seed"
    LINE = "line"


@value
class Inputs:
    """All that a file of the kit is rendered from, beside its template.

    `pack`: OWNER/NAME; `sha`: the commit that callers are pinned to; `version`: the release whose templates are used.
    `cron`: five fields, "" = only when somebody starts it. `private`: the pack's repository is; `hosted`: on github.com
    and no server of one's own. `review`, `repair`: also the workflows that cost tokens. `agent`: "" = the mission's.
    `pin`: "sha", or "tag" = callers name the release's tag.
    """

    pack: str
    sha: str
    version: str
    runs_on: tuple[str, ...] = ("ubuntu-latest",)
    cron: str = ""
    private: bool = False
    hosted: bool = True
    review: bool = False
    repair: bool = False
    agent: str = ""
    pin: str = "sha"

    @property
    def ref(self) -> str:
        """What callers name the pack at: its commit, or the release's tag."""
        return f"v{self.version}" if self.pin == "tag" else self.sha


@value
class Locked:
    """A file that we wrote: the hash of what its template gave, of what was written, and what it was rendered from.

    The hashes differ where a person's lines were merged into it.
    """

    kind: Kind
    upstream_sha256: str
    written_sha256: str
    inputs: Inputs


@value
class Lock:
    """What is installed: the inputs of the newest install or sync, and each file (by path) with its own.

    `previous`: the inputs before those, None = there were none.
    """

    inputs: Inputs
    files: Mapping[str, Locked]
    previous: Inputs | None = None


def sha256(text: str) -> str:
    """The hex sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def written(lock: Lock) -> str:
    """The lock as a file: the same lock is the same text. A file's inputs are null where they are the lock's."""
    files = {path: _entry(lock.files[path], lock.inputs) for path in sorted(lock.files)}
    previous = {"previous": asdict(lock.previous)} if lock.previous else {}
    return json.dumps({"version": VERSION, "inputs": asdict(lock.inputs), **previous, "files": files}, indent=2) + "\n"


def read(data: Mapping[str, Any]) -> Lock:
    """The lock that a document says which fits its schema."""
    inputs = _inputs(data["inputs"])
    files = {path: _locked(entry, inputs) for path, entry in data["files"].items()}
    return Lock(inputs=inputs, files=files, previous=_inputs(data["previous"]) if "previous" in data else None)


def _entry(file: Locked, inputs: Inputs) -> dict[str, Any]:
    return {**asdict(file), "inputs": None if file.inputs == inputs else asdict(file.inputs)}


def _locked(entry: Mapping[str, Any], inputs: Inputs) -> Locked:
    own = inputs if entry["inputs"] is None else _inputs(entry["inputs"])
    return Locked(**{**entry, "kind": Kind(entry["kind"]), "inputs": own})


def _inputs(told: Mapping[str, Any]) -> Inputs:
    return Inputs(**{**told, "runs_on": tuple(told["runs_on"])})
