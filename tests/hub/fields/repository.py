"""Repositories through GraphQL, and their workflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.fields.accounts import actor
from hub.fields.issues import LABEL, labels, numbered, state
from hub.fields.nodes import Args, Ask, Field, Fields, Node, Problem, always, attributes, needs, nothing, page
from hub.fields.objects import REF, Suite, named, ref, refs
from hub.things import Issue

TIMES = {"CREATED_AT": "created", "UPDATED_AT": "updated"}


def repository(repo: Any) -> Node:
    """The repository as a node."""
    return Node("Repository", repo, repo)


def _ordered(items: list[Issue], args: Args) -> list[Issue]:
    """By the order asked for; by number otherwise."""
    order = args.get("orderBy")
    if order is None:
        return sorted(items, key=lambda issue: issue.number)
    if order["field"] == "COMMENTS":
        return sorted(items, key=lambda issue: len(issue.comments), reverse=order["direction"] == "DESC")
    time = TIMES[order["field"]]
    return sorted(items, key=lambda issue: (getattr(issue, time), issue.number), reverse=order["direction"] == "DESC")


def _has_labels(issue: Issue, wanted: list[str] | None) -> bool:
    """Any of the labels, in any case."""
    held = {label.name.casefold() for label in issue.labels}
    return wanted is None or any(name.casefold() in held for name in wanted)


def _filtered(issue: Issue, by: Args) -> bool:
    assignee, author, since = by.get("assignee"), by.get("createdBy"), by.get("since") or ""
    states = by.get("states")
    return (
        _has_labels(issue, by.get("labels"))
        and (not author or issue.by.user.login.casefold() == author.casefold())
        and (not assignee or assignee in ["*", *(user.login for user in issue.assignees)])
        and issue.updated >= since
        and (not states or state(issue) in states)
    )


def _issues(ask: Ask, node: Node, args: Args) -> Any:
    states = args.get("states")
    hits = [
        issue
        for issue in node.repo.issues.values()
        if numbered(node.repo, issue)
        and not issue.pull
        and (not states or state(issue) in states)
        and _has_labels(issue, args.get("labels"))
        and _filtered(issue, args.get("filterBy") or {})
    ]
    return page([Node("Issue", node.repo, issue) for issue in _ordered(hits, args)], args, connection="issues")


def _pulls(ask: Ask, node: Node, args: Args) -> Any:
    return _page_of_pulls(node, node.repo.pulls, args, "pullRequests")


def _page_of_pulls(node: Node, pulls: list[Issue], args: Args, connection: str) -> Any:
    states, head, base = args.get("states"), args.get("headRefName"), args.get("baseRefName")
    hits = [
        pull
        for pull in pulls
        if (not states or state(pull) in states)
        and (head is None or pull.pull.head == head)
        and (base is None or pull.pull.base == base)
        and _has_labels(pull, args.get("labels"))
    ]
    return page([Node("PullRequest", node.repo, pull) for pull in _ordered(hits, args)], args, connection=connection)


def _pulls_of(ask: Ask, node: Node, args: Args) -> Any:
    """The pull requests from this branch of this repository."""
    branch = node.thing.removeprefix("refs/heads/")
    pulls = [pull for pull in node.repo.pulls if pull.pull and pull.pull.head == branch and not pull.pull.head_repo]
    return _page_of_pulls(node, pulls, args, "associatedPullRequests")


def _numbered(kind: str, *types: str) -> Any:
    def one(ask: Ask, node: Node, args: Args) -> Node:
        found = numbered(node.repo, node.repo.issues.get(args["number"]))
        if found is None or found.type not in types:
            raise Problem("NOT_FOUND", f"Could not resolve to {kind} with the number of {args['number']}.")
        return found

    return one


def _label(ask: Ask, node: Node, args: Args) -> Any:
    found = node.repo.labels.get(args["name"].casefold())
    return Node("Label", node.repo, found) if found else None


def _permission(ask: Ask, node: Node, args: Args) -> str | None:
    """What the person who asks may do; nothing is said to a workflow's token."""
    if ask.token.kind != "user":
        return None
    held = node.repo.permission(ask.token.by.user.login)
    return None if held == "none" else held.upper()


