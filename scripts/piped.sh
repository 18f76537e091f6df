#!/bin/sh
# Writes install.sh, sync.sh, verify.sh and uninstall.sh of a release beside its wheel: fleet.sh.in with the version, the
# hash of that wheel and requirements.lock. Usage: piped.sh FOLDER
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$1"
wheel=$(ls autonomy_pack-*-py3-none-any.whl)
version=${wheel#autonomy_pack-}
version=${version%-py3-none-any.whl}
hash=$(sha256sum -- "$wheel" | cut -d' ' -f1)

lock=$(mktemp)
trap 'rm -f "$lock"' EXIT
{ printf 'autonomy-pack==%s --hash=sha256:%s\n' "$version" "$hash" && cat "$here/../requirements.lock"; } >"$lock"
for verb in install sync verify uninstall; do
    sed -e "s/@VERB@/$verb/g" -e "s/@VERSION@/$version/g" -e "s/@WHEEL@/$(printf %.12s "$hash")/" \
        -e '/^@REQUIREMENTS@$/{' -e "r $lock" -e 'd' -e '}' "$here/fleet.sh.in" >"$verb.sh"
done
