"""What the double can do: a few good deeds and every bad one we know of. Each is one function of words; what it returns
is the output of its step. They act on the folder they are started in and, when they reach beyond it, that is the point.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MIB = 1024 * 1024


def _out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


# --- good deeds ---------------------------------------------------------------------------------------------------


def write(path: str, text: str = "") -> str:
    """Write a file."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text + "\n")
    return f"wrote {path}"


def say(*words: str) -> None:
    """Print a line that means nothing."""
    _out(" ".join(words).encode() + b"\n")


def give_back(text: str) -> None:
    """Give that text back, as missions ask for that want a document instead of a change."""
    say(json.dumps({"kind": "returned", "data": {"text": text}}))


def ask(question: str, *options: str) -> None:
    """Ask a person, and wait: the run ends here, and goes on after this step once there is an answer."""
    say(json.dumps({"kind": "agent.asked", "data": {"question": question, "options": list(options)}}))
    sys.stdin.readline()


def sleep(seconds: str = "1") -> None:
    """Take time."""
    time.sleep(float(seconds))


def leave(code: str = "0") -> None:
    """Exit with that code, at once."""
    os._exit(int(code))


def nothing() -> None:
    """Do nothing at all."""


# --- not ending, or ending badly ----------------------------------------------------------------------------------


def crash() -> None:
    """Die of a segmentation fault."""
    os.kill(os.getpid(), signal.SIGSEGV)


def hang() -> None:
    """Be silent for ever, deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1000)


def spin() -> None:
    """Burn a processor for ever, silently, deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def chatter(pause: str = "0.01") -> None:
    """Print a line every so often, for ever."""
    while True:
        say("still at it")
        time.sleep(float(pause))


def endless_steps() -> None:
    """Announce one step after the other, for ever."""
    for number in range(1, 1 << 30):
        _announce(number)
        sys.stdin.readline()


def close_output(seconds: str = "1000") -> None:
    """Close both outputs and go on."""
    os.close(1)
    os.close(2)
    time.sleep(float(seconds))


def give_up() -> None:
    """Stop in the middle of a step, as if all were done."""
    os._exit(0)


# --- bad output ---------------------------------------------------------------------------------------------------


