"""The REST routes, by area; importing this registers them."""

from hub.rest import accounts, actions, checks, contents, gitdata, issues, pulls, refs, repos

__all__ = ["accounts", "actions", "checks", "contents", "gitdata", "issues", "pulls", "refs", "repos"]
