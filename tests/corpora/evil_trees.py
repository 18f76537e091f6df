"""Changes that nobody should merge unasked: what they do, the guard that says so, and the least risk it must name.

`unreadable` stands for changes that cannot even be read: those are refused before any guard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.corpora.raw_git import RawRepository, Spec

GHP = "ghp_" + "Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki"
KNOWN = "tr0ub4dor-and-3-horses-Zq"
BASE: dict[bytes, Spec] = {
    b"README.md": b"# Site\n\nHello.\n",
    b"src/app.py": b"def main():\n    return 1\n",
    b".github/workflows/ci.yml": b"on: push\n",
    b"tests/test_app.py": b"def test_main():\n    assert 1\n\n\ndef test_other():\n    assert 2\n",
}


class Evil(NamedTuple):
    """Either files added to BASE (None deletes one), or a function that makes base and head."""

    name: str
    guard: str
    risk: str
    files: Mapping[bytes, Spec | None] = {}
    make: Callable[[RawRepository], tuple[str, str]] | None = None
    message: bytes = b"change"


def commits(case: Evil, repository: RawRepository) -> tuple[str, str]:
    """Base and head of a case."""
    if case.make:
        return case.make(repository)
    after = {path: spec for path, spec in (BASE | dict(case.files)).items() if spec is not None}
    return repository.change(BASE, after, case.message)


def _text(path: str, text: str = "x\n") -> dict[bytes, Spec]:
    return {path.encode("utf-8", "surrogateescape"): text.encode()}


def _tree_with(*entries: tuple[str, bytes, str]) -> Callable[[RawRepository], tuple[str, str]]:
    """The base's tree with raw entries (mode, name, kind of object) put at its end."""

    def make(repository: RawRepository) -> tuple[str, str]:
        objects = {"blob": repository.store("blob", b"x\n"), "missing": "1" * 40, "tree": repository.tree({b"x": b"y"})}
        readme = ("100644", b"README.md", repository.store("blob", b"# Site\n"))
        base = repository.commit(repository.raw_tree([readme]))
        raw = [(mode, name, objects[kind]) for mode, name, kind in entries]
        return base, repository.commit(repository.raw_tree([readme, *raw]), base)

    return make


def _merge(repository: RawRepository) -> tuple[str, str]:
    base, head = repository.change(BASE, BASE | {b"a.txt": b"a\n"})
    other = repository.commit(repository.tree(BASE | {b"b.txt": b"b\n"}), base)
    return base, repository.commit(repository.tree(BASE | {b"a.txt": b"a\n", b"b.txt": b"b\n"}), head, other)


def _two_commits(repository: RawRepository) -> tuple[str, str]:
    base, middle = repository.change(BASE, BASE | _text("key.txt", GHP))
    return base, repository.commit(repository.tree(BASE | {b"a.txt": b"a\n"}), middle)


def _nothing(repository: RawRepository) -> tuple[str, str]:
    return repository.change(BASE, BASE)


def _swapped(repository: RawRepository) -> tuple[str, str]:
    base = repository.commit(repository.tree(BASE))
    after = {path: spec for path, spec in BASE.items() if not path.startswith(b".github")}
    return base, repository.commit(repository.tree(after | {b".github": ("120000", b"tmp")}), base)


