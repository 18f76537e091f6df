"""Edits that leave every other byte of a YAML, TOML or JSON text as it is: comments, quotes, order, spacing, line ends.

An edit is {"path": [keys and positions], "value": new} or {"path": […], "delete": True}; a mapping {key: value} is
short for setting top keys. Keys on the way that are missing are made; a position at a list's end appends; removing
what is not there changes nothing. Each result is read again and compared before it is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autonomy_pack.edges import rendering
from autonomy_pack.edges.nodes import Node
from autonomy_pack.edges.rendering import Form
from autonomy_pack.errors import UsageError

Edits = Sequence[Mapping[str, Any]] | Mapping[str, Any]
Path = tuple[str | int, ...]

_GONE: Any = object()
_FIX = "Look at the file and at the edit's path."


def edit_yaml(text: str, edits: Edits) -> str:
    """The YAML text with those edits made. Raises UsageError when it is not YAML or an edit cannot be made in place."""
    return _edited(text, edits, rendering.Yaml())


def edit_json(text: str, edits: Edits) -> str:
    """The JSON text with those edits made. Raises UsageError when it is not JSON or a path leads nowhere."""
    return _edited(text, edits, rendering.Json(text))


def edit_toml(text: str, edits: Edits) -> str:
    """The TOML text with those edits made. Raises UsageError when it is not TOML or a path leads nowhere."""
    import tomllib

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document, wanted = tomlkit.parse(text), tomllib.loads(text)
        for path, new in _listed(edits):
            if not path or (new is not _GONE and _at(wanted, path) == new):
                continue
            _change(document, path, new, _toml_item)
            _change(wanted, path, new, lambda _, item: item)
        written = tomlkit.dumps(document)
        if "\r\n" in text and text.count("\n") == text.count("\r\n"):
            written = written.replace("\r\n", "\n").replace("\n", "\r\n")
        if tomllib.loads(written) != wanted:
            raise UsageError("this edit cannot be made in place", _FIX)
    except (TOMLKitError, tomllib.TOMLDecodeError, RecursionError, TypeError) as error:
        raise UsageError(f"this TOML cannot be edited: {error}", "Mend the file by hand first.") from error
    return written


def _edited(text: str, edits: Edits, form: Form) -> str:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    for path, new in _listed(edits):
        before = form.root(text)
        changed = _removed(text, before, path, form) if new is _GONE else _with(text, before, path, new, form)
        _compare(text, before, changed, path, new, form)
        text = changed
    return mark + text


def _listed(edits: Edits) -> Iterator[tuple[Path, Any]]:
    if isinstance(edits, Mapping):
        edits = [{"path": [key], "value": item} for key, item in edits.items()]
    for edit in edits:
        if not edit.get("path") or ("value" in edit) == ("delete" in edit):
            raise UsageError("an edit needs a path, and either value or delete", "Write {path: [a, b], value: 1}.")
        yield tuple(edit["path"]), edit.get("value", _GONE)


def _with(text: str, root: Node, path: Path, new: Any, form: Form) -> str:
    node = root
    for depth, key in enumerate(path):
        if node.kind == "scalar":
            if not form.is_null(text[node.start : node.end]):
                raise UsageError(f"{_spot(path[:depth])} is a single value", _FIX)
            return form.replace(text, node, _nested(path[depth:], new))
        entry = node.entry(key)
        if entry is None:
            _must_fit(node, key, path[:depth])
            return form.add(text, node, key, _nested(path[depth + 1 :], new))
        node = entry.node
    return form.replace(text, node, new)


def _removed(text: str, root: Node, path: Path, form: Form) -> str:
    node = root
    for key in path[:-1]:
        entry = node.entry(key)
        if entry is None:
            return text
        node = entry.node
    entry = node.entry(path[-1])
    return text if entry is None else form.remove(text, node, entry)


def _must_fit(node: Node, key: str | int, path: Path) -> None:
    if node.kind == "list" and key != len(node.entries):
        raise UsageError(f"{_spot(path)} is a list of {len(node.entries)} items and has no place {key!r}", _FIX)


def _nested(path: Path, new: Any) -> Any:
    for key in reversed(path):
        if isinstance(key, int):
            raise UsageError(f"there is no list for the position {key}", "Set the whole list instead.")
        new = {key: new}
    return new


def _compare(before: str, old: Node, after: str, path: Path, new: Any, form: Form) -> None:
    """UsageError unless exactly the wanted value changed and every other one is written as it was."""
    wanted, got = _sources(before, old), _sources(after, form.root(after))
    _change(wanted, path, new, lambda _, item: item)
    if new is not _GONE:
        here = form.root(after)
        for key in path:
            entry = here.entry(key)
            if entry is None:
                raise UsageError(f"{_spot(path)} cannot be set in place", _FIX)
            here = entry.node
        if form.value(after, here) != new:
            raise UsageError(f"{_spot(path)} cannot be written in place", _FIX)
        _change(got, path, new, lambda _, item: item)
    if got != wanted:
        raise UsageError(f"{_spot(path)} cannot be changed without changing something else", _FIX)


def _sources(text: str, node: Node) -> Any:
    """The same tree with the source text of every single value."""
    if node.kind == "mapping":
        return {entry.key: _sources(text, entry.node) for entry in node.entries}
    if node.kind == "list":
        return [_sources(text, entry.node) for entry in node.entries]
    return text[node.start : node.end]


def _change(tree: Any, path: Path, new: Any, item: Callable[[Any, Any], Any]) -> None:
    """Make the edit in a tree of dicts and lists; `item(old, new)` makes what is put there."""
    for depth, key in enumerate(path[:-1]):
        inner = _get(tree, key)
        if inner is None or isinstance(inner, str):
            if new is _GONE:
                return
            _put(tree, key, item(None, _nested(path[depth + 1 :], new)))
            return
        tree = inner
    old = _get(tree, path[-1])
    if new is not _GONE:
        _put(tree, path[-1], item(old, new))
    elif old is not None:
        del tree[path[-1] if isinstance(tree, list) else str(path[-1])]


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = _get(tree, key)
    return tree


def _get(tree: Any, key: str | int) -> Any:
    if isinstance(tree, list):
        return tree[key] if isinstance(key, int) and 0 <= key < len(tree) else None
    return tree.get(str(key)) if isinstance(tree, Mapping) else None


def _put(tree: Any, key: str | int, item: Any) -> None:
    if isinstance(tree, list) and isinstance(key, int) and key == len(tree):
        tree.append(item)
    elif isinstance(tree, list) and not (isinstance(key, int) and 0 <= key < len(tree)):
        raise UsageError(f"the list has {len(tree)} items and no place {key!r}", _FIX)
    elif isinstance(tree, list | dict):
        tree[key if isinstance(tree, list) else str(key)] = item  # type: ignore[index]
    else:
        raise UsageError(f"{key!r} cannot be put into a single value", _FIX)


def _toml_item(old: Any, new: Any) -> Any:
    """The new value as TOML; text keeps the quotes of the text it replaces."""
    import tomlkit
    from tomlkit.items import String

    was_literal = isinstance(old, String) and old.as_string().startswith("'")
    if was_literal and isinstance(new, str) and "'" not in new and new.isprintable():
        return tomlkit.string(new, literal=True)
    return tomlkit.item(new)


def _spot(path: Path) -> str:
    return ".".join(map(str, path)) or "the document"
