"""How long a call goes on trying."""

from __future__ import annotations

import pytest

from autonomy_pack.edges.github.failures import Asked, Limited, Refused, judge, number
from autonomy_pack.edges.github.patience import Patience, persist
from autonomy_pack.edges.github.wire import Lost, Reply
from autonomy_pack.errors import WorldError

ASKED = Asked(verb="POST", path="/repos/acme/site/pulls", repo="acme/site", job="publish")


def test_a_limit_that_does_not_say_how_long_is_given_a_minute_and_then_twice_as_long() -> None:
    patience = Patience(600)
    assert [patience.wait(Limited("secondary rate limit", None)) for _ in range(4)] == [60.0, 120.0, 240.0, False]


def test_in_production_one_minute_is_waited_and_no_more() -> None:
    patience = Patience(60)
    assert [patience.wait(Limited("secondary rate limit", None)) for _ in range(2)] == [60.0, False]


def test_no_answer_is_asked_for_five_times_within_ten_seconds() -> None:
    patience = Patience(60)
    waits = [patience.wait(Lost("x")) for _ in range(5)]
    assert waits[-1] is False
    assert 7 < sum(waits) < 10
    assert waits == [*sorted(waits[:-1]), False]


def test_what_is_said_of_a_limit_is_waited_for_exactly() -> None:
    assert Patience(60).wait(Limited("secondary rate limit", 17.0)) == 17.0
    assert Patience(60).wait(Limited("hourly rate limit", 61.0)) is False


def test_other_failures_are_never_tried_again() -> None:
    tries: list[int] = []

    def once() -> None:
        tries.append(1)
        raise WorldError("no", "never")

    with pytest.raises(WorldError, match="no"):
        persist(once, seconds=60, what="it")
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("0", 0.0), (" 2 ", 2.0), ("soon", 60.0), ("-1", 60.0), ("", 60.0)]
)
def test_a_wait_that_is_no_number_is_a_minute(text: str, seconds: float) -> None:
    assert number(text) == seconds


@pytest.mark.parametrize(
    ("status", "message", "says", "fix"),
    [
        (422, "Required status check: protected branch hook declined", "protects this branch", "Settings → Branches"),
        (422, "Repository rule violations found", "protects this branch", "Settings → "),
        (403, "Resource protected by organization SAML enforcement.", "single sign-on", "Configure SSO"),
        (410, "Issues are disabled for this repo", "issues switched off", "Settings → General"),
        (409, "Git Repository is empty.", "no commit yet", "first commit"),
        (451, "Repository access blocked", "taken down", "exists"),
        (422, "Validation Failed", "422: Validation Failed", "Change what it names"),
        (403, "Must have admin rights to Repository.", "may not POST", "`pull-requests: write`"),
        (403, "Resource not accessible by personal access token", "may not POST", "`pull-requests: write`"),
    ],
)
def test_a_refusal_names_what_to_change(status: int, message: str, says: str, fix: str) -> None:
    reply = Reply(status=status, headers={}, body=('{"message": "%s"}' % message).encode())  # noqa: UP031 - braces
    with pytest.raises(Refused) as told:
        judge(reply, ASKED)
    assert says in told.value.says
    assert fix in told.value.fix
    assert told.value.status == status


def test_github_names_the_scopes_that_it_accepts() -> None:
    reply = Reply(status=403, headers={"x-accepted-github-permissions": "pull_requests=write"}, body=b"{}")
    with pytest.raises(Refused) as told:
        judge(reply, ASKED)
    assert "`pull-requests: write`" in told.value.fix


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"3", b"<html>", b'{"message": 3, "errors": 4}', b'{"errors": [[]]}', b"\xff"]
)
def test_an_answer_of_any_shape_is_a_failure_of_ours_never_a_crash(body: bytes) -> None:
    with pytest.raises(Refused):
        judge(Reply(status=422, headers={}, body=body), ASKED)


def test_words_of_the_answer_are_shown_without_secrets_and_escapes() -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    reply = Reply(status=422, headers={}, body=('{"message": "\\u001b[31m%s\\n::error::x"}' % secret).encode())  # noqa: UP031
    with pytest.raises(Refused) as told:
        judge(reply, ASKED)
    assert secret not in told.value.says
    assert "\x1b" not in told.value.says
    assert "\n" not in told.value.says
