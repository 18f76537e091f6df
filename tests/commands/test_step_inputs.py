"""The inputs of action.yml: none is dropped in silence, none reaches us but through the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from autonomy_pack.commands import step_inputs
from autonomy_pack.commands.action_step import OUTPUTS
from autonomy_pack.commands.step_inputs import ELSEWHERE, HONOURED, IGNORED, KNOWN, asked
from autonomy_pack.errors import UsageError

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "site"))


def given(monkeypatch: pytest.MonkeyPatch, **inputs: str) -> step_inputs.Asked:
    names = {name.replace("__", "-"): text for name, text in inputs.items()}
    monkeypatch.setenv("AUTONOMY_INPUTS", json.dumps(names))
    return asked()


def test_what_is_asked_for_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = given(monkeypatch, issue="#12", agent="planner", max_issues="2", dry_run="true", sandbox="L2")
    assert (wanted.issue, wanted.agent, wanted.max_issues, wanted.dry_run, wanted.sandbox) == (
        "12",
        "planner",
        2,
        True,
        "L2",
    )


@pytest.mark.parametrize("level", ["none", "L0", "l2", "off", "danger-full-access"])
def test_a_step_takes_no_weaker_box_than_one_with_walls(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    with pytest.raises(UsageError, match="sandbox is") as refused:
        given(monkeypatch, issue="1", sandbox=level)
    assert "auto, L2, L1" in refused.value.fix
    for fine in ("auto", "L2", "L1", ""):
        assert given(monkeypatch, issue="1", sandbox=fine).sandbox == fine


@pytest.mark.parametrize(("name", "near"), [("isue", "issue"), ("agent_comand", "agent_command"), ("Prompt", "prompt")])
def test_a_misspelt_input_fails_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {near}"):
        given(monkeypatch, **{name: "x"})


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_an_input_that_would_change_what_an_agent_may_do_fails_and_names_its_place(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(UsageError, match=name) as refused:
        given(monkeypatch, **{name: "x"})
    assert ELSEWHERE[name] in refused.value.fix


def test_inputs_of_other_actions_that_change_only_looks_are_told_and_not_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, issue="1", anthropic_api_key="sk-secret-value", bot_name="b", use_sticky_comment="true")
    said = capsys.readouterr().out
    assert "::add-mask::sk-secret-value" in said
    (notice,) = [line for line in said.splitlines() if line.startswith("::notice")]
    assert "bot_name, use_sticky_comment" in notice
    assert "sk-secret" not in notice


def test_what_a_run_may_spend_and_which_model_it_asks_is_the_workflows_word(monkeypatch: pytest.MonkeyPatch) -> None:
    spend = given(monkeypatch, issue="1", model="m", max_turns="7", max_cost_usd="1.50").spend
    assert (spend.model, spend.turns, spend.usd) == ("m", 7, 1.5)
    assert given(monkeypatch, issue="1", max_iterations="3").spend.turns == 3
    for wrong in ("-1", "many", "1e3", "0x1"):
        with pytest.raises(UsageError, match="max_turns"):
            given(monkeypatch, issue="1", max_turns=wrong)


def test_names_with_dashes_are_the_same_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, working__directory="sub", issue="1").working_directory == "sub"
    with pytest.raises(UsageError, match="given twice"):
        given(monkeypatch, working__directory="a", working_directory="b")


@pytest.mark.parametrize(
    "inputs",
    [
        {"issue": "1", "prompt": "x"},
        {"mission": "fix", "prompt": "x"},
        {"max_issues": "-1"},
        {"dry_run": "yes"},
        {"prompt_file": "../outside.md"},
        {"prompt_file": "/etc/passwd"},
        {"prompt_file": "missing.md"},
    ],
)
def test_what_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inputs: dict[str, str]
) -> None:
    (tmp_path / "outside.md").write_text("secret")
    with pytest.raises(UsageError):
        given(monkeypatch, **inputs)


def test_a_prompt_may_lie_in_a_file_of_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "site" / "ask.md").write_text("Do it.")
    assert given(monkeypatch, prompt_file="ask.md").prompt == "Do it."
    (tmp_path / "outside.md").write_text("secret")
    (tmp_path / "site" / "link.md").symlink_to(tmp_path / "outside.md")
    with pytest.raises(UsageError):
        given(monkeypatch, prompt_file="link.md")


def test_every_name_has_one_fate() -> None:
    assert not set(HONOURED) & set(ELSEWHERE)
    assert not set(HONOURED) & IGNORED
    assert not set(ELSEWHERE) & IGNORED
    assert set(ACTION["inputs"]) <= KNOWN


def test_the_action_is_short_and_hands_everything_on_by_environment() -> None:
    text = (ROOT / "action.yml").read_text()
    assert text.count("\n") <= 60
    assert ACTION["runs"]["using"] == "composite"
    assert set(ACTION["outputs"]) == set(OUTPUTS)
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    assert ACTION["runs"]["steps"][-1]["env"]["AUTONOMY_INPUTS"] == "${{ toJSON(inputs) }}"
    assert not any("token" in name for name in ACTION["outputs"] if name not in ("input_tokens", "output_tokens"))


def test_a_step_of_another_agents_action_is_understood_after_changing_its_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As their documentation shows it, with what is not ours to decide left as it is."""
    wanted = given(
        monkeypatch, prompt="Fix it", anthropic_api_key="sk-x-12345", github_token="ghs_x", show_full_output="false"
    )
    assert wanted.prompt == "Fix it"
    assert given(monkeypatch, prompt="Fix it", openai__api__key="sk-x-12345").prompt == "Fix it"
