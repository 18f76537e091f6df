"""What a document that breaks its schema is told: where, what, and the next step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autonomy_pack.edges.documents import Document
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Finding, Risk
from autonomy_pack.schemas import schema

_TYPES: Mapping[str, str] = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a block of keys",
    "null": "null",
}

# How the pattern of a whole `{{ place }}` begins, which stands beside every shape that is not text.
_PLACE = "^\\{\\{"


def nearest(word: str, words: Iterable[str]) -> str:
    """`did you mean "steps"? ` when one of the words is near, else nothing."""
    import difflib

    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"? ' if near else ""


def problem(document: Document, path: Sequence[str | int], says: str, fix: str, *, rule: str) -> Finding:
    """A finding about one place in a document."""
    where = f"{document.name}:{document.line(path)}"
    return Finding(rule=rule, risk=Risk.HIGH, says=one_line(says, 400), fix=one_line(fix, 600), where=where)


def problems(document: Document, name: str, data: Any) -> list[Finding]:
    """Every way in which `data` (the document's, places filled with samples) breaks the schema, in order of lines."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema(name)).iter_errors(data)
    found = dict.fromkeys(finding for error in errors for finding in _told(document, name, _innermost(error)))
    return sorted(found, key=lambda finding: int(finding.where.rpartition(":")[2]))


def _innermost(error: Any) -> Any:
    """Of a choice between shapes, the error in the shape that was meant; the first shape when that cannot be told."""
    while error.validator in ("anyOf", "oneOf"):
        inside = [inner for inner in error.context if not str(inner.validator_value).startswith(_PLACE)]
        meant = [inner for inner in inside if inner.validator != "type" or inner.relative_path]
        error = (meant or inside or error.context)[0]
    return error


def _told(document: Document, rule: str, error: Any) -> Iterator[Finding]:
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _unknown_keys(document, rule, error, path)
    elif error.validator == "required":
        yield from _missing_keys(document, rule, error, path)
    elif "propertyNames" in error.absolute_schema_path:
        says = f"{_spot(path)} cannot hold the name {_shown(error.instance)}"
        yield problem(document, [*path, error.instance], says, _fix(error), rule=rule)
    else:
        yield problem(document, path, f"{_spot(path)} {_must(error)}", _fix(error), rule=rule)


def _unknown_keys(document: Document, rule: str, error: Any, path: list[str | int]) -> Iterator[Finding]:
    known = error.schema.get("properties", {})
    noun = error.schema.get("title", "keys")
    under = f" under {_spot(path)}" if path else ""
    thing = "tool" if noun == "tools" else "key"
    for key in error.instance:
        if key not in known:
            fix = f"{nearest(key, known)}The {noun} are {', '.join(known)}."
            yield problem(document, [*path, key], f'unknown {thing} "{key}"{under}', fix, rule=rule)


def _missing_keys(document: Document, rule: str, error: Any, path: list[str | int]) -> Iterator[Finding]:
    under = f" under {_spot(path)}" if path else ""
    for key in error.validator_value:
        if key not in error.instance:
            meaning = error.schema.get("properties", {}).get(key, {}).get("description", "what it is")
            fix = f"Add `{key}:` with {_lower(meaning)}."
            yield problem(document, path, f'the key "{key}" is missing{under}', fix, rule=rule)


def _must(error: Any) -> str:
    wanted, shown = error.validator_value, _shown(error.instance)
    said: dict[str, Callable[[], str]] = {
        "type": lambda: f"must be {_types(wanted)}, not {shown}",
        "enum": lambda: f"must be one of {', '.join(map(_word, wanted))}, not {shown}",
        "const": lambda: f"must be {_word(wanted)}, not {shown}",
        "pattern": lambda: f"is {shown}, which is not of the right form",
        "minimum": lambda: f"must be at least {wanted}, not {shown}",
        "maximum": lambda: f"must be at most {wanted}, not {shown}",
        "minLength": lambda: "must not be empty",
        "minItems": lambda: f"needs at least {wanted} item{'s' if wanted > 1 else ''}",
        "maxItems": lambda: f"may have at most {wanted} items",
        "maxLength": lambda: f"may have at most {wanted} characters",
        "minProperties": lambda: "must name one",
        "maxProperties": lambda: f"must name exactly one, not {', '.join(error.instance)}",
        "uniqueItems": lambda: "names something twice",
    }
    return said.get(error.validator, lambda: f"is wrong: {error.message}")()


def _fix(error: Any) -> str:
    while error is not None:
        if meaning := error.schema.get("description", ""):
            return f"Write {_lower(meaning)}."
        error = error.parent
    return "Look at the reference page of this file for what goes there."


def _spot(path: Sequence[str | int]) -> str:
    spot = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return spot.lstrip(".") or "the document"


def _types(wanted: Any) -> str:
    return " or ".join(_TYPES[one] for one in ([wanted] if isinstance(wanted, str) else wanted))


def _word(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item)


def _shown(item: Any) -> str:
    shown = json.dumps(item, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
