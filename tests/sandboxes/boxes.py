"""What the tests of the sandboxes share: running a program in one as this user or as another, and looking for leftovers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import autonomy_pack

HERE = Path(__file__).parent
PACK = Path(autonomy_pack.__file__).parent
SOMEBODY = 54321
BOXPY = PACK / "programs" / "box.py"


class User:
    """Who a box is started by: us, or, when we are root, somebody else with the system's own interpreter."""

    def __init__(self, name: str, shared: Path) -> None:
        self.is_other = name == "another user"
        self.name, self.shared = name, shared
        self.more: dict[str, str] = {}
        self.uid = SOMEBODY if self.is_other else os.geteuid()
        self.work = shared / "work"
        self.work.mkdir()
        os.chown(self.work, self.uid, self.uid if self.is_other else os.getegid())

    def argv(self) -> list[str]:
        if self.name == "root":
            return ["/usr/bin/python3"]
        if not self.is_other:
            return [sys.executable]
        groups = ["--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups"]
        return ["setpriv", *groups, "/usr/bin/python3"]

    def environment(self) -> dict[str, str]:
        ours = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.shared / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return ours | self.more

    def words(self, sandbox: str, argv: list[str], **given: object) -> list[str]:
        work = str(given.get("work", self.work))
        told = {
            "sandbox": sandbox, "argv": argv, "cwd": work, "work": work, "env": {"PATH": os.defpath}, "stdin": "",
            "readable": [], "writable": [], "socket": "", "port": 0, "launcher": "", "seconds": 60, "pid_file": "",
        }  # fmt: skip
        return [*self.argv(), str(self.shared / "driver.py"), json.dumps(told | given)]

    def run(self, sandbox: str, argv: list[str], *, canary: str = "", **given: object) -> dict:
        """Run it to its end: cause, exit, says, survivors, lines. Skips where there is no such sandbox."""
        environment = self.environment() | {"CANARY": canary}
        ended = subprocess.run(self.words(sandbox, argv, **given), env=environment, capture_output=True, check=False)
        assert ended.returncode == 0, ended.stderr.decode()
        answer = json.loads(ended.stdout)
        if answer["missing"]:
            pytest.skip(f"no {sandbox} for {self.name}: {answer['missing']}")
        return answer

    def python(self, sandbox: str, code: str, *words: str, **given: object) -> dict:
        return self.run(sandbox, ["PYTHON", "-I", "-S", "-c", code, *words], **given)


@contextmanager
def user(name: str) -> Iterator[User]:
    """`us`, or `another user`; or `root` with an interpreter that anybody may start; with a folder that all may enter."""
    if name == "root" and os.geteuid() != 0:
        pytest.skip("only root is root")
    if name == "another user" and os.geteuid() != 0:
        pytest.skip("only root can start a program as somebody else")
    if name != "us" and _version("/usr/bin/python3") < (3, 11):
        pytest.skip("the system's own python3 is older than 3.11, and ours may be closed to others")
    shared = Path(tempfile.mkdtemp(prefix="boxes-"))
    try:
        shared.chmod(0o755)
        shutil.copytree(PACK, shared / "src" / "autonomy_pack", ignore=shutil.ignore_patterns("__pycache__"))
        for script in ("driver.py", "hostile.py"):
            shutil.copy(HERE / script, shared)
        yield User(name, shared)
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def _version(python: str) -> tuple[int, ...]:
    try:
        words = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    return tuple(map(int, words.stdout.split()))


def processes_with(marker: str) -> list[int]:
    """The processes whose argv holds this word."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            found += [int(place.name)] if marker.encode() in (place / "cmdline").read_bytes() else []
        except OSError:
            continue
    return found


def until(question: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(answer)