def _default(ask: Ask, node: Node, args: Args) -> Any:
    if node.repo.blocked:
        raise Problem("FORBIDDEN", "Repository access blocked")
    return ref(node.repo, node.repo.default_branch)


def _object(ask: Ask, node: Node, args: Args) -> Any:
    return named(node.repo, args.get("expression") or args.get("oid") or "")


def _writers(ask: Ask, node: Node, args: Args) -> Any:
    users = [
        user for user in node.repo.state.users.values() if node.repo.has(user.login, "write") and user.kind == "User"
    ]
    return page([actor(user) for user in users], args, connection="assignableUsers")


def _empty(ask: Ask, node: Node, args: Args) -> bool:
    return not node.repo.head()


REPOSITORY: Fields = {
    **attributes("name", "description", id="node_id", databaseId="id", nameWithOwner="full_name"),
    **attributes(isArchived="archived", isFork="fork", isPrivate="private", isDisabled="disabled"),
    **attributes(createdAt="created", updatedAt="updated", pushedAt="pushed", isLocked="locked"),
    "owner": lambda ask, node, args: actor(node.repo.owner),
    "url": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}",
    "resourcePath": lambda ask, node, args: f"/{node.repo.full_name}",
    "sshUrl": lambda ask, node, args: f"git@{ask.site.split('//')[1]}:{node.repo.full_name}.git",
    "visibility": lambda ask, node, args: "PRIVATE" if node.repo.private else "PUBLIC",
    "isEmpty": _empty,
    "isInOrganization": lambda ask, node, args: node.repo.owner.kind == "Organization",
    "hasIssuesEnabled": lambda ask, node, args: node.repo.settings.has_issues,
    "viewerPermission": _permission,
    "viewerCanAdminister": lambda ask, node, args: _permission(ask, node, args) == "ADMIN",
    "defaultBranchRef": needs("contents:read", _default),
    "ref": needs("contents:read", lambda ask, node, args: ref(node.repo, args["qualifiedName"])),
    "refs": needs("contents:read", refs),
    "object": needs("contents:read", _object),
    "issues": needs("issues:read", _issues),
    "issue": needs("issues:read", _numbered("an Issue", "Issue")),
    "issueOrPullRequest": needs("issues:read", _numbered("an issue or pull request", "Issue", "PullRequest")),
    "pullRequests": needs("pull-requests:read", _pulls),
    "pullRequest": needs("pull-requests:read", _numbered("a PullRequest", "PullRequest")),
    "labels": needs("issues:read", labels),
    "label": needs("issues:read", _label),
    "assignableUsers": _writers,
    "mentionableUsers": _writers,
    **always(
        parent=None, homepageUrl=None, latestRelease=None, licenseInfo=None, primaryLanguage=None, codeOfConduct=None
    ),
    **always(isMirror=False, isTemplate=False, forkCount=0, stargazerCount=0, diskUsage=0),
    **always(hasWikiEnabled=False, hasProjectsEnabled=False, hasDiscussionsEnabled=False, deleteBranchOnMerge=False),
    **always(mergeCommitAllowed=True, rebaseMergeAllowed=True, squashMergeAllowed=True, viewerHasStarred=False),
    **always(issueTemplates=[], pullRequestTemplates=[], templateRepository=None, archivedAt=None, issueTypes=None),
    **always(
        contactLinks=[], fundingLinks=[], isBlankIssuesEnabled=True, isUserConfigurationRepository=False, mirrorUrl=None
    ),
    **always(openGraphImageUrl="", usesCustomOpenGraphImage=False, securityPolicyUrl=None),
    **always(viewerDefaultCommitEmail=None, viewerPossibleCommitEmails=None),
    **always(viewerSubscription="UNSUBSCRIBED", viewerDefaultMergeMethod="MERGE", isSecurityPolicyEnabled=False),
    "repositoryTopics": lambda ask, node, args: page(
        [Node("RepositoryTopic", node.repo, Topic(name)) for name in node.repo.topics],
        args,
        connection="repositoryTopics",
    ),
    **nothing("milestones", "languages", "watchers", "projectsV2", "projects", "releases", "forks"),
}


