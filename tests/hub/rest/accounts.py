"""Accounts, limits, and what the host says of itself."""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.router import Answer, Call, Refused, route
from hub.things import User


def public(call: Call, account: User) -> dict[str, Any]:
    """A public-user."""
    shown = shapes.example(call, "GET /users/{username}")
    return shown | (shapes.user(call, account) or {}) | {"name": None, "email": None, "user_view_type": "public"}


@route("GET", "/users/{username}")
def get_user(call: Call) -> Answer:
    found = call.hub.users.get(call.args["username"].casefold())
    if found is None:
        raise Refused(404, "Not Found")
    return Answer(200, public(call, found))


@route("GET", "/user/{account_id}")
def get_user_by_id(call: Call) -> Answer:
    found = next((each for each in call.hub.users.values() if str(each.id) == call.args["account_id"]), None)
    if found is None:
        raise Refused(404, "Not Found")
    return Answer(200, public(call, found))


@route("GET", "/user")
def get_myself(call: Call) -> Answer:
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.kind != "user":
        raise Refused(403, "Resource not accessible by integration")
    return Answer(200, public(call, call.by.user))


@route("GET", "/rate_limit")
def get_rate_limit(call: Call) -> Answer:
    shown = shapes.example(call, "GET /rate_limit")
    if call.token is not None:
        rate = call.token.rate
        now = {"limit": rate.limit, "used": rate.used, "remaining": rate.remaining, "reset": rate.reset}
        shown["resources"]["core"] = shown["rate"] = now
        for each in shown["resources"].values():
            each["reset"] = rate.reset or call.hub.clock.seconds()
    return Answer(200, shown)


@route("GET", "/meta")
def get_meta(call: Call) -> Answer:
    return Answer(200, shapes.example(call, "GET /meta"))


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", role="write")
def get_permission(call: Call) -> Answer:
    login = call.args["username"]
    account = call.hub.users.get(login.casefold())
    if account is None:
        raise Refused(404, f"{login} is not a user")
    role = call.repo.permission(login)
    plain = {"maintain": "write", "triage": "read"}.get(role, role)
    flags = {"pull": plain != "none", "triage": role not in ("none", "read"), "push": plain in ("write", "admin"),
             "maintain": role in ("maintain", "admin"), "admin": role == "admin"}  # fmt: skip
    who = (shapes.user(call, account) or {}) | {"permissions": flags, "role_name": role}
    return Answer(200, {"permission": plain, "role_name": role, "user": who})
