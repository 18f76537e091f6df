"""The planner as the harness meets it: a process that is given a plan, paced by "go", and told to stop."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from tests.pacing import all_go, word

ARGV = [sys.executable, "-I", "-m", "autonomy_pack.programs.planner"]


class Planner:
    """A running planner in a folder."""

    def __init__(self, folder, steps, *, limit=50, dry_run=False, line=None):
        plan = {"steps": [{"tool": tool, "arguments": given} for tool, given in steps], "limits": {"steps": limit}}
        self.process = subprocess.Popen(
            ARGV,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        )
        self.say(line or json.dumps(plan | {"dry_run": dry_run}))

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self):
        said = json.loads(self.process.stdout.readline())
        return said["kind"], said["data"]

    def end(self, *, say=b""):
        """(exit code, remaining events, standard error)."""
        out, err = self.process.communicate(say, timeout=60)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


def perform(folder, *steps, **more):
    code, events, err = Planner(folder, steps, **more).end(say=all_go(steps))
    return code, [event["data"] for event in events if event["kind"] == "step.finished"], err


def test_each_step_is_announced_waits_for_go_and_is_reported(tmp_path):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"}), ("run", ["cat", "a"])])
    call = {"name": "write", "arguments": {"path": "a", "text": "x"}}
    assert planner.hear() == ("step.started", {"step": 1, "tool_call": call})
    assert not (tmp_path / "a").exists()
    planner.say(word("go", {"step": 1, "tool_call": call}).decode().strip())
    kind, data = planner.hear()
    assert (kind, data.pop("duration") >= 0) == ("step.finished", True)
    assert data == {"step": 1, "exit": 0, "output": "1 bytes written to a", "output_sha256": None}
    announced = planner.hear()[1]
    assert announced["tool_call"] == {"name": "run", "arguments": ["cat", "a"]}
    code, [finished], _ = planner.end(say=word("go", announced))
    assert (code, finished["data"]["output"]) == (0, "x")


ANOTHER = {"name": "write", "arguments": {"path": "a", "text": "harmless"}}


@pytest.mark.parametrize("answer", [b"", b"stop\n", b"Go\n", b"go on\n", b"go", b"go\n"])
def test_anything_but_go_ends_it_before_the_step(tmp_path, answer):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"})])
    planner.hear()
    code, events, err = planner.end(say=answer)
    assert (code, events) == (5, [])
    assert "told to stop before step 1" in err
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("said", ["go", "no never"])
@pytest.mark.parametrize("other", [{"step": 2}, {"step": 0}, {"tool_call": ANOTHER}])
def test_a_word_about_another_step_or_another_call_is_none_about_this_one(tmp_path, other, said):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"})])
    announced = planner.hear()[1]
    about_another = word(said, announced | other)
    code, [finished], _ = planner.end(say=about_another * 3 + word("no really", announced))
    assert (code, finished["data"]["output"]) == (1, "really")
    assert list(tmp_path.iterdir()) == []


def test_a_word_about_another_step_is_waited_past_until_there_are_no_more_words(tmp_path):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"})])
    about_another = word("go", planner.hear()[1] | {"tool_call": ANOTHER})
    code, events, err = planner.end(say=about_another)
    assert (code, events) == (5, [])
    assert "told to stop before step 1" in err
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_is_refused_is_not_done_and_ends_it(tmp_path):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"}), ("write", {"path": "b", "text": "y"})])
    code, [finished], _ = planner.end(say=word("no the person said no", planner.hear()[1]))
    assert (code, finished["data"]["exit"], finished["data"]["output"]) == (1, 1, "the person said no")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [b"no", b"no \xff", b"maybe\n", b"GO\n", b"go", b"nogo\n"])
def test_any_other_word_than_go_or_no_ends_it(tmp_path, said):
    planner = Planner(tmp_path, [("write", {"path": "a", "text": "x"})])
    planner.hear()
    code, events, _ = planner.end(say=said)
    assert (code, events) == (5, [])
    assert list(tmp_path.iterdir()) == []


def test_it_stops_at_the_first_failing_step_and_says_why(tmp_path):
    failing = ("run", ["sh", "-c", "echo out; exit 3"])
    code, [first, second], err = perform(tmp_path, ("write", {"path": "a", "text": ""}), failing, failing)
    assert code == 1
    assert (first["exit"], second["exit"]) == (0, 3)
    assert second["output"] == "out\nsh ended with exit code 3"
    assert err.startswith("step 2 (run) failed: ")


@pytest.mark.parametrize(
    "step",
    [
        ("write", {"path": "../x", "text": ""}),
        ("write", {"path": ".git/hooks/x", "text": ""}),
        ("move", {"from": "none", "to": "x"}),
        ("replace", {"find": "x", "with": "y"}),
        ("edit_json", {"files": "bad", "edits": [{"path": ["a"], "value": 1}]}),
    ],
)
def test_a_step_that_cannot_be_done_fails_with_a_sentence_and_no_traceback(tmp_path, step):
    (tmp_path / "bad").write_text("{")
    code, [finished], err = perform(tmp_path, step)
    assert (code, finished["exit"]) == (1, 1)
    assert finished["output"].endswith(".")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "not a plan"),
        ("[]", "not a plan"),
        ("{}", "not a plan"),
        ('{"steps": [], "limits": {"steps": true}, "dry_run": false}', "not a plan"),
        ('{"steps": [], "limits": {"steps": 5}, "dry_run": "false"}', "not a plan"),
        (
            '{"steps": [{"tool": "shell", "arguments": {}}], "limits": {"steps": 5}, "dry_run": false}',
            "no tool 'shell'",
        ),
        ('{"steps": [{"tool": [], "arguments": {}}], "limits": {"steps": 5}, "dry_run": false}', "no tool"),
        ('{"steps": [{"tool": "run"}], "limits": {"steps": 5}, "dry_run": false}', "needs a tool and its arguments"),
        ('{"steps": [{"tool": "run", "arguments": "rm"}], "limits": {"steps": 5}, "dry_run": false}', "step 1: "),
    ],
)
def test_what_is_not_a_plan_is_refused_and_nothing_is_done(tmp_path, line, says):
    code, events, err = Planner(tmp_path, [], line=line).end()
    assert (code, events) == (2, [])
    assert says in err
    assert "Traceback" not in err


def test_more_steps_than_the_limit_are_refused_before_the_first(tmp_path):
    steps = [("write", {"path": "a", "text": ""})] * 6
    code, finished, err = perform(tmp_path, *steps, limit=5)
    assert (code, finished) == (2, [])
    assert "6 steps are more than the limit of 5" in err


def test_a_dry_run_tells_every_step_and_does_none(tmp_path):
    steps = [("write", {"path": "a", "text": ""}), ("run", ["touch", "b"])]
    code, finished, _ = perform(tmp_path, *steps, dry_run=True)
    assert (code, [step["output"] for step in finished]) == (0, ["dry run: not done"] * 2)
    assert list(tmp_path.iterdir()) == []


def test_long_output_is_cut_in_the_middle_and_named_by_the_hash_of_the_whole(tmp_path):
    code, [finished], _ = perform(tmp_path, ("run", ["seq", "20000"]))
    whole = "".join(f"{number}\n" for number in range(1, 20001)).encode()
    assert code == 0
    assert finished["output_sha256"] == hashlib.sha256(whole).hexdigest()
    assert len(finished["output"].encode()) < 33_000
    assert finished["output"].startswith("1\n2\n")
    assert finished["output"].endswith("19999\n20000\n")
    assert f"{len(whole) - 32768} bytes left out" in finished["output"]


def test_programs_get_the_work_folder_and_a_home_of_their_own(tmp_path):
    code, [finished], _ = perform(
        tmp_path, ("run", ["sh", "-c", 'pwd; echo "$HOME"; ls -A "$HOME"; env | cut -d= -f1'])
    )
    folder, home, *names = finished["output"].split()
    assert (code, folder) == (0, str(tmp_path.resolve()))
    assert home not in (os.environ["HOME"], "")
    assert {name for name in names if name.isupper()} <= {"HOME", "PATH", "PWD", "LC_CTYPE", "OLDPWD", "SHLVL", "_"}


def test_it_starts_without_any_heavy_library():
    heavy = {"yaml", "jsonschema", "jinja2", "rich", "ruamel", "tomlkit", "click", "psutil", "sqlite3", "asyncio"}
    script = "import sys, autonomy_pack.programs.planner; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert heavy & set(said.stdout.split()) == set()
