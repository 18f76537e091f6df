"""Git through GraphQL: refs, commits, trees, blobs, and what checks said of a commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.fields.accounts import actor
from hub.fields.entries import ENTRY, Placed, entries, file_at
from hub.fields.nodes import Args, Ask, Fields, Node, always, attributes, needs, page

SHOWN = 512_000  # characters of a blob's text; the rest is cut


def git_object(repo: Any, oid: str | None) -> Node | None:
    """Whatever an object id is: Commit, Tree, Blob or Tag."""
    found = repo.git.read(oid) if oid else None
    return Node(found[0].capitalize(), repo, oid) if found else None


def named(repo: Any, expression: str) -> Node | None:
    """What a revision expression names, such as `HEAD:.github/autonomy.yml`, `main^{tree}` or an object id."""
    start, colon, path = expression.partition(":")
    start = repo.default_branch if start == "HEAD" else start
    commit = repo.git.commit(repo.git.resolve(start) or "") if colon else None
    if commit:
        entry = repo.git.at(commit.tree, path)
        return git_object(repo, Placed(entry.oid, path.strip("/")) if entry else None)
    if repo.git.resolve(start) and not colon:
        return git_object(repo, repo.git.resolve(start))
    ended = repo.git.git("rev-parse", "--verify", "-q", "--end-of-options", start + colon + path)
    return git_object(repo, ended.stdout.decode().strip() if ended.returncode == 0 else None)


def ref(repo: Any, name: str) -> Node | None:
    """A ref by its full name; a branch by its short one too."""
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    return Node("Ref", repo, full) if repo.git.ref(full) else None


def refs(ask: Ask, node: Node, args: Args) -> Any:
    """Refs below a prefix, newest name last."""
    prefix, query = args["refPrefix"], (args.get("query") or "").casefold()
    names = [name for name in node.repo.refs(prefix) if query in name.removeprefix(prefix).casefold()]
    order = args.get("orderBy") or {}
    names.sort(reverse=order.get("direction") == "DESC")
    return page([Node("Ref", node.repo, name) for name in names], args, connection="refs")


def _short(full: str) -> tuple[str, str]:
    for prefix in ("refs/heads/", "refs/tags/", "refs/"):
        if full.startswith(prefix):
            return prefix, full.removeprefix(prefix)
    return "", full


REF: Fields = {
    "id": lambda ask, node, args: f"REF_{node.repo.id}_{node.thing}",
    "name": lambda ask, node, args: _short(node.thing)[1],
    "prefix": lambda ask, node, args: _short(node.thing)[0],
    "target": lambda ask, node, args: git_object(node.repo, node.repo.git.ref(node.thing)),
    "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
    "refUpdateRule": lambda ask, node, args: _rule(ask, node),
    **always(branchProtectionRule=None),
}


def _rule(ask: Ask, node: Node) -> dict[str, Any] | None:
    """What binds whoever asks on this branch; null when nothing does."""
    prefix, name = _short(node.thing)
    rule = node.repo.protection(name) if prefix == "refs/heads/" else None
    if rule is None:
        return None
    who = ask.token.by.user.login
    writes = node.repo.has(who, "write") if ask.token.kind == "user" else ask.token.may(ask.job, "contents:write")
    return {
        "viewerCanPush": writes and (rule.pushers is None or who in rule.pushers), "pattern": rule.pattern,
        "requiresSignatures": rule.required_signatures, "requiredApprovingReviewCount": rule.required_reviews or None,
        "requiredStatusCheckContexts": list(rule.required_checks), "allowsDeletions": rule.allow_deletion,
        "allowsForcePushes": rule.allow_force, "requiresLinearHistory": False, "requiresConversationResolution": False,
        "requiresCodeOwnerReviews": False, "blocksCreations": False, "viewerAllowedToDismissReviews": False,
    }  # fmt: skip


def _commit(node: Node) -> Any:
    return node.repo.git.commit(node.thing)


def _person(node: Node, which: str) -> dict[str, Any]:
    name, email, at = getattr(_commit(node), which)
    user = next((user for user in node.repo.state.users.values() if email.startswith(f"{user.id}+")), None)
    return {"name": name, "email": email, "date": at, "user": actor(user) if user and user.kind == "User" else None}


def _signature(ask: Ask, node: Node, args: Args) -> Any:
    if node.thing not in node.repo.verified:
        return None
    return Node("GpgSignature", node.repo, {"isValid": True, "state": "VALID", "wasSignedByGitHub": True})


def _history(ask: Ask, node: Node, args: Args) -> Any:
    """Newest first; one line of descent is walked here, what has merges in it is git's to order."""
    path = args.get("path") or ""
    oids = node.repo.git.line(node.thing, path)
    if oids is None:
        oids = node.repo.git.log(node.thing, *(("--", path) if path else ()))
    return page([Node("Commit", node.repo, oid) for oid in oids], args, connection="history")


def _parents(ask: Ask, node: Node, args: Args) -> Any:
    return page([Node("Commit", node.repo, oid) for oid in _commit(node).parents], args, connection="parents")


