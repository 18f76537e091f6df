"""Issues and pull requests through GraphQL, their labels, comments and timeline."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from hub.fields.accounts import actor
from hub.fields.nodes import Args, Ask, Fields, Node, always, attributes, needs, nothing, page
from hub.fields.objects import git_object, ref, rollup
from hub.things import Issue, Label

MENTION = re.compile(r"(?<![\w/])#(\d+)\b")
# The hub's word for an event → its name among itemTypes, its type in the schema.
TIMELINE = {
    "labeled": ("LABELED_EVENT", "LabeledEvent"),
    "unlabeled": ("UNLABELED_EVENT", "UnlabeledEvent"),
    "renamed": ("RENAMED_TITLE_EVENT", "RenamedTitleEvent"),
    "closed": ("CLOSED_EVENT", "ClosedEvent"),
    "reopened": ("REOPENED_EVENT", "ReopenedEvent"),
    "merged": ("MERGED_EVENT", "MergedEvent"),
    "assigned": ("ASSIGNED_EVENT", "AssignedEvent"),
    "connected": ("CONNECTED_EVENT", "ConnectedEvent"),
    "head_ref_force_pushed": ("HEAD_REF_FORCE_PUSHED_EVENT", "HeadRefForcePushedEvent"),
}


def numbered(repo: Any, issue: Issue | None) -> Node | None:
    """An issue or pull request; None when it is gone."""
    if issue is None or issue.deleted or issue.moved:
        return None
    return Node("PullRequest" if issue.pull else "Issue", repo, issue)


def state(issue: Issue) -> str:
    """OPEN, CLOSED or, of a pull request, MERGED."""
    return "MERGED" if issue.pull and issue.pull.merged else issue.state.upper()


def _address(ask: Ask, node: Node, args: Args) -> str:
    return f"{ask.site}{_path(ask, node, args)}"


def _path(ask: Ask, node: Node, args: Args) -> str:
    kind = "pull" if node.thing.pull else "issues"
    return f"/{node.repo.full_name}/{kind}/{node.thing.number}"


def labels(ask: Ask, node: Node, args: Args) -> Any:
    """The labels of an issue, or of a repository; both in the order they came to be."""
    thing = node.thing
    held = [*thing.labels.values()] if node.type == "Repository" else thing.labels
    query = (args.get("query") or "").casefold()
    hits = [label for label in held if query in f"{label.name} {label.description or ''}".casefold()]
    order = args.get("orderBy") or {}
    if order.get("field") == "NAME":
        hits.sort(key=lambda label: label.name.casefold())
    if order.get("direction") == "DESC":
        hits.reverse()
    return page([Node("Label", node.repo, label) for label in hits], args, connection="labels")


def _comments(ask: Ask, node: Node, args: Args) -> Any:
    items = [Node("IssueComment", node.repo, comment) for comment in node.thing.comments]
    return page(items, args, connection="comments")


def association(repo: Any, user: Any) -> str:
    """What an author is to the repository."""
    if user is repo.owner:
        return "OWNER"
    return "COLLABORATOR" if user.login.casefold() in repo.permissions else "NONE"


def timeline(ask: Ask, node: Node, args: Args) -> Any:
    """Events of the kinds asked for, oldest first; cross-references are read from the texts that make them."""
    wanted, since = args.get("itemTypes"), args.get("since") or ""
    found = [
        (event.at, event.id, TIMELINE[event.kind][0], Node(TIMELINE[event.kind][1], node.repo, (node, event)))
        for event in node.thing.events
        if event.kind in TIMELINE
    ]
    found += [(source.created, source.id, "CROSS_REFERENCED_EVENT", Node("CrossReferencedEvent", node.repo, (node, source)))
              for source in _mentioning(ask, node)]  # fmt: skip
    found += [(comment.created, comment.id, "ISSUE_COMMENT", Node("IssueComment", node.repo, comment))
              for comment in node.thing.comments]  # fmt: skip
    hits = sorted(
        (item for item in found if (wanted is None or item[2] in wanted) and item[0] >= since),
        key=lambda item: item[:2],
    )
    items = [item[3] for item in hits]
    return page(items, args, connection="timelineItems", filteredCount=len(items), pageCount=len(items))


def _mentioning(ask: Ask, node: Node) -> list[Issue]:
    """The issues and pull requests whose text names this one; all texts are read once a query."""
    known = ask.memory.get(node.repo.id)
    if known is None:
        known = ask.memory[node.repo.id] = defaultdict(list)
        for issue in node.repo.issues.values():
            for number in {int(found) for found in MENTION.findall(f"{issue.title} {issue.body or ''}")}:
                known[number].append(issue)
    return [issue for issue in known.get(node.thing.number, ()) if issue is not node.thing and not issue.deleted]


def _linked(ask: Ask, node: Node, args: Args) -> Any:
    linked = [
        pull for pull in node.repo.linked(node.thing.number) if args.get("includeClosedPrs") or state(pull) != "CLOSED"
    ]
    items = [Node("PullRequest", node.repo, pull) for pull in linked]
    return page(items, args, connection="closedByPullRequestsReferences")


def _assignees(ask: Ask, node: Node, args: Args) -> Any:
    return page([actor(user) for user in node.thing.assignees], args, connection="assignees")


def _participants(ask: Ask, node: Node, args: Args) -> Any:
    everybody = {by.user.login: by.user for by in [node.thing.by, *(comment.by for comment in node.thing.comments)]}
    return page([actor(user) for user in everybody.values()], args, connection="participants")


NUMBERED: Fields = {
    **attributes("number", "title", "locked", id="node_id", databaseId="id"),
    **attributes(
        createdAt="created", updatedAt="updated", publishedAt="created", closedAt="closed", lastEditedAt="edited"
    ),
    "fullDatabaseId": lambda ask, node, args: str(node.thing.id),
    "body": lambda ask, node, args: node.thing.body or "",
    "bodyText": lambda ask, node, args: node.thing.body or "",
    "url": _address,
    "resourcePath": _path,
    "state": lambda ask, node, args: state(node.thing),
    "closed": lambda ask, node, args: node.thing.state == "closed",
    "author": lambda ask, node, args: actor(node.thing.by.user, node.repo),
    "authorAssociation": lambda ask, node, args: association(node.repo, node.thing.by.user),
    "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
    "labels": labels,
    "comments": _comments,
    "assignees": _assignees,
    "assignedActors": _assignees,
    "participants": _participants,
    "timelineItems": timeline,
    "includesCreatedEdit": lambda ask, node, args: bool(node.thing.edited),
    **always(milestone=None, activeLockReason=None, reactionGroups=[], isPinned=False, editor=None),
    **nothing("projectItems", "projectCards", "projectsV2", "reactions"),
}
REASONS = {"completed": "COMPLETED", "not_planned": "NOT_PLANNED", "reopened": "REOPENED", "duplicate": "DUPLICATE"}
ISSUE: Fields = {
    **NUMBERED,
    "stateReason": lambda ask, node, args: REASONS.get(node.thing.reason or ""),
    "closedByPullRequestsReferences": _linked,
    **always(issueType=None, parent=None, subIssuesSummary={"total": 0, "completed": 0, "percentCompleted": 0}),
    **nothing("subIssues", "linkedBranches", "blockedBy", "blocking"),
}


# --- pull requests


def _head_repo(node: Node) -> Any:
    name = node.thing.pull.head_repo
    return node.repo.state.repos.get(name) if name else node.repo


def _head_ref(ask: Ask, node: Node, args: Args) -> Any:
    return ref(_head_repo(node), node.thing.pull.head)


def _requests(ask: Ask, node: Node, args: Args) -> Any:
    items = [Node("ReviewRequest", node.repo, (node, user)) for user in node.thing.pull.reviewers]
    return page(items, args, connection="reviewRequests")


def _reviews(ask: Ask, node: Node, args: Args) -> Any:
    return page(
        [Node("PullRequestReview", node.repo, review) for review in node.thing.pull.reviews], args, connection="reviews"
    )


def _latest_reviews(ask: Ask, node: Node, args: Args) -> Any:
    newest = {review.by.user.login: review for review in node.thing.pull.reviews}
    return page(
        [Node("PullRequestReview", node.repo, review) for review in newest.values()], args, connection="latestReviews"
    )


def _decision(ask: Ask, node: Node, args: Args) -> str | None:
    newest = {review.by.user.login: review.state for review in node.thing.pull.reviews if review.state != "COMMENTED"}
    verdicts = set(newest.values())
    return next((state for state in ("CHANGES_REQUESTED", "APPROVED") if state in verdicts), None)


def _range(node: Node) -> tuple[str, str]:
    """Where a pull request's changes begin, and its head."""
    base, head = node.thing.pull.base_sha, node.repo.pull_head(node.thing)
    found = node.repo.git.git("merge-base", base, head).stdout.decode().strip()
    return found or base, head


