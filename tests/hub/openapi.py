"""GitHub's own OpenAPI document: cut down to what the hub uses, kept under build/ for all workers."""

from __future__ import annotations

import fcntl
import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from hub import npm

PACKAGE = ("@octokit/openapi", "23.0.2")
MEMBER = "package/generated/api.github.com.json"
# Rises with what `_cut` makes, so that an older cut is not taken for it.
CUT = npm.CACHE / "openapi-23.0.2-cut-4.json"


@functools.cache
def document() -> dict[str, Any]:
    """`schemas`, and `operations["GET /path"]`: `answers[status]` = {schema, example}, `body` = schema or None.

    Raises CalledProcessError when npm cannot fetch the package.
    """
    if not CUT.exists():
        CUT.parent.mkdir(parents=True, exist_ok=True)
        with CUT.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not CUT.exists():
                _make()
    made: dict[str, Any] = json.loads(CUT.read_bytes())
    return made


def _make() -> None:
    whole = json.loads(npm.file_of(*PACKAGE, MEMBER).read_bytes())
    with tempfile.TemporaryDirectory(dir=CUT.parent) as folder:
        part = Path(folder) / "cut.json"
        part.write_text(json.dumps(_cut(whole), separators=(",", ":")))
        part.rename(CUT)


def _cut(whole: dict[str, Any]) -> dict[str, Any]:
    components = whole["components"]
    return {
        "schemas": {name: plain(schema) for name, schema in components["schemas"].items()},
        "operations": {
            f"{method.upper()} {path}": {
                "answers": {status: _answer(whole, answer) for status, answer in operation["responses"].items()},
                "body": _body(whole, operation),
            }
            for path, operations in whole["paths"].items()
            for method, operation in operations.items()
        },
    }


def _answer(whole: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    content = _follow(whole, answer).get("content", {})
    typed = content.get("application/json") or next(iter(content.values()), {})
    examples = [_follow(whole, each).get("value") for each in typed.get("examples", {}).values()]
    value = examples[0] if examples else typed.get("example")
    if isinstance(value, dict) and "$ref" in value:
        value = _follow(whole, value).get("value")
    return {"schema": plain(typed["schema"]) if "schema" in typed else None, "example": value}


def _body(whole: dict[str, Any], operation: dict[str, Any]) -> Any:
    content = _follow(whole, operation.get("requestBody", {})).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return plain(schema) if schema else None


def _follow(whole: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while set(node) == {"$ref"}:
        steps = node["$ref"].split("/")[1:]
        node = functools.reduce(lambda place, step: place[step], steps, whole)
    return node


def plain(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a type or an alternative; examples are dropped."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # Alternatives overlap in the document (an error may be two kinds of error), so one or more may fit.
    made = {
        ("anyOf" if key == "oneOf" else key): plain(value)
        for key, value in schema.items()
        if key not in ("nullable", "example", "examples")
    }
    if schema.get("nullable") is not True:
        return made
    if isinstance(made.get("type"), str) and "enum" not in made:
        return {**made, "type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}
