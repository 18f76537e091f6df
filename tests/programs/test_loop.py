"""The built-in agent's loop, as a process: what it sends, what it does, and that whatever a model does ends in a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models import Answer, Call, Models
from tests.pacing import word
from tests.programs.looping import loop, order, play

DONE = ("done", {"summary": "Mended."})


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    return folder


@pytest.fixture
def models():
    with Models() as started:
        yield started


def results(models: Models, turn: int = -1) -> list[str]:
    """What the model was told of its calls, in its last request or another."""
    blocks = models.requests[turn].body["messages"][-1]["content"]
    return [block["content"] for block in blocks if block["type"] == "tool_result"]


# --- what it is for -----------------------------------------------------------------------------------------------


def test_a_model_looks_edits_runs_and_ends_with_evidence(work: Path, models: Models):
    models.calls(("read", {"path": "calc.py"}), ("search", {"pattern": "return"}), text="I look first.")
    models.call("edit", {"path": "calc.py", "old_string": "a - b", "new_string": "a + b"})
    models.call("run", {"command": "python3 -c 'import calc; print(calc.add(1, 2))'"})
    models.call("done", {"summary": "It adds.", "evidence": [{"criterion": "1", "how": "ran it: 3"}]})
    done = loop(work, models, criteria=["add adds"])
    assert done.code == 0, done.errors
    assert (work / "calc.py").read_text() == "def add(a, b):\n    return a + b\n"
    assert done.calls == ["read", "search", "edit", "run"]
    assert done.outputs[-1] == "3\n"
    assert [said["text"] for said in done.data("agent.said")] == ["I look first.", "It adds.\n- 1: ran it: 3"]
    assert done.end == {
        "ok": True,
        "why": "done",
        "evidence": [{"criterion": "1", "how": "ran it: 3"}],
        "usage": {"input": 400, "output": done.end["usage"]["output"], "cache_read": 0, "cache_write": 0},
    }


def test_the_task_ranks_below_the_rules_and_the_key_goes_to_the_gateway_only(work: Path, models: Models):
    models.call(*DONE)
    loop(work, models)
    body = models.requests[0].body
    assert body["system"][0]["text"].endswith("# Rules of the pack")
    assert body["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "# Issue 1: Mend add\n", "cache_control": {"type": "ephemeral"}}],
        }
    ]
    assert (body["model"], body["max_tokens"], body["stream"]) == ("claude-sonnet-5", 8000, True)


def test_each_request_begins_as_the_one_before_and_is_marked_where_that_one_ended(work: Path, models: Models):
    for _ in range(6):
        models.calls(("list", {}), ("read", {"path": "calc.py"}))
        models.call("write", {"path": "a.txt", "content": "x"})
    models.call(*DONE)
    loop(work, models)
    assert len(models.requests) == 13
    for before, after in zip(models.requests, models.requests[1:], strict=False):
        assert json.dumps([after.body["system"], after.body["tools"]]) == json.dumps(
            [before.body["system"], before.body["tools"]]
        )
        sent = [_unmarked(message) for message in before.body["messages"]]
        assert [_unmarked(message) for message in after.body["messages"]][: len(sent)] == sent
        assert "cache_control" in after.body["messages"][len(sent) - 1]["content"][-1]
        assert json.dumps(after.body).count("cache_control") <= 4


def _unmarked(message: dict) -> dict:
    blocks = [{key: part for key, part in block.items() if key != "cache_control"} for block in message["content"]]
    return {"role": message["role"], "content": blocks}


def test_what_a_model_thought_goes_back_as_it_came(work: Path, models: Models):
    thought = [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "redacted_thinking", "data": "EmwKAhgB"},
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": "toolu_1", "name": "list", "input": {}},
    ]
    deltas = [
        (0, {"type": "thinking_delta", "thinking": "hm "}),
        (0, {"type": "thinking_delta", "thinking": "yes"}),
        (0, {"type": "signature_delta", "signature": "c2ln"}),
        (3, {"type": "input_json_delta", "partial_json": ""}),
    ]
    models.garbage(stream(thought, deltas, "tool_use"))
    models.call(*DONE)
    assert loop(work, models).code == 0
    assert models.requests[1].body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "hm yes", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "EmwKAhgB"},
        {"type": "tool_use", "id": "toolu_1", "name": "list", "input": {}},
    ]


def stream(blocks: list[dict], deltas: list[tuple[int, dict]], stop: str) -> bytes:
    """A stream as the provider would send it."""
    events = [
        {
            "type": "message_start",
            "message": {
                "id": "m",
                "type": "message",
                "role": "assistant",
                "model": "m",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            },
        }
    ]
    events += [{"type": "content_block_start", "index": at, "content_block": block} for at, block in enumerate(blocks)]
    events += [{"type": "content_block_delta", "index": at, "delta": delta} for at, delta in deltas]
    events += [{"type": "content_block_stop", "index": at} for at in range(len(blocks))]
    events.append(
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 5}}
    )
    events.append({"type": "message_stop"})
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


# --- what it may --------------------------------------------------------------------------------------------------


def test_a_tool_that_the_mission_does_not_allow_is_not_there(work: Path, models: Models):
    models.call("write", {"path": "a.txt", "content": "x"})
    models.call("bash", {"command": "id"})
    models.call(*DONE)
    done = loop(work, models, tools=["read", "done"])
    assert done.code == 0
    assert done.calls == []
    assert not (work / "a.txt").exists()
    assert [tool["name"] for tool in models.requests[0].body["tools"]] == ["read", "done"]
    says = "the call of bash is malformed: there is no tool 'bash' here; the tools are read, done. Nothing was done"
    assert results(models)[0].startswith(says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "arguments.path is missing"),
        ({"path": 7}, "arguments.path is not of type string"),
        ({"path": "a", "all": True}, "arguments.all is unknown"),
        ({"path": "a", "offset": 0}, "arguments.offset is too small"),
        ({"path": ""}, "arguments.path is empty"),
    ],
)
def test_arguments_that_do_not_fit_are_told_and_nothing_is_done(work: Path, models: Models, arguments, says):
    models.call("read", arguments)
    models.call(*DONE)
    done = loop(work, models)
    assert done.calls == []
    assert says in results(models)[0]
    assert models.requests[1].body["messages"][-1]["content"][0]["is_error"] is True


def test_a_step_that_is_refused_is_told_to_the_model_which_goes_on(work: Path, models: Models):
    models.call("write", {"path": "a.txt", "content": "x"})
    models.call(*DONE)
    done = loop(work, models, reply=lambda _: "no a person said no to this step")
    assert done.code == 0
    assert not (work / "a.txt").exists()
    assert results(models) == ["refused: a person said no to this step"]


def test_a_word_about_another_call_is_none_about_this_one(work: Path, models: Models):
    models.call("write", {"path": "a.txt", "content": "x"})
    models.call(*DONE)

    def reply(started: dict[str, Any]) -> str:
        other = {"name": "write", "arguments": {"path": "a.txt", "content": "harmless"}}
        about_another = word("go", {**started, "tool_call": other}) + word("go", {**started, "step": 2})
        return (about_another + word("no to this one", started)).decode().rstrip()

    done = loop(work, models, reply=reply)
    assert done.code == 0
    assert not (work / "a.txt").exists()
    assert results(models) == ["refused: to this one"]


@pytest.mark.parametrize("said", ["stop", "", "gone", "go on"])
def test_any_other_word_ends_it_before_the_step(work: Path, models: Models, said: str):
    models.call("write", {"path": "a.txt", "content": "x"})
    done = loop(work, models, reply=lambda _: said)
    assert done.code == 5
    assert done.end["ok"] is False
    assert not (work / "a.txt").exists()


def test_what_is_announced_is_short_enough_for_a_line_and_names_all_of_it(work: Path, models: Models):
    models.call("write", {"path": "a.txt", "content": "x" * 2_000_000})
    models.call(*DONE)
    done = loop(work, models)
    (started,) = done.data("step.started")
    assert len(json.dumps(started)) < 20_000
    assert "sha256 " in started["tool_call"]["arguments"]["content"]
    assert (work / "a.txt").stat().st_size == 2_000_000


# --- how it ends --------------------------------------------------------------------------------------------------


def test_a_question_ends_it_and_its_answer_goes_on(work: Path, models: Models):
    models.calls(("list", {}), ("ask", {"question": "Which greeting?", "options": ["Hi", "Hello"]}))
    done = loop(work, models)
    assert done.code == 0
    assert done.data("agent.asked") == [{"question": "Which greeting?", "options": ["Hi", "Hello"]}]
    said = models.requests[-1].body["messages"]
    calls = [
        {"type": "tool_use", "id": "t1", "name": "list", "input": {}},
        {"type": "tool_use", "id": "t2", "name": "ask", "input": {"question": "Which greeting?"}},
    ]
    models.call(*DONE)
    again = loop(work, models, past=[*said, {"role": "assistant", "content": calls}], answer="Hello")
    assert again.code == 0
    assert again.calls == ["list"]
    assert results(models) == ["calc.py", "Hello"]
    assert json.dumps(models.requests[-1].body).count("cache_control") <= 4


def test_missing_evidence_is_told_once(work: Path, models: Models):
    models.call("done", {"summary": "s"})
    models.call("done", {"summary": "I could not test it.", "evidence": [{"criterion": "1", "how": "read it"}]})
    done = loop(work, models, criteria=["It adds", "Tests pass"])
    assert "no evidence for 1. It adds; 2. Tests pass" in results(models)[0]
    assert done.end["ok"] is True
    assert done.end["evidence"] == [{"criterion": "1", "how": "read it"}]


def test_it_is_not_done_while_a_call_beside_it_failed(work: Path, models: Models):
    models.calls(("read", {"path": "no.txt"}), DONE)
    models.call(*DONE)
    done = loop(work, models)
    assert done.code == 0
    assert results(models)[1].startswith("Not ended: a call beside this one failed")


def test_a_document_that_is_asked_for_comes_with_the_end(work: Path, models: Models):
    schema = {"type": "object", "required": ["risk"], "properties": {"risk": {"enum": ["low"]}}}
    models.call(*DONE)
    models.call("done", {"summary": "s", "returned": {"risk": "low"}})
    done = loop(work, models, returns=json.dumps(schema))
    assert done.end["returned"] == {"risk": "low"}
    assert "returned is missing" in results(models)[0]
    (tool,) = [tool for tool in models.requests[0].body["tools"] if tool["name"] == "done"]
    assert tool["input_schema"]["properties"]["returned"]["properties"] == schema["properties"]


def test_the_turns_are_a_limit_and_it_is_warned(work: Path, models: Models):
    models.always(lambda request: Answer(calls=(Call("write", {"path": "a", "content": f"{len(models.requests)}"}),)))
    done = loop(work, models, turns=8)
    assert done.code == 1
    assert "limits.turns" in done.end["why"]
    assert len(models.requests) == 8
    assert sum("answers left" in request.text for request in models.requests[:4]) == 1


BAD = {
    # what the model does: (how to script it, what the end says, most calls of the model)
    "the same call over and over": (
        lambda models: models.always(lambda _: Answer(calls=(Call("list", {}),))),
        "the same call with the same result 6 times",
        6,
    ),
    "talks and does nothing": (lambda models: models.otherwise("I would now edit it."), "called no tool in 3", 3),
    "says nothing at all": (lambda models: models.otherwise(""), "called no tool in 3", 3),
    "refuses": (lambda models: models.say("I can't help.", stop="refusal"), "the model refused: I can't help.", 1),
    "calls with arguments that never fit": (
        lambda models: models.always(lambda _: Answer(calls=(Call("read", {"file": "x"}),))),
        "malformed 3 times in a row; at last the call of ",
        3,
    ),
    "calls tools that are not there": (
        lambda models: models.always(lambda _: Answer(calls=(Call("bash", {}), Call("\x00\n", {})))),
        "malformed 3 times in a row; at last the call of ",
        3,
    ),
    "always too long": (
        lambda models: models.always(lambda _: Answer(text="and", stop="max_tokens")),
        "no tool in 3",
        3,
    ),
    "ends its streams early": (lambda models: [models.ends_early() for _ in range(3)], "the answer ended early", 3),
    "breaks off": (lambda models: models.cut(times=3), "3 calls of the model failed", 3),
    "hangs up": (lambda models: models.hang_up(times=3), "3 calls of the model failed", 3),
    "garbage": (lambda models: models.garbage(times=3), "3 calls of the model failed", 3),
    "a page of HTML": (lambda models: models.garbage(b"<html>sorry</html>", times=3), "the answer ended early", 3),
    "events of no shape": (
        lambda models: models.garbage(b'event: message_start\ndata: {"type": "message_start"}\n\n' * 3, times=3),
        "what came is no answer (KeyError)",
        3,
    ),
    "data that is no JSON": (
        lambda models: models.garbage(b"event: message_start\ndata: {nope\n\n", times=3),
        "what came is no answer",
        3,
    ),
    "an error in mid-stream": (
        lambda models: models.garbage(
            b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n',
            times=3,
        ),
        "Overloaded",
        3,
    ),
    "an answer without an end": (lambda models: models.garbage(b"x" * 40_000_000, times=3), "3 calls of the model", 3),
    "a wrong key": (lambda models: models.fail(401), "the model was not called: wrong key", 1),
    "an unknown model": (lambda models: models.fail(404), "the model was not called: no such path", 1),
    "a wall": (
        lambda models: models.fail(400, body=_refusal("the day has no dollar left")),
        "the day has no dollar",
        1,
    ),
    "a broken gateway": (lambda models: models.fail(502, body=b"<html>"), "the model was not called", 1),
}


def _refusal(sentence: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": sentence}}).encode()


@pytest.mark.parametrize("kind", BAD)
def test_whatever_a_model_does_ends_with_a_sentence(work: Path, models: Models, kind: str):
    script, says, most = BAD[kind]
    script(models)
    done = loop(work, models)
    assert done.code == 1, done.errors
    assert done.end["ok"] is False
    assert says in done.end["why"]
    assert "our bug" not in done.end["why"]
    assert len(models.requests) <= most


def test_one_bad_answer_is_asked_for_again(work: Path, models: Models):
    models.ends_early()
    models.cut()
    models.call("list", {})
    models.hang_up()
    models.call(*DONE)
    assert loop(work, models).code == 0
    assert len(models.requests) == 5


def test_a_pause_is_gone_on_from_and_a_cut_answer_is_told(work: Path, models: Models):
    models.say("Wait.", stop="pause_turn")
    models.say("On and on", stop="max_tokens")
    models.call(*DONE)
    assert loop(work, models).code == 0
    assert [message["role"] for message in models.requests[1].body["messages"]] == ["user", "assistant"]
    assert "cut off" in models.requests[2].text


def test_arguments_that_are_cut_in_their_middle_are_not_done(work: Path, models: Models):
    block = [{"type": "tool_use", "id": "toolu_1", "name": "write", "input": {}}]
    half = [(0, {"type": "input_json_delta", "partial_json": '{"path": "a.txt", "content": "hal'})]
    models.garbage(stream(block, half, "max_tokens"))
    models.call(*DONE)
    done = loop(work, models)
    assert done.code == 0
    assert done.calls == []
    assert "smaller pieces" in results(models)[0]
    assert models.requests[1].body["messages"][1]["content"][0]["input"] == {}


def test_no_gateway_at_all_ends_with_a_sentence(work: Path, models: Models):
    told = order(work, models)
    told["endpoint"]["socket"] = str(work.parent / "nobody")
    done = play(json.dumps(told).encode() + b"\n", work)
    assert done.code == 1
    assert "the gateway does not answer" in done.end["why"]


@pytest.mark.parametrize(
    "line", [b"", b"{}\n", b"[]\n", b"{nope\n", b"\xff\n", b'{"prompt": 1}\n', b"9" * 5000 + b"\n"]
)
def test_what_is_no_order_is_refused(work: Path, line: bytes):
    done = play(line, work)
    assert (done.code, done.lines) == (2, [])
    assert "this is not an order" in done.errors


@pytest.mark.parametrize(
    "more", [{"tools": ["bash"]}, {"endpoint": {"socket": "x"}}, {"past": [1]}, {"turns": "8"}, {"x": 1}]
)
def test_an_order_with_a_wrong_word_is_refused(work: Path, models: Models, more: dict):
    done = play(json.dumps({**order(work, models), **more}).encode() + b"\n", work)
    assert (done.code, done.lines) == (2, [])


def test_a_full_disk_costs_the_record_of_an_output_and_not_the_run(work: Path, models: Models):
    home = work.parent / "full"
    home.mkdir()
    (home / "outputs").mkdir()
    (home / "outputs" / "2.txt").symlink_to("/dev/full")
    models.call("run", {"command": "seq 1 100000"})
    models.call(*DONE)
    assert loop(work, models, home=str(home)).code == 0
    assert "the disk is full" in results(models)[0]


# --- room ---------------------------------------------------------------------------------------------------------


def test_a_long_conversation_is_shortened_once_and_then_left_alone(work: Path, models: Models):
    (work / "big.txt").write_text("".join(f"{at:06} some words of a long file\n" for at in range(300)))
    sizes = {"input": 10, "output": 5}

    def answer(request) -> Answer:
        turn = len(models.requests)
        if turn == 40:
            return Answer(calls=(Call(*DONE),))
        used = sizes | {"cache_read": len(request.raw) // 4 * 10}  # as if every word were ten
        return Answer(calls=(Call("read", {"path": "big.txt", "offset": turn}),), usage=used)

    models.always(answer)
    done = loop(work, models, turns=0)
    assert done.code == 0, done.end
    changed = [
        number
        for number, (before, after) in enumerate(zip(models.requests, models.requests[1:], strict=False), start=2)
        if [_unmarked(one) for one in after.body["messages"]][: len(before.body["messages"])]
        != [_unmarked(one) for one in before.body["messages"]]
    ]
    assert 1 <= len(changed) <= 3, changed
    first = models.requests[changed[0] - 1]
    assert "shortened to make room; all of it is in @output/" in first.text
    assert len(first.raw) < len(models.requests[changed[0] - 2].raw)
    assert len(models.requests[-1].raw) < 40 * 11_000 / 2


def test_a_conversation_that_the_model_calls_too_long_is_shortened_and_sent_again(work: Path, models: Models):
    (work / "big.txt").write_text("words and words\n" * 300)
    for at in range(4):
        models.call("read", {"path": "big.txt", "offset": at + 1})
    models.fail(400, body=_refusal("prompt is too long: 210000 tokens > 200000 maximum"))
    models.call(*DONE)
    assert loop(work, models).code == 0
    assert len(models.requests[5].raw) < len(models.requests[4].raw)
