"""The manual as data: its files, the commands it shows, and whether the command line really has them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from autonomy_pack.agents import AGENTS
from autonomy_pack.commands import autonomy

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RUNBOOK = DOCS / "runbook.md"
# docs/reference/commands.md is made from the commands themselves and shows their usage, not calls of them.
MADE = {DOCS / "reference" / "commands.md"}
PAGES = sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md")})
VARIABLES = {"agent", "max_issues", "issue", "repo", "dry_run", "fresh", "PYTHON"}
TARGETS = set(re.findall(r"^([a-z.]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


class Shown(NamedTuple):
    """A command that a page shows: in a block, where it is meant to be typed, or in a sentence."""

    page: Path
    text: str
    typed: bool

    @property
    def id(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text}"


class Wrong(Exception):
    """The command line has no such command, option or argument."""


def shown() -> list[Shown]:
    """Every `autonomy …` and `make …` of the manual, but for the runbook's tables."""
    found = []
    for page in PAGES:
        if page in MADE:
            continue
        found += [Shown(page, text, True) for text in _typed(page.read_text())]
        found += [Shown(page, text, False) for text in _said(page)]
    return list(dict.fromkeys(found))


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """(info string, text) of every fenced block, and ("", text) of every indented one."""
    fenced = re.compile(r"^```(.*)\n((?:(?!^```).*\n)*)^```$", re.MULTILINE)
    yield from fenced.findall(text)
    for block in re.findall(r"(?:^ {4,}.*\n(?:[ \t]*\n)*)+", fenced.sub("", text), re.MULTILINE):
        yield "", block


def _typed(text: str) -> Iterator[str]:
    for _, block in blocks(text):
        for line in block.splitlines():
            words = re.split(r" {2,}|\s#\s", line.strip().removeprefix("$ "))[0]
            if re.match(r"(?:[A-Z_]+=\S+ )*(?:autonomy|make) [-a-z.]", words):
                yield re.sub(r"^(?:[A-Z_]+=\S+ )+", "", words)


def _said(page: Path) -> Iterator[str]:
    if page == RUNBOOK:
        return
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith("    "))
    for said in re.findall(r"(?<!`)`((?:autonomy|make) [^`]+)`", prose):
        yield " ".join(said.split())


def check(text: str, *, whole: bool = True) -> None:
    """Raise Wrong unless the command exists with these options; `whole`: its arguments must be complete too.

    `autonomy run list|show` stands for each of the two.
    """
    choice = re.search(r"(?<= )[a-z]+(?:\|[a-z]+)+(?= |$)", text)
    for one in choice[0].split("|") if choice else ():
        check(text.replace(choice[0], one, 1), whole=whole)
    if choice:
        return
    words = shlex.split(text.replace("…", " ").replace("[", " ").replace("]", " "))
    if words[0] == "make":
        _check_make(words[1:])
        return
    command: click.Command = autonomy
    path, rest = "autonomy", words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        if found is None:
            raise Wrong(f"{path} has no command {name}")
        command, path = found, f"{path} {name}"
    _check_words(command, path, rest, whole)


def _check_make(words: list[str]) -> None:
    for word in words:
        name, given, _ = word.partition("=")
        if name not in (VARIABLES if given else TARGETS):
            raise Wrong(f"make knows no {word}")


def _check_words(command: click.Command, path: str, words: list[str], whole: bool) -> None:
    if not words and (not whole or (isinstance(command, click.Group) and command.invoke_without_command)):
        return
    options = {name for one in command.params for name in one.opts} | {"--help", "-h"}
    if command is autonomy:
        options.add("--version")
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    if unknown:
        raise Wrong(f"{path} has no option {unknown[0]}")
    if "--agent" in words and words[words.index("--agent") + 1] not in AGENTS:
        raise Wrong("there is no such agent")
    if not whole or {"--help", "-h", "--version"} & set(words):
        return
    try:
        command.make_context(path, list(words))
    except click.ClickException as error:
        raise Wrong(f"{path}: {error.format_message()}") from error


class Row(NamedTuple):
    """One line of the runbook."""

    theirs: str
    ours: str
    state: str


def runbook() -> list[Row]:
    """Every mapping of the runbook."""
    rows = []
    for line in RUNBOOK.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[0] != "runbook" and not set(cells[0]) <= {"-"}:
            rows.append(Row(cells[0], cells[1].strip("`"), cells[2]))
    return rows


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower())
    return plain.replace(" ", "-")


def headings(page: Path) -> list[str]:
    """The headings of a page, without those in fenced blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)
