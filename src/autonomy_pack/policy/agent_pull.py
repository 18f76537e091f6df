"""What a pull request must be to count as work of an agent that was handed off by us. Pure.

Everything here is a claim of whoever opened the pull request; the review gate compares it with what git, the issue and
its own checks say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.model import Finding, Pull, Risk, value
from autonomy_pack.policy import names

RULE = "handoff_contract"
SECTIONS = ("Agent Handoff Protocol", "Review Checklist")
SHOWN = ("agent:handoff", "agent:validated")
_BRANCH = re.compile(r"agent/([a-z][a-z0-9_-]{0,39})/([1-9][0-9]{0,9})-([0-9a-f]{8})-([a-z0-9-]{1,30})")
_TRAILER = re.compile(r"^(Autonomy-[A-Za-z]+): *(\S+) *$", re.MULTILINE)
_MISSION = re.compile(r"^Mission ([a-z0-9-]{1,40}), agent ", re.MULTILINE)
_RUN = re.compile(r"[A-Za-z0-9._/-]+#([0-9]+)@([0-9]+)/[0-9]+")
_CLOSES = re.compile(r"(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(\S*?#|https?://\S+?/issues/)([0-9]+)")
_REFERS = re.compile(r"(?i)\brefs #([0-9]+)")


@value
class Named:
    """What the branch's name says."""

    agent: str
    issue: str
    attempt: str


@value
class Commit:
    """One commit of a pull request, as far as the contract looks at it."""

    id: str
    message: str

    @property
    def trailers(self) -> dict[str, str]:
        """The Autonomy-* trailers of its last paragraph."""
        return dict(_TRAILER.findall(self.message.rstrip().rpartition("\n\n")[2]))

    @property
    def mends(self) -> bool:
        """Whether it says that it mends what CI complained of in a handoff."""
        return "Autonomy-Repair" in self.trailers and "Autonomy-Run" not in self.trailers

    @property
    def mission(self) -> str:
        """The mission it says it is of, "" when it says none."""
        found = _MISSION.search(self.message)
        return found[1] if found else ""


def named(branch: str) -> Named | None:
    """What a branch of the form agent/AGENT/ISSUE-ATTEMPT8-SLUG says; None for any other."""
    found = _BRANCH.fullmatch(branch)
    return Named(agent=found[1], issue=found[2], attempt=found[3]) if found else None


def claims(pull: Pull, commits: Sequence[Commit] = ()) -> bool:
    """Whether it says in words that it is work of an agent, whatever its branch is called; labels: `is_labelled`."""
    body = visible(pull.body).casefold()
    return (
        pull.branch.casefold().startswith("agent/")
        or pull.title.casefold().startswith("feat(agent)")
        or any(section.casefold() in body for section in SECTIONS)
        or any(commit.trailers for commit in commits)
    )


def is_labelled(pull: Pull) -> bool:
    """Whether it has a label of ours; who put it there decides what that is worth."""
    return any(label.casefold() in SHOWN for label in pull.labels)


def closing(body: str) -> list[str]:
    """The issues that merging would close, as the body names them; "?12" where another repository may be meant."""
    return [number if before == "#" else f"?{number}" for before, number in _CLOSES.findall(body)]


def problems(pull: Pull, commits: Sequence[Commit], *, may_close: bool) -> list[Finding]:
    """Every way in which it breaks the contract. `commits`: oldest first; `may_close`: all criteria have evidence."""
    found = [*_place(pull), *_body(pull, may_close=may_close), *_commits(pull, commits)]
    return [Finding(rule=RULE, risk=Risk.HIGH, says=says, fix=fix, where=where) for says, fix, where in found]


_Told = Iterator[tuple[str, str, str]]


def _place(pull: Pull) -> _Told:
    if named(pull.branch) is None:
        fix = "Let `autonomy` hand the work off, or open it as a person's: without the protocol section and its labels."
        yield "the branch is not agent/AGENT/ISSUE-ATTEMPT8-SLUG", fix, one_line(pull.branch, 100)
    if not pull.same_repository:
        fix = "Our handoffs never come from forks; open it as a person's."
        yield "it comes from a fork, but says that it is work of an agent", fix, ""


def _body(pull: Pull, *, may_close: bool) -> _Told:
    for section in SECTIONS:
        if not re.search(rf"(?mi)^#{{1,6}} {re.escape(section)}\s*$", pull.body):
            yield f"the section {section} is missing", "Put the body back as it was handed off.", "body"
    about = named(pull.branch)
    issue = about.issue if about else ""
    others = [number for number in closing(pull.body) if number != issue]
    if others:
        fix = "Take it out: a handoff is about its own issue only."
        yield f"merging it would close {others[0].replace('?', 'another repository’s #')}", fix, "body"
    if issue in closing(pull.body) and not may_close:
        fix = f"Write `Refs #{issue}`; the issue stays open until its criteria are shown."
        yield f"it closes #{issue}, but not every acceptance criterion has evidence", fix, "body"
    if issue and issue not in [*closing(pull.body), *_REFERS.findall(pull.body)]:
        yield f"the body names neither Closes #{issue} nor Refs #{issue}", "Put the body back as it was.", "body"


def _commits(pull: Pull, commits: Sequence[Commit]) -> _Told:
    ours = [commit for commit in commits if commit.trailers and not commit.mends]
    fix = "Let `autonomy` hand the work off again; trailers are written by us alone."
    if not commits or commits[0] not in ours:
        yield "its first commit has no Autonomy-Run: it was not made by us", fix, ""
        return
    if len(ours) > 1:
        yield f"{len(ours)} commits say that they are ours; a handoff has one", fix, ours[1].id[:12]
    for commit in commits:
        mended = _RUN.fullmatch(commit.trailers.get("Autonomy-Repair", ""))
        if commit.mends and (mended is None or mended[1] != str(pull.number)):
            yield "a commit says that it mends another pull request", fix, commit.id[:12]
    told, about = ours[0].trailers, named(pull.branch)
    lacking = [name for name in ("Autonomy-Run", "Autonomy-Attempt", "Autonomy-Policy") if not told.get(name)]
    if lacking:
        yield f"the trailer {lacking[0]} is missing", fix, ours[0].id[:12]
    run = _RUN.fullmatch(told.get("Autonomy-Run", ""))
    if run and about and (run[1] != about.issue or names.attempt8_of(run[1], run[2]) != about.attempt):
        yield "the branch and the trailer Autonomy-Run name two different attempts", fix, ours[0].id[:12]
    if about and told.get("Autonomy-Attempt", about.attempt) != about.attempt:
        yield "the branch and the trailer Autonomy-Attempt name two different attempts", fix, ours[0].id[:12]
