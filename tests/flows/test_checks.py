"""Checks are run by us, on a copy of the exact commit, with nothing of the environment; a failing one decides."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.flows.scenes import events, files_of, scripted
from tests.world import World


def check(*argv: str, name: str = "tests") -> str:
    return f"checks: [{{name: {name}, run: {list(argv)!r}}}]\n"


def outcomes(world: World) -> list[str]:
    return [event.data["outcome"] for event in events(world, "run.finished")]


def test_exit_codes_are_kept_as_they_are(world: World) -> None:
    checks = "checks:\n" + "".join(f"  - {{name: c{code}, run: [sh, -c, 'exit {code}']}}\n" for code in (0, 1, 7, 255))
    scripted(world, "write a.txt one", checks=checks + "  - {name: killed, run: [sh, -c, 'kill -9 $$']}\n")
    world.run()
    exits = {event.data["name"]: event.data["exit"] for event in events(world, "check.ran")}
    assert exits == {"c0": 0, "c1": 1, "c7": 7, "c255": 255, "killed": 137}
    assert outcomes(world) == ["failed"]
    assert "check c1: exit 1" in events(world, "run.finished")[0].data["why"]


def test_a_failing_check_makes_no_branch_but_keeps_the_work(world: World) -> None:
    scripted(world, "write a.txt one", checks=check("false"))
    assert world.run().exit_code == 4
    assert outcomes(world) == ["failed"]
    assert world.branches() == []
    world.autonomy("run", "recover", "1")
    assert "a.txt" in files_of(world, "recovered/1-1")


def test_every_check_is_tied_to_the_exact_commit(world: World) -> None:
    scripted(world, "write a.txt one")
    world.run()
    (ran,) = events(world, "check.ran")
    assert ran.data["head"] == world.git("rev-parse", *world.branches())


def test_a_check_that_writes_changes_nothing_of_the_commit(world: World) -> None:
    scripted(
        world, "write a.txt one", checks=check("sh", "-c", "for one in *; do echo evil > $one; done; echo x > new")
    )
    world.run()
    assert outcomes(world) == ["handed_off"]
    (branch,) = world.branches()
    assert world.git("show", f"{branch}:a.txt") == "one"
    assert set(files_of(world, branch)) - set(files_of(world, "main")) == {"a.txt"}
    assert "hello.txt" in files_of(world, branch)


def test_what_a_check_left_is_no_part_of_the_next_attempt_to_get_it_right(world: World) -> None:
    notes, agent = world.root.parent / "notes", world.root.parent / "agent.py"
    agent.write_text(REPAIR.format(notes=str(notes), needed=1))
    verdict = world.root.parent / "verdict.py"
    verdict.write_text("import sys; open('left', 'w').write('x'); sys.exit(open('answer.txt').read() != 'right')")
    scripted(world, "nothing", checks=check(sys.executable, str(verdict)), mission="repair: 1\n")
    world.run(agent="command", argv=(sys.executable, str(agent)))
    assert outcomes(world) == ["handed_off"]
    assert "left" not in files_of(world, *world.branches())


def test_one_check_sees_nothing_of_what_another_wrote(world: World) -> None:
    checks = "checks:\n  - {name: one, run: [sh, -c, 'echo x > left; echo y > $HOME/left']}\n"
    checks += "  - {name: two, run: [sh, -c, 'test ! -e left && test ! -e $HOME/left']}\n"
    scripted(world, "write a.txt one", checks=checks)
    world.run()
    assert outcomes(world) == ["handed_off"]


def test_a_check_gets_nothing_of_the_environment_but_the_path(world: World, monkeypatch) -> None:
    monkeypatch.setenv("API_TOKEN", "a-very-secret-word")
    monkeypatch.setenv("SOMETHING", "else")
    told = world.root.parent / "environment"
    program = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    scripted(world, "write a.txt one", checks=check(sys.executable, "-c", program))
    world.run()
    seen = eval(told.read_text())
    assert set(seen) == {"PATH", "HOME", "LC_ALL", "PYTHONDONTWRITEBYTECODE"}
    assert seen["HOME"] != str(Path.home())
    assert outcomes(world) == ["handed_off"]


def test_a_check_whose_program_is_missing_fails_and_says_so(world: World) -> None:
    scripted(world, "write a.txt one", checks=check("no-such-program", "--now"))
    world.run()
    assert outcomes(world) == ["failed"]
    (ran,) = events(world, "check.ran")
    assert ran.data["exit"] != 0
    assert "no-such-program" in world.autonomy("run", "show", "1", "--log")


def test_a_check_that_takes_too_long_is_ended_and_has_no_exit_code(world: World) -> None:
    checks = "checks: [{name: slow, run: [sleep, '60'], minutes: 0.02}]\n"
    scripted(world, "write a.txt one", checks=checks)
    world.run()
    (ran,) = events(world, "check.ran")
    assert ran.data["exit"] is None
    assert ran.data["seconds"] < 20
    assert "time limit" in events(world, "run.finished")[0].data["why"]


def test_a_missions_own_check_replaces_one_of_the_same_name(world: World) -> None:
    scripted(world, "write a.txt one", checks=check("false"), mission=check("true"))
    world.run()
    assert [event.data["argv"] for event in events(world, "check.ran")] == [["true"]]


REPAIR = """import sys
told = sys.stdin.read()
with open({notes!r}, 'a') as notes:
    notes.write(told + '\\n=====\\n')
times = open({notes!r}).read().count('=====')
open('answer.txt', 'w').write('right' if times > {needed} else f'wrong {{times}}')
"""


def repairing(world: World, *, repair: int, needed: int) -> list[str]:
    """Run an agent that gets it right after being told `needed` times; what it was told each time."""
    notes = world.root.parent / "notes"
    program = world.root.parent / "agent.py"
    program.write_text(REPAIR.format(notes=str(notes), needed=needed))
    verdict = world.root.parent / "verdict.py"
    verdict.write_text("import sys; t = open('answer.txt').read(); print('it says', t); sys.exit(t != 'right')")
    scripted(world, "nothing", checks=check(sys.executable, str(verdict)), mission=f"repair: {repair}\n")
    world.run(agent="command", argv=(sys.executable, str(program)))
    return notes.read_text().split("\n=====\n")[:-1]


def test_an_agent_is_asked_again_with_the_complaint(world: World) -> None:
    told = repairing(world, repair=2, needed=1)
    assert len(told) == 2
    assert "it says wrong 1" not in told[0]
    assert "it says wrong 1" in told[1]
    assert "exit 1" in told[1]
    assert outcomes(world) == ["handed_off"]


def test_asking_again_has_an_end(world: World) -> None:
    told = repairing(world, repair=2, needed=99)
    assert len(told) == 3
    assert outcomes(world) == ["failed"]
    assert world.branches() == []


def test_without_repair_an_agent_is_asked_once(world: World) -> None:
    assert len(repairing(world, repair=0, needed=1)) == 1


def test_a_secret_that_a_check_prints_reaches_no_record(world: World, monkeypatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "zq81-unusual-word-77")
    told = world.root.parent / "secret"
    told.write_text("zq81-unusual-word-77")
    scripted(world, "nothing", checks=check("sh", "-c", f"cat {told}; exit 1"), mission="repair: 1\n")
    program = world.root.parent / "agent.py"
    notes = world.root.parent / "notes"
    program.write_text(REPAIR.format(notes=str(notes), needed=99))
    world.run(agent="command", argv=(sys.executable, str(program)))
    assert "tests" in notes.read_text()
    assert "zq81" not in notes.read_text()