def _changed(node: Node) -> list[dict[str, Any]]:
    base, head = _range(node)
    rows = node.repo.git.git("diff", "--numstat", "-z", "--no-renames", base, head).stdout.decode("utf-8", "replace")
    parts = [row.split("\t") for row in rows.split("\0") if row]
    return [
        {"path": path, "additions": _number(added), "deletions": _number(removed), "changeType": "MODIFIED"}
        for added, removed, path in parts
    ]


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _commits(ask: Ask, node: Node, args: Args) -> Any:
    base, head = _range(node)
    oids = node.repo.git.log("--reverse", f"{base}..{head}")
    items = [Node("PullRequestCommit", node.repo, (node, oid)) for oid in oids]
    return page(items, args, connection="commits")


def _closing(ask: Ask, node: Node, args: Args) -> Any:
    if node.thing.pull.base != node.repo.default_branch:
        return page([], args, connection="closingIssuesReferences")
    hits = [numbered(node.repo, node.repo.issues[number]) for number in node.repo.closes(node.thing)]
    return page([hit for hit in hits if hit], args, connection="closingIssuesReferences")


def _oid_commit(node: Node, oid: str) -> Any:
    return git_object(node.repo, oid) if oid else None


PULL: Fields = {
    **NUMBERED,
    "isDraft": lambda ask, node, args: node.thing.pull.draft,
    "merged": lambda ask, node, args: bool(node.thing.pull.merged),
    "mergedAt": lambda ask, node, args: node.thing.pull.merged or None,
    "mergedBy": lambda ask, node, args: actor(node.thing.pull.merged_by),
    "mergeCommit": lambda ask, node, args: _oid_commit(node, node.thing.pull.merge_commit),
    "headRefName": lambda ask, node, args: node.thing.pull.head,
    "headRefOid": lambda ask, node, args: node.repo.pull_head(node.thing),
    "headRef": _head_ref,
    "headRepository": lambda ask, node, args: (lambda repo: Node("Repository", repo, repo) if repo else None)(
        _head_repo(node)
    ),
    "headRepositoryOwner": lambda ask, node, args: actor(_head_repo(node).owner) if _head_repo(node) else None,
    "isCrossRepository": lambda ask, node, args: bool(node.thing.pull.head_repo),
    "baseRefName": lambda ask, node, args: node.thing.pull.base,
    "baseRefOid": lambda ask, node, args: node.repo.head(node.thing.pull.base) or node.thing.pull.base_sha,
    "baseRef": lambda ask, node, args: ref(node.repo, node.thing.pull.base),
    "baseRepository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
    "reviewRequests": _requests,
    "reviews": _reviews,
    "latestReviews": _latest_reviews,
    "reviewDecision": _decision,
    "commits": _commits,
    "files": lambda ask, node, args: page(_changed(node), args, connection="files"),
    "changedFiles": lambda ask, node, args: len(_changed(node)),
    "additions": lambda ask, node, args: sum(row["additions"] for row in _changed(node)),
    "deletions": lambda ask, node, args: sum(row["deletions"] for row in _changed(node)),
    "closingIssuesReferences": _closing,
    "statusCheckRollup": needs(
        "checks:read", lambda ask, node, args: rollup(node.repo, node.repo.pull_head(node.thing))
    ),
    **always(mergeable="UNKNOWN", mergeStateStatus="UNKNOWN", maintainerCanModify=False, autoMergeRequest=None),
    **always(potentialMergeCommit=None, isInMergeQueue=False, isMergeQueueEnabled=False),
}


