"""Talking to a repository elsewhere: real git against real bare repositories, and against servers that misbehave."""

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import gitrefs
from autonomy_pack.edges import commits, git, refusals
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import PackError, UsageError, WorldError
from autonomy_pack.model import Move

TOKEN = "ghs_" + "Zz9" * 12
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
AT = "2026-01-02T03:04:05.000000Z"


@pytest.fixture
def bare(tmp_path):
    return tmp_path / "there.git"


@pytest.fixture
def remote(bare, tmp_path):
    return Remote(gitrefs.bare(bare), tmp_path / "deep" / "here.git")


def commit(remote, says, parent=""):
    remote.ready()
    return commits.write(remote.git_dir, says, parent, AT)


def make(remote, ref, says="one"):
    oid = commit(remote, says)
    assert remote.push([Move(ref=ref, old=ZERO, new=oid)])
    return oid


# --- reading ---------------------------------------------------------------------------------------------------------


def test_tips_are_those_of_the_patterns_and_of_nothing_that_only_ends_like_them(remote):
    one, two = make(remote, "refs/x/a"), make(remote, "refs/heads/refs/x/a", "two")
    assert remote.tips("refs/x/*") == {"refs/x/a": one}
    assert remote.tips("refs/heads/*", "refs/none") == {"refs/heads/refs/x/a": two}
    assert remote.tips("refs/x/a") == {"refs/x/a": one}


def test_fetching_brings_objects_and_writes_no_ref(remote, tmp_path):
    one = make(remote, "refs/heads/main")
    two = commit(remote, "two", one)
    remote.push([Move(ref="refs/heads/main", old=one, new=two)])
    other = Remote(remote.url, tmp_path / "other.git")
    other.fetch(two, depth=1)
    assert (has(other, two), has(other, one)) == (True, False)
    third = Remote(remote.url, tmp_path / "third.git")
    third.fetch("refs/heads/main", one)
    assert has(third, one)
    assert git.run("for-each-ref", at=third.git_dir) == git.run("for-each-ref", at=other.git_dir) == b""
    assert not (third.git_dir / "FETCH_HEAD").exists()


def has(remote, oid):
    return git.answer("cat-file", "-e", oid, at=remote.git_dir, ok=(0, 1))[0] == 0


def test_a_filter_leaves_objects_out_of_that_fetch_only(remote, bare, tmp_path):
    git.run("config", "uploadpack.allowFilter", "true", at=bare)
    blob = git.text(git.run("hash-object", "-w", "--stdin", at=bare, stdin=b"hello"))
    tree = git.text(git.run("mktree", at=bare, stdin=f"100644 blob {blob}\ta\n".encode()))
    head = f"tree {tree}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nx"
    oid = git.text(git.run("hash-object", "-t", "commit", "-w", "--stdin", at=bare, stdin=head.encode()))
    git.run("update-ref", "refs/heads/main", oid, at=bare)
    thin = Remote(remote.url, tmp_path / "thin.git")
    thin.fetch(oid, filter="blob:none")
    assert (has(thin, tree), blob in objects(thin)) == (True, False)
    whole = Remote(remote.url, tmp_path / "whole.git")
    whole.fetch(oid)
    assert blob in objects(whole)


