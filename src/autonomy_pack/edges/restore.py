"""Putting a kept change back into a fresh workspace, on the same base or on one that moved elsewhere."""

from __future__ import annotations

from autonomy_pack.edges import files, git
from autonomy_pack.edges.workspace import Workspace
from autonomy_pack.errors import PackError


def put_back(space: Workspace, base: str, head: str) -> bool:
    """Make the work folder its own base with what `head` changed since `base`.

    False, with nothing written, when one of those paths differs between `base` and the workspace's own base, or the two
    cannot be compared. The objects of `head` must be in the workspace's repository.
    """
    try:
        ours, theirs = _changed(space, base, head), _changed(space, base, space.base)
    except PackError:
        return False
    if ours.keys() & theirs.keys():
        return False
    index = {"GIT_INDEX_FILE": str(space.folder / "index-restore")}
    git.run("read-tree", space.base, at=space.git_dir, env=index)
    lines = b"".join(f"{mode} {oid}\t".encode() + path + b"\0" for path, (mode, oid) in ours.items())
    git.run("update-index", "-z", "--index-info", at=space.git_dir, stdin=lines, env=index)
    with files.explained(f"putting a kept change back into {space.work}"):
        files.remove_tree(space.work)
        space.work.mkdir()
    git.run("checkout-index", "--all", "--quiet", at=space.git_dir, work_tree=space.work, env=index)
    return True


def _changed(space: Workspace, old: str, new: str) -> dict[bytes, tuple[str, str]]:
    """path → (mode, object) as it is in `new`; mode 000000, which git
    takes for no entry, when it is gone there."""
    if old == new:
        return {}
    out = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--abbrev=64", old, new, at=space.git_dir)
    parts = out.split(b"\0")
    found = {}
    for told, path in zip(parts[::2], parts[1::2], strict=False):
        words = told.decode().lstrip(":").split()
        found[path] = (words[1], words[3])
    return found
