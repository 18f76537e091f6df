"""What the gateway adds to a call of a model: the same call to the same stand-in, through it and past it, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pairs
from pairs import Result, Say
from tests.gateways import Gateway

from models import Models

_AIM = 2.0
_TEXT = "Some words of a file that the model has read, line by line.\n"
_SIZES = {"a short request": 1, "a request of 100 kB": 40}


def measure(*, quick: bool, say: Say) -> Result:
    """Whole answers and streams, requests short and long; of streams also the time to their first piece."""
    result, times = Result(), 20 if quick else 200
    with _clients() as (direct, through):
        for name, count in _SIZES.items():
            for stream in (False, True):
                body = _body(count, stream=stream)
                say(f"gateway: {name}{', streamed' if stream else ''}, {times} times")
                result.rows += _rows(name, direct, through, body, times)
    result.notes.append("The harness answers each question at once here; a real one writes the reservation down first.")
    return result


def _rows(name: str, direct: httpx2.Client, through: httpx2.Client, body: Any, times: int) -> Iterator[pairs.Row]:
    calls: dict[str, Callable[[], float]] = {"past it": _call(direct, body), "through": _call(through, body)}
    for call in calls.values():
        call()
    found = pairs.in_turn(times, calls)
    what = f"{name}, streamed, to its end" if body["stream"] else f"{name}, whole"
    yield _row(what, found)
    if body["stream"]:
        first = {"past it": _call(direct, body, first=True), "through": _call(through, body, first=True)}
        yield _row(f"{name}, streamed, to its first piece", pairs.in_turn(times, first))


def _row(what: str, found: dict[str, list[float]]) -> pairs.Row:
    aim = f"≤ {_AIM:g} ms more"
    met: Callable[[float, float, float], bool] = lambda ours, theirs, _: ours - theirs <= _AIM  # noqa: E731
    return pairs.row(what, "ms", found["through"], "past it", found["past it"], aim=aim, met=met)


@contextmanager
def _clients() -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    with ExitStack() as stack:
        models = stack.enter_context(Models())
        models.otherwise("An answer of a few words, in two pieces when it is streamed.")
        gateway = stack.enter_context(Gateway(models.upstreams))
        direct = stack.enter_context(httpx2.Client(base_url=models.url, headers={"x-api-key": models.key}, timeout=60))
        yield direct, stack.enter_context(gateway.client())


def _body(count: int, *, stream: bool) -> dict[str, Any]:
    said = [{"role": role, "content": _TEXT * (40 if count > 1 else 1)} for role in ("user", "assistant")]
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "messages": [*said * (count // 2), said[0]],
        "stream": stream,
    }


def _call(client: httpx2.Client, body: Any, *, first: bool = False) -> Callable[[], float]:
    """Milliseconds of one call, to its end or to its first piece."""

    def call() -> float:
        begun = time.perf_counter()
        with client.stream("POST", "/v1/messages", json=body) as answer:
            if answer.status_code != 200:
                raise RuntimeError(f"the call was answered {answer.status_code}")
            pieces = answer.iter_bytes()
            next(pieces)
            ended = time.perf_counter()
            for _ in pieces:
                pass
        return ((ended if first else time.perf_counter()) - begun) * 1000

    return call
