"""The filter of system calls: its numbers, its verdicts on both machines, and that toolchains work under it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import struct
from pathlib import Path

import pytest

from autonomy_pack.sandboxes import seccomp
from tests.sandboxes.boxes import BOXPY, User

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = 0x50001, 0x50026, 0x50061
BY_ARGUMENT = {
    "clone": seccomp._CLONE,
    "unshare": seccomp._UNSHARE,
    "socket": seccomp._SOCKET,
    "ioctl": seccomp._IOCTL,
    "personality": seccomp._PERSONALITY,
}
OTHERS = seccomp._TO_OTHERS | seccomp._PRIORITIES
NEWER = ("open_tree_attr", "setxattrat", "removexattrat", "file_setattr")  # than the library
EVERY = seccomp._REFUSED | seccomp._UNKNOWN | seccomp._IPC | seccomp._OUTSIDE | BY_ARGUMENT | OTHERS


def judged(program: bytes, machine: str, number: int, *arguments: int, audit: int = 0) -> int:
    """What the kernel would answer: classic BPF over struct seccomp_data."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, audit or MACHINES[machine], 0, *padded)
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    place = accumulator = 0
    while True:
        code, if_so, if_not, value = steps[place]
        place += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            place += if_so if holds else if_not


@pytest.fixture(params=list(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def number(name: str, machine: str) -> int:
    found = EVERY[name][list(MACHINES).index(machine)]
    if found is None:
        pytest.skip(f"{machine} has no {name}")
    return found


def test_the_numbers_are_those_that_libseccomp_knows(machine: str) -> None:
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp is not installed")
    wrong = {}
    for name, numbers in EVERY.items():
        known = library.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(MACHINES[machine]), name.encode())
        ours = numbers[list(MACHINES).index(machine)]
        if known != ours and not (known < 0 and ours is None) and name not in NEWER:
            wrong[name] = (ours, known)
    assert wrong == {}


def test_every_call_of_the_list_is_refused_and_every_other_passes(machine: str) -> None:
    program = seccomp.program(machine)
    which = list(MACHINES).index(machine)
    expected = dict.fromkeys((one[which] for one in seccomp._REFUSED.values()), EPERM)
    expected |= dict.fromkeys((one[which] for one in seccomp._UNKNOWN.values()), ENOSYS)
    by_argument = {one[which] for one in BY_ARGUMENT.values()}
    for one in range(600):
        if one not in by_argument:
            assert judged(program, machine, one) == expected.get(one, ALLOWED), one


@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("clone", (17,), ALLOWED),
        ("clone", (0x3D0F00,), ALLOWED),  # a thread
        *(("clone", (17 | 1 << bit,), EPERM) for bit in (17, 25, 26, 27, 28, 29, 30)),
        ("unshare", (0x400,), ALLOWED),
        *(("unshare", (1 << bit,), EPERM) for bit in (7, 17, 25, 26, 27, 28, 29, 30)),
        ("ioctl", (0, 0x5413), ALLOWED),
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (0, 0x541C), EPERM),
        ("ioctl", (0, 0x5412 | 1 << 32), EPERM),  # the kernel looks at the lower half only
        ("personality", (0xFFFFFFFF,), ALLOWED),
        ("personality", (0x40000,), ALLOWED),
        ("personality", (0x400000,), EPERM),
        ("socket", (1, 1, 0), ALLOWED),
        ("socket", (2, 1, 0), ALLOWED),
        ("socket", (10, 2, 0), ALLOWED),
        ("socket", (16, 3, 0), ALLOWED),
        ("socket", (16, 3, 9), EAFNOSUPPORT),
        *(("socket", (family, 1, 0), EAFNOSUPPORT) for family in (0, 3, 4, 5, 9, 15, 17, 29, 30, 31, 38, 40, 44)),
    ],
)
def test_calls_are_judged_by_their_arguments(machine: str, name: str, arguments: tuple[int, ...], verdict: int) -> None:
    assert judged(seccomp.program(machine), machine, number(name, machine), *arguments) == verdict


def test_calls_of_another_machine_are_an_end(machine: str) -> None:
    for other in (*MACHINES.values(), 0x40000003, 0x40000028):
        wanted = ALLOWED if other == MACHINES[machine] else KILLED
        assert judged(seccomp.program(machine), machine, 0, audit=other) == wanted


def test_the_second_numbering_of_x86_is_unknown() -> None:
    for one in (0, 41, 101, 321, 547):
        assert judged(seccomp.program("x86_64"), "x86_64", 0x40000000 | one) == ENOSYS
    assert judged(seccomp.program("x86_64"), "x86_64", -1) == ENOSYS


