"""The launcher: what it starts, what it passes on, and that nothing outlives it or its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from autonomy_pack.edges import host, shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES, bubblewrap, none
from tests.sandboxes.boxes import BOXPY, processes_with, until

# Started by a harness of our own, which dies: deaf to SIGTERM, and with a daemon forked twice.
STUBBORN = """
    import os, signal, time  # {marker}
    first = os.getpid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
    open("ready", "a").write("x")
    time.sleep(1000 if {stays} or os.getpid() != first else 0)
"""

HARNESS = """
import sys
from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES
sandbox, work, code = sys.argv[1:]
command = Command(argv=(sys.executable, "-I", "-S", "-c", code), cwd=work, env={})
command = SANDBOXES[sandbox].wrap(command, Room(work=work))
shell.run(command, seconds=100, stall_seconds=None, on_line=lambda _: None, stop=lambda: "")
"""


OUTER = """
import os, subprocess, sys
subprocess.run([str(os.getpid()) if word == "PARENT" else word for word in sys.argv[1:]])
"""


def wrapped(code: str, work: Path, sandbox: str = "none", **given) -> Command:
    argv = (sys.executable, "-I", "-S", "-c", textwrap.dedent(code))
    command = Command(argv=argv, cwd=str(work), **({"env": {"PATH": os.defpath}} | given))
    return SANDBOXES[sandbox].wrap(command, Room(work=str(work)))


def both_started(work: Path) -> bool:
    """Whether the stubborn program and its daemon have both said that they are there."""
    return (work / "ready").exists() and (work / "ready").stat().st_size > 1


def run(command: Command, **given):
    lines: list[bytes] = []
    given = {"seconds": 30, "stall_seconds": None, "on_line": lines.append, "stop": lambda: ""} | given
    return shell.run(command, **given), lines


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that anybody can get to: a sandbox without mounts of its own must, as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="launcher-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=list(SANDBOXES))
def sandbox(request) -> str:
    if missing := SANDBOXES[request.param].missing():
        pytest.skip(missing)
    return request.param


def test_without_a_box_the_environment_is_exactly_what_was_given(tmp_path):
    command = none.wrap(Command(argv=("/usr/bin/env",), cwd=str(tmp_path), env={"A": "1"}), Room(work=str(tmp_path)))
    assert run(command)[1] == [b"A=1"]


def test_a_locale_that_was_given_is_kept(tmp_path):
    given = Command(argv=("/usr/bin/env",), cwd=str(tmp_path), env={"LC_CTYPE": "C.UTF-8"})
    assert run(none.wrap(given, Room(work=str(tmp_path))))[1] == [b"LC_CTYPE=C.UTF-8"]


def test_input_output_and_exit_code_pass_through(tmp_path, sandbox):
    code = "import sys; print(input()); print('bad', file=sys.stderr); sys.exit(7)"
    ended, lines = run(wrapped(code, tmp_path, sandbox, stdin=b"hello\n"))
    assert (ended.exit, ended.says, lines) == (7, "bad", [b"hello"])


def test_a_paced_program_is_answered_through_it(tmp_path, sandbox):
    command = wrapped("for n in range(3): print(n, flush=True); input()", tmp_path, sandbox, paced=True)
    assert run(command, on_line=lambda _: b"go\n")[0].exit == 0


def test_an_end_by_signal_is_128_and_its_number_and_leaves_no_core(tmp_path, sandbox):
    assert run(wrapped("import os; os.abort()", tmp_path, sandbox))[0].exit == 134
    assert list(tmp_path.iterdir()) == []


def test_signals_are_as_a_program_expects_them(tmp_path, sandbox):
    code = "import signal; print(len(signal.pthread_sigmask(signal.SIG_BLOCK, ())))"
    assert run(wrapped(code, tmp_path, sandbox))[1] == [b"0"]
    piped = Command(argv=("sh", "-c", "yes | head -1"), cwd=str(tmp_path), env={"PATH": os.defpath})
    ended, lines = run(SANDBOXES[sandbox].wrap(piped, Room(work=str(tmp_path))))
    assert (ended.exit, lines) == (0, [b"y"])


def test_a_program_that_does_not_exist_says_so(tmp_path, sandbox):
    ended, _ = run(SANDBOXES[sandbox].wrap(Command(argv=("no-such",), cwd=str(tmp_path)), Room(work=str(tmp_path))))
    assert ended.exit != 0
    assert "no-such: No such file or directory" in ended.says


@pytest.mark.parametrize("ending", ["exits", "is stopped"])
def test_daemons_end_with_the_program(tmp_path, sandbox, ending):
    marker = uuid.uuid4().hex
    code = STUBBORN.format(marker=marker, stays=ending == "is stopped")
    stop = (lambda: "STOP" if both_started(tmp_path) else "") if ending == "is stopped" else (lambda: "")
    ended, _ = run(wrapped(code, tmp_path, sandbox), stop=stop)
    assert ended.cause == ("exited" if ending == "exits" else "stopped")
    assert (ended.survivors, processes_with(marker)) == (0, [])
    assert ended.seconds < 10


def test_a_stop_takes_less_than_five_seconds(tmp_path, sandbox):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(100)"
    heard: list[bytes] = []
    ended, _ = run(wrapped(code, tmp_path, sandbox), on_line=heard.append, stop=lambda: "STOP" if heard else "")
    assert (ended.cause, ended.survivors) == ("stopped", 0)
    assert ended.seconds < 5


def test_killing_the_harness_with_minus_9_leaves_no_process(tmp_path, sandbox):
    marker = uuid.uuid4().hex
    code = textwrap.dedent(STUBBORN.format(marker=marker, stays=True))
    harness = subprocess.Popen([sys.executable, "-c", HARNESS, sandbox, str(tmp_path), code])
    try:
        assert until(lambda: both_started(tmp_path), 20)
    finally:
        harness.kill()
        harness.wait()
    assert until(lambda: not processes_with(marker), 5)
    assert until(lambda: not processes_with(str(tmp_path)), 5)


def test_killing_the_launcher_with_minus_9_leaves_no_process(tmp_path, sandbox):
    marker = uuid.uuid4().hex
    launcher: list[int] = []

    def stop() -> str:
        if launcher and both_started(tmp_path):
            os.kill(launcher.pop(), signal.SIGKILL)
        return ""

    command = wrapped(STUBBORN.format(marker=marker, stays=True), tmp_path, sandbox)
    ended, _ = run(command, stop=stop, on_start=lambda pid, _: launcher.append(pid))
    assert (ended.cause, ended.exit, ended.survivors) == ("exited", 137, 0)
    assert processes_with(marker) == []


@pytest.mark.parametrize(
    ("sandbox", "before", "after"),
    [
        ("none", "die_with(int(parent), signal.SIGTERM)", ""),
        ("bubblewrap", '"--die-with-parent", ', ""),
        ("none", "call(\"prctl\", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)", "pass"),
    ],
    ids=["the launcher dies with the harness", "the box dies with the launcher", "orphans come to the launcher"],
)  # fmt: skip
def test_each_of_these_is_what_leaves_no_process(tmp_path, sandbox, before, after):
    """Without it the stubborn program outlives its harness (or its launcher), and we have to end it."""
    if missing := SANDBOXES[sandbox].missing():
        pytest.skip(missing)
    text = BOXPY.read_text()
    assert before in text
    weaker = tmp_path / "weaker.py"
    weaker.write_text(text.replace(before, after))
    work = tmp_path / "work"
    work.mkdir()
    marker = uuid.uuid4().hex
    argv = wrapped(STUBBORN.format(marker=marker, stays=True), work, sandbox).argv
    argv = tuple({str(BOXPY): str(weaker), str(os.getpid()): "PARENT"}.get(word, word) for word in argv)
    outer = subprocess.Popen([sys.executable, "-c", OUTER, *argv], cwd=work, env={"PATH": os.defpath})
    try:
        assert until(lambda: both_started(work), 20)
        launchers = [pid for pid in processes_with(str(weaker)) if pid != outer.pid]
        for pid in [outer.pid] if sandbox == "none" else launchers:
            os.kill(pid, signal.SIGKILL)
        outer.wait(10)
        assert not until(lambda: not processes_with(marker), 2.5)
    finally:
        outer.kill()
        outer.wait()
        for pid in processes_with(marker):
            with suppress(ProcessLookupError):  # the first of a box takes the others with it
                os.kill(pid, signal.SIGKILL)
    assert until(lambda: not processes_with(marker), 5)


def test_a_dead_harness_recorded_program_is_killed_through_it(tmp_path):
    """A launcher that a frozen harness left behind ends with all below it when the record is taken over."""
    marker = uuid.uuid4().hex
    command = wrapped(STUBBORN.format(marker=marker, stays=True), tmp_path)
    launcher = subprocess.Popen(command.argv, cwd=tmp_path, env={}, start_new_session=True)
    try:
        assert until(lambda: both_started(tmp_path))
        assert shell.kill_recorded(launcher.pid, host.pid_start(launcher.pid) or 0)
        assert processes_with(marker) == []
    finally:
        launcher.kill()
        launcher.wait()


def test_a_parent_that_is_dead_already_starts_nothing(tmp_path):
    argv = list(wrapped("open('ran', 'w')", tmp_path).argv)
    argv[argv.index(str(os.getpid()))] = "1"
    assert subprocess.run(argv, cwd=tmp_path, env={}, check=False).returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "ran").exists()


def test_no_secret_is_in_an_argv(tmp_path):
    if missing := bubblewrap.missing():
        pytest.skip(missing)
    secret = uuid.uuid4().hex
    command = wrapped("print(1)", tmp_path, "bubblewrap", env={"TOKEN": secret}, stdin=secret.encode())
    assert secret not in " ".join(command.argv)
    code = "import glob; print([open(p).read() for p in glob.glob('/proc/[0-9]*/cmdline')])"
    assert secret.encode() not in run(wrapped(code, tmp_path, "bubblewrap", env={"TOKEN": secret}))[1][0]
