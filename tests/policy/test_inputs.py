"""Typed inputs: where they come from, what is refused, and that a value stays data wherever it is put."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Input, Mission, Step
from autonomy_pack.policy import inputs


def mission(*declared, **step):
    steps = tuple(Step(tool=tool, arguments=arguments) for tool, arguments in step.items())
    return Mission(name="m", version=1, goal="g", inputs=declared, steps=steps, source="m.yml")


def filled(mission_, fields=(), **given_):
    return {step.tool: step.arguments for step in inputs.fill(mission_, dict(fields), given_)}


def one(kind, text, **more):
    declared = Input(name="x", type=kind, field="My field", **more)
    return filled(mission(declared, write={"v": "{{ x }}"}), {"my  Field": text})["write"].get("v")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", " hello ", "hello"),
        ("string", "{{ x }}", "{{ x }}"),
        ("int", "42", 42),
        ("int", "-1", -1),
        ("bool", "true", True),
        ("bool", "No", False),
        ("bool", "- [x] Yes please", True),
        ("bool", "- [ ] Yes please", False),
        ("list", "a, b,c", ["a", "b", "c"]),
        ("list", "- a b\n- `c`\n\n* d", ["a b", "c", "d"]),
        ("list", "one", ["one"]),
    ],
)
def test_a_form_field_becomes_a_value_of_its_type(kind, text, value):
    assert one(kind, text) == value


def test_a_choice_stands_for_itself_or_for_what_the_mission_says():
    assert one("choice", "a", choices=("a", "b")) == "a"
    assert one("choice", "b", choices=("a", "b"), values={"a": ["x"], "b": ["y", "z"]}) == ["y", "z"]


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("int", "4.5", "not a whole number"),
        ("int", "9" * 30, "not a whole number"),
        ("bool", "maybe", "neither true nor false"),
        ("choice", "c", "none of its choices"),
        ("string", "a\0b", "no usable text"),
        ("string", "x" * 70_000, "no usable text"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_finding_with_a_fix(kind, text, says):
    declared = Input(name="x", type=kind, choices=("a", "b") if kind == "choice" else ())
    [found] = inputs.problems(mission(declared), {}, {"x": text})
    assert says in found.says
    assert found.fix.endswith(".")
    with pytest.raises(UsageError, match=says):
        inputs.fill(mission(declared), {}, {"x": text})


def test_given_comes_before_the_field_and_the_field_before_the_default():
    declared = Input(name="x", field="X", default="d")
    of = mission(declared, write={"v": "{{ x }}"})
    assert filled(of, {"X": "f"}, x="g")["write"]["v"] == "g"
    assert filled(of, {"X": "f"})["write"]["v"] == "f"
    assert filled(of, {"X": "_No response_"})["write"]["v"] == "d"
    assert filled(of)["write"]["v"] == "d"


def test_an_input_without_a_field_is_never_read_from_an_issue():
    assert (
        filled(mission(Input(name="x", default="d"), write={"v": "{{ x }}"}), {"": "f", "x": "f"})["write"]["v"] == "d"
    )


def test_a_missing_required_input_names_its_field():
    [found] = inputs.problems(mission(Input(name="x", field="Find", required=True)), {"Find": "_no response_"}, {})
    assert found.says == 'the input "x" is missing'
    assert 'field "Find"' in found.fix


def test_an_unknown_input_is_told_with_the_nearest_name():
    [found] = inputs.problems(mission(Input(name="files")), {}, {"fils": "a"})
    assert 'no input "fils"' in found.says
    assert found.fix.startswith('did you mean "files"?')


def test_a_whole_place_keeps_its_type_and_inside_text_it_is_text():
    declared = (Input(name="n", type="int"), Input(name="l", type="list"), Input(name="b", type="bool"))
    of = mission(*declared, write={"a": "{{ n }}", "b": "{{n}} {{ l }} {{ b }}", "c": {"d": ["{{ l }}", "z"]}})
    arguments = filled(of, n="7", l="x,y", b="yes")["write"]
    assert arguments == {"a": 7, "b": "7 x, y true", "c": {"d": ["x", "y", "z"]}}


def test_an_absent_input_leaves_its_argument_out():
    of = mission(
        Input(name="x"),
        write={"a": "{{ x }}", "b": "[{{ x }}]", "c": {"d": "{{ x }}", "e": None}},
        run=("a", "{{ x }}"),
    )
    assert filled(of) == {"write": {"b": "[]", "c": {"e": None}}, "run": ("a",)}


def test_values_are_never_read_again_as_templates():
    of = mission(Input(name="a"), Input(name="b"), write={"v": "{{ a }}{{ b }}"})
    assert filled(of, a="{{ b }}", b="{{ a }}")["write"]["v"] == "{{ b }}{{ a }}"


def test_the_expressions_of_github_are_left_alone():
    of = mission(Input(name="a", default="x"), write={"v": "${{ a }} ${{ github.sha }} {{ a }}"})
    assert filled(of)["write"]["v"] == "${{ a }} ${{ github.sha }} x"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_in_the_missions_own_expressions_a_value_stands_for_itself(text):
    of = mission(
        Input(name="x"), replace={"find": "<{{ x }}>", "with": "[{{ x }}]", "regex": True, "unless": "{{ x }}"}
    )
    arguments = filled(of, x=text)["replace"]
    assert re.sub(arguments["find"], arguments["with"], f"<{text}>") == f"[{text}]"
    assert re.fullmatch(arguments["unless"], text)


def test_an_expression_that_is_itself_the_input_stays_an_expression():
    of = mission(
        Input(name="f"), Input(name="r", type="bool"), replace={"find": "{{ f }}", "with": r"\1", "regex": "{{ r }}"}
    )
    assert filled(of, f="(a+)", r="true")["replace"] == {"find": "(a+)", "with": r"\1", "regex": True}


@pytest.mark.parametrize("text", ["--config=evil", "-x"])
def test_a_value_cannot_become_an_option_of_a_program(text):
    of = mission(Input(name="x"), run=("tool", "{{ x }}"))
    [found] = inputs.problems(of, {}, {"x": text})
    assert "would become an option of tool" in found.says
    assert filled(mission(Input(name="x"), run=("tool", "--in={{ x }}")), x=text)["run"] == ("tool", f"--in={text}")


def test_each_item_of_a_list_is_its_own_word_of_the_command():
    of = mission(Input(name="l", type="list"), run=("tool", "--", "{{ l }}"))
    assert filled(of, l="a b,$(rm),c;d")["run"] == ("tool", "--", "a b", "$(rm)", "c;d")
    assert inputs.problems(of, {}, {"l": "a,-x"})


def test_the_missions_own_words_may_be_options():
    declared = Input(name="x", type="choice", choices=("a",), values={"a": ["tool", "--write", "."]})
    assert filled(mission(declared, run=("{{ x }}",)), x="a")["run"] == ("tool", "--write", ".")
