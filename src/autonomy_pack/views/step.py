"""One step of an agent, as a person reads it who is asked whether it may begin."""

from __future__ import annotations

import difflib

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.model import Risk
from autonomy_pack.policy.names import canonical
from autonomy_pack.policy.steps import Call

_LINES = 60
# The arguments that are a text before and a text after, by tool.
_OLD, _NEW = ("old_string", "find"), ("new_string", "with", "text", "content")


def text(call: Call, risk: Risk, before: str | None, secrets: tuple[str, ...] = ()) -> str:
    """The tool, its arguments and, where its arguments are texts, the difference they make. `before` is the text of the
    file that it would write, None when that is not known.
    """
    given = call.arguments if isinstance(call.arguments, dict) else {"": call.arguments}
    lines = [f"Step {call.step}: {one_line(call.tool, 40)} (risk {risk})"]
    shown = _difference(given, before)
    for name, word in given.items():
        if not (shown and name in (*_OLD, *_NEW)):
            lines.append(f"  {one_line(name, 40)}  {one_line(word if isinstance(word, str) else canonical(word), 400)}")
    return visible(redact("\n".join([*lines, *shown]), secrets))


def _difference(given: dict[str, object], before: str | None) -> list[str]:
    """The lines of a diff; [] when the arguments tell of none."""
    old = next((str(given[name]) for name in _OLD if name in given), before)
    new = next((str(given[name]) for name in _NEW if isinstance(given.get(name), str)), None)
    if old is None or new is None:
        return []
    told = [f"  {line}" for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")][2:]
    return told if len(told) <= _LINES else [*told[:_LINES], f"  … {len(told) - _LINES} more lines"]
