"""Pin GitHub Actions in workflows: `uses: owner/name@tag` becomes `uses: owner/name@commit # tag`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import COUNT, FILES, arguments, edited, listed, texts

risk = Risk.MEDIUM
mutates = True
schema = arguments(
    "pin_actions",
    "{pins}",
    ["pins"],
    pins=texts(
        'Pins such as "actions/checkout@v4 = 40 hexadecimal digits", one or a list of them',
        "A pin: action@tag = commit",
    ),
    files=FILES,
    count=COUNT,
)

_WORKFLOWS = [".github/workflows/*.yml", ".github/workflows/*.yaml", "**/action.yml", "**/action.yaml"]
_PIN = re.compile(r"([\w.-]+/[\w.-]+)@([\w./+-]+)\s*(?:[=:]\s*)?([0-9a-f]{40})", re.ASCII)
_USES = re.compile(
    r"""(?mx) ^(?P<before> [ \t]*(?:-[ \t]+)? (?P<key>["']?)uses(?P=key) [ \t]*:[ \t]* )
    (?P<quote>["']?) (?P<action>[\w.-]+/[\w.-]+) (?P<inside>(?:/[\w./-]+)?) @ (?P<ref>[\w./+-]+) (?P=quote)
    (?P<comment>[ \t]+\#.*)? [ \t]* $"""
)


def run(given: Mapping[str, Any], folder: str) -> str:
    """`count` is about the files changed. Actions that no pin names, and pinned ones, are left alone."""
    pins = dict(map(_pin, listed(given["pins"])))

    def pinned(uses: re.Match[str]) -> str:
        commit = pins.get((uses["action"].lower(), uses["ref"]))
        if commit is None:
            return uses[0]
        new = f"{uses['quote']}{uses['action']}{uses['inside']}@{commit}{uses['quote']}"
        return f"{uses['before']}{new} # {uses['ref']}"

    return edited({"files": _WORKFLOWS, **given}, folder, lambda old: _USES.sub(pinned, old))


def _pin(text: str) -> tuple[tuple[str, str], str]:
    """((action, tag), commit)."""
    found = _PIN.fullmatch(text.strip())
    if not found:
        fix = "Write owner/name@tag = the commit's 40 hexadecimal digits."
        raise UsageError(f"this is no pin: {text.strip()!r}", fix)
    return (found[1].lower(), found[2]), found[3]
