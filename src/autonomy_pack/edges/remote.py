"""A repository elsewhere: its refs read, fetched and moved by compare-and-swap, by git itself.

The token reaches git in its environment only, for the address's own origin only, and follows no redirect.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from autonomy_pack import __version__
from autonomy_pack.edges import clock, files, git, host, refusals
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import Move

ZERO = "0" * 40
_OID = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(r"refs/[^\x00-\x20\x7f~^:?*\[\\]{1,1000}")
_PATTERN = re.compile(r"refs/[^\x00-\x20\x7f~^:?*\[\\]{0,1000}\*?")
_SECONDS = 120.0
# Seconds, at most, before each try; what only reads is not tried the last time.
_PAUSES = (0.0, 0.1, 1.0, 5.0)
# What of our environment reaches git: how to get out of this network, and whom to trust there.
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_PASSED = (
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
)


class Remote:
    """One remote repository, and the bare repository `git_dir` that its objects come into (made when missing).

    `url` is file://, http:// or https://; `agent` names the job in the user agent. UsageError for any other address,
    for one that holds a password, and for a token that would go over the network unencrypted. Every call takes at
    most 120 s, and raises WorldError when the remote cannot be reached or refuses; no message holds the token.
    """

    def __init__(self, url: str, git_dir: Path, *, token: str = "", agent: str = "autonomy") -> None:
        self.url, self.git_dir = url, git_dir
        self._token = token
        self._env = _environment(url, token, agent)

    def ready(self) -> None:
        """Make git_dir a bare repository, unless it is a repository."""
        if not (self.git_dir / "HEAD").exists():
            _make(self.git_dir)

    def tips(self, *patterns: str) -> dict[str, str]:
        """Ref → object id of the remote's refs that match one of the patterns ("refs/x/*"; * spans slashes too)."""
        wanted = [_checked(_PATTERN, pattern) for pattern in patterns]
        out = self._must("ls-remote", "--quiet", self.url, *wanted)
        found = (line.split("\t", 1) for line in git.text(out).splitlines())
        return {ref: oid for oid, ref in found if any(fnmatchcase(ref, one) for one in wanted)}

    def fetch(self, *wants: str, depth: int = 0, filter: str = "") -> None:  # noqa: A002
        """Bring these refs or commits (40 hex digits) and what they reach into git_dir; no ref is written there.

        `depth` limits the history (0 = all of it), `filter` leaves objects out ("blob:none").
        """
        lines = "".join(f"{want if _OID.fullmatch(want) else _checked(_REF, want)}\n" for want in wants)
        rest = [f"--depth={depth}"] * bool(depth) + [f"--filter={filter}" if filter else "--no-filter"]
        self._must(*_FETCH, *rest, "--stdin", self.url, stdin=lines.encode())

    def forget(self) -> None:
        """Let git forget that objects were left out: a push over HTTP would ask for some of them, to send less."""
        git.run("config", "--remove-section", f"remote.{self.url}", at=self.git_dir, ok=(0, 128))

    def mirror(self, *patterns: str) -> dict[str, str]:
        """Make git_dir's refs of these patterns the remote's (also backwards, also gone), objects and all; the tips.

        One request where ls-remote would list every ref of the repository. One caller at a time.
        """
        specs = [f"+{_checked(_PATTERN, one)}:{one}" for one in patterns]
        self._must(*_FETCH, "--no-filter", "--prune", self.url, *specs, alone=True)
        out = git.run("for-each-ref", "--format=%(refname) %(objectname)", *_prefixes(patterns), at=self.git_dir)
        found = dict(line.split(" ") for line in git.text(out).splitlines())
        return {ref: oid for ref, oid in found.items() if any(fnmatchcase(ref, one) for one in patterns)}

    def push(self, moves: Sequence[Move]) -> bool:
        """Make all these moves or none: True when they are made, False when a ref was not at its `old`.

        When the answer is lost, the remote's refs tell; a push that did not arrive is sent again, up to 4 times.
        WorldError names the rule when one refused it.
        """
        said, lost = b"", False
        for pause in _PAUSES if moves else ():
            clock.pause(random.uniform(0.2, 1.0) * pause)  # noqa: S311 - a pause, not a secret
            code, out, err = self._speak(*_push_words(self.url, moves))
            if code == 0:
                return True
            said, lost = out + err, lost or b"\nDone" not in out
            if refusals.of(self._shown(said)):
                raise self._failed("push", said)
            outcome = self._made(moves, lost)
            if outcome is not None:
                return outcome
        if moves:
            raise self._failed("push", said)
        return True

    def _made(self, moves: Sequence[Move], lost: bool) -> bool | None:
        """Whether a push that git calls failed was made after all; None when nothing moved, so that it may go again."""
        try:
            tips = self.tips(*(move.ref for move in moves))
        except WorldError:
            if lost:
                return None
            raise
        at = {move: tips.get(move.ref, ZERO) for move in moves}
        if all(tip == move.new or (lost and self._leads_to(move.new, tip)) for move, tip in at.items()):
            return True
        return None if all(tip == move.old for move, tip in at.items()) else False

    def _leads_to(self, oid: str, tip: str) -> bool:
        """Whether others went on from `oid`, so that it was there."""
        if ZERO in (oid, tip):
            return False
        self.fetch(tip)
        return git.heard("merge-base", "--is-ancestor", oid, tip, at=self.git_dir)[0] == 0

    def _must(self, *words: str, stdin: bytes = b"", alone: bool = False) -> bytes:
        """git's output; what changes nothing over there may be asked again. `alone`: git_dir is nobody else's now."""
        said = b""
        for pause in _PAUSES[:-1]:
            clock.pause(random.uniform(0.2, 1.0) * pause)  # noqa: S311 - a pause, not a secret
            code, out, said = self._speak(*words, stdin=stdin)
            if code == 0:
                return out
            if refusals.of(self._shown(said)):
                break
            if alone and b".lock'" in said:
                self._unlock()
        raise self._failed(words[0], said)

    def _speak(self, *words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        self.ready()
        return git.heard(*words, at=self.git_dir, stdin=stdin, env=self._env, seconds=_SECONDS)

    def _failed(self, verb: str, said: bytes) -> WorldError:
        words = self._shown(said)
        known = refusals.of(words)
        if known:
            return WorldError(f"{self.url} refused the {verb}: {known[0]}", known[1])
        last = one_line(refusals.last_line(words), 300)
        return WorldError(f"git {verb} with {self.url} failed: {last}", "Check the network, then run the same command.")

    def _shown(self, said: bytes) -> str:
        return redact(said.decode("utf-8", "replace"), [self._token, _basic(self._token)] if self._token else [])

    def _unlock(self) -> None:
        """Remove what a killed git left: the caller is alone, so these locks are nobody's."""
        for lock in [*self.git_dir.glob("*.lock"), *(self.git_dir / "refs").rglob("*.lock")]:
            lock.unlink(missing_ok=True)


_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")


def _environment(url: str, token: str, agent: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise UsageError("the remote's address cannot be read", "Write it as https://HOST/OWNER/NAME.git.") from None
    if parts.scheme not in ("https", "http", "file") or not url.isprintable() or " " in url:
        raise UsageError("a remote cannot be at such an address", "Write it as https://HOST/OWNER/NAME.git.")
    if "@" in parts.netloc:
        raise UsageError("the remote's address holds a name or password", "Leave it out: set AUTONOMY_GITHUB_TOKEN.")
    settings = {
        f"protocol.{parts.scheme}.allow": "always",
        "http.followRedirects": "false",
        "http.userAgent": f"git/autonomy/{__version__} job/{agent}",
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": "60",
        "credential.helper": "",
        "core.filesRefLockTimeout": "500",
    }
    if token and parts.scheme != "file":
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise UsageError("a token is not sent over http", "Use the https:// address.")
        settings[f"http.{origin}/.extraHeader"] = f"Authorization: Basic {_basic(token)}"
    numbered = list(enumerate(settings.items()))
    given = {name: text for name in _PASSED if (text := host.setting(name))}
    keys = {f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in numbered}
    values = {f"GIT_CONFIG_VALUE_{number}": text for number, (_, text) in numbered}
    return {**given, "GIT_CONFIG_COUNT": str(len(settings)), **keys, **values}


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def _checked(form: re.Pattern[str], word: str) -> str:
    if not form.fullmatch(word) or ".." in word:
        raise UsageError(f"{word[:100]!r} is no ref", "This is a defect of the program; please report it.")
    return word


def _prefixes(patterns: Sequence[str]) -> list[str]:
    return sorted({pattern.rpartition("/")[0] for pattern in patterns})


def _push_words(url: str, moves: Sequence[Move]) -> list[str]:
    words = ["push", "--atomic", "--porcelain", "--no-verify", "--no-signed", "--recurse-submodules=no"]
    for move in moves:
        ref, old, new = _checked(_REF, move.ref), _checked(_OID, move.old), _checked(_OID, move.new)
        words.append(f"--force-with-lease={ref}:{'' if old == ZERO else old}")
        words.append(f"{'' if new == ZERO else new}:{ref}")
    leases = [word for word in words if word.startswith("--")]
    return ["push", *leases, url, *(word for word in words[1:] if not word.startswith("--"))]


def _make(git_dir: Path) -> None:
    """Make the bare repository whole or not at all: others may do the same at this moment."""
    with files.explained(f"making {git_dir}"):
        git_dir.parent.mkdir(parents=True, exist_ok=True)
    made = files.temporary(f".{git_dir.name}.", within=git_dir.parent)
    git.run("init", "--quiet", "--bare", "--template=", at=made)
    try:
        made.chmod(0o755)  # a box reads it as another user; what may be seen of it is up to the folder around it
        made.rename(git_dir)
    except OSError as error:
        files.remove_tree(made)
        if not (git_dir / "HEAD").exists():
            raise WorldError(
                f"making {git_dir}: {error.strerror}", "Name a folder that is empty or not there."
            ) from error
