"""Pull requests and labels made and changed through GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.fields.accounts import actor
from hub.fields.nodes import Ask, Half, Node, Problem
from hub.fields.writing import allow, found, mutation, unprocessable
from hub.things import Issue

Asked = Mapping[str, Any]
COLORS = set("0123456789abcdef")


# --- pull requests


def _create_pull(ask: Ask, asked: Asked) -> Asked:
    repo = found(ask, asked["repositoryId"], "Repository").repo
    allow(ask, repo, "pull-requests:write", "CreatePullRequest", role="read")
    if ask.token.kind == "job" and not repo.settings.actions_may_create_pulls:
        raise Problem("FORBIDDEN", "GitHub Actions is not permitted to create or approve pull requests.")
    if asked.get("headRepositoryId") not in (None, repo.node_id):
        raise Problem("HUB", "the hub opens no pull request across repositories through GraphQL")
    head, base = asked["headRefName"].rpartition(":")[2].removeprefix("refs/heads/"), asked["baseRefName"]
    base = base.removeprefix("refs/heads/")
    if wrong := _not_to_be_opened(repo, head, base, asked):
        # As seen in the field: the payload is there and its pull request is null, where other mutations are null whole.
        raise Half(unprocessable(*wrong), {"pullRequest": None, "clientMutationId": asked.get("clientMutationId")})
    made = repo.open_pull(
        head=head,
        base=base,
        title=asked["title"],
        body=asked.get("body"),
        by=ask.token.by,
        draft=bool(asked.get("draft")),
    )
    return {"pullRequest": Node("PullRequest", repo, made)}


def _not_to_be_opened(repo: Any, head: str, base: str, asked: Asked) -> list[str]:
    """Everything against it, as GitHub lists it in one message."""
    theirs, ours = repo.head(head), repo.head(base)
    if not theirs or not ours:
        blank = [f"{name} sha can't be blank" for name, oid in (("Head", theirs), ("Base", ours)) if not oid]
        refs = [f"{name} ref must be a branch" for name, oid in (("Head", theirs), ("Base", ours)) if not oid]
        return [*blank, f"No commits between {base} and {head}", *refs]
    pulls = (each.pull for each in repo.pulls if each.state == "open" and not each.pull.head_repo)
    if any((pull.head, pull.base) == (head, base) for pull in pulls):
        return [f"A pull request already exists for {repo.owner.login}:{head}."]
    there, here = repo.git.ancestors(ours), repo.git.ancestors(theirs)
    if not there & here:
        return [f"The {head} branch has no history in common with {base}"]
    wrong = [f"No commits between {base} and {head}"] if here <= there else []
    return wrong + (["Body is too long (maximum is 65536 characters)"] if len(asked.get("body") or "") > 65536 else [])


def _own(ask: Ask, id: str, does: str) -> tuple[Any, Issue]:
    """A pull request to change: by its author, or by who may write."""
    node = found(ask, id, "PullRequest")
    mine = node.thing.by.user is ask.token.by.user
    allow(ask, node.repo, "pull-requests:write", does, role="read" if mine else "write")
    return node.repo, node.thing


def _update_pull(ask: Ask, asked: Asked) -> Asked:
    repo, pull = _own(ask, asked["pullRequestId"], "UpdatePullRequest")
    if unknown := {"assigneeIds", "milestoneId", "projectIds"} & {key for key, value in asked.items() if value}:
        raise Problem("HUB", f"the hub does not change {', '.join(sorted(unknown))} of a pull request")
    if asked.get("baseRefName"):
        if not repo.head(asked["baseRefName"]):
            raise unprocessable("Base ref must be a branch")
        pull.pull.base = asked["baseRefName"]
    repo.edit(pull.number, ask.token.by, title=asked.get("title"), body=asked.get("body"))
    if asked.get("labelIds") is not None:
        names = [found(ask, each, "Label").thing.name for each in asked["labelIds"]]
        repo.set_labels(pull.number, names, ask.token.by)
    if asked.get("state") == "CLOSED":
        repo.close(pull.number, ask.token.by)
    elif asked.get("state") == "OPEN" and pull.state == "closed":
        _reopen(ask, repo, pull)
    return {"pullRequest": Node("PullRequest", repo, pull), "actor": actor(ask.token.by.user)}


def _reopen(ask: Ask, repo: Any, pull: Issue) -> None:
    assert pull.pull
    if pull.pull.merged or not repo.head(pull.pull.head):
        raise unprocessable("Could not open the pull request.")
    repo.reopen(pull.number, ask.token.by)


def _close_pull(ask: Ask, asked: Asked) -> Asked:
    repo, pull = _own(ask, asked["pullRequestId"], "ClosePullRequest")
    repo.close(pull.number, ask.token.by)
    return {"pullRequest": Node("PullRequest", repo, pull)}


def _draft(ask: Ask, asked: Asked, does: str, *, draft: bool) -> Asked:
    repo, pull = _own(ask, asked["pullRequestId"], does)
    if pull.state != "open":
        raise unprocessable("Pull request is closed")
    if pull.pull.draft is not draft:
        pull.pull.draft, pull.updated = draft, ask.hub.clock.tick()
    return {"pullRequest": Node("PullRequest", repo, pull)}


# --- labels


def _label_wrong(repo: Any, label: Any, asked: Asked) -> list[str]:
    """What GitHub's checks of a label say; `label` is the one that is changed, None for a new one."""
    name, color, description = (asked.get(key) or "" for key in ("name", "color", "description"))
    taken = repo.labels.get(name.casefold())
    return [
        *(["Name has already been taken"] if taken not in (None, label) else []),
        *(["Name is too long (maximum is 50 characters)"] if len(name) > 50 else []),
        *(["Name can't be blank"] if not name and label is None else []),
        *(["Description is too long (maximum is 100 characters)"] if len(description) > 100 else []),
        *(["Color is invalid"] if color and (len(color) != 6 or set(color.lower()) - COLORS) else []),
    ]


