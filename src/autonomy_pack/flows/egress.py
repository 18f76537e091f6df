"""A program in its box that may reach the configured registries and nothing else, while it installs an agent."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from autonomy_pack.edges import files, host, shell
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Command, Ended, Room
from autonomy_pack.sandboxes import SANDBOXES

_READY_SECONDS = 20.0
_LONGEST = 3600.0
_PORTS = {"https": 443, "http": 80}
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")


def hosts(urls: Sequence[str]) -> tuple[str, ...]:
    """The hosts of web addresses, with their ports; others (files of this machine) have none."""
    found = []
    for url in urls:
        with suppress(ValueError):
            parts = urlsplit(url)
            if parts.scheme in _PORTS and parts.hostname:
                found.append(f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}")
    return tuple(dict.fromkeys(found))


@contextmanager
def opened(allowed: Sequence[str], refused: list[str]) -> Iterator[str]:
    """The socket of a proxy to those hosts, open meanwhile; what it refuses is added to `refused`.

    WorldError when it does not start.
    """
    folder = files.temporary("autonomy-out-", within=Path("/tmp"))  # noqa: S108 - short, new and ours alone
    ready, over, ends = threading.Event(), threading.Event(), list[Ended]()
    place = str(folder / "socket")

    def heard(line: bytes) -> None:
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(line)
            if said["kind"] == "ready":
                ready.set()
            elif said["kind"] == "refused":
                refused.append(one_line(str(said["data"]["host"]), 200))

    def serve() -> None:
        try:
            ends.append(_run(_program(place, allowed, str(folder)), heard, over))
        finally:
            ready.set()

    thread = threading.Thread(target=serve, name="egress", daemon=True)
    thread.start()
    try:
        if not ready.wait(_READY_SECONDS) or ends:
            says = one_line(ends[0].says, 300) if ends else "it did not begin to listen"
            raise WorldError(f"the way to the registries could not be opened: {says}", "Run it again.")
        Path(place).chmod(0o666)  # the box may be another user
        yield place
    finally:
        over.set()
        thread.join()
        files.remove_tree(folder)


def _program(place: str, allowed: Sequence[str], folder: str) -> Command:
    given = host.environment()
    return Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.egress"),
        cwd=folder,
        env={name: given[name] for name in _PASSED_ON if name in given},
        stdin=json.dumps({"socket": place, "hosts": list(allowed)}).encode() + b"\n",
        paced=True,
    )


def _run(command: Command, heard: Callable[[bytes], None], over: threading.Event) -> Ended:
    return shell.run(
        SANDBOXES["none"].wrap(command, Room(work=command.cwd)),
        seconds=_LONGEST,
        stall_seconds=None,
        on_line=heard,
        stop=lambda: "the install has ended" if over.is_set() else "",
    )
