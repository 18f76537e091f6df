"""What keeps a task from being worked on, by what its own history says: told alike wherever it is told. Pure."""

from __future__ import annotations

from autonomy_pack.model import Head, Outcome

_RESET = "change the issue or `autonomy task reset`"


def why_held(head: Head, pin: str, handoff: str, decision: Head | None, attempts: int) -> str:
    """Why nobody may begin with it; "" while nobody has it, nothing of ours is open for it, and it has attempts left.

    `pin` is of the text as it is now, `handoff` what became of its branch, `decision` what its last run asked,
    `attempts` the most that a text gets.
    """
    if head.status == "running":
        return f"claimed by run {head.run}"
    if head.status == "skipped":
        return f"skipped: {head.why}" if head.why else "skipped; `autonomy task reset` takes it back"
    return (
        _why_handed_off(head, pin, handoff)
        or (_why_asked(head, pin, decision) if head.status == Outcome.WAITING else "")
        or (_why_tried(head, attempts) if head.pin == pin else "")
    )


def why_over_budget(head: Head, pin: str, now: str) -> str:
    """Why it is not begun again today after its last run met a budget; it is, once its bounds are raised."""
    if head.status != Outcome.OVER_BUDGET or head.pin != pin or head.at[:10] != now[:10]:
        return ""
    return f"run {head.run} met a budget today; tomorrow (UTC), or once that is raised: {head.why}"


def _why_handed_off(head: Head, pin: str, handoff: str) -> str:
    reasons = {
        "open": f"handed off: branch {head.branch} is open for it",
        "moved": f"handed off: branch {head.branch} has somebody else's commits",
        "merged": "handed off and merged; close it, or change it for another round",
        "deleted": f"held: its branch {head.branch} was deleted unmerged; `autonomy task reset` to try again",
    }
    became = {
        "merged": "merged",
        "held": "" if handoff == "anew" else "deleted",
        Outcome.HANDED_OFF: handoff,
    }.get(head.status, "")
    return reasons[became] if became in ("open", "moved") or (became in reasons and head.pin == pin) else ""


def _why_asked(head: Head, pin: str, decision: Head | None) -> str:
    if decision is None or decision.status in ("pending", "approved"):
        return f"waiting for decision {decision.subject if decision else 'of run ' + head.run}"
    if head.pin == pin and decision.status != "answered":
        return f"{decision.subject} was denied; {_RESET}"
    return ""


def _why_tried(head: Head, attempts: int) -> str:
    if head.status == Outcome.BLOCKED:
        return f"blocked in run {head.run}; {_RESET}"
    if head.attempts >= attempts:
        return f"no attempts left ({head.attempts} of {attempts}, last {head.status}); {_RESET}"
    return ""
