#!/bin/sh
# Make .venv and install the pack into it. Usage: environment.sh use|dev|locked
# locked: our dependencies by their hashes, and the pack from this checkout without a build, as jobs do.
set -eu
cd "$(dirname "$0")/.."
kind=$1

say() { printf 'autonomy: %s\n  Next: %s\n' "$1" "$2" >&2; exit 2; }

python=''
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || say "no Python 3.11 or newer was found on PATH ($(python3 --version 2>&1 || true))" \
    "install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11 …"
"$python" -c 'import ensurepip' 2>/dev/null || say "$python has no ensurepip, so it cannot make an environment" \
    "install it (Debian and Ubuntu: apt-get install python3-venv), then run the same command"
command -v git >/dev/null 2>&1 || say "git was not found on PATH" "install git 2.31 or newer, then run the same command"

[ -x .venv/bin/python ] || { echo "Making .venv with $("$python" --version)"; "$python" -m venv .venv; }
echo "Installing into .venv (a minute, once)"
if [ "$kind" = locked ]; then
    .venv/bin/python -I -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary :all: -r requirements.lock ||
        say "installing failed; pip says why above" "mend that (often the network), then run the same command"
    # Last, so that who finds the pack finds all it needs.
    printf '%s\n' "$(pwd -P)/src" >"$(.venv/bin/python -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/autonomy_pack.pth"
    exit 0
fi
what='.'
[ "$kind" = dev ] && what='.[dev]'
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$what" ||
    say "installing failed; pip says why above" "mend that (often the network), then run the same command"
touch .venv/installed-use
[ "$kind" = dev ] && touch .venv/installed-dev
exit 0
