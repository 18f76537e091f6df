"""The gateway as agents and the harness meet it: real clients on its socket, a real server as the provider."""

import json
import os
import subprocess
import sys

import anthropic
import httpx2
import openai
import pytest

from autonomy_pack.edges import host
from autonomy_pack.programs import bridge as bridge_program
from models import Models
from tests.gateways import TOKEN, Gateway

ASK = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def models():
    with Models() as running:
        yield running


@pytest.fixture
def gateway(models):
    with Gateway(models.upstreams) as running:
        yield running


def claude(gateway, **more):
    transport = httpx2.HTTPTransport(uds=gateway.socket)
    client = httpx2.Client(transport=transport)
    return anthropic.Anthropic(
        base_url="http://gateway", api_key=TOKEN, http_client=client, **{"max_retries": 0, **more}
    )


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_comes_through_is_metered_and_written_down(models, gateway, stream):
    models.call("edit", {"path": "a"}, text="look", usage={"input": 7, "output": 3, "cache_read": 5, "cache_write": 2})
    with claude(gateway) as client:
        if stream:
            with client.messages.stream(**ASK) as events:
                message = events.get_final_message()
        else:
            message = client.messages.create(**ASK)
    assert (message.content[0].text, message.content[1].input) == ("look", {"path": "a"})
    [called] = gateway.called()
    assert called["usage"] == {"input": 7, "output": 3, "cache_read": 5, "cache_write": 2}
    assert 0 < called["usd"] < gateway.questions[0]["usd"]
    assert called["request"]["messages"] == ASK["messages"]
    assert called["response"]["status"] == 200
    assert [block["type"] for block in called["response"]["body"]["content"]] == ["text", "tool_use"]
    assert called["response"]["body"]["content"][1]["input"] == {"path": "a"}
    assert gateway.questions == [
        {"call": 1, "protocol": "anthropic", "model": "claude-sonnet-5"}
        | {name: gateway.questions[0][name] for name in ("usd", "tokens")}
    ]


def test_only_the_run_s_token_opens_it_and_only_the_real_key_goes_out(models, gateway):
    models.say("hello")
    with claude(gateway) as client:
        client.messages.create(**ASK)
    assert models.requests[0].authorized
    assert TOKEN not in json.dumps(dict(models.requests[0].headers)) + models.requests[0].raw.decode()
    with gateway.client() as client:
        refused = client.post("/v1/messages", json=ASK, headers={"x-api-key": models.key})
    assert refused.status_code == 401
    assert len(models.requests) == 1


@pytest.fixture
def gpt(gateway):
    with gateway.client() as plain:
        yield openai.OpenAI(base_url="http://gateway/v1", api_key=TOKEN, http_client=plain, max_retries=0)


@pytest.mark.parametrize("stream", [False, True])
def test_responses_come_through(models, gateway, gpt, stream):
    models.call("edit", {"path": "a"}, text="look", usage={"input": 7, "output": 3, "cache_read": 5, "cache_write": 0})
    ask = {"model": "gpt-5", "input": "hello"}
    if stream:
        with gpt.responses.stream(**ask) as events:
            answer = events.get_final_response()
    else:
        answer = gpt.responses.create(**ask)
    assert (answer.output_text, answer.output[1].name) == ("look", "edit")
    [called] = gateway.called()
    assert called["usage"] == {"input": 7, "output": 3, "cache_read": 5, "cache_write": 0}
    assert called["request"]["input"] == "hello"
    assert models.requests[0].body["store"] is False


@pytest.mark.parametrize("stream", [False, True])
def test_chat_completions_come_through(models, gateway, gpt, stream):
    models.call("edit", {"path": "a"}, text="look", usage={"input": 7, "output": 3, "cache_read": 5, "cache_write": 0})
    ask = {"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}]}
    if stream:
        with gpt.chat.completions.stream(**ask) as events:
            answer = events.get_final_completion()
    else:
        answer = gpt.chat.completions.create(**ask)
    assert (answer.choices[0].message.content, answer.choices[0].message.tool_calls[0].function.name) == (
        "look",
        "edit",
    )
    assert gateway.called()[0]["usage"] == {"input": 7, "output": 3, "cache_read": 5, "cache_write": 0}


@pytest.mark.parametrize("stream", [False, True])
def test_gemini_comes_through(models, gateway, stream):
    models.call("edit", {"path": "a"}, text="look", usage={"input": 7, "output": 3, "cache_read": 5})
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    with gateway.client() as client:
        answer = client.post(
            f"/v1beta/models/gemini-2.5-pro:{verb}", json={"contents": [{"parts": [{"text": "hello"}]}]}
        )
    assert '"functionCall"' in answer.text
    assert gateway.called()[0]["usage"] == {"input": 7, "output": 3, "cache_read": 5, "cache_write": 0}
    assert models.requests[0].body["generationConfig"] == {"maxOutputTokens": 1000}


def test_a_client_that_only_speaks_tcp_comes_through_a_bridge(models, gateway):
    models.say("hello")
    port = host.free_port()
    program = (
        "import anthropic, sys; client = anthropic.Anthropic(base_url=sys.argv[1], api_key=sys.argv[2]);"
        "print(client.messages.create(model='claude-sonnet-5', max_tokens=9,"
        " messages=[{'role': 'user', 'content': 'hi'}]).content[0].text)"
    )
    bridge = [sys.executable, "-I", "-S", bridge_program.__file__, gateway.socket, str(port), "--"]
    argv = [*bridge, sys.executable, "-c", program, f"http://127.0.0.1:{port}", TOKEN]
    ended = subprocess.run(argv, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "hello\n", ended.stderr


@pytest.mark.parametrize("fault", ["hang_up", "cut", "silence", "garbage"])
@pytest.mark.parametrize("stream", [False, True])
def test_whichever_call_of_a_conversation_fails_all_that_may_be_spent_is_told(models, fault, stream):
    patience = {"attempts": 1, "seconds": 5, "silence": 0.3}
    with Gateway(models.upstreams, patience=patience) as gateway:
        for failing in range(3):
            for number in range(3):
                models.say("hello") if number != failing else getattr(models, fault)()
                with gateway.client() as client:
                    try:
                        client.post("/v1/messages", json=ASK | {"stream": stream}).read()
                    except httpx2.HTTPError:
                        assert number == failing
                [called] = gateway.called()
                asked = gateway.questions[-1]
                assert called["call"] == asked["call"]
                assert called["usd"] == asked["usd"] if number == failing else 0 < called["usd"] < asked["usd"]
