"""What a person says to us in a comment or by a label: one exact form, anything else is talk. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from autonomy_pack.model import value

# The first line, whole: a quote, an indent, a list or a fence before it makes it talk.
_FORM = re.compile(
    r"/autonomy (?:(?P<answer>approve|deny) (?P<decision>apr_[0-9A-Z]{6})"
    r"|(?P<verb>retry|stop|status|rollback)(?: #?(?P<number>[1-9][0-9]{0,9}))?) *"
)
LABELS: Mapping[str, str] = {
    "autonomy:approve": "approve",
    "autonomy:deny": "deny",
    "autonomy:retry": "retry",
    "autonomy:stop": "stop",
}
WRITERS = frozenset({"admin", "maintain", "write"})


@value
class Said:
    """What was said: `decision` only with approve and deny; `number` is the issue it names, "" when it names none."""

    verb: str
    decision: str = ""
    number: str = ""
    why: str = ""


def read(text: str) -> Said | None:
    """What a comment says to us; None when it says nothing. What follows its first line is the reason."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    match = _FORM.fullmatch(first)
    if match is None:
        return None
    verb = match["answer"] or match["verb"]
    return Said(verb=verb, decision=match["decision"] or "", number=match["number"] or "", why=rest.strip())


def sha256(text: str) -> str:
    """The hash of a comment's text, by which an answer is recognised later."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def via_comment(comment: int, text: str) -> str:
    """Where an answer came from: the comment's number and what it said."""
    return f"comment:{comment}:{sha256(text)}"


def via_label(event: str) -> str:
    """Where an answer came from: the label event."""
    return f"label:{event}"