def objects(remote):
    return git.text(git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", at=remote.git_dir))


def test_a_mirror_is_what_the_remote_is_also_backwards_and_gone(remote, tmp_path):
    one, other = make(remote, "refs/x/a"), make(remote, "refs/y/b", "other")
    mirror = Remote(remote.url, tmp_path / "mirror.git")
    assert mirror.mirror("refs/x/*", "refs/y/b*") == {"refs/x/a": one, "refs/y/b": other}
    two = commit(remote, "two", one)
    remote.push([Move(ref="refs/x/a", old=one, new=two), Move(ref="refs/y/b", old=other, new=ZERO)])
    assert mirror.mirror("refs/x/*", "refs/y/b*") == {"refs/x/a": two}
    remote.push([Move(ref="refs/x/a", old=two, new=one)])
    assert mirror.mirror("refs/x/*", "refs/y/b*") == {"refs/x/a": one}
    assert mirror.mirror("refs/none/*") == {}


def test_what_is_not_there_is_told(tmp_path):
    absent = Remote(f"file://{tmp_path}/none.git", tmp_path / "here.git")
    for use in (lambda: absent.tips("refs/*"), lambda: absent.mirror("refs/x/*"), lambda: absent.fetch("a" * 40)):
        with pytest.raises(WorldError, match="no such repository") as told:
            use()
        assert "address" in told.value.fix


# --- pushing ---------------------------------------------------------------------------------------------------------


def test_moves_are_made_together_or_not_at_all(remote):
    one = make(remote, "refs/x/a")
    two = commit(remote, "two", one)
    right, wrong = Move(ref="refs/x/a", old=one, new=two), Move(ref="refs/x/b", old=two, new=one)
    assert remote.push([right, wrong]) is False
    assert remote.tips("refs/x/*") == {"refs/x/a": one}
    assert remote.push([right, Move(ref="refs/x/b", old=ZERO, new=one)]) is True
    assert remote.push([]) is True


@pytest.mark.parametrize("old", ["stale", "absent"])
def test_a_ref_that_is_not_where_it_was_is_left_alone(remote, old):
    one = make(remote, "refs/x/a")
    two = commit(remote, "two", one)
    remote.push([Move(ref="refs/x/a", old=one, new=two)])
    expected = one if old == "stale" else ZERO
    assert remote.push([Move(ref="refs/x/a", old=expected, new=commit(remote, "three"))]) is False
    assert remote.push([Move(ref="refs/x/a", old=expected, new=ZERO)]) is False
    assert remote.tips("refs/x/*") == {"refs/x/a": two}


def test_what_is_made_already_is_made(remote):
    one = make(remote, "refs/x/a")
    assert remote.push([Move(ref="refs/x/a", old=ZERO, new=one)]) is True
    assert remote.push([Move(ref="refs/x/a", old=one, new=ZERO)]) is True
    assert remote.push([Move(ref="refs/x/a", old=one, new=ZERO)]) is True


def hook(bare, name, text):
    path = bare / "hooks" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("name", ["pre-receive", "post-receive"])
def test_a_push_whose_answer_is_lost_is_made(remote, bare, name):
    hook(bare, name, 'test -e "$GIT_DIR/done" && exit 0; touch "$GIT_DIR/done"; kill -9 $PPID')
    assert remote.push([Move(ref="refs/x/a", old=ZERO, new=commit(remote, "one"))]) is True


def test_a_push_that_never_arrives_is_told_after_some_tries(remote, bare):
    hook(bare, "pre-receive", 'echo x >> "$GIT_DIR/tries"; kill -9 $PPID')
    with pytest.raises(WorldError, match="push"):
        remote.push([Move(ref="refs/x/a", old=ZERO, new=commit(remote, "one"))])
    assert (bare / "tries").read_text() == "x\n" * 4


def test_a_lock_that_somebody_holds_for_a_moment_is_waited_for(remote, bare):
    lock = bare / "refs/x/a.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    release = threading.Timer(0.3, lock.unlink)
    release.start()
    assert remote.push([Move(ref="refs/x/a", old=ZERO, new=commit(remote, "one"))]) is True
    release.join()


# The words as git passes them on from GitHub's servers.
WORDS = {
    "workflows": "! [remote rejected] a -> a (refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission)",
    "protection rule": "remote: error: GH006: Protected branch update failed for refs/heads/main.",
    "ruleset": "remote: error: GH013: Repository rule violations found for refs/heads/main.",
    "secret": "remote: error: GH013: Repository rule violations found.\nremote: - Push cannot contain secrets",
    "larger": "remote: error: GH001: Large files detected.",
    "archived": "remote: This repository was archived so it is read-only.\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
    "may not write": "remote: Permission to acme/site.git denied to github-actions[bot].\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
    "does not know the token": "fatal: could not read Username for 'https://h': terminal prompts disabled",
    "no such repository": "remote: Repository not found.\nfatal: repository 'https://h/a/b.git/' not found",
    "another address": "fatal: unable to access 'https://h/': The requested URL returned error: 301",
    "hook or setting": "! [remote rejected] a -> a (pre-receive hook declined)",
}


@pytest.mark.parametrize("word", WORDS)
def test_each_rule_is_named_with_what_to_do(remote, bare, word):
    assert word in refusals.of(WORDS[word])[0]
    (bare / "said").write_text(WORDS[word])
    hook(bare, "pre-receive", 'echo x >> "$GIT_DIR/tries"; cat "$GIT_DIR/said" >&2; exit 1')
    with pytest.raises(WorldError, match=word) as told:
        remote.push([Move(ref="refs/x/a", old=ZERO, new=commit(remote, "one"))])
    assert told.value.fix
    assert (bare / "tries").read_text() == "x\n"


def test_a_ref_in_the_way_of_a_folder_is_told(remote):
    make(remote, "refs/x/a")
    with pytest.raises(WorldError, match="a ref stands where"):
        remote.push([Move(ref="refs/x/a/b", old=ZERO, new=commit(remote, "two"))])


@pytest.mark.parametrize(
    "ref", ["refs/x y", "--all", "refs/a:refs/b", "+refs/a", "refs/../a", "HEAD", "refs/a\nrefs/b"]
)
def test_what_is_no_ref_never_reaches_git(remote, ref):
    for use in (
        lambda: remote.push([Move(ref=ref, old=ZERO, new="a" * 40)]),
        lambda: remote.push([Move(ref="refs/x/a", old=ZERO, new=ref)]),
        lambda: remote.fetch(ref),
        lambda: remote.tips(ref),
        lambda: remote.mirror(ref),
    ):
        with pytest.raises(UsageError):
            use()


# --- addresses, tokens, configuration --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("ssh://h/x.git", ""),
        ("ext::sh -c 'touch /tmp/x'", ""),
        ("-oProxyCommand=x", ""),
        ("https://user:s3cretword@h/x.git", ""),
        ("https://h:port/x.git", ""),
        ("https://h/x y.git", ""),
        ("http://h.example/x.git", TOKEN),
    ],
)
def test_an_address_that_cannot_be_used_safely_is_refused(tmp_path, url, token):
    with pytest.raises(UsageError) as refused:
        Remote(url, tmp_path / "here.git", token=token)
    assert "s3cretword" not in refused.value.says + refused.value.fix
    assert TOKEN not in refused.value.says + refused.value.fix


