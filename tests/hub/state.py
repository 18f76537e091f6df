"""Everything the stand-in remembers, and the words tests and routes use for it.

    hub.user("ada", permission={"acme/site": "write"})   → User        hub.users[login.casefold()]
    hub.app("deployer", permissions={"issues": "write"}) → App         hub.app_token(slug, {scope: level}) → str
    hub.token("ada") → str      hub.job_token("acme/site", {job: {scope: level}} or workflow text) → str
    hub.expire(token)           hub.tokens[text] → Token               hub.used.of(job) → {scope: level}
    hub.repo("acme/site", files={path: text}, private=False) → Repo    hub.repos.get("acme/site"), .by_id(id)
    hub.repos_like(names, files, labels={name: color}, permissions={login: level}, topics=[...]) → [Repo], thousands
    hub.clock.set(text) .move(seconds) .tick() .now()                  hub.node(node_id) → (Repo, thing) or thing
    hub.rename("acme/site", "acme/new")  .delete_repo(name)  .delete_user(login)  .rate(token).remaining = 0
    hub.has_graphql = False  # a host without it
    hub.faults.add(Fault(kind, route, nth=, times=, job=))             hub.hold(route, nth, job=) → Barrier
    hub.journal, hub.requests(route, writes=True) → [Request]           hub.violations → [] when all is well
    hub.impatient → [Request] that came inside a wait they were told    hub.content_limit = (a minute, an hour)
    picture(repo) (picture.py) → what a person would see of it, without ids and times: compare two of them
    hub.lock: hold it while reading or changing state from another thread (routes do).

Repo (repository.py, parts in issues.py, pulls.py, actions.py); git is the only truth of refs, commits and files:
    repo.full_name .id .node_id .private .archived .blocked (451) .fork .default_branch .settings .protections .variables
    repo.topics: [text]  repo.properties: {name: value}  repo.disabled, .locked (nobody may write)
    repo.git_dir (path)  repo.git (GitDir: ref, refs, read, tree, files, at, commit, put, write_files, is_ancestor)
    repo.refs(prefix="refs/") → {ref: oid}    repo.head() → oid    repo.file(path) → text or None
    repo.commit({path: text or None}, branch="main", message=..) → oid      repo.branch(name, oid)   repo.move_ref(...)
    repo.permission(login) → admin|maintain|write|triage|read|none          repo.permit(login, level)
    repo.protect(pattern, pushers=frozenset(), required_signatures=True, ...)

    repo.issue(title=, body=, author=, labels=[("priority:high", "ada"), ...], at="") → Issue (open one)
    repo.issues: {number: Issue}, pull requests among them      repo.labels: {casefolded name: Label}
    repo.label(number, name, by) / .unlabel(number, name, by)   repo.make_label(name, color, description)
    repo.edit(number, by, title=, body=)  .close(number, by)  .reopen(number, by)  .delete_issue(n)  .transfer(n, repo)
    repo.comment(number, body, by) → Comment   .edit_comment(id, body, by)   repo.comments(number) → [Comment]
    repo.pulls: [Issue with .pull]   repo.pull(number) → Issue   repo.open_pull(head=, base=, title=, body=, by=, draft=)
    repo.pull_head(issue) → oid      repo.merge(number, by)      repo.closes(issue) → [numbers "Closes #n" names]
    repo.linked(number) → [pull requests whose body closes that issue]      repo.review(number, by, state, body)
    repo.checks: [CheckRun]  repo.statuses: [Status]  repo.workflow("file.yml") → Workflow (.state)  repo.workflows()
    repo.runs: [Run]  repo.start_run("file.yml", event=) → Run (.finish(), .rerun())
    repo.artifacts.add(run_id, name, zip_bytes) → Artifact   repo.artifacts.of(run_id)

`by` is a login, a User, an App's slug with [bot], or a By(user, app). Everything that changes ticks the clock once.
"""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

from hub.clock import Clock
from hub.things import App, By, User

# GitHub's own numbers of its Actions app and bot.
ACTIONS_APP = 15368
ACTIONS_BOT = 41898282


class State:
    """Accounts, ids, nodes and repositories of one hub."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = threading.RLock()
        self.clock = Clock()
        self._ids = itertools.count(1001)
        # Ids of events passed 2^31 long ago; a client that keeps them in 32 bits must fail here too.
        self._event_ids = itertools.count(15_000_000_001)
        self._nodes: dict[str, Any] = {}
        self.users: dict[str, User] = {}
        self.apps: dict[str, App] = {}
        self.organization("github")
        self.app("github-actions", id=ACTIONS_APP, bot_id=ACTIONS_BOT)

    def id(self) -> int:
        """A new database id."""
        return next(self._ids)

    def event_id(self) -> int:
        """A new id of an issue event."""
        return next(self._event_ids)

    def node_id(self, prefix: str, id: int) -> str:
        """The node id belonging to a database id."""
        return f"{prefix}_kwDOHub{id:08d}"

    def keep(self, thing: Any, repo: Any = None) -> Any:
        """Remember a thing by its node id."""
        self._nodes[thing.node_id] = thing if repo is None else (repo, thing)
        return thing

    def forget(self, thing: Any) -> None:
        """A thing is gone: its node id names nothing any more."""
        self._nodes.pop(thing.node_id, None)

    def node(self, node_id: str) -> Any:
        """The (repository, thing), or the account or repository, of a node id; None when unknown."""
        return self._nodes.get(node_id)

    def account(self, login: str, *, id: int = 0, kind: str = "User") -> User:
        """The account of that name; made when new. An `id` given for an old name makes it another account."""
        old = self.users.get(login.casefold())
        if old is None or (id and old.id != id):
            number = id or self.id()
            old = self.keep(User(login, number, self.node_id({"User": "U", "Bot": "BOT"}.get(kind, "O"), number), kind))
            self.users[login.casefold()] = old
        return old

    def organization(self, login: str) -> User:
        """An organization account."""
        return self.account(login, kind="Organization")

    def app(self, slug: str, *, id: int = 0, bot_id: int = 0) -> App:
        """The App of that slug; made when new, with its bot `slug[bot]`."""
        if slug not in self.apps:
            number = id or self.id()
            bot = self.account(f"{slug}[bot]", id=bot_id, kind="Bot")
            made = App(slug, number, self.node_id("A", number), bot, self.users["github"])
            self.apps[slug] = self.keep(made)
        return self.apps[slug]

    def by(self, who: str | User | By) -> By:
        """Who acts, from a login, an account, or what it already is; `x[bot]` acts through its App."""
        if isinstance(who, By):
            return who
        login = who if isinstance(who, str) else who.login
        if login.endswith("[bot]"):
            app = self.app(login.removesuffix("[bot]"))
            return By(app.bot, app)
        return By(who if isinstance(who, User) else self.account(who))
