"""What the checks themselves run: a change to it could make any check pass."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.guards.paths import globs, matches, seen
from autonomy_pack.model import Change, Check, FileChange, Finding, Risk, Rules

# Configuration of test runners: it decides what runs, whether a check names it or not.
RUNNER_FILES = globs("""
    conftest.py pytest.ini .pytest.ini pytest.toml tox.ini noxfile.py .coveragerc sitecustomize.py usercustomize.py
    jest.config.* jest.setup.* vitest.config.* vitest.setup.* vitest.workspace.* karma.conf.* .mocharc .mocharc.*
    playwright.config.* cypress.config.* cypress.json ava.config.* jasmine.json .nycrc .nycrc.* .c8rc.json wdio.conf.*
    phpunit.xml phpunit.xml.dist codeception.yml .rspec spec_helper.rb rails_helper.rb test_helper.rb .simplecov
    test_helper.exs *.runsettings xunit.runner.json testng.xml junit-platform.properties nextest.toml
    cttestcustom.cmake ctesttestfile.cmake .busted behat.yml behave.ini cucumber.yml
    """)
# program → the files by which it decides what to do.
_PYTEST = "conftest.py pytest.ini .pytest.ini pytest.toml pyproject.toml tox.ini setup.cfg"
_NODE = "package.json"
PROGRAM_FILES: dict[str, str] = {
    "make": "makefile gnumakefile *.mk",
    "gmake": "makefile gnumakefile *.mk",
    "pytest": _PYTEST,
    "py.test": _PYTEST,
    "tox": "tox.ini tox.toml pyproject.toml setup.cfg",
    "nox": "noxfile.py",
    "hatch": "hatch.toml pyproject.toml",
    "coverage": ".coveragerc setup.cfg tox.ini pyproject.toml",
    "mypy": "mypy.ini .mypy.ini pyproject.toml setup.cfg",
    "ruff": "ruff.toml .ruff.toml pyproject.toml",
    "flake8": ".flake8 setup.cfg tox.ini",
    "pylint": "pylintrc .pylintrc pylintrc.toml pyproject.toml",
    "npm": _NODE,
    "npx": _NODE,
    "yarn": _NODE,
    "pnpm": _NODE,
    "bun": _NODE,
    "jest": "package.json jest.config.* babel.config.*",
    "vitest": "package.json vitest.config.* vite.config.*",
    "mocha": "package.json .mocharc.*",
    "eslint": "eslint.config.* .eslintrc .eslintrc.* package.json",
    "tsc": "tsconfig.json tsconfig.*.json",
    "deno": "deno.json deno.jsonc",
    "grunt": "gruntfile.*",
    "gulp": "gulpfile.*",
    "cargo": "cargo.toml build.rs **/.cargo/**",
    "go": "go.mod go.work",
    "gradle": "*.gradle *.gradle.kts gradle.properties gradle-wrapper.properties",
    "gradlew": "gradlew *.gradle *.gradle.kts gradle.properties gradle-wrapper.properties",
    "mvn": "pom.xml **/.mvn/**",
    "mvnw": "mvnw pom.xml **/.mvn/**",
    "rake": "rakefile *.rake",
    "rspec": ".rspec spec_helper.rb rails_helper.rb",
    "bundle": "gemfile",
    "composer": "composer.json",
    "phpunit": "phpunit.xml phpunit.xml.dist",
    "dotnet": "*.csproj *.fsproj *.sln *.slnx directory.build.* *.runsettings",
    "mix": "mix.exs test_helper.exs",
    "just": "justfile .justfile",
    "task": "taskfile.yml taskfile.yaml",
    "bazel": "build build.bazel module.bazel workspace *.bzl",
    "cmake": "cmakelists.txt *.cmake",
    "ctest": "cmakelists.txt *.cmake",
    "swift": "package.swift",
    "pre-commit": ".pre-commit-config.yaml",
    "invoke": "tasks.py",
    "behave": "behave.ini environment.py",
}
_SHADOWED = frozenset(sys.stdlib_module_names)
_FIX = "Read what the check does now, before you trust that it passed."


def check_files(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Files that a check names or its program reads first, and test-runner configuration: medium."""
    del read
    for file in change.files:
        if says := next(_reasons(file, rules.checks), ""):
            yield Finding(rule="check_files", risk=Risk.MEDIUM, says=says, fix=_FIX, where=file.path)


def _reasons(file: FileChange, checks: Iterable[Check]) -> Iterator[str]:
    path = seen(file.path)
    for check in checks:
        words = _words(check.argv)
        if path in _named(words):
            yield f"the check {check.name} runs {file.path}, which changes"
        programs = [program for word in words if (program := word.rpartition("/")[2]) in PROGRAM_FILES]
        for program in programs:
            if matches(path, PROGRAM_FILES[program].split()):
                yield f"the check {check.name} runs {program}, which obeys {file.path}"
        if any(word.rpartition("/")[2].startswith("python") for word in words) and _shadows(path, words):
            yield f"{file.path} takes the place of a module that the check {check.name} runs"
    if matches(path, RUNNER_FILES):
        yield f"{file.path} decides which tests run and how"


def _words(argv: Iterable[str]) -> list[str]:
    """Everything in an argv that could be a program or a path, also inside `sh -c "…"`, lower-case."""
    return [seen(word) for part in argv for word in re.split(r"[\s;&|()<>'\"`=,]+", part) if word]


def _named(words: Iterable[str]) -> set[str]:
    """The files that words name: as paths, as dotted modules, as pytest's `file::test`."""
    named: set[str] = set()
    for word in words:
        plain = re.sub(r"^(?:\./)+", "", word)
        module = plain.replace(".", "/")
        named |= {plain, f"{module}.py", f"{module}/__init__.py", f"{module}/__main__.py", f"{plain}/__main__.py"}
    return named


def _shadows(path: str, words: Iterable[str]) -> bool:
    """Whether a file at the root, where `python -m` looks first, is a module of Python's own or one named."""
    name, _, rest = path.partition("/")
    module = name.removesuffix(".py") if not rest else name
    ours = (not rest and name.endswith(".py")) or rest in ("__init__.py", "__main__.py")
    return ours and (module in _SHADOWED or module in words)
