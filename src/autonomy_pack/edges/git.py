"""git, by fixed argv, with an environment and configuration that no repository can bend."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from autonomy_pack.edges import heeded
from autonomy_pack.edges.heeded import Heed
from autonomy_pack.errors import WorldError

# What a repository's own configuration could otherwise make git run, and what would make output depend on the user.
_ISOLATED = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.quotePath=true",
    "diff.external=",
    "protocol.allow=never",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "safe.directory=*",
)
_FLAGS = tuple(word for setting in _ISOLATED for word in ("-c", setting))
_SECONDS = 300


def environment() -> dict[str, str]:
    """The whole environment git is started with: nothing of the user's but PATH."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        # An object that is missing is missing: fetching it would run what the repository names as its remote's program.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ADVICE": "0",
    }


def run(
    *args: str | Path,
    at: Path | str,
    work_tree: Path | str | None = None,
    stdin: bytes = b"",
    env: dict[str, str] | None = None,
    ok: tuple[int, ...] = (0,),
    heed: Heed = heeded.nothing,
) -> bytes:
    """Run git in the repository whose git folder is `at`; its standard output.

    `env` adds variables (identities, an index file). WorldError when git is missing, takes over 300 s, or ends with
    a code outside `ok`; its message is git's own. What `heed` raises while git runs ends it.
    """
    return answer(*args, at=at, work_tree=work_tree, stdin=stdin, env=env, ok=ok, heed=heed)[1]


def answer(
    *args: str | Path,
    at: Path | str,
    work_tree: Path | str | None = None,
    stdin: bytes = b"",
    env: dict[str, str] | None = None,
    ok: tuple[int, ...] = (0,),
    heed: Heed = heeded.nothing,
) -> tuple[int, bytes]:
    """Like `run`, for questions whose exit code is the answer: (exit code, standard output)."""
    place = [f"--git-dir={at}", *([f"--work-tree={work_tree}"] if work_tree else [])]
    ended = _start([*_FLAGS, *place, *map(str, args)], Path(work_tree) if work_tree else None, stdin, env, heed)
    if ended.returncode not in ok:
        raise WorldError(_failed(str(args[0]), ended), "Mend the repository as git says, then run the same command.")
    return ended.returncode, ended.stdout


def in_folder(folder: Path, *args: str, ok: tuple[int, ...] = (0,)) -> bytes | None:
    """Run git where a person stands, to find the repository from there; None when it ends with a code outside ok."""
    ended = _start([*_FLAGS, "-C", str(folder), *args], None, b"", None)
    return ended.stdout if ended.returncode in ok else None


def heard(
    *args: str | Path, at: Path | str, stdin: bytes = b"", env: dict[str, str] | None = None, seconds: float = _SECONDS
) -> tuple[int, bytes, bytes]:
    """For talking to a remote: (exit code, standard output, standard error); never raises for what the remote did.

    After `seconds` git and all it started are killed; the exit code is then negative.
    """
    words = ["git", *_FLAGS, f"--git-dir={at}", *map(str, args)]
    pipe = subprocess.PIPE
    try:
        started = subprocess.Popen(
            words, env=environment() | (env or {}), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except FileNotFoundError as error:
        raise WorldError("git was not found", "Install git 2.31 or newer and put it on PATH.") from error
    try:
        out, err = started.communicate(stdin, timeout=seconds)
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        out, err = started.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
    return started.returncode, out, err


def _start(
    words: list[str], folder: Path | None, stdin: bytes, env: dict[str, str] | None, heed: Heed = heeded.nothing
) -> subprocess.CompletedProcess[bytes]:
    whole = environment() | (env or {})
    try:
        return heeded.run(["git", *words], env=whole, seconds=_SECONDS, folder=folder, stdin=stdin, heed=heed)
    except FileNotFoundError as error:
        raise WorldError("git was not found", "Install git 2.31 or newer and put it on PATH.") from error
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"git took longer than {_SECONDS} s", "Look at the repository and disk, try again.") from error


def _failed(verb: str, ended: subprocess.CompletedProcess[bytes]) -> str:
    words = ended.stderr.decode(errors="replace").strip().splitlines()
    return f"git {verb} ended with {ended.returncode}: {re.sub(r'^(fatal|error): ', '', words[-1]) if words else '?'}"


def text(output: bytes) -> str:
    """git's output as text, undecodable bytes kept as surrogates, without the last newline."""
    return output.decode("utf-8", "surrogateescape").rstrip("\n")
