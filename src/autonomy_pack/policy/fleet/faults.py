"""What can be wrong with an installation: one table of faults, each with its cause and its fix. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from autonomy_pack.model import Finding, Risk, value


class Mode(StrEnum):
    """What shows a fault: the one read that all repositories of a page share, or a closer look at the repository."""

    QUICK = "quick"
    FULL = "full"


@value
class Fault:
    """One thing that can be wrong: what it means for the work of the pack, and what to do."""

    risk: Risk
    mode: Mode
    means: str
    fix: str


_SYNC = "`autonomy fleet sync --dry-run` shows what would be done; `autonomy fleet sync` does it."
_ACTIONS = "Settings → Actions → General"
_PEOPLE = f"{_ACTIONS} → Workflow permissions"

# rule → (risk, mode, what it means, what to do); in the order in which a person would look.
_ROWS: Mapping[str, tuple[Risk, Mode, str, str]] = {
    # --- the repository
    "archived": (
        Risk.MEDIUM,
        Mode.QUICK,
        "the repository is archived: the pack is in it, and nothing runs",
        "Unarchive it under Settings → General, or leave it as it is.",
    ),
    "disabled": (Risk.HIGH, Mode.QUICK, "GitHub has disabled the repository", "Ask GitHub's support why."),
    "issues-off": (
        Risk.HIGH,
        Mode.QUICK,
        "its issues are switched off: there is nothing to work on",
        "Tick Issues under Settings → General → Features.",
    ),
    "fork-schedule": (
        Risk.MEDIUM,
        Mode.QUICK,
        "it is a fork and has a schedule: GitHub starts no schedule in a fork until somebody enables it",
        "Start the loop by hand, or enable its workflow on the Actions page and take the condition on forks out.",
    ),
    "opted-out": (
        Risk.LOW,
        Mode.QUICK,
        "it has the topic that opts out, and the pack is installed: it is not kept up to date",
        "Take the topic away, or `autonomy fleet uninstall` here.",
    ),
    "older-pack": (
        Risk.HIGH,
        Mode.QUICK,
        "the older pack is installed beside ours: both answer to the same labels",
        "Move over: `autonomy fleet install --dry-run` shows what becomes of each file of it.",
    ),
    "stopped": (
        Risk.MEDIUM,
        Mode.QUICK,
        "a stop is set: nothing is worked on",
        "`autonomy resume`, when work may go on.",
    ),
    "wrong-default-branch": (
        Risk.HIGH,
        Mode.FULL,
        "the pack is on another branch than the default one: schedules and comments start nothing there",
        "Merge it into the default branch, or change the default branch back under Settings → General.",
    ),
    # --- the lock
    "not-installed": (
        Risk.HIGH,
        Mode.FULL,
        "the pack is not installed here",
        "Install it: `autonomy fleet install --help`.",
    ),
    "lock-missing": (
        Risk.HIGH,
        Mode.QUICK,
        "files of ours are there and no lock that says so: they are not kept up to date",
        "Restore .github/autonomy/lock.json from git, or install again: what is as it should be is taken over.",
    ),
    "lock-unreadable": (
        Risk.HIGH,
        Mode.QUICK,
        "the lock cannot be read: nothing is known of what is installed",
        "Restore .github/autonomy/lock.json from git.",
    ),
    "newer-release": (
        Risk.MEDIUM,
        Mode.QUICK,
        "a newer release than this one installed it",
        "Verify with that release, or bring this one up to date: an older one would take changes back.",
    ),
    "older-release": (
        Risk.LOW,
        Mode.QUICK,
        "an earlier release than this one installed it",
        f"Bring it up to date. {_SYNC}",
    ),
    "left-behind": (
        Risk.MEDIUM,
        Mode.QUICK,
        "a file is still of an earlier sync than the rest: a person's edits were in the way",
        f"Merge it by hand. {_SYNC}",
    ),
    "server-keys": (
        Risk.HIGH,
        Mode.QUICK,
        "it was installed for github.com, and this server does not know the keys that are only there",
        "Install again, with --enterprise-server.",
    ),
    "sandbox-unattainable": (
        Risk.HIGH,
        Mode.QUICK,
        "its runner has no Linux: no box can be built there, so no agent may run",
        "Install again, with --runs-on and the label of a Linux runner.",
    ),
    # --- the files
    "file-missing": (
        Risk.HIGH,
        Mode.QUICK,
        "a file of ours was removed",
        "`autonomy fleet sync --force` writes it again.",
    ),
    "edited": (
        Risk.LOW,
        Mode.QUICK,
        "a file of ours was edited since the pack wrote it",
        "Nothing, when it is meant: sync merges it. Else restore it from git.",
    ),
    "name-taken": (
        Risk.MEDIUM,
        Mode.QUICK,
        "somebody else's file has a name of ours",
        "Move it away, or sync with --force, which takes it over.",
    ),
    "no-plain-file": (
        Risk.MEDIUM,
        Mode.QUICK,
        "what has the name of a file of ours is a link, a folder, or no text",
        "Look at it by hand: nothing is read or written through it.",
    ),
    "out-of-date": (Risk.LOW, Mode.QUICK, "this release has another text for it", _SYNC),
    "merge-by-hand": (
        Risk.MEDIUM,
        Mode.FULL,
        "the pack and somebody here changed the same place",
        f"Merge it by hand. {_SYNC}",
    ),
    "unreadable": (Risk.HIGH, Mode.FULL, "a workflow of ours is no YAML: it never starts", f"Restore it. {_SYNC}"),
    "job-missing": (Risk.HIGH, Mode.FULL, "a workflow of ours lacks the job that calls the pack", _SYNC),
    "wrong-pin": (Risk.HIGH, Mode.FULL, "a workflow calls another commit of the pack than its lock says", _SYNC),
    "pin-is-a-tag": (
        Risk.HIGH,
        Mode.FULL,
        "a workflow calls the pack by a name that can be moved, not by a commit",
        f"Give all 40 digits of the commit. {_SYNC}",
    ),
    "pin-differs": (
        Risk.HIGH,
        Mode.FULL,
        "a workflow calls one commit of the pack and tells it that it is another",
        f"Make `pack_sha` the commit of `uses`. {_SYNC}",
    ),
    "permission-missing": (
        Risk.HIGH,
        Mode.FULL,
        "a job grants less than the release needs: GitHub refuses to start it",
        "Grant it there, or let sync merge it.",
    ),
    "trigger-missing": (Risk.HIGH, Mode.FULL, "a workflow is not started by what should start it", _SYNC),
    "secret-not-passed": (
        Risk.MEDIUM,
        Mode.FULL,
        "a workflow does not hand on a secret that the release asks for",
        f"Hand it on under `secrets:` of the job. {_SYNC}",
    ),
    "schedule-differs": (
        Risk.LOW,
        Mode.FULL,
        "it starts by itself at other times than the lock says",
        "Install again, with --allow-continuous and --schedule, so that the lock says the same.",
    ),
    "lockfile-omits": (
        Risk.HIGH,
        Mode.FULL,
        "there is .github/workflows/actions.lock, and it does not name our workflow: GitHub may refuse to start it",
        "`gh actions-lock` brings it up to date; commit it with the workflow.",
    ),
    "config": (
        Risk.HIGH,
        Mode.FULL,
        "the configuration is wrong: no run begins",
        "Change the line that it names; `autonomy config validate` tells the rest.",
    ),
    # --- our pull request
    "proposal-waits": (
        Risk.LOW,
        Mode.QUICK,
        "a pull request of ours waits to be merged",
        "Look at it, then merge or close it.",
    ),
    "proposal-draft": (
        Risk.MEDIUM,
        Mode.QUICK,
        "a pull request of ours is a draft: there is something to merge by hand",
        "Merge by hand what its text names, then mark it ready.",
    ),
    "taken-over": (
        Risk.LOW,
        Mode.QUICK,
        "somebody committed to our branch: nothing is proposed here any more",
        "Merge or close its pull request and delete the branch; the next sync makes it again.",
    ),
    # --- labels and runs
    "label-missing": (
        Risk.LOW,
        Mode.QUICK,
        "labels of ours are missing",
        "The first run makes them; or `autonomy init --labels` in a clone.",
    ),
    "label-drift": (
        Risk.LOW,
        Mode.QUICK,
        "labels of ours have another colour or other letters than in our list",
        "Nothing, when it is meant: they work as they are. Else change them on the Labels page.",
    ),
    "runs-failing": (
        Risk.HIGH,
        Mode.QUICK,
        "runs of our workflows on the newest commit failed, or could not start",
        "Look at them on the Actions page; `autonomy fleet verify` without --quick looks for the cause.",
    ),
    "runs-not-starting": (
        Risk.HIGH,
        Mode.FULL,
        "the newest run of a workflow of ours could not start: it has no job and no log",
        "Read its page: an event that is not allowed is an Actions policy; what else can be the cause is told here.",
    ),
    # --- settings of Actions
    "actions-off": (
        Risk.HIGH,
        Mode.FULL,
        "Actions are switched off: nothing starts",
        f"{_ACTIONS} → Actions permissions.",
    ),
    "pack-not-allowed": (
        Risk.HIGH,
        Mode.FULL,
        "the actions that are allowed here leave the pack out: our workflows cannot start",
        f"{_ACTIONS} → Allow select actions and reusable workflows: add the pack's repository with /*@*.",
    ),
    "pin-refused": (
        Risk.HIGH,
        Mode.FULL,
        "actions must be pinned to full commits here, and a workflow of ours is not",
        f"Give all 40 digits of the commit. {_SYNC}",
    ),
    "pulls-off": (
        Risk.HIGH,
        Mode.FULL,
        "workflows may not open pull requests: a change is made and cannot be handed off",
        f'Tick "Allow GitHub Actions to create and approve pull requests" under {_PEOPLE}.',
    ),
    "workflow-off": (
        Risk.MEDIUM,
        Mode.FULL,
        "somebody disabled a workflow of ours",
        "Enable it on the Actions page, when work may go on.",
    ),
    "workflow-idle": (
        Risk.HIGH,
        Mode.FULL,
        "GitHub disabled a workflow of ours: the repository had no activity for 60 days",
        "Enable it on the Actions page; a commit now and then keeps it alive.",
    ),
    "workflow-fork": (
        Risk.MEDIUM,
        Mode.FULL,
        "GitHub disabled a workflow of ours, for this is a fork",
        "Enable it on the Actions page.",
    ),
    "workflow-unknown": (
        Risk.HIGH,
        Mode.FULL,
        "GitHub knows no workflow at the path of one of ours: it never read it as one",
        "Look at the file on the Actions page; push it again to the default branch.",
    ),
    "secret-missing": (
        Risk.HIGH,
        Mode.FULL,
        "a secret that is needed is neither the repository's nor one of its organisation that it may see",
        "Set it under Settings → Secrets and variables → Actions, of the repository or the organisation.",
    ),
    "stop-variable": (
        Risk.MEDIUM,
        Mode.FULL,
        "the variable AUTONOMY_STOP is set: nothing is worked on",
        "Delete it under Settings → Secrets and variables → Actions → Variables, when work may go on.",
    ),
    "agent-branches-forbidden": (
        Risk.HIGH,
        Mode.FULL,
        "a rule forbids branches agent/…: no change can be handed off",
        "Let agent/** out of the rule under Settings → Rules.",
    ),
    # --- runners
    "runner-missing": (
        Risk.HIGH,
        Mode.FULL,
        "no runner has all the labels that our workflows ask for: they wait for ever",
        "Give a runner these labels, or install again, with --runs-on.",
    ),
    "runner-offline": (
        Risk.HIGH,
        Mode.FULL,
        "every runner with the labels that our workflows ask for is offline",
        "Start one of them.",
    ),
    "runner-old": (
        Risk.HIGH,
        Mode.FULL,
        "a runner is older than 2.336.0, which the pack's workflows need",
        "Let the runner update itself, or install a newer one.",
    ),
    # --- the pack's repository
    "pack-moved": (
        Risk.HIGH,
        Mode.FULL,
        "the pack's repository has another name now: a workflow's `uses` follows no redirect",
        "Sync with --pack and its new name.",
    ),
    "pack-gone": (
        Risk.HIGH,
        Mode.FULL,
        "the pack's repository is not there, or this token cannot see it",
        "Sync with --pack and the name of one that is there, or verify with a token that may read it.",
    ),
    "pack-closed": (
        Risk.HIGH,
        Mode.FULL,
        "the pack's repository is not open to the workflows of others",
        f"In the pack's repository: {_ACTIONS} → Access: accessible from repositories in the organisation.",
    ),
    "pack-private": (
        Risk.HIGH,
        Mode.FULL,
        "the pack's repository is private and this one is public: GitHub does not let it call the pack",
        "Make the pack's repository public, or take the pack out here.",
    ),
    "pin-unknown": (
        Risk.HIGH,
        Mode.FULL,
        "the pack's repository has no such commit, or no such tag",
        "Sync with --pack and a commit of a release.",
    ),
    "tag-moved": (
        Risk.HIGH,
        Mode.FULL,
        "our workflows call a tag that names another commit than when it was installed: somebody moved it",
        "Look at who moved it and why, before anything runs; sync with --pack and a commit that you trust.",
    ),
    # --- what could not be looked at
    "unknown": (
        Risk.MEDIUM,
        Mode.FULL,
        "something could not be looked at: it may be fine, and it may not",
        "Give the token the permission that it names.",
    ),
}  # fmt: skip

CATALOGUE: Mapping[str, Fault] = {
    rule: Fault(risk=risk, mode=mode, means=means, fix=fix) for rule, (risk, mode, means, fix) in _ROWS.items()
}
"""Every fault by its rule."""

_WIDER: Mapping[str, frozenset[str]] = {
    "edited": frozenset(CATALOGUE) - {"edited", "unknown"},
    "pin-is-a-tag": frozenset({"pin-refused"}),
    "out-of-date": frozenset({"left-behind"}),
    "merge-by-hand": frozenset({"left-behind"}),
}


def fault(rule: str, where: str, says: str = "", fix: str = "") -> Finding:
    """The finding of a rule at a place; in the table's words where no closer ones are given. KeyError for no rule."""
    known = CATALOGUE[rule]
    return Finding(rule=rule, risk=known.risk, says=says or known.means, fix=fix or known.fix, where=where)


def causes(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without those that only repeat, less closely, what another says of the same place."""
    every = tuple(dict.fromkeys(found))
    rules: dict[str, set[str]] = {}
    for one in every:
        rules.setdefault(one.where, set()).add(one.rule)
    return tuple(one for one in every if not rules[one.where] & _WIDER.get(one.rule, frozenset()))
