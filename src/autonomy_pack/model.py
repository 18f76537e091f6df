"""Every value that passes through the house: frozen, keyword-only, standard library only.

Three nouns hold all state: Event, Lease, Decision. The rest passes through:
Forge → Issue → Task → Lease → Run → Change → Finding → (Decision) → Handoff.
Times are text, UTC, microseconds: "2026-01-02T03:04:05.678901Z" (so text order is time order).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

# Labels that a person sets to keep work away from an issue, or to end it.
HOLD_LABEL = "autonomy:hold"
STOP_LABEL = "autonomy:stop"
# Families of labels that decide what is done with an issue, and by whom.
STEERING = ("priority:", "mission:", "agent:", "lane:")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A frozen, keyword-only, slotted dataclass: the only kind of thing that crosses a seam."""
    return dataclass(frozen=True, kw_only=True, slots=True)(cls)


class Priority(IntEnum):
    """Urgency of a task, from `priority:*`; 0 comes first."""

    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3

    def __str__(self) -> str:
        return self.name.lower()


class Risk(IntEnum):
    """How dangerous a finding is. The risk of a change is the highest of its findings."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Risk:
        """The risk of that name, any case; an unknown word is HIGH: what we do not understand is never fine."""
        return cls.__members__.get(word.upper(), cls.HIGH)


class Outcome(StrEnum):
    """How a run ended: a closed set."""

    HANDED_OFF = "handed_off"
    WAITING = "waiting"
    BLOCKED = "blocked"
    NO_CHANGE = "no_change"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    STALLED = "stalled"
    OVER_BUDGET = "over_budget"
    RATE_LIMITED = "rate_limited"
    STOPPED = "stopped"
    STALE = "stale"


# Only these say something about the task itself, so only these use up its attempts.
COUNTED_OUTCOMES = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED, Outcome.NO_CHANGE})


# --- the three nouns -----------------------------------------------------------------------------------------------

# One closed set of data fields per kind of event. `schemas/events.json` publishes the same with types; a test keeps
# the two equal.
EVENT_FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "task.seen": "title priority lane mission agent pin eligible why",
        "task.claimed": "fence holder expires",
        "run.started": "attempt agent mission mission_sha256 base sandbox limits pid pid_start",
        "change.made": "base head tree files added removed bundle sha256",
        "check.ran": "name argv exit seconds head log_sha256",
        "finding.found": "rule risk says fix where",
        "decision.asked": "kind question options default deadline action_sha256 may_answer",
        "decision.answered": "option why via action_sha256",
        "handoff.intended": "branch head closes",
        "handoff.made": "ref url number verified",
        "handoff.ended": "state closed",
        "comment.made": "issue comment sha256",
        "run.finished": "outcome why seconds usd tokens transcript_sha256",
        "spend.reserved": "scopes usd tokens",
        "spend.settled": "scopes usd tokens model usage reserved_usd reserved_tokens",
        "alert.raised": "rule window says",
        "control.set": "scope state why",
        "task.reset": "scope state why",
        "task.skipped": "scope state why",
        "session.started": "argv mode",
        "session.finished": "counts summary",
        "store.migrated": "from to backup",
        # The inside of a run; these live in its transcript.jsonl, never in the store.
        "step.started": "step tool_call",
        "step.answered": "step call_sha256 answer by why",
        "step.finished": "step exit duration output output_sha256",
        "model.called": "call protocol model usage usd seconds request response",
        "agent.said": "text",
        "agent.asked": "question options",
        "prompt.given": "sha256 bytes parts",
    }.items()
}


@value
class Event:
    """Something that happened; append-only. With a `key` it happens at most once. The store fills id, seq and at."""

    kind: str
    subject: str
    data: Mapping[str, Any]
    repo: str = "."
    run: str = ""
    actor: str = "system"
    key: str | None = None
    id: str = ""
    seq: int = 0
    at: str = ""
    v: int = 1


@value
class Holder:
    """Who holds a lease: a process, named so that its death can be proved on its own host."""

    host: str
    boot: str
    pid_namespace: str
    pid: int
    pid_start: float


@value
class Lease:
    """Something held for a while. `fence` only ever rises for a key, so a late writer is told from the holder."""

    key: str
    fence: int
    holder: Holder | None
    expires: str


@value
class Decision:
    """Something a person must choose: the fold of decision.asked and decision.answered.

    `status` is pending, approved, answered, denied or expired; an answer binds to `action_sha256` and to nothing else.
    """

    id: str
    kind: str
    subject: str
    run: str
    question: str
    options: tuple[str, ...]
    default: str
    asked: str
    deadline: str
    action_sha256: str
    may_answer: tuple[str, ...]
    status: str = "pending"
    answer: str = ""
    why: str = ""
    answered_by: str = ""


@value
class Head:
    """The newest state of one subject, folded from its events: events are commits, heads are refs.

    `type` is task, decision, control, session or budget (subjects run:RUN, issue:TASK, day:DATE, repo: `usd` and
    `tokens` are what is spent or set aside). `status` of a task: seen, queued, running, skipped,
    an Outcome, or what became of its handoff: merged, held (its branch was deleted unmerged).
    """

    repo: str
    subject: str
    type: str
    seq: int = 0
    at: str = ""
    kind: str = ""
    status: str = ""
    title: str = ""
    priority: int | None = None
    lane: str = ""
    mission: str = ""
    agent: str = ""
    run: str = ""
    pin: str = ""
    attempts: int = 0
    since: str = ""
    branch: str = ""
    commit: str = ""
    deadline: str = ""
    action_sha256: str = ""
    why: str = ""
    usd: float = 0.0
    tokens: int = 0


# --- what a forge holds, and what we make of it --------------------------------------------------------------------


@value
class Labeling:
    """Who put a label on that an issue has now, and when. `event` is the REST id of the event ("" from a bulk read).

    `actor_id` is the forge's number of the actor (0 = unknown, a deleted account); `app` names the App it was done
    through, "" when none.
    """

    label: str
    actor: str
    actor_id: int
    at: str
    event: str = ""
    app: str = ""


@value
class Pull:
    """A pull request: `head` is the commit its branch is at. Title and body are untrusted text.

    `same_repository`: the branch lies in this repository, not in a fork. `closes`: merging it would close the issue
    that links it; `closed`: when it was closed, "" while open. Both are known only where an issue links it.
    """

    number: int
    url: str
    branch: str
    head: str
    base: str
    state: str
    merged: bool = False
    draft: bool = False
    author: str = ""
    author_id: int = 0
    title: str = ""
    body: str = ""
    labels: tuple[str, ...] = ()
    same_repository: bool = True
    node: str = ""
    closes: bool = False
    closed: str = ""


@value
class Place:
    """A repository on this disk. `root`: its work tree; `git_dir`: the common git folder; `workspace`: our files."""

    root: Path
    git_dir: Path
    workspace: Path


@value
class Issue:
    """An issue as the forge holds it. Title and body are untrusted text.

    `labelings` is None where the forge has no actors (a folder of files); `edited` is when title or body last changed
    ("" = never); `pulls` are the pull requests that link it.
    """

    id: str
    title: str
    body: str
    labels: tuple[str, ...]
    state: str
    author: str
    created: str
    updated: str = ""
    assignee: str = ""
    depends_on: tuple[str, ...] = ()
    url: str = ""
    node: str = ""
    author_id: int = 0
    edited: str = ""
    labelings: tuple[Labeling, ...] | None = None
    pulls: tuple[Pull, ...] = ()
    locked: bool = False


@value
class Comment:
    """A comment of an issue or pull request. The body is untrusted text; `edited`: it changed after it was created.

    `updated` is when it last changed; `app` the short name of the App it was written through, "" when none.
    """

    id: int
    author: str
    author_id: int
    body: str
    created: str
    edited: bool
    issue: str
    app: str = ""
    updated: str = ""


@value
class Criterion:
    """One item of an issue's Acceptance Criteria."""

    text: str
    done: bool = False


