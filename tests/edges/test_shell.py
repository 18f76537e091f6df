"""Starting programs: every way they can end, and that nothing of them is left afterwards. Real processes throughout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from pathlib import Path

import pytest

from autonomy_pack.edges import host, shell
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Command, Ended

PATH = {"PATH": "/usr/bin:/bin"}


def python(code: str, **given) -> Command:
    given = {"cwd": "/", "env": PATH} | given
    return Command(argv=(sys.executable, "-I", "-S", "-c", textwrap.dedent(code)), **given)


def run(command: Command, **given) -> tuple[Ended, list[bytes]]:
    lines: list[bytes] = []
    given = {"seconds": 30, "stall_seconds": None, "on_line": lines.append, "stop": lambda: ""} | given
    return shell.run(command, **given), lines


def processes_with(marker: str) -> list[int]:
    """The processes whose argv holds this word."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in words:
                found.append(int(folder.name))
    return found


def until(question, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(answer)


# A daemon of the worst kind: forked twice, in a session of its own, deaf to SIGTERM, holding our pipes open.
DAEMON = """
    import os, signal, sys, time
    for _ in range({forks}):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(1000)  # {marker}
            os._exit(0)
"""


def test_it_starts_with_exactly_the_environment_it_is_given(tmp_path):
    ended, lines = run(Command(argv=("/usr/bin/env",), cwd=str(tmp_path), env={"A": "1"}))
    assert (ended.cause, ended.exit, lines) == ("exited", 0, [b"A=1"])


def test_it_starts_in_a_session_of_its_own():
    _, lines = run(python("import os; print(os.getsid(0) == os.getpid() == os.getpgrp())"))
    assert lines == [b"True"]


def test_standard_input_is_given_and_closed():
    ended, lines = run(python("import sys; print(len(sys.stdin.read()))", stdin=b"x" * 3_000_000))
    assert (ended.exit, lines) == (0, [b"3000000"])


def test_a_program_that_reads_nothing_is_not_waited_for():
    ended, _ = run(python("pass", stdin=b"x" * 3_000_000))
    assert (ended.cause, ended.exit) == ("exited", 0)


def test_a_paced_program_gets_an_answer_to_each_line():
    code = "for n in range(3): print(n, flush=True); print(input())"
    answers = iter([b"a\n", None, b"b\n", None, b"c\n", None])
    lines = []
    ended, _ = run(python(code, paced=True), on_line=lambda line: (lines.append(line), next(answers))[1])
    assert (ended.exit, lines) == (0, [b"0", b"a", b"1", b"b", b"2", b"c"])


def test_a_last_line_without_an_end_counts():
    _, lines = run(Command(argv=("printf", r"a\nb"), cwd="/", env=PATH))
    assert lines == [b"a", b"b"]


def test_a_line_over_a_mebibyte_is_cut_and_the_next_is_whole():
    _, lines = run(python("print('x' * 3_000_000); print('next')"))
    assert (len(lines[0]), lines[1:]) == (shell.MIB, [b"next"])


def test_binary_output_is_output_like_any_other():
    _, lines = run(python(r"import sys; sys.stdout.buffer.write(b'\xff\x00\x1b\r\n\xfe')"))
    assert lines == [b"\xff\x00\x1b\r", b"\xfe"]


def test_exit_codes_and_last_words_are_kept():
    ended, _ = run(python("import sys; sys.exit('that went wrong')"))
    assert (ended.cause, ended.exit, ended.says) == ("exited", 1, "that went wrong")


def test_an_end_by_signal_is_128_and_its_number():
    ended, _ = run(python("import os; os.kill(os.getpid(), 11)"))
    assert (ended.cause, ended.exit) == ("exited", 139)


@pytest.mark.parametrize(
    ("argv", "cwd"),
    [
        (("no-such-program",), "/"),
        (("/etc/passwd",), "/"),
        (("true",), "/no/such"),
        (("a\0b",), "/"),
        (("x" * 9_000_000,), "/"),
    ],
)
def test_what_cannot_be_started_says_why(argv, cwd):
    ended, _ = run(Command(argv=argv, cwd=cwd, env=PATH))
    assert (ended.cause, ended.exit) == ("unstartable", None)
    assert ": " in ended.says


def test_the_wall_clock_ends_it():
    ended, _ = run(python("import time; time.sleep(100)"), seconds=0.3)
    assert (ended.cause, ended.exit, ended.survivors) == ("timed_out", None, 0)
    assert 0.3 <= ended.seconds < 5


def test_silence_ends_it():
    ended, lines = run(python("import time; print(1, flush=True); time.sleep(100)"), stall_seconds=0.3)
    assert (ended.cause, ended.survivors, lines) == ("stalled", 0, [b"1"])


def test_an_unfinished_line_is_silence():
    code = "import time\nwhile True: print('.', end='', flush=True); time.sleep(0.02)"
    assert run(python(code), stall_seconds=0.3)[0].cause == "stalled"


def test_lines_keep_it_alive():
    code = "import time\nfor _ in range(12): print(flush=True); time.sleep(0.05)"
    assert run(python(code), stall_seconds=0.4)[0].cause == "exited"


def test_a_stop_ends_a_silent_program_quickly():
    at = time.monotonic() + 0.2
    ended, _ = run(python("import time; time.sleep(100)"), stop=lambda: "STOP" if time.monotonic() > at else "")
    assert (ended.cause, ended.says, ended.survivors) == ("stopped", "STOP", 0)
    assert ended.seconds < 5


def test_no_line_is_handled_after_a_stop():
    lines: list[bytes] = []
    ended, _ = run(
        python("for n in range(1000): print(n)"), on_line=lines.append, stop=lambda: "STOP" if len(lines) == 3 else ""
    )
    assert (ended.cause, lines) == ("stopped", [b"0", b"1", b"2"])


def test_a_flood_is_cut_off():
    ended, _ = run(Command(argv=("yes",), cwd="/", env=PATH), max_bytes=2 * shell.MIB)
    assert (ended.cause, ended.survivors) == ("flooded", 0)


def test_a_hundred_megabytes_pass_in_bounded_memory(tmp_path):
    lengths = []
    log = tmp_path / "log"
    code = "import sys\nfor _ in range(1000): sys.stdout.write('x' * 99_999 + '\\n')"
    ended, _ = run(python(code), on_line=lambda line: lengths.append(len(line)), log=log, max_bytes=1 << 30)
    assert (ended.exit, lengths) == (0, [99_999] * 1000)
    assert 2 * shell.MIB - 200_000 < log.stat().st_size < 2 * shell.MIB + 100


def test_the_log_keeps_head_and_tail_of_both_outputs(tmp_path):
    log = tmp_path / "deep" / "log"
    run(
        python("import sys; print('first', flush=True); print('x' * 5_000_000, file=sys.stderr); print('last')"),
        log=log,
    )
    text = log.read_bytes()
    assert text.startswith(b"first\n")
    assert b"last\n" in text[-shell.MIB :]
    assert b"bytes left out" in text


def test_a_short_log_is_whole(tmp_path):
    run(python("print('all of it')"), log=tmp_path / "log")
    assert (tmp_path / "log").read_bytes() == b"all of it\n"


def test_a_log_that_cannot_be_written_starts_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorldError):
        run(python(f"open({str(tmp_path / 'ran')!r}, 'w')"), log=tmp_path / "file" / "log")
    assert not (tmp_path / "ran").exists()


