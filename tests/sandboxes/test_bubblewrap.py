"""L2 against a hostile program, started by root and by another user; and each wall removed, to see that it held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import bubblewrap
from tests.sandboxes.boxes import BOXPY, processes_with, until
from tests.sandboxes.outside import attack, outside

ROOT = os.geteuid() == 0


NO_FILTER = ("if room.filter else []", "if False else []")
MUTATIONS = {
    "userns": ('"--disable-userns", ', "", {"make a user namespace"}),
    "network": ('"--unshare-all",', '"--unshare-all", "--share-net",', {"connect by TCP"}),
    "processes": (
        '"--unshare-all",',
        '"--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",',
        {"see host processes"},
    ),
    "hostname": ('"--hostname", "box", ', "", {"know the host's name"}),
    "root": ('"--remount-ro", "/", ', "", {"write to the root"}),
    "dev": ('"--remount-ro", "/dev", ', "", {"write to /dev"}),
    "readable": ('"--bind" if place in room.write else "--ro-bind"', '"--bind"', {"write what it may read"}),
    "passwd": ('"passwd": f"box', '"passwd": f"root:x:0:0::/:/\\nbox', {"look for users"}),
    "core": ("resource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "", {"dump core"}),
}


@pytest.mark.parametrize("wall", MUTATIONS)
def test_each_wall_is_what_holds(us, wall):
    before, after, opened = MUTATIONS[wall]
    text = BOXPY.read_text()
    assert before in text
    launcher = us.shared / "weaker.py"
    launcher.write_text(text.replace(before, after).replace(*NO_FILTER))  # which is a second wall behind some of these
    with outside(us) as there:
        worked = attack(us, there, "bubblewrap", launcher=str(launcher))
    assert opened <= worked


@pytest.mark.skipif(not ROOT, reason="only root has privileges to drop")
def test_without_its_defence_a_box_begun_by_root_opens_core_pattern(us):
    text = BOXPY.read_text()
    assert "        drop()\n" in text
    launcher = us.shared / "weaker.py"
    launcher.write_text(text.replace("        drop()\n", ""))
    with outside(us) as there:
        assert "open core_pattern" in attack(us, there, "bubblewrap", launcher=str(launcher))


# --- what a program has in the box --------------------------------------------------------------------------------


def test_it_has_the_environment_it_was_given_and_a_fresh_home(anyone):
    code = "import json, os; print(json.dumps([dict(os.environ), os.listdir(os.environ['HOME'])]))"
    answer = anyone.python("bubblewrap", code, env={"A": "1", "HOME": "/root"}, canary="canary")
    environment = {"A": "1", "HOME": "/tmp/home", "TMPDIR": "/tmp", "PATH": os.defpath, "PWD": str(anyone.work)}
    given, home = json.loads(answer["lines"][0])
    given.pop("LC_CTYPE", None)  # its own interpreter's doing
    assert (given, home) == (environment, [])


def test_its_work_stays_and_belongs_to_who_started_it(anyone):
    (anyone.work / "old").mkdir()
    (anyone.work / "old" / "file").write_text("old")
    for path in (anyone.work / "old", anyone.work / "old" / "file"):
        os.chown(path, anyone.uid, -1)
    code = "import os; open('new', 'w'); open('old/file', 'a').write('er'); os.mkdir('d'); os.symlink('/etc', 'd/link')"
    assert anyone.python("bubblewrap", code)["exit"] == 0
    assert (anyone.work / "old" / "file").read_text() == "older"
    made = [anyone.work, *anyone.work.rglob("*")]
    assert {path.lstat().st_uid for path in made} == {anyone.uid}
    assert Path("/etc").stat().st_uid == 0


def test_a_set_uid_file_does_not_come_back_as_one(us):
    if not ROOT:
        pytest.skip("only root's folders change hands")
    assert us.python("bubblewrap", "import os; open('x', 'w'); os.chmod('x', 0o4755)")["exit"] == 0
    assert (us.work / "x").stat().st_mode & 0o7777 == 0o755


def test_a_folder_too_deep_for_paths_changes_hands_too(us):
    code = "import os\nfor _ in range(3000): os.mkdir('deep'); os.chdir('deep')\nopen('end', 'w')"
    assert us.python("bubblewrap", code)["exit"] == 0
    count = subprocess.run(["find", ".", "-uid", "65534"], cwd=us.work, capture_output=True, check=True)
    subprocess.run(["rm", "-rf", "deep"], cwd=us.work, check=True)
    assert count.stdout == b""


def test_folders_given_to_read_are_there_at_their_own_paths(anyone):
    folder = anyone.shared / "given"
    folder.mkdir()
    (folder / "file").write_text("given")
    answer = anyone.python("bubblewrap", f"print(open({str(folder / 'file')!r}).read())", readable=[str(folder)])
    assert answer["lines"] == ["given"]


def test_a_readable_folder_inside_the_work_folder_stays_read_only(us):
    (us.work / "kept").mkdir()
    code = "import sys\nopen('a', 'w')\ntry: open('kept/b', 'w')\nexcept OSError: print('closed')"
    assert us.python("bubblewrap", code, readable=[str(us.work / "kept")])["lines"] == ["closed"]


def test_our_interpreter_its_packages_and_the_pack_are_there(tmp_path):
    if missing := bubblewrap.missing():
        pytest.skip(missing)
    heard: list[bytes] = []
    code = "import yaml, autonomy_pack.programs.script; print(autonomy_pack.__file__)"
    command = Command(argv=(sys.executable, "-I", "-c", code), cwd=str(tmp_path), env={})
    wrapped = bubblewrap.wrap(command, Room(work=str(tmp_path)))
    ended = shell.run(wrapped, seconds=30, stall_seconds=None, on_line=heard.append, stop=lambda: "")
    assert (ended.exit, heard) == (0, [str(BOXPY.parent.parent / "__init__.py").encode()])


def test_input_output_and_exit_codes_pass_through(anyone):
    code = "import sys; print(sys.stdin.read().upper()); print('bad', file=sys.stderr); sys.exit(7)"
    answer = anyone.python("bubblewrap", code, stdin="hello")
    assert (answer["lines"], answer["exit"], answer["says"]) == (["HELLO"], 7, "bad")
    assert anyone.python("bubblewrap", "import os; os.kill(os.getpid(), 11)")["exit"] == 139


def test_the_size_of_what_it_may_keep_in_memory_is_bounded(us):
    code = """
