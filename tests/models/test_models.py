"""The stand-in answers as the providers' own SDKs expect it, and fails as it is told."""

import anthropic
import openai
import pytest

from models import Answer, Models


@pytest.fixture
def models():
    with Models() as running:
        yield running


def claude(models, key=""):
    return anthropic.Anthropic(base_url=models.url, api_key=key or models.key, max_retries=0)


def gpt(models):
    return openai.OpenAI(base_url=f"{models.url}/v1", api_key=models.key, max_retries=0)


ASK = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize("stream", [False, True])
def test_the_anthropic_sdk_reads_text_calls_and_usage(models, stream):
    models.call("edit", {"path": "a"}, text="look", usage={"input": 7, "output": 3, "cache_read": 5, "cache_write": 2})
    with claude(models) as client:
        if stream:
            with client.messages.stream(**ASK) as events:
                message = events.get_final_message()
        else:
            message = client.messages.create(**ASK)
    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert (message.content[0].text, message.content[1].input) == ("look", {"path": "a"})
    used = message.usage
    assert (used.input_tokens, used.output_tokens) == (7, 3)
    assert (used.cache_read_input_tokens, used.cache_creation_input_tokens) == (5, 2)
    assert models.requests[0].body["messages"][0]["content"] == "hello"


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_sdk_reads_responses(models, stream):
    models.call("edit", {"path": "a"}, text="look")
    with gpt(models) as client:
        if stream:
            with client.responses.stream(model="gpt-5", input="hello") as events:
                answer = events.get_final_response()
        else:
            answer = client.responses.create(model="gpt-5", input="hello")
    assert answer.output_text == "look"
    assert answer.output[1].arguments == '{"path": "a"}'


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_sdk_reads_chat_completions(models, stream):
    models.call("edit", {"path": "a"}, text="look")
    ask = {"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}]}
    with gpt(models) as client:
        if stream:
            with client.chat.completions.stream(**ask) as events:
                answer = events.get_final_completion()
        else:
            answer = client.chat.completions.create(**ask)
    assert answer.choices[0].message.content == "look"
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"path": "a"}'


def test_a_wrong_key_takes_nothing_of_the_script(models):
    models.say("hello")
    with claude(models, key="wrong") as client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**ASK)
    assert models.left == 1
    assert not models.requests[0].authorized


def test_faults_take_their_turn_and_functions_decide(models):
    models.fail(529, retry_after=1)
    models.hang_up()
    models.always(lambda request: Answer(text=request.text.upper()))
    with claude(models) as client:
        with pytest.raises(anthropic.APIStatusError) as refused:
            client.messages.create(**ASK)
        assert (refused.value.status_code, refused.value.response.headers["retry-after"]) == (529, "1")
        with pytest.raises(anthropic.APIConnectionError):
            client.messages.create(**ASK)
        assert "HELLO" in client.messages.create(**ASK).content[0].text
