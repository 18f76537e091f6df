"""What verifying found goes to people and programs as harmless text: nothing lives, computes, or is a secret."""

from __future__ import annotations

import csv

from autonomy_pack.model import Finding, Risk
from autonomy_pack.policy.fleet.verdict import Outcome, Verdict
from autonomy_pack.views import verdicts as view

KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
EVIL = f"=1+1 [x](http://evil.example) @ada a|b \x1b[31m\n## big {KEY}"
VERDICT = Verdict(
    name="acme/=site",
    outcome=Outcome.FAULTS,
    why="1 to look at",
    findings=(Finding(rule="edited", risk=Risk.LOW, says=EVIL, fix="-fix", where="a|b"),),
)
FINE = Verdict(name="acme/two", outcome=Outcome.FINE, why="all as it should be")


def test_a_report_has_every_repository_and_nothing_in_it_lives() -> None:
    told = view.report([VERDICT, FINE], "acme")
    assert "](http" not in told
    assert "@ada" not in told
    assert KEY not in told
    assert [line for line in told.splitlines() if line.startswith("## ")] == [
        "## acme/=site: faults",
        "## Nothing to tell of",
    ]
    (row,) = [line for line in told.splitlines() if line.startswith("| edited")]
    assert row.replace("\\|", "").count("|") == 6
    assert "| acme/two | fine | all as it should be |" in told


def test_a_spreadsheet_computes_nothing_of_it() -> None:
    first, second = csv.DictReader(view.table([VERDICT, FINE]).splitlines())
    assert first["says"].startswith("'=1+1 ")
    assert first["fix"] == "'-fix"
    assert KEY not in first["says"]
    assert (second["repository"], second["rule"]) == ("acme/two", "")


def test_a_terminal_is_not_steered_and_told_no_secret() -> None:
    told = "\n".join([*view.lines(VERDICT), str(view.data(VERDICT))])
    assert "\x1b" not in told
    assert KEY not in told
    assert "## big" in told.splitlines()[2]
