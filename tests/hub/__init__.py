"""A stateful stand-in for GitHub: REST, git over HTTP, permissions of jobs, faults, and GitHub's document as referee.

    with Hub() as hub:
        repo = hub.repo("acme/site", files={"README.md": "x"})
        hub.user("ada", permission={"acme/site": "write"})
        issue = repo.issue(title="Rename it", author="ada", labels=[("priority:high", "ada")])
        token = hub.token("ada")
        ...  # any client against hub.api_url, hub.graphql_url, f"{hub.server_url}/acme/site.git"
        assert hub.violations == []

The words for state are at the top of state.py.
"""

from hub.core import Hub
from hub.faults import KINDS, Barrier, Fault
from hub.journal import Request
from hub.repository import Repo

__all__ = ["KINDS", "Barrier", "Fault", "Hub", "Repo", "Request"]