def test_nothing_of_the_user_s_configuration_bends_it(remote, tmp_path, monkeypatch):
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(
        f'[url "file://{tmp_path}/evil.git"]\n\tinsteadOf = {remote.url}\n'
    )
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "never")
    make(remote, "refs/x/a")
    hidden = remote.git_dir / "config"
    hidden.write_text(hidden.read_text() + f"[core]\n\thooksPath = {tmp_path}/hooks\n")
    assert list(remote.tips("refs/*")) == ["refs/x/a"]


class Server:
    """An HTTP server that remembers what it was asked and answers all the same way."""

    def __init__(self, status, body=b"", **headers):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, dict(self.headers)))
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def test_the_token_goes_in_a_header_to_its_own_host_only_and_follows_no_redirect(tmp_path):
    with Server(200) as elsewhere, Server(301, Location=f"{elsewhere.url}/acme/site.git/info/refs") as server:
        remote = Remote(f"{server.url}/acme/site.git", tmp_path / "here.git", token=TOKEN, agent="publish")
        with pytest.raises(WorldError, match="another address"):
            remote.tips("refs/*")
        [(path, headers)] = server.asked
        assert path == "/acme/site.git/info/refs?service=git-upload-pack"
        assert headers["Authorization"] == f"Basic {BASIC}"
        assert headers["User-Agent"].startswith("git/autonomy/")
        assert headers["User-Agent"].endswith(" job/publish")
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, b"", "does not know the token"),
        (403, b"", "may not write"),
        (404, b"", "no such repository"),
        (500, f"fatal: {TOKEN} {BASIC}\n".encode(), "failed"),
        (200, f"{TOKEN} {BASIC}\n".encode(), "failed"),
    ],
)
def test_no_message_holds_the_token(tmp_path, status, body, says):
    with Server(status, body, **{"Content-Type": "text/plain"}) as server:
        remote = Remote(f"{server.url}/acme/site.git", tmp_path / "here.git", token=TOKEN)
        with pytest.raises(PackError, match=says) as told:
            remote.tips("refs/*")
    assert TOKEN not in told.value.says + told.value.fix
    assert BASIC not in told.value.says + told.value.fix


def test_the_token_is_in_no_argument_and_no_file(tmp_path, bare, monkeypatch):
    """A program in git's place writes down how it was called."""
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/argv; env >> {tmp_path}/env; exec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    for name in ("HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO"):
        monkeypatch.setenv(name, f"through-{name}")
    for name in ("GITHUB_TOKEN", "GIT_TRACE_CURL", "GIT_SSH_COMMAND", "GIT_ASKPASS", "ALTERNATIVE"):
        monkeypatch.setenv(name, "never-through")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(404) as server, pytest.raises(WorldError):
        Remote(f"{server.url}/x.git", tmp_path / "here.git", token=TOKEN).tips("refs/*")
    argv, env = (tmp_path / "argv").read_text(), (tmp_path / "env").read_text()
    assert "ls-remote" in argv
    for secret in (TOKEN, BASIC):
        assert secret not in argv
        assert not any(
            secret in path.read_text(errors="replace") for path in (tmp_path / "here.git").rglob("*") if path.is_file()
        )
    assert BASIC in env
    assert "through-HTTPS_PROXY" in env
    assert "through-GIT_SSL_CAINFO" in env
    assert "never-through" not in env


def test_a_remote_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    """git and what it started are ended together, when their time is over."""
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nsleep 60 & echo started; sleep 60\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    code, out, _ = git.heard("ls-remote", at=tmp_path, seconds=0.5)
    assert (code, out) == (-9, b"started\n")
