"""What a project depends on and how it is built."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.guards.paths import globs, matches
from autonomy_pack.model import Change, Finding, Risk, Rules

MANIFESTS = globs("""
    pyproject.toml setup.py setup.cfg requirements*.txt requirements*.in requirements/*.txt requirements/*.in
    constraints*.txt pipfile pipfile.lock poetry.lock poetry.toml uv.lock uv.toml pdm.lock pdm.toml pixi.toml pixi.lock
    hatch.toml environment.yml environment.yaml conda-lock.yml meta.yaml buildout.cfg manifest.in *.pth
    package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock bun.lockb
    deno.json deno.jsonc deno.lock import_map.json jsr.json bower.json lerna.json nx.json turbo.json rush.json
    cargo.toml cargo.lock build.rs rust-toolchain rust-toolchain.toml go.mod go.sum go.work go.work.sum
    gemfile gemfile.lock gems.rb gems.locked *.gemspec composer.json composer.lock mix.exs mix.lock rebar.config
    rebar.lock pom.xml build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties
    gradle.lockfile libs.versions.toml gradle-wrapper.properties gradlew gradlew.bat mvnw mvnw.cmd build.sbt
    project/*.sbt project/build.properties build.sc deps.edn project.clj bb.edn *.csproj *.fsproj *.vbproj *.sln *.slnx
    directory.build.props directory.build.targets directory.packages.props packages.config packages.lock.json
    nuget.config global.json paket.dependencies paket.lock package.swift package.resolved podfile podfile.lock cartfile
    cartfile.resolved pubspec.yaml pubspec.lock flake.nix flake.lock default.nix shell.nix conanfile.txt conanfile.py
    conan.lock vcpkg.json vcpkg-configuration.json cmakelists.txt cmakepresets.json meson.build configure.ac
    module.bazel module.bazel.lock workspace workspace.bazel build.bazel buck elm.json spago.dhall spago.yaml stack.yaml
    stack.yaml.lock *.cabal cabal.project cabal.project.freeze dune-project *.opam cpanfile cpanfile.snapshot
    makefile.pl build.pl renv.lock project.toml manifest.toml julia*.toml shard.yml shard.lock *.nimble
    *.rockspec chart.yaml chart.lock .terraform.lock.hcl galaxy.yml dockerfile *.dockerfile dockerfile.*
    containerfile docker-compose*.yml docker-compose*.yaml compose.yml compose.yaml brewfile
    """)


def manifests(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Manifests, lockfiles and build files: medium, for a new dependency or build step is other people's code."""
    del read, rules
    for file in change.files:
        if matches(file.path, MANIFESTS):
            says = f"{file.path} decides what the project depends on or how it is built"
            fix = "Check every name and version that changes."
            yield Finding(rule="manifests", risk=Risk.MEDIUM, says=says, fix=fix, where=file.path)