@value
class Repair:
    """A pull request of ours to be mended: its number and branch, the commit `tip` that it is at and the work goes on
    from, `base` that its whole change is judged against, and `complaint`: what its CI failed of.
    """

    pull: int
    branch: str
    tip: str
    base: str
    complaint: str = ""


@value
class Review:
    """A pull request that agents are asked to judge: its number, the commit `tip` that it is at, `base` where that
    parted from the default branch, and the text of the change between them.
    """

    pull: int
    tip: str
    base: str
    diff: str


@value
class Opinion:
    """What one agent says of a pull request: data, never a verdict. `risk` is None where nothing could be made of what
    it said, and `why` says why; that is unknown, never fine.
    """

    agent: str
    risk: Risk | None = None
    why: str = ""
    summary: str = ""
    findings: tuple[Finding, ...] = ()


@value
class Task:
    """A chosen issue, understood: what a run needs to know of it. `pin` is the sha256 of the text it was chosen by.

    `event` is the label event that made it eligible ("" where the forge has none); its lease is keyed on it.
    `labelled` is when that was, "" where nobody labels. `repair` is there when the task is to mend the pull request
    that was made for the issue, `review` when it is to judge one; its id then is the pull request's. A mission that a
    person runs by hand is a task without an issue: `issue` is "".
    """

    id: str
    repo: str
    issue: str
    title: str
    body: str
    labels: tuple[str, ...]
    priority: Priority
    lane: str
    mission: str
    agent: str
    acceptance: tuple[Criterion, ...]
    fields: Mapping[str, str]
    pin: str
    created: str
    url: str = ""
    event: str = ""
    node: str = ""
    labelled: str = ""
    repair: Repair | None = None
    review: Review | None = None

    @property
    def tip(self) -> str:
        """The commit that work begins at; "" for the run's base."""
        return self.repair.tip if self.repair else self.review.tip if self.review else ""

    @property
    def base(self) -> str:
        """The commit that the result is judged against; "" for the default branch's."""
        return self.repair.base if self.repair else self.review.base if self.review else ""