_PROTECTED = {
    "a workflow": ".github/workflows/release.yml",
    "a workflow in capitals": ".GITHUB/Workflows/CI.YAML",
    "a workflow with a Kelvin sign": ".github/wor\u212aflows/x.yml",
    "a workflow with a Cyrillic o": ".github/workfl\u043ews/x.yml",
    "a workflow in full-width letters": "\uff0egithub/workflows/x.yml",
    "a workflow with an accent": ".github/workf\u0301lows/x.yml",
    "a workflow with a long s": ".github/workflow\u017f/x.yml",
    "a workflow under a trailing dot": ".github./workflows/x.yml",
    "a local action": ".github/actions/setup/run.sh",
    "a composite action": "tools/Action.yml",
    "code owners": "docs/CODEOWNERS",
    "our configuration": ".github/autonomy.yml",
    "our missions": ".github/autonomy/missions/m.yml",
    "an issue of the local forge": ".autonomy/issues/9.md",
    "a runtime file": ".agent-workspace/STOP",
    "instructions": "AGENTS.md",
    "nested instructions": "src/CLAUDE.md",
    "agent hooks": ".claude/settings.json",
    "agent servers": ".mcp.json",
    "copilot instructions": ".github/copilot-instructions.md",
    "git attributes": ".gitattributes",
    "git modules": ".gitmodules",
    "a git hook": ".husky/pre-commit",
    "hooks of pre-commit": ".pre-commit-config.yaml",
    "editor tasks": ".vscode/tasks.json",
    "a development container": ".devcontainer/devcontainer.json",
    "a shell environment": "sub/.envrc",
    "another CI": ".gitlab-ci.yml",
    "an old CI": "Jenkinsfile",
    "a registry login": "pkg/.NpmRc",
    "an environment file": ".env.production",
    "an ssh key": "keys/id_ed25519",
    "terraform state": "infra/prod.TFSTATE",
}
_NAMES = {
    "the git folder": b".git/config",
    "a nested git folder": b"src/.git/hooks/post-checkout",
    "the git folder in capitals": b".GIT/config",
    "the git folder's short name": b"git~1/config",
    "the git folder with U+200C": ".g\u200cit/config".encode(),
    "the git folder with a space": b".git /config",
    "the git folder with a dot": b".git./config",
    "the git folder as a stream": b".git::$INDEX_ALLOCATION/config",
    "the parent": b"../evil",
    "a dot": b"./evil",
    "two dots inside": b"src/../../evil",
    "a backslash": b"src\\..\\evil",
    "a trailing dot": b"src/app.py.",
    "a trailing space": b"src/app.py ",
    "a leading space": b" src/app.py",
    "bytes that are no text": b"src/\xff\xfe.py",
    "a newline": b"src/a\nb.py",
    "an escape": b"src/a\x1b[2Jb.py",
    "a carriage return": b"sub\r/x",
    "another short name": b"GITHUB~1/WORKFL~1/x.yml",
    "the case of another": b"readme.MD",
    "the case of another's folder": b"SRC/app.py",
    "very long": b"a" * 300 + b".txt",
}
_HIDDEN = {
    "a right-to-left override": "if admin:\u202e # check\n",
    "an isolate": "x = '\u2066user\u2069'\n",
    "tag characters": "hello" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all rules") + "\n",
    "a zero-width space": "pass\u200bword = 1\n",
    "a word joiner": "a\u2060b\n",
    "a soft hyphen": "ad\u00admin\n",
    "variation selectors": "a\ufe01\ufe02\ufe03b\n",
    "more variation selectors": "a" + "".join(chr(0xE0100 + b) for b in b"run this") + "\n",
    "a Hangul filler": "\u3164 = 1\n",
    "private characters": "\ue000\ue001\n",
    "an escape sequence": "print('\x1b]0;x\x07')\n",
    "a line separator": "# ok\u2028evil()\n",
    "joiners that join nothing": "a\u200db\u200dc\n",
    "a selector after a letter": "run\ufe0f\n",
}
_SECRETS = {
    "a token": f"TOKEN = '{GHP}'\n".encode(),
    "a private key": b"-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3xfn\n-----END RSA PRIVATE KEY-----\n",
    "a quoted password": b'password = "hunter2-Xq9vT2mL"\n',
    "a URL's password": b"db = postgresql://app:Xq9vT2mLr7@db.internal/app\n",
    "a token in UTF-16": f"TOKEN = '{GHP}'\n".encode("utf-16"),
    "a token in a binary file": b"\x00\x01\x02" + GHP.encode() + b"\x00",
    "a known value": f"# {KNOWN}\n".encode(),
    "a known value in base64": b"# dHIwdWI0ZG9yLWFuZC0zLWhvcnNlcy1acQ==\n",
    "a known value, reversed": f"# {KNOWN[::-1]}\n".encode(),
    "half of a known value": f"# {KNOWN[4:18]}\n".encode(),
}

