"""A person who is asked about a step sees what it does, and nothing that plays tricks on their terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.model import Risk
from autonomy_pack.policy.steps import Call
from autonomy_pack.views import step


def shown(tool: str, before: str | None = None, **arguments: object) -> str:
    return step.text(Call(step=1, tool=tool, arguments=arguments), Risk.LOW, before, ("hunter2hunter2",))


def test_a_written_file_is_shown_as_what_it_changes() -> None:
    text = shown("write", "one\ntwo\n", path="a.txt", text="one\nthree\n")
    assert "a.txt" in text
    assert "-two" in text
    assert "+three" in text


def test_an_edit_is_shown_by_its_texts() -> None:
    text = shown("edit", "whatever", path="a.txt", old_string="two", new_string="three")
    assert "-two" in text
    assert "+three" in text


def test_a_program_is_shown_by_its_words() -> None:
    call = Call(step=1, tool="run", arguments=["rm", "-rf", "x y"])
    assert '["rm","-rf","x y"]' in step.text(call, Risk.HIGH, None)


def test_a_long_difference_is_cut_and_a_secret_left_out() -> None:
    text = shown("write", "", path="a", text="\n".join(map(str, range(1000))) + "\nhunter2hunter2")
    assert "more lines" in text
    assert len(text.splitlines()) < 80
    assert "hunter2" not in shown("write", "", path="a", text="hunter2hunter2")


@given(st.text(), st.text(), st.text())
def test_nothing_unseen_is_shown(path: str, old: str, new: str) -> None:
    text = shown("edit", None, path=path, old_string=old, new_string=new)
    assert not any(ord(char) < 32 and char not in "\n\t" for char in text)
    assert not any(char in text for char in "\x7f\u202e\u200b\u2066")
