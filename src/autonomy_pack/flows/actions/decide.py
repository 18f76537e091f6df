"""Answers of people with write, by comment or label: stored once, executed at once, told in one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped
from autonomy_pack.flows import claim
from autonomy_pack.flows.actions import comments, heard, labels, publish
from autonomy_pack.flows.actions.heard import Heard
from autonomy_pack.flows.actions.remote_stop import WORKFLOW
from autonomy_pack.flows.box import Box
from autonomy_pack.model import STOP_LABEL, Event, Head, Issue, Pull, WorkflowRun, value
from autonomy_pack.policy import agent_pull, choose, names
from autonomy_pack.store.conditions import DecisionOpen
from autonomy_pack.store.gitrefs import GitRefs
from autonomy_pack.views import answer as view

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.remote import Remote


_LIFT = "Lift it (`autonomy resume` says how), then say it again."
_ANEW = (
    "take the priority label off and set it again (a new label event is a new attempt), then comment `/autonomy retry`"
)
# What an issue shows of attempts that a retry leaves behind.
_OVER = ("status:blocked", "status:waiting", choose.MADE_LABEL)


@value
class Answered:
    """What came of it, in words for the job's log; "" when nobody said anything that counts."""

    says: str = ""
    exit_code: int = 0


@dataclass(frozen=True, kw_only=True)
class _Here:
    """What answering works with; `loop` is the workflow whose being disabled means stop."""

    github: GitHub
    remote: Remote
    store: GitRefs
    run: WorkflowRun
    out: Path
    box: Box
    said: Heard
    loop: str

    @property
    def task(self) -> str:
        return choose.task_id(self.github.repo, self.said.issue)

    def heed(self) -> None:
        """Stopped when any switch says so now: asked before every write to the API, and here before each to git."""
        if words := _why_stop(self.github, self.loop, self.said):
            raise Stopped(f"stopped by {words}", _LIFT)


def answer(
    github: GitHub,
    remote: Remote,
    store: Callable[[], GitRefs],
    workflow_run: WorkflowRun,
    out: Path,
    box: Callable[[], Box],
    loop: str = WORKFLOW,
) -> Answered:
    """Do what the event's comment or label says, if it counts; otherwise nothing is written, not even a refusal.

    Under a stop nothing is written either; only `stop` itself asks nobody. WorldError when that cannot be told.
    `store` and `box` are asked for when somebody was heard: what does not count costs next to nothing. `loop` is the
    file name of the workflow whose being disabled means stop.
    """
    said = heard.heard(github, workflow_run)
    if said is None:
        return Answered()
    if words := _why_stop(github, loop, said):
        return Answered(says=f"{said.verb}: not done, for work is stopped by {words}", exit_code=5)
    here = _Here(
        github=github, remote=remote, store=store(), run=workflow_run, out=out, box=box(), said=said, loop=loop
    )
    _watch(here)
    told, code = _done(here)
    try:
        _reply(here, told)
    except Stopped as stopped:
        return Answered(says=f"{said.verb}: {one_line(told, 500)} (not replied: {stopped.says})", exit_code=5)
    return Answered(says=f"{said.verb}: {one_line(told, 500)}", exit_code=code)


def _watch(here: _Here) -> None:
    """From now on each write asks first whether anybody wants us to stop."""
    here.github.calls.before_write = here.heed


def _done(here: _Here) -> tuple[str, int]:
    try:
        return _DO[here.said.verb](here), 0
    except PackError as error:
        return f"Not done: {error.says}. {error.fix}", error.exit_code
    finally:
        _watch(here)  # handing off watches for itself


def _why_stop(github: GitHub, loop: str, said: Heard) -> str:
    return "" if said.verb == "stop" else one_line(github.stop_words(loop, said.issue, now=True))


