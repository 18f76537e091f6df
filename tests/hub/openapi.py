"""GitHub's own OpenAPI document: fetched once by npm, cut down to what the hub uses, kept under build/ for all workers."""

from __future__ import annotations

import fcntl
import functools
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@octokit/openapi@23.0.2"
MEMBER = "package/generated/api.github.com.json"
CACHE = Path(__file__).parents[2] / "build" / "hub"
CUT = CACHE / "openapi-23.0.2-cut-2.json"
# A home of its own keeps npm off the home of the test, which is new each time.
HOME = CACHE / "npm"


@functools.cache
def document() -> dict[str, Any]:
    """schemas (nullable made plain), operations["GET /path"][status] = {schema, example}, examples[name].

    Raises RuntimeError with npm's words when the package cannot be fetched.
    """
    if not CUT.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not CUT.exists():
                _make()
    made: dict[str, Any] = json.loads(CUT.read_bytes())
    return made


def _make() -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        whole = _download(Path(folder))
        part = Path(folder) / "cut.json"
        part.write_text(json.dumps(_cut(whole), separators=(",", ":")))
        part.rename(CUT)


def _download(folder: Path) -> dict[str, Any]:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(f"npm is needed once to fetch {PACKAGE}; install Node.js")
    words = [npm, "pack", PACKAGE, "--silent", "--ignore-scripts", "--cache", str(HOME)]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    packed = sorted(folder.glob("*.tgz"))
    if ended.returncode or not packed:
        raise RuntimeError(f"npm pack {PACKAGE}: {ended.stderr.strip()[-500:]}")
    shutil.rmtree(HOME, ignore_errors=True)
    with tarfile.open(packed[0]) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        found: dict[str, Any] = json.load(member)
        return found


def _cut(whole: dict[str, Any]) -> dict[str, Any]:
    components = whole["components"]
    return {
        "schemas": {name: plain(schema) for name, schema in components["schemas"].items()},
        "examples": {name: example.get("value") for name, example in components["examples"].items()},
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
    made = {key: plain(value) for key, value in schema.items() if key not in ("nullable", "example", "examples")}
    if schema.get("nullable") is not True:
        return made
    if isinstance(made.get("type"), str) and "enum" not in made:
        return {**made, "type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}