def _create_label(ask: Ask, asked: Asked) -> Asked:
    repo = found(ask, asked["repositoryId"], "Repository").repo
    allow(ask, repo, "issues:write", "CreateLabel")
    if wrong := _label_wrong(repo, None, asked):
        raise unprocessable(*wrong)
    ask.hub.clock.tick()
    return {"label": Node("Label", repo, repo.make_label(asked["name"], asked["color"], asked.get("description")))}


def _update_label(ask: Ask, asked: Asked) -> Asked:
    node = found(ask, asked["id"], "Label")
    allow(ask, node.repo, "issues:write", "UpdateLabel")
    if wrong := _label_wrong(node.repo, node.thing, asked):
        raise unprocessable(*wrong)
    name, color = asked.get("name") or "", asked.get("color") or ""
    node.repo.change_label(node.thing, name=name, color=color, description=asked.get("description"))
    return {"label": node}


def _delete_label(ask: Ask, asked: Asked) -> Asked:
    node = found(ask, asked["id"], "Label")
    allow(ask, node.repo, "issues:write", "DeleteLabel")
    node.repo.delete_label(node.thing.name)
    return {}


MUTATIONS = {
    "createPullRequest": mutation(_create_pull),
    "updatePullRequest": mutation(_update_pull),
    "closePullRequest": mutation(_close_pull),
    "convertPullRequestToDraft": mutation(
        lambda ask, asked: _draft(ask, asked, "ConvertPullRequestToDraft", draft=True)
    ),
    "markPullRequestReadyForReview": mutation(
        lambda ask, asked: _draft(ask, asked, "MarkPullRequestReadyForReview", draft=False)
    ),
    "createLabel": mutation(_create_label),
    "updateLabel": mutation(_update_label),
    "deleteLabel": mutation(_delete_label),
}
