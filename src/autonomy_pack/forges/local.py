"""The forge of a repository without a forge: issues are Markdown files, a handoff is a branch and a rendered body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autonomy_pack.edges import clock, documents, files, git
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import STOP_LABEL, Comment, Finding, Handoff, Issue, Move, Published, Risk

_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS = ("title", "labels", "state", "author", "created", "updated", "assignee", "depends_on")
_NEEDED = ("title", "labels", "state", "author", "created")
_LIMIT = 1024 * 1024


class LocalForge:
    """Issues in `root`/.autonomy/issues, branches in `git_dir`, bodies in `handoffs`."""

    def __init__(self, *, root: Path, git_dir: Path, handoffs: Path) -> None:
        self._folder = root / ".autonomy" / "issues"
        self._git_dir = git_dir
        self._handoffs = handoffs

    def issues(self) -> tuple[list[Issue], list[Finding]]:
        """Every issue file, and a finding for each that cannot be read; one bad file never hides the others."""
        read: list[Issue] = []
        broken: list[Finding] = []
        for path in self._files():
            try:
                read.append(_issue(path))
            except (UsageError, WorldError) as error:
                broken.append(
                    Finding(rule="issue-file", risk=Risk.MEDIUM, says=error.says, fix=error.fix, where=path.name)
                )
        return read, broken

    def issue(self, issue: str) -> Issue | None:
        """The issue of that file; None when it is missing or cannot be read."""
        path = self._folder / f"{issue}.md"
        try:
            return _issue(path) if path in self._files() else None
        except (UsageError, WorldError):
            return None

    def _files(self) -> list[Path]:
        """The issue files; none when the folder is a link, which could lead anywhere."""
        linked = self._folder.is_symlink() or self._folder.parent.is_symlink()
        return [] if linked or not self._folder.is_dir() else sorted(self._folder.glob("*.md"))

    def label(self, issue: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        """Edit the file's `labels`, nothing else of it."""

        def edited(meta: Mapping[str, Any]) -> Mapping[str, Any]:
            kept = [label for label in meta["labels"] if label not in remove]
            return {"labels": [*kept, *(label for label in add if label not in kept)]}

        return self._edit(issue, edited)

    def close_issue(self, issue: str) -> bool:
        """Set the file's `state` to closed."""
        return self._edit(issue, lambda _: {"state": "closed"})

    def _edit(self, issue: str, edited: Any) -> bool:
        path = self._folder / f"{issue}.md"
        if path not in self._files():
            return False
        try:
            before = _text(path)
            front, _, _ = documents.split_front_matter(before, path.name)
            meta = documents.load_yaml(front, path.name).data
            changes = {key: new for key, new in edited(meta).items() if meta.get(key) != new}
            if not changes:
                return True
            after = before.replace(front, documents.edit_yaml(front, changes), 1)
            if _text(path) != before:
                return False
            files.write(path, after)
        except (UsageError, WorldError):
            return False
        return True

    def open_issue(self, title: str, body: str) -> str:
        """A new file with the next free number; no label, so that it starts nothing."""
        if self._folder.is_symlink() or self._folder.parent.is_symlink():
            raise WorldError(f"{self._folder} is a link, which could lead anywhere", "Make it a plain folder.")
        numbers = [int(path.stem) for path in self._files() if path.stem.isdecimal()]
        issue = str(max(numbers, default=0) + 1)
        front = f"title: {json.dumps(title)}\nlabels: []\nstate: open\nauthor: autonomy\ncreated: {clock.now()[:10]}\n"
        files.write(self._folder / f"{issue}.md", f"---\n{front}---\n{body}")
        return issue

    def edit_issue(self, issue: str, body: str) -> bool:
        """Another body below the same front matter."""
        path = self._folder / f"{issue}.md"
        if path not in self._files():
            return False
        try:
            front, _, _ = documents.split_front_matter(_text(path), path.name)
            files.write(path, f"---\n{front}---\n{body}")
        except (UsageError, WorldError):
            return False
        return True

    def publish(self, offer: Handoff, *, fence: Sequence[Move] = ()) -> Published:
        """Create the branch at the offer's head unless it is there already, and keep the body beside it."""
        branch, head = offer.branch, offer.head
        if fence:
            raise WorldError("a folder of files has no refs to move with a branch", "Use store sqlite or PostgreSQL.")
        if self._commit(f"refs/tags/{branch}"):
            raise WorldError(f"a tag is called {branch} too", "Delete it: git would take it for the branch.")
        here = self._tip(branch)
        if here is None:
            git.run("update-ref", "--create-reflog", f"refs/heads/{branch}", head, "0" * len(head), at=self._git_dir)
        elif here != head:
            raise WorldError(
                f"branch {branch} exists with another commit ({here[:7]})",
                f"Rename or delete it (`git branch -m {branch} …`), then run again; we never overwrite a branch.",
            )
        place = self._handoffs / f"{branch.replace('/', '-')}.md"
        files.write(place, offer.body)
        return Published(url=str(place))

    def comments(self, issue: str, before: str = "") -> tuple[Comment, ...]:
        """A file has no comments."""
        del issue, before
        return ()

    def permission_of(self, actor_id: int, login: str) -> str:
        """A folder has no accounts."""
        del actor_id, login
        return "none"

    def confirmed(self, issue: Issue) -> Issue | None:
        """A file has no events."""
        return issue

    def base(self) -> None:
        """The checkout's own default branch."""

    def stop_words(self, issue: str, *, now: bool = False) -> str:
        """The label `autonomy:stop` in the issue's file; a file that is gone or unreadable says nothing here."""
        del now
        found = self.issue(issue)
        labels = map(str.casefold, found.labels if found else ())
        return f"label {STOP_LABEL} of issue {issue}" if STOP_LABEL in labels else ""

    def handoff_state(self, branch: str, head: str, base: str) -> str:
        """open, merged, moved or deleted; merged also when the branch is gone but its commit is in the base."""
        tip = self._tip(branch)
        if self._contains(base, tip or head) or (tip is None and self._has_its_content(base, head)):
            return "merged"
        if tip is None:
            return "deleted"
        return "open" if tip == head else "moved"

    def _tip(self, branch: str) -> str | None:
        return self._commit(f"refs/heads/{branch}")

    def _commit(self, ref: str) -> str | None:
        code, out = git.answer("rev-parse", "-q", "--verify", f"{ref}^{{commit}}", at=self._git_dir, ok=(0, 1))
        return git.text(out) if code == 0 else None

    def _contains(self, base: str, commit: str) -> bool:
        code, _ = git.answer("merge-base", "--is-ancestor", commit, base, at=self._git_dir, ok=(0, 1, 128))
        return code == 0

    def _has_its_content(self, base: str, head: str) -> bool:
        """Whether the base has exactly what the commit changed: merged by squash or rebase, under another id."""
        words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-commit-id")
        code, out = git.answer(*words, f"{head}^", head, at=self._git_dir, ok=(0, 128))
        paths = [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path]
        if code or not paths:
            return False
        same = git.run(*words, base, head, "--", *(f":(literal){path}" for path in paths[:1000]), at=self._git_dir)
        return not same


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise WorldError(f"{path.name} is not a plain file", "Replace it by a plain Markdown file.")
    try:
        return files.read(path, limit=_LIMIT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name}: not UTF-8 at byte {error.start}", "Save the file as UTF-8.") from error


