"""Repositories for the store of refs: real bare ones on this disk, and clones of the store that share nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from autonomy_pack.edges.remote import Remote
from autonomy_pack.store.gitrefs import GitRefs, open_gitrefs


def bare(path: Path) -> str:
    """Make an empty bare repository; its address."""
    subprocess.run(["git", "init", "-q", "--bare", str(path)], check=True)
    return f"file://{path}"


def fresh_url(folder: Path) -> str:
    """The address of a store in a new repository below that folder."""
    return f"gitrefs+{bare(folder / 'refs.git')}"


def clone(address: str, folder: Path, **rest: Callable[[], str]) -> GitRefs:
    """The store as another machine sees it: with its own copy."""
    return open_gitrefs(Remote(address, folder / "copy.git"), **rest)
