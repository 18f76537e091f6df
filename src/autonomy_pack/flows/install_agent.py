"""Installing the program of an agent of others: one exact version, by the lock that ships with the pack, in a box that
has no secret and reaches the configured registries only."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from autonomy_pack.agents import AGENTS, cli
from autonomy_pack.edges import files, host, shell
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import egress
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Command, Package, value

_LOCKS = Path(cli.__file__).parent / "locks"
_RECORD = "autonomy.json"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")
_SECONDS, _STALL = 1800.0, 600.0


@value
class Registry:
    """Where packages come from here: `hosts` to reach, folders to read, and the words that tell the installer."""

    hosts: tuple[str, ...]
    readable: tuple[str, ...]
    words: tuple[str, ...]


def package_of(name: str) -> Package | None:
    """What the agent of that name is installed from, None when it needs no program of others; UsageError when there is
    no such agent."""
    if name not in AGENTS:
        raise UsageError(f"there is no agent {one_line(name, 60)}", f"Choose one of {', '.join(AGENTS)}.")
    found = getattr(AGENTS[name], "package", None)
    return found if isinstance(found, Package) else None


def folder_of(name: str) -> str:
    """The folder of an agent's installed program, "" when it needs none; UsageError when it is not installed."""
    package = package_of(name)
    if package is None:
        return ""
    folder = place(name)
    if not installed(name):
        raise UsageError(
            f"the program of agent {name} is not installed ({package.name} {folder.name.removeprefix(name + '-')})",
            f"Run `autonomy agent install {name}`.",
        )
    return str(folder)


def place(name: str, version: str = "") -> Path:
    """Where that version of its program belongs: the one a person chose with --allow-unlocked, else the locked one."""
    package = package_of(name)
    known = package.version if package else ""
    return _home() / f"{name}-{version or _chosen(name) or known}"


def installed(name: str) -> Mapping[str, Any]:
    """What was written down when its program was installed ({} when it was not): package, version, locked, argv0."""
    with suppress(OSError, ValueError):
        said = json.loads((place(name) / _RECORD).read_text())
        if isinstance(said, dict):
            return said
    return {}


def _home() -> Path:
    return host.cache_home() / "agents"


def _chosen(name: str) -> str:
    with suppress(OSError, UnicodeDecodeError):
        word = (_home() / f"{name}.version").read_text().strip()
        return word if _VERSION.fullmatch(word) else ""
    return ""


# --- installing ----------------------------------------------------------------------------------------------------


def install(name: str, box: Box, *, version: str = "", unlocked: bool = False) -> list[str]:
    """Install its program, unless it is there; what was done, in lines.

    UsageError for another version than the locked one without `unlocked`, and where there is no box; WorldError when
    the registry or the installer fails: then nothing is left.
    """
    package = package_of(name)
    if package is None:
        return [f"Agent {name} needs no program of others."]
    wanted = _wanted(package, version, unlocked=unlocked)
    cli.words(package, "")  # it is made for this machine
    folder = place(name, wanted)
    if not (folder / _RECORD).is_file():
        box.need_for_programs()
        _make(name, package, wanted, folder, box)
    files.write(_home() / f"{name}.version", f"{wanted}\n")
    return [
        f"Agent {name} has {package.name} {wanted}{'' if wanted == package.version else ', not locked'} in {folder}."
    ]


def _wanted(package: Package, version: str, *, unlocked: bool) -> str:
    if version and not _VERSION.fullmatch(version):
        raise UsageError(f"{one_line(version, 60)!r} is no version", f"Name one as {package.version}.")
    if version and version != package.version and not unlocked:
        raise UsageError(
            f"{package.name} {version} is not locked: only {package.version} was tried and has its hashes in the pack",
            "Leave --version out, or say --allow-unlocked too.",
        )
    return version or package.version


