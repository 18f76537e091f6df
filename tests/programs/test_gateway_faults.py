"""Providers, clients and harnesses that fail: what was or may have been spent is told each time, once."""

import json
import os
import signal
import threading

import anthropic
import httpx2
import pytest

from autonomy_pack.programs.keyless import Keyless
from models import Models
from tests.gateways import Gateway, until
from tests.programs.test_gateway import ASK, claude

STREAM = ASK | {"stream": True}
NOTHING = {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0}


@pytest.fixture
def models():
    with Models() as running:
        yield running


@pytest.fixture
def gateway(models):
    with Gateway(models.upstreams, patience={"attempts": 3, "seconds": 5, "silence": 0.5}) as running:
        yield running


def ask(gateway, body=ASK):
    """(status, body) of one request, read to its end."""
    with gateway.client() as client:
        answer = client.post("/v1/messages", json=body)
        return answer.status_code, answer.json() if body is ASK else answer.text


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_provider_that_is_busy_is_asked_again_each_time_by_the_harness_s_leave(models, gateway, status):
    models.fail(status, times=2, retry_after=0)
    models.say("at last")
    answered, body = ask(gateway)
    assert (answered, body["content"][0]["text"]) == (200, "at last")
    called = gateway.called(3)
    assert [one["response"]["status"] for one in called] == [status, status, 200]
    assert [one["response"]["retried"] for one in called] == [True, True, False]
    assert [one["usd"] > 0 for one in called] == [False, False, True]
    assert [one["call"] for one in gateway.questions] == [1, 2, 3]


def test_it_waits_as_long_as_it_is_told_and_not_longer_than_its_patience(models, gateway):
    models.fail(429, retry_after=0.6)
    models.fail(429, retry_after=3600)
    status, body = ask(gateway)
    assert (status, body["error"]["type"]) == (429, "rate_limit_error")
    first, second = gateway.called(2)
    assert (first["response"]["retried"], second["response"]["retried"]) == (True, False)
    assert len(models.requests) == 2


