"""Choosing among issues, in a process of its own that has no token and no network.

    python -I -m autonomy_pack.programs.choose < facts.json

Prints the choices as one line per issue, which together are one JSON value. Exit codes: 0 done · 4 facts that cannot
be used.
"""

from __future__ import annotations

import sys

from autonomy_pack.errors import PackError
from autonomy_pack.flows.actions import choosing, facts


def main() -> int:
    """Read the facts, choose, print; the exit code."""
    try:
        read = facts.read(sys.stdin.buffer.read(facts.LARGEST + 1))
        print(choosing.text(choosing.choose(read)))
    except PackError as error:
        print(f"{error.says}. {error.fix}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
