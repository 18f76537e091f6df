"""What a step costs beyond the program it runs: ours, a bare subprocess, and mini-swe-agent on the same commands.

Ours is the whole real path: an issue of a small repository is claimed and worked on by the planner in its own process
under the launcher; each step is announced, awaited on disk, allowed by the stop switch, run, redacted, and on disk
again. What is measured is whole cycles, from the announcement of the first step to that of the one after the last.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pairs
import peer
from pairs import Result, Row, Say
from tests.world import World

from autonomy_pack.flows import box, project, session
from autonomy_pack.model import Event, Outcome

_PRINTED = 100 * 1024
_FLAT = 1.25
Found = Mapping[str, Sequence[float]]


class Scene:
    """A repository in which the planner runs one command so many times, a new issue for each repetition."""

    def __init__(self, folder: Path) -> None:
        self._world = World(folder / "repo")
        self._number = 0
        self.loud = folder / "loud.txt"
        self.loud.write_text(_build_log())
        self.once: list[float] = []

    def loud_argvs(self, count: int) -> list[list[str]]:
        """Commands that each print about 100 KB, no two the same."""
        return [["head", "-c", str(_PRINTED - number), str(self.loud)] for number in range(count)]

    def step_ms(self, argvs: list[list[str]]) -> float:
        """Milliseconds of one step of ours, the program's own time included; `once` gets the run's other seconds."""
        self._number += 1
        name, count, began = f"bench-{self._number}", len(argvs), {}
        self._prepare(name, argvs)

        def report(event: Event) -> None:
            if event.kind == "step.started":
                began[event.data["step"]] = time.perf_counter()

        wall = pairs.seconds(lambda: self._run(report))
        working = began[count + 1] - began[1]
        self.once.append(wall - working)
        return working / count * 1000

    def _prepare(self, name: str, argvs: list[list[str]]) -> None:
        steps = [*({"run": argv} for argv in argvs), {"write": {"path": "done.txt", "text": f"{name}\n"}}]
        mission = {
            "goal": "Run a command over and over.",
            "steps": steps,
            "tools": ["run", "write"],
            "limits": {"steps": len(steps)},
        }
        text = "\n".join(f"{key}: {json.dumps(word)}" for key, word in mission.items())
        self._world.mission(name, f"{text}\n")
        for path in (self._world.root / ".autonomy" / "issues").glob("*.md"):
            path.unlink()
        self._world.issue(name, labels=("priority:high", f"mission:{name}"))

    def _run(self, report: Callable[[Event], None]) -> None:
        opened = project.open_project(self._world.root)
        try:
            chosen = box.choose(opened.config, "none")
            done = session.run(opened, session.Wanted(max_issues=1), chosen, report)
        finally:
            opened.store.close()
        outcomes = [event.data["outcome"] for event in done.runs]
        if outcomes not in ([Outcome.HANDED_OFF], [Outcome.WAITING]):
            raise RuntimeError(f"the run to be measured ended as {[event.data for event in done.runs]}")


def bare_ms(argvs: list[list[str]]) -> float:
    """Milliseconds of one bare subprocess.run that keeps the output."""

    def run() -> None:
        for argv in argvs:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)

    return pairs.seconds(run) / len(argvs) * 1000


def measure(*, quick: bool, say: Say) -> Result:
    """Overhead per step at 20, 100 and 250 steps, and at 250 steps of 100 KB of output each."""
    result = Result()
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(Path(name))
        scene.step_ms([["true"]] * 5)  # whatever is loaded once is loaded now
        scene.once.clear()
        try:
            if quick:
                result.notes.append("the peer is left out by --quick")
                _all(result, scene, None, say, quick=True)
            else:
                with peer.Peer(Path(name), say) as other:
                    _all(result, scene, other, say, quick=False)
        except peer.Missing as missing:
            result = Result(failures=[str(missing)])
            _all(result, scene, None, say, quick=quick)
    whole = statistics.median(scene.once)
    result.notes.append(f"once per run, whatever its steps (claim to hand-off, without them): {whole:.2f} s")
    return result


def _all(result: Result, scene: Scene, other: peer.Peer | None, say: Say, *, quick: bool) -> None:
    """Both kinds of commands. Short runs are done several times in a turn, so that all figures are of like weight."""
    sizes = {20: 1} if quick else {20: 8, 100: 2, 250: 1}
    times, loud = (2, 10) if quick else (7, 250)
    quiet = {f"{count} × true": ([["true"]] * count, runs) for count, runs in sizes.items()}
    say(f"overhead: {', '.join(quiet)}, {times} times")
    found = pairs.in_turn(times, _things(scene, other, quiet))
    for kind in quiet:
        result.rows += _rows(kind, found, other, aimed=kind.startswith("250"))
    kind = f"{loud} × 100 KB"
    say(f"overhead: {kind}, {max(1, times // 2)} times")
    found |= pairs.in_turn(max(1, times // 2), _things(scene, other, {kind: (scene.loud_argvs(loud), 1)}))
    result.rows += _rows(kind, found, other, aimed=loud == 250)
    if not quick:
        result.rows += _flatness(found, other)


def _things(scene: Scene, other: peer.Peer | None, kinds: Mapping[str, tuple[list[list[str]], int]]) -> dict:
    """What is measured in each turn, by "kind, who"."""
    things: dict[str, Callable[[], float]] = {}
    for kind, (argvs, runs) in kinds.items():
        whose: dict[str, Callable[[list[list[str]]], float]] = {"bare": bare_ms, "ours": scene.step_ms}
        if other:
            whose |= {mode: partial(other.step_ms, mode) for mode in ("shell", *peer.MODES)}
        if other and kind == "250 × true":
            whose["stock"] = partial(other.step_ms, "stock")
        things |= {f"{kind}, {who}": partial(_mean, step_ms, argvs, runs) for who, step_ms in whose.items()}
    return things


def _mean(step_ms: Callable[[list[list[str]]], float], argvs: list[list[str]], runs: int) -> float:
    return statistics.fmean(step_ms(argvs) for _ in range(runs))


def _over(kind: str, who: str, found: Found) -> list[float]:
    """Milliseconds a step beyond the bare program, in each turn."""
    return pairs.less(found[f"{kind}, {who}"], found[f"{kind}, {'bare' if who == 'ours' else 'shell'}"])


def _rows(kind: str, found: Found, other: peer.Peer | None, *, aimed: bool) -> Iterator[Row]:
    over = _over(kind, "ours", found)
    yield pairs.row(
        f"{kind}: a step",
        "ms",
        found[f"{kind}, ours"],
        "bare subprocess",
        found[f"{kind}, bare"],
        aim="≤ 3 ms more",
        met=lambda *_: statistics.median(over) <= 3,
    )
    for mode in [mode for mode in peer.SAYS if f"{kind}, {mode}" in found] if other else []:
        held = aimed and mode == "saved"
        yield pairs.row(
            f"{kind}: overhead",
            "ms",
            over,
            f"mini-swe-agent, {peer.SAYS[mode]}",
            _over(kind, mode, found),
            aim="≤ 0.5" if held else "",
            met=(lambda _ours, _theirs, ratio: ratio <= 0.5) if held else None,
        )


def _flatness(found: Found, other: peer.Peer | None) -> Iterator[Row]:
    """Whether a step of a long run costs more than one of a short run."""
    for who in ("ours", *(peer.MODES if other else ())):
        ours = who == "ours"
        yield pairs.row(
            "overhead at 250 steps" if ours else f"that of mini-swe-agent, {peer.SAYS[who]}",
            "ms",
            _over("250 × true", who, found),
            "at 20 steps",
            _over("20 × true", who, found),
            aim=f"flat: ≤ {_FLAT}" if ours else "",
            met=(lambda _ours, _theirs, ratio: ratio <= _FLAT) if ours else None,
        )


def _build_log() -> str:
    """100 KB as a build prints them: words, paths, numbers, `=` and `:`, which the redactor must look at."""
    lines = (
        f"[{number:5d}] INFO  build/module_{number % 37}: compiled src/part_{number}.c -> obj/part_{number}.o "
        f"(time={number % 91}ms, cache_key={number * 2654435761 % 2**32:08x}, warnings: {number % 3})\n"
        for number in range(1200)
    )
    return "".join(lines)[:_PRINTED]
