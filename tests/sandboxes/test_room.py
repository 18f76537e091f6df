"""What a room may hold beside its work folder: more folders to write, one unix socket, a loopback port that leads there."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.edges import host, shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES
from tests.sandboxes.boxes import User

CALL = """
import os, socket, sys
with socket.socket(socket.AF_INET if sys.argv[1].isdecimal() else socket.AF_UNIX) as one:
    one.settimeout(20)
    one.connect(("127.0.0.1", int(sys.argv[1])) if sys.argv[1].isdecimal() else sys.argv[1])
    one.sendall(b"x" * 300000 + b"end")
    one.shutdown(socket.SHUT_WR)
    said = b""
    while piece := one.recv(65536):
        said += piece
print(len(said), said[-3:].decode(), sorted(os.listdir(sys.argv[2])))
"""


@pytest.fixture
def echo(anyone: User) -> Iterator[str]:
    """A unix socket in a closed folder beside other files, that answers with what it heard."""
    folder = anyone.shared / "gateway"
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text("secret")
    path = folder / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o666)
        os.chown(folder, anyone.uid, -1)
        server.listen(64)
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield str(path)
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket) -> None:
    while True:
        try:
            one = server.accept()[0]
        except OSError:
            return
        threading.Thread(target=_answer, args=(one,), daemon=True).start()


def _answer(one: socket.socket) -> None:
    with one:
        heard = b""
        while piece := one.recv(65536):
            heard += piece
        one.sendall(heard)


def test_one_socket_crosses_and_nothing_else_of_its_folder(anyone: User, echo: str) -> None:
    answer = anyone.python("bubblewrap", CALL, echo, str(Path(echo).parent), socket=echo)
    assert (answer["lines"], answer["says"]) == (["300003 end ['socket']"], "")


def test_without_it_the_socket_is_not_there(anyone: User, echo: str) -> None:
    """The control, and what checks get: a room without a socket has no way out."""
    answer = anyone.python("bubblewrap", CALL, echo, str(Path(echo).parent))
    assert answer["exit"] == 1
    assert "No such file or directory" in answer["says"]


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_a_port_inside_leads_to_the_socket(anyone: User, echo: str, sandbox: str) -> None:
    port = host.free_port()
    answer = anyone.python(sandbox, CALL, str(port), str(anyone.work), socket=echo, port=port)
    assert (answer["lines"], answer["exit"]) == (["300003 end []"], 0), answer["says"]


def test_many_calls_at_once_pass_the_bridge(us: User, tmp_path: Path) -> None:
    code = """
import socket, sys, threading
said = []
def call(number):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) as one:
        one.sendall(b"%d" % number)
        one.shutdown(socket.SHUT_WR)
        said.append(int(one.recv(100)))
threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
[one.start() for one in threads]
[one.join() for one in threads]
print(sorted(said) == list(range(50)))
"""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o666)
        server.listen(64)
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        port = host.free_port()
        assert us.python("bubblewrap", code, str(port), socket=str(path), port=port)["lines"] == ["True"]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_behind_the_bridge_codes_signals_input_and_environment_are_as_before(us: User, sandbox: str) -> None:
    given = {"port": host.free_port(), "socket": str(us.work / "nobody-listens")}
    (us.work / "nobody-listens").touch()
    ended = us.python(
        sandbox, "import os; print(sorted(os.environ)); input(); os.kill(os.getpid(), 11)", stdin="a\n", **given
    )
    assert ended["exit"] == 139
    assert us.run(sandbox, ["no-such-program"], **given)["exit"] != 0
    said = us.run(sandbox, ["sh", "-c", "env | grep -c LC_CTYPE; read line; echo $line"], stdin="a\n", **given)
    assert said["lines"] == ["0", "a"]


def test_a_further_folder_is_written_and_given_back(anyone: User) -> None:
    home = anyone.shared / "home"
    home.mkdir(mode=0o700)
    os.chown(home, anyone.uid, -1)
    code = "import os; open(os.environ['HOME'] + '/new', 'w').write('kept'); print(os.environ['HOME'])"
    answer = anyone.python("bubblewrap", code, writable=[str(home)], env={"HOME": str(home)})
    assert answer["lines"] == [str(home)]
    assert (home / "new").read_text() == "kept"
    assert {path.lstat().st_uid for path in (home, home / "new")} == {anyone.uid}


@pytest.mark.parametrize("sandbox", ["bubblewrap", "namespaces"])
def test_a_program_begins_in_its_folder_also_behind_a_link(tmp_path: Path, sandbox: str) -> None:
    """As when somebody's cache lies on another disk."""
    if why := SANDBOXES[sandbox].missing():
        pytest.skip(why)
    (tmp_path / "disk" / "work").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    work = str(tmp_path / "link" / "work")
    heard: list[bytes] = []
    command = Command(argv=("sh", "-c", "touch mine; pwd -P"), cwd=work, env={"PATH": os.defpath})
    ended = shell.run(
        SANDBOXES[sandbox].wrap(command, Room(work=work)),
        seconds=20, stall_seconds=None, on_line=heard.append, stop=lambda: "",
    )  # fmt: skip
    assert (ended.exit, heard) == (0, [work.encode()]), ended.says
    assert (tmp_path / "disk" / "work" / "mine").exists()
