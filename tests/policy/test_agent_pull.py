"""The handoff contract, one clause at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autonomy_pack.model import Pull
from autonomy_pack.policy import agent_pull, names
from autonomy_pack.policy.agent_pull import Commit

ATTEMPT = names.attempt8_of("12", "99")
BODY = "Closes #12\r\n\r\n## Agent Handoff Protocol\r\nA person merges.\r\n\r\n## Review Checklist\r\n- [ ] fine\r\n"
PULL = Pull(
    number=3,
    url="",
    branch=f"agent/planner/12-{ATTEMPT}-rename-it",
    head="a" * 40,
    base="main",
    state="open",
    title="feat(agent): Rename it (#12)",
    body=BODY,
)
MESSAGE = (
    "feat(agent): Rename it (#12)\n\nMission replace-text, agent planner.\n\n"
    f"Autonomy-Run: acme/site#12@99/1\nAutonomy-Attempt: {ATTEMPT}\nAutonomy-Policy: {'b' * 64}\n"
)
OURS = Commit(id="c" * 40, message=MESSAGE)


def told(pull: Pull = PULL, commits: tuple[Commit, ...] = (OURS,), *, may_close: bool = True) -> list[str]:
    return [one.says for one in agent_pull.problems(pull, commits, may_close=may_close)]


def test_a_handoff_of_ours_keeps_the_contract() -> None:
    assert told() == []
    assert agent_pull.claims(PULL)
    assert OURS.mission == "replace-text"


@pytest.mark.parametrize(
    "branch",
    ["main", "agent/planner/12-rename", "agent/planner/0-00000000-x", f"agent/Planner/12-{ATTEMPT}-x", "codex/12", f"agent/planner/12-{ATTEMPT}-x/../y", f"agent/planner/12-{ATTEMPT}-{'x' * 31}"],
)  # fmt: skip
def test_a_branch_of_another_form_breaks_it(branch: str) -> None:
    assert "the branch is not agent/AGENT/ISSUE-ATTEMPT8-SLUG" in told(replace(PULL, branch=branch))


def test_a_fork_breaks_it() -> None:
    assert len(told(replace(PULL, same_repository=False))) == 1


def test_the_body_closes_only_its_own_issue_and_only_with_evidence() -> None:
    assert "not every acceptance criterion" in told(may_close=False)[0]
    assert told(replace(PULL, body=BODY.replace("Closes", "Refs")), may_close=False) == []
    assert "would close 13" in told(replace(PULL, body=BODY + "fixed #13\n"))[0]
    for other in ("fixes acme/other#12", "closes https://example.invalid/acme/other/issues/12"):
        assert "another repository" in told(replace(PULL, body=f"{BODY}{other}\n"))[0]
    assert "names neither" in told(replace(PULL, body=BODY.replace("Closes", "About")))[0]


@pytest.mark.parametrize("section", agent_pull.SECTIONS)
def test_a_missing_section_breaks_it(section: str) -> None:
    assert told(replace(PULL, body=BODY.replace(f"## {section}", section))) == [f"the section {section} is missing"]


@pytest.mark.parametrize("trailer", ["Autonomy-Run", "Autonomy-Attempt", "Autonomy-Policy"])
def test_a_missing_trailer_breaks_it(trailer: str) -> None:
    lines = [line for line in MESSAGE.splitlines() if not line.startswith(trailer)]
    assert told(commits=(Commit(id="c" * 40, message="\n".join(lines)),)) == [f"the trailer {trailer} is missing"]


def test_trailers_count_in_the_last_paragraph_only() -> None:
    quoted = Commit(id="c" * 40, message=f"{MESSAGE}\nand more\n")
    assert "it was not made by us" in told(commits=(quoted,))[0]


@pytest.mark.parametrize(
    ("old", "new"), [("#12@99", "#13@99"), ("#12@99", "#12@98"), (f"Attempt: {ATTEMPT}", "Attempt: 00000000")]
)
def test_trailers_of_another_attempt_break_it(old: str, new: str) -> None:
    assert "two different attempts" in told(commits=(Commit(id="c" * 40, message=MESSAGE.replace(old, new)),))[0]


def test_one_commit_is_ours_and_it_is_the_first() -> None:
    person = Commit(id="d" * 40, message="Mend a typo\n")
    assert told(commits=(OURS, person)) == []
    assert "it was not made by us" in told(commits=(person, OURS))[0]
    assert "2 commits say that they are ours" in told(commits=(OURS, OURS))[0]
    assert "it was not made by us" in told(commits=())[0]


def test_a_repair_of_this_pull_request_may_follow_and_no_other() -> None:
    text = (
        f"fix(agent): mend CI of #{PULL.number}\n\nAutonomy-Repair: acme/site#{{}}@99/1\nAutonomy-Policy: {'a' * 64}\n"
    )
    mends = [Commit(id="e" * 40, message=text.format(number)) for number in (PULL.number, 77777)]
    assert told(commits=(OURS, mends[0], mends[0])) == []
    assert told(commits=(OURS, mends[1])) == ["a commit says that it mends another pull request"]
    assert "it was not made by us" in told(commits=(mends[0],))[0]


def test_a_person_who_claims_nothing_is_no_agent() -> None:
    plain = replace(PULL, branch="fix", title="Fix it", body="Closes #12")
    assert not agent_pull.claims(plain)
    labelled = replace(plain, labels=("Agent:Handoff",))
    assert (agent_pull.claims(labelled), agent_pull.is_labelled(labelled)) == (False, True)
    assert not agent_pull.is_labelled(plain)
    assert agent_pull.claims(plain, [OURS])
    assert agent_pull.claims(replace(plain, body="agent hand\u200boff protocol"))
