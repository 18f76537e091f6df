"""The client: one repository, one token, every method of its parts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from autonomy_pack.edges.github.calls import Calls
from autonomy_pack.edges.github.comments import Comments
from autonomy_pack.edges.github.files import Files
from autonomy_pack.edges.github.issues import Issues
from autonomy_pack.edges.github.jobs import Jobs
from autonomy_pack.edges.github.looking import Looking
from autonomy_pack.edges.github.own_labels import OwnLabels
from autonomy_pack.edges.github.own_refs import OwnRefs
from autonomy_pack.edges.github.people import People
from autonomy_pack.edges.github.pulls import Pulls
from autonomy_pack.edges.github.runs import Runs
from autonomy_pack.edges.github.stops import Stops
from autonomy_pack.errors import UsageError

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_LOOPBACK = (("http", "127.0.0.1"), ("http", "::1"), ("http", "localhost"))
_JOB = re.compile(r"[A-Za-z0-9_-]{1,40}")


class GitHub(Looking, Issues, People, Pulls, Comments, OwnLabels, OwnRefs, Runs, Jobs, Files, Stops):
    """The API of one repository `owner/name`; every method raises WorldError (`says`, `fix`) when it cannot be done.

    `job` names the job in the user agent. Writes go one after the other, `pace` seconds apart. While fewer than
    `reserve` requests are left in the hour, writes and reads for choosing are refused. One call waits at most
    `patience` seconds in all for a server or a limit.
    """

    def __init__(
        self,
        repo: str,
        *,
        token: str,
        api_url: str,
        graphql_url: str,
        server_url: str,
        job: str = "cli",
        pace: float = 1.0,
        reserve: int = 100,
        patience: float = 60.0,
    ) -> None:
        if not _REPO.fullmatch(repo):
            raise UsageError(f"{repo[:140]!r} is no repository", "Name it as owner/name.")
        if not _JOB.fullmatch(job):
            raise UsageError(f"{job[:60]!r} is no name of a job", "Use letters, digits, - and _.")
        need_safe(api_url, graphql_url)
        self.repo = repo
        self.server_url = server_url.rstrip("/")
        self.calls = Calls(
            repo,
            token=token,
            api_url=api_url.rstrip("/"),
            graphql_url=graphql_url,
            job=job,
            pace=pace,
            reserve=reserve,
            patience=patience,
        )
        self._collaborators = {}
        self._there = {}
        self._etags = {}
        self._asked = {}
        self._stop_in = {}
        self._branch = ""

    def __repr__(self) -> str:
        return f"GitHub({self.repo!r})"

    @property
    def git_url(self) -> str:
        """Where git finds the repository."""
        return f"{self.server_url}/{self.repo}.git"

    @property
    def requests(self) -> int:
        """How many requests this process sent, retries and redirects included."""
        return self.calls.sent

    def close(self) -> None:
        """Let go of the connections."""
        self.calls.close()


def need_safe(*urls: str) -> None:
    """UsageError where a token would go over the network unencrypted."""
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOOPBACK:
            raise UsageError(f"a token is not sent to {url[:140]!r}", "Give the https:// address of the API.")
