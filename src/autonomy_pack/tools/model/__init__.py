"""What a model may do, one file each: what it takes, how dangerous it is, what the model is told."""

from __future__ import annotations

from autonomy_pack.contracts import ModelTool
from autonomy_pack.tools.model import ask, done, edit, list, read, run, search, write  # noqa: A004  (they are its names)

MODEL_TOOLS: dict[str, ModelTool] = {
    "read": read,
    "search": search,
    "list": list,
    "edit": edit,
    "write": write,
    "run": run,
    "ask": ask,
    "done": done,
}
