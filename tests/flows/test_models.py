"""Keys, addresses, prices and the name of the model: a person's word, from the environment or their own settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import host
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import models, records, settings
from autonomy_pack.model import Config, Mission
from autonomy_pack.policy.budget import ANY_CALL

KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "AUTONOMY_ANTHROPIC_URL")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


def said(text: str) -> None:
    host.config_home().mkdir(parents=True, exist_ok=True)
    (host.config_home() / "config.yml").write_text(text)


def test_a_key_comes_from_the_environment_and_its_address_is_the_provider_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-one")
    found = models.upstream("anthropic")
    assert (found.url, found.key, found.variable, found.setting) == (
        "https://api.anthropic.com",
        "sk-ant-one",
        "ANTHROPIC_API_KEY",
        "",
    )
    monkeypatch.setenv("AUTONOMY_ANTHROPIC_URL", "http://127.0.0.1:9/")
    assert models.upstream("anthropic").url == "http://127.0.0.1:9"


@pytest.mark.parametrize("protocol", ["openai_chat", "openai_responses"])
def test_two_protocols_of_one_provider_share_its_key(monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-two")
    assert models.upstream(protocol).key == "sk-two"


def test_the_second_name_of_a_key_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-three")
    assert models.upstream("gemini").key == "AIza-three"


def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as error:
        models.upstream("gemini")
    assert "GEMINI_API_KEY or GOOGLE_API_KEY" in error.value.fix
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(UsageError) as error:
        models.upstream("gemini")
    assert "gemini_api_key" in error.value.fix


def test_a_key_is_in_no_text_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-one")
    assert "sk-ant-one" not in f"{models.upstream('anthropic')!r}{models.upstream('anthropic')}"


def test_the_user_s_settings_name_another_variable_address_and_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    said("models: {anthropic: {url: 'https://models.example.com', key_env: TEAM_WORD}}\nprices: {mine: {input_mtok: 1, output_mtok: 2}}\n")  # fmt: skip
    monkeypatch.setenv("TEAM_WORD", "four-four-four")
    found = models.upstream("anthropic")
    assert (found.url, found.key) == ("https://models.example.com", "four-four-four")
    assert (found.variable, found.setting) == ("TEAM_WORD", "models: anthropic: url of your settings")
    assert models.prices() == {"mine": {"input_mtok": 1.0, "output_mtok": 2.0}}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://models.example.com",
        "models.example.com",
        "https://",
        "http://a:b",
        "https://a/?x=1",
        "file:///etc",
        "http://a b",
    ],
)
def test_an_address_to_which_nothing_can_be_sent_is_told_at_once(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-one")
    monkeypatch.setenv("AUTONOMY_ANTHROPIC_URL", url)
    with pytest.raises(UsageError, match="AUTONOMY_ANTHROPIC_URL is no address"):
        models.upstream("anthropic")


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-one")
    monkeypatch.setenv("AUTONOMY_ANTHROPIC_URL", "ftp://me:secret@models.example.com")
    with pytest.raises(UsageError) as refused:
        models.upstream("anthropic")
    assert "secret" not in refused.value.says


@pytest.mark.parametrize("key", ["sk-ant one", "sk-ant-\u00fc", "sk-ant\nx: y"])
def test_what_no_header_can_hold_is_no_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    with pytest.raises(UsageError, match="ANTHROPIC_API_KEY holds no key"):
        models.upstream("anthropic")


def test_the_least_that_a_first_call_sets_aside_is_by_the_model_that_is_asked() -> None:
    mission = Mission(name="m", version=1, goal="g")
    small = models.least("anthropic", replace(mission, model="claude-haiku-4-5"), Config())
    assert 0 < small.usd < models.least("anthropic", mission, Config()).usd < 1
    assert small.tokens > models.MAX_OUTPUT
    assert models.least("planner", mission, Config()) == ANY_CALL


def test_a_key_is_kept_out_of_every_sink_whatever_its_variable_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    said("models: {anthropic: {key_env: TEAM_WORD}}\n")
    monkeypatch.setenv("TEAM_WORD", "four-four-four")
    assert "four-four-four" in records.known_secrets()


@pytest.mark.parametrize(
    "text",
    [
        "sandboxes: L2\n",
        "models: {anthropic: {key: sk-ant-one}}\n",
        "models: {anthropic: {key_env: 'sk-ant-one two'}}\n",
        "models: {anthropic: {url: 'file:///etc/passwd'}}\n",
        "models: []\n",
        "prices: {mine: {input_mtok: -1, output_mtok: 2}}\n",
        "prices: {mine: {input_mtok: 1}}\n",
        "prices: {mine: {input_mtok: .inf, output_mtok: 2}}\n",
        "prices: {mine: {input_mtok: true, output_mtok: 2}}\n",
        "sandbox: [none]\n",
    ],
)
def test_settings_that_are_not_understood_are_refused_with_the_file(text: str) -> None:
    said(text)
    with pytest.raises(UsageError) as error:
        settings.read()
    assert "config.yml is not understood" in error.value.says


def test_the_model_is_the_mission_s_the_configuration_s_or_the_agent_s_own() -> None:
    agent = AGENTS["anthropic"]
    mission = Mission(name="m", version=1, goal="g")
    assert models.chosen(mission, Config(), agent) == agent.model
    assert models.chosen(mission, Config(model="theirs"), agent) == "theirs"
    with_model = Mission(name="m", version=1, goal="g", model="its-own")
    assert models.chosen(with_model, Config(model="theirs"), agent) == "its-own"
    with pytest.raises(UsageError):
        models.chosen(mission, Config(), AGENTS["planner"])
