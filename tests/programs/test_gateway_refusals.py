"""What the gateway lets not pass: whatever is refused here never reaches the provider."""

import contextlib
import json
import select
import socket
import threading
from pathlib import Path

import openai
import pytest

from autonomy_pack.programs import inside
from models import Models
from tests.gateways import TOKEN, Gateway, until
from tests.programs.test_gateway import ASK, claude
from tests.protocols.bodies import HOSTILE, PATHS, rich


@pytest.fixture(scope="module")
def models():
    with Models() as running:
        running.otherwise("hello")
        yield running


@pytest.fixture(scope="module")
def gateway(models):
    with Gateway(models.upstreams) as running:
        yield running


@pytest.fixture
def post(gateway, models):
    """Post something; the answer, and the request that reached the provider, None if none did."""
    before = len(models.requests)
    with gateway.client() as client:

        def send(path="/v1/messages", body=None, **more):
            more = {"json": ASK if body is None else body} | more if "content" not in more else more
            answer = client.post(path, **more)
            return answer, models.requests[-1] if len(models.requests) > before else None

        yield send


ONE_EACH = {name: (feature, body) for name, feature, body in HOSTILE}


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_body_that_may_not_pass_goes_nowhere_and_the_agent_is_told_why(post, name):
    answer, sent = post(PATHS[name], ONE_EACH[name][1])
    assert (answer.status_code, sent) == (403 if name == "openai_chat" else 400, None)
    assert "lets that not pass: body." in json.dumps(answer.json()["error"])


@pytest.mark.parametrize("name", ONE_EACH)
def test_what_may_pass_does(post, name):
    body = rich(name)
    body.pop("stream", None)
    answer, sent = post(PATHS[name], body)
    assert answer.status_code == 200
    assert sent.authorized


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/messages/batches",
        "/v1/messages/",
        "/v1/%6dessages",
        "/v1/messages?x=1",
        "/v1/messages/../files",
    ],
)
def test_other_paths_lead_nowhere(gateway, models, path):
    before = len(models.requests)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(gateway.socket)
        plain.sendall(
            b"POST %s HTTP/1.1\r\nx-api-key: %s\r\ncontent-length: 0\r\n\r\n" % (path.encode(), TOKEN.encode())
        )
        assert plain.recv(100).startswith(b"HTTP/1.1 404 ")
    assert len(models.requests) == before


@pytest.mark.parametrize("target", [b"http://example.org/v1/messages", b"//example.org/v1/messages"])
def test_no_host_but_the_one_provider_can_be_named(gateway, models, target):
    before = len(models.requests)
    head = b"POST %s HTTP/1.1\r\nhost: example.org\r\nx-api-key: %s\r\ncontent-length: 2\r\n\r\n{}"
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(gateway.socket)
        plain.sendall(head % (target, TOKEN.encode()))
        assert plain.recv(100).startswith(b"HTTP/1.1 404 ")
    assert len(models.requests) == before


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x"])
def test_without_the_run_s_token_nothing_goes_out(post, token):
    answer, sent = post(headers={"x-api-key": token, "authorization": ""})
    assert (answer.status_code, sent) == (401, None)


def test_another_model_is_refused_and_no_library_asks_again(gateway, models, post):
    answer, sent = post(body=ASK | {"model": "claude-opus-5"})
    assert (answer.status_code, answer.headers["x-should-retry"], sent) == (404, "false", None)