def _pulls_of(ask: Ask, node: Node, args: Args) -> Any:
    ask.need(node.repo, "pull-requests:read")
    hits = [pull for pull in node.repo.pulls if node.repo.pull_head(pull) == node.thing]
    return page([Node("PullRequest", node.repo, pull) for pull in hits], args, connection="associatedPullRequests")


def _object(kind: str) -> Fields:
    return {
        "oid": lambda ask, node, args: node.thing,
        "id": lambda ask, node, args: f"{kind}_{node.repo.id}_{node.thing}",
        "abbreviatedOid": lambda ask, node, args: node.thing[:7],
        "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
        "commitUrl": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}/commit/{node.thing}",
    }


COMMIT: Fields = {
    **_object("C"),
    "url": lambda ask, node, args: f"{ask.site}/{node.repo.full_name}/commit/{node.thing}",
    "tree": lambda ask, node, args: Node("Tree", node.repo, _commit(node).tree),
    "message": lambda ask, node, args: _commit(node).message,
    "messageHeadline": lambda ask, node, args: _commit(node).message.partition("\n")[0],
    "messageBody": lambda ask, node, args: _commit(node).message.partition("\n")[2].strip("\n"),
    "committedDate": lambda ask, node, args: _commit(node).committer[2],
    "authoredDate": lambda ask, node, args: _commit(node).author[2],
    "author": lambda ask, node, args: _person(node, "author"),
    "committer": lambda ask, node, args: _person(node, "committer"),
    "authors": lambda ask, node, args: page([_person(node, "author")], args, connection="authors"),
    "parents": _parents,
    "history": _history,
    "signature": _signature,
    "file": lambda ask, node, args: file_at(node.repo, _commit(node).tree, args["path"]),
    "associatedPullRequests": _pulls_of,
    "statusCheckRollup": needs("checks:read", lambda ask, node, args: rollup(node.repo, node.thing)),
    "checkSuites": needs("checks:read", lambda ask, node, args: page(_suites(node), args, connection="checkSuites")),
}


def _bytes(node: Node) -> bytes:
    return node.repo.git.read(node.thing)[1]


def _binary(node: Node) -> bool:
    return b"\0" in _bytes(node)[:8000]


BLOB: Fields = {
    **_object("B"),
    "byteSize": lambda ask, node, args: len(_bytes(node)),
    "isBinary": lambda ask, node, args: _binary(node),
    "isTruncated": lambda ask, node, args: len(_bytes(node)) > SHOWN,
    "text": lambda ask, node, args: None if _binary(node) else _bytes(node)[:SHOWN].decode("utf-8", "replace"),
}
TREE: Fields = {**_object("T"), "entries": lambda ask, node, args: entries(node.repo, node.thing)}
TAG: Fields = {
    **_object("TA"),
    "name": lambda ask, node, args: _header(node, b"tag"),
    "target": lambda ask, node, args: git_object(node.repo, _header(node, b"object")),
    "message": lambda ask, node, args: _bytes(node).partition(b"\n\n")[2].decode("utf-8", "replace"),
}


def _header(node: Node, key: bytes) -> str:
    lines = _bytes(node).partition(b"\n\n")[0].split(b"\n")
    return next(line[len(key) + 1 :].decode() for line in lines if line.startswith(key + b" "))


# --- checks


def _latest(repo: Any, oid: str) -> list[Any]:
    """The newest check run of each name and status of each context."""
    newest = {f"run {check.name}": Node("CheckRun", repo, check) for check in repo.checks if check.head == oid}
    newest |= {
        f"status {status.context}": Node("StatusContext", repo, status)
        for status in repo.statuses
        if status.head == oid
    }
    return list(newest.values())


def _verdict(item: Node) -> str:
    if item.type == "StatusContext":
        return item.thing.state.upper()
    if item.thing.status != "completed":
        return "PENDING"
    return "SUCCESS" if item.thing.conclusion in ("success", "neutral", "skipped") else "FAILURE"


def rollup(repo: Any, oid: str) -> Node | None:
    """What all checks and statuses of a commit come to; None when there are none."""
    contexts = _latest(repo, oid)
    if not contexts:
        return None
    verdicts = {_verdict(item) for item in contexts}
    worst = next(state for state in ("ERROR", "FAILURE", "PENDING", "EXPECTED", "SUCCESS") if state in verdicts)
    return Node("StatusCheckRollup", repo, {"state": worst, "contexts": contexts, "oid": oid})


@dataclass(frozen=True)
class Suite:
    """The checks of one commit that belong together: those of a workflow's run, else those of an App."""

    head: str
    run: Any = None
    app: Any = None

    @property
    def node_id(self) -> str:
        return f"CS_{self.run.node_id if self.run else f'{self.app.slug}_{self.head}'}"


