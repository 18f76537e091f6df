"""What is printed in a job's log is no command to the runner, unless we meant it."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.edges.runner_log import Calm, calm

# As actions/runner reads a line: blanks are stripped before `::`, `##[` counts anywhere.
COMMAND = re.compile(r"(?m)^\s*::|##\[")
SAID = [
    "::add-mask::x",
    "  ::set-env name=LD_PRELOAD::/tmp/evil.so",
    "\t\u00a0::stop-commands::x",
    "fine ##[command]evil",
    "a\r::error::b",
    "a\u2028::error::b",
    "\u200b::error::b",
    "\x1b[0m::error::b",
    ":\x1b[0m:error::b",
    "#\u200b#[error]x",
]


@pytest.mark.parametrize("text", SAID, ids=range(len(SAID)))
def test_a_command_in_the_text_is_no_command_in_the_log(text: str) -> None:
    assert COMMAND.search(text.replace("\r", "\n").replace("\u2028", "\n")) or "\x1b" in text or "\u200b" in text
    assert not COMMAND.search(calm(text))


@given(st.text(alphabet=st.sampled_from(" \t\n\r:#[]ae\u200b\u00a0\x1b")))
def test_no_text_at_all_becomes_a_command(text: str) -> None:
    assert not COMMAND.search(calm(text))


@given(st.lists(st.text(alphabet=st.sampled_from(" \n:#[a"), max_size=6), max_size=8))
def test_a_command_written_in_pieces_is_none_either(pieces: list[str]) -> None:
    stream = io.StringIO()
    log = Calm(stream)
    for piece in pieces:
        log.write(piece)
    log.flush()
    assert not COMMAND.search(stream.getvalue())


PROGRAM = """
import sys, click
from autonomy_pack.edges import runner_log
runner_log.calm_output()
print("::add-mask::evil")
click.echo("  ::error::evil")
click.echo("##[error]evil", err=True)
sys.stdout.write("no end of line")
runner_log.error("50% of\\nthis ::x", file="a,b:c", line=3)
runner_log.mask("first line\\nlast line\\nabc")
runner_log.notice("ghp_" + "A1b2C3d4E5" * 3 + "A1b2C3")
raise ValueError("x\\n::error::evil")
"""


def test_everything_a_process_prints_is_calmed_but_its_own_commands() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    commands = [line for line in (ended.stdout + ended.stderr).splitlines() if COMMAND.search(line)]
    assert commands[0] == "::error file=a%2Cb%3Ac,line=3::50%25 of%0Athis ::x"
    assert sorted(commands[1:4]) == [
        "::add-mask::first line",
        "::add-mask::first line%0Alast line%0Aabc",
        "::add-mask::last line",
    ]
    assert commands[4:] == ["::notice::[redacted]"]
    assert "no end of line\n" in ended.stdout
