"""autonomy decision: what a person must choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from autonomy_pack.commands import options
from autonomy_pack.errors import UsageError
from autonomy_pack.policy import names


@click.group(name="decision")
def command() -> None:
    """Decisions: each is about exactly one action, is answered once, and means no when its time is up."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are answered.")
@options.repo
@options.as_json
def list_decisions(everything: bool, repo: Path, as_json: bool) -> None:
    """The pending decisions, newest first."""
    from autonomy_pack.flows import decisions, project
    from autonomy_pack.views import decision as view

    found = decisions.all_of(project.open_project(repo, forge="local"))
    shown = [one for one in found if everything or one.status == "pending"]
    if as_json:
        options.print_json([_data(one) for one in shown])
    else:
        click.echo(view.rows(shown) if shown else "No decision is pending.")


@command.command()
@click.argument("decision")
@options.repo
@options.as_json
@click.pass_context
def view(ctx: click.Context, decision: str, repo: Path, as_json: bool) -> None:
    """One decision, with what exactly it is about. Exit 3 while it waits for an answer."""
    from autonomy_pack.flows import deciding, decisions, project
    from autonomy_pack.views import decision as view

    opened = project.open_project(repo, forge="local")
    found = decisions.find(opened, decision)
    shown = deciding.shown(opened, found)
    if as_json:
        call = {"name": shown.call.tool, "arguments": shown.call.arguments} if shown.call else None
        options.print_json(_data(found) | {"agent": shown.agent, "tool_call": call, "after": view.after(found)})
    else:
        click.echo(view.text(found, list(opened.store.events(run=found.run)), opened.store.now(), shown))
    ctx.exit(3 if found.status == "pending" else 0)


@command.command()
@click.argument("decision", nargs=-1, required=True)
@click.option("--comment", default="", help="Why.")
@options.repo
def approve(decision: tuple[str, ...], comment: str, repo: Path) -> None:
    """Say yes: the kept change is handed off at once, if it still is exactly what was asked about.

    A step is not done at once but by the next run of its task.
    """
    from autonomy_pack.flows import decisions, project

    for one in decision:
        opened = project.open_project(repo, about=one)
        if decisions.find(opened, one).kind == "step":
            _go_on(repo, decisions.allow(opened, one, comment))
            continue
        made = decisions.approve(opened, one, comment, lambda _: None)
        branch = made.data["ref"].removeprefix("refs/heads/")
        click.echo(f"{one} approved: {branch}")
        if made.data.get("number"):
            click.echo(f"  Look at   {made.data['url']}")
            continue
        at = "git" + options.spoken(repo)[1].replace(" --repo ", " -C ")
        click.echo(f"  Look at   {at} diff {opened.base.branch}...{branch}")


@command.command()
@click.argument("decision", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why not; the run's record keeps it.")
@options.repo
def deny(decision: tuple[str, ...], reason: str, repo: Path) -> None:
    """Say no: the change stays kept, the task is held until its text changes or it is reset."""
    from autonomy_pack.flows import decisions, project

    if not reason.strip():
        raise UsageError("the reason is empty", 'Say why: --reason "…".')
    for one in decision:
        opened = project.open_project(repo, about=one)
        denied = decisions.deny(opened, one, reason)
        click.echo(f"{one} denied. To try again: autonomy task reset {names.issue_of(denied.subject)}")


@command.command()
@click.argument("decision")
@click.option("--option", default=None, help="One of its options, by its text or its number.")
@click.option("--answer", default=None, help="What you answer, in your own words.")
@options.repo
@click.pass_context
def decide(ctx: click.Context, decision: str, option: str | None, answer: str | None, repo: Path) -> None:
    """Answer what an agent asks, or choose an option of any decision; the next run of its task goes on with it."""
    from autonomy_pack.flows import decisions, project

    if (option is None) == (answer is None):
        raise UsageError("an answer is an option or a text", "Give --option or --answer, one of them.")
    opened = project.open_project(repo, about=decision)
    asked = decisions.find(opened, decision)
    word = decisions.option_of(asked, option) if option is not None else ""
    if word == "deny":
        ctx.invoke(deny, decision=(decision,), reason="denied by its option", repo=repo)
    elif word and asked.kind != "guidance":
        ctx.invoke(approve, decision=(decision,), comment="", repo=repo)
    else:
        _go_on(repo, decisions.answer(opened, decision, word or answer or ""))


def _go_on(repo: Path, answered: Any) -> None:
    program, where = options.spoken(repo)
    issue = names.issue_of(answered.subject)
    by_hand = issue.startswith("mission:")
    again = f"mission run {issue.removeprefix('mission:')}" if by_hand else f"run --issue {issue}"
    click.echo(f"{answered.id} {answered.answer}: {answered.subject} goes on with the next run.")
    click.echo(f"  Go on     {program} {again}{where}")


def _data(decision: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(decision)
