"""Why a remote refused, from what git passed on of its words: the rule, and what a person can do about it."""

from __future__ import annotations

import re

_PERMISSIONS = "Give the job `permissions: contents: write`, or the token write access to the repository's contents."
# The first that fits is told, so the narrow ones stand first. The words are those of git and of GitHub's servers.
UNSIGNED = "it takes only commits with a verified signature"
_KNOWN = tuple(
    (re.compile(pattern, re.IGNORECASE), says, fix)
    for pattern, says, fix in (
        (
            r"without `?workflows?`? (permission|scope)",
            "the token may not change files in .github/workflows",
            "Leave workflow files out of the change, or use the token of an App that has the workflows permission.",
        ),
        (
            r"must have (verified|valid) signatures",
            UNSIGNED,
            "Let agent/** out of the rule, or publish from GitHub Actions, where GitHub signs the commit.",
        ),
        (
            r"push protection|push cannot contain secrets",
            "its push protection found a secret",
            "Take the secret out of the change and revoke it; never allow it through.",
        ),
        (
            r"GH006|protected branch",
            "a branch protection rule does not allow this",
            "Let agent/** and refs/autonomy/** out of the rule under Settings → Branches.",
        ),
        (
            r"GH013|repository rule violations",
            "a ruleset does not allow this",
            "Let agent/** and refs/autonomy/** out of the ruleset under Settings → Rules.",
        ),
        (
            r"GH001|exceeds .{0,40}file size limit",
            "a file is larger than it takes",
            "Leave the file out of the change, or keep it in Git LFS.",
        ),
        (
            r"was archived|is archived",
            "the repository is archived, so it is read-only",
            "Unarchive it under Settings → General, or disable the loop's workflow there.",
        ),
        (
            r"Authentication failed|could not read Username|Invalid username or (token|password)|error: 401\b",
            "it does not know the token",
            "Set AUTONOMY_GITHUB_TOKEN (or GITHUB_TOKEN) to a token that is valid now.",
        ),
        (
            r"Permission to .{1,200} denied|Write access to repository not granted|not accessible by|error: 403\b",
            "the token may not write there",
            _PERMISSIONS,
        ),
        (
            r"error: 30[1278]\b|update url base from redirection",
            "it answers with another address",
            "The repository moved or was renamed: use its new address.",
        ),
        (
            r"Repository not found|repository '.{1,500}' not found|error: 404\b|does not appear to be a git repository",
            "there is no such repository, or the token may not see it",
            "Check the address, and that the token may read this repository.",
        ),
        (
            r"does not support --atomic",
            "it cannot move several refs at once",
            "Use a git server that offers atomic pushes, or another store.",
        ),
        (
            r"exists; cannot create",
            "a ref stands where a folder of refs is needed",
            "Remove the ref that git names, or rename it.",
        ),
        (
            r"hook declined|deny updating a hidden ref|deletion prohibited|denying non-fast-forward",
            "a hook or setting of the remote does not allow this",
            "Ask who runs the remote to let refs/autonomy/** and agent/** through.",
        ),
    )
)


def of(said: str) -> tuple[str, str] | None:
    """(what refused it, the next step) when the words tell of a rule; None for anything that may pass by itself."""
    return next(((says, fix) for pattern, says, fix in _KNOWN if pattern.search(said)), None)


def is_rule(told: str) -> bool:
    """Whether what was told of a refusal names a rule, so that only a person can help."""
    return any(says in told for _, says, _ in _KNOWN)


def last_line(said: str) -> str:
    """The line of git's words that says most: its first fatal or error line, else its last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if re.match(r"(remote: )?(fatal|error|ERROR): ", line)]
    return (told or lines or ["no word from git"])[0 if told else -1]
