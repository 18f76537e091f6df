"""Telling people what waits for them, once, through the channels."""

from __future__ import annotations

from collections.abc import Callable

from autonomy_pack.channels import CHANNELS
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows.project import Place
from autonomy_pack.flows.records import known_secrets
from autonomy_pack.model import Event


def watch(place: Place, report: Callable[[Event], None]) -> Callable[[Event], None]:
    """The same report, which also tells every channel of each decision that was asked, and of each alert."""

    def told(event: Event) -> None:
        report(event)
        said = {"decision.asked": "question", "alert.raised": "says"}.get(event.kind)
        if said:
            text = one_line(redact(f"{event.subject} {event.data[said]}", known_secrets()), 500)
            for name, channel in CHANNELS.items():
                channel.send(text, _place_of(place, name))

    return told


def _place_of(place: Place, channel: str) -> str:
    return str(place.workspace / "logs" / f"{channel}.log")
