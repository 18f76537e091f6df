"""The gateway: the one process that holds a key for models. Agents reach it by a unix socket, it reaches the provider.

    python -I -m autonomy_pack.programs.gateway

Its first line of input is JSON: socket, token, upstreams {protocol: {url, key}}, models, max_output, prices, patience
{attempts, seconds}, replay. It prints JSON lines: `ready`; `call` before each call of a model, which waits for `go N`
or `no N WORD sentence` on its input; `model.called` after each, whatever became of it; `agent.said`; `diverged`. What
passes and what does not: docs/reference/gateway.md. Exit codes: 0 its input ended · 2 not told what to do.
"""

from __future__ import annotations

import hmac
import importlib.util
import json
import math
import sys
import threading
from collections.abc import Mapping
from typing import Any

from autonomy_pack.contracts import ModelProtocol
from autonomy_pack.edges import closed, prices, redact
from autonomy_pack.model import Usage
from autonomy_pack.programs.asking import Harness
from autonomy_pack.programs.calling import Call, Desk, Patience, refuse
from autonomy_pack.programs.inside import Reply, Request, Server
from autonomy_pack.programs.recording import MAX_LEVELS, Recorder
from autonomy_pack.programs.replaying import Replay
from autonomy_pack.programs.upstream import Upstream
from autonomy_pack.protocols import PROTOCOLS

_MAX_ORDER = 8 * 1024 * 1024
# Each is built as an object of some hundred bytes before anything of it can be judged.
_MOST_PARTS = 250_000
_NO_BODY = f"the body is no JSON object of at most {MAX_LEVELS} levels and {_MOST_PARTS:,} parts"


class Gateway:
    """What it was told, and what it does with a request."""

    def __init__(self, order: Mapping[str, Any], harness: Harness) -> None:
        self._token = str(order["token"])
        self._models = [str(name) for name in order["models"]]
        self._most = int(order["max_output"])
        patience = Patience(**order.get("patience") or {})
        given = order["upstreams"]
        record = order.get("replay")
        self._protocols = {name: PROTOCOLS[name] for name in (PROTOCOLS if record else given)}
        self._keys = {name: str(one["key"]) for name, one in given.items()}
        self._upstreams = {name: Upstream(one["url"], patience.silence) for name, one in given.items()}
        secrets = tuple(filter(None, {*self._keys.values()}))
        self._desk = Desk(
            harness=harness,
            recorder=Recorder(secrets),
            own_prices=order.get("prices") or {},
            patience=patience,
            secrets=secrets,
        )
        self._replay = Replay(**record, harness=harness, recorder=self._desk.recorder) if record else None

    def handle(self, request: Request, reply: Reply) -> None:
        """One request of a client: answered here, refused, or made a call. Our own bug is told, and ends only this."""
        try:
            self._handle(request, reply)
        except Exception as error:  # noqa: BLE001
            says = redact.redact(f"our bug in the gateway: {type(error).__name__}: {error}", self._desk.secrets)
            self._desk.harness.tell("agent.said", {"text": says})
            reply.break_off()

    def _handle(self, request: Request, reply: Reply) -> None:
        found = self._found(request)
        if found is None:
            body = json.dumps({"error": {"type": "not_found", "message": "No such path goes through this gateway."}})
            reply.whole(404, body.encode(), {"content-type": "application/json", "x-should-retry": "false"})
            return
        name, protocol, route = found
        token = protocol.token_of(request.headers, request.query)
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            refuse(protocol, reply, 401, "", "This is not the token of this run.")
        elif route != "call":
            tokens = 1 + len(request.body) // 3
            said = protocol.answer(route, self._models, tokens)
            reply.whole(200, said, {"content-type": "application/json"})
        else:
            self._call(name, protocol, request, reply)

    def _found(self, request: Request) -> tuple[str, ModelProtocol, str] | None:
        for name, protocol in self._protocols.items():
            if route := protocol.route(request.method, request.path, request.query):
                return name, protocol, route
        return None

    def _call(self, name: str, protocol: ModelProtocol, request: Request, reply: Reply) -> None:
        body = _read(request.body)
        if problem := _NO_BODY if body is None else protocol.check(body):
            refuse(protocol, reply, 400, "denied", f"This gateway lets that not pass: {problem}.")
            return
        asked = protocol.asked(request.path, request.query, body or {}, self._most)
        if asked.model not in self._models:
            says = f"Model {asked.model[:100]} is not the one of this run: {', '.join(self._models)}."
            refuse(protocol, reply, 404, "", says)
            return
        if self._replay:
            self._replay.serve(name, protocol, asked, reply)
            return
        headers = {
            **protocol.headers(request.headers, self._keys[name]),
            "content-type": "application/json",
            "accept": "text/event-stream" if asked.stream else "application/json",
            "accept-encoding": "identity",
            "user-agent": "autonomy-pack",
        }
        if not self._desk.room.acquire(timeout=self._desk.patience.seconds):
            refuse(protocol, reply, 503, "", "Too many calls of the model at the same time.")
            return
        try:
            Call(self._desk, name, protocol, asked, self._upstreams[name]).perform(headers, reply)
        finally:
            self._desk.room.release()


def _read(body: bytes) -> dict[str, Any] | None:
    """The JSON object, read as strictly as any provider might: what we judged is what we write anew and send."""
    if closed.has_more_parts(body, _MOST_PARTS):
        return None
    try:
        read = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) and not closed.deeper(read, MAX_LEVELS) else None


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


def main() -> int:
    """Serve until the input ends; the exit code."""
    if not importlib.util.find_spec("genai_prices"):
        print("genai-prices is not installed: pip install 'autonomy-pack[gateway]'", file=sys.stderr)
        return 2
    harness = Harness()
    try:
        order = json.loads(sys.stdin.buffer.readline(_MAX_ORDER))
        gateway = Gateway(order, harness)
        server = Server(order["socket"], gateway.handle)
    except (ValueError, TypeError, KeyError) as error:
        print(f"this is no order for a gateway: {type(error).__name__} {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the gateway cannot start: {error}", file=sys.stderr)
        return 4
    # The library of prices takes half a second to load; the first call need not wait for all of it.
    threading.Thread(target=prices.cost, args=(Usage(), "anthropic", "", {}), daemon=True).start()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 60}, daemon=True).start()
    harness.tell("ready")
    harness.hear(sys.stdin.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
