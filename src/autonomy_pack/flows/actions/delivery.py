"""Making a handoff exist on GitHub, step by step; each step does only what is missing, so any of them may be the last.

One push moves the branch and the lease together: from then on the lease says all that a later process needs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from autonomy_pack.edges import packs, refusals
from autonomy_pack.edges.remake import tree_of
from autonomy_pack.edges.remote import ZERO
from autonomy_pack.errors import LeaseLost, WorldError
from autonomy_pack.flows.actions import labels
from autonomy_pack.flows.actions.means import Case
from autonomy_pack.flows.actions.offers import Judged
from autonomy_pack.flows.actions.said import Said, to_json
from autonomy_pack.model import Event, Handoff, Leg, Move, Published, Pull

MADE, ASSIGNED, WAITING, BLOCKED = "status:pr-created", "status:agent-assigned", "status:waiting", "status:blocked"
CHECK = "autonomy/handoff"
_STATUS = (MADE, ASSIGNED, WAITING, BLOCKED)


class Theirs(Exception):
    """A person took the handoff over (pushed to the branch, closed the pull request): we leave it alone."""


def pending_ref(leg: Leg) -> str:
    """Where a validated change waits for a person."""
    return f"refs/autonomy/pending/{leg.number}-{leg.event}-{leg.attempt}"


def objects_ref(leg: Leg) -> str:
    """Where a judged commit lies that GitHub made once more, and signed."""
    return f"refs/autonomy/objects/{leg.number}-{leg.event}-{leg.attempt}"


def keep_pending(case: Case, judged: Judged) -> None:
    """Keep the change that waits for a person, together with what the lease says of it."""
    head = judged.offer.head
    _push(case, [Move(ref=pending_ref(case.leg), old=ZERO, new=head)], _said(case, judged, head, waits=True))


def push(case: Case, judged: Judged, *, waited: Move | None = None) -> Handoff:
    """Push the offered commit as its branch together with the lease; the offer as it was pushed.

    `waited` takes away the ref that kept the commit until a person agreed. Where only signed commits are taken, GitHub
    makes the same commit once more and signs it.
    """
    try:
        return _pushed(case, judged, judged.offer, waited)
    except WorldError as error:
        if refusals.UNSIGNED not in error.says:
            raise
    return _pushed(case, judged, _signed(case, judged.offer), waited)


def _pushed(case: Case, judged: Judged, offer: Handoff, waited: Move | None) -> Handoff:
    moves = [
        Move(ref=f"refs/heads/{offer.branch}", old=offer.replaces or ZERO, new=offer.head),
        *([waited] if waited else []),
    ]
    _push(case, moves, _said(case, judged, offer.head))
    return offer


def _said(case: Case, judged: Judged, pushed: str, *, waits: bool = False) -> Said:
    return Said(
        leg=case.leg,
        run=case.run,
        run_id=case.made_in or case.means.workflow_run.run_id,
        pushed=pushed,
        judged=judged.offer.head,
        policy_sha256=judged.offer.policy_sha256,
        claimed=judged.claimed,
        waits=waits,
    )


def _push(case: Case, moves: Sequence[Move], said: Said) -> None:
    """All of it or nothing: a lease that was lost meanwhile refuses the branch, a branch that is there the lease."""
    means = case.means
    fence = means.store.move(case.lease, to_json(said))
    means.heed(case.leg.number)
    if not means.remote.push([*moves, fence]):
        raise LeaseLost(
            f"{moves[0].ref} or the lease was moved by somebody else, so nothing was pushed",
            "Who holds the lease now goes on with it.",
        )
    means.store.moved(fence)


def _signed(case: Case, offer: Handoff) -> Handoff:
    """The same tree on the same base, committed and signed by GitHub; its own tree is compared, not believed."""
    remote, github = case.means.remote, case.means.github
    ref = objects_ref(case.leg)
    case.means.heed(case.leg.number)
    if remote.tips(ref).get(ref) != offer.head and not remote.push([Move(ref=ref, old=ZERO, new=offer.head)]):
        raise WorldError(f"{ref} is somebody else's", "Delete it, then run again.")
    tree = tree_of(remote.git_dir, offer.head)
    head = github.commit_tree(tree, [offer.replaces or offer.base], signed_message(case, offer))
    remote.fetch(head, depth=2)
    if tree_of(remote.git_dir, head) != tree:
        raise WorldError("GitHub made a commit of another tree than the one that was judged", "Run again.")
    return dataclasses.replace(offer, head=head)


def signed_message(case: Case, offer: Handoff) -> str:
    """The message of the commit that GitHub signs: the title, and the last paragraph of the commit that was judged."""
    message = packs.message_of(case.means.remote.git_dir, offer.head)
    return f"{offer.title}\n\n" + message.rstrip().rpartition("\n\n")[2] + "\n"


def open_pull(case: Case, offer: Handoff) -> Published:
    """See that the branch is exactly what was judged, and that there is one pull request of it, with all it needs.

    Theirs when a person pushed to the branch, deleted it, or closed the pull request.
    """
    github = case.means.github
    there = need_ours(case, offer.branch, offer.head)
    if there and there[0].merged:
        return Published(url=there[0].url, number=there[0].number)
    title = "Handed off; a person reviews and merges"
    text = f"Run `{offer.run}`. What its checks said is in the pull request, as reported by the run job."
    case.try_to(lambda: github.check_run(CHECK, offer.head, "success", title, text), f"check run {CHECK}")
    pull = there[0] if there else github.open_pull(offer)
    _dress(case, offer, pull)
    return Published(url=pull.url, number=pull.number)


def need_ours(case: Case, branch: str, head: str) -> list[Pull]:
    """The pull requests of a branch that is at our commit, or a merged one alone. Theirs when a person pushed to it,
    deleted it, or closed its pull request."""
    tip = case.means.github.tip(f"refs/heads/{branch}")
    there = case.means.github.pulls(branch)
    if over := next((one for one in there if one.state != "open"), None):
        if not over.merged:
            raise Theirs(f"pull request #{over.number} was closed by a person")
        return [over]
    # Right after a push the API may still tell of the time before it: git itself is asked before anybody is blamed.
    if tip != head and (tip := case.means.remote.tips(f"refs/heads/{branch}").get(f"refs/heads/{branch}", "")) != head:
        what = f"is at {tip[:7]}, which is not ours" if tip else "was deleted"
        raise Theirs(f"branch {branch} {what}")
    return there


def _dress(case: Case, offer: Handoff, pull: Pull) -> None:
    """Labels and reviewers; what GitHub refuses to take of them is noted, not fatal."""
    github = case.means.github
    set_labels(case, str(pull.number), add=offer.labels, there=pull.labels)
    if offer.reviewers:
        case.try_to(lambda: github.request_review(pull.number, offer.reviewers), "reviewers")


def set_labels(
    case: Case, number: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), there: Sequence[str] = ()
) -> None:
    """Put labels on and take labels off, as far as the repository has them or they can be made.

    `there` saves requests where it has all of `add`; else the answer to putting them on tells what to take off.
    """
    has = {label.casefold() for label in there}
    missing = [label for label in add if label.casefold() not in has]
    gone = remove if missing else [label for label in remove if label.casefold() in has]
    if missing or gone:
        case.try_to(lambda: _label(case, number, missing, gone), f"labels of #{number}")


def _label(case: Case, number: str, add: Sequence[str], remove: Sequence[str]) -> None:
    for name in case.means.github.label(number, add, remove, table=labels.table()):
        case.notes.append(f"the repository has no label {name}")


def show_status(case: Case, label: str, there: Sequence[str]) -> None:
    """Exactly this one of the status labels on the issue or pull request ("" = none)."""
    set_labels(
        case,
        case.leg.number,
        add=[label] if label else [],
        remove=[one for one in _STATUS if one != label],
        there=there,
    )


def made_events(offer: Handoff, made: Published) -> tuple[Event, Event]:
    """handoff.intended and handoff.made."""
    intended: dict[str, object] = {"branch": offer.branch, "head": offer.head, "closes": offer.closes}
    done: dict[str, object] = {
        "ref": f"refs/heads/{offer.branch}",
        "url": made.url,
        "number": made.number,
        "verified": True,
    }
    pairs = (("handoff.intended", intended), ("handoff.made", done))
    first, second = (
        Event(kind=kind, subject=offer.task, run=offer.run, data=data, key=f"{kind}/{offer.run}")
        for kind, data in pairs
    )
    return first, second
