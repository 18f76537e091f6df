"""The thin workflows that a repository needs to call ours: at most 40 lines each, pinned to one commit of the pack."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.views.render import Render, render

LOOP = "autonomous-agent-loop.yml"
FILES = (LOOP, "autonomy-pr-review-gate.yml", "autonomy-decide.yml")
# Written when asked for only: what they do costs tokens.
REVIEW, REPAIR = "autonomy-pr-review.yml", "autonomy-ci-repair.yml"
FOLDER = ".github/workflows"
SHA, TAG = "sha", "tag"
"""What callers are pinned to: a commit, or the release's tag, which its owner can move."""
_PACK = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]{0,20}")
_LABEL = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CRON = re.compile(r"[0-9*,/ -]{9,60}")


def callers(
    pack: str,
    sha: str,
    version: str,
    *,
    runs_on: tuple[str, ...] = ("ubuntu-latest",),
    cron: str = "17 * * * *",
    private: bool = False,
    hosted: bool = True,
    review: bool = False,
    repair: bool = False,
    pin: str = SHA,
    rendered: Render = render,
) -> Mapping[str, str]:
    """Path → text of every caller; `private`: the pack is, and secret AUTONOMY_PACK_TOKEN reads it.

    `hosted`: for github.com, whose newer keys GitHub Enterprise Server and act refuse (`cache-mode`, September 2026).

    `review`: also the one that lets agents review pull requests, `repair`: also the one that mends our own; the secrets
    of models go to them by their usual names.

    `pin`: to the commit, or to the tag of `version`, where the runner says which commit that is: only on github.com.

    `cron`: "" = only by hand. `version` stands in a comment beside the commit; "" where it is not known.

    `rendered`: with the templates of which release.

    UsageError for a word that could be anything but what it should be: it would become YAML.
    """
    words = [
        ("--pack", "OWNER/NAME@COMMIT, where the pack is", _PACK, pack),
        ("--pack", "OWNER/NAME@COMMIT with all 40 hex digits of the commit", _SHA, sha),
        ("version", "x.y.z", _VERSION, version or "0.0.0"),
        ("--schedule", "five fields, as in '17 * * * *'", _CRON, cron or "0 0 * * *"),
        *(("--runs-on", "the label of a runner: letters, digits, . _ -", _LABEL, label) for label in runs_on),
    ]
    for name, form, pattern, word in words:
        if not pattern.fullmatch(word):
            raise UsageError(f"{name}: {one_line(word, 80) or 'nothing'} cannot stand in a workflow", f"Give {form}.")
    if not runs_on:
        raise UsageError("--runs-on: no label is given", "Give --runs-on LABEL.")
    labels = runs_on[0] if len(runs_on) == 1 else f"'{json.dumps(list(runs_on))}'"
    values = {"pack": pack, "runs_on": labels, "cron": cron, **_pinned(sha, version, pin, hosted=hosted)}
    ways = {"private": private, "hosted": hosted}
    wanted = (*FILES, *([REVIEW] if review else []), *([REPAIR] if repair else []))
    return {f"{FOLDER}/{file}": rendered(f"workflows/{file}.j2", **values, **ways) for file in wanted}


def _pinned(sha: str, version: str, pin: str, *, hosted: bool) -> Mapping[str, str]:
    """What stands behind the @, and the commit where callers have to say it."""
    if pin == TAG and not (version and hosted):
        says = "--pin tag: the runner does not say there which commit a tag is" if version else "--pin tag: no release"
        raise UsageError(says, "Leave --pin out: callers are pinned to the commit then.")
    if pin == TAG:
        return {"at": f"v{version}", "sha": ""}
    return {"at": f"{sha} # v{version}" if version else sha, "sha": sha}
