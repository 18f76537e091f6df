"""How long the redactor takes for a MB of clean text, and what it wrongly finds there."""

from __future__ import annotations

import json
import site
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pairs
from pairs import Result, Say

from autonomy_pack.edges.redact import find, redact

ROOT = Path(__file__).resolve().parents[1]
MB = 1_000_000
_WHOLE, _QUICK = 42 * MB, 2 * MB
_ENDINGS = (".py", ".txt", ".md", ".json", ".toml", ".pyi", ".rst", ".lock", ".cfg")


def measure(*, quick: bool, say: Say) -> Result:
    """The standard library, the installed packages and this repository's history, with three known values to look
    for; beside it, writing the same text as JSON, which every record does too."""
    from tests.corpora.evasions import SECRETS

    texts = corpus(_QUICK if quick else _WHOLE)
    size = sum(map(len, texts)) / MB
    say(f"redactor: {len(texts)} texts, {size:.1f} MB")
    things = {
        "redacted": _per_mb(lambda: [redact(text, SECRETS) for text in texts], size),
        "as JSON": _per_mb(lambda: [json.dumps(text) for text in texts], size),
    }
    found = pairs.in_turn(1 if quick else 2, things)
    result = Result()
    result.rows = [pairs.row("a MB of clean text, redacted", "s", found["redacted"], "as JSON", found["as JSON"])]
    findings = [(rule, text[start:end]) for text in texts for rule, start, end in find(text, SECRETS)]
    result.notes.append(f"{len(findings)} findings in {size:.1f} MB of clean text (aim: 0)")
    result.notes += [f"{rule}: {words[:40]!r}" for rule, words in findings[:20]]
    median = sorted(found["redacted"])[len(found["redacted"]) // 2]
    result.notes.append(f"{median:.2f} s per MB (aim: at most 0.5): {'yes' if median <= 0.5 else 'NO'}")
    return result


def corpus(most: int) -> list[str]:
    """Clean text of this machine, at least so many characters where there is as much."""
    texts, size = [], 0
    for text in _texts():
        texts.append(text)
        size += len(text)
        if size >= most:
            break
    return texts


def _texts() -> Iterator[str]:
    history = subprocess.run(["git", "-C", str(ROOT), "log", "--stat", "-n", "400"], capture_output=True, check=False)
    yield history.stdout.decode("utf-8", "replace")
    library = Path(sysconfig.get_path("stdlib"))
    for folder in (library, *map(Path, site.getsitepackages())):
        for path in sorted(folder.rglob("*")):
            other = folder == library and "site-packages" in path.parts
            if path.suffix in _ENDINGS and not other and path.is_file() and not path.is_symlink():
                yield path.read_text(errors="surrogateescape")


def _per_mb(work: Callable[[], object], size: float) -> Callable[[], float]:
    def once() -> float:
        begun = time.process_time()
        work()
        return (time.process_time() - begun) / size

    return once
