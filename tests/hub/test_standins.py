"""The stand-ins for the three actions we use behave as the real ones do in what our workflows rely on."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Hub, Repo, prepared
from hub.act import STANDINS, Act, act, clone

CHECKOUT, SETUP_PYTHON, UPLOAD = STANDINS


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site", files={"a.txt": "main\n"}, private=True)
        made.repo("acme/secret", files={"s.txt": "secret\n"}, private=True)
        yield made
        assert made.escapes == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


def steps(hub: Hub, folder: Path, *lines: str) -> Act:
    """Run these steps in one job of acme/site with a token that reads it."""
    repo = hub.repos["acme/site"]
    text = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + "".join(
        f"      - {line}\n" for line in lines
    )
    repo.commit({".github/workflows/x.yml": text})
    token = hub.job_token("acme/site", {"a": {"contents": "read"}})
    return act(
        "push", clone(repo, folder / "w"), ".github/workflows/x.yml", hub=hub, secrets={"GITHUB_TOKEN": token}, run_id=7
    )


def use(action: str, **given: str) -> str:
    """A step that uses an action."""
    return json.dumps({"uses": action, "with": given})


def unzipped(repo: Repo, name: str) -> dict[str, bytes]:
    """The files of an artifact of run 7."""
    (made,) = [artifact for artifact in repo.artifacts.of(7) if artifact.name == name]
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        return {item: archive.read(item) for item in archive.namelist()}


def test_checkout_takes_this_runs_commit_detached_and_keeps_the_token_unless_told(hub: Hub, tmp_path: Path) -> None:
    look = "run: 'cd \"$D\" && cat a.txt && git rev-parse HEAD && (git symbolic-ref -q HEAD || echo detached) && (git config --get-regexp extraheader | wc -l)'"
    ran = steps(
        hub, tmp_path, use(CHECKOUT, path="kept"), use(CHECKOUT, path="bare", **{"persist-credentials": "false"}),
        f"{{{look}, env: {{D: kept}}}}", f"{{{look}, env: {{D: bare}}}}",
    )  # fmt: skip
    head = hub.repos["acme/site"].head()
    assert ran.leg("a").printed.split() == ["main", head, "detached", "1", "main", head, "detached", "0"], ran.explain()


def test_checkout_takes_a_branch_or_a_commit_of_any_depth(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    old = repo.head()
    repo.commit({"a.txt": "branch\n"}, branch="dev")
    ran = steps(
        hub, tmp_path, use(CHECKOUT, ref="dev", path="b"), use(CHECKOUT, ref=old, path="c", **{"fetch-depth": "0"}),
        "run: cat b/a.txt c/a.txt; git -C b branch --show-current; git -C b rev-list --count HEAD",
    )  # fmt: skip
    assert ran.leg("a").printed.split() == ["branch", "main", "dev", "1"], ran.explain()


def test_checkout_gets_no_repository_that_the_token_does_not_see(hub: Hub, tmp_path: Path) -> None:
    ran = steps(hub, tmp_path, use(CHECKOUT, repository="acme/secret", path="s"))
    assert (ran.code, ran.failed) == (1, {"a"})
    assert "acme/secret.git" in ran.said


def test_upload_takes_exactly_the_named_files_under_the_folder_they_share(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    paths = "out/attempt.bundle\nout/result.json\nout/transcript.jsonl"
    ran = steps(
        hub, tmp_path, "run: mkdir out && cd out && echo B > attempt.bundle && echo '{}' > result.json && touch transcript.jsonl other",
        use(UPLOAD, name="attempt-1", path=paths, **{"if-no-files-found": "error"}),
    )  # fmt: skip
    assert ran.code == 0, ran.explain()
    assert unzipped(repo, "attempt-1") == {"attempt.bundle": b"B\n", "result.json": b"{}\n", "transcript.jsonl": b""}


def test_upload_of_a_folder_leaves_hidden_files_out(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    ran = steps(hub, tmp_path, "run: mkdir -p out/x && touch out/x/y out/.hidden", use(UPLOAD, name="all", path="out"))
    assert (ran.code, set(unzipped(repo, "all"))) == (0, {"y"}), ran.explain()


@pytest.mark.parametrize(("found", "code", "level"), [("error", 1, "error"), ("warn", 0, "warning"), ("ignore", 0, "")])
def test_upload_of_nothing_is_what_the_workflow_says_it_is(
    hub: Hub, repo: Repo, tmp_path: Path, found: str, code: int, level: str
) -> None:
    ran = steps(hub, tmp_path, use(UPLOAD, name="none", path="nothing.txt", **{"if-no-files-found": found}))
    assert (ran.code, [note.level for note in ran.annotations], repo.artifacts.of(7)) == (
        code,
        [level] if level else [],
        [],
    )


def test_a_name_is_taken_once_unless_it_may_be_overwritten(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    one = use(UPLOAD, name="one", path="a")
    ran = steps(
        hub,
        tmp_path,
        "run: echo 1 > a",
        one,
        "run: echo 2 > a",
        use(UPLOAD, name="one", path="a", overwrite="true"),
        one,
    )
    assert (ran.code, unzipped(repo, "one")) == (1, {"a": b"2\n"}), ran.explain()


def test_setup_python_puts_a_python_on_the_path_and_has_no_cache(hub: Hub, tmp_path: Path) -> None:
    ran = steps(
        hub,
        tmp_path,
        use(SETUP_PYTHON, **{"python-version": "3.11"}),
        "run: python -c 'import yaml, sys; print(sys.prefix)'",
    )
    assert "build/tests/python/" in ran.leg("a").printed, ran.explain()
    assert steps(hub, tmp_path / "2", use(SETUP_PYTHON, cache="pip")).failed == {"a"}


def test_pip_was_asked_in_the_words_of_the_script_that_asks_it() -> None:
    script = (Path(__file__).parents[2] / "scripts" / "on-runner.sh").read_text().replace("\\\n", " ")
    assert f"-I -m pip {' '.join(prepared.WORDS)}" in " ".join(script.split())


def test_pip_asked_anything_else_does_its_work(tmp_path: Path) -> None:
    python = prepared.prepared(Path(__file__).parents[2] / "requirements.lock") / "bin" / "python"
    other = tmp_path / "other.lock"
    other.write_text("!\n")
    ended = subprocess.run([python, "-I", "-m", "pip", *prepared.WORDS, other], capture_output=True, check=False)
    assert ended.returncode == 1
