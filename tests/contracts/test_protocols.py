"""Every protocol of models: one file that says what may pass, and nothing else leads to a provider."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest
from tests.protocols.bodies import HOSTILE, PATHS, rich

from autonomy_pack import protocols
from autonomy_pack.model import EVENT_FIELDS
from autonomy_pack.programs import calling
from autonomy_pack.protocols import PROTOCOLS

PAGE = (Path(__file__).parents[2] / "docs/reference/gateway.md").read_text()


def test_every_file_is_listed_and_every_name_is_its_files():
    assert set(PROTOCOLS) == {module.name for module in pkgutil.iter_modules(protocols.__path__)}
    assert all(one is importlib.import_module(f"autonomy_pack.protocols.{name}") for name, one in PROTOCOLS.items())


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_says_what_it_is_and_stands_in_the_page(name):
    assert importlib.import_module(f"autonomy_pack.protocols.{name}").__doc__
    assert re.search(rf"^\| `{name}` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_has_hostile_bodies_a_path_and_a_conversation(name):
    assert sum(1 for one, _, _ in HOSTILE if one == name) >= 10
    assert PROTOCOLS[name].route("POST", PATHS[name], "") == "call"
    assert PROTOCOLS[name].asked(PATHS[name], "", rich(name), 100).path
    assert isinstance(rich(name)[PROTOCOLS[name].conversation_key], list)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_only_the_key_stands_for_the_client(name):
    given = {"x-api-key": "token", "authorization": "Bearer token", "x-goog-api-key": "token", "cookie": "token"}
    sent = PROTOCOLS[name].headers(given, "the-key")
    assert "token" not in json.dumps(dict(sent))
    assert sum("the-key" in value for value in sent.values()) == 1
    assert PROTOCOLS[name].token_of(given, "") == "token"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_list_of_models_names_the_run_s(name):
    assert "gpt-5" in PROTOCOLS[name].answer("models", ["gpt-5"], 0).decode()


def test_the_page_tells_what_is_written_down_of_a_call():
    assert [field for field in EVENT_FIELDS["model.called"] if f"`{field}`" not in PAGE] == []
    assert f"up to {calling.Patience().attempts} times within {calling.Patience().seconds:g} s" in PAGE
