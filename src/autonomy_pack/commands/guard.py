"""autonomy guard: judge commits by the guards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.flows.guard import Judgement


@click.group(name="guard")
def command() -> None:
    """Guards judge a change by its git objects: what it touches, adds and hides."""


@command.command()
@options.repo
@click.option("--base", required=True, metavar="SHA", help="The commit the change starts from.")
@click.option("--head", required=True, metavar="SHA", help="The commit with the change.")
@click.option("--rules-at", default="", metavar="SHA", help="Whose configuration to judge by, if not the base's.")
@options.as_json
@click.pass_context
def check(ctx: click.Context, repo: Path, base: str, head: str, rules_at: str, as_json: bool) -> None:
    """Run every guard on what lies between two commits.

    Exit 0: clean. 1: something to ask about, or worse. 2: it cannot be judged (a missing commit is never clean).
    """
    from autonomy_pack.flows import guard

    judgement = guard.check(repo, base, head, rules_at)
    if as_json:
        options.print_json(_data(judgement))
    else:
        _print(judgement)
    ctx.exit(0 if judgement.clean else 1)


def _data(judgement: Judgement) -> dict[str, Any]:
    from dataclasses import asdict

    examination = judgement.examination
    return {
        "base": judgement.base,
        "head": judgement.head,
        "clean": judgement.clean,
        "findings": [asdict(finding) | {"risk": str(finding.risk)} for finding in examination.findings],
        "skipped": [{"guard": name, "why": why} for name, why in examination.skipped],
    }


def _print(judgement: Judgement) -> None:
    examination = judgement.examination
    for finding in examination.findings:
        click.echo(f"{finding.risk!s:8}  {finding.rule:15}  {finding.where}\n  {finding.says}\n  → {finding.fix}")
    for name, why in examination.skipped:
        click.echo(f"skipped   {name:15}  {why}")
    verdict = "clean" if judgement.clean else "not clean"
    click.echo(f"{verdict}: {len(examination.guards)} guards, {judgement.base[:12]}..{judgement.head[:12]}")