def test_a_program_that_closes_its_output_is_still_watched():
    code = "import os, time; os.close(1); os.close(2); time.sleep(100)"
    assert run(python(code), seconds=0.4)[0].cause == "timed_out"


@pytest.mark.parametrize("ending", ["exits", "hangs"])
def test_daemons_do_not_survive(ending):
    marker = uuid.uuid4().hex
    code = textwrap.dedent(DAEMON.format(forks=3, marker=marker)) + ("time.sleep(1000)" if ending == "hangs" else "")
    ended, _ = run(python(code), seconds=30 if ending == "exits" else 1)
    assert ended.cause == ("exited" if ending == "exits" else "timed_out")
    assert (ended.survivors, processes_with(marker)) == (0, [])
    assert ended.seconds < 10


def test_a_program_deaf_to_sigterm_is_killed():
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(100)"
    heard = threading.Event()
    ended, _ = run(python(code), on_line=lambda _: heard.set(), stop=lambda: "STOP" if heard.is_set() else "")
    assert (ended.cause, ended.survivors) == ("stopped", 0)
    assert ended.seconds < 5


def test_a_program_that_listens_to_sigterm_may_finish(tmp_path):
    code = f"""
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (open({str(tmp_path / "saved")!r}, "w"), sys.exit()))
        print(1, flush=True); time.sleep(100)"""
    heard = threading.Event()
    run(python(code), on_line=lambda _: heard.set(), stop=lambda: "STOP" if heard.is_set() else "")
    assert (tmp_path / "saved").exists()