# --- events


def _of_event(**fields: Any) -> Fields:
    """Fields every event has, and these: functions of (issue's node, event)."""
    common = {
        "id": lambda issue, event: event.node_id,
        "actor": lambda issue, event: actor(event.by.user, issue.repo),
        "createdAt": lambda issue, event: event.at,
    }
    return {name: _reader(read) for name, read in (common | fields).items()}


def _reader(read: Any) -> Any:
    return lambda ask, node, args: read(*node.thing)


def _label_then(issue: Node, event: Any) -> Node | None:
    """The label as it is now; a deleted one as it was."""
    now = issue.repo.labels.get(event.label[0].casefold())
    return Node("Label", issue.repo, now or Label(*event.label, None, 0, f"LA_gone_{event.id}"))


def _other(issue: Node, event: Any) -> Node | None:
    return numbered(issue.repo, issue.repo.issues.get(event.data.get("subject", 0)))


def _labelled(node: Node, args: Args, connection: str, *, pulls: bool) -> Any:
    """The issues, or the pull requests, that have a label; closed ones too unless `states` says otherwise."""
    held = [issue for issue in node.repo.issues.values() if node.thing in issue.labels and bool(issue.pull) is pulls]
    wanted = [issue for issue in held if not args.get("states") or state(issue) in args["states"]]
    return page([found for issue in wanted if (found := numbered(node.repo, issue))], args, connection=connection)


