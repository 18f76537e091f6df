"""Pull requests with every 422 that GitHub knows for them."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.rest.gitdata import full_commit, git_files
from hub.router import Answer, Call, Refused, custom, invalid, route
from hub.things import Issue

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"


def find_pull(call: Call) -> Issue:
    """The pull request of the path, or 404."""
    found = call.repo.pull(call.number("pull_number"))
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _simple(call: Call, made: Issue) -> dict[str, Any]:
    pull, repo = made.pull, call.repo
    assert pull
    shown = shapes.example(call, "GET /repos/{owner}/{repo}/pulls", pulls__1347=f"pulls/{made.number}",
                           issues__1347=f"issues/{made.number}", pull__1347=f"pull/{made.number}")  # fmt: skip
    shown |= {
        "id": pull.id, "node_id": pull.node_id, "number": made.number, "title": made.title, "body": made.body,
        "state": made.state, "locked": made.locked, "draft": pull.draft, "user": shapes.user(call, made.by.user),
        "labels": [shapes.label(call, each) for each in made.labels], "milestone": None, "active_lock_reason": None,
        "created_at": made.created, "updated_at": made.updated, "closed_at": made.closed or None,
        "merged_at": pull.merged or None, "merge_commit_sha": pull.merge_commit or None,
        "assignee": shapes.user(call, made.assignees[0]) if made.assignees else None,
        "assignees": [shapes.user(call, each) for each in made.assignees], "auto_merge": None,
        "requested_reviewers": [shapes.user(call, each) for each in pull.reviewers], "requested_teams": [],
        "head": _side(call, pull.head, repo.pull_head(made), pull.head_repo), "base": _side(call, pull.base, pull.base_sha, ""),
        "author_association": shapes.association(repo, made.by.user.login),
    }  # fmt: skip
    return shown


def _side(call: Call, branch: str, oid: str, fork: str) -> dict[str, Any]:
    repo = call.hub.repos.get(fork.casefold()) if fork else call.repo
    owner = fork.partition("/")[0] or call.repo.owner.login
    shown = shapes.repository(call, repo) if repo else None
    return {
        "label": f"{owner}:{branch}",
        "ref": branch,
        "sha": oid,
        "repo": shown,
        "user": shapes.user(call, (repo or call.repo).owner),
    }


def _full(call: Call, made: Issue) -> dict[str, Any]:
    pull = made.pull
    assert pull
    head = call.repo.pull_head(made)
    base = call.repo.head(pull.base) or pull.base_sha
    files = git_files(call, base, head) if call.repo.git.commit(head) else []
    commits = call.repo.git.log(head, f"^{base}") if call.repo.git.commit(head) else []
    return _simple(call, made) | {
        "merged": bool(pull.merged), "merged_by": shapes.user(call, pull.merged_by), "comments": len(made.comments),
        "mergeable": None if made.state == "closed" else True, "rebaseable": None, "mergeable_state": "unknown",
        "review_comments": 0, "maintainer_can_modify": False, "commits": len(commits), "changed_files": len(files),
        "additions": sum(each["additions"] for each in files), "deletions": sum(each["deletions"] for each in files),
    }  # fmt: skip


@route("GET", "/repos/{owner}/{repo}/pulls", "pull-requests:read")
def list_pulls(call: Call) -> Answer:
    state, head, base = call.query.get("state", "open"), call.query.get("head", ""), call.query.get("base", "")
    rows = [each for each in call.repo.pulls if state in (each.state, "all")]
    # A head without its owner is not a filter at all on GitHub: everything is listed.
    if ":" in head:
        rows = [each for each in rows if _label(call, each).casefold() == head.casefold()]
    rows = [each for each in rows if base in ("", each.pull.base)]  # type: ignore[union-attr]
    key = (lambda each: each.updated) if call.query.get("sort") == "updated" else (lambda each: each.created)
    default = "asc" if call.query.get("sort", "created") != "created" else "desc"
    rows.sort(key=key, reverse=call.query.get("direction", default) == "desc")
    return call.page(rows, lambda each: _simple(call, each))


def _label(call: Call, made: Issue) -> str:
    assert made.pull
    return f"{made.pull.head_repo.partition('/')[0] or call.repo.owner.login}:{made.pull.head}"


@route("POST", "/repos/{owner}/{repo}/pulls", "pull-requests:write", role="read")
def create_pull(call: Call) -> Answer:
    repo, by_job = call.repo, call.token is not None and call.token.kind == "job"
    if by_job and not repo.settings.actions_may_create_pulls:
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    head, base = call.text("head", "PullRequest"), call.text("base", "PullRequest")
    owner, colon, branch = head.rpartition(":")
    if colon and owner.casefold() != repo.owner.login.casefold():
        raise invalid("PullRequest", "head")
    if not repo.head(branch):
        raise invalid("PullRequest", "head")
    if not repo.head(base):
        raise invalid("PullRequest", "base")
    ours = [each.pull for each in repo.pulls if each.state == "open" and each.pull and not each.pull.head_repo]
    if any((each.head, each.base) == (branch, base) for each in ours):
        raise custom("PullRequest", f"A pull request already exists for {repo.owner.login}:{branch}.")
    there, here = repo.git.ancestors(repo.head(base)), repo.git.ancestors(repo.head(branch))
    if not there & here:
        raise custom("PullRequest", f"The {branch} branch has no history in common with {base}")
    if here <= there:
        raise custom("PullRequest", f"No commits between {base} and {branch}")
    if len(call.data.get("body") or "") > 65536:
        raise custom("PullRequest", "body is too long (maximum is 65536 characters)")
    title, body = call.text("title", "PullRequest"), call.data.get("body")
    made = repo.open_pull(
        head=branch, base=base, title=title, body=body, by=call.by, draft=bool(call.data.get("draft"))
    )
    shown = _full(call, made)
    return Answer(201, shown, {"Location": shown["url"]})


@route("GET", PULL, "pull-requests:read")
def get_pull(call: Call) -> Answer:
    return Answer(200, _full(call, find_pull(call)))


@route("PATCH", PULL, "pull-requests:write", role="read")
def change_pull(call: Call) -> Answer:
    made, data = find_pull(call), call.data
    if (
        call.token
        and call.token.kind == "user"
        and call.by.user is not made.by.user
        and not call.repo.has(call.by.user.login, "write")
    ):
        raise Refused(403, "Must have push access to repository.")
    call.repo.edit(made.number, call.by, title=data.get("title"), body=data.get("body"))
    assert made.pull
    if data.get("base"):
        if not call.repo.head(data["base"]):
            raise invalid("PullRequest", "base")
        made.pull.base = data["base"]
    if data.get("state") == "closed":
        call.repo.close(made.number, call.by)
    elif data.get("state") == "open" and made.state == "closed":
        if made.pull.merged or not call.repo.head(made.pull.head):
            raise custom("PullRequest", "state cannot be changed. The pull request cannot be reopened.")
        call.repo.reopen(made.number, call.by)
    return Answer(200, _full(call, made))


@route("GET", f"{PULL}/files", "pull-requests:read")
def list_files(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    head = call.repo.pull_head(made)
    base = call.repo.git.git("merge-base", made.pull.base_sha, head).stdout.decode().strip()
    return call.page(git_files(call, base, head), lambda row: row)


@route("GET", f"{PULL}/commits", "pull-requests:read")
def list_pull_commits(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    return call.page(
        call.repo.git.log("--reverse", call.repo.pull_head(made), f"^{made.pull.base_sha}"),
        lambda oid: full_commit(call, oid),
    )


# --- reviews


@route("GET", f"{PULL}/requested_reviewers", "pull-requests:read")
def list_requested(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    return Answer(200, {"users": [shapes.user(call, each) for each in made.pull.reviewers], "teams": []})


@route("POST", f"{PULL}/requested_reviewers", "pull-requests:write")
def request_reviewers(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    for login in call.data.get("reviewers") or []:
        account = call.hub.users.get(login.casefold())
        if account is made.by.user:
            raise Refused(422, "Review cannot be requested from pull request author.")
        if account is None or not (call.repo.has(login, "triage") or (login.casefold() in call.repo.permissions)):
            raise Refused(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
            )
        if account not in made.pull.reviewers:
            made.pull.reviewers.append(account)
            call.repo.event(made, "review_requested", call.by, requested_reviewer=account)
    return Answer(201, _simple(call, made))


@route("DELETE", f"{PULL}/requested_reviewers", "pull-requests:write")
def unrequest_reviewers(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    gone = {login.casefold() for login in call.data.get("reviewers") or []}
    made.pull.reviewers = [each for each in made.pull.reviewers if each.login.casefold() not in gone]
    return Answer(200, _simple(call, made))


def _review(call: Call, made: Issue, review: Any) -> dict[str, Any]:
    page = f"{call.base.html}/{call.repo.full_name}/pull/{made.number}#pullrequestreview-{review.id}"
    pull = f"{call.base.api}/repos/{call.repo.full_name}/pulls/{made.number}"
    return {
        "id": review.id, "node_id": review.node_id, "user": shapes.user(call, review.by.user), "body": review.body,
        "state": review.state, "html_url": page, "pull_request_url": pull, "submitted_at": review.at,
        "commit_id": review.commit, "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        "author_association": shapes.association(call.repo, review.by.user.login),
    }  # fmt: skip


@route("GET", f"{PULL}/reviews", "pull-requests:read")
def list_reviews(call: Call) -> Answer:
    made = find_pull(call)
    assert made.pull
    return call.page(made.pull.reviews, lambda each: _review(call, made, each))


@route("POST", f"{PULL}/reviews", "pull-requests:write", role="read")
def create_review(call: Call) -> Answer:
    made = find_pull(call)
    event = call.data.get("event", "PENDING")
    if event in ("APPROVE", "REQUEST_CHANGES") and call.by.user is made.by.user:
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise Refused(422, "Unprocessable Entity", f"Can not {verb} your own pull request")
    if (
        event == "APPROVE"
        and call.token
        and call.token.kind == "job"
        and not call.repo.settings.actions_may_create_pulls
    ):
        raise Refused(403, "GitHub Actions is not permitted to approve pull requests.")
    states = {
        "APPROVE": "APPROVED",
        "REQUEST_CHANGES": "CHANGES_REQUESTED",
        "COMMENT": "COMMENTED",
        "PENDING": "PENDING",
    }
    review = call.repo.review(made.number, call.by, states[event], call.data.get("body") or "")
    return Answer(200, _review(call, made, review))