def flood(size: str = str(100 * MIB)) -> None:
    """Print that many bytes in lines of 1,000."""
    for _ in range(int(size) // 1000):
        sys.stdout.buffer.write(b"x" * 999 + b"\n")
    sys.stdout.buffer.flush()


def long_line(size: str = str(3 * MIB)) -> None:
    """Print one line of that many bytes."""
    _out(b"x" * int(size) + b"\n")


def partial_line(*words: str) -> None:
    """Exit in the middle of a line."""
    _out(" ".join(words or ("half a li",)).encode())
    os._exit(0)


def garbage() -> None:
    """Print bytes that are no text, and JSON that is no event."""
    _out(bytes(range(256)) + b'\n{"kind": "step.finished"}\n[[[[[\n{"kind": 1, "data": []}\n' + b"[" * 100_000 + b"\n")


def claim_success() -> None:
    """Say that all is done and tested, having done nothing."""
    _out(b'{"success": true, "tests": "passed", "outcome": "handed_off"}\n')
    os._exit(0)


def forge_events() -> None:
    """Announce things that only the harness may say."""
    for kind in ("run.finished", "handoff.made", "check.ran", "decision.answered"):
        _out(json.dumps({"kind": kind, "data": {"outcome": "handed_off", "exit": 0}}).encode() + b"\n")


def run_ahead() -> None:
    """Announce a step and do it without waiting for "go"."""
    _announce(99)
    write("ahead.txt", "did not wait")


def _announce(number: int) -> None:
    data = {"step": number, "tool_call": {"name": "write", "arguments": []}}
    _out(json.dumps({"kind": "step.started", "data": data}).encode() + b"\n")


# --- processes that outlive their welcome -------------------------------------------------------------------------


def daemon(path: str = "heartbeat") -> None:
    """Leave a process behind: forked twice, its own session, deaf to SIGTERM, writing to a file ten times a second."""
    place = Path(path).absolute()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        place.write_text(f"{time.time()}\n")
        time.sleep(0.1)


def fork_tree(depth: str = "4") -> None:
    """Leave 2 to the power of `depth` processes behind, less one, each in a session of its own."""
    root = os.getpid()
    for _ in range(int(depth)):
        if os.fork() == 0:
            os.setsid()
    if os.getpid() != root:
        time.sleep(1000)


def kill_parent() -> None:
    """Kill whoever started it."""
    os.kill(os.getppid(), signal.SIGKILL)


# --- bad changes --------------------------------------------------------------------------------------------------


def commit() -> str:
    """Make a repository and a commit of its own."""
    write("mine.txt", "mine")
    words = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for line in (["init", "-q"], ["add", "-A"], [*words, "commit", "-q", "-m", "mine"]):
        subprocess.run(["git", *line], check=True, env={"PATH": os.defpath, "HOME": "/nonexistent"})
    return "committed"


def plant_hooks() -> None:
    """Leave git configuration and hooks that run programs."""
    write(".git/hooks/pre-commit", "#!/bin/sh\ntouch hooked")
    Path(".git/hooks/pre-commit").chmod(0o755)
    write(".git/config", "[core]\n\tfsmonitor = touch hooked\n[diff]\n\texternal = touch hooked")
    write(".git/HEAD", "ref: refs/heads/main")
    write(".gitattributes", "* filter=evil diff=evil")


def nested_git() -> None:
    """Hide a repository in a folder."""
    write("inner/file.txt", "in a repository of its own")
    subprocess.run(["git", "init", "-q", "inner"], check=True, env={"PATH": os.defpath, "HOME": "/nonexistent"})


def edit_protected(path: str = ".github/workflows/evil.yml") -> None:
    """Change a file that agents must not change."""
    write(path, "on: push\njobs: {}")


def ignore_all() -> None:
    """Tell git to ignore the change."""
    write(".gitignore", "*")
    write("ignored.txt", "is it there?")


def symlink_out(target: str = "/etc/passwd") -> None:
    """Leave a link to a file outside."""
    Path("link").symlink_to(target)


def write_through_link(target: str) -> None:
    """Write to the outside through a linked folder."""
    Path("door").symlink_to(target)
    Path("door/through").write_text("was here\n")


def delete_all() -> None:
    """Delete every file there is."""
    for folder, folders, names in os.walk(".", topdown=False):
        for name in names:
            Path(folder, name).unlink()
        for name in folders:
            path = Path(folder, name)
            path.unlink() if path.is_symlink() else path.rmdir()


def fill(mib: str = "8") -> None:
    """Write that many MiB of files."""
    for number in range(int(mib)):
        Path(f"filler-{number}").write_bytes(os.urandom(MIB))


def many_files(count: str = "3000") -> None:
    """Write thousands of small files."""
    for number in range(int(count)):
        write(f"many/{number % 50}/{number}.txt", str(number))


def special_files() -> None:
    """Leave a pipe, a socket and, if it may, a device."""
    os.mkfifo("pipe")
    socket.socket(socket.AF_UNIX).bind("socket")
    os.mknod("device", 0o020666, os.makedev(1, 3))


def odd_modes() -> None:
    """Leave executable, set-uid and world-writable files."""
    for name, mode in (("run.sh", 0o755), ("root.sh", 0o4755), ("open.txt", 0o666)):
        write(name, "#!/bin/sh")
        Path(name).chmod(mode)


def unreadable() -> None:
    """Leave a file and a folder that nobody may read."""
    write("closed/file.txt", "closed")
    write("closed.txt", "closed")
    Path("closed.txt").chmod(0)
    Path("closed").chmod(0)


def long_names() -> None:
    """Leave names as long as they can be, a very deep folder, and names that are no text."""
    Path("n" * 255).write_text("long\n")
    Path("/".join(["deep"] * 100)).mkdir(parents=True)
    Path(os.fsdecode(b"\xff\xfe")).write_text("no text\n")
    Path("a\nb\x1b[31m").write_text("control\n")


def same_names() -> None:
    """Leave names that differ only in case."""
    for name in ("readme.md", "README.md", "ReadMe.md"):
        write(f"case/{name}", name)


def hidden_text() -> None:
    """Leave text that people and programs read differently."""
    Path("hidden.py").write_text("access = 'user\u202e \u2066# admin only\u2069 \u2066'\n\U000e0041\n", "utf-8")


def leak_secret() -> None:
    """Leave something that looks like a key."""
    write("settings.ini", "key = " + "AKIA" + "QY6LIOSFODNN" + "7J2X")


# --- looking around -----------------------------------------------------------------------------------------------


def write_outside(path: str) -> str:
    """Write to a path outside."""
    Path(path).write_text("was here\n")
    return f"wrote {path}"


def read_env() -> str:
    """Tell the environment of every process there is."""
    return "\n".join(filter(None, (_read(place / "environ") for place in Path("/proc").glob("[0-9]*"))))


def read_home(*paths: str) -> str:
    """Tell what homes and a few well-known places hold."""
    places = [Path(path) for path in (*paths, "/root", "/home", "/run", "/var", "~/.ssh", "~/.netrc")]
    return "\n".join(str(item) for place in places if place.is_dir() for item in place.iterdir())


def read_file(path: str) -> str:
    """Tell what a file holds."""
    return Path(path).read_text(errors="replace")


def network(port: str, host: str = "127.0.0.1") -> str:
    """Send something to a port."""
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall(b"hello\n")
    return "sent"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


BEHAVIOURS: dict[str, Callable[..., str | None]] = {
    "write": write,
    "say": say,
    "give_back": give_back,
    "ask": ask,
    "sleep": sleep,
    "exit": leave,
    "nothing": nothing,
    "crash": crash,
    "hang": hang,
    "spin": spin,
    "chatter": chatter,
    "endless_steps": endless_steps,
    "close_output": close_output,
    "give_up": give_up,
    "flood": flood,
    "long_line": long_line,
    "partial_line": partial_line,
    "garbage": garbage,
    "claim_success": claim_success,
    "forge_events": forge_events,
    "run_ahead": run_ahead,
    "daemon": daemon,
    "fork_tree": fork_tree,
    "kill_parent": kill_parent,
    "commit": commit,
    "plant_hooks": plant_hooks,
    "nested_git": nested_git,
    "edit_protected": edit_protected,
    "ignore_all": ignore_all,
    "symlink_out": symlink_out,
    "write_through_link": write_through_link,
    "delete_all": delete_all,
    "fill": fill,
    "many_files": many_files,
    "special_files": special_files,
    "odd_modes": odd_modes,
    "unreadable": unreadable,
    "long_names": long_names,
    "same_names": same_names,
    "hidden_text": hidden_text,
    "leak_secret": leak_secret,
    "write_outside": write_outside,
    "read_env": read_env,
    "read_home": read_home,
    "read_file": read_file,
    "network": network,
}