@pytest.mark.parametrize("status", [400, 404, 413, 422, 501])
def test_what_waiting_does_not_change_is_passed_on_at_once(models, gateway, status):
    models.fail(status)
    with claude(gateway, max_retries=3) as client, pytest.raises(anthropic.APIStatusError) as refused:
        client.messages.create(**ASK)
    assert refused.value.status_code == status
    assert len(models.requests) == 1
    [called] = gateway.called()
    assert (called["response"]["status"], called["usage"], called["usd"]) == (status, NOTHING, 0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_the_work_and_shows_nothing(models, gateway, status):
    models.fail(status, body=f'{{"error": {{"message": "wrong key {models.key}"}}}}'.encode())
    answered, body = ask(gateway)
    assert (answered, models.key in str(body)) == (400, False)
    assert "refuses the key" in body["error"]["message"]
    [called] = gateway.called()
    assert called["response"]["status"] == status
    assert models.key not in str(called)
    assert "[redacted]" in str(called)


def test_an_error_that_repeats_the_key_is_passed_on_without_it(models, gateway):
    models.fail(400, body=f'{{"type": "error", "error": {{"type": "x", "message": "key {models.key}"}}}}'.encode())
    status, body = ask(gateway)
    assert (status, body["error"]["message"]) == (400, "key [redacted]")
    assert models.key not in str(gateway.called())


@pytest.mark.parametrize("fault", ["hang_up", "silence"])
@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
def test_an_answer_that_does_not_come_is_spent_in_full_and_asked_for_again(models, gateway, fault, body):
    getattr(models, fault)()
    models.say("at last")
    assert ask(gateway, body)[0] == 200
    lost, answered = gateway.called(2)
    assert (lost["usage"], lost["usd"]) == (None, gateway.questions[0]["usd"])
    assert lost["response"]["retried"]
    assert "did not answer" in lost["response"]["error"]
    assert answered["usage"]["output"] > 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://127.0.0.1:9"])
@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
def test_no_provider_at_all_costs_nothing(gateway, models, body, url):
    nowhere = {"anthropic": {"url": url, "key": "k"}}
    with Gateway(nowhere, patience={"attempts": 2, "seconds": 5}) as lonely:
        status, _ = ask(lonely, body)
        assert status == 502
        for called in lonely.called(2):
            assert (called["usage"], called["usd"]) == (NOTHING, 0)
            assert "cannot be reached" in called["response"]["error"]


def test_a_whole_answer_that_is_cut_is_asked_for_again(models, gateway):
    models.cut("half")
    models.say("whole")
    assert ask(gateway)[1]["content"][0]["text"] == "whole"
    cut, _ = gateway.called(2)
    assert (cut["usage"], cut["usd"]) == (None, gateway.questions[0]["usd"])


@pytest.mark.parametrize("fault", ["cut", "ends_early"])
def test_a_stream_that_was_begun_is_never_begun_again_and_the_client_sees_that_it_broke(models, gateway, fault):
    getattr(models, fault)("a text that is cut in its middle")
    models.say("never asked for")
    broken = (anthropic.APIConnectionError, httpx2.HTTPError)
    with claude(gateway, max_retries=2) as client, pytest.raises(broken), client.messages.stream(**ASK) as events:
        events.get_final_message()
    [called] = gateway.called()
    assert (called["usage"], called["usd"]) == (None, gateway.questions[0]["usd"])
    assert called["response"]["complete"] is False
    assert called["response"]["error"]
    assert models.left == 1


@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
def test_garbage_is_no_answer_and_may_have_cost_all(models, gateway, body):
    models.garbage(times=3)
    assert ask(gateway, body)[0] == 502
    for called in gateway.called(3):
        assert (called["usage"], called["response"]["complete"]) == (None, False)
        assert called["usd"] > 0


def test_an_error_page_of_a_machine_in_between_may_have_cost_all(models, gateway):
    models.fail(504, body=b"<html>gateway time-out</html>", retry_after=100)
    status, body = ask(gateway)
    assert (status, body["error"]["message"]) == (504, "The provider answered 504, and nothing more.")
    [called] = gateway.called()
    assert (called["usage"], called["usd"]) == (None, gateway.questions[0]["usd"])


def test_a_redirect_is_followed_nowhere(models, gateway):
    models.fail(307, headers={"location": f"{models.url}/v1/messages"})
    assert ask(gateway)[0] == 502
    assert len(models.requests) == 1


def test_a_client_that_goes_away_is_paid_for_all_the_same(models, gateway):
    models.wait("a long answer", usage={"input": 11, "output": 12})
    with gateway.client() as client, client.stream("POST", "/v1/messages", json=STREAM) as answer:
        next(answer.iter_bytes())
        assert models.waiting.wait(20)
    models.go_on()
    [called] = gateway.called()
    assert (called["usage"]["input"], called["usage"]["output"]) == (11, 12)
    assert called["response"]["complete"]


def test_the_pieces_of_a_stream_come_as_they_are_made(models, gateway):
    models.wait("a long answer")
    with gateway.client() as client, client.stream("POST", "/v1/messages", json=STREAM) as answer:
        pieces = answer.iter_bytes()
        assert b"message_start" in next(pieces)
        assert models.waiting.wait(20)
        assert gateway.events.empty()
        models.go_on()
        assert b"message_stop" in b"".join(pieces)
    assert gateway.called()[0]["response"]["complete"]


def test_what_a_call_cost_is_told_before_its_client_has_the_end(models, gateway):
    """So that the next call finds its money back in the budget."""
    models.otherwise("hello")
    for body in (ASK, STREAM):
        ask(gateway, body)
        # It stands still: what is heard of it from here on was said before. Our own reader may be late.
        os.kill(gateway.process.pid, signal.SIGSTOP)
        try:
            gateway.called()
        finally:
            os.kill(gateway.process.pid, signal.SIGCONT)


def test_a_gateway_that_is_killed_breaks_the_stream_and_the_harness_sees_its_end(models, gateway):
    models.wait("a long answer")
    with gateway.client() as client, client.stream("POST", "/v1/messages", json=STREAM) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        assert models.waiting.wait(20)
        gateway.process.kill()
        with pytest.raises(httpx2.HTTPError):
            list(pieces)
    assert gateway.event("ended") == {}


def test_a_stop_between_attempts_ends_them(models):
    decide = iter(["go", "no stopped STOP is set"])
    with Gateway(models.upstreams, decide=lambda _: next(decide)) as gateway:
        models.fail(529, times=3, retry_after=0)
        status, body = ask(gateway)
        assert (status, "STOP is set" in body["error"]["message"]) == (400, True)
        assert len(models.requests) == 1


def test_at_most_eight_calls_at_a_time(models):
    most, lock, now = [0], threading.Lock(), [0]

    def decide(_):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0] - len(models.requests))
        return ""

    with Gateway(models.upstreams, decide=decide, patience={"attempts": 1, "seconds": 20}) as gateway:
        models.otherwise("hello")
        threads = [threading.Thread(target=ask, args=(gateway,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: len(gateway.questions) == 8)
        for number in range(1, 13):
            gateway.say(f"go {number}")
        for thread in threads:
            thread.join(30)
        assert len(gateway.called(12)) == 12
        assert most[0] <= 8


def test_one_connection_serves_many_calls(models, gateway):
    models.otherwise("hello")
    with claude(gateway) as client:
        for _ in range(3):
            client.messages.create(**ASK)
            with client.messages.stream(**ASK) as events:
                events.get_final_message()
    assert models.connections == 1


def test_an_unknown_price_is_the_highest_known_and_said_once(models):
    with Gateway(models.upstreams, models=["claude-unheard-of"]) as gateway:
        models.otherwise("hello", usage={"input": 1_000_000, "output": 0})
        for _ in range(2):
            ask(gateway, {**ASK, "model": "claude-unheard-of", "stream": True})
        assert "price of model claude-unheard-of is not known" in gateway.event("agent.said")["text"]
        assert all(called["usd"] >= 15 for called in gateway.called(2))


def test_a_person_s_own_price_goes_first(models):
    own = {"claude-sonnet-5": {"input_mtok": 1.0, "output_mtok": 2.0, "cache_read_mtok": 0.1}}
    with Gateway(models.upstreams, prices=own) as gateway:
        models.say("x", usage={"input": 1_000_000, "output": 1_000_000, "cache_read": 1_000_000, "cache_write": 0})
        ask(gateway)
        assert gateway.called()[0]["usd"] == pytest.approx(3.1)


@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
def test_an_answer_that_nests_too_deep_is_counted_and_written_down_cut(models, body):
    deep = json.loads('{"a": ' * 700 + "1" + "}" * 700)
    models.call("edit", deep, text="look", usage={"input": 7, "output": 3})
    with Gateway(models.upstreams) as gateway:
        ask(gateway, body)
        [called] = gateway.called()
    assert (called["usage"]["input"], called["response"]["cut"]) == (7, True)
    assert called["response"]["body"]["content"][0]["text"] == "look"
    assert "nested too deep" in json.dumps(called["response"])


def test_a_call_that_cannot_be_written_down_is_told_all_the_same_with_all_that_was_reserved(models):
    beyond = {"claude-sonnet-5": {"input_mtok": 1.0, "output_mtok": 1.0, "cache_read_mtok": 10**400}}
    with Gateway(models.upstreams, prices=beyond) as gateway:
        models.say("x", usage={"input": 1, "output": 1, "cache_read": 5, "cache_write": 0})
        assert ask(gateway)[0] == 200
        [called] = gateway.called()
        assert (called["usage"], called["usd"]) == (None, gateway.questions[0]["usd"])
        assert called["response"]["cut"]
        assert "OverflowError" in called["response"]["error"]


def test_a_count_that_cannot_be_is_spent_in_full(models, gateway):
    models.say("x", usage={"input": -(10**9), "output": 1})
    assert ask(gateway)[0] == 200
    [called] = gateway.called()
    assert (called["usage"], called["usd"]) == (None, gateway.questions[0]["usd"])


def test_an_image_is_reserved_for_by_what_it_may_cost_and_text_by_half_its_bytes(models, gateway):
    models.otherwise("x")
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    said = {"type": "text", "text": '"type": "image" ' * 100}
    for content in ([said], [said, image, image]):
        ask(gateway, {**ASK, "messages": [{"role": "user", "content": content}]})
    plain, pictured = (question["tokens"] for question in gateway.questions)
    assert 10_000 < pictured - plain < 10_200
    assert 2000 / 2 < plain - ASK["max_tokens"] < 3000 / 2


@pytest.mark.parametrize("body", [ASK, STREAM], ids=["whole", "stream"])
def test_a_key_that_a_provider_repeats_does_not_reach_the_agent(models, gateway, body):
    models.call(f"key-{models.key}", {})  # a name comes in one event of a stream
    status, told = ask(gateway, body)
    assert (status, models.key in str(told), "key-[redacted]" in str(told)) == (200, False, True)
    gateway.called()


def test_a_key_in_a_header_is_not_passed_back(models, gateway):
    models.fail(400, headers={"request-id": f"for {models.key}", "x-request-id": "1"})
    with gateway.client() as client:
        answer = client.post("/v1/messages", json=ASK)
    assert ("request-id" in answer.headers, answer.headers["x-request-id"]) == (False, "1")


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_key_is_found_in_whatever_pieces_it_comes_and_nothing_else_is_held_back(size):
    keyless, data = Keyless(["sk-secret-1"]), b"a sk-sk-secret-1 b sk-secret\n\n"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    passed = [keyless.add(piece) for piece in pieces]
    assert b"".join([*passed, keyless.rest()]) == b"a sk-[redacted] b sk-secret\n\n"
    assert keyless.add(b"data: x\n\n") == b"data: x\n\n"
    assert (keyless.add(b"sk-sec"), keyless.rest()) == (b"", b"sk-sec")
