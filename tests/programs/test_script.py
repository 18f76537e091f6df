"""The double does what its script says. Here without a box: what a box makes of it, tests/sandboxes shows."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Ended
from autonomy_pack.programs.behaviours import BEHAVIOURS
from tests.pacing import word

ALL_DONE = ("exited", 0)


class Play:
    """One run of the double: how it ended, the lines it printed, and the folder it worked in."""

    def __init__(self, work: Path, *steps: tuple[str, ...], seconds: float = 20, **given) -> None:
        self.work, self.lines = work, list[bytes]()
        command = Command(
            argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.script"),
            cwd=str(work),
            env={"PATH": "/usr/bin:/bin"},
            stdin=json.dumps(steps).encode() + b"\n",
            paced=True,
        )
        given = {"stall_seconds": None, "stop": lambda: ""} | given
        self.ended: Ended = shell.run(command, seconds=seconds, on_line=self._answer, **given)

    def _answer(self, line: bytes) -> bytes | None:
        self.lines.append(line)
        return word("go", json.loads(line)["data"]) if line.startswith(b'{"kind": "step.started"') else None

    @property
    def how(self) -> tuple[str, int | None]:
        return self.ended.cause, self.ended.exit

    def results(self) -> list[tuple[int, str]]:
        events = [json.loads(line) for line in self.lines if line.startswith(b'{"kind": "step.finished", "data"')]
        return [(event["data"]["exit"], event["data"]["output"]) for event in events]

    def files(self) -> set[str]:
        return {str(path.relative_to(self.work)) for path in self.work.rglob("*") if not path.is_dir()}


def test_there_are_thirty_misbehaviours_and_more():
    good = {"write", "say", "sleep", "exit", "nothing", "read_file"}
    assert len(set(BEHAVIOURS) - good) >= 30
    assert all(behaviour.__doc__ for behaviour in BEHAVIOURS.values())


def test_good_steps_are_announced_awaited_and_finished(tmp_path):
    play = Play(tmp_path, ("write", "a/b.txt", "hello"), ("say", "well"), ("sleep", "0"), ("nothing",))
    assert play.how == ALL_DONE
    assert [code for code, _ in play.results()] == [0, 0, 0, 0]
    assert b"well" in play.lines
    assert (tmp_path / "a/b.txt").read_text() == "hello\n"


def test_nothing_happens_without_a_go(tmp_path):
    command = Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.script"),
        cwd=str(tmp_path),
        env={},
        stdin=b'[["write", "a.txt"]]\nstop\n',
    )
    ended = shell.run(command, seconds=20, stall_seconds=None, on_line=lambda _: None, stop=lambda: "")
    assert (ended.exit, list(tmp_path.iterdir())) == (0, [])


def test_an_unknown_behaviour_is_refused_before_anything_happens(tmp_path):
    play = Play(tmp_path, ("write", "a.txt"), ("dance",))
    assert play.how == ("exited", 2)
    assert "dance" in play.ended.says
    assert play.files() == set()


def test_a_step_that_fails_says_so(tmp_path):
    play = Play(tmp_path, ("read_file", "/no/such"), ("exit", "x"), ("write",))
    assert play.how == ALL_DONE
    assert [code for code, _ in play.results()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("steps", "how"),
    [
        ([("write", "a"), ("exit", "1")], ("exited", 1)),
        ([("crash",)], ("exited", 139)),
        ([("give_up",)], ("exited", 0)),
        ([("partial_line",)], ("exited", 0)),
        ([("claim_success",)], ("exited", 0)),
        ([("hang",)], ("stalled", None)),
        ([("spin",)], ("stalled", None)),
        ([("close_output",)], ("stalled", None)),
        ([("chatter",)], ("timed_out", None)),
        ([("endless_steps",)], ("timed_out", None)),
        ([("flood",)], ("flooded", None)),
    ],
)
def test_bad_ends_are_told_apart(tmp_path, steps, how):
    play = Play(tmp_path, *steps, seconds=1.2, stall_seconds=0.6, max_bytes=8 * shell.MIB)
    assert play.how == how
    assert play.ended.survivors == 0


def test_bad_output_is_only_output(tmp_path):
    play = Play(tmp_path, ("garbage",), ("long_line",), ("forge_events",), ("run_ahead",), ("write", "a.txt"))
    assert play.how == ALL_DONE
    assert play.results()[-1] == (0, "wrote a.txt")
    assert max(map(len, play.lines)) == shell.MIB


@pytest.mark.parametrize("step", [("daemon",), ("fork_tree", "4")])
def test_what_it_leaves_behind_is_ended(tmp_path, step):
    play = Play(tmp_path, step, ("sleep", "0.3"))
    assert (play.how, play.ended.survivors) == (ALL_DONE, 0)
    if step == ("daemon",):
        last = (tmp_path / "heartbeat").read_text()
        time.sleep(0.3)
        assert (tmp_path / "heartbeat").read_text() == last


def test_bad_changes_are_made(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    steps = ["nested_git", "plant_hooks", "edit_protected", "ignore_all", "symlink_out", "odd_modes", "long_names"]
    steps += ["same_names", "hidden_text", "leak_secret", "many_files"]
    work = tmp_path / "work"
    work.mkdir()
    play = Play(work, *[(name,) for name in steps], ("fill", "2"), ("write_through_link", str(outside)))
    assert (play.how, {code for code, _ in play.results()}) == (ALL_DONE, {0})
    assert {"inner/.git/HEAD", ".git/hooks/pre-commit", ".github/workflows/evil.yml", ".gitignore"} <= play.files()
    assert {"link", "filler-1", "root.sh", "n" * 255} <= play.files()
    assert (outside / "through").exists()


def test_it_commits_by_itself(tmp_path):
    assert Play(tmp_path, ("commit",)).results() == [(0, "committed")]
    assert (tmp_path / ".git" / "refs" / "heads").is_dir()


def test_it_deletes_everything(tmp_path):
    Play(tmp_path, ("write", "a/b/c.txt"), ("symlink_out",), ("delete_all",))
    assert list(tmp_path.iterdir()) == []


def test_special_and_unreadable_files_are_left(tmp_path):
    Play(tmp_path, ("special_files",), ("unreadable",))
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "socket").is_socket()
    assert (tmp_path / "closed.txt").stat().st_mode & 0o777 == 0
    (tmp_path / "closed").chmod(0o755)


def test_it_reaches_outside_where_nothing_stops_it(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "secret").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard = []

        def listen() -> None:
            with server.accept()[0] as connection:
                heard.append(connection.recv(100))

        listener = threading.Thread(target=listen)
        listener.start()
        port = str(server.getsockname()[1])
        steps = [("write_outside", str(tmp_path / "out")), ("read_file", str(tmp_path / "secret")), ("network", port)]
        play = Play(work, *steps, ("read_home", str(tmp_path)), ("read_env",))
        listener.join(10)
    results = play.results()
    assert (tmp_path / "out").exists()
    assert (results[1], results[2], heard) == ((0, "secret"), (0, "sent"), [b"hello\n"])
    assert str(tmp_path / "secret") in results[3][1]
    assert "PATH=" in results[4][1]
