"""Merging two texts that came from a third, as git merges files: by lines, and no guess where both changed a place."""

from __future__ import annotations

from pathlib import Path

from autonomy_pack.edges import files, git


def merge(base: str, mine: str, theirs: str) -> str | None:
    """`mine` with what `theirs` changed since `base`; None when both changed the same place. WorldError without git."""
    folder = files.temporary("autonomy-merge-")
    try:
        for name, text in (("mine", mine), ("base", base), ("theirs", theirs)):
            Path(folder, name).write_bytes(text.encode())
        merged = git.in_folder(folder, "merge-file", "--quiet", "-p", "mine", "base", "theirs")
    finally:
        files.remove_tree(folder)
    return None if merged is None else merged.decode()
