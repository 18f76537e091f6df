"""A repository: its bare git directory, who may do what, and the moves of its refs. Issues and the rest are mixed in."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub.actions import Actions
from hub.gitdir import ZEROS, GitDir
from hub.issues import Issues
from hub.pulls import Pulls
from hub.state import State
from hub.things import By, Protection, Settings, User

ORDER = ("none", "read", "triage", "write", "maintain", "admin")


class Repo(Issues, Pulls, Actions):
    """One repository of the hub; see the top of state.py for its words."""

    def __init__(
        self,
        state: State,
        full_name: str,
        *,
        private: bool = False,
        fork: bool = False,
        at: str = "",
        git: Callable[[Path], GitDir] = GitDir,
    ) -> None:
        self.state = state
        self.full_name = full_name
        owner = full_name.partition("/")[0]
        self.owner: User = state.users.get(owner.casefold()) or state.organization(owner)
        self.id = state.id()
        self.node_id = state.node_id("R", self.id)
        self.private, self.fork, self.archived, self.blocked = private, fork, False, False
        self.disabled = self.locked = False
        self.topics: list[str] = []
        self.properties: dict[str, str] = {}
        self.default_branch = "main"
        self.created = self.updated = self.pushed = at or state.clock.tick()
        self.settings = Settings()
        self.protections: list[Protection] = []
        self.permissions: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.verified: set[str] = set()
        self.description: str | None = None
        self.git = git(state.root / f"{self.id}.git")
        self.git.create()
        Issues.__init__(self)
        Actions.__init__(self)
        state.keep(self)

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]

    @property
    def git_dir(self) -> Path:
        """Where git finds it on the disk."""
        return self.git.on_disk()

    # --- who may do what

    def permit(self, login: str, level: str) -> None:
        """Make an account a collaborator with this level, or take that away with none."""
        self.permissions[self.state.account(login).login.casefold()] = level

    def permission(self, login: str) -> str:
        """admin, maintain, write, triage, read or none, as the collaborators' page would say."""
        held = self.permissions.get(login.casefold())
        if held is None and login.casefold() == self.owner.login.casefold():
            held = "admin"
        return held or ("none" if self.private else "read")

    def has(self, login: str, level: str) -> bool:
        """Whether an account has at least this level."""
        return ORDER.index(self.permission(login)) >= ORDER.index(level)

    def protect(self, pattern: str = "main", **rules: Any) -> Protection:
        """Protect the branches of a pattern."""
        made = Protection(pattern, **rules)
        self.protections.append(made)
        return made

    def protection(self, branch: str) -> Protection | None:
        """The first rule that names this branch."""
        return next((rule for rule in self.protections if fnmatch.fnmatchcase(branch, rule.pattern)), None)

    # --- git

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref → object id, as git has it."""
        return self.git.refs(prefix)

    def head(self, branch: str = "") -> str:
        """The commit of a branch, of the default one if none is named; "" when it has none."""
        return self.git.ref(f"refs/heads/{branch or self.default_branch}") or ""

    def file(self, path: str, ref: str = "") -> str | None:
        """The text of a file at a branch or commit, None when absent."""
        commit = self.git.commit(self.git.resolve(ref or self.default_branch) or "")
        entry = self.git.at(commit.tree, path) if commit else None
        found = self.git.read(entry.oid) if entry else None
        return found[1].decode("utf-8", "replace") if found and found[0] == "blob" else None

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        *,
        branch: str = "",
        message: str = "A change",
        by: Any = "octo",
        parent: str = "",
    ) -> str:
        """Commit files (None deletes) on top of a branch, which is made from the default one when new; its id."""
        name = branch or self.default_branch
        tip = parent or self.head(name) or self.head()
        kept = self.git.files(self.git.commit(tip).tree) if tip else {}
        items = {path: (entry.mode, entry.oid) for path, entry in kept.items()}
        for path, text in files.items():
            items.pop(path, None)
            if text is not None:
                data = text.encode() if isinstance(text, str) else text
                items[path] = ("100644", self.git.put("blob", data))
        who = self.state.by(by)
        made = self.write_commit(self.git.write_files(items), [tip] if tip else [], message, who)
        self.move_ref(f"refs/heads/{name}", None, made, who)
        return made

    def begin(self, tree: str, permissions: Mapping[str, str], labels: Mapping[str, str], at: str) -> None:
        """A first commit with a tree that is there, as one of many repositories; nothing follows from it."""
        self.permissions |= permissions
        for name, color in labels.items():
            self.make_label(name, color)
        commit = self.write_commit(tree, [], f"First commit of {self.full_name}", self.state.by("octo"), at)
        self.git.move([(f"refs/heads/{self.default_branch}", ZEROS, commit)])

    def write_commit(self, tree: str, parents: list[str], message: str, by: By, at: str = "") -> str:
        """A commit object by this account, at the hub's time; its id."""
        email = f"{by.user.id}+{by.user.login}@users.noreply.invalid"
        person = (by.user.login, email, at or self.state.clock.tick())
        return self.git.write_commit(tree, parents, message, person, person)

    def branch(self, name: str, oid: str, by: Any = "octo") -> None:
        """Point a branch at a commit."""
        self.move_ref(f"refs/heads/{name}", None, oid, self.state.by(by))

    def move_ref(self, ref: str, old: str | None, new: str, by: By) -> str:
        """Move one ref (old None = whatever it is, zeros = absent); "" or git's complaint."""
        before = self.git.ref(ref) or ZEROS
        complaint = self.git.move([(ref, old, new)])
        if not complaint:
            self.refs_moved([(ref, before, new)], by)
        return complaint

    def refs_moved(self, moves: list[tuple[str, str, str]], by: By) -> None:
        """What follows from moved refs: heads of pull requests, merges, runs of workflows. Also after a push."""
        with self.state.lock:
            self.pushed = self.state.clock.tick()
            for ref, old, new in moves:
                if ref.startswith("refs/heads/"):
                    self.branch_moved(ref.removeprefix("refs/heads/"), old, new, by)

    def branch_moved(self, branch: str, old: str, new: str, by: By) -> None:
        """A branch moved: pull requests follow, workflows start."""
        self.pulls_follow(branch, old, new, by)
        if new != ZEROS:
            self.workflows_start("push", branch, new, by)

    def close_git(self) -> None:
        """End what reads the git directory."""
        self.git.close()
