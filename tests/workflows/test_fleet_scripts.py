"""The four scripts of the fleet: real runs in a clone, from a checkout, from a pipe, from process substitution."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflows.rules import ROOT

SCRIPTS = ROOT / "scripts"
VERBS = ("install", "sync", "verify", "uninstall")
PACK = ("--pack", f"acme/autonomy-pack@{'a' * 40}")
WHEEL = "autonomy_pack-9.9.9-py3-none-any.whl"
HANDED_ON = (
    f"import os, sys\nos.execv({sys.executable!r}, [{sys.executable!r}, '-P', '-m', 'autonomy_pack', *sys.argv[1:]])\n"
)


def _wheel(folder: Path) -> None:
    """A wheel of ours that hands on to the pack under test: its dependencies are there already."""
    info = "autonomy_pack-9.9.9.dist-info"
    names = {
        "autonomy_pack/__init__.py": "",
        "autonomy_pack/__main__.py": HANDED_ON,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: autonomy-pack\nVersion: 9.9.9\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(folder / WHEEL, "w") as file:
        for name, text in names.items():
            file.writestr(name, text)
        file.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names) + f"{info}/RECORD,,\n")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and the four scripts that a release has for a pipe, and the cache they share."""
    folder = tmp_path_factory.mktemp("release")
    pack = folder / "pack"
    (pack / "scripts").mkdir(parents=True)
    for name in ("piped.sh", "fleet.sh.in"):
        shutil.copy(SCRIPTS / name, pack / "scripts")
    (pack / "requirements.lock").write_text("# it has no dependencies\n")
    _wheel(folder)
    subprocess.run(["sh", str(pack / "scripts" / "piped.sh"), str(folder)], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with blanks in its path, whose environment is the one under test."""
    folder = tmp_path / "a pack"
    (folder / "scripts").mkdir(parents=True)
    for verb in VERBS:
        shutil.copy(SCRIPTS / f"{verb}.sh", folder / "scripts")
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with blanks in its path, which brings along what must never be imported or run."""
    root = tmp_path / "a clone"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    for name in ("autonomy_pack.py", "click.py", "venv.py", "pip.py"):
        (root / name).write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").write_text(f"#!/bin/sh\ntouch '{tmp_path / 'imported'}'\n")
    (root / ".venv" / "bin" / "python").chmod(0o755)
    return root


def run(
    words: list[str], cwd: Path, release: Path | None = None, **given: str | int
) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ)
    if release:
        env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(release), "PIP_CONFIG_FILE": os.devnull}
        env |= {"XDG_CACHE_HOME": str(release / "a cache")}
    stdin = str(given.pop("stdin", ""))
    env |= {name: str(one) for name, one in given.items()}
    ended = subprocess.run(words, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False)
    assert not (cwd.parent / "imported").exists()
    return ended


def _through(words: list[str], clone: Path, release: Path | None = None) -> None:
    """Install, look, look at what a removal does, remove: the words begin a call of VERB.sh."""

    def call(verb: str, *flags: str) -> subprocess.CompletedProcess[str]:
        return run([*[word.replace("VERB", verb) for word in words], *flags], clone, release)

    lock = clone / ".github" / "autonomy" / "lock.json"
    for flags, code in ((("--dry-run",), 0), ((), 0)):
        ended = call("install", *PACK, *flags)
        assert (ended.returncode, lock.exists()) == (code, not flags), ended.stderr
    assert lock.stat().st_mode & 0o077 == 0o044
    assert call("sync").returncode == 0
    assert call("verify").returncode == 0
    stop = clone / ".agent-workspace" / "STOP"
    stop.parent.mkdir(exist_ok=True)
    stop.touch()
    ended = call("verify", "--json")
    stop.unlink()
    assert (ended.returncode, "stopped" in ended.stdout) == (1, True)
    assert call("uninstall").returncode == 2
    assert call("uninstall", "--confirm").returncode == 0
    assert not lock.exists()


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_scripts_of_a_checkout_use_it(shell: str, checkout: Path, clone: Path) -> None:
    _through([shell, f"{checkout}/scripts/VERB.sh"], clone)


def test_the_scripts_of_a_release_are_for_a_pipe_and_for_process_substitution(clone: Path, release: Path) -> None:
    _through(["sh", "-c", f'cat "{release}/VERB.sh" | sh -s -- "$@"', "-"], clone, release)
    _through(["bash", "-c", f'bash <(cat "{release}/VERB.sh") "$@"', "-"], clone, release)


def test_what_a_release_installed_is_used_again(clone: Path, release: Path) -> None:
    first = run(["sh", str(release / "verify.sh")], clone, release)
    again = run(["sh", str(release / "verify.sh")], clone, release, PIP_FIND_LINKS="/nowhere")
    assert first.returncode == again.returncode == 1
    assert "Installing" not in again.stderr
    assert len(list((release / "a cache" / "autonomy-pack").iterdir())) == 1


def test_what_a_faster_call_installed_meanwhile_is_left_as_it_is(clone: Path, release: Path, tmp_path: Path) -> None:
    """python3 installs nothing here, and another call ends while it does not."""
    text = (release / "verify.sh").read_text()
    place = tmp_path / "c" / "autonomy-pack" / re.findall(r"place=\$cache/(\S+)", text)[0].replace("$version", "9.9.9")
    program = tmp_path / "python3"
    program.write_text(f"""#!/bin/sh
echo "$*" >>'{tmp_path}/said'
case "$*" in *" venv "*) mkdir -p "$4/bin" '{place}/bin'; cp "$0" "$4/bin/python"; cp "$0" '{place}/bin/python'
    touch '{place}/faster' ;; esac
""")
    program.chmod(0o755)
    ended = run(["sh", str(release / "verify.sh")], clone, PYTHON=str(program), XDG_CACHE_HOME=str(tmp_path / "c"))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "said").read_text().endswith("-I -m autonomy_pack fleet verify\n")
    assert [one.name for one in place.parent.iterdir()] == [place.name]
    assert (place / "faster").exists()


