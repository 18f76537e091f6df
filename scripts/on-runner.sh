#!/bin/sh
# Installs the pack from the checkout this file lies in, for the steps of a job: our dependencies by hash into an
# environment of their own, the pack itself from the checkout without a build, and the box. Usage: on-runner.sh
set -eu
pack=$(cd "$(dirname "$0")/.." && pwd -P)
place=${RUNNER_TEMP:?this is for a job of GitHub Actions}/autonomy

say() { printf '::error::autonomy: %s. Next: %s.\n' "$1" "$2"; exit 2; }

# -I: neither the project's folder nor PYTHON* variables have a say in what is imported.
python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    say "python3 is older than 3.11, or missing, on this runner" "use a runner that has it, for example ubuntu-24.04"
python3 -I -m venv --clear "$place" ||
    say "python3 cannot make an environment" "install python3-venv on this runner"
"$place/bin/python" -I -m pip install --isolated --disable-pip-version-check --no-input --quiet --no-cache-dir \
    --require-hashes --only-binary :all: -r "$pack/requirements.lock" ||
    say "our dependencies could not be installed" "look at what pip says above; PyPI may be unreachable from this runner"
site=$("$place/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$pack/src" >"$site/autonomy_pack.pth"
sh "$pack/scripts/box.sh"
