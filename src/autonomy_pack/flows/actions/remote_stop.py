"""Stopping a repository on GitHub from anywhere, and the explicit act that lets its work go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from autonomy_pack.contracts import Store
from autonomy_pack.edges import clock, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, WorldError
from autonomy_pack.model import Event, value
from autonomy_pack.views.callers import LOOP

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

STOP_FILE = ".agent-workspace/STOP"
WORKFLOW = LOOP
_DISABLED, _ENABLED = "disabled", "running"
_WHY = "Stopped by autonomy stop --remote"

Open = Callable[[], Store]
"""Opens the repository's store: only after the workflow is off, so that nothing can keep it on."""


@value
class Done:
    """What was done, and what could not be and why; a line each. `holds`: the repository is stopped now.

    `known`: whether what `holds` says was seen, and not only feared because something could not be read.
    """

    done: tuple[str, ...]
    failed: tuple[str, ...]
    holds: bool
    known: bool = True


def stop(github: GitHub, store: Open, why: str, workflow: str = WORKFLOW) -> Done:
    """Disable the workflow, then commit the STOP file to the default branch if that may be; one of them is enough.

    WorldError when neither could be done: then nothing is stopped.
    """
    done: list[str] = []
    failed: list[str] = []
    _try(lambda: disable(github, store, why, workflow), f"workflow {workflow}", done, failed)
    _try(lambda: _commit_stop(github, why), f"{STOP_FILE} on the default branch", done, failed)
    if not done:
        raise WorldError(f"nothing was stopped: {'; '.join(failed)}", "Disable the workflow in the Actions tab.")
    return Done(done=tuple(done), failed=tuple(failed), holds=True)


def _try(act: Callable[[], str], what: str, done: list[str], failed: list[str]) -> None:
    try:
        done.append(act())
    except PackError as error:
        failed.append(f"{what}: {error.says}. {error.fix}")


def disable(github: GitHub, store: Open, why: str, workflow: str = WORKFLOW) -> str:
    """Disable the workflow and note that it was us; what was done, in words. One that is not active is left alone."""
    state = github.workflow_state(workflow)
    if state != "active":
        return f"workflow {workflow} is {state} already"
    github.disable_workflow(workflow)
    try:
        _note(store(), workflow, _DISABLED, why)
    except PackError as error:
        return f"workflow {workflow} disabled, which could not be noted ({error.says}): resume with --enable-workflow"
    return f"workflow {workflow} disabled"


def _commit_stop(github: GitHub, why: str) -> str:
    branch, _ = github.default_branch()
    if there := github.stop_words(now=True):
        return f"{there}: already"
    said = {"by": f"person:{host.user_name()}", "at": clock.now(), "why": one_line(why, 200)}
    github.put_file(STOP_FILE, json.dumps(said) + "\n", _WHY, branch)
    return f"{STOP_FILE} committed to {branch}"


def held(github: GitHub, workflow: str = WORKFLOW) -> str:
    """Why the repository is stopped on GitHub, "" when it is not; WorldError when that cannot be read."""
    return github.stop_words(workflow, now=True)


def resume(github: GitHub, store: Open, workflow: str = WORKFLOW, *, enable: bool = False) -> Done:
    """Delete the STOP file, and enable the workflow again if it was us who disabled it.

    One that a person disabled stays so, unless `enable` says otherwise in so many words: then `holds` is true.
    """
    done: list[str] = []
    failed: list[str] = []
    _try(lambda: _delete_stop(github), f"{STOP_FILE} on the default branch", done, failed)
    _try(lambda: _enable(github, store, workflow, enable=enable), f"workflow {workflow}", done, failed)
    holds, known = _seen(github, workflow) if failed else (False, True)
    return Done(done=tuple(filter(None, done)), failed=tuple(failed), holds=holds, known=known)


def _seen(github: GitHub, workflow: str) -> tuple[bool, bool]:
    """(whether it is stopped now, whether that could be seen)."""
    try:
        return bool(held(github, workflow)), True
    except PackError:
        return True, False


def _delete_stop(github: GitHub) -> str:
    branch, _ = github.default_branch()
    if not github.look().stop:
        return ""
    github.delete_file(STOP_FILE, "Resumed by autonomy resume --remote", branch)
    return f"{STOP_FILE} deleted from {branch}"


def _enable(github: GitHub, store: Open, workflow: str, *, enable: bool) -> str:
    state = github.workflow_state(workflow)
    if state == "active":
        return ""
    if not enable and not was_us(store(), workflow):
        raise WorldError(f"it is {state}, and not by us", "If it should run again, say --enable-workflow.")
    github.enable_workflow(workflow)
    _note(store(), workflow, _ENABLED, "")
    return f"workflow {workflow} enabled"


def was_us(store: Store, workflow: str) -> bool:
    """Whether the last thing noted about this workflow is that we disabled it."""
    told = list(store.events(kinds=["control.set"], subject=_subject(workflow)))
    return bool(told) and told[-1].data["state"] == _DISABLED


def _note(store: Store, workflow: str, state: str, why: str) -> None:
    data = {"scope": f"workflow:{workflow}", "state": state, "why": one_line(why, 200)}
    actor = f"person:{host.user_name()}"
    store.append([Event(kind="control.set", subject=_subject(workflow), actor=actor, data=data)])


def _subject(workflow: str) -> str:
    return f"control:workflow/{workflow}"
