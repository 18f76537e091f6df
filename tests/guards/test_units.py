"""The finer points of single guards."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy_pack.edges import objects
from autonomy_pack.errors import Skipped
from autonomy_pack.guards import GUARDS
from autonomy_pack.guards.paths import matches, seen
from autonomy_pack.model import Change, Check, CheckResult, FileChange, Finding, Risk, Rules
from tests.corpora.raw_git import RawRepository, Spec

HEAD = "a" * 40


def told(
    guard: str, before: dict[bytes, Spec], after: dict[bytes, Spec], tmp_path: Path, rules: Rules | None = None
) -> list[Finding]:
    repository = RawRepository(tmp_path / "repo.git")
    change = objects.read_change(repository.git_dir, *repository.change(before, after))
    return list(GUARDS[guard](change, objects.reader(repository.git_dir), rules or Rules()))


def touching(*paths: str) -> Change:
    files = tuple(
        FileChange(path=path, status="M", old_mode="100644", mode="100644", old_oid="1" * 40, oid="2" * 40)
        for path in paths
    )
    return Change(base="b" * 40, head=HEAD, tree="c" * 40, files=files, parents=("b" * 40,))


def no_blobs(oid: str) -> bytes:
    raise AssertionError(oid)


# --- protected paths -----------------------------------------------------------------------------------------------


def test_a_protected_file_is_told_in_words() -> None:
    (finding,) = GUARDS["protected_paths"](touching(".github/workflows/ci.yml"), no_blobs, Rules())
    assert finding.says == ".github/workflows/ci.yml decides what runs with your secrets"


@pytest.mark.parametrize(
    "path", ["docs/credentials-howto.md", "src/authors.py", "docs/secrets-management.md", "lib/password.go", "key.md",
             ".gitignore", "docs/привет.md", "src/agents/planner.py", "src/environment.py", "tests/test_env.py"]
)  # fmt: skip
def test_a_file_is_not_protected_by_a_word_in_its_name(path: str) -> None:
    assert list(GUARDS["protected_paths"](touching(path), no_blobs, Rules())) == []


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("infra/**", "infra/a/b.tf", True),
        ("infra/**", "INFRA/a.tf", True),
        ("infra/**", "infra", True),
        ("infra/**", "src/infra/a.tf", False),
        ("**/infra/**", "src/infra/a.tf", True),
        ("src/api/**", "src", True),
        ("*.sql", "db/x.SQL", True),
        ("/x.sql", "db/x.sql", False),
        ("src/*.py", "src/a/b.py", False),
        ("src/**/x.py", "src/x.py", True),
        ("src/?.py", "src/a.py", True),
        ("a[b].txt", "a[b].txt", True),
        ("a+b", "aab", False),
    ],
)
def test_a_glob_of_the_configuration_means_what_it_says(glob: str, path: str, expected: bool) -> None:
    assert matches(path, [glob]) is expected
    found = list(GUARDS["protected_paths"](touching(path), no_blobs, Rules(protected=(glob,))))
    assert bool(found) is expected


def test_any_single_strange_letter_in_a_protected_name_is_seen_through() -> None:
    name = "CODEOWNERS"
    for at in range(len(name)):
        assert matches(f"{name[:at]}\u4e00{name[at + 1 :]}", ["codeowners"])


def test_paths_without_ascii_are_left_as_they_are() -> None:
    assert seen("доки/привет.md") != seen("????/??????.md")
    assert not matches("東京東京.md", ["????.md.x", "agents.md"])


# --- secrets -------------------------------------------------------------------------------------------------------


def test_a_secret_that_was_there_before_is_not_held_against_a_change(tmp_path: Path) -> None:
    old = b"token = 'ghp_" + b"Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki'\n"
    assert told("secrets", {b"a": b"x\n" + old}, {b"a": old + b"y\n"}, tmp_path) == []


def test_a_removed_secret_is_no_finding(tmp_path: Path) -> None:
    old = b"token = 'ghp_" + b"Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki'\n"
    assert told("secrets", {b"a": old}, {b"a": b"token = read()\n"}, tmp_path) == []


def test_a_secret_is_told_with_file_and_line_and_without_its_value(tmp_path: Path) -> None:
    value = b"ghp_" + b"Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki"
    (finding,) = told("secrets", {b"a": b"1\n2\n"}, {b"a": b"1\n2\n3\nx = " + value + b"\n"}, tmp_path)
    assert finding.where == "a:4"
    assert "github-token" in finding.says
    assert "Zx4k" not in repr(finding)


def test_the_public_beginning_of_our_own_key_may_stand_in_a_manual(tmp_path: Path) -> None:
    rules = Rules(secrets=("sk-ant-api03-" + "Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki",))
    assert told("secrets", {}, {b"a.md": b"Keys begin with sk-ant-api03-.\n"}, tmp_path, rules) == []


# --- names and text ------------------------------------------------------------------------------------------------


def test_removing_a_bad_name_is_welcome(tmp_path: Path) -> None:
    assert told("names", {b"a\\b": b"x", b"c": b"y"}, {b"c": b"y"}, tmp_path) == []


def test_renaming_only_the_case_is_fine(tmp_path: Path) -> None:
    assert told("names", {b"ReadMe.md": b"x"}, {b"README.md": b"x"}, tmp_path) == []


def test_every_invisible_character_is_refused_in_added_text() -> None:
    import unicodedata

    from autonomy_pack.guards.unicode import hidden

    kinds = ("Cf", "Co", "Cn", "Cc")
    every = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in kinds]
    every += [chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x3164, 0x115F, 0x2800, 0x34F)]
    assert [char for char in every if char not in "\n\t\f" and not hidden(f"a{char}b")] == []


@pytest.mark.parametrize("text", ["⚠️", "👩‍💻", "🏳️‍🌈", "1️⃣", "©️", "a\tb", "x\f"])
def test_emoji_and_tabs_are_no_hidden_text(text: str) -> None:
    from autonomy_pack.guards.unicode import hidden

    assert hidden(text) == []


@pytest.mark.parametrize("text", ["⚠️️", "⚠️\ufe0e", "👩‍", "‍👩", "🏴\U000e0067\U000e007f", "❤\ufe0f\u200b"])
def test_more_than_an_emoji_needs_is_hidden_text(text: str) -> None:
    from autonomy_pack.guards.unicode import hidden

    assert hidden(text)


# --- what checks run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "path"),
    [
        (("make", "test"), "Makefile"),
        (("make", "-C", "sub", "test"), "sub/GNUmakefile"),
        (("python3", "-m", "pytest"), "conftest.py"),
        (("python3", "-m", "pytest"), "pkg/tests/conftest.py"),
        (("python3", "-m", "pytest"), "setup.cfg"),
        (("python3", "-m", "pytest"), "pytest/__init__.py"),
        (("python3", "-m", "unittest"), "unittest.py"),
        (("python3", "-m", "unittest"), "json/__init__.py"),
        (("python3", "-m", "tools.check"), "tools/check.py"),
        (("python3", "scripts/check.py"), "scripts/check.py"),
        (("uv", "run", "pytest", "tests"), "pytest.ini"),
        (("./run-tests.sh",), "run-tests.sh"),
        (("bash", "-c", "cd x && ./ci/all.sh; echo done"), "ci/all.sh"),
        (("npm", "test"), "package.json"),
        (("env", "A=1", "npx", "jest"), "jest.config.mjs"),
        (("cargo", "test"), ".cargo/config.toml"),
        (("./gradlew", "test"), "build.gradle.kts"),
        (("go", "test", "./..."), "go.mod"),
        (("tox",), "tox.ini"),
        (("pytest", "tests/test_a.py::test_x"), "tests/test_a.py"),
    ],
)
def test_a_file_that_a_check_runs_or_obeys_is_asked_about(argv: tuple[str, ...], path: str) -> None:
    rules = Rules(checks=(Check(name="tests", argv=argv),))
    (finding,) = GUARDS["check_files"](touching(path), no_blobs, rules)
    assert (finding.risk, finding.where) == (Risk.MEDIUM, path)


@pytest.mark.parametrize(
    ("argv", "path"),
    [
        (("make", "test"), "src/make.py"),
        (("python3", "-m", "pytest", "tests"), "tests/test_new.py"),
        (("python3", "-m", "unittest"), "src/app.py"),
        (("python3", "-m", "unittest"), "docs/unittest.md"),
        (("npm", "test"), "src/package.ts"),
        ((), "Makefile"),
    ],
)
def test_a_file_that_no_check_runs_is_not(argv: tuple[str, ...], path: str) -> None:
    rules = Rules(checks=(Check(name="tests", argv=argv),))
    assert list(GUARDS["check_files"](touching(path), no_blobs, rules)) == []


# --- tests ---------------------------------------------------------------------------------------------------------

SKIPS = {
    "test_a.py": ["@pytest.mark.skip", "@pytest.mark.skipif(True)", "    pytest.skip('later')", "@pytest.mark.xfail",
                  "    self.skipTest('x')", "@unittest.skip('x')", "    raise unittest.SkipTest", "__test__ = False",
                  "collect_ignore = ['x']", "pytestmark = pytest.mark.skip"],
    "a.test.ts": ["it.skip('x', () => {})", "describe.only('x', f)", "test.only('x', f)", "xit('x', f)", "fdescribe('x')",
                  "test.todo('x')"],
    "a_test.go": ["\tt.Skip()", "\tt.Skipf(\"x\")", "//go:build ignore"],
    "tests/a.rs": ["#[ignore]", "#[ignore = \"slow\"]"],
    "ATest.java": ["@Disabled", "@Ignore"],
    "a_spec.rb": ["  skip 'later'", "  pending", "xit 'x' do".replace("xit ", "xit("), "xdescribe('x')"],
    "ATests.cs": ["[Fact(Skip = \"slow\")]", "[Ignore]"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in SKIPS.items() for line in lines])
def test_a_skip_is_seen(name: str, line: str, tmp_path: Path) -> None:
    before = b"# tests\n"
    found = told("tests", {name.encode(): before}, {name.encode(): before + line.encode() + b"\n"}, tmp_path)
    assert [finding.risk for finding in found] == [Risk.MEDIUM]


def test_gutted_assertions_are_mentioned(tmp_path: Path) -> None:
    before, after = b"def test_a():\n    assert f() == 1\n", b"def test_a():\n    f()\n"
    (finding,) = told("tests", {b"test_a.py": before}, {b"test_a.py": after}, tmp_path)
    assert finding.risk == Risk.LOW


def test_a_test_moved_to_another_file_is_not_lost(tmp_path: Path) -> None:
    one, two = b"def test_a():\n    assert 1\n", b"def test_b():\n    assert 2\n"
    after: dict[bytes, Spec] = {b"test_a.py": one, b"test_b.py": two}
    assert told("tests", {b"test_a.py": one + two}, after, tmp_path) == []


# --- checks --------------------------------------------------------------------------------------------------------


def result(exit_code: int | None, head: str = HEAD, name: str = "lint") -> CheckResult:
    return CheckResult(name=name, argv=("lint",), exit=exit_code, seconds=1.0, head=head)


LINT = Check(name="lint", argv=("lint",))


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ((), "did not run"),
        ((result(0, name="other"),), "did not run"),
        ((result(0, head="b" * 40),), "another commit"),
        ((result(None),), "time limit"),
        ((result(1),), "exit 1"),
        ((result(0), result(2)), "exit 2"),
    ],
)
def test_a_check_that_did_not_pass_here_is_high(results: tuple[CheckResult, ...], said: str) -> None:
    (finding,) = GUARDS["checks_passed"](touching("a"), no_blobs, Rules(checks=(LINT,), results=results))
    assert finding.risk == Risk.HIGH
    assert said in finding.says


def test_checks_that_passed_on_this_commit_are_fine() -> None:
    rules = Rules(checks=(LINT,), results=(result(1), result(0)))
    assert list(GUARDS["checks_passed"](touching("a"), no_blobs, rules)) == []


def test_where_no_checks_belong_to_the_question_the_guard_says_so() -> None:
    with pytest.raises(Skipped, match="no checks"):
        list(GUARDS["checks_passed"](touching("a"), no_blobs, Rules()))
