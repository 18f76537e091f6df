"""Pull requests of a repository: their head is whatever their branch is in git, until they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.gitdir import ZEROS
from hub.issues import CLOSES
from hub.things import By, Issue, Pull, Review

if TYPE_CHECKING:
    from hub.repository import Repo


class Pulls:
    """Mixed into Repo."""

    @property
    def pulls(self: Repo) -> list[Issue]:
        """Every pull request, oldest first."""
        return [issue for issue in self.issues.values() if issue.pull]

    def pull(self: Repo, number: int) -> Issue | None:
        """The pull request of that number."""
        found = self.issues.get(number)
        return found if found and found.pull else None

    def open_pull(
        self: Repo,
        *,
        head: str,
        base: str = "",
        title: str = "A change",
        body: str | None = "",
        by: Any = "octo",
        draft: bool = False,
        head_repo: Repo | None = None,
    ) -> Issue:
        """Open a pull request without asking any rule (the route does); from a fork with `head_repo`."""
        who = self.state.by(by)
        issue = self.new_issue(title, body, who, pull=True)
        target = base or self.default_branch
        issue.pull = Pull(issue.id, issue.node_id, head, target, draft)
        issue.pull.head_repo = head_repo.full_name if head_repo and head_repo is not self else ""
        if issue.pull.head_repo:
            issue.pull.frozen = head_repo.head(head)
        issue.pull.base_sha = self.head(target)
        self.git.move([(f"refs/pull/{issue.number}/head", None, self.pull_head(issue))])
        self.workflows_start("pull_request", head, self.pull_head(issue), who, pull=issue.number)
        return issue

    def pull_head(self: Repo, issue: Issue) -> str:
        """The commit a pull request is at."""
        assert issue.pull
        return issue.pull.frozen or self.head(issue.pull.head) or self.git.ref(f"refs/pull/{issue.number}/head") or ""

    def closes(self: Repo, issue: Issue) -> list[int]:
        """The numbers that "Closes #n" in a body names."""
        return [int(number) for number in CLOSES.findall(issue.body or "") if int(number) in self.issues]

    def linked(self: Repo, number: int) -> list[Issue]:
        """The pull requests into the default branch that close this issue."""
        return [
            each
            for each in self.pulls
            if each.pull and each.pull.base == self.default_branch and number in self.closes(each)
        ]

    def pulls_follow(self: Repo, branch: str, old: str, new: str, by: By) -> None:
        """A branch moved: heads move with it, a deleted branch closes, a reachable head is merged."""
        for issue in self.pulls:
            assert issue.pull
            if issue.state != "open":
                continue
            if issue.pull.head == branch and not issue.pull.head_repo:
                self._head_moved(issue, old, new, by)
            elif issue.pull.base == branch and new != ZEROS and self.git.is_ancestor(self.pull_head(issue), new):
                self._merged(issue, new, by)

    def _head_moved(self: Repo, issue: Issue, old: str, new: str, by: By) -> None:
        assert issue.pull
        if new == ZEROS:
            issue.pull.frozen = old
            self.close(issue.number, by)
            return
        self.git.move([(f"refs/pull/{issue.number}/head", None, new)])
        if old != ZEROS and not self.git.is_ancestor(old, new):
            self.event(issue, "head_ref_force_pushed", by)
        issue.updated = self.state.clock.now()
        self.workflows_start("pull_request", issue.pull.head, new, by, pull=issue.number)

    def _merged(self: Repo, issue: Issue, commit: str, by: By) -> None:
        assert issue.pull
        issue.pull.merged_by, issue.pull.merge_commit = by.user, commit
        issue.pull.merged = self.event(issue, "merged", by, commit_id=commit).at
        self.close(issue.number, by)
        if issue.pull.base == self.default_branch:
            for number in self.closes(issue):
                self.close(number, by)

    def merge(self: Repo, number: int, by: Any) -> str:
        """A person merges a pull request; the merge commit. What it closes is closed."""
        issue = self.issues[number]
        assert issue.pull
        base, head = self.head(issue.pull.base), self.pull_head(issue)
        tree = self.git.git("merge-tree", "--write-tree", base, head).stdout.decode().split("\n")[0]
        who = self.state.by(by)
        made = self.write_commit(tree, [base, head], f"Merge pull request #{number}", who)
        self.move_ref(f"refs/heads/{issue.pull.base}", base, made, who)
        return made

    def review(self: Repo, number: int, by: Any, state: str = "COMMENTED", body: str = "") -> Review:
        """A person reviews a pull request."""
        issue, new = self.issues[number], self.state.id()
        assert issue.pull
        who, at = self.state.by(by), self.state.clock.tick()
        made = Review(new, self.state.node_id("PRR", new), who, state, body, self.pull_head(issue), at)
        issue.pull.reviews.append(self.state.keep(made, self))
        return made
