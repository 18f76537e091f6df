"""What a turn of a model costs beyond model and program, and the tokens a long run sends: ours, and mini-swe-agent's.

Both are driven by the same stand-in for the provider, which orders the same commands of both. Ours is the whole real
path: an issue is claimed, the loop runs as a process under the launcher (sandbox `none`) and reaches the stand-in
through the gateway, each step and each call on disk. What the provider would bill is counted from what was sent, by the
provider's published rules for its cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pairs
import peer
from pairs import Result, Row, Say
from tests.world import World

from autonomy_pack.flows import box, project, session
from models import Answer, Call, Models, Request

_END = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
_DONE = {"summary": "Done.", "evidence": [{"criterion": "1", "how": "I ran it."}]}
_SMALLEST, _LOOKED_BACK = 1024, 20  # tokens a cached beginning has at least; blocks that are looked back from a mark
_WRITTEN, _READ = 1.25, 0.1  # what a token costs that is written to the cache, and read from it
_MISSION = {
    "goal": "Run a command over and over.",
    "agent": "anthropic",
    "tools": ["run", "done"],
    "limits": {"steps": 500, "turns": 500, "usd": 1000, "tokens": 10**9},
}


@dataclass(frozen=True)
class Sent:
    """Input tokens of a run: all of them, those read from the cache, those written to it, and the rest."""

    total: float
    read: float
    written: float

    @property
    def anew(self) -> float:
        """Those that were not read from the cache."""
        return self.total - self.read

    @property
    def priced(self) -> float:
        """As many uncached tokens as would cost the same."""
        return self.total - self.read - self.written + _READ * self.read + _WRITTEN * self.written


def sent(bodies: Sequence[dict]) -> Sent:
    """What the provider would count, four characters a token."""
    cached: set[str] = set()
    total = read = written = 0.0
    for body in bodies:
        blocks = _blocks(body)
        ends, hashes = _beginnings(blocks)
        marks = [at for at, (_, marked) in enumerate(blocks) if marked]
        near = {at for mark in marks for at in range(max(0, mark - _LOOKED_BACK), mark + 1)}
        hit = max((ends[at] for at in near if hashes[at] in cached), default=0.0)
        last = max((ends[at] for at in marks if ends[at] >= _SMALLEST), default=0.0)
        cached |= {hashes[at] for at in marks if ends[at] >= _SMALLEST}
        total, read, written = total + ends[-1], read + hit, written + max(0.0, last - hit)
    return Sent(total, read, written)


def _blocks(body: dict) -> list[tuple[str, bool]]:
    """Every block in the order of the cache, without its mark, and whether it has one."""
    found = [*body.get("tools", []), *_listed(body.get("system", []))]
    for message in body["messages"]:
        found += [{"role": message["role"], **block} for block in _listed(message["content"])]
    return [(json.dumps(_unmarked(_spelt_out(one))), _is_marked(one)) for one in found]


def _spelt_out(block: dict) -> dict:
    """A result that is a plain text as the list of one text, which means the same to the provider."""
    return {**block, "content": _listed(block["content"])} if "content" in block else block


def _listed(content: str | list[dict]) -> list[dict]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _unmarked(part: object) -> object:
    if isinstance(part, dict):
        return {key: _unmarked(inner) for key, inner in part.items() if key != "cache_control"}
    return [_unmarked(inner) for inner in part] if isinstance(part, list) else part


def _is_marked(block: dict) -> bool:
    inside = block.get("content")
    return "cache_control" in block or (isinstance(inside, list) and any("cache_control" in one for one in inside))


def _beginnings(blocks: Sequence[tuple[str, bool]]) -> tuple[list[float], list[str]]:
    """For each block: tokens of all up to its end, and a hash of them."""
    ends, hashes, so_far, size = [], [], hashlib.sha256(), 0
    for text, _ in blocks:
        size += len(text)
        so_far.update(text.encode())
        ends.append(size / 4)
        hashes.append(so_far.hexdigest())
    return ends, hashes


class Script:
    """A provider that orders those commands, one a turn; `began` are the instants at which it was asked."""

    def __init__(self, models: Models, commands: Sequence[str]) -> None:
        self.models, self._commands = models, commands
        self.began: list[float] = []
        models.requests.clear()
        models.always(self._next)

    def _next(self, request: Request) -> Answer:
        self.began.append(time.perf_counter())
        at = len(self.began) - 1
        theirs = any(tool["name"] == "bash" for tool in request.body["tools"])
        used = {"input": len(request.raw) // 4, "output": 20}
        if at < len(self._commands):
            call = Call("bash" if theirs else "run", {"command": self._commands[at]})
            return Answer(text="Next.", calls=(call,), usage=used)
        return Answer(calls=(Call("bash", {"command": _END}) if theirs else Call("done", _DONE),), usage=used)

    @property
    def turn_ms(self) -> float:
        """Milliseconds from one question to the next."""
        if len(self.began) != len(self._commands) + 1:
            raise RuntimeError(f"{len(self.began)} questions for {len(self._commands)} commands")
        return (self.began[-1] - self.began[0]) / len(self._commands) * 1000


class Ours:
    """A repository in which the built-in agent is given an issue for each run."""

    def __init__(self, folder: Path, models: Models) -> None:
        os.environ.update(models.environment)
        self._world = World(folder / "repo")
        self._models, self._number = models, 0

    def run(self, commands: Sequence[str]) -> Script:
        """One whole run."""
        self._number += 1
        name = f"turns-{self._number}"
        self._world.mission(name, "".join(f"{key}: {json.dumps(word)}\n" for key, word in _MISSION.items()))
        for path in (self._world.root / ".autonomy" / "issues").glob("*.md"):
            path.unlink()
        self._world.issue(name, labels=("priority:high", f"mission:{name}"))
        script = Script(self._models, commands)
        opened = project.open_project(self._world.root)
        try:
            chosen = box.choose(opened.config, "none")
            session.run(opened, session.Wanted(max_issues=1), chosen, lambda _: None)
        finally:
            opened.store.close()
        return script


def theirs(models: Models, python: Path, folder: Path, commands: Sequence[str]) -> Script:
    """One whole run of mini-swe-agent, with the marks that it sets for models of this provider."""
    script = Script(models, commands)
    environment = pairs.AS_FOUND | {
        "MSWEA_GLOBAL_CONFIG_DIR": str(folder / "mini"),
        "MSWEA_SILENT_STARTUP": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    argv = [str(python), str(Path(__file__).with_name("peer_turns.py")), models.url, models.key, str(folder / "t.json")]
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise peer.Missing(f"mini-swe-agent failed: {ended.stderr[-1500:]}")
    return script


def bare_ms(models: Models, commands: Sequence[str]) -> float:
    """Milliseconds of the commands themselves, and of as many calls of the stand-in."""
    import requests

    script = Script(models, commands)
    body = {"model": "claude-sonnet-5", "messages": [], "tools": [{"name": "run"}], "stream": True}

    def run() -> None:
        with requests.Session() as calls:
            for command in commands:
                calls.post(f"{models.url}/v1/messages", json=body, headers={"x-api-key": models.key}).raise_for_status()
                subprocess.run(command, shell=True, stdout=-1, stderr=-2, check=True)

    took = pairs.seconds(run) / len(commands) * 1000
    script.began.clear()
    return took


def measure(*, quick: bool, say: Say) -> Result:
    """Turns of `true`, then a run of 50 turns that read and test a project."""
    result = Result()
    with tempfile.TemporaryDirectory() as name, Models() as models:
        folder = Path(name)
        ours = Ours(folder, models)
        python: Path | None = None
        if quick:
            result.notes.append("the peer is left out by --quick")
        else:
            try:
                python = peer.installed(say)
            except peer.Missing as missing:
                result.failures.append(str(missing))
        other = (lambda commands: theirs(models, python, folder, commands)) if python else None
        _speed(result, models, ours, other, say, quick=quick)
        _tokens(result, ours, other, say, turns=12 if quick else 50)
    return result


Runs = Callable[[Sequence[str]], Script]


def _speed(result: Result, models: Models, ours: Ours, other: Runs | None, say: Say, *, quick: bool) -> None:
    count, times = (5, 2) if quick else (50, 3)
    commands = [f"true {at}" for at in range(count)]  # no two the same: a model in a loop is ended
    say(f"turns: {count} × true, {times} times")
    things: dict[str, Callable[[], float]] = {
        "ours": lambda: ours.run(commands).turn_ms,
        "bare": lambda: bare_ms(models, commands),
    }
    if other:
        things["theirs"] = lambda: other(commands).turn_ms
    found = pairs.in_turn(times, things)
    beside = "a bare call and a bare subprocess"
    result.rows.append(pairs.row(f"{count} × true: a turn", "ms", found["ours"], beside, found["bare"]))
    if other:
        name, who = f"{count} × true: a turn's overhead", "mini-swe-agent's"
        over, their = (pairs.less(found[one], found["bare"]) for one in ("ours", "theirs"))
        result.rows.append(pairs.row(name, "ms", over, who, their, aim="≤ 1", met=lambda *those: those[2] <= 1))


def _tokens(result: Result, ours: Ours, other: Runs | None, say: Say, *, turns: int) -> None:
    """Outputs of 1 to 24 KB, as files and test runs print them; the two cut the long ones by their own rules."""
    commands = [f"seq {at * 1000} {at * 1000 + 150 + (at * 37 % 23) * 170}" for at in range(turns)]
    say(f"turns: tokens of {turns} turns")
    mine = sent([request.body for request in ours.run(commands).models.requests])
    result.rows += [
        _row(f"{turns} turns: input tokens not from the cache", mine.anew, "all that are sent", mine.total, 0.3),
        _row(f"{turns} turns: input as priced", mine.priced, "without a cache", mine.total, 0.3),
    ]
    if other:
        their = sent([request.body for request in other(commands).models.requests])
        result.rows += [
            _row(f"{turns} turns: input tokens sent", mine.total, "mini-swe-agent", their.total),
            _row(f"{turns} turns: not from the cache", mine.anew, "mini-swe-agent", their.anew),
            _row(f"{turns} turns: input as priced", mine.priced, "mini-swe-agent", their.priced),
            _row(f"{turns} turns: not from the cache", mine.anew, "all that mini-swe-agent sends", their.total, 0.3),
        ]
        result.notes.append(f"from the cache: ours {mine.read / mine.total:.0%}, theirs {their.read / their.total:.0%}")


def _row(what: str, ours: float, beside: str, other: float, aim: float | None = None) -> Row:
    met = (lambda *those: those[2] <= aim) if aim else None
    return pairs.row(what, "tokens", [ours], beside, [other], aim=f"≤ {aim}" if aim else "", met=met)
