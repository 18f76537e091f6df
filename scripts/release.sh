#!/bin/sh
# What the two jobs of a release do. Usage: release.sh build|publish
# build: dist/ with wheel, source archive, bill of materials, the four scripts for a pipe and SHA256SUMS; prints the sum of
# the sums as an output.
# publish: needs dist/ to be exactly what `build` said (SUMS), attests it as this workflow, publishes it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '::error::%s\n' "$1"; exit 1; }

tools() {
    place=${RUNNER_TEMP:?this is for a job of GitHub Actions}/tools
    python3 -I -m venv --clear "$place"
    "$place/bin/python" -I -m pip install --isolated --disable-pip-version-check --no-input --quiet --no-cache-dir \
        --require-hashes --only-binary :all: -r "scripts/release-$1.lock"
}

case "${1:-}" in
build)
    tools build
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
    rm -rf dist
    "$place/bin/python" -m build --no-isolation --outdir dist .
    "$place/bin/cyclonedx-py" requirements --pyproject pyproject.toml --mc-type library --output-reproducible \
        --of JSON -o dist/autonomy_pack.cdx.json requirements.lock
    sh scripts/piped.sh dist
    (cd dist && rm -f .gitignore && sha256sum -- * >SHA256SUMS)
    cat dist/SHA256SUMS
    [ -z "${GITHUB_OUTPUT:-}" ] || printf 'sums=%s\n' "$(sha256sum dist/SHA256SUMS | cut -d' ' -f1)" >>"$GITHUB_OUTPUT"
    ;;
publish)
    # The artifact may have been replaced by any job of this run; the job output may not.
    [ "$(sha256sum dist/SHA256SUMS | cut -d' ' -f1)" = "${SUMS:?}" ] || say "dist/SHA256SUMS is not what the build made"
    (cd dist && sha256sum --check --strict --quiet SHA256SUMS) || say "a file of dist/ is not what the build made"
    [ "$(find dist -type f | wc -l)" = "$(($(wc -l <dist/SHA256SUMS) + 1))" ] || say "dist/ holds a file that the build did not make"
    version=${TAG#v}
    wheel=dist/autonomy_pack-$version-py3-none-any.whl
    source=dist/autonomy_pack-$version.tar.gz
    [ -f "$wheel" ] && [ -f "$source" ] || say "tag $TAG is not the version that was built"
    tools publish
    "$place/bin/python" -m pypi_attestations sign "$wheel" "$source"
    "$place/bin/uv" publish --trusted-publishing always "$wheel" "$source"
    gh release create "$TAG" --verify-tag --title "$TAG" --notes "See CHANGELOG.md." dist/*
    ;;
*) say "usage: release.sh build|publish" ;;
esac
