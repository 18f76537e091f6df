"""What the real command-line agents print, captured, and how it is read: a run that failed is never read as good."""

import json
from pathlib import Path

import pytest

from autonomy_pack.agents import AGENTS, cli
from autonomy_pack.model import Usage

STREAMS = Path(__file__).parent / "streams"
CLIS = ("claude", "codex", "gemini", "copilot", "opencode", "aider", "mini")


def heard(agent, lines):
    """(events, last verdict) of those lines, as a run hears them."""
    seen = [AGENTS[agent].read(line) for line in lines]
    verdicts = [one.verdict for one in seen if one.verdict]
    return [event for one in seen for event in one.events], verdicts[-1] if verdicts else None


def captured(name):
    return (STREAMS / f"{name}.jsonl").read_bytes().splitlines()


def verdict(name):
    return heard(name.partition("-")[0], captured(name))[1]


def tools(events):
    return [data["tool_call"]["name"] for kind, data in events if kind == "step.started"]


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "copilot", "opencode"])
def test_a_finished_edit_is_good_its_words_and_tools_are_told_and_nothing_waits(agent):
    events, last = heard(agent, captured(f"{agent}-ok"))
    assert last.ok
    assert ("agent.said", {"text": "Fixed."}) in events
    assert tools(events)
    assert not any(AGENTS[agent].read(line).waits for line in captured(f"{agent}-ok"))


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "copilot", "opencode"])
def test_a_stream_that_ends_before_its_end_says_nothing_of_how_it_ended(agent):
    lines = captured(f"{agent}-ok")
    cut = next(number for number, line in enumerate(lines) if AGENTS[agent].read(line).verdict)
    assert AGENTS[agent].tells_end
    assert heard(agent, [*lines[:cut], lines[cut][:-9]])[1] is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("claude-e400", "API Error: 400 bad things"),  # subtype success, is_error true
        ("claude-e429", "API Error: Request rejected (429) · slow down"),
        ("claude-turns", ""),
        ("claude-cut", "its last answer was cut off (stop reason None)"),  # exit 0, no error
        ("codex-e400", "bad things"),  # JSON inside a text
        ("codex-e429", "exceeded retry limit, last status: 429 Too Many Requests"),
        ("codex-cut", "stream disconnected before completion: stream closed before response.completed"),
        ("gemini-e400", "bad things"),
        ("gemini-e401", "no"),
        ("gemini-e429", "slow down"),
        ("copilot-e400", "its result has exit code 1"),
        ("opencode-e400", "bad things"),
    ],
)
def test_a_failure_is_told_with_its_sentence(name, why):
    last = verdict(name)
    assert not last.ok
    assert why in last.why


def test_a_denied_tool_is_told_whatever_the_fine_text_says():
    last = verdict("claude-denied")
    assert last.ok
    assert last.why == "Fixed."
    assert last.denied == ("Bash",)


def test_counts_keep_the_cache_apart():
    assert verdict("claude-ok").usage == Usage(input=400, output=80, cache_read=28, cache_write=20)
    assert verdict("codex-ok").usage == Usage(input=186, output=40, cache_read=14)
    assert verdict("gemini-ok").usage == Usage(input=372, output=80, cache_read=28)


def test_tokens_of_one_step_are_never_taken_for_the_sum():
    assert verdict("opencode-ok").usage is None
    call = {"event": "message_send", "properties": {"prompt_tokens": 100, "completion_tokens": 20, "total_cost": 1}}
    assert heard("aider", [json.dumps(call).encode()])[1].usage is None


def test_dollars_that_are_not_told_are_not_told_as_nothing():
    assert verdict("copilot-ok").usage is None


def test_a_session_can_be_named_again():
    assert verdict("claude-ok").session
    assert verdict("opencode-ok").session.startswith("ses_")
    assert verdict("copilot-ok").session


def changed(name, **fields):
    """The stream with fields of its last line changed."""
    *lines, last = captured(name)
    return [*lines, json.dumps(json.loads(last) | fields).encode()]


def test_an_unknown_key_of_usage_is_said_and_the_rest_still_counts():
    usage = {"input_tokens": 5, "output_tokens": 2, "quantum_tokens": 9}
    for agent in ("claude", "codex"):
        events, last = heard(agent, changed(f"{agent}-ok", usage=usage))
        assert ("agent.said", {"text": "unknown usage keys: quantum_tokens"}) in events
        assert last.usage == Usage(input=5, output=2)


