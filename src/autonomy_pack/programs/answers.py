"""One answer of a model: asked for over the gateway's socket, put together from its stream, or why there is none.

The `anthropic` package says nothing when a stream ends early; here an answer without its end is no answer.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import anthropic
import httpx2

from autonomy_pack.errors import WorldError
from autonomy_pack.model import Usage

ATTEMPTS = 3
_BYTES = 32 * 1024 * 1024
_LINE_BYTES = 8 * 1024 * 1024  # what reads the lines takes time that grows with the square of their length
_SILENCE = 240.0  # the provider says "ping" far more often than that
_ALIVE = 60.0
_TOO_LONG = ("too long", "context window", "context limit")


class Answer(NamedTuple):
    """What the model said. `broken` are calls whose arguments are no JSON object: id → what is the matter."""

    blocks: list[dict[str, Any]]
    stop: str
    usage: Usage
    broken: Mapping[str, str]


class TooLong(WorldError):
    """The conversation is longer than the model takes."""


class NoAnswer(WorldError):
    """There is none, and asking again will not help."""


class _Failed(Exception):
    """This attempt gave no answer; another may."""


class Model:
    """One model behind the gateway. `alive` is called once a minute while a long answer comes in."""

    def __init__(self, socket: str, token: str, name: str, max_output: int, alive: Callable[[str], None]) -> None:
        # Nothing is encrypted on a unix socket: an empty context saves reading the system's certificates.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        transport = _Bounded(uds=socket, verify=nobody)
        self._client = anthropic.Anthropic(
            api_key=token,
            base_url="http://gateway",
            max_retries=0,  # the gateway asks again
            timeout=httpx2.Timeout(_SILENCE, connect=10.0),
            http_client=httpx2.Client(transport=transport, verify=nobody, trust_env=False),
        )
        self._asked = {"model": name, "max_tokens": max_output}
        self._alive = alive
        self.calls = 0

    def answer(self, system: str, tools: Sequence[Any], messages: Sequence[Any]) -> Answer:
        """The next answer; `calls` counts how often was asked for one. Raises TooLong or NoAnswer."""
        why = ""
        for attempt in range(ATTEMPTS):
            time.sleep(0.5 * attempt)
            self.calls += 1
            try:
                return self._answer(system, tools, messages)
            except _Failed as failed:
                why = str(failed)
        raise NoAnswer(f"{ATTEMPTS} calls of the model failed; the last: {why}", "Run it again in a while.")

    def _answer(self, system: str, tools: Sequence[Any], messages: Sequence[Any]) -> Answer:
        blocks: Any = [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
        request: Any = {**self._asked, "system": blocks, "tools": tools, "messages": messages}
        try:
            with self._client.messages.create(stream=True, **request) as stream:
                return collected(self._watched(_plain(event) for event in stream))
        except anthropic.APIStatusError as error:
            raise _explained(error) from error
        except anthropic.APIConnectionError as error:
            raise _Failed(f"the gateway does not answer ({type(error.__cause__ or error).__name__})") from error
        except httpx2.HTTPError as error:
            raise _Failed(f"the answer broke off ({type(error).__name__})") from error
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise _Failed(f"what came is no answer ({type(error).__name__})") from error

    def _watched(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        told = time.monotonic()
        for number, event in enumerate(events, start=1):
            if time.monotonic() > told + _ALIVE:
                told = time.monotonic()
                self._alive(f"still answering: {number} pieces")
            yield event


def collected(events: Iterable[Mapping[str, Any]]) -> Answer:
    """The answer that a stream of events makes up; raises when it has no end or is none."""
    blocks: dict[int, dict[str, Any]] = {}
    pieces: dict[int, list[str]] = {}
    counted: dict[str, Any] = {}
    stop, ended = None, False
    for event in events:
        kind = event.get("type")
        if kind == "message_start":
            counted.update(event["message"].get("usage") or {})
        elif kind == "content_block_start":
            blocks[event["index"]] = dict(event["content_block"])
        elif kind == "content_block_delta":
            _grow(blocks[event["index"]], event["delta"], pieces.setdefault(event["index"], []))
        elif kind == "message_delta":
            stop = event["delta"].get("stop_reason") or stop
            counted.update({key: part for key, part in (event.get("usage") or {}).items() if part is not None})
        ended = ended or kind == "message_stop"
    if not ended or stop is None:
        raise _Failed("the answer ended early")
    broken = {}
    for index, block in blocks.items():
        if block["type"] == "tool_use" and (problem := _complete(block, "".join(pieces.get(index, [])))):
            broken[block["id"]] = problem
    return Answer([blocks[index] for index in sorted(blocks)], str(stop), _usage(counted), broken)


_GROWING = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def _grow(block: dict[str, Any], delta: Mapping[str, Any], pieces: list[str]) -> None:
    """Add one piece to a block; kinds of pieces that nobody told us of are passed over."""
    kind = delta.get("type", "")
    if kind == "input_json_delta":
        pieces.append(delta["partial_json"])
    elif name := _GROWING.get(kind):
        block[name] = block.get(name, "") + delta[name]


def _complete(block: dict[str, Any], said: str) -> str:
    """Read a call's arguments; what is the matter with them, "" for nothing."""
    if not isinstance(block["id"], str) or not isinstance(block["name"], str):
        raise TypeError("a call without a name")
    given: Any = block.get("input") or {}
    problem = ""
    try:
        given = json.loads(said) if said.strip() else given
    except (ValueError, RecursionError) as error:
        problem = f"the arguments are not JSON: {error}"
    if not problem and not isinstance(given, dict):
        problem = f"the arguments are not an object but {type(given).__name__}"
    block["input"] = {} if problem else given
    return problem


