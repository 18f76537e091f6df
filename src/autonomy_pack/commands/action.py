"""autonomy action: what the steps of our workflows call; everything comes in by environment, nothing by argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import click

# verb → (module under commands, one line of help). Each module has one function of the verb's name, with _ for -,
# called without arguments, that returns the exit code.
VERBS: Mapping[str, tuple[str, str]] = {
    "fetch": ("action_select", "select: read the facts (token)."),
    "choose": ("action_select", "select: choose among them, in the box (no token)."),
    "claim-repairs": ("action_repair", "select: claim pull requests of ours whose CI is red (token)."),
    "claim": ("action_select", "select: claim what was chosen, print the plan (token)."),
    "install": ("action_run", "run: install the agent's program, before any key."),
    "setup": ("action_run", "run: prepare the project's toolchain, before any key."),
    "run": ("action_run", "run: one attempt; writes three files (read token)."),
    "publish": ("action_publish", "publish: examine every attempt, hand off (write token)."),
    "recheck": ("action_gate", "gate: run the checks on the head (no token)."),
    "gate": ("action_gate", "gate: judge a pull request (write token)."),
    "decide": ("action_gate", "decide: answer a comment or label (write token)."),
    "review-plan": ("action_review", "review: decide what is reviewed, and by whom (read token)."),
    "review-install": ("action_review", "review: install the programs of the agents, before any key."),
    "review": ("action_review", "review: let agents judge (read token, model key)."),
    "review-publish": ("action_review", "review: say it in one comment (write token)."),
    "labels": ("action_gate", "make the labels that are missing (write token)."),
    "step": ("action_step", "the whole job in one step, for action.yml."),
    "report": ("action_report", "every job's last step: what its steps did."),
}


@click.group(name="action")
def command() -> None:
    """Steps of our workflows on GitHub Actions; on your own machine use `autonomy run`.

    Exit codes as everywhere: 0 done, 1 findings, 2 wrong usage, 4 the outside world failed, 5 stopped.
    """


def _call(verb: str) -> Callable[[], None]:
    def callback() -> None:
        from autonomy_pack.commands import told

        work = getattr(import_module(f"autonomy_pack.commands.{VERBS[verb][0]}"), verb.replace("-", "_"))
        click.get_current_context().exit(told.through(verb, work))

    callback.__doc__ = VERBS[verb][1]
    return callback


for _verb in VERBS:
    command.command(name=_verb)(_call(_verb))
