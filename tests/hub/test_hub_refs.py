"""Claims by ref: however many ask at once, one is first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests

from hub import Hub


def test_of_twelve_parallel_creates_of_one_ref_one_wins_and_eleven_hear_that_it_exists() -> None:
    with Hub() as hub:
        repo = hub.repo("acme/site")
        hub.user("ada", permission={"acme/site": "write"})
        headers = {"Authorization": f"Bearer {hub.token('ada')}"}
        body = {"ref": "refs/autonomy/lease/x", "sha": repo.head()}

        def create(_: int) -> int:
            return requests.post(
                f"{hub.api_url}/repos/acme/site/git/refs", json=body, headers=headers, timeout=30
            ).status_code

        with ThreadPoolExecutor(12) as pool:
            answers = sorted(pool.map(create, range(12)))
        assert answers == [201] + [422] * 11
        assert repo.refs("refs/autonomy/") == {"refs/autonomy/lease/x": repo.head()}
        assert hub.violations == []