def _usage(counted: Mapping[str, Any]) -> Usage:
    def number(name: str) -> int:
        found = counted.get(name)
        return found if isinstance(found, int) and found > 0 else 0

    return Usage(
        input=number("input_tokens"),
        output=number("output_tokens"),
        cache_read=number("cache_read_input_tokens"),
        cache_write=number("cache_creation_input_tokens"),
    )


def _plain(event: Any) -> Mapping[str, Any]:
    """An event as it came, whatever the package makes of it."""
    found: Any = event if isinstance(event, Mapping) else event.to_dict()
    return found if isinstance(found, Mapping) else {}


def _explained(error: anthropic.APIStatusError) -> Exception:
    """What a refusal means; one that came in the middle of an answer may pass."""
    says, status = _sentence(error), error.status_code
    if status < 400:
        return _Failed(f"the answer broke off: {says}")
    if status == 413 or (status == 400 and any(words in says for words in _TOO_LONG)):
        return TooLong(says, "Make the issue smaller.")
    return NoAnswer(f"the model was not called: {says}", f"The gateway said {status}: do what its sentence names.")


def _sentence(error: anthropic.APIStatusError) -> str:
    """The provider's words, else ours."""
    body = error.body
    inner = body.get("error") if isinstance(body, Mapping) else None
    said = inner.get("message") if isinstance(inner, Mapping) else None
    return " ".join(str(said or error.message or f"status {error.status_code}").split())[:500].rstrip(".")


class _Bounded(httpx2.HTTPTransport):
    """The transport, which ends an answer that grows beyond 32 MiB, or a line of it beyond 8."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        response.stream = _Counted(response.stream)
        return response


class _Counted(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        size = line = 0
        for piece in self._stream:
            size += len(piece)
            line = len(piece) - end - 1 if (end := piece.rfind(b"\n")) >= 0 else line + len(piece)
            if size > _BYTES or line > _LINE_BYTES:
                raise httpx2.ReadError("the answer is too long")
            yield piece

    def close(self) -> None:
        self._stream.close()
