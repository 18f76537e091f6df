"""Every check has passed, on exactly this commit."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.errors import Skipped
from autonomy_pack.model import Change, CheckResult, Finding, Risk, Rules


def checks_passed(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """A check that failed, did not run, or ran on another commit: high. Skipped where no checks were to run."""
    del read
    if rules.results is None:
        raise Skipped("no checks belong to this question: only the change itself was judged")
    for check in rules.checks:
        mine = [result for result in rules.results if result.name == check.name]
        if says := _fault(mine[-1] if mine else None, change.head):
            fix = f"Make `{' '.join(check.argv)}` exit 0 on this change."
            yield Finding(rule="checks_passed", risk=Risk.HIGH, says=f"the check {check.name} {says}", fix=fix)


def _fault(result: CheckResult | None, head: str) -> str:
    if result is None:
        return "did not run"
    if result.head != head:
        return "ran on another commit"
    if result.exit is None:
        return "was ended by its time limit"
    return f"ended with exit {result.exit}" if result.exit else ""