@pytest.mark.parametrize(
    "usage", [None, [], "lots", {"input_tokens": -4}, {"input_tokens": True}, {"input_tokens": 9e99}]
)
def test_usage_that_is_no_count_is_unknown_not_nothing(usage):
    assert heard("claude", changed("claude-ok", usage=usage))[1].usage is None


@pytest.mark.parametrize("stop", [None, "max_tokens", "refusal", "tool_use", "pause_turn"])
def test_claude_that_stopped_for_another_reason_than_its_end_has_failed(stop):
    assert not heard("claude", changed("claude-ok", stop_reason=stop))[1].ok


@pytest.mark.parametrize("fields", [{"is_error": None}, {"is_error": "false"}, {"subtype": "error_during_execution"}])
def test_claude_is_good_only_when_it_says_so_twice(fields):
    assert not heard("claude", changed("claude-ok", **fields))[1].ok


@pytest.mark.parametrize("code", [1, None, "0", False])
def test_copilot_with_another_result_than_zero_has_failed_whatever_its_process_says(code):
    assert not heard("copilot", changed("copilot-ok", exitCode=code))[1].ok


def test_codex_that_recovers_from_an_error_is_good():
    *lines, last = captured("codex-ok")
    error = json.dumps({"type": "error", "message": "Reconnecting... 1/5"}).encode()
    assert heard("codex", [*lines, error, last])[1].ok


def test_opencode_that_ends_in_the_middle_of_its_tools_has_failed():
    ends = [line for line in captured("opencode-ok") if b'"reason":"tool-calls"' in line]
    assert not heard("opencode", ends)[1].ok


def log(*events):
    return [
        json.dumps({"event": name, "properties": told, "user_id": "u", "time": 1}).encode() for name, told in events
    ]


DONE = ("exit", {"reason": "Completed --message-file"})


def test_aider_ends_with_zero_so_its_log_of_calls_decides():
    assert heard("aider", log(("launched", {}), ("message_send", {}), DONE))[1].ok
    failed = log(("message_send", {}), ("message_send_exception", {"exception": "rate limited"}), DONE)
    assert (heard("aider", failed)[1].ok, heard("aider", failed)[1].why) == (False, "rate limited")
    assert heard("aider", log(("launched", {}), DONE))[1] is None
    assert not heard("aider", log(("message_send", {}), ("exit", {"reason": "Keyboard interrupt"})))[1].ok


def test_mini_ends_with_zero_so_its_trajectory_decides():
    def told(status):
        return (
            json.dumps(
                {
                    "info": {"exit_status": status, "submission": ""},
                    "messages": [
                        {
                            "role": "exit",
                            "extra": {"exit_status": "Submitted", "said": '    "exit_status": "Submitted",'},
                        }
                    ],
                },
                indent=2,
            )
            .encode()
            .splitlines()
        )

    assert heard("mini", told("Submitted"))[1].ok
    assert heard("mini", told("LimitsExceeded"))[1].why == "it ended with status LimitsExceeded"
    assert heard("mini", told("LimitsExceeded"))[1].ok is False
    assert heard("mini", told("RepeatedFormatError"))[1].ok is False
    assert heard("mini", told("Submitted")[:1])[1] is None


@pytest.mark.parametrize("agent", CLIS)
def test_unknown_events_are_passed_over_and_garbage_is_something_it_said(agent):
    for kind in ("new.thing", "", None, 7, {"a": 1}):
        assert heard(agent, [json.dumps({"type": kind, "event": kind}).encode()])[1] is None
    events, last = heard(agent, [b"\xff\xfe garbage \x00", b"[1, 2]", b'{"type": "result"' * 9, b"[" * 100_000])
    assert last is None
    assert all(len(data["text"]) <= 4000 for _, data in events)


@pytest.mark.parametrize("agent", CLIS)
def test_a_line_of_a_mebibyte_is_cut_and_a_tools_long_arguments_too(agent):
    events, last = heard(agent, [b'{"type": "result", "subtype": "' + b"a" * (1 << 20)])
    assert last is None
    assert len(events[0][1]["text"]) == 4000


def test_a_tools_long_arguments_are_cut():
    block = {"type": "tool_use", "name": "Bash", "input": {"command": "x" * 100_000}}
    events, _ = heard("claude", [json.dumps({"type": "assistant", "message": {"content": [block]}}).encode()])
    assert len(events[0][1]["tool_call"]["arguments"]) == 4000


def test_a_tools_arguments_nested_beyond_writing_are_left_out():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    [(_, data)] = cli.used("Bash", deep)
    assert data["tool_call"]["arguments"] == "… nested too deep"