def test_a_wheel_that_is_not_the_releases_is_refused(clone: Path, release: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _wheel(other)
    with zipfile.ZipFile(other / WHEEL, "a") as file:
        file.writestr("autonomy_pack/evil.py", "")
    ended = run(
        ["sh", str(release / "verify.sh")],
        clone,
        release,
        PIP_FIND_LINKS=str(other),
        XDG_CACHE_HOME=str(tmp_path / "c"),
    )
    assert ended.returncode == 2
    assert "DO NOT MATCH THE HASHES" in ended.stderr
    assert "autonomy: installing failed" in ended.stderr
    assert list((tmp_path / "c" / "autonomy-pack").iterdir()) == []


def test_a_pipe_gets_no_script_that_needs_a_checkout_or_is_a_pattern(clone: Path) -> None:
    for name in ("install.sh", "fleet.sh.in"):
        ended = run(["sh", "-s", "--", "--dry-run"], clone, stdin=(SCRIPTS / name).read_text())
        assert ended.returncode == 2
        assert "of a release" in ended.stderr


def test_the_script_names_the_wheel_and_every_dependency_by_hash(release: Path) -> None:
    text = (release / "install.sh").read_text()
    hashed = hashlib.sha256((release / WHEEL).read_bytes()).hexdigest()
    assert f"autonomy-pack==9.9.9 --hash=sha256:{hashed}\n# it has no dependencies\nLOCK\n" in text
    assert "@" not in text.replace('"$@"', "")
    assert "--require-hashes --only-binary :all:" in text
    assert text.splitlines()[-1] == '{ main "$@"; }'


def test_a_release_has_them_under_its_sums() -> None:
    text = (SCRIPTS / "release.sh").read_text()
    assert text.index(" -m build ") < text.index("sh scripts/piped.sh dist\n") < text.index("sha256sum -- *")


def test_the_four_differ_in_their_verb_alone(release: Path) -> None:
    for folder in (SCRIPTS, release):
        told = {verb: (folder / f"{verb}.sh").read_text() for verb in VERBS}
        assert len({re.sub(rf"\b{verb}\.sh|(?<=fleet ){verb}\b", "X", text) for verb, text in told.items()}) == 1


def _prefixes(text: str) -> Iterator[str]:
    """Each line's end, everything in the last lines, and some of all."""
    ends = [place + 1 for place, sign in enumerate(text) if sign == "\n"]
    last = range(len(text) - 120, len(text) - 1)
    some = random.Random(5).sample(range(len(text) - 120), 100)
    for end in sorted({*ends[:-1], *last, *some}):
        yield text[:end]


def test_a_checkout_without_an_environment_gets_one_by_hashes(checkout: Path, clone: Path, tmp_path: Path) -> None:
    """The same lock as a job's; python3 only notes how it is called."""
    shutil.rmtree(checkout / ".venv")
    shutil.copy(SCRIPTS / "environment.sh", checkout / "scripts")
    programs = tmp_path / "bin"
    programs.mkdir()
    fake = f"""#!/bin/sh
echo "$*" >>'{tmp_path}/said'
case "$*" in *purelib*) echo '{tmp_path}' ;; "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;; esac
"""
    (programs / "python3").write_text(fake)
    (programs / "python3").chmod(0o755)
    ended = run(["sh", f"{checkout}/scripts/verify.sh", "--json"], clone, PATH=f"{programs}:/usr/bin:/bin", PYTHON="")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    said = (tmp_path / "said").read_text().splitlines()
    assert "--no-deps --require-hashes --only-binary :all: -r requirements.lock" in said[-3]
    assert said[-1] == "-I -m autonomy_pack fleet verify --json"
    assert (tmp_path / "autonomy_pack.pth").read_text() == f"{checkout}/src\n"


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("kind", ["checkout", "release"])
def test_a_download_that_was_cut_off_does_nothing(
    shell: str, kind: str, checkout: Path, clone: Path, release: Path, tmp_path: Path
) -> None:
    """Where any program of it is called, a mark is left."""
    mark = tmp_path / "called"
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python3", "mkdir", "mktemp", "rm", "mv", "cat", "dirname", "sh"):
        (programs / name).write_text(f"#!/bin/dash\n: >'{mark}'\nexit 1\n")
        (programs / name).chmod(0o755)
    place = checkout / "scripts" / "sync.sh"
    text = (place if kind == "checkout" else release / "sync.sh").read_text()
    env = {"PATH": str(programs), "HOME": str(tmp_path), "PYTHON": str(programs / "python3")}
    program = shutil.which(shell)
    assert program
    for cut in _prefixes(text):
        if kind == "checkout":
            place.write_text(cut)
            subprocess.run([program, str(place)], cwd=clone, env=env, capture_output=True, check=False)
        else:
            subprocess.run([program], cwd=clone, env=env, input=cut.encode(), capture_output=True, check=False)
        assert not mark.exists(), cut[-80:]
    place.write_text(text)
    subprocess.run([program, str(place)], cwd=clone, env=env, capture_output=True, check=False)
    assert mark.exists()
