"""Programs of agents are installed by lock, from the configured registry, into a folder that is there whole or not."""

import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from autonomy_pack.agents import AGENTS, cli
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import box, doctor_agent, egress, install_agent
from autonomy_pack.model import Config

LOCKS = Path(cli.__file__).parent / "locks"
CLIS = {name: package for name in AGENTS if (package := install_agent.package_of(name))}
NPM = [name for name, package in CLIS.items() if package.registry == "npm"]
PYPI = [name for name, package in CLIS.items() if package.registry == "pypi"]
needs_npm = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")


class Registry(BaseHTTPRequestHandler):
    """A registry that knows every package of claude's lock, and gives other bytes for them."""

    def do_GET(self):
        name = self.path.strip("/").replace("%2f", "/").replace("%2F", "/")
        self.server.heard.append(self.path)
        here = f"http://{self.headers['Host']}"
        where = getattr(self.server, "elsewhere", here)
        version = CLIS["claude"].version
        one = {"name": name, "version": version, "dist": {"tarball": f"{where}/{name}/-/it-{version}.tgz"}}
        body = (
            b"not what was locked"
            if name.endswith(".tgz")
            else json.dumps({"name": name, "versions": {version: one}}).encode()
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.heard = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    yield server
    server.shutdown()
    server.server_close()


def boxed():
    return box.choose(Config(), None)


def kept():
    return [path.name for path in install_agent.place("claude").parent.iterdir() if path.name != "install.log"]


@needs_npm
def test_bytes_that_are_not_those_of_the_lock_are_refused_and_nothing_is_left(registry):
    with pytest.raises(WorldError, match="EINTEGRITY"):
        install_agent.install("claude", boxed())
    assert kept() == []
    with pytest.raises(UsageError, match="not installed"):
        install_agent.folder_of("claude")


@needs_npm
def test_a_registry_that_points_elsewhere_is_not_followed(registry):
    registry.elsewhere = "http://127.0.0.1:9"
    with pytest.raises(WorldError, match=re.escape("refused: 127.0.0.1:9")):
        install_agent.install("claude", boxed())
    assert kept() == []


@pytest.mark.parametrize("name", CLIS)
def test_another_version_than_the_locked_one_needs_a_word(name):
    with pytest.raises(UsageError) as told:
        install_agent.install(name, boxed(), version="99.0.0")
    assert "--allow-unlocked" in told.value.fix


@pytest.mark.parametrize("version", ["../../etc", "1;id", "-rf", "1 2", "", "1" * 65])
def test_a_version_is_a_word(version):
    with pytest.raises(UsageError):
        install_agent.install("claude", boxed(), version=version or " ")


def test_an_agent_that_needs_no_program_needs_no_install():
    assert install_agent.folder_of("planner") == install_agent.folder_of("anthropic") == ""
    assert "needs no program" in install_agent.install("planner", boxed())[0]


def test_an_unknown_agent_is_told_with_those_there_are():
    with pytest.raises(UsageError, match="there is no agent") as told:
        install_agent.package_of("clod")
    assert "claude" in told.value.fix


def test_what_is_not_installed_is_told_with_the_command(capsys):
    with pytest.raises(UsageError) as told:
        install_agent.folder_of("claude")
    assert told.value.fix == "Run `autonomy agent install claude`."


def test_a_registry_with_a_password_in_its_address_is_not_handed_to_an_installer(monkeypatch):
    monkeypatch.setenv("npm_config_registry", "https://ada:hush@registry.example/")
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    with pytest.raises(UsageError) as told:
        install_agent.install("claude", boxed())
    assert "hush" not in f"{told.value.says} {told.value.fix}"


def test_hosts_are_taken_whole_from_addresses():
    urls = [
        "https://Registry.Example/simple",
        "http://127.0.0.1:8080/x",
        "file:///opt/simple",
        "/opt",
        "https://",
        "x:y",
    ]
    assert egress.hosts(urls) == ("registry.example:443", "127.0.0.1:8080")


# --- the locks ------------------------------------------------------------------------------------------------------


def test_every_agent_of_others_has_a_lock_and_no_lock_is_for_nothing():
    assert {path.name for path in LOCKS.iterdir()} == set(CLIS)
    assert set(CLIS) == {"claude", "codex", "gemini", "copilot", "opencode", "aider", "mini"}


@pytest.mark.parametrize("name", NPM)
def test_a_lock_of_npm_names_the_version_a_hash_for_each_and_no_registry(name):
    package = CLIS[name]
    wanted = json.loads((LOCKS / name / "package.json").read_text())
    assert wanted["dependencies"] == {package.name: package.version}
    lock = json.loads((LOCKS / name / "package-lock.json").read_text())
    entries = {path: entry for path, entry in lock["packages"].items() if path}
    assert entries[f"node_modules/{package.name}"]["version"] == package.version
    assert all(entry["integrity"].startswith("sha512-") for entry in entries.values())
    assert not any("resolved" in entry or entry.get("link") for entry in entries.values())
    for argv in package.argv.values():
        program = next(word for word in argv if word.startswith("{folder}/"))
        assert any(program.startswith(f"{{folder}}/{path}/") for path in entries)


@pytest.mark.parametrize("name", PYPI)
def test_a_lock_of_pip_names_the_version_hashes_for_each_and_no_index(name):
    package = CLIS[name]
    text = (LOCKS / name / "requirements.txt").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert any(block.startswith(f"{package.name}=={package.version} ") for block in blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text


# --- doctor ---------------------------------------------------------------------------------------------------------


def test_doctor_names_what_an_agent_lacks_and_never_a_key(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    lacks = {one.rule: one for one in doctor_agent.examine("claude")[1]}
    assert "ANTHROPIC_API_KEY" in lacks["key"].fix
    assert lacks["program"].fix == "Run `autonomy agent install claude`."
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-hush-hush")
    fine, lacking = doctor_agent.examine("claude")
    assert "key" not in {one.rule for one in lacking}
    assert any("a key for protocol anthropic is set" in line for line in fine)
    assert "hush" not in str((fine, lacking))


@pytest.fixture
def installed():
    """Put a program where claude's belongs: its text, and what was written down of it."""

    def put(script, **record):
        package = CLIS["claude"]
        folder = install_agent.place("claude")
        program = Path(cli.words(package, str(folder))[0])
        program.parent.mkdir(parents=True)
        program.write_text(script)
        program.chmod(0o755)
        told = {"package": package.name, "version": package.version, "locked": True, **record}
        (folder / "autonomy.json").write_text(json.dumps(told))

    return put


def test_doctor_starts_the_program_in_the_box(installed):
    installed("#!/bin/sh\necho 2.1.197 of a test; test ! -e /home\n")
    fine, _ = doctor_agent.examine("claude")
    assert "it starts in the box: 2.1.197 of a test" in fine
    assert any("by the lock of this pack" in line for line in fine)


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 3\n", "garbage", "#!/nowhere/node\n", "\x7fELF\x00"])
def test_a_program_that_does_not_start_is_told_with_the_next_step(installed, script):
    installed(script)
    lacks = {one.rule: one for one in doctor_agent.examine("claude")[1]}
    assert "does not start" in lacks["start"].says
    assert lacks["start"].fix == "Run `autonomy agent install claude`."


def test_a_version_without_lock_is_told(installed):
    installed("#!/bin/sh\ntrue\n", version="9.9.9", locked=False)
    lacks = {one.rule: one for one in doctor_agent.examine("claude")[1]}
    assert "without a lock" in lacks["lock"].says


@pytest.mark.parametrize("record", ["", "null", "[1]", "\xff", '{"a": '])
def test_a_folder_that_was_never_finished_is_not_installed(installed, record):
    installed("#!/bin/sh\ntrue\n")
    (install_agent.place("claude") / "autonomy.json").write_text(record)
    with pytest.raises(UsageError, match="not installed"):
        install_agent.folder_of("claude")


def test_every_package_starts_on_the_runners_that_github_hosts():
    assert all(package.argv.get("linux-x86_64") or package.argv.get("any") for package in CLIS.values())
    assert set(CLIS) <= set(AGENTS)


def test_every_agent_is_listed_also_those_that_need_no_program_of_others(world):
    rows = {row["agent"]: row for row in json.loads(world.autonomy("agent", "list", "--json"))}
    assert set(rows) == set(AGENTS)
    assert rows["anthropic"] == {
        "agent": "anthropic",
        "package": "",
        "locked": "",
        "installed": "",
        "protocol": "anthropic",
    }
    assert "anthropic speaks anthropic; needs no program of others" in world.autonomy("agent", "list")
