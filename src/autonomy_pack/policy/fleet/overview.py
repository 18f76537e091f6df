"""What one page tells of an installation: which release, what is proposed, how runs went. Pure."""

from __future__ import annotations

from autonomy_pack.model import value
from autonomy_pack.policy.fleet.lock import Lock
from autonomy_pack.policy.fleet.rows import refused
from autonomy_pack.targets import Target


@value
class Standing:
    """One repository: `state` is the release, or why there is none; `proposal` our newest pull request and its state.

    `runs`: of those that finished, how many failed; "" where none did.
    """

    name: str
    state: str
    commit: str = ""
    proposal: str = ""
    stopped: bool = False
    schedule: str = ""
    runs: str = ""


def standing(target: Target, lock: Lock | None) -> Standing:
    """The standing of a repository whose lock was read; None = it has none."""
    row = refused(target, forks=True)
    state = str(row.reason) if row else f"older pack {target.older}" if target.older and not lock else "not installed"
    found = target.proposal
    return Standing(
        name=target.name,
        state=lock.inputs.version if lock else state,
        commit=lock.inputs.sha if lock else "",
        proposal=f"#{found.number} {'draft' if found.draft and found.state == 'open' else found.state}"
        if found
        else "",
        stopped=target.stop,
        schedule=lock.inputs.cron if lock else "",
        runs=f"{target.runs.failed} of {target.runs.finished} failed" if target.runs and target.runs.finished else "",
    )