# --- workflows


def _workflow_address(ask: Ask, node: Node, args: Args) -> str:
    return f"{ask.site}/{node.repo.full_name}/actions/workflows/{node.thing.path.rpartition('/')[2]}"


WORKFLOW: Fields = {
    **attributes("name", id="node_id", databaseId="id", createdAt="created", updatedAt="updated"),
    "state": needs("actions:read", lambda ask, node, args: node.thing.state.upper()),
    "url": _workflow_address,
    "resourcePath": lambda ask, node, args: (
        f"/{node.repo.full_name}/actions/workflows/{node.thing.path.rpartition('/')[2]}"
    ),
    "runs": needs("actions:read", lambda ask, node, args: _runs(node, args)),
}


def _runs(node: Node, args: Args) -> Any:
    hits = [run for run in reversed(node.repo.runs) if run.workflow is node.thing]
    return page([Node("WorkflowRun", node.repo, run) for run in hits], args, connection="runs")


RUN: Fields = {
    **attributes("event", id="node_id", databaseId="id", runNumber="number", createdAt="created", updatedAt="updated"),
    "workflow": lambda ask, node, args: Node("Workflow", node.repo, node.thing.workflow),
    "checkSuite": lambda ask, node, args: Node("CheckSuite", node.repo, Suite(node.thing.head, node.thing)),
    "url": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}/actions/runs/{node.thing.id}",
    "resourcePath": lambda ask, node, args: f"/{node.repo.full_name}/actions/runs/{node.thing.id}",
}


# --- topics


@dataclass(frozen=True)
class Topic:
    """A topic, or that a repository has it."""

    name: str

    @property
    def node_id(self) -> str:
        return f"TO_{self.name}"


TOPIC: Fields = attributes("name", id="node_id")
HAS_TOPIC: Fields = {
    "id": lambda ask, node, args: f"RT_{node.repo.id}_{node.thing.name}",
    "topic": lambda ask, node, args: Node("Topic", node.repo, node.thing),
    "url": lambda ask, node, args: f"{ask.site}/topics/{node.thing.name}",
    "resourcePath": lambda ask, node, args: f"/topics/{node.thing.name}",
}
# A branch's pull requests belong here: refs know nothing of issues.
REFERENCE: Fields = {**REF, "associatedPullRequests": needs("pull-requests:read", _pulls_of)}


def _bearing(kind: str, connection: str) -> Field:
    """The issues, or the pull requests, that have a label; in the order in which they came."""

    def read(ask: Ask, node: Node, args: Args) -> Any:
        states = args.get("states")
        hits = [
            issue
            for issue in node.repo.issues.values()
            if node.thing in issue.labels
            and (found := numbered(node.repo, issue))
            and found.type == kind
            and (not states or state(issue) in states)
        ]
        return page([Node(kind, node.repo, issue) for issue in _ordered(hits, args)], args, connection=connection)

    return read


LABELLED: Fields = {
    **LABEL,
    "issues": needs("issues:read", _bearing("Issue", "issues")),
    "pullRequests": needs("pull-requests:read", _bearing("PullRequest", "pullRequests")),
}
FIELDS: dict[str, Fields] = {
    "Repository": REPOSITORY,
    "Label": LABELLED,
    "Ref": REFERENCE,
    "Workflow": WORKFLOW,
    "WorkflowRun": RUN,
    "Topic": TOPIC,
    "RepositoryTopic": HAS_TOPIC,
}
