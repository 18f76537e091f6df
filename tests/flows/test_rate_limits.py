import json
from collections.abc import Iterator

import pytest

from hub import Hub
from tests.world import World


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site")
        made.user("ada", permission={"acme/site": "write"})
        yield made
        assert made.violations == []


def environment(hub: Hub, **more: str) -> dict[str, str]:
    urls = {"API_URL": hub.api_url, "GRAPHQL_URL": hub.graphql_url, "SERVER_URL": hub.server_url}
    none = dict.fromkeys(("AUTONOMY_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITHUB_REPOSITORY"), "")
    return {**none, **{f"GITHUB_{name}": url for name, url in urls.items()}, **more}


def test_limits_are_told_with_what_is_left_and_when_they_are_full_again(hub: Hub, world: World) -> None:
    env = environment(hub, GH_TOKEN=hub.token("ada"), GITHUB_REPOSITORY="acme/site")
    told = {one["resource"]: one for one in json.loads(world.autonomy("metrics", "rate-limits", "--json", env=env))}
    assert told["core"]["limit"] == 5000
    assert told["core"]["remaining"] <= 5000
    assert told["core"]["reset"].endswith("Z")
    shown = world.autonomy("metrics", "rate-limits", env=env)
    assert "RESOURCE" in shown
    assert "graphql" in shown


def test_the_repository_is_the_origins_when_nobody_names_one(hub: Hub, world: World) -> None:
    world.git("remote", "add", "origin", f"{hub.server_url}/acme/site.git")
    assert "core" in world.autonomy("metrics", "rate-limits", env=environment(hub, GITHUB_TOKEN=hub.token("ada")))


def test_an_origin_on_another_host_gets_no_token(hub: Hub, world: World) -> None:
    world.git("remote", "add", "origin", "https://elsewhere.example/acme/site.git")
    ended = world.call("metrics", "rate-limits", env=environment(hub, GITHUB_TOKEN=hub.token("ada")))
    assert ended.returncode == 2
    assert "not known" in ended.stderr
    assert hub.journal == []


def test_without_a_token_the_fix_is_told(hub: Hub, world: World) -> None:
    ended = world.call("metrics", "rate-limits", env=environment(hub, GITHUB_REPOSITORY="acme/site"))
    assert ended.returncode == 2
    assert "GH_TOKEN" in ended.stderr
