"""The gateway as agents and the harness meet it: real clients on its socket, a real server as the provider."""

import json

import anthropic
import httpx2
import pytest

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
