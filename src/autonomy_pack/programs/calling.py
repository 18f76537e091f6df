"""One call of a model: asked for, sent, tried again, passed on, written down."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from autonomy_pack.contracts import ModelProtocol
from autonomy_pack.edges import closed, prices, redact, sse
from autonomy_pack.model import Asked, Usage
from autonomy_pack.programs import recording
from autonomy_pack.programs.asking import Harness
from autonomy_pack.programs.inside import Reply
from autonomy_pack.programs.keyless import Keyless
from autonomy_pack.programs.recording import MAX_LEVELS, Recorder
from autonomy_pack.programs.upstream import Answer, Lost, NotSent, Upstream

AT_ONCE = 8
# Statuses that may change by waiting. Not 501 and its like, nor 4xx: asking again asks for the same.
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_KEY_REFUSED = (401, 403)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_BYTES_A_TOKEN = 2
# An image is priced by its pixels, whatever its bytes. As we write JSON, none of these can stand inside a text.
_TOKENS_AN_IMAGE = 5000
_IMAGES = (b'"type": "image"', b'"type": "input_image"', b'"type": "image_url"', b'"inlineData": ')
_PASSED_BACK = ("content-type", "retry-after", "request-id", "x-request-id")
_LIMITS = ("anthropic-ratelimit-", "x-ratelimit-")
_MEANT = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
_WALL = "Do not call the model again: finish now with what there is. The run's harness says: "
_KEY = "The provider refuses the key of this run. Nothing that is done here can change that: end the work."


class Patience(NamedTuple):
    """How often a call is tried, the seconds all its attempts may take before the last, how long silence may last."""

    attempts: int = 5
    seconds: float = 60.0
    silence: float = 300.0


@dataclass
class Desk:
    """What all calls of this process share."""

    harness: Harness
    recorder: Recorder
    own_prices: Mapping[str, Mapping[str, float]]
    patience: Patience
    secrets: tuple[str, ...]
    room: threading.Semaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    recording: threading.Lock = field(default_factory=threading.Lock)
    warned: set[str] = field(default_factory=set)


@dataclass
class Tried:
    """What came of one attempt. `message` is the answer as JSON, `body` its bytes; `passed` when the client has it."""

    number: int
    reserved: float
    begun: float = field(default_factory=time.monotonic)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    message: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    complete: bool = False
    sent: bool = True
    passed: bool = False
    written: bool = False
    reader: sse.Reader = field(default_factory=sse.Reader)


class Call:
    """One request of a client, and all attempts at it."""

    def __init__(self, desk: Desk, name: str, protocol: ModelProtocol, asked: Asked, upstream: Upstream) -> None:
        self._desk, self._name, self._protocol, self._asked, self._upstream = desk, name, protocol, asked, upstream
        self._sent = json.dumps(asked.body).encode()

    def perform(self, headers: Mapping[str, str], reply: Reply) -> None:
        """Until an answer is passed on, or a reason why there is none."""
        until = time.monotonic() + self._desk.patience.seconds
        for attempt in range(1, self._desk.patience.attempts + 1):
            tried, word, sentence = self._begun()
            if word:
                self._refuse(reply, 503, word, _WALL + sentence)
                return
            try:
                self._try(tried, headers, reply)
            except Exception:
                self._write(tried)
                raise
            pause = self._pause(tried, attempt, until)
            self._write(tried, retried=pause is not None)
            if pause is None:
                break
            time.sleep(pause)
        if not tried.passed:
            self._pass_on(tried, reply)

    # --- before ----------------------------------------------------------------------------------------------------

    def _begun(self) -> tuple[Tried, str, str]:
        """The attempt, once the harness was asked for the most that it may cost; and why it may not be."""
        tokens = most_tokens(self._sent)
        protocol, model = self._protocol, self._asked.model
        cost = prices.most(tokens, self._asked.output, protocol.provider, model, self._desk.own_prices)
        if not cost.known:
            self._warn(model)
        tried = Tried(number=self._desk.harness.next_call(), reserved=cost.usd)
        most = {"usd": cost.usd, "tokens": tokens + self._asked.output}
        return tried, *self._desk.harness.ask(
            {"call": tried.number, "protocol": self._name, "model": model} | most,
        )

    def _warn(self, model: str) -> None:
        if model not in self._desk.warned:
            self._desk.warned.add(model)
            says = f"The price of model {model[:100]} is not known: the highest known of its provider is taken."
            self._desk.harness.tell("agent.said", {"text": f"{says} Name it in your settings (prices:)."})

    # --- one attempt -----------------------------------------------------------------------------------------------

    def _try(self, tried: Tried, headers: Mapping[str, str], reply: Reply) -> None:
        try:
            answer = self._upstream.send(self._asked.path, headers, self._sent)
        except NotSent as error:
            tried.sent, tried.error = False, str(error)
        except Lost as error:
            tried.error = str(error)
        else:
            tried.status, tried.headers = answer.status, answer.headers
            if answer.status == 200 and _streams(answer):
                self._stream(tried, answer, reply)
            else:
                self._read(tried, answer)

    def _read(self, tried: Tried, answer: Answer) -> None:
        """A whole answer."""
        try:
            tried.body = b"".join(answer.pieces())
        except Lost as error:
            tried.error = str(error)
            return
        try:
            said = json.loads(tried.body)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            tried.message = said
            tried.complete = tried.status == 200
        elif tried.status == 200:
            tried.error = "the answer is no JSON object"

    def _stream(self, tried: Tried, answer: Answer, reply: Reply) -> None:
        """An answer in pieces, each passed on as it comes; what it cost is told before its last one goes out."""
        pieces, keyless = answer.pieces(), Keyless(self._desk.secrets)
        try:
            for piece in pieces:
                self._fold(tried, piece)
                if tried.complete:
                    self._write(tried)
                piece = keyless.add(piece)
                if not tried.passed:
                    tried.passed = True
                    reply.begin(200, self._passed_back(answer.headers))
                _send(reply, piece)
            _send(reply, keyless.rest())
        except Lost as error:
            tried.error = str(error)
        if not tried.complete and not tried.error:
            tried.error = "the stream ended early"
        if not tried.passed:
            return
        self._write(tried)
        if tried.complete and not tried.error:
            reply.end()
        else:
            reply.break_off()

    def _fold(self, tried: Tried, piece: bytes) -> None:
        for event in tried.reader.add(piece):
            try:
                tried.complete |= self._protocol.fold(tried.message, event)
            except _MEANT as error:
                tried.message = {}
                tried.error = f"the stream cannot be understood: {type(error).__name__}"

    # --- after -----------------------------------------------------------------------------------------------------

    def _pause(self, tried: Tried, attempt: int, until: float) -> float | None:
        """Seconds until it is tried again; None when it is not."""
        failed = tried.error or tried.status in _AGAIN
        if tried.passed or not failed or attempt >= self._desk.patience.attempts:
            return None
        if tried.headers.get("x-should-retry") == "false":
            return None
        told = _told_pause(tried.headers)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.75, 1.0)  # noqa: S311
        pause = pause if told is None else told
        return pause if time.monotonic() + pause <= until else None

    def _write(self, tried: Tried, *, retried: bool = False) -> None:
        """Tell the harness, once: what it cost, what was asked, what was answered."""
        if tried.written:
            return
        tried.written = True
        with self._desk.recording:
            try:
                line, cut = recording.fitted("model.called", self._told(tried, retried=retried))
            except Exception as error:  # noqa: BLE001 - whatever it is, the money is told
                cut = True
                line = recording.line("model.called", self._least(tried, type(error).__name__, retried=retried))
            if cut:
                self._desk.recorder.forget()
            self._desk.harness.tell_line(line)

    def _told(self, tried: Tried, *, retried: bool) -> dict[str, Any]:
        """All of the call."""
        usage = self._usage(tried)
        usd = tried.reserved if usage is None else self._cost(usage)
        request = self._desk.recorder.request(self._asked.body, self._protocol.conversation_key)
        response = self._response(tried, retried=retried)
        return self._line(tried, usage and asdict(usage), usd, request, response)

    def _least(self, tried: Tried, bug: str, *, retried: bool) -> dict[str, Any]:
        """A call that cannot be written down: what was reserved is spent."""
        marks = {"stream": self._asked.stream, "complete": False, "retried": retried, "cut": True}
        response = {"status": tried.status, **marks, "error": f"our bug in writing it down: {bug}"}
        return self._line(tried, None, tried.reserved, {"same": 0, "as_before": [], "cut": True}, response)

    def _line(self, tried: Tried, usage: Any, usd: float, request: Any, response: Any) -> dict[str, Any]:
        return {
            "call": tried.number,
            "protocol": self._name,
            "model": self._asked.model,
            "usage": usage,
            "usd": usd,
            "seconds": round(time.monotonic() - tried.begun, 6),
            "request": request,
            "response": response,
        }

    def _usage(self, tried: Tried) -> Usage | None:
        """What the provider counted. None: it did not say and may have counted something."""
        if tried.complete:
            try:
                return self._protocol.usage(tried.message)
            except _MEANT:
                return None
        in_its_words = "error" in tried.message and tried.status != 200
        refused = 400 <= tried.status < 500 and tried.status != 408
        return Usage() if not tried.sent or refused or in_its_words else None

    def _cost(self, usage: Usage) -> float:
        return prices.cost(usage, self._protocol.provider, self._asked.model, self._desk.own_prices).usd

    def _response(self, tried: Tried, *, retried: bool) -> dict[str, Any]:
        said: dict[str, Any] = {"status": tried.status} if tried.status else {}
        if tried.message:
            said["body"] = self._desk.recorder.clean(tried.message)
            said |= {"cut": True} if closed.deeper(tried.message, MAX_LEVELS) else {}
        elif tried.body:
            said["body"] = self._clean(tried.body).decode("utf-8", "replace")[:4000]
        marks = {"stream": self._asked.stream, "complete": tried.complete, "retried": retried}
        error = {"error": redact.redact(tried.error, self._desk.secrets)} if tried.error else {}
        return said | marks | error

    def _pass_on(self, tried: Tried, reply: Reply) -> None:
        """The last attempt's answer, good or bad."""
        if tried.error:
            self._refuse(reply, 502, "", f"There is no answer of the model: {tried.error}.")
        elif tried.status in _KEY_REFUSED:
            self._refuse(reply, tried.status, "denied", _KEY)
        elif tried.status == 200:
            reply.whole(200, Keyless(self._desk.secrets).whole(tried.body), self._passed_back(tried.headers))
        elif tried.message and tried.status >= 400:
            given = self._passed_back(tried.headers) | {"x-should-retry": "false"}
            reply.whole(tried.status, self._clean(tried.body), given)
        else:
            status = tried.status if tried.status >= 400 else 502
            self._refuse(reply, status, "", f"The provider answered {tried.status}, and nothing more.")

    def _passed_back(self, headers: Mapping[str, str]) -> dict[str, str]:
        given = _allowed(headers)
        return {name: text for name, text in given if not any(key in text for key in self._desk.secrets)}

    def _clean(self, body: bytes) -> bytes:
        return redact.redact(body.decode("utf-8", "replace"), self._desk.secrets).encode()

    def _refuse(self, reply: Reply, status: int, word: str, sentence: str) -> None:
        refuse(self._protocol, reply, status, word, sentence)


def most_tokens(sent: bytes) -> int:
    """As many tokens as a body that was written by us is taken to be, before the provider counted them."""
    return 1 + len(sent) // _BYTES_A_TOKEN + _TOKENS_AN_IMAGE * sum(sent.count(mark) for mark in _IMAGES)


def refuse(protocol: ModelProtocol, reply: Reply, status: int, word: str, sentence: str) -> None:
    """An error of the gateway's own, as the protocol's clients understand it."""
    status, body = protocol.refusal(status, word, sentence)
    reply.whole(status, body, {"content-type": "application/json", "x-should-retry": "false"})


def _streams(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").partition(";")[0].strip() == "text/event-stream"


def _send(reply: Reply, piece: bytes) -> None:
    if piece:  # an empty one would end the answer
        reply.piece(piece)


def _allowed(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        if name in _PASSED_BACK or name.startswith(_LIMITS):
            yield name, value


def _told_pause(headers: Mapping[str, str]) -> float | None:
    """What the provider says of when to ask again, in seconds; a date counts as not said."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    return None
