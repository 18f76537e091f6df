"""The planner's steps, one file each: what it takes and what it does."""

from __future__ import annotations

from autonomy_pack.contracts import Tool
from autonomy_pack.tools import (
    append,
    delete,
    edit_json,
    edit_toml,
    edit_yaml,
    insert,
    move,
    pin_actions,
    replace,
    run,
    write,
)

TOOLS: dict[str, Tool] = {
    "replace": replace,
    "write": write,
    "append": append,
    "insert": insert,
    "move": move,
    "delete": delete,
    "edit_yaml": edit_yaml,
    "edit_toml": edit_toml,
    "edit_json": edit_json,
    "pin_actions": pin_actions,
    "run": run,
}
