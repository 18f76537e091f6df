"""Templates to text: sandboxed, every name must exist, every word that is not ours passes a filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from autonomy_pack.edges.sanitize import one_line, sanitize, visible
from autonomy_pack.errors import UsageError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from autonomy_pack.model import Finding


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
    made.filters |= {"clean": sanitize, "line": line, "cell": cell, "words": words, "told": told, "fenced": fenced}
    made.filters |= {"quoted": quoted, "one_line": one_line}
    return made


def render(template: str, **values: object) -> str:
    """The template of that name, filled in; jinja2.UndefinedError when a value is missing."""
    return _environment().get_template(template).render(**values)


Render = Callable[..., str]
"""`render`, or the same with the templates of another release."""


def renderer(templates: Mapping[str, str]) -> Render:
    """`render` with these templates, by their names, instead of ours; "" for one that is not among them.

    UsageError for a template that asks for something that we do not know any more.
    """
    from jinja2 import DictLoader, UndefinedError

    environment = _environment().overlay(loader=DictLoader(templates), cache_size=len(templates) + 1)

    def rendered(template: str, **values: object) -> str:
        try:
            return environment.get_template(template).render(**values) if template in templates else ""
        except UndefinedError as error:
            says = f"{template} of an earlier release cannot be rendered any more: {error}"
            raise UsageError(says, "Use that release of autonomy-pack for it.") from error

    return rendered


def line(text: object, limit: int = 200) -> str:
    """Foreign text on one line of Markdown, harmless."""
    return sanitize(one_line(str(text), limit))


def cell(text: object, limit: int = 200) -> str:
    """Foreign text in a cell of a Markdown table."""
    return line(text, limit).replace("|", "\\|")


def words(outcome: object) -> str:
    """An outcome as people say it."""
    return str(outcome).replace("_", " ")


def told(finding: Finding, limit: int = 300) -> str:
    """A finding on one line, harmless: what is the matter, then what to do."""
    return f"{sentence(line(finding.says, limit))} {line(finding.fix, limit)}".rstrip()


def sentence(text: str) -> str:
    """The text with a stop at its end, unless it has one."""
    return text if not text or text.endswith((".", "!", "?", ":", "…")) else f"{text}."


def quoted(text: object) -> str:
    """Foreign lines, each marked as such, so that none can pass for one of ours; for agents, not for pages."""
    return "\n".join(f"> {one}" for one in visible(str(text)).strip("\n").split("\n"))


def fenced(text: object) -> str:
    """Foreign lines as a block of code that they cannot end."""
    clean = sanitize(str(text)).strip("\n")
    longest = max((len(run) for run in re.findall("`+", clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clean}\n{fence}"