def test_of_the_client_s_headers_only_those_of_the_list_go_out(post):
    given = {
        "x-forwarded-for": "1.2.3.4",
        "anthropic-beta": "code-execution-2025-08-25, interleaved-thinking-2025-05-14",
        "x-stainless-lang": "python",
        "cookie": "a=b",
        "user-agent": "theirs",
        "openai-organization": "o",
    }
    answer, sent = post(headers=given)
    assert answer.status_code == 200
    assert set(sent.headers) == {
        *("host", "content-length", "content-type", "accept", "accept-encoding", "user-agent"),
        *("x-api-key", "anthropic-version", "anthropic-beta"),
    }
    assert sent.headers["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    assert sent.headers["user-agent"] == "autonomy-pack"


@pytest.mark.parametrize("given", [None, 10, 100_000])
def test_the_most_an_answer_may_have_is_set(post, given):
    body = {**ASK, "max_tokens": given} if given else {key: ASK[key] for key in ("model", "messages")}
    _, sent = post(body=body)
    assert sent.body["max_tokens"] == min(given or 1000, 1000)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"model": NaN}',
        json.dumps(ASK).encode()[:-1] + b', "temperature": 1e999}',
        b"[" * 100_000,
        b'"x"',
    ],
    ids=["nothing", "list", "half", "bytes", "nan", "infinite", "deep", "text"],
)
def test_what_is_no_json_object_goes_nowhere(post, content):
    answer, sent = post(content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, sent) == (400, None)


def nested(levels):
    deep = {}
    for _ in range(levels):
        deep = {"a": deep}
    return deep


@pytest.mark.parametrize(("levels", "status"), [(90, 200), (101, 400), (700, 400)])
def test_what_nests_deeper_than_can_be_written_down_goes_nowhere(post, levels, status):
    answer, sent = post(body=ASK | {"tools": [{"name": "edit", "input_schema": nested(levels)}]})
    assert (answer.status_code, sent is None) == (status, status == 400)


