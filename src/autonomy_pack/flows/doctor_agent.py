"""Whether an agent could work here: its program, its key, its box, and a start of it that does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from autonomy_pack.agents import AGENTS, cli
from autonomy_pack.edges import files, host, shell
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError
from autonomy_pack.flows import box, install_agent, models
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Command, Config, Finding, Package, Risk

_SECONDS = 120.0


def examine(name: str) -> tuple[list[str], list[Finding]]:
    """(what is in order, what is not); UsageError when there is no such agent."""
    package = install_agent.package_of(name)
    fine: list[str] = []
    found: list[Finding] = []
    for told in _looks(name, package):
        (found if isinstance(told, Finding) else fine).append(told)  # type: ignore[arg-type]
    return fine, found


def _looks(name: str, package: Package | None) -> Iterator[str | Finding]:
    yield from _key(name)
    chosen = box.choose(Config(), None)
    if chosen.level == "L0":
        yield _lack("sandbox", f"no sandbox for programs: {chosen.missing}", "Do what the message says.")
    else:
        yield f"sandbox {chosen.level}"
    if package is None:
        yield f"agent {name} needs no program of others"
        return
    try:
        folder = install_agent.folder_of(name)
        yield from _installed(name, package)
        if chosen.level != "L0":
            yield _start(name, package, folder, chosen)
    except PackError as error:
        yield _lack("program", error.says, error.fix)


def _key(name: str) -> Iterator[str | Finding]:
    """Whether there is a key; never which."""
    agent = AGENTS[name]
    try:
        models.need(agent)
    except PackError as error:
        yield _lack("key", error.says, error.fix)
        return
    if agent.protocol:
        yield f"a key for protocol {agent.protocol} is set; the model is {agent.model} unless another is named"


def _installed(name: str, package: Package) -> Iterator[str | Finding]:
    record = install_agent.installed(name)
    version = one_line(str(record.get("version", "")), 60)
    if record.get("locked") is True and version == package.version:
        yield f"{package.name} {version}, by the lock of this pack"
    else:
        says = f"{package.name} {version} was installed without a lock; {package.version} is the one that was tried"
        yield _lack("lock", says, f"Run `autonomy agent install {name}`.", Risk.LOW)


def _start(name: str, package: Package, folder: str, chosen: Box) -> str | Finding:
    """Start it in the box, without network, to say its version or its help."""
    work = files.temporary("autonomy-start-")
    try:
        given = host.environment()
        word = "--version" if package.registry == "npm" else "--help"
        env = {key: given[key] for key in ("PATH", "LANG", "LC_ALL") if key in given}
        command = Command(
            argv=(*cli.words(package, folder), word),
            cwd=str(work),
            env=env | {"HOME": str(work), "PYTHONPATH": f"{folder}/site", "MSWEA_SILENT_STARTUP": "1"},
        )
        said: list[bytes] = []
        ended = shell.run(
            chosen.wrap(command, str(work), (folder,)),
            seconds=_SECONDS,
            stall_seconds=None,
            on_line=lambda line: said.append(line[:200]),
            stop=lambda: "",
        )
    finally:
        files.remove_tree(work)
    if ended.cause != "exited" or ended.exit != 0:
        why = one_line(ended.says or ended.cause, 300)
        return _lack("start", f"its program does not start in the box: {why}", f"Run `autonomy agent install {name}`.")
    shown = one_line(b" ".join(said[:1]).decode(errors="replace"), 80)
    return f"it starts in the box{': ' + shown if word == '--version' else ''}"


def _lack(rule: str, says: str, fix: str, risk: Risk = Risk.HIGH) -> Finding:
    return Finding(rule=rule, risk=risk, says=says, fix=fix)
