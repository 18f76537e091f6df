"""Runs one program in a sandbox, as whoever starts this; JSON in on the command line, JSON out."""

import json
import sys
from pathlib import Path

from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES

given = json.loads(sys.argv[1])
sandbox = SANDBOXES[given["sandbox"]]
lines = []
if missing := sandbox.missing():
    print(json.dumps({"missing": missing}))
    sys.exit()
argv = [sys.executable if word == "PYTHON" else word for word in given["argv"]]
command = Command(argv=tuple(argv), cwd=given["cwd"], env=given["env"], stdin=given["stdin"].encode())
room = Room(
    work=given["work"],
    readable=tuple(given["readable"]),
    writable=tuple(given["writable"]),
    socket=given["socket"],
    port=given["port"],
)
command = sandbox.wrap(command, room)
if given["launcher"]:
    argv = [given["launcher"] if word.endswith("/box.py") else word for word in command.argv]
    command = Command(argv=tuple(argv), cwd=command.cwd, env=command.env, stdin=command.stdin)


def started(pid: int, _start: float) -> None:
    if given["pid_file"]:
        Path(given["pid_file"]).write_text(str(pid))


ended = shell.run(
    command, seconds=given["seconds"], stall_seconds=None, on_line=lines.append, stop=lambda: "", on_start=started
)
print(
    json.dumps(
        {
            "missing": "",
            "cause": ended.cause,
            "exit": ended.exit,
            "says": ended.says,
            "survivors": ended.survivors,
            "lines": [line.decode(errors="replace") for line in lines],
        }
    )
)
