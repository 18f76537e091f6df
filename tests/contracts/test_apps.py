"""The manifests of our two Apps: in the form that GitHub takes, with no right that is not needed."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.docs.manual import DOCS, ROOT
from tests.workflows.rules import HOLDS, LOOP

# "Registering a GitHub App from a manifest": the keys it knows, of which url is required.
KNOWN = {
    "name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public",
    "default_events", "default_permissions", "request_oauth_on_install", "setup_on_update",
}  # fmt: skip
APPS = ("fleet", "publish")


def manifest(app: str) -> dict[str, Any]:
    return json.loads((ROOT / "apps" / f"{app}.json").read_text())


def test_there_are_these_two() -> None:
    assert sorted(path.name for path in (ROOT / "apps").iterdir()) == [f"{app}.json" for app in APPS]


@pytest.mark.parametrize("app", APPS)
def test_it_has_the_form_that_github_takes(app: str) -> None:
    told = manifest(app)
    assert set(told) <= KNOWN
    assert told["url"].startswith("https://")
    assert set(told["default_permissions"].values()) <= {"read", "write"}
    assert all(name == name.lower() and "-" not in name for name in told["default_permissions"])
    assert len(told["name"]) <= 34


@pytest.mark.parametrize("app", APPS)
def test_it_is_private_hears_nothing_and_signs_nobody_in(app: str) -> None:
    told = manifest(app)
    assert (told["public"], told["default_events"], told["request_oauth_on_install"]) == (False, [], False)
    assert told["hook_attributes"]["active"] is False
    assert "callback_urls" not in told


def test_what_publishes_may_not_change_workflows() -> None:
    assert "workflows" not in manifest("publish")["default_permissions"]


def test_what_publishes_may_do_what_the_job_publish_may_and_no_more() -> None:
    holds = {name.replace("-", "_"): level for name, level in HOLDS[LOOP]["publish"].items()}
    assert manifest("publish")["default_permissions"] == {**holds, "metadata": "read"}


def test_the_fleet_changes_files_by_pull_request_and_only_reads_the_rest() -> None:
    may = manifest("fleet")["default_permissions"]
    assert {name for name, level in may.items() if level == "write"} == {
        "contents",
        "issues",
        "pull_requests",
        "workflows",
    }
    assert not {"administration", "secrets", "members"} & set(may), "what only a full verify needs is a person's choice"


class Form(HTMLParser):
    """Where the form leads, and the text in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.action = dict(attrs)["action"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data if data.strip().startswith("{") or self.text.startswith("{") else ""


def form(*words: str) -> subprocess.CompletedProcess[str]:
    env = {"GITHUB_SERVER_URL": "https://ghe.example/", "PATH": "/usr/bin:/bin"}
    script = str(ROOT / "scripts" / "app-form.sh")
    return subprocess.run(["sh", script, *words], capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize("app", APPS)
def test_the_form_hands_the_manifest_to_github(app: str) -> None:
    page = Form(form(app, "acme").stdout)
    place, _, state = page.action.partition("?state=")
    assert place == "https://ghe.example/organizations/acme/settings/apps/new"
    assert len(state) == 32
    assert json.loads(page.text[: page.text.rindex("}") + 1]) == manifest(app)
    assert Form(form(app).stdout).action.startswith("https://ghe.example/settings/apps/new?")


def test_a_form_is_made_of_our_two_apps_and_names_only() -> None:
    assert form("other").returncode == 2
    assert form("fleet", '"><script>').returncode == 2


def test_the_manual_names_every_permission() -> None:
    text = (DOCS / "how-to" / "github-app-tokens.md").read_text()
    for app in APPS:
        for name in manifest(app)["default_permissions"]:
            assert f"`{name.replace('_', '-')}" in text, name
