"""The repository, its branches, and comparisons."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.rest.gitdata import full_commit, git_files
from hub.router import Answer, Call, Refused, route


@route("GET", "/repos/{owner}/{repo}")
def get_repo(call: Call) -> Answer:
    return Answer(200, shapes.repository(call, call.repo))


@route("PATCH", "/repos/{owner}/{repo}", "administration:write", role="admin")
def change_repo(call: Call) -> Answer:
    repo = call.repo
    repo.archived = bool(call.data.get("archived", repo.archived))
    repo.private = bool(call.data.get("private", repo.private))
    repo.description = call.data.get("description", repo.description)
    repo.default_branch = call.data.get("default_branch", repo.default_branch)
    if call.data.get("name", repo.name) != repo.name:
        call.hub.rename(repo.full_name, f"{repo.owner.login}/{call.data['name']}")
    return Answer(200, shapes.repository(call, repo))


@route("GET", "/repos/{owner}/{repo}/branches", "contents:read")
def list_branches(call: Call) -> Answer:
    names = [ref.removeprefix("refs/heads/") for ref in call.repo.refs("refs/heads/")]
    return call.page(names, lambda name: _short(call, name))


def _short(call: Call, name: str) -> dict[str, Any]:
    oid = call.repo.head(name)
    url = f"{call.base.api}/repos/{call.repo.full_name}/commits/{oid}"
    return {"name": name, "commit": {"sha": oid, "url": url}, "protected": call.repo.protection(name) is not None}


@route("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents:read")
def get_branch(call: Call) -> Answer:
    name = call.args["branch"]
    oid = call.repo.head(name)
    if not oid:
        raise Refused(404, "Branch not found")
    shown = shapes.example(call, "GET /repos/{owner}/{repo}/branches/{branch}")
    here = f"{call.base.api}/repos/{call.repo.full_name}/branches/{name}"
    rule = call.repo.protection(name)
    shown |= {
        "name": name, "commit": full_commit(call, oid), "protected": rule is not None,
        "_links": {"self": here, "html": f"{call.base.html}/{call.repo.full_name}/tree/{name}"},
        "protection_url": f"{here}/protection",
        "protection": {"enabled": rule is not None, "required_status_checks": {
            "enforcement_level": "non_admins" if rule and rule.required_checks else "off",
            "contexts": list(rule.required_checks) if rule else [], "checks": []}},
    }  # fmt: skip
    return Answer(200, shown)


@route(
    "GET", "/repos/{owner}/{repo}/branches/{branch}/protection/required_signatures", "administration:read", role="admin"
)
def get_signatures(call: Call) -> Answer:
    rule = call.repo.protection(call.args["branch"])
    if rule is None:
        raise Refused(404, "Branch not protected")
    url = f"{call.base.api}/repos/{call.repo.full_name}/branches/{call.args['branch']}/protection/required_signatures"
    return Answer(200, {"url": url, "enabled": rule.required_signatures})


@route("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
def get_rules(call: Call) -> Answer:
    rule, source = call.repo.protection(call.args["branch"]), call.repo.full_name
    kinds = [] if rule is None else [
        *(["required_signatures"] if rule.required_signatures else []),
        *(["creation", "update"] if rule.pushers is not None else []),
        *([] if rule.allow_force else ["non_fast_forward"]),
        *([] if rule.allow_deletion else ["deletion"]),
    ]  # fmt: skip
    return call.page(
        kinds,
        lambda kind: {"type": kind, "ruleset_source_type": "Repository", "ruleset_source": source, "ruleset_id": 1},
    )


@route("GET", "/repos/{owner}/{repo}/compare/{basehead}", "contents:read")
def compare(call: Call) -> Answer:
    git, (base_name, dots, head_name) = call.repo.git, call.args["basehead"].partition("...")
    base, head = git.resolve(base_name), git.resolve(head_name)
    if not dots or base is None or head is None or git.commit(base) is None or git.commit(head) is None:
        raise Refused(404, "Not Found")
    merge_base = git.git("merge-base", base, head).stdout.decode().strip()
    if not merge_base:
        raise Refused(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead, behind = git.log("--reverse", f"{base}..{head}"), git.log(f"{head}..{base}")
    status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
    part, link = call.cut(ahead)
    here = f"{call.base.html}/{call.repo.full_name}/compare/{base_name}...{head_name}"
    shown = {
        "url": f"{call.base.api}/repos/{call.repo.full_name}/compare/{base_name}...{head_name}", "html_url": here,
        "permalink_url": here, "diff_url": f"{here}.diff", "patch_url": f"{here}.patch", "status": status,
        "base_commit": full_commit(call, base), "merge_base_commit": full_commit(call, merge_base),
        "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "commits": [full_commit(call, oid) for oid in part], "files": git_files(call, merge_base, head)[:300],
    }  # fmt: skip
    return Answer(200, shown, link)
