"""Real git objects, written byte for byte, also such as git itself would refuse to make."""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

Spec = bytes | tuple[str, bytes]
"""The content of an ordinary file, or (mode, content); for mode 160000 the content is the commit id in hex."""

IDENTITY = b"T <t@example.invalid> 1767323045 +0000"


class RawRepository:
    """A bare repository whose objects are written directly."""

    def __init__(self, folder: Path) -> None:
        self.git_dir = folder
        subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)

    def store(self, kind: str, content: bytes) -> str:
        """Write one object; its id."""
        whole = f"{kind} {len(content)}\0".encode() + content
        oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self.git_dir / "objects" / oid[:2] / oid[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return oid

    def raw_tree(self, entries: Iterable[tuple[str, bytes, str]]) -> str:
        """A tree of exactly these entries (mode, name, object id), in this order."""
        return self.store("tree", b"".join(b"%s %s\0" % (m.encode(), n) + bytes.fromhex(o) for m, n, o in entries))

    def tree(self, files: Mapping[bytes, Spec]) -> str:
        """The tree of these files; `/` in a path parts folders."""
        folders: dict[bytes, dict[bytes, Spec]] = {}
        entries = []
        for path, spec in files.items():
            name, slash, rest = path.partition(b"/")
            if slash:
                folders.setdefault(name, {})[rest] = spec
                continue
            mode, content = spec if isinstance(spec, tuple) else ("100644", spec)
            oid = content.decode() if mode == "160000" else self.store("blob", content)
            entries.append((mode, name, oid))
        entries += [("40000", name, self.tree(inside)) for name, inside in folders.items()]
        return self.raw_tree(sorted(entries, key=lambda entry: entry[1] + b"/" * (entry[0] == "40000")))

    def commit(self, tree: str, *parents: str, message: bytes = b"change") -> str:
        """A commit of that tree."""
        header = b"tree %s\n" % tree.encode() + b"".join(b"parent %s\n" % parent.encode() for parent in parents)
        return self.store("commit", header + b"author %s\ncommitter %s\n\n%s\n" % (IDENTITY, IDENTITY, message))

    def change(
        self, before: Mapping[bytes, Spec], after: Mapping[bytes, Spec], message: bytes = b"change"
    ) -> tuple[str, str]:
        """Base and head: a commit of one set of files, and one of another standing on it."""
        base = self.commit(self.tree(before), message=b"base")
        return base, self.commit(self.tree(after), base, message=message)
