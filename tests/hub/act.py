"""Run a real workflow with act, on this machine and against the hub; hand back what happened as values.

    ran = act("workflow_dispatch", repository, ".github/workflows/x.yml", hub=hub, inputs={"issue": "7"},
              secrets={"GITHUB_TOKEN": token})
    assert (ran.code, ran.ran, ran.skipped) == (0, {"select", "run", "publish"}, set())

`repository` is a folder with the caller's working copy (`clone` makes one of a repository of the hub). With a hub every
program of every step sees it as github.com; without one there is no GitHub. Where act is not GitHub: test_act_gaps.py.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from hub.prepared import prepared
from hub.proxy import Proxy

TESTS = Path(__file__).resolve().parents[1]
PACK = TESTS.parent
STANDINS = {
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1": TESTS / "standins" / "checkout",
    "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97": TESTS / "standins" / "setup-python",
    "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f": TESTS / "standins" / "upload-artifact",
}
LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "self-hosted")
RUNNER = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
MARK = "HUB_ACT"
UNMAPPED = "Skipping unsupported platform"
GO_ON = "Failed but continue next step"
LEVELS = ("error", "warning", "notice", "debug")


@dataclass(frozen=True)
class Step:
    """One step of one leg. `id` is its id, or its number; an inner step of a composite is "outer/inner"."""

    name: str
    id: str
    stage: str
    result: str
    forgiven: bool = False


@dataclass(frozen=True)
class Annotation:
    """A line that a step printed for people: error, warning, notice or debug; `where` has file, line, title, …"""

    level: str
    text: str
    where: Mapping[str, str]
    job: str


@dataclass(frozen=True)
class Leg:
    """One job of the run, or one leg of a matrix. `path` is its place, through callers: "caller/Callee/job-1".

    `result` is success, failure or skipped: of its own steps, as act gives a later leg the result of an earlier one.
    """

    path: str
    job: str
    matrix: Mapping[str, Any]
    result: str
    steps: tuple[Step, ...]
    outputs: Mapping[tuple[str, str], str]
    summary: str
    printed: str

    def step(self, name: str) -> Step:
        """The step of that id or name."""
        (found,) = [step for step in self.steps if name in (step.id, step.name) and step.stage in ("Main", "")]
        return found


@dataclass
class Act:
    """All that is known of one run. `code` is act's exit code: 0, or 1 when a job failed.

    `left` are the processes that steps left behind, ended by now. Only `said` is masked, as GitHub's log would be.
    """

    code: int
    records: Sequence[Mapping[str, Any]]
    stderr: str
    left: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def legs(self) -> list[Leg]:
        """Every leg that ran or was skipped, in the order in which they began."""
        ordered: dict[str, list[Mapping[str, Any]]] = {}
        for record in self.records:
            if record.get("jobID"):
                ordered.setdefault(record["job"].strip(), []).append(record)
        # A job that calls another workflow has neither steps nor a result of its own; the jobs it calls have.
        told = {path: records for path, records in ordered.items() if any(_told(record) for record in records)}
        return [_leg(path, records) for path, records in told.items()]

    @property
    def ran(self) -> set[str]:
        """Ids of the jobs that ran."""
        return {leg.job for leg in self.legs if leg.result != "skipped"}

    @property
    def skipped(self) -> set[str]:
        """Ids of the jobs of which no leg ran."""
        return {leg.job for leg in self.legs} - self.ran

    @property
    def failed(self) -> set[str]:
        """Ids of the jobs with a leg that failed."""
        return {leg.job for leg in self.legs if leg.result == "failure"}

    def leg(self, job: str, **matrix: Any) -> Leg:
        """The leg of that job whose matrix has these values."""
        (found,) = [leg for leg in self.legs if leg.job == job and matrix.items() <= leg.matrix.items()]
        return found

    @property
    def annotations(self) -> list[Annotation]:
        """What steps annotated, in order."""
        return [
            Annotation(record["command"], record.get("arg", ""), record.get("kvPairs") or {}, record.get("jobID", ""))
            for record in self.records
            if record.get("command") in LEVELS
        ]

    @property
    def summary(self) -> str:
        """The step summaries of all jobs, in order."""
        return "".join(leg.summary for leg in self.legs)

    @property
    def said(self) -> str:
        """Every message of the log with secrets masked: what people would see."""
        return "\n".join(str(record.get("msg", "")).rstrip("\n") for record in self.records)

    def explain(self) -> str:
        """The log without act's own chatter, for a failing assertion."""
        lines = [
            f"{record.get('job', '').strip()}: {record['msg'].rstrip()}"
            for record in self.records
            if record.get("level") != "debug" and record.get("msg")
        ]
        return "\n".join([*lines, self.stderr[-2000:]])


