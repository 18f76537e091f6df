"""A fleet without GraphQL: some six reads for each repository, and two writes (a push by git, a pull request)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autonomy_pack.edges import files, host
from autonomy_pack.edges.github.calls import Calls
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.fleet_shapes import trailer
from autonomy_pack.edges.remake import committed
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import Move, value
from autonomy_pack.targets import BRANCH, Branch, Page, Proposal, Push, Pushed, Rule, Target

_RANKS = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
_LOCK, _STOP, _OLDER = ".github/autonomy/lock.json", ".agent-workspace/STOP", ".sovereign/autonomy/VERSION"


@value
class _Seen:
    """All of a commit: path → object id of what is no folder, which of these are plain files, folders, and whether
    nothing was left out."""

    blobs: Mapping[str, str]
    plain: frozenset[str]
    folders: Mapping[str, str]
    whole: bool


class FleetByRest:
    """The same reads and writes as Fleet's, of one owner; `connect` gives the git side of a repository by its name."""

    def __init__(self, owner: str, calls: Calls, connect: Callable[[str, Path], Remote]) -> None:
        self._owner, self._calls, self._connect = owner, calls, connect
        self._names: dict[str, str] = {}
        self._place = ""

    def page(self, after: str, *, labels: bool, runs: bool) -> Page:
        """A hundred repositories; `after`: the number of the page before."""
        if runs:
            raise UsageError("how runs went is known by GraphQL only, which this host lacks", "Leave --rings out.")
        number = int(after or 0) + 1
        told = self._listed(number)
        targets = tuple(self._target(one, labels=labels) for one in told)
        return Page(targets=targets, after=str(number) if len(told) == 100 else "")

    def target(self, id: str, *, labels: bool, runs: bool) -> Target:  # noqa: A002
        """One repository, as it is now."""
        del runs
        return self._target(self._calls.get(f"/repos/{self._names[id]}"), labels=labels)

    def branch(self, target: Target) -> Branch:
        """What our branch has now."""
        seen = self._seen(target.name, target.tip)
        lock = self._text(target.name, seen.blobs[_LOCK]) if _LOCK in seen.plain else None
        return Branch(blobs=_near(seen.blobs), folders=_near(seen.folders), lock=lock)

    def texts(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, str | None]:
        """Object id → its text, None where it is none."""
        return {oid: self._text(self._names[id], oid) for id, oids in wanted.items() for oid in oids}  # noqa: A001

    def push(self, push: Push) -> Pushed:
        """One commit, pushed by git, and its pull request."""
        commit = push.at
        if push.texts or push.gone:
            commit = self._pushed(push)
        return Pushed(commit=commit, url=self._proposed(push) if push.title else "")

    # --- reading

    def _listed(self, number: int) -> list[Any]:
        """A page of the owner's repositories: an organisation's, else a person's."""
        owner, words = (
            quote(self._owner, safe=""),
            {"per_page": 100, "page": number, "sort": "created", "direction": "asc"},
        )
        self._place = self._place or f"/orgs/{owner}/repos"
        told = self._calls.find(self._place, words)
        if told is None and number == 1:
            self._place = f"/users/{owner}/repos"
            told = self._calls.find(self._place, words)
        if told is None:
            raise UsageError(f"there is no organisation and no person {self._owner}", "Look at the name.")
        return list(told)

    def _target(self, told: Any, *, labels: bool) -> Target:
        name = told["full_name"]
        self._names[told["node_id"]] = name
        known = {
            "name": name,
            "id": told["node_id"],
            "archived": told["archived"],
            "disabled": told["disabled"],
            "fork": told["fork"],
            "private": told["private"],
            "issues": told["has_issues"],
            "permission": next((word for key, word in _RANKS.items() if (told.get("permissions") or {}).get(key)), ""),
            "topics": tuple(told.get("topics") or ()),
            "branch": told["default_branch"],
        }
        head = self._tip(name, told["default_branch"])
        if told["archived"] or told["disabled"] or not head:
            return Target(**known, head=head, blobs={})
        return self._deeper(known, head, labels=labels)

    def _deeper(self, known: Mapping[str, Any], head: str, *, labels: bool) -> Target:
        name = str(known["name"])
        seen = self._seen(name, head)
        entries, blobs = seen.blobs, _near(seen.blobs)
        marker = self._text(name, entries[_OLDER]) if _OLDER in seen.plain else None
        tip = self._tip(name, BRANCH)
        message = self._calls.get(f"/repos/{name}/git/commits/{tip}")["message"] if tip else ""
        protected = self._calls.get(f"/repos/{name}/branches/{quote(known['branch'], safe='')}")["protected"]
        return Target(
            **known,
            head=head,
            blobs=blobs,
            links=frozenset(blobs.keys() - seen.plain),
            folders=_near(seen.folders),
            lock=self._text(name, blobs[_LOCK]) if _LOCK in seen.plain else None,
            unread=_unread(seen),
            older=one_line(marker or "", 40),
            marker=marker,
            stop=_STOP in entries or _STOP in seen.folders,
            rule=Rule(can_push=False) if protected else None,
            tip=tip,
            plan=trailer(message),
            proposal=self._proposal(name) if tip else None,
            labels=self._labels(name) if labels else None,
        )

    def _tip(self, name: str, branch: str) -> str:
        try:
            told = self._calls.find(f"/repos/{name}/git/ref/heads/{quote(branch)}")
        except Refused as error:
            if error.status == 409:  # no commit yet
                return ""
            raise
        return str(told["object"]["sha"]) if told else ""

    def _seen(self, name: str, commit: str) -> _Seen:
        told = self._calls.get(f"/repos/{name}/git/trees/{commit}", {"recursive": "1"})
        return _Seen(
            blobs={one["path"]: one["sha"] for one in told["tree"] if one["type"] != "tree"},
            plain=frozenset(one["path"] for one in told["tree"] if one["mode"] in ("100644", "100755")),
            folders={one["path"]: one["sha"] for one in told["tree"] if one["type"] == "tree"},
            whole=not told["truncated"],
        )

    def _text(self, name: str, oid: str) -> str | None:
        told = self._calls.get(f"/repos/{name}/git/blobs/{oid}")
        try:
            return base64.b64decode(told["content"]).decode()
        except ValueError:
            return None

    def _proposal(self, name: str) -> Proposal | None:
        words = {
            "head": f"{self._owner}:{BRANCH}",
            "state": "all",
            "sort": "created",
            "direction": "desc",
            "per_page": 1,
        }
        told = self._calls.get(f"/repos/{name}/pulls", words)
        if not told:
            return None
        state = "merged" if told[0]["merged_at"] else told[0]["state"]
        draft = bool(told[0].get("draft"))
        return Proposal(
            id=told[0]["node_id"], number=told[0]["number"], url=told[0]["html_url"], state=state, draft=draft
        )

    def _labels(self, name: str) -> dict[str, tuple[str, str, str]]:
        told = self._calls.pages(f"/repos/{name}/labels")
        return {one["name"].casefold(): (one["node_id"], one["name"], one["color"].lower()) for one in told}

    # --- writing

    def _pushed(self, push: Push) -> str:
        """The commit, made from the trees of the one that it goes on; no file's content is fetched for it."""
        folder = files.temporary("autonomy-fleet-", within=_scratch())
        try:
            remote = self._connect(push.target.name, folder / "git")
            remote.fetch(push.at, depth=1, filter="blob:none")
            remote.forget()
            message = f"{push.headline}\n\n{push.message}\n"
            commit = committed(remote.git_dir, push.at, push.texts, push.gone, message)
            branch = push.branch or push.target.branch
            self._calls.before_write()
            if not remote.push([Move(ref=f"refs/heads/{branch}", old=push.was or ZERO, new=commit)]):
                raise WorldError(f"{push.target.name}: {branch} moved on meanwhile", "Run the same command again.")
            return commit
        finally:
            files.remove_tree(folder)

    def _proposed(self, push: Push) -> str:
        """The address of the pull request: the open one brought up to date, else a new one."""
        name, told = push.target.name, {"title": push.title, "body": push.body}
        if push.proposal and push.target.proposal:
            at = f"/repos/{name}/pulls/{push.target.proposal.number}"
            return str(self._calls.write("PATCH", at, told)["html_url"])
        body = {**told, "head": push.branch, "base": push.target.branch, "draft": push.draft}
        return str(self._calls.write("POST", f"/repos/{name}/pulls", body, look=lambda: self._open(name))["html_url"])

    def _open(self, name: str) -> Any | None:
        found = self._proposal(name)
        return {"html_url": found.url} if found and found.state == "open" else None


def _near(paths: Mapping[str, str]) -> dict[str, str]:
    """Those at the top and below `.github`, which is all that GraphQL tells of."""
    return {path: oid for path, oid in paths.items() if "/" not in path or path.startswith(".github/")}


def _unread(seen: _Seen) -> str:
    """Why what was seen is not enough to plan from."""
    if not seen.whole:
        return "GitHub gave only a part of its files: it has too many for REST"
    return "" if _LOCK not in seen.blobs.keys() - seen.plain else "its lock.json is a link: restore it from git"


def _scratch() -> Path:
    place = host.cache_home() / "fleet"
    with files.explained(f"making {place}"):
        place.mkdir(parents=True, exist_ok=True)
    return place
