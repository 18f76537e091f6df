"""What may pass to a provider: all that the agents' programs send, and nothing that a provider would act on itself."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.protocols import PROTOCOLS
from tests.protocols.bodies import CAPTURED, HOSTILE, PATHS, PROTOCOL_OF, captured, rich

# Data that the provider hands on or only reads: its keys mean nothing there.
FREE = {
    "input_schema",
    "parameters",
    "parametersJsonSchema",
    "schema",
    "args",
    "response",
    "metadata",
    "client_metadata",
}


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_what_the_agents_programs_send_passes(path):
    assert PROTOCOLS[PROTOCOL_OF[path.stem]].check(captured(path.stem)) == ""


@pytest.mark.parametrize("name", PROTOCOLS)
def test_much_of_each_protocol_passes(name):
    assert PROTOCOLS[name].check(rich(name)) == ""


@pytest.mark.parametrize(("name", "feature", "body"), HOSTILE, ids=[f"{name}-{what}" for name, what, _ in HOSTILE])
def test_what_a_provider_would_do_itself_is_refused(name, feature, body):
    problem = PROTOCOLS[name].check(body)
    assert problem.startswith("body."), feature
    assert len(problem) < 400


FORBIDDEN = sorted(
    {
        *("container", "mcp_servers", "file_id", "url", "store", "background", "previous_response_id", "conversation"),
        *(
            "googleSearch",
            "codeExecution",
            "urlContext",
            "fileData",
            "cachedContent",
            "web_search_options",
            "server_url",
        ),
        *("allowed_callers", "connector_id", "vector_store_ids", "environment", "skills", "webhook", "fallbacks"),
    }
)


def places(body, at=()):
    """Every object of a body that the closed shape knows."""
    if isinstance(body, dict):
        yield at
    for key, inner in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        if key not in FREE and not (key == "input" and isinstance(inner, dict)):
            yield from places(inner, (*at, key))


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_key_that_is_not_known_passes_at_any_depth(name, data):
    bodies = [rich(name), *(captured(one) for one, protocol in PROTOCOL_OF.items() if protocol == name)]
    body = copy.deepcopy(data.draw(st.sampled_from(bodies)))
    at = data.draw(st.sampled_from(list(places(body))))
    place = body
    for step in at:
        place = place[step]
    key = data.draw(st.one_of(st.sampled_from(FORBIDDEN), st.text(min_size=1, max_size=8).map(lambda text: f"x{text}")))
    if key in place:
        return
    place[key] = data.draw(st.sampled_from([True, "https://example.org", {"type": "url"}, ["x"], 1]))
    assert PROTOCOLS[name].check(body)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["type", "role", "content", "tools", "messages", "input", "contents"]), inner),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_check_never_fails_whatever_it_is_given(name, data):
    body = rich(name)
    at = data.draw(st.sampled_from([at for at in places(body) if at]))
    place = body
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = data.draw(JSON)
    if PROTOCOLS[name].check(body) == "":
        PROTOCOLS[name].asked(PATHS[name], "", body, 100)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("given_", [None, 0, -5, 10, 1_000_000])
def test_the_most_an_answer_may_have_is_set_whatever_was_asked(name, given_):
    body = rich(name)
    keys = {
        "anthropic": ("max_tokens",),
        "openai_responses": ("max_output_tokens",),
        "openai_chat": ("max_tokens",),
        "gemini": ("generationConfig", "maxOutputTokens"),
    }[name]
    place = body[keys[0]] if len(keys) > 1 else body
    place.pop(keys[-1], None)
    if given_ is not None:
        place[keys[-1]] = given_
    asked = PROTOCOLS[name].asked(PATHS[name], "", body, 5000)
    sent = json.dumps(asked.body)
    assert 1 <= asked.output <= 5000
    assert "1000000" not in sent
    place = asked.body[keys[0]] if len(keys) > 1 else asked.body
    assert asked.output in (place.get(keys[-1]), asked.body.get("max_completion_tokens"))


def test_thinking_is_kept_within_the_answer():
    body = rich("anthropic") | {"max_tokens": 32000, "thinking": {"type": "enabled", "budget_tokens": 31999}}
    anthropic = PROTOCOLS["anthropic"]
    assert anthropic.asked("/v1/messages", "", body, 8192).body["thinking"]["budget_tokens"] == 4096
    assert anthropic.asked("/v1/messages", "", body, 1000).body["thinking"] == {"type": "disabled"}


def test_caches_last_five_minutes_whatever_was_asked_and_tools_keep_their_data():
    body = rich("anthropic")
    body["messages"][1]["content"][1]["input"] = {"cache_control": {"ttl": "1h"}}
    asked = PROTOCOLS["anthropic"].asked("/v1/messages", "", body, 100)
    assert asked.body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert asked.body["messages"][1]["content"][1]["input"] == {"cache_control": {"ttl": "1h"}}


def test_nothing_is_stored_at_the_provider_though_it_would_be_unless_told():
    body = rich("openai_responses")
    del body["store"]
    assert PROTOCOLS["openai_responses"].asked("/v1/responses", "", body, 100).body["store"] is False


def test_a_stream_of_chat_completions_says_its_tokens():
    asked = PROTOCOLS["openai_chat"].asked("/v1/chat/completions", "", rich("openai_chat"), 100)
    assert asked.body["stream_options"]["include_usage"] is True


@pytest.mark.parametrize(
    ("name", "method", "path", "query"),
    [
        ("anthropic", "POST", "/v1/files", ""),
        ("anthropic", "POST", "/v1/messages/batches", ""),
        ("anthropic", "POST", "/v1/messages/", ""),
        ("anthropic", "POST", "/v1/messages", "beta=false"),
        ("anthropic", "POST", "/v1//messages", ""),
        ("anthropic", "POST", "/v1/%6dessages", ""),
        ("anthropic", "POST", "/v1/messages/../files", ""),
        ("anthropic", "POST", "http://example.org/v1/messages", ""),
        ("anthropic", "GET", "/v1/messages", ""),
        ("anthropic", "POST", "/v1/complete", ""),
        ("openai_responses", "POST", "/v1/files", ""),
        ("openai_responses", "GET", "/v1/responses/resp_1", ""),
        ("openai_responses", "POST", "/v1/responses/resp_1/cancel", ""),
        ("openai_responses", "POST", "/v1/responses", "include=x"),
        ("openai_responses", "POST", "/v1/responses/compact", ""),
        ("openai_chat", "POST", "/v1/embeddings", ""),
        ("openai_chat", "POST", "/v1/images/generations", ""),
        ("openai_chat", "DELETE", "/v1/chat/completions", ""),
        ("gemini", "POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", ""),
        ("gemini", "POST", "/v1beta/models/a/../b:generateContent", ""),
        ("gemini", "POST", "/v1beta/models/x:batchGenerateContent", ""),
        ("gemini", "POST", "/v1beta/cachedContents", ""),
        ("gemini", "POST", "/v1beta/files", ""),
        ("gemini", "POST", "/v1beta/tunedModels/x:generateContent", ""),
        ("gemini", "POST", "/v1beta/models/x:generateContent", "alt=media"),
    ],
)
def test_only_exact_paths_lead_anywhere(name, method, path, query):
    assert PROTOCOLS[name].route(method, path, query) == ""


def test_only_betas_of_the_list_and_a_plain_version_go_out():
    given_ = {
        "anthropic-beta": "interleaved-thinking-2025-05-14,code-execution-2025-08-25,mcp-client-2025-11-20,files-api-2025-04-14",
        "anthropic-version": "2023-06-01\r\nx: y",
        "authorization": "Bearer mine",
        "host": "example.org",
        "x-forwarded-for": "me",
    }
    assert PROTOCOLS["anthropic"].headers(given_, "k") == {
        "x-api-key": "k",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "interleaved-thinking-2025-05-14",
    }
