"""The REST routes, by area; importing this registers them."""

from hub.rest import (
    accounts,
    actions,
    artifacts,
    checks,
    comments,
    contents,
    gitdata,
    issues,
    labels,
    orgs,
    pulls,
    refs,
    repos,
    settings,
    variables,
)

__all__ = [
    "accounts",
    "actions",
    "artifacts",
    "checks",
    "comments",
    "contents",
    "gitdata",
    "issues",
    "labels",
    "orgs",
    "pulls",
    "refs",
    "repos",
    "settings",
    "variables",
]
