"""The one loader of our own documents: strict YAML with a line for every value, and Markdown with front matter.

Strict means: `true` and `false` are the only booleans; dates, octals and every other clever scalar are text; keys are
text and appear once; no anchors, aliases or tags; one document; bounded size and depth.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autonomy_pack.edges.edits import edit_json as edit_json
from autonomy_pack.edges.edits import edit_toml as edit_toml
from autonomy_pack.edges.edits import edit_yaml as edit_yaml
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Finding, Risk, value

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 32

Place = tuple[str | int, ...]
"""Where a value is: the keys and positions that lead to it."""

_WORDS: Mapping[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?")
_FENCE = re.compile(r"^---[ \t]*$")
_END = re.compile(r"^(---|\.\.\.)[ \t]*$")


class DocumentError(UsageError):
    """A document that cannot be used: the file, the line (from 1), what the matter is, what to do (exit 2)."""

    def __init__(self, file: str, line: int, problem: str, fix: str) -> None:
        from autonomy_pack.edges.sanitize import one_line

        problem = one_line(problem, 400)
        super().__init__(f"{file}:{line}: {problem}", fix)
        self.file = file
        self.line = line
        self.problem = problem

    def finding(self, rule: str = "document") -> Finding:
        """The same as a finding."""
        return Finding(rule=rule, risk=Risk.HIGH, says=self.problem, fix=self.fix, where=f"{self.file}:{self.line}")


@value
class Document:
    """What a text says, and the line on which it says so. `data` is dict, list, str, int, float, bool or None."""

    data: Any
    name: str
    lines: Mapping[Place, int]

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the value at that path (of its key, in a mapping), or of its nearest parent that exists."""
        place = tuple(path)
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def load_yaml(text: str, name: str, *, first_line: int = 1) -> Document:
    """Read one strict YAML document; `name` is the file's, `first_line` the line of it on which `text` begins.

    Raises DocumentError. An empty text is a document whose data is None.
    """
    if len(text) > MAX_CHARACTERS:
        fix = f"Keep it under {MAX_CHARACTERS // 1024} KiB."
        raise DocumentError(name, first_line, f"it has {len(text)} characters", fix)
    return _Builder(name, first_line).build(text.removeprefix("\ufeff"))


class _Builder:
    """Builds values from parser events, so that depth, keys and aliases are judged before anything grows."""

    def __init__(self, name: str, first_line: int) -> None:
        self._name = name
        self._first = first_line
        self._lines: dict[Place, int] = {}
        self._open: list[tuple[Any, Place]] = []
        self._key: list[str | None] = []
        self._root: Any = None
        self._documents = 0

    def build(self, text: str) -> Document:
        import yaml

        try:
            for event in _events(text):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise self._broken(error) from error
        except (yaml.YAMLError, UnicodeError, ValueError) as error:
            raise self._error(0, "it holds characters that no YAML text may hold", "Save it as UTF-8 text.") from error
        return Document(data=self._root, name=self._name, lines=self._lines)

    def _take(self, event: Any) -> None:
        kind = type(event).__name__
        self._refuse_cleverness(kind, event)
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._start({} if kind == "MappingStartEvent" else [], event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._open.pop()
            self._key.pop()

    def _refuse_cleverness(self, kind: str, event: Any) -> None:
        line = event.start_mark.line
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._error(line, "a second document begins here", "Keep one document to a file.")
        elif getattr(event, "anchor", None):
            raise self._error(line, f"anchors and aliases (&, *) are not read: {event.anchor}", "Write the value out.")
        elif getattr(event, "tag", None):
            raise self._error(line, f"tags (!) are not read: {event.tag}", "Write the value without the tag.")

    def _scalar(self, event: Any) -> None:
        container = self._open[-1][0] if self._open else None
        if isinstance(container, dict) and self._key[-1] is None:
            self._new_key(container, event)
        else:
            self._put(_scalar(event.value) if event.implicit[0] else event.value, event)

    def _new_key(self, container: dict[str, Any], event: Any) -> None:
        key = event.value
        place = (*self._open[-1][1], key)
        if key in container:
            problem = f'the key "{key}" appears twice, first on line {self._lines[place]}'
            raise self._error(event.start_mark.line, problem, "Keep one of the two.")
        self._key[-1] = key
        self._lines[place] = event.start_mark.line + self._first

    def _put(self, item: Any, event: Any) -> Place:
        if not self._open:
            self._root = item
            self._lines[()] = event.start_mark.line + self._first
            return ()
        container, place = self._open[-1]
        if isinstance(container, list):
            container.append(item)
            place = (*place, len(container) - 1)
            self._lines[place] = event.start_mark.line + self._first
            return place
        key = self._key[-1]
        if key is None:
            raise self._error(event.start_mark.line, "a key must be text", "Write the key as one word or in quotes.")
        container[key] = item
        self._key[-1] = None
        return (*place, key)

    def _start(self, container: Any, event: Any) -> None:
        if len(self._open) == MAX_DEPTH:
            raise self._error(event.start_mark.line, f"it nests deeper than {MAX_DEPTH}", "Flatten it.")
        place = self._put(container, event)
        self._open.append((container, place))
        self._key.append(None)

    def _broken(self, error: Any) -> DocumentError:
        mark = error.problem_mark or error.context_mark
        fix = 'Mend the YAML there: indent with spaces, and quote text that holds ": ", " #" or begins with a sign.'
        return self._error(mark.line if mark else 0, f"this is not YAML: {error.problem or error.context}", fix)

    def _error(self, line: int, problem: str, fix: str) -> DocumentError:
        return DocumentError(self._name, line + self._first, problem, fix)


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return iter(yaml.parse(text, Loader=loader))


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def split_front_matter(text: str, name: str = "issue") -> tuple[str, str, int]:
    """Split Markdown into (YAML between the two `---` lines, body, line of the file on which the body begins).

    A byte order mark and CRLF are accepted, line endings stay; the YAML begins on line 2. Raises DocumentError when
    there is none.
    """
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="").readlines()
    bare = [line.rstrip("\r\n") for line in lines]
    if not bare or not _FENCE.match(bare[0]):
        fix = 'Begin the file with a line "---", then `title:` and `labels:`, then a line "---".'
        raise DocumentError(name, 1, "it does not begin with front matter", fix)
    for number, line in enumerate(bare[1:], start=1):
        if _END.match(line):
            return "".join(lines[1:number]), "".join(lines[number + 1 :]), number + 2
    raise DocumentError(name, 1, "its front matter does not end", 'End the front matter with a line "---".')