@value
class Choice:
    """One open issue and what choosing made of it: every issue gets a `why`, only the eligible ones a `task`."""

    id: str
    title: str
    priority: Priority | None
    lane: str | None
    agent: str | None
    mission: str | None
    eligible: bool
    why: str
    task: Task | None = None


# --- missions and configuration ------------------------------------------------------------------------------------


@value
class Input:
    """A typed value a mission takes from an issue-form field or from --input. `values`: what its choices stand for."""

    values: Mapping[str, Any] = field(default_factory=dict)
    name: str
    type: str = "string"
    field: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


@value
class Step:
    """One deterministic planner step: a tool's name and its arguments, still holding `{{ input }}` places."""

    tool: str
    arguments: Mapping[str, Any] | tuple[str, ...]


@value
class Check:
    """A program that must exit 0 on the finished tree. `minutes` is its wall-clock limit."""

    name: str
    argv: tuple[str, ...]
    minutes: float = 5.0


@value
class Success:
    """Which check is the evidence for the criteria whose text matches `criterion` (a regular expression)."""

    check: str
    criterion: str = ""


@value
class Limits:
    """Bounds of one run; usd and tokens of 0 mean: no model may be called. `turns`: calls of a model; 0, any number."""

    steps: int = 50
    minutes: float = 20.0
    stall_minutes: float = 5.0
    usd: float = 0.0
    tokens: int = 0
    turns: int = 0


@value
class Ceiling:
    """The most that a budget may hold, None where there is no limit; `setting` names what sets it.

    `scope` is the subject of the budget's head: run:RUN, issue:TASK, day:DATE or repo.
    """

    scope: str
    usd: float | None = None
    tokens: int | None = None
    setting: str = ""


@value
class Mission:
    """How a class of tasks is done: versioned YAML, validated by `schemas/mission.json`.

    `agent` is "" when it names none and has no steps: then the configuration's agent does it. `model` is "" when the
    configuration's is meant, or the agent's own. `returns` names the document it gives back instead of a change.
    """

    name: str
    version: int
    goal: str
    type: str = "chore"
    agent: str = ""
    inputs: tuple[Input, ...] = ()
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    success: tuple[Success, ...] = ()
    tools: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    plan_only: bool = False
    requires_approval: bool = False
    repair: int = 0
    limits: Limits = field(default_factory=Limits)
    ask_from: Risk = Risk.MEDIUM
    block_from: Risk = Risk.HIGH
    sha256: str = ""
    source: str = ""
    model: str = ""
    returns: str = ""