def _issue(path: Path) -> Issue:
    if not _ID.fullmatch(path.stem):
        raise UsageError(
            f"{path.name}: not a name for an issue", "Use letters, digits, '.', '_' and '-', at most 64, as in 7.md."
        )
    front, body, _ = documents.split_front_matter(_text(path), path.name)
    meta = documents.load_yaml(front, path.name, first_line=2)
    _check(meta.data, path.name)
    word = {key: "" if meta.data.get(key) is None else str(meta.data[key]) for key in _KEYS}
    return Issue(
        id=path.stem,
        title=word["title"].strip(),
        body=body,
        labels=tuple(map(str, meta.data["labels"] or ())),
        state=word["state"],
        author=word["author"],
        created=word["created"],
        updated=word["updated"],
        assignee=word["assignee"],
        depends_on=tuple(map(str, meta.data.get("depends_on") or ())),
        url=str(path),
    )


def _check(meta: Any, name: str) -> None:
    if not isinstance(meta, dict):
        raise UsageError(f"{name}: the front matter is not a list of `key: value` lines", f"Give {', '.join(_NEEDED)}.")
    unknown = [key for key in meta if key not in _KEYS]
    if unknown:
        raise UsageError(f'{name}: unknown key "{unknown[0]}" in the front matter', f"The keys are {', '.join(_KEYS)}.")
    missing = [key for key in _NEEDED if key not in meta]
    if missing:
        raise UsageError(f'{name}: the front matter lacks "{missing[0]}"', f"Add a line `{missing[0]}: …`.")
    if not isinstance(meta["labels"] or [], list) or not isinstance(meta.get("depends_on") or [], list):
        raise UsageError(f"{name}: labels and depends_on are lists", "Write them as `labels: [a, b]`.")
    if meta["state"] not in ("open", "closed"):
        raise UsageError(f"{name}: state is {meta['state']!r}", "Write `state: open` or `state: closed`.")
    if not str(meta["title"] or "").strip():
        raise UsageError(f"{name}: the title is empty", "Give the issue a title.")