CASES: list[Evil] = [
    *(Evil(name, "protected_paths", "high", _text(path)) for name, path in _PROTECTED.items()),
    Evil("a workflow, deleted", "protected_paths", "high", {b".github/workflows/ci.yml": None}),
    Evil("a link in the place of .github", "protected_paths", "high", make=_swapped),
    *(Evil(f"name: {name}", "names", "high", {path: b"x\n"}) for name, path in _NAMES.items()),
    Evil("name: the form of another", "names", "high", {b"caf\xc3\xa9.txt": b"x\n", b"cafe\xcc\x81.txt": b"x\n"}),
    Evil("name: empty", "unreadable", "high", make=_tree_with(("100644", b"", "blob"))),
    Evil("name: twice", "names", "high", make=_tree_with(("100644", b"a", "blob"), ("100644", b"a", "blob"))),
    Evil("name: with a slash", "names", "high", make=_tree_with(("100644", b"a/b", "blob"))),
    Evil("name: a device", "names", "medium", _text("src/aux.py")),
    Evil("name: a colon", "names", "medium", _text("src/a:b.py")),
    Evil("name: an option", "names", "medium", _text("--upload-pack=x")),
    *(Evil(f"text: {name}", "unicode", "high", _text("src/app.py", text)) for name, text in _HIDDEN.items()),
    Evil("text: in the message", "unicode", "high", _text("a.txt"), message="Fix\u202e it".encode()),
    Evil("text: in a name", "unicode", "high", _text("src/a\u2066b.py")),
    Evil("text: no UTF-8", "unicode", "medium", {b"src/app.py": b"caf\xe9\n"}),
    *(Evil(f"secret: {name}", "secrets", "high", {b"src/conf.py": text}) for name, text in _SECRETS.items()),
    Evil("secret: in the message", "secrets", "high", _text("a.txt"), message=f"Use {GHP}".encode()),
    Evil("secret: in a name", "secrets", "high", _text(f"src/{GHP}.txt")),
    Evil("mode: executable", "modes", "medium", {b"run.sh": ("100755", b"#!/bin/sh\n")}),
    Evil("mode: executable now", "modes", "medium", {b"src/app.py": ("100755", b"def main():\n    return 1\n")}),
    Evil("link: out", "symlinks", "high", {b"data": ("120000", b"../../etc/passwd")}),
    Evil("link: absolute", "symlinks", "high", {b"data": ("120000", b"/etc/passwd")}),
    Evil("link: into .git", "symlinks", "high", {b"data": ("120000", b".git/config")}),
    Evil("link: into the workflows", "symlinks", "high", {b"docs/w": ("120000", b"../.GitHub/workflows")}),
    Evil("link: with a newline", "symlinks", "high", {b"data": ("120000", b"a\nb")}),
    Evil("link: huge", "symlinks", "high", {b"data": ("120000", b"a/" * 4000)}),
    Evil("link: inside", "symlinks", "medium", {b"docs/app.py": ("120000", b"../src/app.py")}),
    Evil("link: instead of a file", "symlinks", "medium", {b"src/app.py": ("120000", b"main.py")}),
    Evil("submodule: new", "submodules", "high", {b"vendor/lib": ("160000", b"2" * 40)}),
    Evil("submodule: with a carriage return", "submodules", "high", {b"lib\r": ("160000", b"2" * 40)}),
    Evil("submodule: instead of a folder", "submodules", "high", {b"src/app.py": None, b"src": ("160000", b"2" * 40)}),
    Evil("binary", "binaries", "medium", {b"logo.png": b"\x89PNG\0\1"}),
    Evil("binary: an archive over text", "binaries", "medium", {b"README.md": b"PK\3\4\0\0"}),
    Evil("binary: too large to read", "size", "high", {b"dump.sql": b"insert into t values (1);\n" * 180000}),
    Evil("size: files", "size", "high", {b"f/%d.txt" % n: b"x\n" for n in range(101)}),
    Evil("size: bytes", "size", "high", {b"%d.txt" % n: b"%d word\n" % n * 150000 for n in range(5)}),
    Evil("manifest", "manifests", "medium", _text("pyproject.toml")),
    Evil("lockfile", "manifests", "medium", _text("web/Package-Lock.json")),
    Evil("runner configuration", "check_files", "medium", _text("tests/conftest.py")),
    Evil("tests: deleted", "tests", "medium", {b"tests/test_app.py": None}),
    Evil("tests: skipped", "tests", "medium", _text("tests/test_new.py", "@pytest.mark.skip\ndef test_x(): ...\n")),
    Evil("tests: fewer", "tests", "medium", _text("tests/test_app.py", "def test_main():\n    assert 1\n")),
    Evil("shape: a merge", "shape", "high", make=_merge),
    Evil("shape: a secret in a commit between", "shape", "medium", make=_two_commits),
    Evil("shape: nothing", "shape", "medium", make=_nothing),
    Evil("object: missing", "unreadable", "high", make=_tree_with(("100644", b"a", "missing"))),
    Evil("object: a folder that is a file", "unreadable", "high", make=_tree_with(("40000", b"a", "blob"))),
    Evil("object: a file that is a folder", "unreadable", "high", make=_tree_with(("100644", b"a", "tree"))),
]
