"""Twenty-odd ordinary changes of ordinary repositories: name → (files before, files after). Nobody need be asked."""

from __future__ import annotations

from tests.corpora.raw_git import Spec

Files = dict[bytes, Spec]

_APP = b"""import os


def connect(url):
    token = os.environ["SERVICE_TOKEN"]
    return open_session(url, token=token)


def main():
    print("Hello")
"""
_TEST = b"""from app import main


def test_it_says_hello(capsys):
    main()
    assert "Hello" in capsys.readouterr().out
"""
_NODE = b"export function add(a, b) {\n  return a + b;\n}\n"
_HEADER = b"# Copyright 2026 Example Ltd. SPDX-License-Identifier: MIT\n"

CHANGES: dict[str, tuple[Files, Files]] = {
    "rename the greeting": ({b"app.py": _APP}, {b"app.py": _APP.replace(b"Hello", b"Good day")}),
    "a guide about credentials": (
        {b"docs/index.md": b"# Docs\n"},
        {
            b"docs/index.md": b"# Docs\n\n- [Credentials](credentials-howto.md)\n",
            b"docs/credentials-howto.md": b"# How to keep a password\n\nSet `API_TOKEN=<your token>`; never commit it.\n"
            b"A GitHub token begins with `ghp_`, an Anthropic key with `sk-ant-`.\n\n"
            b'    password = os.environ["PASSWORD"]\n    password = "changeme"\n',
        },
    ),
    "authors, keys and tokens in names": (
        {},
        {
            b"src/authors.py": b"AUTHORS = []\n",
            b"src/tokenizer.py": b"TOKEN_KINDS = ['name', 'number']\nsecret_santa = 'a game for friends'\n",
            b"src/keyboard.py": b'KEYS = {"key": "value", "monkey": "banana"}\n',
        },
    ),
    "a licence header everywhere": (
        {b"src/m%d.py" % n: b"X = %d\n" % n for n in range(40)},
        {b"src/m%d.py" % n: _HEADER + b"X = %d\n" % n for n in range(40)},
    ),
    "a new function with its test": (
        {b"app.py": _APP, b"tests/test_app.py": _TEST},
        {
            b"app.py": _APP + b"\n\ndef add(a, b):\n    return a + b\n",
            b"tests/test_app.py": _TEST + b"\n\ndef test_it_adds():\n    assert add(1, 2) == 3\n",
        },
    ),
    "a test renamed": (
        {b"tests/test_app.py": _TEST},
        {b"tests/test_app.py": _TEST.replace(b"test_it_says_hello", b"test_the_greeting_is_printed")},
    ),
    "a test file moved": ({b"tests/test_app.py": _TEST}, {b"tests/unit/test_app.py": _TEST}),
    "fix a comment": ({b"src/math.js": _NODE}, {b"src/math.js": b"// Adds two numbers.\n" + _NODE}),
    "a typescript component": (
        {b"web/src/index.ts": b"export * from './math';\n"},
        {
            b"web/src/index.ts": b"export * from './math';\nexport * from './Button';\n",
            b"web/src/Button.tsx": b"export const Button = ({ label }: { label: string }) => <button>{label}</button>;\n",
        },
    ),
    "a go handler": (
        {b"cmd/server/main.go": b"package main\n\nfunc main() {}\n"},
        {
            b"cmd/server/main.go": b'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n'
        },
    ),
    "a rust module": (
        {b"src/lib.rs": b"mod a;\n"},
        {b"src/lib.rs": b"mod a;\nmod b;\n", b"src/b.rs": b"pub fn b() {}\n"},
    ),
    "emoji and accents in a readme": (
        {b"README.md": b"# Site\n"},
        {b"README.md": "# Site ⚠️ ✅\n\nCafé, Zoë, 東京, Привет, ❤️ 👩‍💻 1️⃣ – “quoted” … ½\n".encode()},
    ),
    "a translation": (
        {b"i18n/en.json": b'{"hello": "Hello"}\n'},
        {
            b"i18n/en.json": b'{"hello": "Hello"}\n',
            b"i18n/ru.json": '{"hello": "Здравствуйте"}\n'.encode(),
            b"i18n/ja.json": '{"hello": "こんにちは"}\n'.encode(),
        },
    ),
    "DOS line ends and a byte order mark": (
        {b"Program.cs": b"class P { }\r\n"},
        {b"Program.cs": b"\xef\xbb\xbfclass P\r\n{\r\n\tint x;\r\n}\r\n"},
    ),
    "dead code deleted": ({b"app.py": _APP, b"src/old.py": b"pass\n"}, {b"app.py": _APP}),
    "a changelog entry": (
        {b"CHANGELOG.md": b"# Changelog\n"},
        {
            b"CHANGELOG.md": b"# Changelog\n\n## 1.2.0\n\n- Fixes #12, thanks @someone.\n- See https://example.com/a?b=c&d=e\n"
        },
    ),
    "hashes and ids": (
        {b"data/sums.txt": b""},
        {
            b"data/sums.txt": b"".join(
                b"%064x  file%d\n" % (n * 0x9E3779B97F4A7C15**4 % 2**256, n) for n in range(1, 50)
            ),
            b"data/ids.json": b'{"id": "550e8400-e29b-41d4-a716-446655440000", "sha": "9b73635efd8f1795bc131ae0235ea8ab"}\n',
        },
    ),
    "an ignore file": ({b".gitignore": b"build/\n"}, {b".gitignore": b"build/\ndist/\n.env\n"}),
    "an issue form": (
        {b".github/ISSUE_TEMPLATE/bug.md": b"# Bug\n"},
        {b".github/ISSUE_TEMPLATE/bug.md": b"# Bug\n\n## Acceptance Criteria\n\n- [ ] it works\n"},
    ),
    "a sql migration": (
        {},
        {b"migrations/0002_users.sql": b"CREATE TABLE users (id int, password_hash text NOT NULL, api_token text);\n"},
    ),
    "a script that stays executable": (
        {b"run.sh": ("100755", b"#!/bin/sh\necho one\n")},
        {b"run.sh": ("100755", b"#!/bin/sh\necho two\n")},
    ),
    "a script that no longer is": ({b"a.sh": ("100755", b"echo\n")}, {b"a.sh": ("100644", b"echo\n")}),
    "placeholders in an example": (
        {b"docs/setup.md": b"# Setup\n"},
        {
            b"docs/setup.md": b"# Setup\n\n    export API_KEY=your-api-key-here\n    curl -u user:$PASSWORD https://x.org\n"
            b"    DATABASE_URL=postgresql://user:password@localhost/db\n    token: ${{ secrets.GITHUB_TOKEN }}\n"
        },
    ),
    "a long file, half rewritten": (
        {b"data/words.txt": b"".join(b"word %d\n" % n for n in range(1200))},
        {b"data/words.txt": b"".join(b"%s %d\n" % (b"word" if n % 2 else b"term", n) for n in range(1200))},
    ),
}
