"""What is written down of calls, and what it is good for: nothing twice, no key, and served again."""

import json
from functools import partial

import pytest

from autonomy_pack.policy import replay as compare
from autonomy_pack.policy.transcript import whole
from autonomy_pack.programs import recording, replaying
from autonomy_pack.protocols import PROTOCOLS
from models import Models
from tests.gateways import Gateway
from tests.programs.test_gateway import ASK, claude
from tests.protocols.bodies import PATHS, rich


@pytest.fixture
def models():
    with Models() as running:
        running.otherwise("hello")
        yield running


@pytest.fixture
def gateway(models):
    with Gateway(models.upstreams) as running:
        yield running


def said(*texts):
    return [{"role": role, "content": text} for role, text in zip(("user", "assistant") * 9, texts, strict=False)]


def test_of_a_request_only_what_is_new_is_written_down(gateway):
    tools = [{"name": "edit", "input_schema": {"type": "object"}}]
    with claude(gateway) as client:
        for texts in (("a",), ("a", "b", "c"), ("a", "b", "c"), ("a", "x", "c")):
            client.messages.create(**ASK | {"messages": said(*texts), "tools": tools, "system": "s"})
    first, second, third, fourth = (called["request"] for called in gateway.called(4))
    assert (first["same"], first["as_before"], first["system"]) == (0, [], "s")
    assert (second["same"], second["messages"]) == (1, said("a", "b", "c")[1:])
    assert set(second["as_before"]) == {"model", "max_tokens", "tools", "system"}
    assert (third["same"], third["messages"]) == (3, [])
    assert (fourth["same"], fourth["messages"]) == (1, said("a", "x", "c")[1:])
    before = {}
    for record, texts in zip((first, second, third, fourth), ("a", "abc", "abc", "axc"), strict=True):
        before = whole(record, before, "messages")
        assert before == {**ASK, "messages": said(*texts), "tools": tools, "system": "s"}


def test_a_key_that_a_provider_repeats_is_not_written_down(models, gateway):
    models.say(f"your key is {models.key}")
    with claude(gateway) as client:
        client.messages.create(**ASK)
    [called] = gateway.called()
    assert models.key not in json.dumps(called)
    assert "your key is [redacted]" in json.dumps(called)


def test_a_line_is_never_too_long_for_the_harness(models, gateway):
    models.say("y" * 900_000)
    with claude(gateway) as client:
        answer = client.messages.create(**ASK | {"messages": said("x" * 3_000_000)})
    assert len(answer.content[0].text) == 900_000
    [called] = gateway.called()
    assert len(json.dumps(called)) < recording.MAX_LINE
    assert called["request"]["cut"]
    assert called["request"]["messages"][0]["content"].startswith("xxx")
    assert "characters left out" in called["request"]["messages"][0]["content"]
    many = {"request": {"same": 0, "as_before": [], "messages": [{"role": "user", "content": "z" * 90}] * 50_000}}
    assert len(recording.line("model.called", many | {"response": {}})) < recording.MAX_LINE


def test_padding_hides_neither_a_question_nor_its_answer_nor_what_is_asked_next(models, gateway):
    models.otherwise("THE ANSWER")
    padding = [{"type": "text", "text": "a"}] * 34_000
    asked = [{"role": "user", "content": [*padding, {"type": "text", "text": "THE QUESTION"}]}]
    more = [*asked, {"role": "assistant", "content": "x"}, {"role": "user", "content": "go on"}]
    short = [{"role": "user", "content": "short"}]
    for messages in (asked, more, short):
        with claude(gateway) as client:
            client.messages.create(**ASK | {"messages": messages})
    first, second, third = gateway.called(3)
    for called in (first, second):
        request, response = called["request"], called["response"]
        assert (request["cut"], request["same"], request["as_before"], request["model"]) == (True, 0, [], ASK["model"])
        assert request["messages"][0]["role"] == "user"
        assert "THE QUESTION" in request["messages"][0]["content"]
        assert (response["status"], response["complete"], response["body"]["role"]) == (200, True, "assistant")
        assert "THE ANSWER" in json.dumps(response["body"]["content"])
    assert second["request"]["messages"][-1]["content"] == "go on"
    assert (third["request"]["as_before"], third["request"]["messages"]) == ([], short)


def test_whatever_a_line_holds_it_fits_and_keeps_its_ends():
    parts = [{str(number): "\\" * 2000 for number in range(9)}] * 90
    body = {f"{'k' * 200}{number}": parts for number in range(60)}
    said = {"request": {"same": 3, "as_before": ["x"], **body}, "response": {"status": 200, "body": body}}
    text, cut = recording.fitted("model.called", said)
    assert (len(text) < recording.MAX_LINE, cut) == (True, True)
    told = json.loads(text)["data"]
    assert (told["request"]["same"], told["response"]["status"]) == (0, 200)
    assert "kkk" in told["response"]["text"]


# --- replay


def transcript(folder, called):
    path = folder / "transcript.jsonl"
    lines = [json.dumps({"kind": "model.called", "data": data, "seq": number}) for number, data in enumerate(called, 1)]
    path.write_text('{"kind": "step.started", "data": {}}\n' + "\n".join(lines) + '\n{"kind": "model.cal')
    return str(path)


def again_from(path, *folders):
    return {"path": path, "folders": list(folders)}