@value
class Lane:
    """A named stream of tasks: its priority among lanes (0 first) and how many may run at once."""

    priority: int = 2
    slots: int = 1


@value
class Config:
    """`.github/autonomy.yml`, every key optional. `forge` is "" when it names none. `decision_hours` and
    `session_days` are its durations, parsed.

    `draft`, `reviewers`, `ci_runs_with_secrets` are of its `handoff`; `apps` are the Apps whose label events count;
    `setup` are the argv that prepare the project's toolchain; `reserve` are API requests an hour left for people.
    """

    forge: str = ""
    agent: str = "planner"
    mission: str | None = None
    mode: str = "supervised"
    max_issues: int = 1
    attempts: int = 2
    queue_capacity: int = 100
    store: str = "sqlite"
    sandbox: str = "auto"
    lanes: Mapping[str, Lane] = field(default_factory=lambda: {"default": Lane()})
    ask_from: Risk = Risk.MEDIUM
    block_from: Risk = Risk.HIGH
    protected: tuple[str, ...] = ()
    plan_only: tuple[str, ...] = ("auth", "money", "legal", "secrets", "ci", "releases")
    checks: tuple[Check, ...] = ()
    decision_hours: float = 24.0
    run_usd: float | None = None
    issue_usd: float | None = None
    day_usd: float | None = None
    repo_usd: float | None = None
    model: str = ""
    session_days: float = 30.0
    draft: bool = False
    reviewers: tuple[str, ...] = ()
    ci_runs_with_secrets: bool = False
    apps: tuple[str, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    reserve: int = 100
    sha256: str = ""


# --- a run, its change, what was found -----------------------------------------------------------------------------


@value
class Run:
    """One attempt at one task by one mission. id = TASK/FENCE. `folder` is where its records are kept."""

    id: str
    task: Task
    mission: Mission
    agent: str
    attempt: int
    lease: Lease
    session: str
    base: str
    folder: str


@value
class Line:
    """A line of text that a change adds; numbers start at 1."""

    number: int
    text: str


@value
class FileChange:
    """One path of `diff-tree -r --raw`, no renames. Paths keep undecodable bytes as surrogates.

    `status` is A, M, D or T; modes and object ids are git's ("000000" and zeros where absent); `size` is the new
    blob's bytes; `added_lines` is empty for binaries, deletions, links and submodules.
    """

    path: str
    status: str
    old_mode: str
    mode: str
    old_oid: str
    oid: str
    size: int = 0
    binary: bool = False
    added: int = 0
    removed: int = 0
    added_lines: tuple[Line, ...] = ()


@value
class Change:
    """What lies between two commits, read from git objects. `message` is the head commit's message."""

    base: str
    head: str
    tree: str
    files: tuple[FileChange, ...]
    message: str = ""
    parents: tuple[str, ...] = ()
    bundle: str = ""
    sha256: str = ""


@value
class CheckResult:
    """What one check did on one exact commit. `exit` is None when it was ended by a limit."""

    name: str
    argv: tuple[str, ...]
    exit: int | None
    seconds: float
    head: str
    log_sha256: str = ""
    tail: str = ""


@value
class Finding:
    """Something somebody should know: which rule, how risky, what is the matter, what to do, where."""

    rule: str
    risk: Risk
    says: str
    fix: str
    where: str = ""


@value
class Examination:
    """What the guards said of a change: findings, guards that did not run with their why, and all that did."""

    findings: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    guards: tuple[str, ...] = ()


@value
class Rules:
    """What guards judge a change by. `checks` are the checks that had to pass; `results` what they did.

    `results` is None where no checks belong to the question (guard check on any range). `each_commit`: the commits in
    between are judged on their own too, not only their sum.
    """

    protected: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    results: tuple[CheckResult, ...] | None = None
    each_commit: bool = False
    secrets: tuple[str, ...] = ()
    max_files: int = 100
    max_kib: int = 4096


@value
class Handoff:
    """A finished change on its way to people: one branch, one commit, one body.

    `bundle` is the name of the file in the run's folder that holds the commit, and `sha256` its hash; `policy_sha256`
    is of what it was judged by. `replaces` is the commit that the branch is at until then, "" when it must be absent.
    """

    repo: str
    task: str
    issue: str
    pin: str
    run: str
    branch: str
    base: str
    head: str
    title: str
    body: str
    closes: bool
    bundle: str
    sha256: str
    policy_sha256: str
    target: str = ""
    labels: tuple[str, ...] = ()
    draft: bool = False
    reviewers: tuple[str, ...] = ()
    replaces: str = ""


@value
class Published:
    """Where a handoff went: its address, and the pull request's number where there is one."""

    url: str
    number: int | None = None


# --- GitHub: what crosses between the jobs of a workflow -----------------------------------------------------------


@value
class Move:
    """One move of a ref by compare-and-swap: from object id `old` (zeros: it must be absent) to `new` (zeros: gone)."""

    ref: str
    old: str
    new: str


@value
class WorkflowRun:
    """The run of a workflow that a command works in: what GitHub says of it in the environment.

    `workflow` is the caller's file name in .github/workflows (what a person disables); `event` the name of what
    started it and `payload` its data (untrusted); `base` URLs have no slash at the end.
    """

    repo: str
    run_id: int
    attempt: int
    job: str
    workflow: str
    event: str
    payload: Mapping[str, Any]
    actor: str
    api_url: str
    graphql_url: str
    server_url: str
    fork: bool = False
    private: bool = True


@value
class Leg:
    """One attempt of a plan: ids, hashes and ceilings only, ASCII, at most 1 KiB as JSON (`schemas/plan.json`).

    `attempt` is the lease key's fence; `claim` the object id of the lease state that `select` made; `alone`: the author
    of its issue lacks write, so no other leg runs beside it; `resume`: its change was pushed already, only the
    rest of the handoff is missing, so no `run` job is needed. `pull` is the pull request of ours that the leg mends and
    `tip` the commit that its branch is at; both are "" for a leg that makes a new one.
    """

    issue: str
    node: str
    event: str
    pin: str
    base: str
    branch: str
    mission: str
    mission_sha256: str
    policy_sha256: str
    agent: str
    lane: str
    attempt: int
    claim: str
    minutes: int
    usd: float = 0.0
    tokens: int = 0
    alone: bool = False
    resume: bool = False
    pull: str = ""
    tip: str = ""

    @property
    def number(self) -> str:
        """The number of what is worked on: the pull request that is mended, else the issue."""
        return self.pull or self.issue

    @property
    def parent(self) -> str:
        """The commit that work begins at, and that the new one stands on."""
        return self.tip or self.base


@value
class Plan:
    """What `select` decided: at most 96 KiB as JSON."""

    repo: str
    run_id: int
    run_attempt: int
    legs: tuple[Leg, ...] = ()


@value
class Result:
    """What a `run` job claims of its attempt (`schemas/result.json`, closed): claims, not facts.

    `head`, `tree` and `bundle_sha256` are "" when there is no change. `summary` is at most 4,000 characters.
    """

    version: int
    issue: str
    event: str
    attempt: int
    outcome: str
    why: str
    base: str
    head: str
    tree: str
    bundle_sha256: str
    checks: tuple[CheckResult, ...]
    seconds: float
    usd: float
    tokens: int
    sandbox: str
    agent: str
    summary: str = ""


# --- programs ------------------------------------------------------------------------------------------------------


@value
class Command:
    """A program to start: argv, its whole environment, its folder, and what it reads first on standard input.

    `paced`: the program waits for a word on standard input after each step it announces, so that the announced
    step is on disk, and no stop switch set, before it begins. `after`: a file whose lines are read as more output once
    the program has ended, for programs that tell how they ended in a file only.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    paced: bool = False
    after: str = ""


@value
class Room:
    """What a box lets a program see: one writable folder and some read-only ones. No network, no home, no /run.

    `writable` are further folders it may write. `socket` is the one unix socket that crosses, at the same path inside,
    "" for none; with a `port`, programs inside reach it on 127.0.0.1 there too.
    """

    work: str
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    socket: str = ""
    port: int = 0


@value
class Ended:
    """How a started program ended. `cause` is exited, timed_out, stalled, stopped, flooded or unstartable."""

    cause: str
    exit: int | None
    seconds: float
    says: str = ""
    survivors: int = 0


@value
class Brief:
    """What an agent is given: the task, the mission with its inputs filled in, and why it is asked again, if it is.

    `prompt` is all that is said to it; `system` the part of it that ranks above every word of others, with which it
    begins.
    `endpoint` is its way to models, None when it may call none; `home` a writable folder for its own settings, apart
    from `work`; `program` the folder its own program was installed to, "" when it is looked for on PATH. `past` are the
    messages of the run it goes on from, `answer` what a person said to its question. `returns` is the JSON schema, as
    text, of the document it has to give back, "" when it changes files instead.
    """

    task: Task
    mission: Mission
    steps: tuple[Step, ...]
    prompt: str
    work: str
    complaint: str = ""
    argv: tuple[str, ...] = ()
    endpoint: Endpoint | None = None
    home: str = ""
    program: str = ""
    past: tuple[Mapping[str, Any], ...] = ()
    answer: str = ""
    system: str = ""
    returns: str = ""


@value
class Desk:
    """What the tools of a model work with: `work` is the tree, `outputs` the folder of what was too long to be told.

    `env` is the environment of the programs they start, `seconds` the longest that one of these may run; `criteria` are
    the texts of the acceptance criteria.
    """

    work: str
    outputs: str
    env: Mapping[str, str]
    seconds: float
    criteria: tuple[str, ...] = ()


@value
class Part:
    """A piece of what an agent is told: whose words they are, and how they rank.

    `rank` is rules, repository, mission, return, guidance, issue, comment, change, complaint, question or answer;
    `source` names where the words come from, `title` and `note` are ours, `text` are the words. When they were too
    long, `cut` is how many characters are left out after `text`, and `rest` is how they end.
    """

    rank: str
    source: str
    title: str
    note: str = ""
    text: str = ""
    cut: int = 0
    rest: str = ""


@value
class Answered:
    """What an agent asked, in its own words, and what a person said to it."""

    question: str
    answer: str


@value
class Seen:
    """What one line of an agent's output means: transcript events (kind, data), and whether it waits for "go".

    `verdict` is there on the line that says how it ended.
    """

    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    waits: bool = False
    verdict: Verdict | None = None


# --- models --------------------------------------------------------------------------------------------------------


@value
class Usage:
    """Tokens of model calls as the provider counts them; those of its cache, read or written, are not in `input`."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.input + self.output + self.cache_read + self.cache_write


@value
class Asked:
    """A request to a model as it goes upstream: `path` below the provider's address, `output` its most tokens."""

    path: str
    model: str
    stream: bool
    body: Mapping[str, Any]
    output: int


@value
class Endpoint:
    """How an agent in its box reaches models: the run's gateway, and nothing else.

    `socket` is the path of its unix socket, the same inside and outside; `port` the loopback port inside that leads
    there, 0 when the agent needs none. `token` is the run's own bearer: no key, worth nothing elsewhere. `model` is the
    name to ask for, `max_output` the most tokens an answer may have.
    """

    socket: str
    port: int
    token: str
    model: str
    max_output: int

    @property
    def url(self) -> str:
        """The gateway as an HTTP client inside the box names it."""
        return f"http://127.0.0.1:{self.port}"


@value
class Package:
    """What an agent's own program is installed from: one exact version of one package.

    `registry` is npm or pypi. `argv` starts it, by machine ("linux-x86_64", "any"): {folder} is where it was installed,
    {python} our interpreter.
    """

    registry: str
    name: str
    version: str
    argv: Mapping[str, tuple[str, ...]]


@value
class Verdict:
    """What an agent's own output says of how it ended: a claim, weighed beside its exit code and the change it left.

    `usage` is what it counted itself, None when it does not say; `denied` are tools it was not allowed; `session` the
    name under which it could be resumed; `returned` the JSON text of what it gives back, or its last words where such a
    text may stand.
    """

    ok: bool
    why: str = ""
    usage: Usage | None = None
    denied: tuple[str, ...] = ()
    session: str = ""
    returned: str = ""