def _suites(node: Node) -> list[Any]:
    runs = [Suite(node.thing, run) for run in node.repo.runs if run.head == node.thing]
    apps = {check.app.slug: check.app for check in node.repo.checks if check.head == node.thing}
    made = [Suite(node.thing, None, app) for app in apps.values()]
    return [Node("CheckSuite", node.repo, suite) for suite in [*runs, *made]]


def _suite_runs(node: Node) -> list[Node]:
    suite: Suite = node.thing
    return [
        Node("CheckRun", node.repo, check)
        for check in node.repo.checks
        if (check.head, check.app) == (suite.head, suite.app)
    ]


def _suite_verdict(node: Node) -> tuple[str, str | None]:
    """Status and conclusion."""
    suite: Suite = node.thing
    if suite.run:
        return suite.run.status.upper(), suite.run.conclusion.upper() if suite.run.conclusion else None
    verdicts = {_verdict(item) for item in _suite_runs(node)}
    if "PENDING" in verdicts:
        return "IN_PROGRESS", None
    return "COMPLETED", "FAILURE" if "FAILURE" in verdicts else "SUCCESS"


def _suite_times(node: Node) -> tuple[str, str]:
    """When it began and when it last changed."""
    suite: Suite = node.thing
    if suite.run:
        return suite.run.created, suite.run.updated
    at = _commit(Node("Commit", node.repo, suite.head)).committer[2]
    started = [item.thing.started for item in _suite_runs(node)]
    return min(started, default=at), max(started, default=at)


ROLLUP: Fields = {
    "id": lambda ask, node, args: f"SCR_{node.thing['oid']}",
    "state": lambda ask, node, args: node.thing["state"],
    "contexts": lambda ask, node, args: page(
        node.thing["contexts"], args, connection="contexts",
        checkRunCount=sum(item.type == "CheckRun" for item in node.thing["contexts"]),
        statusContextCount=sum(item.type == "StatusContext" for item in node.thing["contexts"]),
        checkRunCountsByState=_counts(node.thing["contexts"], "CheckRun"),
        statusContextCountsByState=_counts(node.thing["contexts"], "StatusContext"),
    ),
}  # fmt: skip


def _counts(contexts: list[Node], kind: str) -> list[dict[str, Any]]:
    states = [_state(item) for item in contexts if item.type == kind]
    return [{"state": state, "count": states.count(state)} for state in sorted(set(states))]


def _state(item: Node) -> str:
    if item.type == "StatusContext":
        return item.thing.state.upper()
    return (item.thing.conclusion or item.thing.status).upper()


FIELDS: dict[str, Fields] = {
    "Ref": REF,
    "Commit": COMMIT,
    "Tree": TREE,
    "TreeEntry": ENTRY,
    "Blob": BLOB,
    "Tag": TAG,
    "GpgSignature": {
        name: (lambda key: lambda ask, node, args: node.thing[key])(name)
        for name in ("isValid", "state", "wasSignedByGitHub")
    },
    "StatusCheckRollup": ROLLUP,
    "CheckRun": {
        **attributes("name", id="node_id", databaseId="id", startedAt="started", completedAt="completed"),
        **attributes(externalId="external_id", detailsUrl="details_url"),
        "status": lambda ask, node, args: node.thing.status.upper(),
        "conclusion": lambda ask, node, args: node.thing.conclusion.upper() if node.thing.conclusion else None,
        "title": lambda ask, node, args: node.thing.output.get("title"),
        "summary": lambda ask, node, args: node.thing.output.get("summary"),
        "checkSuite": lambda ask, node, args: Node(
            "CheckSuite", node.repo, Suite(node.thing.head, None, node.thing.app)
        ),
        **always(isRequired=False),
    },
    "StatusContext": {
        **attributes("context", "description", id="node_id", targetUrl="target_url", createdAt="at"),
        "state": lambda ask, node, args: node.thing.state.upper(),
        "creator": lambda ask, node, args: actor(node.thing.by.user),
        **always(isRequired=False),
    },
    "CheckSuite": {
        "id": lambda ask, node, args: node.thing.node_id,
        "databaseId": lambda ask, node, args: node.thing.run.id if node.thing.run else None,
        "status": lambda ask, node, args: _suite_verdict(node)[0],
        "conclusion": lambda ask, node, args: _suite_verdict(node)[1],
        "commit": lambda ask, node, args: Node("Commit", node.repo, node.thing.head),
        "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
        "createdAt": lambda ask, node, args: _suite_times(node)[0],
        "updatedAt": lambda ask, node, args: _suite_times(node)[1],
        "branch": lambda ask, node, args: ref(node.repo, node.thing.run.branch) if node.thing.run else None,
        "workflowRun": lambda ask, node, args: (
            Node("WorkflowRun", node.repo, node.thing.run) if node.thing.run else None
        ),
        "app": lambda ask, node, args: Node("App", node.repo, node.thing.app or node.repo.state.apps["github-actions"]),
        "checkRuns": lambda ask, node, args: page(_suite_runs(node), args, connection="checkRuns"),
    },
    "App": attributes("slug", name="slug", id="node_id", databaseId="id"),
}
