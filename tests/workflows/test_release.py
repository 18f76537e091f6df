"""A release publishes exactly what its build made: everything else is refused before a tool is even fetched."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.rules import ROOT

FILES = ("autonomy_pack-1.2.3-py3-none-any.whl", "autonomy_pack-1.2.3.tar.gz", "autonomy_pack.cdx.json")
TOOLS = "#!/bin/sh\necho \"$(basename $0) $*\" >>\"$SAID\"\ncase \"$*\" in *venv*) for p; do :; done; mkdir -p $p/bin; cp $0 $p/bin/python; cp $0 $p/bin/uv ;; esac\n"  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with what was built, and programs that only note how they are called."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "release.sh", tmp_path / "scripts")
    (tmp_path / "dist").mkdir()
    lines = []
    for name in FILES:
        (tmp_path / "dist" / name).write_text(name)
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    (tmp_path / "dist" / "SHA256SUMS").write_text("".join(lines))
    (tmp_path / "bin").mkdir()
    for name in ("python3", "gh"):
        (tmp_path / "bin" / name).write_text(TOOLS)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def publish(place: Path, sums: str, tag: str = "v1.2.3") -> tuple[int, list[str]]:
    env = {"PATH": f"{place / 'bin'}:/usr/bin:/bin", "RUNNER_TEMP": str(place), "SAID": str(place / "said")}
    words = ["sh", "scripts/release.sh", "publish"]
    ended = subprocess.run(
        words, cwd=place, env={**env, "SUMS": sums, "TAG": tag}, capture_output=True, text=True, check=False
    )
    said = (place / "said").read_text().splitlines() if (place / "said").exists() else []
    return ended.returncode, said


def sums_of(place: Path) -> str:
    return hashlib.sha256((place / "dist" / "SHA256SUMS").read_bytes()).hexdigest()


def test_what_was_built_is_attested_then_published_then_released(place: Path) -> None:
    code, said = publish(place, sums_of(place))
    assert code == 0
    done = [line for line in said if "venv" not in line]
    assert [line.split()[0] for line in done] == ["python", "python", "uv", "gh"]
    assert "--require-hashes --only-binary :all:" in done[0]
    assert done[1].startswith("python -m pypi_attestations sign dist/autonomy_pack-1.2.3-py3")
    assert done[2].startswith("uv publish --trusted-publishing always dist/autonomy_pack-1.2.3-py3")
    assert "--verify-tag" in done[3]


def _replaced(place: Path) -> None:
    (place / "dist" / FILES[0]).write_text("evil")


def _both_replaced(place: Path) -> None:
    _replaced(place)
    evil = hashlib.sha256(b"evil").hexdigest()
    text = (place / "dist" / "SHA256SUMS").read_text()
    (place / "dist" / "SHA256SUMS").write_text(evil + text[64:])


def _added(place: Path) -> None:
    (place / "dist" / "autonomy_pack-1.2.3-cp312-none-any.whl").write_text("evil")


@pytest.mark.parametrize("tamper", [_replaced, _both_replaced, _added])
def test_an_artifact_that_another_job_touched_is_refused(place: Path, tamper: Callable[[Path], None]) -> None:
    said_by_the_build = sums_of(place)
    tamper(place)
    assert publish(place, said_by_the_build) == (1, [])


def test_a_tag_of_another_version_is_refused(place: Path) -> None:
    assert publish(place, sums_of(place), "v1.2.4") == (1, [])
