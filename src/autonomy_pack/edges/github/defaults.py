"""The one table of addresses that hold where nothing else is said: the public GitHub."""

from __future__ import annotations

API_URL = "https://api.github.com"
GRAPHQL_URL = "https://api.github.com/graphql"
SERVER_URL = "https://github.com"


def graphql_url(api_url: str) -> str:
    """Where GraphQL is when only REST's address is known: a token for one host is never sent to another."""
    api = api_url.rstrip("/")
    return f"{api.removesuffix('/v3')}/graphql" if api.endswith("/api/v3") else f"{api}/graphql"


TOKENS = ("AUTONOMY_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
"""The variables that may hold a token; the first that is set counts."""