def _reply(here: _Here, told: str) -> None:
    """Take the label off again, which has said its word, and tell what came of it in the one reply of this issue."""
    here.heed()
    if here.said.label and here.said.label != STOP_LABEL:
        here.github.label(here.said.issue, remove=[here.said.label])
    comments.keep(here.github, here.store, here.said.place, "answers", view.reply(here.said.verb, here.said.by, told))


# --- decisions -----------------------------------------------------------------------------------------------------


def _approve(here: _Here) -> str:
    asked, head = _asked(here)
    if head.status == "pending":
        _need_pending(here, asked)
    _store_answer(here, asked, head, "approve")
    made = publish.deliver_pending(here.github, here.remote, here.store, here.run, asked.subject, here.out, here.box)
    return f"{asked.subject} is approved and handed off: {made.data['url']}"


def _deny(here: _Here) -> str:
    asked, head = _asked(here)
    _store_answer(here, asked, head, "deny")
    here.github.label(here.said.issue, remove=["status:waiting"])
    return f"{asked.subject} is denied. The change stays kept; `/autonomy retry` tries anew."


def _asked(here: _Here) -> tuple[Event, Head]:
    """The decision that is meant, which must be about this issue; by a label, the only one that waits here."""
    wanted = here.said.decision or _only_one(here)
    head = here.store.head(wanted)
    told = list(here.store.events(subject=wanted, kinds=["decision.asked"]))
    if head is None or not told or names.issue_of_run(told[0].run) != here.said.issue:
        raise _no(f"there is no decision {wanted} about this issue", "Its id stands in the comment that asked.")
    if here.said.label and told[0].at > heard.stamp(here.said.at):
        raise _no(f"{wanted} was asked after this was said", "Read it, then answer anew.")
    return told[0], head


def _only_one(here: _Here) -> str:
    found = [
        head.subject
        for head in here.store.heads("decision")
        if names.issue_of_run(head.run) == here.said.issue and (head.status == "pending" or _is_ours(here, head))
    ]
    if len(found) != 1:
        raise _no(f"{len(found)} decisions wait here", "Name one in a comment: `/autonomy approve apr_…`.")
    return found[0]


def _is_ours(here: _Here, head: Head) -> bool:
    """Whether this very label event answered it: a job that runs again goes on where it was cut off."""
    answered = heard.answered(here.store, head.subject)
    return answered is not None and answered.data["via"] == here.said.via


def _need_pending(here: _Here, asked: Event) -> None:
    """What waits is exactly what was asked about, and still fits: same commit, base, policy and issue text."""
    why = publish.why_not_pending(here.github, here.remote, here.store, asked.run, asked.data["action_sha256"])
    if why:
        raise _no(f"{asked.subject} cannot be approved: {why}", "`/autonomy deny` it, then `/autonomy retry`.")


def _store_answer(here: _Here, asked: Event, head: Head, option: str) -> None:
    """Store the answer once, while the decision is open; the same answer again is no second one."""
    data = {
        "option": option,
        "why": here.said.why,
        "via": here.said.via,
        "action_sha256": asked.data["action_sha256"],
    }
    event = Event(
        kind="decision.answered",
        subject=asked.subject,
        run=asked.run,
        actor=f"person:{here.said.by}",
        data=data,
        key=f"answer/{asked.subject}",
    )
    here.heed()
    still_open = DecisionOpen(decision=asked.subject, action_sha256=asked.data["action_sha256"])
    if here.store.append([event], only_if=still_open):
        return
    before = heard.answered(here.store, asked.subject)
    # Who approves what is approved already lets it be completed, should whoever did it first not have come that far.
    if before is None or before.data["option"] != option:
        now = here.store.head(asked.subject) or head
        state = "expired" if now.status == "pending" else f"{now.status} already"
        raise _no(f"{asked.subject} is {state}", "Nothing was changed; `/autonomy retry` begins anew.")


# --- the other words -----------------------------------------------------------------------------------------------


