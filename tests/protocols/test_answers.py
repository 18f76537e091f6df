"""How answers are read: tokens with caches apart, streams put together and taken apart again, errors in each shape."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.edges import sse
from autonomy_pack.model import Usage
from autonomy_pack.protocols import PROTOCOLS
from models import Answer, Call, answers

ANSWER = Answer(
    text="look, ünïcode",
    calls=(Call("edit", {"path": "ä", "n": 1}), Call("read", {})),
    usage={"input": 7, "output": 3, "cache_read": 5, "cache_write": 2},
)
WHOLE = {
    "anthropic": answers.anthropic,
    "openai_responses": answers.responses,
    "openai_chat": answers.chat,
    "gemini": answers.gemini,
}
EVENTS = {
    "anthropic": answers.anthropic_events,
    "openai_responses": answers.responses_events,
    "openai_chat": lambda answer, model: answers.chat_events(answer, model, usage=True),
    "gemini": answers.gemini_events,
}
USED = {name: Usage(input=7, output=3, cache_read=5, cache_write=2) for name in PROTOCOLS}
USED["gemini"] = Usage(input=9, output=3, cache_read=5)  # it counts no writes apart


def folded(name, stream, size=7):
    message, last, reader = {}, [], sse.Reader()
    for start in range(0, len(stream), size):
        for event in reader.add(stream[start : start + size]):
            last.append(PROTOCOLS[name].fold(message, event))
    return message, last


def plain(name, message):
    """What an answer says, without what is made up for each."""
    if name == "anthropic":
        return [{k: v for k, v in block.items() if k != "id"} for block in message["content"]], message["stop_reason"]
    if name == "openai_responses":
        return [{k: v for k, v in item.items() if k != "id"} for item in message["output"]], message["status"]
    if name == "openai_chat":
        [choice] = message["choices"]
        return {k: v for k, v in choice["message"].items() if v is not None}, choice["finish_reason"]
    [candidate] = message["candidates"]
    return candidate["content"], candidate["finishReason"]


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_stream_in_any_pieces_is_the_answer_it_stands_for(name, size):
    message, last = folded(name, b"".join(EVENTS[name](ANSWER, "m")), size)
    assert plain(name, message) == plain(name, WHOLE[name](ANSWER, "m"))
    assert last == [False] * (len(last) - 1) + [True]
    assert PROTOCOLS[name].usage(message) == PROTOCOLS[name].usage(WHOLE[name](ANSWER, "m")) == USED[name]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_answer_taken_apart_folds_to_itself(name):
    message, _ = folded(name, b"".join(EVENTS[name](ANSWER, "m")))
    again, last = folded(name, b"".join(PROTOCOLS[name].unfold(message)))
    assert again == message
    assert last[-1]
    assert not any(last[:-1])


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_stream_that_ends_early_is_taken_for_whole(name):
    events = EVENTS[name](ANSWER, "m")
    for most in range(len(events)):
        _, last = folded(name, b"".join(events[:most]))
        assert not any(last)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("message", [{}, {"usage": None}, {"usage": 3}, {"usageMetadata": []}, {"usage": {"x": 1}}])
def test_an_answer_that_does_not_say_its_tokens_has_unknown_ones(name, message):
    assert PROTOCOLS[name].usage(message) is None


COUNTS = {
    "anthropic": ("usage", "input_tokens", "output_tokens", "cache_read_input_tokens"),
    "openai_responses": ("usage", "input_tokens", "output_tokens"),
    "openai_chat": ("usage", "prompt_tokens", "completion_tokens"),
    "gemini": ("usageMetadata", "promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount"),
}


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("count", [-1, True, "5", [1], 1.5, float("nan"), float("inf"), 10**9 + 1])
def test_a_count_of_tokens_that_cannot_be_is_unknown(name, count):
    message = WHOLE[name](ANSWER, "m")
    place, *keys = COUNTS[name]
    for key in keys:
        assert PROTOCOLS[name].usage({**message, place: {**message[place], key: count}}) is None


@pytest.mark.parametrize(("name", "word"), [*itertools.product(PROTOCOLS, ("stopped", "over_budget", "denied"))])
def test_a_wall_has_a_status_that_no_client_tries_again(name, word):
    status, body = PROTOCOLS[name].refusal(503, word, "Finish now.")
    assert status in (400, 403)
    assert "Finish now." in json.dumps(json.loads(body)["error"])


@pytest.mark.parametrize("name", PROTOCOLS)
def test_other_errors_keep_their_status(name):
    assert [PROTOCOLS[name].refusal(status, "", "x")[0] for status in (401, 404, 413, 502)] == [401, 404, 413, 502]


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_events_are_the_same_however_their_bytes_are_cut_and_garbage_is_left_out(data, cuts):
    data = b'data: {"a": 1}\n\n' + data + b'\n\ndata: {"b": 2}\n\n'
    whole = sse.Reader().add(data)
    reader, edges = sse.Reader(), sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [event for start, end in itertools.pairwise(edges) for event in reader.add(data[start:end])]
    assert pieces == whole
    assert whole[0] == {"a": 1}
    assert whole[-1] == {"b": 2}