def test_no_zombie_is_left():
    before = _children()  # other tests' programs die too, and their orphans come to this process
    run(python(DAEMON.format(forks=3, marker="zombies")))
    states = [_state(pid) for pid in _children() if pid not in before]
    assert "Z" not in states


def _children() -> list[int]:
    return [int(word) for task in Path("/proc/self/task").iterdir() for word in (task / "children").read_text().split()]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_programs_that_run_at_the_same_time_leave_each_other_alone():
    marker = uuid.uuid4().hex
    results = {}

    def go(name: str, code: str) -> None:
        results[name] = run(python(code))[0]

    slow = threading.Thread(target=go, args=("slow", f"import time; time.sleep(1)  # {marker}"))
    slow.start()
    assert until(lambda: processes_with(marker))
    for number in range(5):
        go(str(number), DAEMON.format(forks=1, marker="other"))
    slow.join()
    assert {ended.cause for ended in results.values()} == {"exited"}
    assert results["slow"].exit == 0


def test_what_was_started_elsewhere_in_this_process_is_left_alone():
    server = subprocess.Popen(["sleep", "100"], start_new_session=True)
    try:
        run(python(DAEMON.format(forks=1, marker="mine")))
        assert server.poll() is None
    finally:
        server.kill()
        server.wait()


def test_the_start_is_told_with_pid_and_start_time():
    told = []
    _, lines = run(python("import os; print(os.getpid())"), on_start=lambda pid, start: told.append((pid, start)))
    assert told[0][0] == int(lines[0])
    assert told[0][1] > 0


@pytest.mark.parametrize("place", ["on_line", "stop", "on_start"])
def test_whatever_goes_wrong_here_ends_the_program_first(place):
    marker = uuid.uuid4().hex

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(python(f"import time; print(1, flush=True); time.sleep(1000)  # {marker}"), **{place: interrupt})
    assert processes_with(marker) == []


def test_ctrl_c_while_waiting_ends_the_tree_and_is_raised_again():
    marker = uuid.uuid4().hex
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(python(DAEMON.format(forks=1, marker=marker) + f"    time.sleep(1000)  # {marker}"))
    timer.join()
    assert processes_with(marker) == []


def test_a_line_costs_little():
    code = "import sys\nfor n in range(2000): print('x' * 100, flush=True); sys.stdin.readline()"
    begun = time.monotonic()
    ended, _ = run(python(code, paced=True), on_line=lambda _: b"go\n")
    assert ended.exit == 0
    assert time.monotonic() - begun < 4  # 2 ms a line would be ten times what it takes


# --- taking over from a dead harness ------------------------------------------------------------------------------


def test_a_recorded_program_is_killed_with_its_group():
    marker = uuid.uuid4().hex
    code = f"import os, time; os.fork(); time.sleep(1000)  # {marker}"
    program = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    assert until(lambda: len(processes_with(marker)) == 2)
    start = host.pid_start(program.pid)
    reaper = threading.Thread(target=program.wait)
    reaper.start()
    assert shell.kill_recorded(program.pid, start)
    reaper.join()
    assert until(lambda: processes_with(marker) == [])
    assert not shell.kill_recorded(program.pid, start)


def test_another_process_with_the_same_number_is_left_alone():
    program = subprocess.Popen(["sleep", "100"], start_new_session=True)
    try:
        assert not shell.kill_recorded(program.pid, (host.pid_start(program.pid) or 0) - 1)
        assert program.poll() is None
    finally:
        program.kill()
        program.wait()


def test_init_and_nonsense_are_never_killed():
    assert not shell.kill_recorded(1, host.pid_start(1) or 0)
    assert not shell.kill_recorded(0, 0)
    assert not shell.kill_recorded(-1, 0)
