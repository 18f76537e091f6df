"""A bare git repository: the only truth of refs, commits and files. Ref moves are git's own transactions."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.gitobjects import ZEROS, Commit, Entry, commit_of, entries, oid_of, order, person

__all__ = ["OID", "ZEROS", "Commit", "Entry", "GitDir"]
OID = re.compile(r"[0-9a-f]{40}")
PLAIN = re.compile(r"refs(?:/[A-Za-z0-9_-]+)+")
CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = true
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[receive]
\tautogc = false
\tfsckObjects = true
\tadvertiseAtomic = true
\tadvertisePushOptions = true
\thideRefs = refs/pull
\tdenyDeleteCurrent = ignore
[gc]
\tauto = 0
"""
ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"}


class GitDir:
    """Reads objects through one long-lived cat-file, writes them as loose files, moves refs by update-ref."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, bytes]] = {}
        self._trees: dict[str, list[Entry]] = {}
        self._commits: dict[str, Commit] = {}
        self._reader: subprocess.Popen[bytes] | None = None

    def create(self, head: str = "main") -> None:
        """An empty bare repository whose HEAD names `head`."""
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (self.path / folder).mkdir(parents=True)
        (self.path / "HEAD").write_text(f"ref: refs/heads/{head}\n")
        (self.path / "config").write_text(CONFIG)

    def on_disk(self) -> Path:
        """The git directory."""
        return self.path

    def close(self) -> None:
        """End the reader."""
        with self._lock:
            reader, self._reader = self._reader, None
        if reader is not None:
            reader.communicate()

    def git(
        self, *words: str, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git in this repository."""
        environment = {"PATH": os.environ["PATH"], **ENVIRONMENT, **(more or {})}
        return subprocess.run(
            ["git", "--git-dir", str(self.path), *words], input=stdin, capture_output=True, check=False, env=environment
        )

    # --- refs

    def may_be_named(self, ref: str) -> bool:
        """Whether git takes this for a full ref name; plain ones need no process."""
        return bool(PLAIN.fullmatch(ref)) or self.git("check-ref-format", ref).returncode == 0

    def ref(self, name: str) -> str | None:
        """The object id a full ref name points at, or None."""
        loose = self.path / name
        try:
            text = loose.read_text().strip()
        except (OSError, ValueError):
            return self._packed().get(name)
        return self.ref(text[5:]) if text.startswith("ref: ") else text

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref whose full name starts with `prefix`, sorted."""
        names = set(self._packed())
        for folder, _, files in os.walk(self.path / "refs"):
            names |= {str((Path(folder) / file).relative_to(self.path)) for file in files if not file.endswith(".lock")}
        found = {name: self.ref(name) for name in sorted(names) if name.startswith(prefix)}
        return {name: oid for name, oid in found.items() if oid is not None}

    def _packed(self) -> dict[str, str]:
        try:
            lines = (self.path / "packed-refs").read_text().splitlines()
        except OSError:
            return {}
        pairs = (line.split(" ", 1) for line in lines if line[:1] not in ("#", "^", ""))
        return {name: oid for oid, name in pairs}

    def move(self, moves: Sequence[tuple[str, str | None, str]]) -> str:
        """One transaction of (ref, old or None = whatever it is, new); zeros mean absent. "" or git's complaint."""
        lines = [order(ref, old, new) for ref, old, new in moves]
        ended = self.git("update-ref", "--stdin", stdin="".join(lines).encode())
        return "" if ended.returncode == 0 else ended.stderr.decode(errors="replace").strip() or "refused"

    # --- objects

    def put(self, kind: str, data: bytes) -> str:
        """Write an object; its id."""
        whole, oid = f"{kind} {len(data)}".encode() + b"\0" + data, oid_of(kind, data)
        target = self.path / "objects" / oid[:2] / oid[2:]
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            part = target.with_name(f"tmp_{threading.get_ident()}_{oid[2:]}")
            part.write_bytes(zlib.compress(whole, 1))
            part.rename(target)
        self._known[oid] = (kind, data)
        return oid

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """(kind, data) of an object, or None."""
        if oid not in self._known and OID.fullmatch(oid):
            found = self._read(oid)
            if found is None:
                return None
            self._known[oid] = found
        return self._known.get(oid)

    def _read(self, oid: str) -> tuple[str, bytes] | None:
        with self._lock:
            if self._reader is None:
                self._reader = subprocess.Popen(
                    ["git", "--git-dir", str(self.path), "cat-file", "--batch"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={"PATH": os.environ["PATH"], **ENVIRONMENT},
                )
            assert self._reader.stdin
            assert self._reader.stdout
            self._reader.stdin.write(oid.encode() + b"\n")
            self._reader.stdin.flush()
            head = self._reader.stdout.readline().split()
            if len(head) != 3:
                return None
            data = self._reader.stdout.read(int(head[2]) + 1)[:-1]
            return head[1].decode(), data

    def tree(self, oid: str) -> list[Entry]:
        """The lines of one tree object; empty when it is none."""
        known = self._trees.get(oid)
        if known is None:
            found = self.read(oid)
            if found is None or found[0] != "tree":
                return []
            known = self._trees[oid] = list(entries(found[1]))
        return known

    def files(self, tree: str, prefix: str = "") -> dict[str, Entry]:
        """Path → entry of every file below a tree."""
        found: dict[str, Entry] = {}
        for entry in self.tree(tree):
            path = prefix + entry.name
            found |= self.files(entry.oid, path + "/") if entry.mode == "40000" else {path: entry}
        return found

    def at(self, tree: str, path: str) -> Entry | None:
        """What lies at a path of a tree ("" = the tree itself)."""
        here = Entry("40000", "", tree)
        for name in filter(None, path.split("/")):
            here_or_none = next((entry for entry in self.tree(here.oid) if entry.name == name), None)
            if here_or_none is None:
                return None
            here = here_or_none
        return here

    def write_files(self, files: Mapping[str, tuple[str, str]]) -> str:
        """A tree of path → (mode, object id), folders made as needed; its id."""
        here: dict[str, tuple[str, str]] = {}
        below: dict[str, dict[str, tuple[str, str]]] = {}
        for path, item in files.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = item
            else:
                here[name] = item
        here |= {name: ("40000", self.write_files(inner)) for name, inner in below.items()}
        ordered = sorted(here.items(), key=lambda pair: pair[0] + ("/" if pair[1][0] == "40000" else ""))
        lines = [f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid) for name, (mode, oid) in ordered]
        return self.put("tree", b"".join(lines))

    def commit(self, oid: str) -> Commit | None:
        """A commit by id (or by an annotated tag's id), or None."""
        if oid in self._commits:
            return self._commits[oid]
        found = self.read(oid)
        if found and found[0] == "tag":
            return self.commit(found[1].split(b"\n", 1)[0].split()[1].decode())
        if found is None or found[0] != "commit":
            return None
        made = self._commits[oid] = commit_of(oid, found[1])
        return made

    def write_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: tuple[str, str, str],
        committer: tuple[str, str, str],
    ) -> str:
        """A commit object; its id."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {person(author)}", f"committer {person(committer)}", "", message]
        return self.put("commit", "\n".join(lines).encode())

    def resolve(self, name: str) -> str | None:
        """The commit a branch, tag, full ref or object id names."""
        if OID.fullmatch(name) and self.read(name):
            return name
        tries = [name] if name.startswith("refs/") else [f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}"]
        return next((oid for oid in map(self.ref, tries) if oid), None)

    def is_ancestor(self, base: str, head: str) -> bool:
        """Whether `base` can be reached from `head`."""
        return base == head or base in self.ancestors(head)

    def ancestors(self, tip: str) -> set[str]:
        """Every commit that can be reached from `tip`, itself among them."""
        found: set[str] = set()
        ahead = [tip]
        while ahead:
            here = self.commit(ahead.pop())
            if here is not None and here.oid not in found:
                found.add(here.oid)
                ahead += here.parents
        return found

    def line(self, tip: str, path: str = "") -> list[str] | None:
        """The commits from `tip` back, of those that changed `path` if one is named; None when there is a merge."""
        found, here = [], self.commit(tip)
        while here is not None:
            if len(here.parents) > 1:
                return None
            before = self.commit(here.parents[0]) if here.parents else None
            now, then = (self.at(each.tree, path) if each else None for each in (here, before))
            if not path or now != then:
                found.append(here.oid)
            here = before
        return found

    def log(self, *words: str) -> list[str]:
        """Commit ids of `git rev-list` with these words."""
        return self.git("rev-list", *words).stdout.decode().split()
