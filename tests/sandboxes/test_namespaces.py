"""The box that root builds: by sudo on a runner, with the walls of bubblewrap; each wall removed, to see that it held."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandboxes.boxes import User, processes_with, until, user
from tests.sandboxes.outside import attack, outside

# What sudo does of a command: becomes root, forgets the environment and all but three descriptors, and waits.
SUDO = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int status, first = 1;
    if (setgid(0) || setuid(0)) return 1;
    clearenv();
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("SUDO_USER", "somebody", 1);
    for (int one = 3; one < 1024; one++) close(one);
    while (first < argc && argv[first][0] == '-') first++;
    pid_t child = fork();
    if (child == 0) { execvp(argv[first], argv + first); _exit(127); }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a sudo, or a box without bubblewrap")


@pytest.fixture
def runner() -> Iterator[User]:
    """A user of a runner, who may become root by a sudo that asks for no password."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc here to make a sudo with")
    with user("another user") as one:
        folder = one.shared / "bin"
        folder.mkdir()
        (folder / "sudo.c").write_text(SUDO)
        subprocess.run(["gcc", "-o", folder / "sudo", folder / "sudo.c"], check=True)
        (folder / "sudo").chmod(0o4755)
        one.more = {"PATH": f"{folder}:{os.defpath}", "GITHUB_ACTIONS": "true"}
        yield one


def test_on_a_runner_without_bubblewrap_nothing_outside_is_reached_or_changed(runner: User) -> None:
    with outside(runner) as there:
        worked = attack(runner, there, "namespaces")
        effects = there.effects()
    assert (worked, effects) == (set(), set())


def test_its_work_its_environment_and_its_exit_code_are_as_in_every_box(runner: User) -> None:
    code = (
        "import os, sys; open('new', 'w').write(input()); print(sorted(set(os.environ) - {'LC_CTYPE'}), os.environ['A'], os.getcwd());"
        " print('bad', file=sys.stderr); sys.exit(7)"
    )
    answer = runner.python("namespaces", code, stdin="text\n", env={"A": "1", "PATH": os.defpath})
    names = "['A', 'HOME', 'PATH', 'TMPDIR']"
    assert (answer["lines"], answer["exit"], answer["says"]) == ([f"{names} 1 {runner.work}"], 7, "bad")
    assert (runner.work / "new").read_text() == "text"
    assert {path.stat().st_uid for path in (runner.work, runner.work / "new")} == {runner.uid}


def test_sudo_is_asked_on_a_runner_alone(runner: User) -> None:
    del runner.more["GITHUB_ACTIONS"]
    words = runner.words("namespaces", ["true"])
    said = subprocess.run(words, env=runner.environment(), capture_output=True, text=True, check=True).stdout
    assert "Install bubblewrap" in said


@pytest.mark.parametrize("whom", ["harness", "launcher"])
def test_a_kill_minus_9_leaves_nothing_of_what_root_built(runner: User, whom: str) -> None:
    marker = uuid.uuid4().hex
    code = f"""
import os, signal, time  # {marker}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
open('ready', 'w')
time.sleep(1000)"""
    pid_file = runner.work / "pid"
    words = runner.words("namespaces", ["PYTHON", "-I", "-S", "-c", code], pid_file=str(pid_file))
    harness = subprocess.Popen(words, env=runner.environment(), stdout=subprocess.PIPE)
    try:
        assert until(lambda: (runner.work / "ready").exists() or harness.poll() is not None, 30)
        assert harness.poll() is None
        os.kill(harness.pid if whom == "harness" else int(pid_file.read_text()), 9)
        assert until(lambda: not processes_with(marker), 10)
    finally:
        harness.kill()
        harness.wait()
        harness.stdout.close()
    assert until(lambda: (runner.work / "ready").stat().st_uid == runner.uid, 10)


MUTATIONS = {
    "network": (
        "_NAMESPACES = 0x6E020000",
        "_NAMESPACES = 0x2E020000",
        {"connect by TCP", "connect by abstract socket"},
    ),
    "memory of others": ("_NAMESPACES = 0x6E020000", "_NAMESPACES = 0x66020000", {"attach the host's shared memory"}),
    "hostname": ('    socket.sethostname("box")\n', "", {"know the host's name"}),
    "nobody": ("    box.drop()\n", "    pass\n", {"be root"}),
    "filter": ("    walls.install(room.filter)\n", "    pass\n", {"make an io_uring"}),
    "readable": ("0 if place in room.write else _READ_ONLY", "0", {"write what it may read"}),
}


@pytest.mark.parametrize("wall", MUTATIONS)
def test_each_wall_is_what_holds(wall: str) -> None:
    before, after, opened = MUTATIONS[wall]
    with user("root") as one, outside(one) as there:
        builder = one.shared / "src" / "autonomy_pack" / "programs" / "namespaces.py"
        text = builder.read_text()
        assert before in text
        builder.write_text(text.replace(before, after))
        assert opened <= attack(one, there, "namespaces")


def test_the_old_root_is_gone(tmp_path: Path) -> None:
    with user("root") as one:
        code = "print(sorted(__import__('os').listdir('/')), len(open('/proc/self/mountinfo').readlines()) < 60)"
        said = one.python("namespaces", code)["lines"][0]
    assert "root" not in said
    assert "home" not in said
    assert said.endswith("True")