LABEL_EVENT = _of_event(label=_label_then, labelable=lambda issue, event: issue)
CROSS_REFERENCE: Fields = {
    "id": lambda ask, node, args: f"CRE_{node.thing[0].thing.number}_{node.thing[1].node_id}",
    "actor": lambda ask, node, args: actor(node.thing[1].by.user, node.repo),
    "createdAt": lambda ask, node, args: node.thing[1].created,
    "referencedAt": lambda ask, node, args: node.thing[1].created,
    "isCrossRepository": lambda ask, node, args: False,
    "source": lambda ask, node, args: numbered(node.repo, node.thing[1]),
    "target": lambda ask, node, args: node.thing[0],
    "willCloseTarget": lambda ask, node, args: (
        bool(node.thing[1].pull) and node.thing[0].thing.number in node.repo.closes(node.thing[1])
    ),
}
LABEL: Fields = {
    **attributes("name", "color", "description", id="node_id", isDefault="default"),
    "url": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}/labels/{node.thing.name}",
    "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
    **always(createdAt=None, updatedAt=None),
    "issues": lambda ask, node, args: _labelled(node, args, "issues", pulls=False),
    "pullRequests": lambda ask, node, args: _labelled(node, args, "pullRequests", pulls=True),
}
COMMENT: Fields = {
    **attributes(
        "body", id="node_id", databaseId="id", createdAt="created", updatedAt="updated", publishedAt="created"
    ),
    **attributes(lastEditedAt="edited"),
    "fullDatabaseId": lambda ask, node, args: str(node.thing.id),
    "bodyText": lambda ask, node, args: node.thing.body,
    "author": lambda ask, node, args: actor(node.thing.by.user, node.repo),
    "authorAssociation": lambda ask, node, args: association(node.repo, node.thing.by.user),
    "includesCreatedEdit": lambda ask, node, args: bool(node.thing.edited),
    "issue": lambda ask, node, args: numbered(node.repo, node.repo.issues[node.thing.number]),
    "url": lambda ask, node, args: (
        f"{ask.site}/{node.repo.full_name}/issues/{node.thing.number}#issuecomment-{node.thing.id}"
    ),
    "viewerDidAuthor": lambda ask, node, args: node.thing.by.user is ask.token.by.user,
    **always(isMinimized=False, minimizedReason=None, reactionGroups=[], editor=None),
}
REVIEW: Fields = {
    **attributes("body", "state", id="node_id", databaseId="id", submittedAt="at", createdAt="at"),
    "author": lambda ask, node, args: actor(node.thing.by.user, node.repo),
    "authorAssociation": lambda ask, node, args: association(node.repo, node.thing.by.user),
    "commit": lambda ask, node, args: git_object(node.repo, node.thing.commit),
    "url": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}/pull/0#pullrequestreview-{node.thing.id}",
    **always(includesCreatedEdit=False, reactionGroups=[]),
}
FIELDS: dict[str, Fields] = {
    "Issue": ISSUE,
    "PullRequest": PULL,
    "Label": LABEL,
    "IssueComment": COMMENT,
    "PullRequestReview": REVIEW,
    "ReviewRequest": {
        "id": lambda ask, node, args: f"RR_{node.thing[0].thing.id}_{node.thing[1].id}",
        "requestedReviewer": lambda ask, node, args: actor(node.thing[1]),
    },
    "PullRequestCommit": {
        "id": lambda ask, node, args: f"PRC_{node.thing[1]}",
        "commit": lambda ask, node, args: git_object(node.repo, node.thing[1]),
    },
    "LabeledEvent": LABEL_EVENT,
    "UnlabeledEvent": LABEL_EVENT,
    "RenamedTitleEvent": _of_event(
        previousTitle=lambda issue, event: event.data["rename"]["from"],
        currentTitle=lambda issue, event: event.data["rename"]["to"],
        subject=lambda issue, event: issue,
    ),
    "ClosedEvent": _of_event(closable=lambda issue, event: issue, closer=lambda issue, event: None),
    "ReopenedEvent": _of_event(closable=lambda issue, event: issue),
    "MergedEvent": _of_event(pullRequest=lambda issue, event: issue),
    "AssignedEvent": _of_event(assignee=lambda issue, event: actor(event.data["assignee"])),
    "HeadRefForcePushedEvent": _of_event(pullRequest=lambda issue, event: issue),
    "ConnectedEvent": _of_event(
        subject=_other, source=lambda issue, event: issue, isCrossRepository=lambda issue, event: False
    ),
    "CrossReferencedEvent": CROSS_REFERENCE,
}