def held(gateway) -> int:
    """The most memory that the gateway ever had, in MiB."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) >> 10


@pytest.mark.parametrize("filler", [b"{},", b'{"a":{}},', b"[],", b"1,", b'"",'])
def test_what_would_be_built_of_very_many_parts_is_refused_before_it_is(models, filler):
    with Gateway(models.upstreams) as lonely, lonely.client() as client:
        assert client.post("/v1/messages", json=ASK).status_code == 200
        lonely.called()
        before = held(lonely)
        many = b'{"messages":[' + filler * (6 * inside.MIB // len(filler)) + b"1]}"
        answer = client.post("/v1/messages", content=many)
        assert answer.status_code == 400
        assert "250,000 parts" in answer.text
        assert held(lonely) - before < 40


def test_marks_within_texts_are_no_parts(post):
    told = '[{,"\\' * 300_000
    answer, sent = post(body=ASK | {"messages": [{"role": "user", "content": told}]})
    assert answer.status_code == 200
    assert sent.body["messages"][0]["content"] == told


def test_all_requests_together_hold_only_so_much(gateway, models):
    before = len(models.requests)
    with contextlib.ExitStack() as held:
        for _ in range(inside.MAX_HELD // inside.MAX_BODY):
            waiting = held.enter_context(socket.socket(socket.AF_UNIX))
            waiting.connect(gateway.socket)
            waiting.sendall(b"POST /v1/messages HTTP/1.1\r\ncontent-length: %d\r\n\r\n{" % inside.MAX_BODY)
        with gateway.client() as client:
            until(lambda: client.post("/v1/messages", json=ASK).status_code == 503)
    with gateway.client() as client:
        until(lambda: client.post("/v1/messages", json=ASK).status_code == 200)
    assert len(models.requests) >= before + 1


def test_a_key_said_twice_is_judged_as_it_is_sent(post):
    """Readers differ on which of two counts; what goes out has one."""
    twice = json.dumps(ASK)[:-1] + ', "model": "claude-sonnet-5", "model": "claude-sonnet-5"}'
    answer, sent = post(content=twice.encode())
    assert answer.status_code == 200
    assert sent.raw.count(b'"model"') == 1


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"transfer-encoding: chunked", 411),
        (b"content-length: 2\r\ncontent-length: 3", 400),
        (b"content-length: +2", 400),
        (b"content-length: 2, 2", 400),
        (b"content-length: 33554433", 413),
        (b"content-length: 2\r\ncontent-encoding: gzip", 415),
        (b"content-length: 2\r\ntransfer-encoding: chunked", 411),
    ],
)
def test_a_body_whose_length_is_not_plain_is_not_read(gateway, models, head, status):
    before = len(models.requests)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(gateway.socket)
        plain.sendall(b"POST /v1/messages HTTP/1.1\r\nx-api-key: %s\r\n%s\r\n\r\n{}" % (TOKEN.encode(), head))
        with plain.makefile("rb") as answer:
            assert answer.readline().split()[1] == b"%d" % status
            assert b"\r\nconnection: close\r\n" in answer.read()
    assert len(models.requests) == before


def test_the_list_of_models_and_counts_of_tokens_cost_no_call(gateway, models):
    before = len(models.requests)
    with gateway.client() as client:
        listed = client.get("/v1/models").json()["data"]
        counted = client.post("/v1/messages/count_tokens", json=ASK).json()
        gemini = client.post("/v1beta/models/gemini-2.5-pro:countTokens", json={"contents": []}).json()
    assert [one["id"] for one in listed] == gateway.order["models"]
    assert counted["input_tokens"] > 10
    assert gemini["totalTokens"] > 1
    assert len(models.requests) == before


def test_the_wall_is_told_in_words_and_asked_for_once(models):
    for word, sentence in (("over_budget", "the run may cost 1.00 dollars"), ("stopped", "STOP is set")):
        with Gateway(models.upstreams, decide=lambda _, told=f"no {word} {sentence}": told) as gateway:
            before = len(models.requests)
            with claude(gateway, max_retries=3) as client, pytest.raises(Exception, match=sentence) as refused:
                client.messages.create(**ASK)
            assert refused.value.status_code == 400
            assert "finish now" in str(refused.value)
            with gateway.client() as plain:
                base = {"base_url": "http://gateway/v1", "api_key": TOKEN, "max_retries": 3, "http_client": plain}
                client = openai.OpenAI(**base)
                with pytest.raises(openai.BadRequestError, match=sentence):
                    client.responses.create(model="gpt-5", input="hello")
                with pytest.raises(openai.PermissionDeniedError, match=sentence):
                    client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "hello"}])
            assert len(gateway.questions) == 3
            assert len(models.requests) == before


@pytest.mark.parametrize("answer", ["", "maybe", "go x", "no"])
def test_without_a_plain_go_nothing_goes_out(models, answer):
    with Gateway(models.upstreams, decide=lambda _: "") as gateway:
        before = len(models.requests)
        asking = threading.Thread(target=lambda: _ignoring_errors(gateway), daemon=True)
        asking.start()
        while not gateway.questions:
            assert asking.is_alive()
        gateway.say(answer)
        gateway.process.stdin.close()  # the harness is gone
        asking.join(20)
        assert len(models.requests) == before


def _ignoring_errors(gateway):
    with contextlib.suppress(Exception), gateway.client() as client:
        client.post("/v1/messages", json=ASK)


def test_a_request_that_drips_in_is_given_up(tmp_path):
    path = str(tmp_path / "socket")
    server = inside.Server(path, lambda *_: None, request_seconds=0.3)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(20)
            plain.connect(path)
            plain.sendall(b"POST /v1/messages HTTP/1.1\r\n")
            with contextlib.suppress(OSError):
                for _ in range(100):
                    plain.sendall(b"x: y\r\n")
                    if _readable(plain):
                        break
            assert plain.recv(1) == b""
    finally:
        server.shutdown()
        server.server_close()


def _readable(plain):
    return bool(select.select([plain], [], [], 0.05)[0])


def test_more_connections_than_there_is_room_for_are_closed(tmp_path):
    path = str(tmp_path / "socket")
    server = inside.Server(path, lambda *_: None)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        with contextlib.ExitStack() as stack:
            plains = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(inside.MAX_CONNECTIONS + 1)]
            for plain in plains:
                plain.settimeout(5)
                plain.connect(path)
            assert plains[-1].recv(1) == b""
    finally:
        server.shutdown()
        server.server_close()


def test_what_is_no_order_is_told_as_that(models):
    for order in (b"{}\n", b"x\n", b"\n"):
        gateway = Gateway(models.upstreams)
        out, err = gateway.process.communicate(order, timeout=30)
        assert (gateway.process.returncode, out) == (2, b"")
        assert b"no order for a gateway" in err
