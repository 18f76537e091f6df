"""A bare git repository that is in memory until git itself, or a path, is asked for: thousands cost next to nothing."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub.gitdir import ZEROS, GitDir
from hub.gitobjects import Commit, Entry, oid_of


class Shared:
    """Objects many repositories have in common, each read once for all of them."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.trees: dict[str, list[Entry]] = {}
        self.commits: dict[str, Commit] = {}


class GitMemory(GitDir):
    """Like GitDir; `shared` objects are this repository's too. The first need of a disk writes it there for good."""

    def __init__(self, path: Path, shared: Shared) -> None:
        super().__init__(path)
        self._shared = shared
        # What is read of shared trees is read for everybody; commits are this repository's own.
        self._trees = shared.trees
        self._here: dict[str, str] | None = {}
        self._guard = threading.RLock()

    def create(self, head: str = "main") -> None:
        """An empty bare repository whose HEAD names `head`."""
        self._head = head

    def on_disk(self) -> Path:
        """The git directory, written now if it was not."""
        with self._guard:
            if self._here is not None:
                refs, self._here = self._here, None
                super().create(self._head)
                for oid in self._reachable(refs) | set(self._known):
                    found = self._known.get(oid) or self._shared.objects[oid]
                    super().put(*found)
                super().move([(ref, ZEROS, oid) for ref, oid in refs.items()])
        return self.path

    def _reachable(self, refs: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        ahead = [*refs.values()]
        while ahead:
            oid = ahead.pop()
            if oid in found:
                continue
            found.add(oid)
            kind = (self.read(oid) or ("", b""))[0]
            if kind == "tree":
                ahead += [entry.oid for entry in self.tree(oid) if entry.mode != "160000"]
            elif made := self.commit(oid):
                ahead += [made.tree, *made.parents]
        return found

    def git(
        self, *words: str, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git in this repository."""
        self.on_disk()
        return super().git(*words, stdin=stdin, more=more)

    # --- refs

    def ref(self, name: str) -> str | None:
        """The object id a full ref name points at, or None."""
        here = self._here
        return super().ref(name) if here is None else here.get(name)

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref whose full name starts with `prefix`, sorted."""
        here = self._here
        return (
            super().refs(prefix)
            if here is None
            else {name: here[name] for name in sorted(here) if name.startswith(prefix)}
        )

    def move(self, moves: Sequence[tuple[str, str | None, str]]) -> str:
        """One transaction of (ref, old or None = whatever it is, new); zeros mean absent. "" or what is wrong."""
        with self._guard:
            if self._here is None:
                return super().move(moves)
            after = dict(self._here)
            for ref, old, new in moves:
                if complaint := self._wrong(ref, old, new):
                    return complaint
                after.pop(ref, None)
                if new != ZEROS:
                    after[ref] = new
            self._here = after
        return ""

    def _wrong(self, ref: str, old: str | None, new: str) -> str:
        """What git says against one move; one name cannot lie below another."""
        assert self._here is not None
        now = self._here.get(ref, ZEROS)
        if old is not None and now != old:
            return f"cannot lock ref '{ref}': is at {now} but expected {old}"
        if new == ZEROS:
            return ""
        if self.read(new) is None:
            return f"cannot update ref '{ref}': trying to write ref with nonexistent object {new}"
        below = any(name.startswith(f"{ref}/") or ref.startswith(f"{name}/") for name in self._here)
        return f"cannot lock ref '{ref}': another ref lies above or below it" if below else ""

    # --- objects

    def put(self, kind: str, data: bytes) -> str:
        """Keep an object; its id."""
        if self._here is None:
            return super().put(kind, data)
        oid = oid_of(kind, data)
        if oid not in self._shared.objects:
            self._known[oid] = (kind, data)
        return oid

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """(kind, data) of an object, or None."""
        found = self._known.get(oid) or self._shared.objects.get(oid)
        return found if found or self._here is not None else super().read(oid)


def prepared(files: Mapping[str, str | bytes], place: Any) -> tuple[Shared, str]:
    """The objects of these files, and the tree that holds them."""
    shared = Shared()
    maker = GitMemory(place, shared)
    blobs = {
        path: ("100644", maker.put("blob", text.encode() if isinstance(text, str) else text))
        for path, text in files.items()
    }
    tree = maker.write_files(blobs)
    shared.objects = maker._known
    return shared, tree
