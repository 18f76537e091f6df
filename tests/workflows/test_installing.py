"""How a job installs us: everything by hash, nothing that the project or its environment could bring along."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autonomy_pack import __version__
from tests.workflows.rules import ROOT

LOCK = ROOT / "requirements.lock"
EXTRAS = ("anthropic", "gateway")
LOCKS = (LOCK, ROOT / "scripts/release-build.lock", ROOT / "scripts/release-publish.lock")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)(?: ; (.+?))? \\$", re.MULTILINE)


def dependencies() -> list[Requirement]:
    """Ours, and those of the extras that a runner needs for models."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for name in EXTRAS for one in project["optional-dependencies"][name]]
    return [Requirement(one) for one in (*project["dependencies"], *extras)]


def test_the_lock_holds_every_dependency_at_a_version_that_fits() -> None:
    locked = {canonicalize_name(name): version for name, version, _ in PINNED.findall(LOCK.read_text())}
    for one in dependencies():
        assert one.specifier.contains(locked[canonicalize_name(one.name)]), f"run `make lock`: {one}"


def test_the_lock_is_what_make_lock_would_write_again(tmp_path: Path) -> None:
    """Nothing missing, nothing left over: offline, from the versions that it names."""
    locked = {canonicalize_name(name) for name, *_ in PINNED.findall(LOCK.read_text())}
    uv = Path(sys.executable).with_name("uv")
    copy = tmp_path / "requirements.lock"
    copy.write_bytes(LOCK.read_bytes())
    made = subprocess.run(
        [
            *(str(uv), "pip", "compile", "--universal", "--generate-hashes", "--python-version", "3.11"),
            *(word for name in EXTRAS for word in ("--extra", name)),
            *("--no-annotate", "--quiet", "--custom-compile-command", "make lock", "pyproject.toml", "-o", str(copy)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"the index cannot be asked: {made.stderr.strip()[-200:]}")
    assert {canonicalize_name(name) for name, *_ in PINNED.findall(copy.read_text())} == locked


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_line_of_a_lock_has_its_hashes_and_no_other_source(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINNED.findall(text))
    assert [one.split()[0] for one in entries if "--hash=sha256:" not in one] == []
    assert re.findall(r"--(?:index|extra-index|find-links|trusted-host)|https?://| @ |-e ", text) == []


def test_the_lock_belongs_to_the_released_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__


FAKE = """#!/bin/sh
echo "python3 $*" >>"$SAID"
case "$*" in
*"-m venv"*)
    for place; do :; done
    mkdir -p "$place/bin" "$place/site"
    cp "$0" "$place/bin/python" ;;
*sysconfig*) echo "$RUNNER_TEMP/autonomy/site" ;;
*"-m pip"*) exit "${PIP_FAILS:-0}" ;;
*version_info*) exit "${TOO_OLD:-0}" ;;
esac
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The scripts in a checkout of their own, beside a python3 that only notes how it is called."""
    folder = tmp_path / "work" / ".pack"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "on-runner.sh", folder / "scripts")
    (folder / "scripts" / "box.sh").write_text('echo box >>"$SAID"\n')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text(FAKE)
    (tmp_path / "bin" / "python3").chmod(0o755)
    return folder


def on_runner(pack: Path, **more: str) -> tuple[int, str, list[str]]:
    home = pack.parents[1]
    (home / "temp").mkdir(exist_ok=True)
    env = {
        "PATH": f"{home / 'bin'}:/usr/bin:/bin",
        "RUNNER_TEMP": str(home / "temp"),
        "SAID": str(home / "said"),
        **more,
    }
    ended = subprocess.run(
        ["sh", ".pack/scripts/on-runner.sh"], cwd=pack.parent, env=env, capture_output=True, text=True, check=False
    )
    said = (home / "said").read_text().splitlines() if (home / "said").exists() else []
    return ended.returncode, ended.stdout, said


def test_pip_takes_only_wheels_with_their_hashes_and_no_configuration_of_the_runner(pack: Path) -> None:
    code, _, said = on_runner(pack)
    assert code == 0
    (pip,) = [line for line in said if "-m pip" in line]
    for word in ("-I -m pip install", "--isolated", "--require-hashes", "--only-binary :all:", "--no-cache-dir"):
        assert word in pip
    assert pip.endswith(f"-r {pack}/requirements.lock")
    assert said[-1] == "box"


def test_the_pack_runs_from_its_checkout_without_a_build(pack: Path) -> None:
    on_runner(pack)
    assert (pack.parents[1] / "temp/autonomy/site/autonomy_pack.pth").read_text() == f"{pack}/src\n"


def test_no_python_of_ours_looks_into_the_projects_folder(pack: Path) -> None:
    """`python3 -m venv` in a folder with a venv.py runs that file; -I does not."""
    (pack.parent / "venv.py").write_text("import pathlib; pathlib.Path('owned').touch()")
    real = ["-m", "venv", "--help"]
    subprocess.run([sys.executable, *real], cwd=pack.parent, check=True, capture_output=True)
    assert (pack.parent / "owned").exists(), "without -I the project's file is run"
    (pack.parent / "owned").unlink()
    subprocess.run([sys.executable, "-I", *real], cwd=pack.parent, check=True, capture_output=True)
    assert not (pack.parent / "owned").exists()
    _, _, said = on_runner(pack)
    assert all(line.startswith("python3 -I ") for line in said if line.startswith("python3"))


@pytest.mark.parametrize("fault", ["TOO_OLD", "PIP_FAILS"])
def test_a_runner_that_cannot_do_it_is_told_what_to_do(pack: Path, fault: str) -> None:
    code, said, _ = on_runner(pack, **{fault: "1"})
    assert code == 2
    assert said.startswith("::error::autonomy: ")
    assert "Next: " in said


def test_the_box_is_left_alone_where_it_works_already(tmp_path: Path) -> None:
    for name, text in {
        "bwrap": "exit 0",
        "setpriv": "exit 0",
        "apt-get": "touch touched",
        "sudo": "touch touched",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["sh", str(ROOT / "scripts/box.sh")], cwd=tmp_path, env=env, check=True)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("restricted", ["1", "0"])
def test_where_only_listed_programs_may_make_namespaces_one_file_lists_bubblewrap(
    tmp_path: Path, restricted: str
) -> None:
    """Ubuntu 24.04: the profile names that one program, is loaded, and makes the box work; the host's switch stays."""
    switch = tmp_path / "apparmor_restrict_unprivileged_userns"
    switch.write_text(f"{restricted}\n")
    script = (ROOT / "scripts/box.sh").read_text()
    assert f"/proc/sys/kernel/{switch.name}" in script
    (tmp_path / "box.sh").write_text(script.replace(f"/proc/sys/kernel/{switch.name}", str(switch)))
    for name, text in {
        "bwrap": "test -e loaded",
        "setpriv": "test -e loaded",
        "id": "echo 1001",
        "sudo": '[ "$1" = -n ] || exit 1; shift; echo "$*" >>said; exec "$@"',
        "tee": "cat >profile",
        "apparmor_parser": "touch loaded",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ended = subprocess.run(["sh", "box.sh"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    if restricted == "0":
        assert ended.stdout.startswith("::warning::")
        assert not (tmp_path / "profile").exists()
        return
    assert ended.stdout == ""
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["tee /etc/apparmor.d/autonomy-bwrap", "apparmor_parser -r /etc/apparmor.d/autonomy-bwrap"]
    words = (tmp_path / "profile").read_text().split()
    assert words[-7:] == ["profile", "autonomy-bwrap", "/usr/bin/bwrap", "flags=(unconfined)", "{", "userns,", "}"]
    assert switch.read_text() == "1\n"


def test_a_box_that_cannot_be_made_is_said_and_not_hidden(tmp_path: Path) -> None:
    for name in ("bwrap", "setpriv", "apt-get", "sudo", "tee", "apparmor_parser"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ended = subprocess.run(
        ["sh", str(ROOT / "scripts/box.sh")], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.startswith("::warning::autonomy: bubblewrap does not work")) == (0, True)


NAME = re.search(r"        run: \|\n((?:          .*\n)+?)      - name: Fetch the pack", (ROOT / ".github/workflows/autonomous-agent-loop.yml").read_text())  # fmt: skip


@pytest.mark.parametrize(
    ("own", "given", "chosen"),
    [
        ("acme/pack@" + "a" * 40, "@", "acme/pack a"),
        ("acme/pack@" + "a" * 40, "evil/pack@" + "b" * 40, "acme/pack a"),
        ("@", "acme/pack@" + "b" * 40, "acme/pack b"),
        ("@", "@", ""),
        ("acme/pack@main", "@", ""),
        ("acme/pack@" + "a" * 39, "@", ""),
        ("acme@" + "a" * 40, "@", ""),
        ("acme/pa ck@" + "a" * 40, "@", ""),
        ("acme/pack@" + "a" * 40 + "\nx", "@", ""),
        ("x\nacme/pack@" + "a" * 40, "@", ""),
        ("../pack@" + "a" * 40, "@", ""),
    ],
)
def test_only_one_exact_commit_of_one_repository_is_fetched(own: str, given: str, chosen: str, tmp_path: Path) -> None:
    assert NAME
    program = "".join(line[10:] for line in NAME[1].splitlines(keepends=True))
    env = {"OWN": own, "GIVEN": given, "GITHUB_OUTPUT": str(tmp_path / "out"), "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", program],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if not chosen:
        assert (ended.returncode, (tmp_path / "out").exists()) == (2, False)
        assert "pack_sha" in ended.stdout
        return
    repository, letter = chosen.split()
    assert (tmp_path / "out").read_text() == f"repository={repository}\nsha={letter * 40}\n"