def test_a_run_is_served_again_without_a_provider(models, gateway, tmp_path):
    models.fail(529, retry_after=0)
    models.call("edit", {"path": "ä"}, text="look", usage={"input": 7, "output": 3})
    models.say("done")
    conversation = [ASK, ASK | {"messages": said("hello", "look", "more")}]
    with claude(gateway) as client:
        first = [client.messages.create(**ask).content for ask in conversation]
    path = transcript(tmp_path, gateway.called(3))
    asked = len(models.requests)
    with (
        Gateway({}, replay=again_from(path)) as again,
        claude(again) as client,
    ):
        assert client.messages.create(**conversation[0]).content == first[0]
        with client.messages.stream(**conversation[1]) as events:
            assert events.get_final_message().content[0].text == first[1][0].text
        assert again.event("model.called")["usage"]["input"] == 7
        assert again.event("diverged")["where"] == "/stream"
        assert again.event("model.called")["usd"] == 0
        with pytest.raises(Exception, match="record of this run is over") as over:
            client.messages.create(**ASK)
        assert over.value.status_code == 410
        assert [one["usd"] for one in again.questions] == [0, 0]
    assert len(models.requests) == asked


def test_where_a_run_asks_something_else_is_told_and_the_record_goes_on(models, gateway, tmp_path):
    with claude(gateway) as client:
        client.messages.create(**ASK)
    path = transcript(tmp_path, gateway.called())
    with Gateway(models.upstreams, replay=again_from(path)) as again, claude(again) as client:
        changed = ASK | {"messages": said("goodbye", "x")}
        assert client.messages.create(**changed).content[0].text == "hello"
        told = again.event("diverged")
        assert told == {"call": 1, "where": "/messages/0/content", "was": "hello", "is": "goodbye"}


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("stream", [False, True])
def test_every_protocol_is_served_again(models, gateway, tmp_path, name, stream):
    body = rich(name)
    path = PATHS[name]
    if name == "gemini" and stream:
        path = path.replace("generate", "streamGenerate") + "?alt=sse"
    elif name != "gemini":
        body["stream"] = stream
    with gateway.client() as client:
        live = client.post(path, json=body)
    called = gateway.called()
    assert called[0]["usage"]["output"] > 0
    with Gateway(models.upstreams, replay=again_from(transcript(tmp_path, called))) as again, again.client() as client:
        served = client.post(path, json=body)
        assert served.status_code == live.status_code == 200
        assert served.headers["content-type"] == live.headers["content-type"]
        if not stream:
            assert served.json() == live.json()
        assert again.event("model.called")["usage"] == called[0]["usage"]


def asking(*results):
    """The requests of a conversation whose tool had these results."""
    conversation = said("mend it within 5s")
    yield conversation
    for result in results:
        conversation = [*conversation, *said("0", "1")[1:], {"role": "user", "content": result}]
        yield conversation


def told_apart(models, tmp_path, was, now):
    with Gateway(models.upstreams) as running, claude(running) as client:
        for messages in was:
            client.messages.create(**ASK | {"messages": messages})
        path = transcript(tmp_path, running.called(len(was)))
    with Gateway({}, replay=again_from(path, "/old/run", "/new/run")) as again, claude(again) as client:
        for messages in now:
            client.messages.create(**ASK | {"messages": messages})
    kinds = [again.events.get(timeout=30) for _ in range(again.events.qsize())]
    return [data for kind, data in kinds if kind == "diverged"]


def test_what_programs_measured_and_where_is_no_difference_but_what_they_said_is(models, tmp_path):
    was = list(asking("rootdir: /old/run/work\n===== 12 passed in 0.03s ====="))
    same = list(asking("rootdir: /new/run/work\n==== 12 passed in 1.41s ===="))
    assert told_apart(models, tmp_path, was, same) == []
    other = list(asking("rootdir: /new/run/work\n===== 11 passed in 0.03s ====="))
    (found,) = told_apart(models, tmp_path, was, other)
    assert (found["call"], found["where"]) == (2, "/messages/2/content")


def test_a_time_that_people_ask_for_is_a_difference(models, tmp_path):
    was, now = [said("mend it within 5s")], [said("mend it within 6s")]
    (found,) = told_apart(models, tmp_path, was, now)
    assert (found["was"], found["is"]) == ("mend it within 5s", "mend it within 6s")


def test_two_long_texts_are_shown_where_they_part(models, tmp_path):
    (found,) = told_apart(models, tmp_path, [said("x" * 900 + "old")], [said("x" * 900 + "new")])
    assert found["was"] == f"…{'x' * 60}old"
    assert found["is"] == f"…{'x' * 60}new"


def test_names_and_times_that_every_run_makes_up_are_no_difference():
    was = {
        "metadata": {"user_id": "a"},
        "messages": [{"id": "1", "content": "on 2026-11-20T10:00:00Z in 0f8fad5b-d9cb-469f-a165-70867728950e"}],
    }
    now = {
        "metadata": {"user_id": "b"},
        "messages": [{"id": "2", "content": "on 2026-11-21 in 7c9e6679-7425-40de-944b-e07fc1f90ae7"}],
    }
    plain = partial(compare.plain, places=(), measured=False)
    assert replaying.difference(was, now, plain) is None
    now["messages"].append({"content": "more"})
    found = replaying.difference(was, now, plain)
    assert found == {"where": "/messages/1", "was": "null", "is": '{"content": "more"}'}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_key_that_comes_in_pieces_of_a_stream_is_written_down_nowhere(models, gateway, name):
    models.say(f"your key is {models.key}, is it not?")
    body, path = rich(name), PATHS[name]
    if name == "gemini":
        path = path.replace("generate", "streamGenerate") + "?alt=sse"
    else:
        body["stream"] = True
    with gateway.client() as client:
        passed = client.post(path, json=body).text
    (called,) = gateway.called()
    told = json.dumps(called["response"])
    assert models.key not in passed
    assert (models.key in told, "your key is [redacted], is it" in told) == (False, True)
