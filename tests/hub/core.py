"""The hub: state, server, journal, faults and referee in one context manager."""

from __future__ import annotations

import copy
import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hub.faults import Barrier, Faults
from hub.gitmemory import GitMemory, prepared
from hub.journal import Request
from hub.patience import Content, Patience
from hub.referee import Violation
from hub.repository import Repo
from hub.server import Server
from hub.state import State
from hub.things import App, By, Rate, User
from hub.tokens import Token, Used, job_permissions

PERSON_RATE, JOB_RATE = 5000, 1000


def _place() -> str | None:
    """Memory where there is plenty: thousands of small repositories come and go, which is slow on a disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else None


class Hub(State):
    """`with Hub() as hub:` serves on 127.0.0.1 until the end of the block. The words are at the top of state.py."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hub-", dir=_place())
        super().__init__(Path(self._folder.name))
        self.repos: dict[str, Repo] = {}
        self._old_names: dict[str, Repo] = {}
        self.tokens: dict[str, Token] = {}
        self._rates: dict[str, Rate] = {}
        self.used = Used()
        self.points: dict[str, Rate] = {}
        self.escapes: list[str] = []
        self.has_graphql = True
        self.journal: list[Request] = []
        self.violations: list[Violation] = []
        self.faults = Faults()
        self.barriers: list[Barrier] = []
        # Called with every request before anything comes of it; may wait, as who interleaves several workers does.
        self.gate: Callable[[Request], None] = lambda _: None
        # (requests a minute, an hour) that may make content; None: as many as one likes.
        self.content_limit: tuple[int, int] | None = None
        self.patience, self.content = Patience(self.clock), Content(self.clock)
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.closing = threading.Event()
        self._server = Server(self)
        self.port: int = self._server.server_address[1]
        self.server_url = f"http://127.0.0.1:{self.port}"
        self.api_url = f"{self.server_url}/api/v3"
        self.graphql_url = f"{self.server_url}/api/graphql"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.closing.set()
        for barrier in self.barriers:
            barrier.release()
        self._server.shutdown()
        self._thread.join()
        self._server.end()
        for repo in self.repos.values():
            repo.close_git()
        self._folder.cleanup()
        gc.unfreeze()

    # --- who is there

    def user(self, login: str, *, permission: Mapping[str, str] | None = None, id: int = 0, kind: str = "User") -> User:
        """An account, and what it may do in repositories that exist."""
        made = self.account(login, id=id, kind=kind)
        for full_name, level in (permission or {}).items():
            self.repos[full_name.casefold()].permit(login, level)
        return made

    def delete_user(self, login: str) -> None:
        """The account is gone (404); its name is free for another account."""
        self.users.pop(login.casefold())

    def token(self, login: str, text: str = "") -> str:
        """A token of a person: may do what the person may."""
        return self._keep(
            Token(text or f"ghp_{self.id():036d}", "user", By(self.account(login)), Rate(PERSON_RATE), self.used)
        )

    def app_token(self, slug: str, permissions: Mapping[str, str]) -> str:
        """An installation token of an App."""
        app: App = self.app(slug)
        made = Token(
            f"ghs_{self.id():036d}",
            "app",
            By(app.bot, app),
            Rate(PERSON_RATE),
            self.used,
            permissions={"": permissions},
        )
        return self._keep(made)

    def job_token(
        self, repo: str, permissions: str | Mapping[str, Mapping[str, str]], *, run_id: int = 0, attempt: int = 1
    ) -> str:
        """GITHUB_TOKEN of a run: job → scope → level (or the workflow's text); the job is named in the user agent."""
        actions = self.apps["github-actions"]
        rate = self._rates.setdefault(repo.casefold(), Rate(JOB_RATE))
        held = job_permissions(permissions)
        text = f"ghs_job{self.id():033d}"
        return self._keep(Token(text, "job", By(actions.bot, actions), rate, self.used, repo, held, run_id, attempt))

    def expire(self, token: str) -> None:
        """From now on this token is 401 Bad credentials."""
        self.tokens[token].expired = True

    def rate(self, token: str) -> Rate:
        """The counter of a token; set `.remaining` or `.limit`."""
        return self.tokens[token].rate

    def _keep(self, token: Token) -> str:
        self.tokens[token.text] = token
        return token.text

    # --- repositories

    def repo(
        self,
        full_name: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        private: bool = False,
        fork: bool = False,
        empty: bool = False,
    ) -> Repo:
        """A repository with one commit on main."""
        with self.lock:
            made = Repo(self, full_name, private=private, fork=fork)
            self.repos[full_name.casefold()] = made
            if not empty:
                made.commit(files or {"README.md": f"# {made.name}\n"}, message="First commit")
            return made

    def repos_like(self, names: Iterable[str], files: Mapping[str, str | bytes], **ways: Any) -> list[Repo]:
        """Many repositories with the same files, each with a first commit of its own, at one moment of the clock.

        `ways`: private, fork, permissions {login: level}, labels {name: color}, and other attributes of a repository.
        They are in memory until git or a path is asked for, and answer like any other.
        """
        ways = dict(ways)
        start = {name: ways.pop(name, False) for name in ("private", "fork")}
        labels, held = ways.pop("labels", {}), ways.pop("permissions", {})
        shared, tree = prepared(files, self.root)
        with self.lock:
            at, permissions = self.clock.tick(), {self.account(login).login.casefold(): held[login] for login in held}
            made = [Repo(self, name, at=at, git=lambda path: GitMemory(path, shared), **start) for name in names]
            for repo in made:
                repo.begin(tree, permissions, labels, at)
                for name, value in ways.items():
                    setattr(repo, name, copy.copy(value))
            self.repos |= {repo.full_name.casefold(): repo for repo in made}
        # They stay until the end; a collector that walks over millions of them takes a third of every answer's time.
        gc.freeze()
        return made

    def repo_named(self, full_name: str) -> tuple[Repo | None, bool]:
        """The repository of that name, and whether the name is an old one."""
        now = self.repos.get(full_name.casefold())
        return (now, False) if now else (self._old_names.get(full_name.casefold()), True)

    def by_id(self, id: int) -> Repo | None:
        """The repository of that id."""
        found = self.node(self.node_id("R", id))
        return found if found is not None and self.repos.get(found.full_name.casefold()) is found else None

    def rename(self, old: str, new: str) -> None:
        """Rename or move a repository: the old name answers 301."""
        repo = self.repos.pop(old.casefold())
        repo.full_name = new
        repo.owner = self.users.get(new.partition("/")[0].casefold()) or self.organization(new.partition("/")[0])
        self._old_names[old.casefold()] = repo
        self.repos[new.casefold()] = repo

    def delete_repo(self, full_name: str) -> None:
        """The repository is gone (404)."""
        self.repos.pop(full_name.casefold()).close_git()

    # --- what happened, what shall happen

    def hold(self, route: str, nth: int = 1, *, job: str = "") -> Barrier:
        """Stop the nth request (of a job) whose "METHOD /path" matches, until the barrier is released."""
        made = Barrier(route, nth, job)
        self.barriers.append(made)
        return made

    def requests(self, route: str = "", *, writes: bool | None = None) -> list[Request]:
        """The journal's entries whose "METHOD /path" contains this regular expression."""
        import re

        return [
            each for each in list(self.journal)
            if re.search(route, each.line) and (writes is None or each.writes == writes)
        ]  # fmt: skip

    @property
    def impatient(self) -> list[Request]:
        """The requests that came before a wait was over which their token had been told."""
        return list(self.patience.early)

    def report(self, violations: list[Any]) -> None:
        """What the referee saw."""
        self.violations += [each for each in violations if each not in self.violations]
