"""A run's recorded answers, served again in their order, at no cost; and where the run now asks something else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from autonomy_pack.contracts import ModelProtocol
from autonomy_pack.model import Asked
from autonomy_pack.policy import replay as compare
from autonomy_pack.policy import transcript
from autonomy_pack.programs import recording
from autonomy_pack.programs.asking import Harness
from autonomy_pack.programs.calling import refuse
from autonomy_pack.programs.inside import Reply
from autonomy_pack.protocols import PROTOCOLS

# Names that a run makes up anew, and who pays; none of it is what was asked.
_MADE_UP = frozenset({"id", "call_id", "tool_use_id", "tool_call_id", "metadata", "client_metadata"})
_MADE_UP |= {"prompt_cache_key", "user", "safety_identifier"}
_OVER = "The record of this run is over: no more answers are in it. End the work."


class Recorded(NamedTuple):
    """One call as it was: what was asked, whole, and what came of it."""

    model: str
    body: Mapping[str, Any]
    usage: Any
    response: Mapping[str, Any]


class Replay:
    """The record of a run, served call by call: the transcript at `path`, and the folders of that run and of this."""

    def __init__(self, path: str, folders: Sequence[str], harness: Harness, recorder: recording.Recorder) -> None:
        with Path(path).open(encoding="utf-8", errors="replace") as lines:
            self._left = iter(list(calls(lines)))
        self._folders = folders
        self._harness, self._recorder = harness, recorder
        self._one_at_a_time = threading.Lock()

    def serve(self, name: str, protocol: ModelProtocol, asked: Asked, reply: Reply) -> None:
        """The next recorded answer, whatever is asked; what differs from the record is told first."""
        with self._one_at_a_time:
            was = next(self._left, None)
            if was is None:
                refuse(protocol, reply, 410, "", _OVER)
                return
            number = self._harness.next_call()
            free = {"call": number, "protocol": name, "model": asked.model, "usd": 0.0, "tokens": 0}
            word, sentence = self._harness.ask(free)
            if word:
                refuse(protocol, reply, 503, word, sentence)
                return
            # What the first call asks was asked by people; later ones tell what programs printed.
            plain = partial(compare.plain, places=self._folders, measured=number > 1)
            if found := difference({"model": was.model, **was.body}, {"model": asked.model, **asked.body}, plain):
                self._harness.tell("diverged", {"call": number, **found})
            self._harness.tell("model.called", self._told(number, name, protocol, asked, was))
        answer(protocol, asked, was.response, reply)

    def _told(self, number: int, name: str, protocol: ModelProtocol, asked: Asked, was: Recorded) -> Mapping[str, Any]:
        """The call, as one that cost nothing."""
        request = self._recorder.request(asked.body, protocol.conversation_key)
        same = {"usage": was.usage, "usd": 0.0, "seconds": 0.0, "request": request, "response": was.response}
        return {"call": number, "protocol": name, "model": asked.model, **same}


def calls(lines: Iterable[str]) -> Iterator[Recorded]:
    """The calls of a transcript whose answers were passed on, in order; lines that cannot be read are left out."""
    before: Mapping[str, Any] = {}
    for line in lines:
        try:
            event = json.loads(line)
            data = event["data"] if event["kind"] == "model.called" else None
            if data is None:
                continue
            before = transcript.whole(data["request"], before, PROTOCOLS[data["protocol"]].conversation_key)
        except (ValueError, KeyError, TypeError):
            continue
        if not data["response"].get("retried"):
            yield Recorded(data["model"], before, data["usage"], data["response"])


def answer(protocol: ModelProtocol, asked: Asked, was: Mapping[str, Any], reply: Reply) -> None:
    """Pass a recorded answer on, as a stream where one is asked for; one that broke off breaks off again."""
    status, body = was.get("status"), was.get("body")
    if not status or was.get("cut") or not isinstance(body, dict):
        refuse(protocol, reply, 502, "", f"The record has no answer here: {was.get('error', 'it was cut')}.")
    elif status != 200 or not asked.stream:
        head = {"content-type": "application/json", "x-should-retry": "false"}
        reply.whole(status, json.dumps(body).encode(), head)
    else:
        reply.begin(200, {"content-type": "text/event-stream"})
        pieces = list(protocol.unfold(body))
        for piece in pieces if was.get("complete") else pieces[:-1]:
            reply.piece(piece)
        if was.get("complete"):
            reply.end()
        else:
            reply.break_off()


def difference(was: Any, now: Any, plain: Callable[[str], str], at: str = "") -> dict[str, Any] | None:
    """Where two requests first differ, as a JSON pointer, and what stood there; None when they ask the same.

    `plain` takes out of a text what may vary.
    """
    if isinstance(was, dict) and isinstance(now, dict):
        keys = [key for key in {**was, **now} if key not in _MADE_UP]
        pairs: Iterable[tuple[Any, Any, Any]] = ((key, was.get(key), now.get(key)) for key in keys)
    elif isinstance(was, list) and isinstance(now, list):
        most = max(len(was), len(now))
        padded = [[*items, *[None] * (most - len(items))] for items in (was, now)]
        pairs = zip(range(most), *padded, strict=True)
    else:
        both = [plain(part) if isinstance(part, str) else part for part in (was, now)]
        return None if both[0] == both[1] else {"where": at, **_sides(*both)}
    inner = (difference(one, other, plain, f"{at}/{_escaped(str(key))}") for key, one, other in pairs)
    return next(filter(None, inner), None)


def _sides(was: Any, now: Any) -> dict[str, str]:
    texts = (part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in (was, now))
    return dict(zip(("was", "is"), compare.apart(*texts), strict=True))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
