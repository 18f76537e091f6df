"""The proxy: programs reach the hub by GitHub's own names, and nothing else by any name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hub import Fault, Hub
from hub.proxy import Proxy

READ = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).read().decode())"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site", files={"README.md": "# site\n"})
        made.user("ada", permission={"acme/site": "write"})
        yield made


@pytest.fixture
def proxy(hub: Hub) -> Iterator[Proxy]:
    with Proxy(hub) as made:
        yield made


def run(proxy: Proxy, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program that knows nothing but its environment."""
    whole = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "GIT_TERMINAL_PROMPT": "0",
        **proxy.environment(),
        **(env or {}),
    }
    return subprocess.run(argv, env=whole, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_a_python_program_finds_the_api_under_its_real_name(hub: Hub, proxy: Proxy) -> None:
    said = json.loads(run(proxy, sys.executable, "-c", READ, "https://api.github.com/repos/acme/site").stdout)
    assert said["url"] == "https://api.github.com/repos/acme/site"
    assert said["html_url"] == "https://github.com/acme/site"
    assert (hub.escapes, hub.violations) == ([], [])


def test_curl_posts_graphql_with_its_token(hub: Hub, proxy: Proxy) -> None:
    query = json.dumps({"query": '{viewer{login} repository(owner:"acme",name:"site"){url}}'})
    asked = ["-sS", "-H", f"Authorization: bearer {hub.token('ada')}", "-d", query, "https://api.github.com/graphql"]
    said = json.loads(run(proxy, "curl", *asked).stdout)
    assert said["data"] == {"viewer": {"login": "ada"}, "repository": {"url": "https://github.com/acme/site"}}


def test_git_clones_and_pushes_under_the_real_name(hub: Hub, proxy: Proxy, tmp_path: Path) -> None:
    repo, place = hub.repos["acme/site"], str(tmp_path / "clone")
    assert run(proxy, "git", "clone", "-q", "https://github.com/acme/site.git", place).returncode == 0
    who = ["-c", "user.name=A", "-c", "user.email=a@a.invalid"]
    run(proxy, "git", "-C", place, *who, "commit", "-q", "--allow-empty", "-m", "more")
    address = f"https://x-access-token:{hub.token('ada')}@github.com/acme/site.git"
    pushed = run(proxy, "git", "-C", place, "push", "-q", address, "HEAD:refs/heads/more")
    assert pushed.returncode == 0, pushed.stderr
    assert "refs/heads/more" in repo.refs()


def test_an_artifact_is_fetched_from_another_host_that_gets_no_token(hub: Hub, proxy: Proxy, tmp_path: Path) -> None:
    made = hub.repos["acme/site"].artifacts.add(7, "attempt-1", b"PK zip")
    url = f"https://api.github.com/repos/acme/site/actions/artifacts/{made.id}/zip"
    asked = [
        "-sSL",
        "-H",
        f"Authorization: Bearer {hub.token('ada')}",
        "-w",
        "%{url_effective}",
        "-o",
        str(tmp_path / "zip"),
        url,
    ]
    ended = run(proxy, "curl", *asked)
    assert ended.stdout.startswith("https://blobs.github.com/"), ended
    assert ((tmp_path / "zip").read_bytes(), hub.journal[-1].token) == (b"PK zip", "")


def test_any_other_host_is_refused_and_noted(hub: Hub, proxy: Proxy) -> None:
    assert run(proxy, sys.executable, "-c", READ, "https://example.com/x").returncode != 0
    assert run(proxy, sys.executable, "-c", READ, "http://example.net/x").returncode != 0
    assert hub.escapes == ["example.com", "example.net"]


def test_a_program_that_does_not_know_the_authority_gets_nothing(hub: Hub, proxy: Proxy) -> None:
    strict = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"}
    assert (
        "CERTIFICATE_VERIFY_FAILED"
        in run(proxy, sys.executable, "-c", READ, "https://api.github.com/x", env=strict).stderr
    )
    assert hub.journal == []


@pytest.mark.parametrize("kind", ["die_before", "die_after", "cut_body"])
def test_what_breaks_in_the_hub_breaks_behind_the_proxy_too(hub: Hub, proxy: Proxy, kind: str) -> None:
    hub.faults.add(Fault(kind, route="/repos/acme/site"))
    broken = run(proxy, sys.executable, "-c", READ, "https://api.github.com/repos/acme/site")
    assert broken.returncode != 0
    assert "RemoteDisconnected" in broken.stderr or "IncompleteRead" in broken.stderr or "ssl" in broken.stderr.lower()
    assert run(proxy, sys.executable, "-c", READ, "https://api.github.com/repos/acme/site").returncode == 0


def test_many_programs_use_it_at_once(hub: Hub, proxy: Proxy) -> None:
    eight = "\n".join(["url = https://api.github.com/repos/acme/site"] * 8)
    argv = [
        "curl",
        "-sS",
        "--parallel",
        "--parallel-immediate",
        "-w",
        "%{http_code}\n",
        "-o",
        "/dev/null",
        "-K",
        "/dev/stdin",
    ]
    whole = {"PATH": os.environ["PATH"], **proxy.environment()}
    ended = subprocess.run(argv, input=eight, env=whole, capture_output=True, text=True, check=True)
    assert ended.stdout.count("200") >= 1
    assert len(hub.requests("/repos/acme/site")) == 8
