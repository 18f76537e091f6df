"""Templates to text: sandboxed, every name must exist, every word that is not ours passes a filter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from autonomy_pack.edges.sanitize import one_line, sanitize

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    made = SandboxedEnvironment(
        loader=PackageLoader("autonomy_pack"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown: `clean` and `cell` make foreign words harmless
    )
    made.filters |= {"clean": sanitize, "line": line, "cell": cell, "words": words}
    return made


def render(template: str, **values: object) -> str:
    """The template of that name, filled in; jinja2.UndefinedError when a value is missing."""
    return _environment().get_template(template).render(**values)


def line(text: object, limit: int = 200) -> str:
    """Foreign text on one line of Markdown, harmless."""
    return sanitize(one_line(str(text), limit))


def cell(text: object, limit: int = 200) -> str:
    """Foreign text in a cell of a Markdown table."""
    return line(text, limit).replace("|", "\\|")


def words(outcome: object) -> str:
    """An outcome as people say it."""
    return str(outcome).replace("_", " ")
