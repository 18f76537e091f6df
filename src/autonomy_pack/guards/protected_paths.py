"""Files that decide what runs with your secrets, who reviews, and what agents and this pack may do."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.guards.paths import globs, matches
from autonomy_pack.model import Change, Finding, Risk, Rules

# why → globs, lower-case, as guards.paths reads them.
PROTECTED: dict[str, tuple[str, ...]] = {
    "decides what runs with your secrets": globs("""
        .github/workflows/** .github/actions/** action.yml action.yaml .gitlab-ci.yml .gitlab/** .circleci/**
        jenkinsfile jenkinsfile.* azure-pipelines*.yml azure-pipelines*.yaml .azure-pipelines/** .travis.yml
        bitbucket-pipelines.yml .drone.yml .drone.star .woodpecker.yml .woodpecker/** .buildkite/** appveyor.yml
        .appveyor.yml cloudbuild.yaml cloudbuild.yml .forgejo/** .gitea/** .teamcity/** .semaphore/** .cirrus.yml
        .cirrus.star .builds/** .build.yml buildspec.yml codemagic.yaml .github/dependabot.yml .github/renovate.json
        renovate.json renovate.json5 .renovaterc .renovaterc.json .github/settings.yml .github/mergify.yml .mergify.yml
        """),
    "decides who must review a change": ("codeowners",),
    "decides what this pack may do": globs("""
        .github/autonomy.yml .github/autonomy.yaml .github/autonomy/** .autonomy/** .agent-workspace/**
        agents/*_autonomous_instructions.md
        """),
    "is read as orders by coding agents": globs("""
        **/.claude/** **/.codex/** **/.gemini/** **/.agents/** agents.md agents.override.md agent.md claude.md
        claude.local.md gemini.md qwen.md **/.qwen/** **/.cursor/** .cursorrules .cursorignore .cursorindexingignore
        copilot-instructions.md .github/instructions/** .github/prompts/** .github/agents/** .github/chatmodes/**
        .github/skills/** .github/hooks/** .mcp.json mcp.json .aider* opencode.json opencode.jsonc **/.opencode/**
        **/.windsurf/** .windsurfrules **/.clinerules/** **/.roo/** .roorules .roomodes **/.continue/** **/.kiro/**
        **/.junie/** .goosehints **/.amazonq/** **/.augment/** **/.trae/** .rules crush.json .crush.json **/.crush/**
        **/.copilot/** skill.md
        """),
    "changes what git itself does": globs(
        ".git **/.git/** .gitattributes .gitmodules .gitconfig .lfsconfig .git-* .mailmap"
    ),
    "runs on the machine of whoever opens the repository": globs("""
        **/.husky/** **/.githooks/** .pre-commit-config.yaml .pre-commit-config.yml .pre-commit-hooks.yaml lefthook.yml
        lefthook.yaml .lefthook.yml lefthook-local.yml .overcommit.yml **/.vscode/** **/.idea/** **/.fleet/** **/.zed/**
        **/.devcontainer/** .devcontainer.json *.code-workspace .gitpod.yml .gitpod.dockerfile .envrc .mise.toml
        mise.toml .mise/** .tool-versions .asdfrc .yarnrc .yarnrc.yml **/.yarn/plugins/** **/.yarn/releases/**
        .pnpmfile.cjs .pnpmfile.mjs .vimrc .exrc .nvimrc .nvim.lua .dir-locals.el .lvimrc .bazelrc .cargo/** **/.mvn/**
        .bunfig.toml bunfig.toml pip.conf .bashrc .bash_profile .profile .zshrc .zshenv .zprofile
        """),
    "is where credentials are kept": globs("""
        .npmrc .pypirc .env* .envs/** .netrc _netrc .pgpass .my.cnf .s3cfg .boto .htpasswd .dockercfg
        **/.docker/config.json **/.kube/** kubeconfig **/.aws/** **/.azure/** **/.gcloud/** **/.config/gcloud/**
        **/.ssh/** **/.gnupg/** id_rsa* id_dsa* id_ecdsa* id_ed25519* authorized_keys *.pem *.key *.ppk *.p12 *.pfx
        *.jks *.keystore *.kdbx *.tfstate *.tfstate.* **/.terraform/** .terraformrc terraform.rc *.tfvars
        *.auto.tfvars.json credentials credentials.json credentials.yml credentials.yaml client_secret*.json
        service-account*.json service_account*.json secrets.yml secrets.yaml secrets.json secrets.toml *.secret
        password*.json password*.txt passwords.* .vault_pass* .vault-token master.key .git-credentials
        """),
}
_FIX = "Leave this file as it is; if it has to change, a person changes it."


def protected_paths(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Files that decide what runs with your secrets, who reviews, and what agents and this pack may do: high."""
    del read
    table = PROTECTED | {"is protected by this repository's configuration": rules.protected}
    for file in change.files:
        why = next((why for why, globs in table.items() if matches(file.path, globs)), None)
        if why:
            says = f"{file.path} {why}"
            yield Finding(rule="protected_paths", risk=Risk.HIGH, says=says, fix=_FIX, where=file.path)