def _make(name: str, package: Package, version: str, folder: Path, box: Box) -> None:
    with files.explained(f"making {folder.parent}"):
        folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = files.temporary(f".{name}-", within=folder.parent)
    try:
        locked = version == package.version
        registry = _npm_registry() if package.registry == "npm" else _pip_registry()
        command = (_npm if package.registry == "npm" else _pip)(name, package, version, fresh, registry)
        _run(command, registry, fresh, box)
        _need_program(package, fresh)
        record = {"package": package.name, "version": version, "locked": locked, "python": sys.version.split()[0]}
        files.write(fresh / _RECORD, json.dumps(record) + "\n")
        with files.explained(f"moving the installed program to {folder}"):
            fresh.chmod(0o755)
            files.remove_tree(folder)
            fresh.rename(folder)
    finally:
        files.remove_tree(fresh)


def _run(command: Command, registry: Registry, fresh: Path, box: Box) -> None:
    """Run the installer in the box; WorldError with its last words when it fails, all of them in a log."""
    refused: list[str] = []
    log = fresh.parent / "install.log"
    with egress.opened(registry.hosts, refused) as socket:
        port = int(command.env["AUTONOMY_PORT"])
        ended = shell.run(
            box.wrap(command, str(fresh), registry.readable, socket=socket, port=port),
            seconds=_SECONDS,
            stall_seconds=_STALL,
            on_line=lambda _: None,
            stop=lambda: "",
            log=log,
        )
    if ended.cause != "exited" or ended.exit != 0:
        beside = f"; refused: {', '.join(dict.fromkeys(refused))}" if refused else ""
        raise WorldError(
            f"the program could not be installed: {_last_words(log) or ended.says or ended.cause}{beside}",
            f"Look whether the registry that npm or pip is configured for can be reached; {log} has all that was said.",
        )


def _last_words(log: Path) -> str:
    lines = files.read(log).decode("utf-8", "replace").splitlines()
    told = [line for line in lines if line.strip() and "A complete log of this run" not in line]
    return one_line(" · ".join(told[-4:]), 600)


def _need_program(package: Package, folder: Path) -> None:
    first = Path(cli.words(package, str(folder))[-1]) if package.registry == "npm" else folder / "site"
    if not first.exists():
        raise WorldError(
            f"{package.name} was installed, but {first.relative_to(folder)} is not in it", "Install the locked version."
        )


# --- npm -----------------------------------------------------------------------------------------------------------


def _npm(name: str, package: Package, version: str, fresh: Path, registry: Registry) -> Command:
    """No script of any package runs. By the lock: `npm ci`, which compares every archive with its hash."""
    how: tuple[str, ...] = ("install", "--save-exact", f"{package.name}@{version}")
    if version == package.version:
        for one in ("package.json", "package-lock.json"):
            files.write(fresh / one, (_LOCKS / name / one).read_bytes())
        how = ("ci",)
    port = str(host.free_port())
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--omit=dev")
    retries = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
    env = {
        "AUTONOMY_PORT": port,
        "npm_config_userconfig": f"{fresh}/none.npmrc",
        "npm_config_globalconfig": f"{fresh}/none-global.npmrc",
        "npm_config_cache": "/tmp/npm",  # noqa: S108 - the box's own
        "npm_config_proxy": f"http://127.0.0.1:{port}",
        "npm_config_https_proxy": f"http://127.0.0.1:{port}",
    }
    return Command(argv=("npm", *how, *quiet, *retries, *registry.words), cwd=str(fresh), env=_passed() | env)


def _npm_registry() -> Registry:
    """As this user's npm is configured; no token of a registry is passed on."""
    told = _ask(("npm", "config", "get", "registry", "cafile"), "npm", "Install Node.js 20 or newer, which brings npm.")
    settings = dict(line.partition("=")[::2] for line in told if "=" in line)
    url, authorities = settings.get("registry", ""), settings.get("cafile", "")
    _need_no_password([url])
    known = authorities if authorities not in ("", "null", "undefined") else ""
    words = (f"--registry={url}", *([f"--cafile={known}"] if known else []))
    return Registry(hosts=egress.hosts([url]), readable=(*_node(), *([known] if known else [])), words=words)


