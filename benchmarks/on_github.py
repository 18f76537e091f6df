"""What a handoff on GitHub costs: jobs, steps, lines, requests and seconds, beside the closest rival's counts.

The rival's counts are of all 229 compiled workflows of one version of its own repository: medians, counted once. Our
requests go to the tests' stand-in for GitHub on this machine, so the seconds are ours and git's alone: no network, no
runner that has to be started.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pairs
import yaml
from pairs import Result, Row, Say

from autonomy_pack.views.callers import callers

_ROOT = Path(__file__).resolve().parents[1]
_LOOP = _ROOT / ".github" / "workflows" / "autonomous-agent-loop.yml"
_RIVAL = "gh-aw, median of its own 229 workflows"


def measure(*, quick: bool, say: Say) -> Result:
    """The static counts, and one handoff, one empty look and one more look, as requests and seconds."""
    result = Result(rows=_static())
    say("on_github: a handoff, job by job")
    times = 1 if quick else 5
    runs = [_handoff() for _ in range(times)]
    one = runs[0]
    quiet = one["again"]
    result.rows += [
        _row("API requests of a handoff", one["api"], "of them answered 304: free of the quota", one["unchanged"]),
        _row("API requests that write", one["writes"], "git pushes beside them", one["pushes"]),
        _row(
            "API requests of a look, nothing new",
            quiet,
            "of the first that found nothing",
            one["first"],
            "<= 2",
            quiet <= 2,
        ),
        pairs.row(
            "a handoff: select, run and publish",
            "s",
            [each["seconds"] for each in runs],
            "git clone and push of the same",
            [each["git"] for each in runs],
        ),
    ]
    result.notes.append("What a model or a check takes is not in it; starting a runner and installing are not either.")
    return result


def _static() -> list[Row]:
    jobs = yaml.safe_load(_LOOP.read_text())["jobs"]
    steps = sum(len(job["steps"]) for job in jobs.values())
    made = callers("o/p", "a" * 40, "1.2.3", private=True, review=True, repair=True)
    caller = max(len(text.splitlines()) for text in made.values())
    return [
        _row("jobs of the loop", len(jobs), _RIVAL, 6, "<= 3", len(jobs) <= 3),
        _row("steps of the loop", steps, _RIVAL, 101, "<= 30", steps <= 30),
        _row("lines of the longest caller", caller, f"{_RIVAL}, lines", 1606, "<= 40", caller <= 40),
    ]


def _row(what: str, ours: float, beside: str, theirs: float, aim: str = "", met: bool | None = None) -> Row:
    ratio = ours / theirs if theirs else 0.0
    return Row(what=what, unit="", ours=ours, beside=beside, theirs=theirs, ratio=ratio, aim=aim, met=met)


def _handoff() -> dict[str, Any]:
    """One world: an issue handed off, then looks at a repository where nothing is left to do."""
    from tests.flows.actions.driver import Site

    from hub import Hub

    with tempfile.TemporaryDirectory() as folder, Hub() as hub:
        site = Site(hub, Path(folder))
        site.issue()
        seconds = pairs.seconds(lambda: _need(site.session().outcomes == {"1": "handed_off"}))
        sent = list(hub.journal)
        first, again = (_api_requests(site) for _ in range(2))
        api = [request for request in sent if request.path.startswith("/repos/") or request.path.endswith("graphql")]
        return {
            "api": len(api),
            "unchanged": sum(request.status == 304 for request in api),
            "writes": sum(request.method != "GET" and not request.path.endswith("graphql") for request in api),
            "pushes": sum(request.method == "POST" and "git-receive-pack" in request.path for request in sent),
            "first": first,
            "again": again,
            "seconds": seconds,
            "git": pairs.seconds(lambda: _plain_git(site.repo.git_dir, Path(folder))),
        }


def _api_requests(site: Any) -> int:
    """How many a run of the loop sends that finds nothing to do; what git asks is not among them."""
    before = len(site.hub.journal)
    site.session()
    return sum(".git/" not in request.path for request in site.hub.journal[before:])


def _plain_git(repository: Path, folder: Path) -> None:
    plain = folder / "plain"
    for words in (["clone", "-q", repository, plain], ["-C", plain, "push", "-q", "origin", "HEAD:x"]):
        subprocess.run(["git", *map(str, words)], check=True, capture_output=True)


def _need(true: bool) -> None:
    if not true:
        raise RuntimeError("the issue was not handed off")
