"""The REST routes, by area; importing this registers them."""

from hub.rest import accounts, issues, pulls, refs, repos

__all__ = ["accounts", "issues", "pulls", "refs", "repos"]
