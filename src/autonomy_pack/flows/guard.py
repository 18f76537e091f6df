"""Judging a change: every guard, nothing skipped in silence; and `autonomy guard check` on any two commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

from autonomy_pack import config as configuration
from autonomy_pack.contracts import Guard, ReadBlob
from autonomy_pack.edges import git, objects
from autonomy_pack.edges.heeded import Heed, nothing
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import LeaseLost, PackError, Skipped, Stopped, TimedOut, UsageError, WorldError
from autonomy_pack.flows import records
from autonomy_pack.flows.project import CONFIG_FILE
from autonomy_pack.guards import GUARDS
from autonomy_pack.model import Change, Config, Examination, FileChange, Finding, Risk, Rules, value
from autonomy_pack.policy import risk

_MOST_COMMITS = 200
_LONGEST = 400


@value
class Judgement:
    """What `guard check` found. `clean`: nothing at or above `ask_from`."""

    base: str
    head: str
    ask_from: Risk
    examination: Examination

    @property
    def clean(self) -> bool:
        """Whether nobody needs to be asked about this change."""
        return all(finding.risk < self.ask_from for finding in self.examination.findings)


def examine(change: Change, read: ReadBlob, rules: Rules, heed: Heed = nothing) -> Examination:
    """Run every guard. One that cannot tell is a high finding: missing evidence blocks.

    Findings come riskiest first; their texts are redacted and harmless, one line each. `heed` is asked before each
    guard, and before each file that one looks at; what it raises ends this.
    """
    change = replace(change, files=_Heeding(change.files, heed))
    findings: list[Finding] = []
    skipped: list[tuple[str, str]] = []
    for name, guard in GUARDS.items():
        heed()
        try:
            findings += _told(name, guard, change, read, rules)
        except Skipped as why:
            skipped.append((name, str(why)))
    ordered = sorted(findings, key=lambda finding: (-finding.risk, finding.rule, finding.where, finding.says))
    ran = tuple(name for name in GUARDS if name not in dict(skipped))
    return Examination(findings=tuple(dict.fromkeys(ordered)), skipped=tuple(skipped), guards=ran)


def examine_repair(change: Change, last: Change, read: ReadBlob, rules: Rules, heed: Heed = nothing) -> Examination:
    """Judge a repair: the whole change of the pull request, and its last commit alone, so that what an earlier commit
    of ours brought (a test, say) is not taken away unseen.
    """
    whole = examine(change, read, replace(rules, each_commit=True), heed)
    alone = examine(last, read, rules, heed)
    found = sorted({*whole.findings, *alone.findings}, key=lambda one: (-one.risk, one.rule, one.where, one.says))
    return replace(whole, findings=tuple(found))


class _Heeding(tuple[FileChange, ...]):
    """Files, with a look before each at whether the work may go on, whichever guard goes through them."""

    heed: Heed

    def __new__(cls, files: Iterable[FileChange], heed: Heed) -> Self:
        made = super().__new__(cls, files)
        made.heed = heed
        return made

    def __iter__(self) -> Iterator[FileChange]:
        return objects.heeding(super().__iter__(), self.heed)


def _told(name: str, guard: Guard, change: Change, read: ReadBlob, rules: Rules) -> Iterator[Finding]:
    found: list[Finding] = []
    try:
        found.extend(guard(change, read, rules))
    except (Skipped, Stopped, LeaseLost, TimedOut):
        raise
    except Exception as error:  # noqa: BLE001 - a guard that breaks has not said that the change is fine
        found.append(_could_not_tell(name, error))
    return (_harmless(finding, rules.secrets) for finding in found)


def _could_not_tell(name: str, error: Exception) -> Finding:
    says = error.says if isinstance(error, PackError) else f"{type(error).__name__}: {error}"
    fix = (
        error.fix if isinstance(error, PackError) else "Please report this with the change; until then a person looks."
    )
    return Finding(rule=name, risk=Risk.HIGH, says=f"the guard {name} could not tell: {says}", fix=fix)


def _harmless(finding: Finding, secrets: tuple[str, ...]) -> Finding:
    def safe(text: str) -> str:
        return one_line(sanitize(redact(text, secrets)), _LONGEST)

    return Finding(
        rule=finding.rule,
        risk=finding.risk,
        says=safe(finding.says),
        fix=safe(finding.fix),
        where=safe(finding.where),
    )


def check(repo: Path, base: str, head: str, rules_at: str = "") -> Judgement:
    """Judge what lies between two commits of any repository, also a bare or shallow one.

    Configuration is the base's (or that of the commit `rules_at`), never the change's. UsageError when it cannot be
    judged: no repository, a commit that is missing, a broken configuration. Never clean without evidence.
    """
    try:
        git_dir = _git_dir(repo)
        change = objects.read_change(git_dir, base, head)
        _need_ancestor(git_dir, change)
        config = _config(git_dir, rules_at or change.base)
        secrets = records.known_secrets()
        rules = Rules(protected=config.protected, checks=config.checks, secrets=secrets, each_commit=True)
        examination = _with_each_commit(git_dir, change, rules)
    except WorldError as error:
        raise UsageError(error.says, error.fix) from error
    ask_from, _ = risk.tightest((config.ask_from, config.block_from))
    return Judgement(base=change.base, head=change.head, ask_from=ask_from, examination=examination)


def _with_each_commit(git_dir: Path, change: Change, rules: Rules) -> Examination:
    """The sum of a range, and what only one of its commits shows: history keeps what a later commit took away."""
    read = objects.reader(git_dir)
    whole = examine(change, read, rules)
    commits = git.text(git.run("rev-list", "--reverse", f"{change.base}..{change.head}", at=git_dir)).split()
    if len(commits) < 2:
        return whole
    if len(commits) > _MOST_COMMITS:
        raise UsageError(f"there are {len(commits)} commits", f"Judge at most {_MOST_COMMITS} at a time.")
    found = list(whole.findings)
    for commit in commits:
        one = examine(objects.read_change(git_dir, f"{commit}^1", commit), read, rules)
        found += [
            replace(finding, where=f"{finding.where} in {commit[:12]}")
            for finding in one.findings
            if finding not in found
        ]
    found.sort(key=lambda finding: -finding.risk)
    return replace(whole, findings=tuple(found))


def _need_ancestor(git_dir: Path, change: Change) -> None:
    """UsageError when the base is no ancestor of the head: what the base has and the head lacks would look deleted."""
    code, _ = git.answer("merge-base", "--is-ancestor", change.base, change.head, at=git_dir, ok=(0, 1))
    if code:
        raise UsageError(
            f"{change.base[:12]} is not an ancestor of {change.head[:12]}",
            "Give the commit they parted at as --base: `git merge-base BASE HEAD`.",
        )


def _git_dir(repo: Path) -> Path:
    said = git.in_folder(repo, "rev-parse", "--absolute-git-dir") if repo.is_dir() else None
    if not said:
        raise UsageError(f"{repo} is not in a git repository", "Give the path of a git repository: --repo PATH.")
    return Path(git.text(said))


def _config(git_dir: Path, base: str) -> Config:
    """The configuration at the base commit; the defaults when there is none."""
    listed = git.run("ls-tree", "-z", base, "--", CONFIG_FILE, at=git_dir)
    if not listed:
        return configuration.load_config(None, CONFIG_FILE)
    oid = listed.split(b"\t")[0].split()[2].decode()
    text = objects.reader(git_dir)(oid).decode("utf-8", "replace")
    return configuration.load_config(text, f"{CONFIG_FILE} at {base[:12]}")
