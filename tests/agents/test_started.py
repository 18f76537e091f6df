"""How the command-line agents of others are started: with settings of ours, the run's own bearer, and nothing else."""

import json
from dataclasses import replace

import pytest

from autonomy_pack.agents import AGENTS, cli
from autonomy_pack.edges.confined import Refused
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Endpoint, Limits, Mission, Priority, Task

CLIS = ("claude", "codex", "gemini", "copilot", "opencode", "aider", "mini")
TOKEN = "run-bearer-1234"
TASK = Task(
    id=".#1", repo=".", issue="1", title="t", body="b", labels=(), priority=Priority.HIGH, lane="default", mission="m",
    agent="claude", acceptance=(), fields={}, pin="p", created="",
)  # fmt: skip


@pytest.fixture
def brief(tmp_path):
    for name in ("work", "home", "program"):
        (tmp_path / name).mkdir()
    (tmp_path / "work" / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (tmp_path / "work" / "other.txt").write_text("other\n")
    gate = Endpoint(socket="/nowhere/s", port=8123, token=TOKEN, model="model-x", max_output=4096)
    mission = Mission(name="m", version=1, goal="g", tools=("edit", "run"), limits=Limits(steps=9, turns=7))
    return Brief(
        task=TASK, mission=mission, steps=(), prompt="fix add in calc.py", work=str(tmp_path / "work"), endpoint=gate,
        home=str(tmp_path / "home"), program=str(tmp_path / "program"),
    )  # fmt: skip


def reading(brief, *tools):
    return replace(brief, mission=replace(brief.mission, tools=tools))


def all_text(tmp_path, command):
    files = [path.read_text() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    return "\n".join([*command.argv, *command.env.values(), *files])


@pytest.mark.parametrize("name", CLIS)
def test_its_whole_environment_is_given_and_no_key_of_ours_is_in_it(name, brief, tmp_path, monkeypatch):
    for secret in (*AGENTS[name].secrets, "AWS_SECRET_ACCESS_KEY", "AUTONOMY_GITHUB_TOKEN"):
        monkeypatch.setenv(secret, "sk-canary")
    command = AGENTS[name].command(brief)
    assert "sk-canary" not in all_text(tmp_path, command)
    assert {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GITHUB_TOKEN"} <= set(AGENTS[name].secrets)
    assert TOKEN not in " ".join(command.argv)  # other users of a machine can read those


@pytest.mark.parametrize("name", CLIS)
def test_it_speaks_to_the_gateway_alone_and_keeps_its_settings_below_its_home(name, brief, tmp_path):
    command = AGENTS[name].command(brief)
    told = all_text(tmp_path, command)
    assert "http://127.0.0.1:8123" in told
    assert TOKEN in told
    assert "model-x" in told
    assert AGENTS[name].needs_port
    assert AGENTS[name].runs_programs(brief)
    assert command.env["HOME"] == brief.home
    assert not list((tmp_path / "work").glob(".*"))  # nothing of ours in the change
    assert command.stdin.startswith(b"fix add")
    assert not command.paced


@pytest.mark.parametrize("name", CLIS)
def test_without_a_way_to_a_model_it_is_refused(name, brief):
    with pytest.raises(UsageError, match="no way to a model"):
        AGENTS[name].command(replace(brief, endpoint=None))


@pytest.mark.parametrize("name", CLIS)
def test_a_missing_program_is_told_with_the_command_that_installs_it(name, brief):
    with pytest.raises(UsageError) as told:
        AGENTS[name].command(replace(brief, program=""))
    assert told.value.fix == f"Run `autonomy agent install {name}`."


def test_a_machine_that_a_program_is_not_made_for_is_told(brief):
    package = replace(AGENTS["claude"].package, argv={"plan9-mips": ("{folder}/claude",)})
    with pytest.raises(UsageError, match="is not made for this machine"):
        cli.started(brief, "claude", package)


@pytest.mark.parametrize(
    ("name", "without"),
    [("claude", "Bash"), ("claude", "Edit"), ("gemini", "run_shell_command"), ("gemini", "write_file")],
)
def test_a_mission_that_names_no_tools_lets_it_only_read(name, without, brief, tmp_path):
    assert without in all_text(tmp_path, AGENTS[name].command(brief))
    assert without not in all_text(tmp_path, AGENTS[name].command(reading(brief)))


def test_copilot_and_opencode_are_denied_what_the_mission_does_not_name(brief):
    denied = AGENTS["copilot"].command(reading(brief, "edit")).argv
    assert denied[denied.index("--deny-tool") + 1] == "shell"
    told = json.loads(AGENTS["opencode"].command(reading(brief, "edit")).env["OPENCODE_PERMISSION"])
    assert (told["edit"], told["bash"], told["webfetch"]) == ("allow", "deny", "deny")


@pytest.mark.parametrize(("name", "tool"), [("codex", "run"), ("mini", "run"), ("aider", "edit")])
def test_one_that_cannot_be_held_to_reading_is_refused_where_it_may_only_read(name, tool, brief):
    with pytest.raises(UsageError, match="does not allow it") as told:
        AGENTS[name].command(reading(brief))
    assert f"Add {tool} to the mission's tools" in told.value.fix
    assert AGENTS[name].command(replace(reading(brief), returns="{}"))  # its folder is thrown away


def test_who_gives_back_a_document_may_only_read(brief):
    assert cli.may(replace(brief, returns="{}")) == frozenset()


def test_opencode_is_refused_where_the_repository_holds_plugins_for_it(brief, tmp_path):
    (tmp_path / "work" / ".opencode").mkdir()
    with pytest.raises(UsageError, match=r"\.opencode"):
        AGENTS["opencode"].command(brief)


def test_claude_loads_nothing_of_the_repository_and_asks_nobody(brief):
    argv = AGENTS["claude"].command(brief).argv
    assert {"--bare", "--strict-mcp-config", "--disable-slash-commands"} <= set(argv)
    assert argv[argv.index("--permission-mode") + 1] == "dontAsk"
    assert argv[argv.index("--setting-sources") + 1] == "user"
    assert argv[argv.index("--max-turns") + 1] == "7"


def test_codex_loads_no_settings_no_rules_and_no_instructions_of_the_repository(brief):
    argv = AGENTS["codex"].command(brief).argv
    assert {"--ignore-user-config", "--ignore-rules", "project_doc_max_bytes=0", "features.hooks=false"} <= set(argv)
    assert "features.multi_agent=false" in argv


@pytest.mark.parametrize("name", ["gemini", "aider"])
def test_one_that_loads_what_its_folder_holds_begins_in_an_empty_one(name, brief):
    assert AGENTS[name].command(brief).cwd == f"{brief.home}/empty"


def test_opencode_is_told_to_leave_the_settings_of_the_repository(brief):
    env = AGENTS["opencode"].command(brief).env
    assert env["OPENCODE_DISABLE_PROJECT_CONFIG"] == env["OPENCODE_PURE"] == "true"


def test_copilot_is_offline(brief):
    assert AGENTS["copilot"].command(brief).env["COPILOT_OFFLINE"] == "true"


@pytest.mark.parametrize("name", ["aider", "mini"])
def test_a_python_program_imports_nothing_of_the_repository_and_tells_its_end_in_a_file(name, brief):
    command = AGENTS[name].command(brief)
    assert command.argv[1:3] == ("-S", "-P")
    assert command.after.startswith(brief.home)


def test_mini_takes_its_standard_settings_by_the_path_they_were_installed_to(brief):
    argv = AGENTS["mini"].command(brief).argv
    assert argv[argv.index("-c") + 1].startswith(brief.program)


def test_aider_is_shown_the_files_that_the_prompt_names_else_the_first_of_the_tree(brief, tmp_path):
    (tmp_path / "work" / "image.png").write_bytes(b"\x89PNG\0")
    assert [word for word in AGENTS["aider"].command(brief).argv if word.startswith(brief.work)] == [
        f"{brief.work}/calc.py"
    ]
    shown = AGENTS["aider"].command(replace(brief, prompt="make it good")).argv
    assert [word for word in shown if word.startswith(brief.work)] == [
        f"{brief.work}/calc.py",
        f"{brief.work}/other.txt",
    ]


@pytest.mark.parametrize(("name", "path"), [("mini", "task.yaml"), ("gemini", ".gemini/settings.json")])
def test_a_link_that_an_earlier_turn_left_in_its_home_is_not_followed(name, path, brief, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "home" / path).parent.mkdir(exist_ok=True)
    (tmp_path / "home" / path).symlink_to(precious)
    with pytest.raises(Refused):
        AGENTS[name].command(brief)
    assert precious.read_text() == "mine"
