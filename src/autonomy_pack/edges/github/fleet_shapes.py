"""What the page query answers, as values: nothing that GitHub did not say is made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autonomy_pack.edges.github.shapes import time
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.targets import PLAN, UNNAMED, Page, Proposal, Rule, Runs, Target

_TRAILER = re.compile(rf"^{PLAN}: ([0-9a-f]{{64}})$", re.MULTILINE)
_FAILED = ("FAILURE", "STARTUP_FAILURE", "TIMED_OUT")
# One that was skipped or cancelled, or waits for a person, shows nothing.
_FINISHED = (*_FAILED, "SUCCESS", "NEUTRAL")
_OURS = re.compile(r"/actions/workflows/(autonomous-agent-loop|autonomy-[a-z-]+)\.yml$")


def target(told: Any) -> Target:
    """One repository of a page."""
    branch = told["defaultBranchRef"] or {}
    at = branch.get("target") or {}
    ours = (told["ours"] or {}).get("target") or {}
    entries = dict(paths(told))
    lock, unread = _lock(told["lock"])
    return Target(
        name=told["nameWithOwner"],
        id=told["id"],
        archived=told["isArchived"],
        disabled=told["isDisabled"],
        fork=told["isFork"],
        private=told["isPrivate"],
        issues=told["hasIssuesEnabled"],
        permission=(told["viewerPermission"] or "").lower(),
        topics=tuple(one["topic"]["name"] for one in told["repositoryTopics"]["nodes"]),
        branch=branch.get("name", ""),
        head=at.get("oid", ""),
        policy_tree=(told["policy"] or {}).get("oid", ""),
        blobs={path: oid for path, (oid, _) in entries.items()},
        links=frozenset(path for path, (_, plain) in entries.items() if not plain),
        folders=dict(folders(told)),
        lock=lock,
        unread=unread,
        older=one_line((told["older"] or {}).get("text") or "", 40),
        marker=_marker(told["older"]),
        stop=told["stop"] is not None,
        rule=_rule(branch.get("refUpdateRule")),
        tip=ours.get("oid", ""),
        plan=trailer(ours.get("message", "")),
        proposal=_proposal([*_associated(told), *told["pullRequests"]["nodes"]]),
        labels=_labels(told["labels"]) if "labels" in told else None,
        record=((told["record"] or {}).get("target") or {}).get("message", ""),
        runs=_runs(at["checkSuites"]["nodes"]) if "checkSuites" in at else None,
        installed=_installed(at),
    )


def untold(told: Any, owner: str, after: str, why: str) -> Page:
    """A page of one repository of which no more than its name is known, and perhaps not even that."""
    known = next((one for one in told.get("nodes") or () if one), {"id": after, "nameWithOwner": f"{owner}/{UNNAMED}"})
    end = told["pageInfo"]
    lost = Target(name=known["nameWithOwner"], id=known["id"], blobs={}, unread=why)
    return Page(targets=(lost,), after=end["endCursor"] if end["hasNextPage"] else "")


def trailer(message: str) -> str:
    """The plan that the commit on our branch was made by; "" when its message names none."""
    found = _TRAILER.search(message)
    return found[1] if found else ""


def paths(told: Any) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Path → (object id, whether it is a plain file) of the top's files and all below `.github` that was read."""
    yield from _files((told["root"] or {}).get("entries") or (), "")
    yield from _files((told["policy"] or {}).get("entries") or (), ".github/")


def folders(told: Any) -> Iterator[tuple[str, str]]:
    """Path → object id of the folders at the top and below `.github` that were seen."""
    yield from _folders((told["root"] or {}).get("entries") or (), "")
    yield from _folders((told["policy"] or {}).get("entries") or (), ".github/")


def _folders(entries: Any, folder: str) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if entry["type"] == "tree":
            yield folder + entry["name"], entry["oid"]
            yield from _folders((entry.get("object") or {}).get("entries") or (), f"{folder}{entry['name']}/")


def _files(entries: Any, folder: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    for entry in entries:
        path = folder + entry["name"]
        if entry["type"] != "tree":
            yield path, (entry["oid"], entry["mode"] in (0o100644, 0o100755))
        elif entry.get("object"):
            yield from _files(entry["object"].get("entries") or (), f"{path}/")


def _lock(told: Any) -> tuple[str | None, str]:
    """(its text, why it was not read)."""
    if told is None:
        return None, ""
    if told["__typename"] != "Blob" or told["text"] is None or told["isTruncated"] or told["isBinary"]:
        return None, "its lock.json is no text that can be read: restore it from git"
    return told["text"], ""


def _marker(told: Any) -> str | None:
    """All that it holds; GitHub puts U+FFFD where it is no UTF-8."""
    if not told or told.get("text") is None or told["isTruncated"] or told["isBinary"] or "\ufffd" in told["text"]:
        return None
    return str(told["text"])


def _rule(told: Any) -> Rule | None:
    if not told:
        return None
    return Rule(
        can_push=told["viewerCanPush"],
        signatures=told["requiresSignatures"],
        reviews=told["requiredApprovingReviewCount"] or 0,
        checks=tuple(told["requiredStatusCheckContexts"] or ()),
    )


def _associated(told: Any) -> list[Any]:
    """Of our branch itself; strangers can crowd those that are found by the branch's name out of a page."""
    return list(told["ours"]["associatedPullRequests"]["nodes"]) if told["ours"] else []


def _proposal(told: Any) -> Proposal | None:
    """The newest from within the repository: anybody may open one from a branch of that name in a fork."""
    for one in filter(None, told):
        if not one["isCrossRepository"]:
            state = one["state"].lower()
            return Proposal(id=one["id"], number=one["number"], url=one["url"], state=state, draft=one["isDraft"])
    return None


def _labels(told: Any) -> dict[str, tuple[str, str, str]]:
    return {one["name"].casefold(): (one["id"], one["name"], one["color"].lower()) for one in told["nodes"] if one}


def _runs(told: Any) -> Runs:
    ours = [
        one for one in told if _OURS.search(((one["workflowRun"] or {}).get("workflow") or {}).get("resourcePath", ""))
    ]
    finished = [one for one in ours if one["conclusion"] in _FINISHED]
    failed = sum(one["conclusion"] in _FAILED for one in finished)
    return Runs(finished=len(finished), failed=failed, since=min((one["createdAt"] for one in ours), default=""))


def _installed(at: Any) -> str:
    commits = (at.get("history") or {}).get("nodes") or [{}]
    return time(commits[0].get("committedDate") or "")