def test_without_namespaces_sockets_are_what_was_named_and_tcp_alone(machine: str) -> None:
    program = seccomp.program(machine, (seccomp.INET,), alone=False)
    socket = number("socket", machine)
    verdicts = [
        judged(program, machine, socket, *given) for given in ((2, 1), (2, 0x80801), (2, 2), (2, 3), (1, 1), (16, 3))
    ]
    assert verdicts == [ALLOWED, ALLOWED, *[EAFNOSUPPORT] * 4]
    which = list(MACHINES).index(machine)
    refused = [*seccomp._IPC.values(), *seccomp._OUTSIDE.values()]
    assert {judged(program, machine, one[which]) for one in refused if one[which] is not None} == {EPERM}
    for *numbers, argument in seccomp._TO_OTHERS.values():
        others = [*[0] * argument, 4711]
        assert judged(program, machine, numbers[which]) == ALLOWED
        assert judged(program, machine, numbers[which], *others) == EPERM
        assert judged(seccomp.program(machine), machine, numbers[which], *others) == ALLOWED


@pytest.mark.parametrize(("name", "process"), [("setpriority", 0), ("ioprio_set", 1)])
def test_without_namespaces_a_priority_is_ones_own_and_no_groups_or_users(
    machine: str, name: str, process: int
) -> None:
    program = seccomp.program(machine, (seccomp.INET,), alone=False)
    wanted = {(which, who): ALLOWED if (which, who) == (process, 0) else EPERM for which in range(4) for who in (0, 7)}
    assert {given: judged(program, machine, number(name, machine), *given) for given in wanted} == wanted
    assert judged(seccomp.program(machine), machine, number(name, machine), 2, 7) == ALLOWED


def test_a_machine_whose_numbers_are_not_known_has_no_filter() -> None:
    assert seccomp.program("riscv64") == b""


CALLS = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
told = {}
for name, number in json.loads(sys.argv[1]).items():
    ctypes.set_errno(0)
    told[name] = libc.syscall(number, -1, 0, 0, 0, 0, 0) < 0 and ctypes.get_errno()
print(json.dumps(told))
"""


def test_in_the_box_the_calls_are_refused_for_real(us: User) -> None:
    if os.uname().machine not in MACHINES:
        pytest.skip("no filter for this machine")
    which = list(MACHINES).index(os.uname().machine)
    numbers = {
        name: one[which] for name, one in (seccomp._REFUSED | seccomp._UNKNOWN).items() if one[which] is not None
    }
    told = json.loads(us.python("bubblewrap", CALLS, json.dumps(numbers))["lines"][0])
    assert told == {name: 1 if name in seccomp._REFUSED else 38 for name in numbers}


def test_without_the_filter_they_reach_the_kernel(us: User) -> None:
    if os.uname().machine not in MACHINES:
        pytest.skip("no filter for this machine")
    which = list(MACHINES).index(os.uname().machine)
    numbers = {name: seccomp._UNKNOWN[name][which] for name in ("io_uring_setup", "keyctl", "userfaultfd", "clone3")}
    launcher = us.shared / "weaker.py"
    launcher.write_text(BOXPY.read_text().replace("if room.filter else []", "if False else []"))
    told = json.loads(us.python("bubblewrap", CALLS, json.dumps(numbers), launcher=str(launcher))["lines"][0])
    assert sum(error != 38 for error in told.values()) >= 2, told


TOOLS = {
    "python": "import subprocess, threading, asyncio, tempfile, ssl\n"
    "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
    "async def main(): print((await asyncio.create_subprocess_exec('true')).pid > 0)\n"
    "asyncio.run(main())\nimport multiprocessing as m\nprint(m.get_context('fork').Pool(2).map(abs, [-1, 2]))",
    "git": "git init -q r && cd r && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --oneline",
    "gcc": "printf 'int main(){return 42;}' > a.c && gcc -O2 -o a a.c; ./a || test $? = 42",
    "node": 'node -e \'require("child_process").execSync("true"); new (require("worker_threads").Worker)("1", '
    '{eval: true}).on("exit", c => console.log(c)); require("fs").promises.readFile("/etc/hosts").then(() => 1)\'',
    "java": "java -version",
    "go": "go version",
    "make": "printf 'a:\\n\\ttrue\\n' > Makefile && make -j4 a",
}


@pytest.mark.parametrize("tool", TOOLS)
def test_toolchains_work_in_the_box(us: User, tool: str) -> None:
    found = shutil.which(tool, path="/usr/bin:/bin")
    if tool != "python" and not found:
        pytest.skip(f"no {tool} here")
    code = TOOLS[tool]
    ended = us.python("bubblewrap", code) if tool == "python" else us.run("bubblewrap", ["sh", "-ec", code])
    assert ended["exit"] == 0, (ended["says"], ended["lines"])


BOUNDS = """
import resource
print(resource.getrlimit(resource.RLIMIT_NPROC), resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 16 << 30)
"""


def test_processes_and_files_are_bounded(us: User) -> None:
    if not Path("/usr/bin/prlimit").exists():
        pytest.skip("no prlimit here")
    assert us.python("bubblewrap", BOUNDS)["lines"] == ["(4096, 4096) True"]
