"""What somebody prepared in a repository of the hub, so that an order for many would do what it must not."""

from __future__ import annotations

from dataclasses import replace

from autonomy_pack.policy.fleet.rows import Reason
from autonomy_pack.targets import BRANCH
from hub import Hub
from tests.flows.fleet.test_many import INSTALL, Go, fleet, go, hub, reasons

__all__ = ["fleet", "go", "hub"]
DIRECT = replace(INSTALL, direct=True)


def test_a_default_branch_that_is_called_like_ours_is_not_committed_to(hub: Hub, go: Go) -> None:
    repo = hub.repos["acme/one"]
    repo.branch(BRANCH, repo.head())
    repo.default_branch = BRANCH
    before = repo.head()
    assert reasons(go(INSTALL)) == {"one": Reason.PROTECTED, "two": Reason.CHANGE}
    assert repo.head() == before
    assert reasons(go(DIRECT))["one"] is Reason.CHANGE
    assert repo.head() != before