def _told(record: Mapping[str, Any]) -> bool:
    return bool(record.get("jobResult") or record.get("stepResult"))


def _leg(path: str, records: Sequence[Mapping[str, Any]]) -> Leg:
    steps = _steps(records)
    whole = {record["jobResult"] for record in records if record.get("jobResult")}
    failed = any(step.result == "failure" and not step.forgiven for step in steps)
    unknown = "failure" if "failure" in whole and not steps else "success"
    return Leg(
        path=path,
        job=records[0]["jobID"],
        matrix=records[0].get("matrix") or {},
        result="skipped" if whole == {"skipped"} else "failure" if failed else unknown,
        steps=steps,
        outputs={
            (_id(record), record["name"]): record["arg"] for record in records if record.get("command") == "set-output"
        },
        summary="".join(record["content"] for record in records if record.get("command") == "summary"),
        printed="".join(record["msg"] for record in records if record.get("raw_output")),
    )


def _steps(records: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    forgiven = {_id(record) for record in records if GO_ON in str(record.get("msg"))}
    return tuple(
        Step(
            record.get("step", ""), _id(record), record.get("stage", ""), record["stepResult"], _id(record) in forgiven
        )
        for record in records
        if record.get("stepResult")
    )


def _id(record: Mapping[str, Any]) -> str:
    return "/".join(record.get("stepID") or record.get("stepid") or ())


def act(event: str, repository: Path, workflow: str, **asked: Any) -> Act:
    """Run the workflow and wait for its end; arguments as in `start`. Fails when a label was not mapped."""
    return start(event, repository, workflow, **asked).wait()


def start(
    event: str,
    repository: Path,
    workflow: str,
    *,
    payload: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    local: Mapping[str, Path] | None = None,
    hub: Any = None,
    run_id: int = 777,
    attempt: int = 1,
    actor: str = "octocat",
    job: str = "",
    labels: Sequence[str] = LABELS,
    path: Sequence[Path] = (),
    seconds: float = 120.0,
) -> Running:
    """Begin a run; `wait()` gives its end. Between the two a test may hold and release the hub.

    `payload` is the whole event (act invents nothing); `inputs` are those of workflow_dispatch, always text, as on
    GitHub; `env` goes to every step; `local` maps OWNER/NAME@REF to folders that are used for it; `path`
    are folders of programs before all others; `seconds` is the limit for all of it. `GITHUB_TOKEN` among the secrets becomes `github.token`.
    """
    running = Running(seconds, hub, path)
    try:
        chosen = [
            *_event(running.folder, payload, inputs),
            *_pairs("-s", secrets),
            *_pairs("--var", variables),
            *_pairs("--env", {"GITHUB_RUN_ID": run_id, "GITHUB_RUN_ATTEMPT": attempt, **(env or {})}),
            *_pairs("--local-repository", {**STANDINS, **(local or {})}),
            *(word for label in labels for word in ("-P", f"{label}=-self-hosted")),
            *(("-j", job) if job else ()),
            *(("--no-skip-checkout",) if hub is not None else ()),
        ]
        running.begin([event, "-C", str(repository), "-W", workflow, "--actor", actor, *chosen])
    except BaseException:
        running.close()
        raise
    return running


class Running:
    """A run that has begun. Everything it makes lies in one folder that goes away with it."""

    def __init__(self, seconds: float, hub: Any, path: Sequence[Path] = ()) -> None:
        self.seconds = seconds
        self.path = path
        self.mark = uuid.uuid4().hex
        self._kept = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="hub-act-"))
        self._kept.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)  # steps may drop to another user, who must get through here
        self._proxy = self._kept.enter_context(Proxy(hub)) if hub is not None else None

    def begin(self, words: Sequence[str]) -> None:
        """Start act with the arguments that every run has, and these."""
        outputs = [(self.folder / name).open("wb") for name in ("stdout", "stderr")]
        for output in outputs:
            self._kept.callback(output.close)
        self.program = subprocess.Popen(
            [str(Path(sys.executable).with_name("act")), *words, *self._always()],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=outputs[0],
            stderr=outputs[1],
            start_new_session=True,
        )

    def wait(self) -> Act:
        """Wait for the end, or bring it about when time is up; clean up; what happened."""
        try:
            over = False
            try:
                self.program.wait(self.seconds)
            except subprocess.TimeoutExpired:
                over = True
                self.interrupt()
            left = self._reap()
            ran = Act(self.program.returncode, _records(self.folder / "stdout"), self._stderr(), left)
        finally:
            self.close()
        assert not over, f"act did not end within {self.seconds} s\n{ran.explain()}"
        assert UNMAPPED not in ran.said, f"a job's label is not mapped, so it never ran\n{ran.explain()}"
        assert ran.legs or ran.code, f"nothing ran\n{ran.explain()}"
        return ran

    def interrupt(self) -> None:
        """What Ctrl+C does; then the end of all that act started in its own group."""
        self.program.send_signal(signal.SIGINT)
        try:
            self.program.wait(5)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()

    def close(self) -> None:
        """Let go of everything, whatever happened."""
        if hasattr(self, "program") and self.program.poll() is None:
            self.interrupt()
        self._reap()
        self._kept.close()

    def _always(self) -> list[str]:
        nothing = [word for kind in ("env", "secret", "var", "input") for word in (f"--{kind}-file", "/dev/null")]
        artifacts = ["--artifact-server-path", str(self.folder / "artifacts"), "--artifact-server-addr", "127.0.0.1"]
        cache = ["--no-cache-server", "--action-cache-path", str(self.folder / "cache")]
        return [
            "--rm",
            "--json",
            "--verbose",
            *nothing,
            *artifacts,
            "--artifact-server-port",
            str(_free_port()),
            *cache,
        ]

    def _environment(self) -> dict[str, str]:
        """The whole environment; act copies it into every step, so that no secret may be in it."""
        (self.folder / "home").mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "gh").symlink_to(Path(sys.executable).with_name("gh"))
        (self.folder / "bin" / "python3").symlink_to(TESTS / "standins" / "python3")
        return {
            "PATH": ":".join(map(str, (*self.path, TESTS / "standins" / "bin", self.folder / "bin", *RUNNER))),
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "GIT_PAGER": "cat",  # a step's output is a terminal under act
            "PAGER": "cat",
            "GIT_TERMINAL_PROMPT": "0",
            "ACT_DISABLE_VERSION_CHECK": "1",
            "STANDIN_PYTHON": str(prepared(PACK / "requirements.lock")),
            MARK: self.mark,
            **(self._proxy.environment() if self._proxy else {"HTTPS_PROXY": "http://127.0.0.1:9"}),
        }

    def _stderr(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace")

    def _reap(self) -> list[str]:
        """End what steps left behind: by pid, and only what has this run's mark in its environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark:
                    found.append((process, " ".join(process.cmdline())))
                    process.kill()
        psutil.wait_procs([process for process, _ in found], timeout=10)
        return [words for _, words in found]


def _event(folder: Path, payload: Mapping[str, Any] | None, inputs: Mapping[str, str] | None) -> list[str]:
    whole = {**(payload or {}), **({"inputs": dict(inputs)} if inputs is not None else {})}
    (folder / "event.json").write_text(json.dumps(whole))
    return ["-e", str(folder / "event.json")]


def _pairs(flag: str, given: Mapping[str, Any] | None) -> list[str]:
    return [word for name, value in (given or {}).items() for word in (flag, f"{name}={value}")]


def _records(log: Path) -> list[Mapping[str, Any]]:
    """Lines of act's log; the last is a plain one for people."""
    found = []
    for line in log.read_text(errors="replace").splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [record for record in found if isinstance(record, dict)]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def clone(repo: Any, folder: Path) -> Path:
    """A person's working copy of a repository of the hub, whose origin is its address on github.com."""
    quiet = {"capture_output": True, "check": True, "stdin": subprocess.DEVNULL}
    subprocess.run(["git", "clone", "-q", str(repo.git_dir), str(folder)], **quiet)
    origin = f"https://github.com/{repo.full_name}.git"
    subprocess.run(["git", "-C", str(folder), "remote", "set-url", "origin", origin], **quiet)
    return folder
