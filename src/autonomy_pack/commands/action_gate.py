"""The steps of the review gate and of decide."""

from __future__ import annotations

import re

from autonomy_pack.commands import told
from autonomy_pack.commands.action_run import boxed, workspace
from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, host
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import box, project
from autonomy_pack.flows.actions import governing

_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def recheck() -> int:
    """Run the checks on AUTONOMY_HEAD as AUTONOMY_BASE configures them; output `results`. There is no token here."""
    from autonomy_pack.flows.actions import recheck as rechecking

    place = project.find(workspace())
    results = rechecking.recheck(place.root, _commit("AUTONOMY_BASE"), _commit("AUTONOMY_HEAD"), boxed(place))
    actions.output("results", results)
    return 0


def _commit(name: str) -> str:
    said = host.setting(name)
    if not _COMMIT.fullmatch(said):
        raise UsageError(f"{name} is {one_line(said, 60)!r}, no commit", "Run the gate on pull requests only.")
    return said


def gate() -> int:
    """Judge the pull request of the event; a missing recheck is a failed one."""
    from autonomy_pack.flows.actions import gate as gating
    from autonomy_pack.views import gate as view

    job = InJob()
    verdict = gating.judge(job.github, job.remote, job.run, host.setting("AUTONOMY_RESULTS"))
    actions.summary(view.headed(verdict.title, verdict.summary))
    print(f"{verdict.conclusion}: {one_line(verdict.title, 300)}")
    return verdict.exit_code


def decide() -> int:
    """Answer the comment or label of the event; to one that does not count nothing is replied."""
    from autonomy_pack.flows.actions import decide as deciding

    job = InJob()
    answered = deciding.answer(
        job.github,
        job.remote,
        lambda: job.store,
        job.run,
        told.folder() / "decide",
        lambda: box.choose(governing.config_of(job.github.look().files), None),
    )
    says = answered.says or "Nothing was done: this event holds no answer that counts."
    print(says)
    if answered.says:
        actions.summary(f"### Answer\n\n{sanitize(says)}")
    return answered.exit_code


def labels() -> int:
    """Make every label of labels.yml that is missing; none is changed or removed."""
    from autonomy_pack.flows.actions import labels as every

    made = every.reconcile(InJob().github)
    print(f"{len(made.names)} labels made: {', '.join(made.names)}" if made.names else "No label was missing.")
    if made.trouble:
        actions.warning(f"Uninstalling will leave them: {made.trouble}")
    return 0
