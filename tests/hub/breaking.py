"""What a broken GitHub answers: nothing, an error, a page of HTML, or what was true a moment ago."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hub.faults import Fault
from hub.journal import Request
from hub.patience import SECONDARY
from hub.router import Answer, Refused

if TYPE_CHECKING:
    from hub.core import Hub

HTML = b"<!DOCTYPE html><html><head><title>Unicorn! &middot; GitHub</title></head><body>502</body></html>"


def broken(hub: Hub, request: Request, fault: Fault) -> Answer | None:
    """What a broken GitHub says instead of working; None = nothing at all."""
    after = {"Retry-After": f"{fault.retry_after:g}"}
    bodies: dict[str, Answer] = {
        "500": Answer(500, {"message": "Server Error"}),
        "html502": Answer(502, None, {"Content-Type": "text/html; charset=utf-8"}, HTML),
        "secondary403": Refused(403, SECONDARY).answer(),
        "secondary403_retry": Refused(403, SECONDARY, headers=after).answer(),
        "429": Refused(429, SECONDARY).answer(),
        "429_retry": Refused(429, SECONDARY, headers=after).answer(),
        "graphql_secondary": Answer(200, {"errors": [{"message": SECONDARY}]}, after if fault.retry_after else {}),
        "409": Refused(409, "Conflict").answer(),
        "422": Refused(422, "Validation Failed", {"resource": "Hub", "field": "fault", "code": "invalid"}).answer(),
    }
    if fault.kind == "expired" and request.token in hub.tokens:
        hub.expire(request.token)
    bodies["expired"] = Refused(401, "Bad credentials").answer()
    made = bodies.get(fault.kind)
    if made is not None:
        made.headers.setdefault("Content-Type", "application/json; charset=utf-8")
    return made


def _key(request: Request) -> str:
    return f"{request.line}?{json.dumps(request.query, sort_keys=True)} {request.raw.decode('latin-1')}"


def remember(hub: Hub, request: Request, answer: Answer) -> None:
    """Keep the last two different answers of each read, for stale reads."""
    reads = (
        request.method == "GET"
        or request.route == "git-upload-pack"
        or (request.route == "graphql" and not request.writes)
    )
    if reads and answer.status in (200, 404):
        key = _key(request)
        kept = hub.answers.setdefault(key, [])
        whole = (answer.status, answer.bytes())
        if not kept or kept[-1] != whole:
            hub.answers[key] = [*kept, whole][-2:]


def stale(hub: Hub, request: Request, answer: Answer) -> Answer:
    """The answer of a replica that lags behind: what this read said before it last changed, if it was read before."""
    kept = hub.answers.get(_key(request), [])
    if len(kept) < 2:
        return answer
    status, body = kept[0]
    request.status = status
    headers = {name: value for name, value in answer.headers.items() if name != "ETag"}
    return Answer(status, None, headers, body)
