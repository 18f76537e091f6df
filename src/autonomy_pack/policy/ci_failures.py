"""Why a job of CI failed, by the error it printed: what an agent can mend, what only a person can, what a re-run may.

A log is a stranger's text. It decides nothing but whether an attempt is worth its cost, and which lines are shown.
Words of GitHub's runner: actions/runner, src/Runner.Worker and src/Runner.Listener; the others are those that the named
tools print.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from autonomy_pack.model import value

_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COMMAND = re.compile(r"^##\[(group|endgroup|command|debug)\]|^\[command\]")
_LONGEST_LINE = 2000


class Kind(StrEnum):
    """What kind of failure it is."""

    TESTS = "tests"
    LINT = "lint"
    TYPES = "types"
    BUILD = "build"
    DEPENDENCIES = "dependencies"
    TIMEOUT = "timeout"
    INFRASTRUCTURE = "infrastructure"
    PERMISSIONS = "permissions"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# What a change of the code may mend; the others get no attempt.
MENDABLE = frozenset({Kind.TESTS, Kind.LINT, Kind.TYPES, Kind.BUILD, Kind.DEPENDENCIES, Kind.TIMEOUT, Kind.UNKNOWN})

NEXT = {
    Kind.INFRASTRUCTURE: "nothing in the code is at fault, it seems: press “Re-run failed jobs”",
    Kind.PERMISSIONS: "a person has to give the job the permission or the secret that it names",
    Kind.CANCELLED: "somebody, or a newer run, cancelled it: press “Re-run failed jobs” if it should go on",
}


@value
class Failed:
    """A job that did not succeed: its conclusion as GitHub says it, and the end of its log."""

    name: str
    conclusion: str
    log: str = ""


@value
class Failure:
    """What a job failed of, the line that says so ("" when none does), and the lines around it."""

    job: str
    kind: Kind
    line: str
    excerpt: str


# In order: the first kind that any line of the log tells of is the one. What the runner says of itself comes first,
# because whatever else stands there was cut off by it; a summary of tests before words that a test may print itself.
_SAYS: Sequence[tuple[Kind, str]] = (
    (Kind.TIMEOUT, r"exceeded the maximum execution time of \d+"),
    (Kind.TIMEOUT, r"^##\[error\]The action '.{1,200}' has timed out after \d+ minutes"),
    (Kind.INFRASTRUCTURE, r"The runner has received a shutdown signal"),
    (Kind.INFRASTRUCTURE, r"lost communication with the server"),
    (Kind.INFRASTRUCTURE, r"The hosted runner encountered an error while running your job"),
    (Kind.INFRASTRUCTURE, r"^##\[error\].{0,200}No space left on device"),
    (Kind.INFRASTRUCTURE, r"^##\[error\](?:An action could not be found|Failed to (?:download|resolve) action)"),
    (Kind.INFRASTRUCTURE, r"^##\[error\]Unable to (?:download|resolve) actions?"),
    (Kind.INFRASTRUCTURE, r"^##\[error\]fatal: unable to access .{0,200}(?:Could not resolve host|error: 5\d\d)"),
    (Kind.CANCELLED, r"^##\[error\]The operation was canceled"),
    (Kind.PERMISSIONS, r"^##\[error\].{0,300}Resource not accessible by integration"),
    (Kind.PERMISSIONS, r"^##\[error\](?:Error: )?Input required and not supplied: "),
    (Kind.PERMISSIONS, r"^##\[error\].{0,300}(?:Bad credentials|Must have admin rights)"),
    (Kind.PERMISSIONS, r"[Pp]ermission to \S{1,140} denied to \S{1,60}"),
    (Kind.PERMISSIONS, r"refusing to allow .{1,80} to create or update workflow"),
    (Kind.PERMISSIONS, r"^##\[error\](?:Error: )?Credentials could not be loaded"),
    (Kind.PERMISSIONS, r"denied: (?:requested access to the resource is denied|permission_denied)"),
    (Kind.TESTS, r"^=+ (?:.{0,80}, )?\d+ (?:failed|errors?)\b.{0,120} in [\d.:]+"),  # pytest
    (Kind.TESTS, r"^FAILED \(.{0,60}(?:failures|errors)=\d+"),  # unittest
    (Kind.TESTS, r"^Tests: +(?:\d+ \w+, )*\d+ failed"),  # jest
    (Kind.TESTS, r"^ *Tests +(?:\d+ \w+ \| )*\d+ failed"),  # vitest
    (Kind.TESTS, r"^\s*\d+ failing$"),  # mocha
    (Kind.TESTS, r"^# fail [1-9]\d*$"),  # node --test
    (Kind.TESTS, r"^--- FAIL: |^FAIL\t\S"),  # go test
    (Kind.TESTS, r"^test result: FAILED\."),  # cargo test
    (Kind.TESTS, r"Tests run: \d+, (?:Failures: [1-9]|Failures: 0, Errors: [1-9])"),  # surefire
    (Kind.TESTS, r"^There (?:was|were) \d+ (?:failure|error)s?:$|^FAILURES!$"),  # phpunit
    (Kind.TESTS, r"^\d+ examples?, [1-9]\d* failures?"),  # rspec
    (Kind.TESTS, r"^\d+% tests passed, [1-9]\d* tests? failed out of"),  # ctest
    (Kind.TESTS, r"^Failed! +- Failed: +[1-9]"),  # dotnet test
    (Kind.TYPES, r"(?:^|\s)error TS\d{4,5}: "),
    (Kind.TYPES, r"^Found \d+ errors? in \d+ files? \(checked \d+ source files?\)"),  # mypy
    (Kind.TYPES, r"^[1-9]\d* errors?, \d+ warnings?, \d+ informations?"),  # pyright
    (Kind.LINT, r"^\d+ files? would be reformatted|^would reformat |^Would reformat: "),  # black, ruff
    (Kind.LINT, r"^Found \d+ errors?\.(?:$| \[\*\])"),  # ruff
    (Kind.LINT, r"\u2716 \d+ problems? \("),  # eslint
    (Kind.LINT, r"Code style issues (?:were )?found in"),  # prettier
    (Kind.LINT, r"^Diff in \S+(?::\d+:$| at line \d+:$)"),  # rustfmt
    (Kind.LINT, r"= help: for further information visit .{0,60}clippy"),
    (Kind.LINT, r"\((?:errcheck|govet|staticcheck|revive|gofmt|ineffassign|unused)\)$"),  # golangci-lint
    (Kind.LINT, r"^- hook id: \S+"),  # pre-commit
    (Kind.DEPENDENCIES, r"No matching distribution found for |ResolutionImpossible"),  # pip
    (Kind.DEPENDENCIES, r"No solution found when resolving dependencies"),  # uv
    (Kind.DEPENDENCIES, r"npm (?:ERR!|error) (?:code )?(?:ERESOLVE|E404|ETARGET|EUSAGE|EBADENGINE)"),
    (Kind.DEPENDENCIES, r"ERR_PNPM_(?:OUTDATED_LOCKFILE|NO_MATCHING_VERSION|FETCH_404)"),
    (Kind.DEPENDENCIES, r"The lockfile would have been modified by this install"),  # yarn
    (Kind.DEPENDENCIES, r"^error: failed to select a version for|the lock file .{0,200} needs to be updated"),  # cargo
    (Kind.DEPENDENCIES, r"^go: .{0,200}(?:missing go\.sum entry|unknown revision|updates to go\.mod needed)"),
    (Kind.DEPENDENCIES, r"Could not (?:resolve dependencies for project|find gem )"),  # maven, bundler
    (Kind.DEPENDENCIES, r"THESE PACKAGES DO NOT MATCH THE HASHES"),
    (Kind.BUILD, r"^error\[E\d{4}\]: |^error: (?:could not compile|aborting due to)"),  # rustc
    (Kind.BUILD, r"^\S+\.(?:c|cc|cpp|h|hpp|m):\d+:\d+: (?:fatal )?error: "),
    (Kind.BUILD, r"undefined reference to |^ld: (?:symbol|library)|^collect2: error"),
    (Kind.BUILD, r"^\S+\.go:\d+:\d+: "),
    (Kind.BUILD, r"^\[ERROR\] COMPILATION ERROR|^\S+\.(?:java|kt|scala):\d+: error: |^e: file://"),
    (Kind.BUILD, r"^BUILD FAILED|^FAILURE: Build failed with an exception"),
    (Kind.BUILD, r"(?:^|: )error CS\d{4}: "),
    (Kind.BUILD, r"Module not found: Error:|^Failed to compile\.|Rollup failed to resolve import"),
    (Kind.BUILD, r"^(?:E  +)?(?:SyntaxError|IndentationError|ModuleNotFoundError|ImportError): "),
    (Kind.BUILD, r"^make(?:\[\d+\])?: \*\*\* \[.{1,200}\] Error \d+"),
    (Kind.INFRASTRUCTURE, r"Temporary failure in name resolution|Could not resolve host"),
    (Kind.INFRASTRUCTURE, r"\b(?:ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH)\b"),
    (Kind.INFRASTRUCTURE, r"(?i)\b(?:50[0234]|429)\b[: ].{0,40}(?:bad gate|unavailable|time-?out|server err|too many)"),
    (Kind.INFRASTRUCTURE, r"(?i)API rate limit exceeded|toomanyrequests: "),
    (Kind.INFRASTRUCTURE, r"(?i)\b(?:connection (?:reset by peer|timed out)|TLS handshake timeout|i/o timeout)\b"),
    (Kind.INFRASTRUCTURE, r"^E: Failed to fetch |^error: RPC failed|early EOF"),
    (Kind.TESTS, r"^(?:E  +)?AssertionError\b|^not ok \d+ "),
)  # fmt: skip
_TABLE = tuple((kind, re.compile(pattern)) for kind, pattern in _SAYS)
_CONCLUSIONS = {"timed_out": Kind.TIMEOUT, "cancelled": Kind.CANCELLED}


def classify(failed: Failed, *, most: int = 4000) -> Failure:
    """What the job failed of; its excerpt has at most `most` characters and ends where the job did."""
    lines = clean(failed.log)
    kind, line = _told(lines)
    if kind is Kind.UNKNOWN or (failed.conclusion == "cancelled" and kind is not Kind.TIMEOUT):
        kind = _CONCLUSIONS.get(failed.conclusion, kind)
    return Failure(job=failed.name, kind=kind, line=line[:300], excerpt=_excerpt(lines, line, most))


def clean(log: str) -> list[str]:
    """The lines of a log without the runner's times, colours and folding."""
    lines = (_COLOUR.sub("", _STAMP.sub("", line[:_LONGEST_LINE])).rstrip() for line in log.splitlines())
    return [line for line in lines if line and not _COMMAND.match(line)]


def _told(lines: Sequence[str]) -> tuple[Kind, str]:
    for kind, pattern in _TABLE:
        for line in reversed(lines):
            if pattern.search(line):
                return kind, line
    return Kind.UNKNOWN, ""


def _excerpt(lines: Sequence[str], line: str, most: int) -> str:
    """The last lines that fit; when the telling line is not among them, it stands before them."""
    kept: list[str] = []
    room = most - len(line) - 3
    for one in reversed(lines):
        room -= len(one) + 1
        if room < 0:
            break
        kept.append(one)
    kept.reverse()
    return "\n".join(kept if not line or line in kept else [line, "…", *kept])


def mendable(failures: Iterable[Failure]) -> list[Failure]:
    """Those that a change of the code may mend."""
    return [one for one in failures if one.kind in MENDABLE]
