"""Choosing from a checkout whose issues live on GitHub: labels count by their events there too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows import box, project, survey
from hub import Hub
from hub.things import By
from tests.flows.actions.scenes import BODY, FIX, HIGH, Site
from tests.world import World


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with Hub() as hub:
        made = Site(hub, tmp_path)
        urls = {"API": hub.api_url, "GRAPHQL": hub.graphql_url, "SERVER": hub.server_url}
        for name, url in urls.items():
            monkeypatch.setenv(f"GITHUB_{name}_URL", url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "acme/site")
        monkeypatch.setenv("GITHUB_TOKEN", hub.token("ada"))
        yield made
        assert hub.violations == []


def whys(world: World) -> dict[str, str]:
    world.config("mission: fix\n")
    world.mission("fix", FIX.partition("name: fix\n")[2])
    opened = project.open_project(world.root, forge="github")
    try:
        seen = survey.look(opened, box=box.choose(opened.config, "none"))
    finally:
        opened.store.close()
    assert all(choice.task.event for choice in seen.choices if choice.task)
    return {choice.id: choice.why for choice in seen.choices}


def test_only_labels_of_people_who_may_write_count_and_apps_are_seen_too(site: Site, world: World) -> None:
    app = By(site.hub.account("ada"), site.hub.app("triage"))
    site.issue(HIGH)
    site.issue((HIGH, "eve"))
    site.issue((HIGH, app))  # type: ignore[arg-type]
    site.repo.edit(site.issue(HIGH), "eve", body=BODY + "more")
    found = whys(world)
    assert found["1"] == "eligible"
    assert found["2"].startswith("not trusted: priority:high was set by eve")
    assert "through the App triage" in found["3"]
    assert "edited after" in found["4"]


def test_what_cannot_be_worked_on_soon_costs_no_request_of_its_own(site: Site, world: World) -> None:
    for _ in range(23):
        site.issue(HIGH)
    found = list(whys(world).values())
    assert found == ["eligible"] * 20 + ["eligible; 20 are before it"] * 3
    assert len(site.hub.requests(r"GET .*/issues/\d+/events")) == 20
