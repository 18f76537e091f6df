"""Issues, labels, events and comments of a repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hub.things import By, Comment, Event, Issue, Label

if TYPE_CHECKING:
    from hub.repository import Repo

CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


class Issues:
    """Mixed into Repo."""

    def __init__(self) -> None:
        self.issues: dict[int, Issue] = {}
        self.labels: dict[str, Label] = {}

    # --- labels

    def make_label(self: Repo, name: str, color: str = "ededed", description: str | None = None) -> Label:
        """A label of the repository; the old one when there is one of that name in any case."""
        if name.casefold() not in self.labels:
            new = self.state.id()
            made = Label(name, color, description, new, self.state.node_id("LA", new))
            self.labels[name.casefold()] = self.state.keep(made, self)
        return self.labels[name.casefold()]

    def label(self: Repo, number: int, name: str, by: Any, at: str = "") -> Event | None:
        """Put a label on an issue; its event, None when it was on it."""
        issue, label = self.issues[number], self.make_label(name)
        if label in issue.labels:
            return None
        issue.labels.append(label)
        return self.event(issue, "labeled", by, label=(label.name, label.color), at=at)

    def unlabel(self: Repo, number: int, name: str, by: Any, at: str = "") -> Event | None:
        """Take a label off an issue; its event, None when it was not on it."""
        issue, label = self.issues[number], self.labels.get(name.casefold())
        if label is None or label not in issue.labels:
            return None
        issue.labels.remove(label)
        return self.event(issue, "unlabeled", by, label=(label.name, label.color), at=at)

    def set_labels(self: Repo, number: int, names: Sequence[str], by: Any) -> None:
        """Make these the labels of an issue, with an event for each that goes or comes."""
        wanted = {name.casefold() for name in names}
        for label in [each for each in self.issues[number].labels if each.name.casefold() not in wanted]:
            self.unlabel(number, label.name, by)
        for name in names:
            self.label(number, name, by)

    def change_label(
        self: Repo, label: Label, *, name: str = "", color: str = "", description: str | None = None
    ) -> None:
        """Give a label another name, color or description; "" and None leave what it has."""
        if name:
            self.labels.pop(label.name.casefold())
            label.name = name
            self.labels[name.casefold()] = label
        label.color = color or label.color
        label.description = label.description if description is None else description

    def delete_label(self: Repo, name: str) -> None:
        """Remove a label from the repository and from every issue."""
        gone = self.labels.pop(name.casefold())
        self.state.forget(gone)
        for issue in self.issues.values():
            if gone in issue.labels:
                issue.labels.remove(gone)

    # --- issues

    def issue(
        self: Repo,
        title: str = "An issue",
        body: str | None = "",
        author: Any = "octo",
        labels: Sequence[tuple[str, Any] | str] = (),
        at: str = "",
        state: str = "open",
    ) -> Issue:
        """Open an issue; each label is a labeled event of its actor (the author's when only a name is given)."""
        made = self.new_issue(title, body, self.state.by(author), at)
        for each in labels:
            name, actor = (each, author) if isinstance(each, str) else each
            self.label(made.number, name, actor)
        if state == "closed":
            self.close(made.number, author)
        return made

    def new_issue(self: Repo, title: str, body: str | None, by: By, at: str = "", *, pull: bool = False) -> Issue:
        """The next number, for an issue or a pull request."""
        new, when = self.state.id(), at or self.state.clock.tick()
        number = max(self.issues, default=0) + 1
        made = Issue(number, new, self.state.node_id("PR" if pull else "I", new), title, body, by, when, when)
        self.issues[number] = self.state.keep(made, self)
        return made

    def event(
        self: Repo, issue: Issue, kind: str, by: Any, *, label: tuple[str, str] | None = None, at: str = "", **data: Any
    ) -> Event:
        """Something happened to an issue."""
        new, when = self.state.event_id(), at or self.state.clock.tick()
        made = Event(new, self.state.node_id("EV", new), kind, self.state.by(by), when, label, data)
        issue.events.append(self.state.keep(made, self))
        issue.updated = max(issue.updated, when)
        return made

    def edit(
        self: Repo, number: int, by: Any, *, title: str | None = None, body: str | None = None, at: str = ""
    ) -> None:
        """Change title (an event) or body (`edited`)."""
        issue = self.issues[number]
        if title is not None and title != issue.title:
            old, issue.title = issue.title, title
            self.event(issue, "renamed", by, at=at, rename={"from": old, "to": title})
        if body is not None and body != issue.body:
            issue.body = body
            issue.edited = issue.updated = at or self.state.clock.tick()

    def close(self: Repo, number: int, by: Any, reason: str = "completed") -> None:
        """Close an issue or a pull request."""
        issue = self.issues[number]
        if issue.state == "open":
            if issue.pull and not issue.pull.frozen:
                issue.pull.frozen = self.pull_head(issue)
            issue.state, issue.reason = "closed", None if issue.pull else reason
            issue.closed = self.event(issue, "closed", by, state_reason=issue.reason).at
            issue.closed_by = self.state.by(by).user

    def reopen(self: Repo, number: int, by: Any) -> None:
        """Open a closed issue again."""
        issue = self.issues[number]
        if issue.state == "closed":
            issue.state, issue.reason, issue.closed, issue.closed_by = "open", "reopened", "", None
            if issue.pull:
                issue.pull.frozen = ""
            self.event(issue, "reopened", by)

    def assign(self: Repo, number: int, login: str, by: Any) -> None:
        """Assign an issue to an account."""
        user = self.state.account(login)
        if user not in self.issues[number].assignees:
            self.issues[number].assignees.append(user)
            self.event(self.issues[number], "assigned", by, assignee=user)

    def delete_issue(self: Repo, number: int) -> None:
        """From now on the issue answers 410."""
        self.issues[number].deleted = True

    def transfer(self: Repo, number: int, target: Repo) -> Issue:
        """Move an issue to another repository; here it answers 301 from now on."""
        old = self.issues[number]
        new = target.issue(old.title, old.body, old.by.user)
        old.moved = f"{target.full_name}#{new.number}"
        return new

    # --- comments

    def comment(self: Repo, number: int, body: str, by: Any, at: str = "") -> Comment:
        """Say something on an issue or a pull request."""
        new, when = self.state.id(), at or self.state.clock.tick()
        made = Comment(new, self.state.node_id("IC", new), number, self.state.by(by), body, when, when)
        self.issues[number].comments.append(self.state.keep(made, self))
        self.issues[number].updated = max(self.issues[number].updated, when)
        return made

    def edit_comment(self: Repo, id: int, body: str, by: Any, at: str = "") -> None:
        """Change a comment's text."""
        comment = self.comment_of(id)
        assert comment is not None
        if body != comment.body:
            comment.body = body
            comment.edited = comment.updated = at or self.state.clock.tick()

    def comments(self: Repo, number: int) -> list[Comment]:
        """The comments of an issue, oldest first."""
        return list(self.issues[number].comments)

    def comment_of(self: Repo, id: int) -> Comment | None:
        """The comment with that id."""
        return next((each for issue in self.issues.values() for each in issue.comments if each.id == id), None)