def _node() -> tuple[str, ...]:
    """The folder of Node.js, where it is not a part of /usr."""
    import shutil

    found = shutil.which("node", path=host.setting("PATH"))
    home = Path(found).resolve().parent.parent if found else Path("/usr")
    return () if home.is_relative_to("/usr") else (str(home),)


# --- pip -----------------------------------------------------------------------------------------------------------


def _pip(name: str, package: Package, version: str, fresh: Path, registry: Registry) -> Command:
    """Wheels only, so that no package runs anything; by the lock, each with its hash."""
    what: tuple[str, ...] = (f"{package.name}=={version}",)
    if version == package.version:
        files.write(fresh / "requirements.txt", (_LOCKS / name / "requirements.txt").read_bytes())
        what = ("--require-hashes", "--no-deps", "-r", f"{fresh}/requirements.txt")
    port = str(host.free_port())
    words = ("--isolated", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--quiet")
    argv = (sys.executable, "-I", "-m", "pip", "install", *words, "--only-binary", ":all:", *registry.words)
    proxy = ("--proxy", f"http://127.0.0.1:{port}", "--target", f"{fresh}/site")
    return Command(argv=(*argv, *proxy, *what), cwd=str(fresh), env=_passed() | {"AUTONOMY_PORT": port})


_PIP_WORDS = {"index-url": "--index-url", "extra-index-url": "--extra-index-url", "find-links": "--find-links"}
# pip knows its own standard index; so that nobody has to name it here.
_STANDARD = "from pip._internal.models.index import PyPI as p; print(p.simple_url, 'https://' + p.file_storage_domain)"


def _pip_registry() -> Registry:
    """As this user's pip is configured."""
    fix = "Install pip for this interpreter: `python -m ensurepip`."
    told = _ask((sys.executable, "-m", "pip", "config", "list"), "pip", fix)
    urls = " ".join(_ask((sys.executable, "-I", "-c", _STANDARD), "pip", fix)).split()
    words: list[str] = []
    readable: list[str] = []
    for line in told:
        key, _, quoted = line.partition("=")
        name, said = key.rpartition(".")[2], quoted.strip().strip("'\"").split()
        for one in said if name in _PIP_WORDS else ():
            words += [_PIP_WORDS[name], one]
            urls.append(one)
            readable += [_folder(one)] if one.startswith(("/", "file:///")) else []
        if name == "cert" and said:
            words += ["--cert", said[0]]
            readable.append(said[0])
    _need_no_password(urls)
    return Registry(hosts=egress.hosts(urls), readable=tuple(readable), words=tuple(words))


def _folder(local: str) -> str:
    """The folder of an index on this machine; the pages of one named `simple` point at files beside it."""
    path = Path(local.removeprefix("file://"))
    return str(path.parent if path.name == "simple" else path)


# --- both ----------------------------------------------------------------------------------------------------------


def _passed() -> dict[str, str]:
    given = host.environment()
    return {name: given[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in given}


def _need_no_password(urls: Sequence[str]) -> None:
    """UsageError where an address holds one: the box in which packages are unpacked is given no secret."""
    if any("@" in url.partition("://")[2].partition("/")[0] for url in urls):
        raise UsageError(
            "the configured registry has a user or a password in its address, which is not given to an installer",
            "Configure a registry that needs none, for example a mirror on the network of this machine.",
        )


def _ask(argv: Sequence[str], what: str, fix: str) -> list[str]:
    """The lines of a program of this user's that says how it is configured; UsageError when it is not there."""
    said: list[str] = []
    given = host.environment()
    own = {name: to for name, to in given.items() if name.lower().startswith(("npm_config_", "pip_", "xdg_"))}
    command = Command(argv=tuple(argv), cwd="/", env=_passed() | own | {"HOME": str(host.home())})
    ended = shell.run(
        command,
        seconds=60,
        stall_seconds=None,
        on_line=lambda line: said.append(line.decode(errors="replace")),
        stop=lambda: "",
    )
    if ended.cause != "exited" or ended.exit != 0:
        raise UsageError(f"{what} does not answer: {one_line(ended.says, 200) or ended.cause}", fix)
    return said
