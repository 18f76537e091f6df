"""A bare client for tests of the hub itself: what a request gets, without a library's ideas in between."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import requests

from hub.core import Hub


class Asking:
    """Requests with one token, as one job: `ask.get("/repos/acme/site/issues")` → requests.Response."""

    def __init__(self, hub: Hub, token: str = "", job: str = "") -> None:
        self._hub = hub
        self._headers = {"User-Agent": f"autonomy/0 job/{job}" if job else "tests"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self._hub.api_url}{path}"
        return requests.request(
            method, url, json=body, headers={**self._headers, **named}, timeout=30, allow_redirects=False
        )

    def get(self, path: str, **headers: str) -> requests.Response:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self("POST", path, body)

    def put(self, path: str, body: Any = None) -> requests.Response:
        return self("PUT", path, body)

    def patch(self, path: str, body: Any = None) -> requests.Response:
        return self("PATCH", path, body)

    def delete(self, path: str, body: Any = None) -> requests.Response:
        return self("DELETE", path, body)


class Git:
    """git in a folder of its own, with one token, as one job."""

    def __init__(self, folder: Path, token: str = "", job: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        settings = {"http.userAgent": f"git/autonomy/0 job/{job}", "user.name": "T", "user.email": "t@t.invalid"}
        if token:
            basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
            settings["http.extraHeader"] = f"Authorization: Basic {basic}"
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        self._environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings.items()):
            self._environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *words], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )

    def commit(self, files: dict[str, str], message: str = "A change") -> str:
        """Write and commit files in the work tree; the commit's id."""
        for path, text in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self("add", "--all")
        assert self("commit", "-qm", message).returncode == 0
        return self("rev-parse", "HEAD").stdout.strip()
