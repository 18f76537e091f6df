"""The result of a hostile program in every sandbox there is here: `python -m tests.sandboxes.table`, as Markdown."""

from __future__ import annotations

import sys

import pytest

from autonomy_pack.sandboxes import SANDBOXES
from tests.sandboxes.boxes import user
from tests.sandboxes.outside import attack, outside

NAMES = ("us", "another user", "root")


def table() -> list[str]:
    """One row for each attempt that works somewhere, then how many there are."""
    found: dict[str, set[str]] = {}
    for sandbox in SANDBOXES:
        for name in NAMES:
            try:
                with user(name) as one, outside(one) as there:
                    found[f"{sandbox}, {name}"] = attack(one, there, sandbox) | {f"! {it}" for it in there.effects()}
            except pytest.skip.Exception as why:
                sys.stderr.write(f"{sandbox}, {name}: {why}\n")
    rows = ["| attempt | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    for attempt in sorted(set.union(*found.values())):
        rows.append(f"| {attempt} | " + " | ".join("works" if attempt in one else "–" for one in found.values()) + " |")
    return [*rows, "| **worked** | " + " | ".join(str(len(one)) for one in found.values()) + " |"]


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
