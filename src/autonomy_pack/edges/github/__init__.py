"""GitHub's API: one client, one policy of retries, values of the model. PyGithub is loaded when a client is made."""

from __future__ import annotations

from autonomy_pack.edges.github.client import GitHub
from autonomy_pack.edges.github.values import Artifact, CheckRun, Ci, FailedJob, Look, RepositoryLabel

__all__ = ["Artifact", "CheckRun", "Ci", "FailedJob", "GitHub", "Look", "RepositoryLabel"]