def _retry(here: _Here) -> str:
    head = _head(here)
    _need_no_pull(here, head)
    here.heed()
    lease = (
        here.store.claim(
            [names.claim_of_run(head.run)],
            claim.workflow_holder(here.run),
            seconds=claim.WORKFLOW_SECONDS,
            dead=claim.workflow_is_dead(here.github.run_is_over),
        )
        if head.run
        else ()
    )
    if lease is None:
        raise _no("the issue is being worked on", "`/autonomy stop` ends that; then try again.")
    data = {"scope": "task", "state": "queued", "why": here.said.why}
    reset = Event(
        kind="task.reset", subject=here.task, actor=f"person:{here.said.by}", data=data, key=f"reset/{here.said.via}"
    )
    here.heed()
    if lease:
        here.store.release(lease[0], events=[reset])
    else:
        here.store.append([reset])
    here.github.label(here.said.issue, remove=_OVER)
    return "The issue has its attempts back; the next run of the loop may choose it."


def _need_no_pull(here: _Here, head: Head) -> None:
    """A pull request that is open is in the way; so is any of this label event, which every further attempt at the
    same event would find again by its branch and end stale."""
    issue = here.github.issue(here.said.issue)
    there = _pulls(here, issue, head)
    still = next((pull for pull in there if pull.state == "open"), None)
    if still:
        raise _no(f"pull request {still.number} is open for it", f"Close or merge it first. Then {_ANEW}.")
    now = _attempts(issue)
    over = next((pull for pull in there if (about := agent_pull.named(pull.branch)) and about.attempt in now), None)
    if over:
        state = "merged" if over.merged else "closed"
        raise _no(f"pull request {over.number} of this label event was {state}", f"To try again, {_ANEW} once more.")


def _pulls(here: _Here, issue: Issue | None, head: Head) -> list[Pull]:
    """The pull requests of the issue's handoffs, as far as the branch of its newest one or a link tells of them."""
    found = [*(issue.pulls if issue else ()), *(here.github.pulls(head.branch) if head.branch else ())]
    about = [(pull, agent_pull.named(pull.branch)) for pull in found if pull.same_repository]
    return [pull for pull, named in about if named and named.issue == here.said.issue]


def _attempts(issue: Issue | None) -> set[str]:
    """What marks an attempt at the present label event in the name of its branch."""
    if issue is None:
        return set()
    set_now = [one for one in issue.labelings or () if choose.family([one.label], "priority")]
    return {names.attempt8_of(issue.id, one.event) for one in set_now}


def _stop(here: _Here) -> str:
    if not here.said.label:
        here.github.label(here.said.issue, [STOP_LABEL], table=labels.table())
    return f"Work on this issue ends now. Take the label `{STOP_LABEL}` off to let it go on."


def _status(here: _Here) -> str:
    head = here.store.head(here.task)
    waiting = [one for one in here.store.heads("decision", status=["pending"]) if _about(here, one)]
    return view.status(head, waiting, here.store.now())


def _about(here: _Here, decision: Head) -> bool:
    return names.issue_of_run(decision.run) == here.said.issue


def _rollback(here: _Here) -> str:
    head = _head(here)
    merged = [pull for pull in here.github.pulls(head.branch) if pull.merged] if head.branch else []
    return view.rollback([pull.number for pull in merged])


def _head(here: _Here) -> Head:
    head = here.store.head(here.task)
    if head is None:
        raise _no("this issue was never worked on", "Give it a priority label and acceptance criteria.")
    return head


def _no(says: str, fix: str) -> PackError:
    """What a person is told when their word cannot be followed: that is an answer too, no failure of the job."""
    error = PackError(says, fix)
    error.exit_code = 0
    return error


_DO: Mapping[str, Callable[[_Here], str]] = {
    "approve": _approve,
    "deny": _deny,
    "retry": _retry,
    "stop": _stop,
    "status": _status,
    "rollback": _rollback,
}
