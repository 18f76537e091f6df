"""A conversation that is read back from a transcript is the one that was held, or none at all."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.policy import transcript
from autonomy_pack.programs.conversation import Conversation
from autonomy_pack.programs.recording import Recorder
from autonomy_pack.tools.model import MODEL_TOOLS

WORDS = st.text(min_size=1, max_size=12).filter(str.strip)
CALLS = st.lists(st.sampled_from(["read", "edit", "write", "ask"]), min_size=0, max_size=3)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """(the transcript of a run, the messages it held, how many steps changed something)."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": draw(WORDS)}]}]
    events: list[dict[str, Any]] = []
    recorder, step, changed = Recorder(()), 0, 0
    turns = draw(st.integers(1, 4))
    for turn in range(turns):
        calls = draw(CALLS) or ["read"]
        content: list[dict[str, Any]] = [{"type": "text", "text": draw(WORDS)}]
        content += [
            {"type": "tool_use", "id": f"t{turn}-{at}", "name": name, "input": {}} for at, name in enumerate(calls)
        ]
        request = recorder.request(
            {"model": "m", "max_tokens": 9, "messages": [dict(one) for one in messages]}, "messages"
        )
        body = {"role": "assistant", "content": content}
        events.append(called(request, {"status": 200, "body": body, "complete": True}))
        messages.append({"role": "assistant", "content": content})
        done = draw(st.integers(0, len(calls))) if turn == turns - 1 else len(calls)
        results: list[dict[str, Any]] = []
        for block in content[1 : 1 + done]:
            step += 1
            said, code = draw(WORDS), draw(st.integers(0, 1))
            name = block["name"]
            events.append(
                {
                    "kind": "step.started",
                    "data": {"step": step, "tool_call": {"name": name, "arguments": {}, "id": block["id"]}},
                }
            )
            data = {"step": step, "exit": code, "duration": 0, "output": said, "output_sha256": None}
            events.append({"kind": "step.finished", "data": data})
            changed += name in ("edit", "write")
            if name == "ask" and turn == turns - 1:
                continue
            result = {"type": "tool_result", "tool_use_id": block["id"], "content": said}
            results.append({**result, "is_error": True} if code else result)
        if results:
            messages.append({"role": "user", "content": results})
    return events, messages, changed


def called(request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "model.called", "data": {"protocol": "anthropic", "request": request, "response": response}}


def nothing(sha256: str) -> str:
    raise ValueError(sha256)


@given(runs())
def test_what_was_recorded_is_read_back(run: tuple[list[dict[str, Any]], list[dict[str, Any]], int]) -> None:
    events, messages, changed = run
    assert list(transcript.messages(events, nothing)) == messages
    assert transcript.changed(events, MODEL_TOOLS) == changed


@given(runs())
def test_what_the_loop_goes_on_with_are_the_calls_without_a_result(
    run: tuple[list[dict[str, Any]], list[dict[str, Any]], int],
) -> None:
    events, _, _ = run
    told = transcript.messages(events, nothing)
    left = Conversation(told, lambda _: "").unanswered()
    last = [block for block in told[-1]["content"] if told[-1]["role"] == "user"]
    asked = next(message for message in reversed(told) if message["role"] == "assistant")["content"]
    calls = [block["id"] for block in asked if block["type"] == "tool_use"]
    assert [block["id"] for block in left] == [one for one in calls if one not in {b.get("tool_use_id") for b in last}]


@given(runs(), st.data())
def test_a_transcript_that_was_tampered_with_is_believed_or_not_but_never_breaks(
    run: tuple[list[dict[str, Any]], list[dict[str, Any]], int], data: st.DataObject
) -> None:
    events, _, _ = run
    at = data.draw(st.integers(0, len(events) - 1))
    part = data.draw(st.sampled_from(["request", "response", "tool_call", "output"]))
    garbage = data.draw(
        st.sampled_from(
            [{}, {"same": 99}, {"same": "x"}, {"body": 1}, {"messages": 3}, {"as_before": [[]]}, {"cut": True}]
        )
    )
    broken = [*events[:at], {**events[at], "data": {**events[at]["data"], part: garbage}}, *events[at + 1 :]]
    transcript.messages(broken, nothing)


def test_a_long_output_is_fetched_and_one_that_is_gone_begins_anew() -> None:
    block = {"type": "tool_use", "id": "t", "name": "read", "input": {}}
    response = {"status": 200, "body": {"content": [block]}, "complete": True}
    step = {"step": 1, "tool_call": {"name": "read", "arguments": {}, "id": "t"}}
    end = {"step": 1, "exit": 0, "duration": 0, "output": None, "output_sha256": "abc"}
    events = [
        called({"same": 0, "as_before": [], "messages": [{"role": "user", "content": "hi"}]}, response),
        {"kind": "step.started", "data": step},
        {"kind": "step.finished", "data": end},
    ]
    told = transcript.messages(events, lambda sha256: f"whole {sha256}")
    assert told[-1]["content"][0]["content"] == "whole abc"
    assert transcript.messages(events, nothing) == ()


def test_a_cut_record_begins_anew() -> None:
    body = {"content": [{"type": "text", "text": "hi"}]}
    request = {"same": 0, "as_before": [], "messages": [{"role": "user", "content": "hi"}]}
    whole = called(request, {"status": 200, "body": body, "complete": True})
    assert len(transcript.messages([whole], nothing)) == 2
    for response in ({"status": 200, "body": body, "complete": False}, {"status": 500, "body": body}, {"status": 200}):
        assert transcript.messages([called(request, response)], nothing) == ()
    assert transcript.messages([called({**request, "cut": True}, {"status": 200, "body": body})], nothing) == ()
    assert transcript.messages([], nothing) == ()
