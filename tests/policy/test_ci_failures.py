"""Why a job of CI failed, by logs as their tools print them; and what a log cannot do."""

from __future__ import annotations

import time

import pytest

from autonomy_pack.policy.ci_failures import Failed, Kind, classify, mendable

STAMP = "2026-01-02T03:04:05.6789012Z "
EXIT = "##[error]Process completed with exit code 1."


def log(*lines: str) -> str:
    """A log as the API gives it: a time before each line, folded groups, the runner's last word."""
    begun = ["##[group]Run make test", "\x1b[36;1mmake test\x1b[0m", "##[endgroup]"]
    return "".join(f"{STAMP}{line}\n" for line in [*begun, *lines])


LOGS = {
    "pytest": (Kind.TESTS, [
        "=================================== FAILURES ===================================",
        "E       AssertionError: assert 'Hello' == 'Good day'", "tests/test_a.py:7: AssertionError",
        "FAILED tests/test_a.py::test_it - AssertionError: assert 'Hello' == 'Good day'",
        "\x1b[31m========================= \x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m41 passed\x1b[0m\x1b[31m in 2.81s\x1b[0m =========================", EXIT]),
    "pytest, collection": (Kind.TESTS, ["ERROR tests/test_a.py", "!!!!!!! Interrupted: 1 error during collection !!!!!!!",
        "=============================== 1 error in 0.12s ===============================", EXIT]),
    "unittest": (Kind.TESTS, ["Ran 3 tests in 0.002s", "", "FAILED (failures=1, errors=1)", EXIT]),
    "jest": (Kind.TESTS, ["Test Suites: 1 failed, 9 passed, 10 total", "Tests:       2 failed, 88 passed, 90 total", EXIT]),
    "vitest": (Kind.TESTS, [" Test Files  1 failed | 4 passed (5)", "      Tests  1 failed | 30 passed (31)", EXIT]),
    "mocha": (Kind.TESTS, ["  12 passing (40ms)", "  2 failing", EXIT]),
    "go test": (Kind.TESTS, ["--- FAIL: TestGreet (0.00s)", "    greet_test.go:9: got Hello", "FAIL\texample.org/greet\t0.003s", EXIT]),
    "cargo test": (Kind.TESTS, ["test result: FAILED. 3 passed; 1 failed; 0 ignored", "error: test failed, to rerun pass `--lib`", EXIT]),
    "maven": (Kind.TESTS, ["[ERROR] Tests run: 12, Failures: 1, Errors: 0, Skipped: 0", "[INFO] BUILD FAILURE", EXIT]),
    "rspec": (Kind.TESTS, ["12 examples, 1 failure", EXIT]),
    "ctest": (Kind.TESTS, ["75% tests passed, 1 tests failed out of 4", EXIT]),
    "dotnet test": (Kind.TESTS, ["Failed!  - Failed:     1, Passed:     8, Skipped:     0, Total:     9", EXIT]),
    "node test": (Kind.TESTS, ["# pass 4", "# fail 1", EXIT]),
    "phpunit": (Kind.TESTS, ["There was 1 failure:", "FAILURES!", EXIT]),
    "a network word in a failing test": (Kind.TESTS, ["E   requests.exceptions.ConnectionError: connection reset by peer",
        "==== 1 failed, 3 passed in 1.20s ====", EXIT]),
    "ruff": (Kind.LINT, ["src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.", "[*] 1 fixable with the `--fix` option.", EXIT]),
    "ruff format": (Kind.LINT, ["Would reformat: src/a.py", "1 file would be reformatted, 9 files already formatted", EXIT]),
    "black": (Kind.LINT, ["would reformat src/a.py", "Oh no!", "1 file would be reformatted.", EXIT]),
    "eslint": (Kind.LINT, ["  3:7  error  'x' is assigned a value but never used  no-unused-vars", "\u2716 1 problem (1 error, 0 warnings)", EXIT]),
    "prettier": (Kind.LINT, ["[warn] src/a.ts", "[warn] Code style issues found in the above file. Run Prettier with --write to fix.", EXIT]),
    "clippy": (Kind.LINT, ["   = help: for further information visit https://rust-lang.github.io/rust-clippy/master/index.html#len_zero", EXIT]),
    "golangci-lint": (Kind.LINT, ["main.go:9:2: Error return value is not checked (errcheck)", EXIT]),
    "pre-commit": (Kind.LINT, ["trim trailing whitespace.................Failed", "- hook id: trailing-whitespace", EXIT]),
    "mypy": (Kind.TYPES, ['src/a.py:3: error: Incompatible return value type (got "int", expected "str")  [return-value]',
        "Found 1 error in 1 file (checked 12 source files)", EXIT]),
    "pyright": (Kind.TYPES, ["1 error, 0 warnings, 0 informations", EXIT]),
    "tsc": (Kind.TYPES, ["src/a.ts(3,7): error TS2322: Type 'number' is not assignable to type 'string'.", EXIT]),
    "rustc": (Kind.BUILD, ["error[E0308]: mismatched types", "error: could not compile `greet` (lib) due to 1 previous error", EXIT]),
    "gcc": (Kind.BUILD, ["src/greet.c:4:3: error: expected ';' before 'return'", "make: *** [Makefile:3: greet.o] Error 1", EXIT]),
    "ld": (Kind.BUILD, ["greet.c:(.text+0x5): undefined reference to `hello'", "collect2: error: ld returned 1 exit status", EXIT]),
    "go build": (Kind.BUILD, ["./greet.go:7:2: undefined: hello", EXIT]),
    "javac": (Kind.BUILD, ["[ERROR] COMPILATION ERROR : ", EXIT]),
    "gradle": (Kind.BUILD, ["FAILURE: Build failed with an exception.", EXIT]),
    "webpack": (Kind.BUILD, ["Module not found: Error: Can't resolve './greet' in '/src'", EXIT]),
    "python syntax": (Kind.BUILD, ["SyntaxError: invalid syntax", EXIT]),
    "pip": (Kind.DEPENDENCIES, ["ERROR: No matching distribution found for requests==99.0", EXIT]),
    "uv": (Kind.DEPENDENCIES, ["  \u00d7 No solution found when resolving dependencies:", EXIT]),
    "npm": (Kind.DEPENDENCIES, ["npm error code ERESOLVE", "npm error ERESOLVE unable to resolve dependency tree", EXIT]),
    "npm ci": (Kind.DEPENDENCIES, ["npm ERR! code EUSAGE", "npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync.", EXIT]),
    "pnpm": (Kind.DEPENDENCIES, [" ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\"", EXIT]),
    "go mod": (Kind.DEPENDENCIES, ["go: example.org/x@v1.2.3: missing go.sum entry for go.mod file", EXIT]),
    "cargo": (Kind.DEPENDENCIES, ["error: failed to select a version for `serde`.", EXIT]),
    "job time limit": (Kind.TIMEOUT, ["##[error]The job running on runner GitHub Actions 7 has exceeded the maximum execution time of 20 minutes.",
        "##[error]The operation was canceled."]),
    "step time limit": (Kind.TIMEOUT, ["##[error]The action 'Run make test' has timed out after 5 minutes."]),
    "runner gone": (Kind.INFRASTRUCTURE, ["##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.",
        "==== 1 failed in 1.20s ====", "##[error]The operation was canceled."]),
    "runner lost": (Kind.INFRASTRUCTURE, ["The self-hosted runner: r1 lost communication with the server."]),
    "disk full": (Kind.INFRASTRUCTURE, ["##[error]System.IO.IOException: No space left on device : '/home/runner/x.log'"]),
    "name resolution": (Kind.INFRASTRUCTURE, ["curl: (6) Could not resolve host: deb.debian.org", EXIT]),
    "bad gateway": (Kind.INFRASTRUCTURE, ["curl: (22) The requested URL returned error: 502 Bad Gateway", EXIT]),
    "npm network": (Kind.INFRASTRUCTURE, ["npm error code ECONNRESET", "npm error network read ECONNRESET", EXIT]),
    "rate limit": (Kind.INFRASTRUCTURE, ["##[error]API rate limit exceeded for installation ID 1.", EXIT]),
    "docker limit": (Kind.INFRASTRUCTURE, ["toomanyrequests: You have reached your pull rate limit.", EXIT]),
    "apt": (Kind.INFRASTRUCTURE, ["E: Failed to fetch http://archive.ubuntu.com/ubuntu/pool/x.deb  404  Not Found", EXIT]),
    "checkout": (Kind.INFRASTRUCTURE, ["##[error]fatal: unable to access 'https://example.org/a/b/': The requested URL returned error: 503"]),
    "no permission": (Kind.PERMISSIONS, ["##[error]Resource not accessible by integration"]),
    "no secret": (Kind.PERMISSIONS, ["##[error]Input required and not supplied: token"]),
    "push denied": (Kind.PERMISSIONS, ["remote: Permission to acme/site.git denied to github-actions[bot].", "##[error]Process completed with exit code 128."]),
    "cloud credentials": (Kind.PERMISSIONS, ["##[error]Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers"]),
    "registry denied": (Kind.PERMISSIONS, ["denied: permission_denied: write_package", EXIT]),
    "cancelled": (Kind.CANCELLED, ["##[error]The operation was canceled."]),
    "nothing known": (Kind.UNKNOWN, ["something went wrong", EXIT]),
    "empty": (Kind.UNKNOWN, []),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_a_log_tells_of_its_kind(name):
    kind, lines = LOGS[name]
    found = classify(Failed(name="test", conclusion="failure", log=log(*lines)))
    assert found.kind == kind, found
    assert bool(found.line) == (kind is not Kind.UNKNOWN)
    assert STAMP not in found.excerpt
    assert "\x1b" not in found.excerpt


def test_what_passed_is_no_failure_of_tests():
    said = log(
        "==== 41 passed in 2.81s ====", "Tests:       90 passed, 90 total", "# fail 0", "FAILED (but not so)", EXIT
    )
    assert classify(Failed(name="test", conclusion="failure", log=said)).kind == Kind.UNKNOWN


@pytest.mark.parametrize(
    ("conclusion", "kind"),
    [("failure", Kind.UNKNOWN), ("timed_out", Kind.TIMEOUT), ("cancelled", Kind.CANCELLED), ("odd", Kind.UNKNOWN)],
)
def test_without_a_telling_line_the_conclusion_tells(conclusion, kind):
    assert classify(Failed(name="test", conclusion=conclusion)).kind == kind


def test_a_cancelled_job_is_cancelled_whatever_its_tests_said():
    said = log(*LOGS["pytest"][1])
    assert classify(Failed(name="test", conclusion="cancelled", log=said)).kind == Kind.CANCELLED


def test_only_what_code_can_mend_is_mended():
    kinds = {
        kind: mendable([classify(Failed(name="x", conclusion="failure", log=log(*lines)))])
        for kind, lines in LOGS.values()
    }
    never = {Kind.INFRASTRUCTURE, Kind.PERMISSIONS, Kind.CANCELLED}
    assert {kind for kind, left in kinds.items() if not left} == never
    assert set(Kind) - never == {kind for kind, left in kinds.items() if left}


def test_the_excerpt_ends_where_the_job_did_and_keeps_the_telling_line():
    said = log("error TS2322: Type 'number'", *(f"line {number}" for number in range(1000)), EXIT)
    found = classify(Failed(name="test", conclusion="failure", log=said), most=500)
    assert found.excerpt.startswith("error TS2322: Type 'number'\n…\n")
    assert found.excerpt.endswith(EXIT)
    assert len(found.excerpt) <= 500


def test_a_hostile_log_costs_little():
    line = ("a" * 900 + " 1 failed, ") * 3 + "error" * 200
    begun = time.process_time()
    classify(Failed(name="test", conclusion="failure", log="\n".join([line] * 200)))
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("said", ["\ufeff" + STAMP + "x", "\x00\x1b[31m\udcff", "##[error]", "\r\n" * 50, STAMP * 99])
def test_any_text_is_classified(said):
    assert classify(Failed(name="test", conclusion="failure", log=said)).kind == Kind.UNKNOWN