import os
for place in ("/tmp", "/dev/shm"):
    files = os.statvfs(place)
    print(files.f_blocks * files.f_frsize)"""
    assert us.python("bubblewrap", code)["lines"] == [str(1 << 30)] * 2


def test_daemons_end_with_the_program(anyone):
    marker = uuid.uuid4().hex
    code = f"""
import os, time  # {marker}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)"""
    answer = anyone.python("bubblewrap", code)
    assert (answer["exit"], answer["survivors"], processes_with(marker)) == (0, 0, [])


@pytest.mark.parametrize("whom", ["harness", "launcher"])
def test_a_kill_minus_9_leaves_nothing(anyone, whom):
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
    pid_file = anyone.work / "pid"
    words = anyone.words("bubblewrap", ["PYTHON", "-I", "-S", "-c", code], pid_file=str(pid_file))
    harness = subprocess.Popen(words, env=anyone.environment(), stdout=subprocess.PIPE)
    try:
        if not until(lambda: (anyone.work / "ready").exists() or harness.poll() is not None, 20):
            pytest.fail("it did not start")
        if harness.poll() is not None:
            pytest.skip(f"no box here: {harness.stdout.read().decode()}")
        os.kill(harness.pid if whom == "harness" else int(pid_file.read_text()), 9)
        assert until(lambda: not processes_with(marker), 5)
        harness.wait(10)
    finally:
        harness.kill()
        harness.wait()
        harness.stdout.close()
    if whom == "harness":
        assert until(lambda: (anyone.work / "ready").stat().st_uid == anyone.uid, 5)


def test_a_box_that_cannot_be_made_is_missing_with_its_fix():
    words = [
        sys.executable,
        "-c",
        "from autonomy_pack.sandboxes import SANDBOXES as s; print(s['bubblewrap'].missing())",
    ]
    said = subprocess.run(words, env={"PATH": "/nonexistent"}, capture_output=True, check=True).stdout.decode()
    assert "apt-get install bubblewrap" in said
