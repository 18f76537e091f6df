#!/bin/sh
# Lints workflows and action.yml below a folder, all offline; fails on any finding. Usage: lint-workflows.sh [FOLDER]
# The caller templates are rendered first when FOLDER is this repository.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd -P)
PATH="$here/.venv/bin:$PATH"
export PATH
folder=${1:-$here}

lint() {
    workflows=$(find "$1/.github/workflows" -name '*.yml')
    # actionlint finds shellcheck and pyflakes on PATH; file names have no blanks here.
    # shellcheck disable=SC2086
    actionlint -no-color $workflows
    # shellcheck disable=SC2086
    check-jsonschema -q --builtin-schema vendor.github-workflows $workflows
    # shellcheck disable=SC2086
    check-jsonschema -q --builtin-schema custom.github-workflows-require-timeout $workflows
    actions=''
    if [ -f "$1/action.yml" ]; then
        actions="$1/action.yml"
        check-jsonschema -q --builtin-schema vendor.github-actions "$actions"
    fi
    # shellcheck disable=SC2086
    zizmor --offline --no-progress --quiet --strict-collection --persona auditor $workflows $actions
}

lint "$folder"
if [ "$folder" = "$here" ]; then
    rendered=$(mktemp -d)
    trap 'rm -rf "$rendered"' EXIT
    python - "$rendered" <<'PYTHON'
import sys
from pathlib import Path

from autonomy_pack.views.callers import callers

for runs_on in (("ubuntu-latest",), ("self-hosted", "linux")):
    for private in (False, True):
        folder = Path(sys.argv[1]) / f"{runs_on[0]}-{private}"
        for path, text in callers("acme/autonomy-pack", "0" * 40, "1.2.3", runs_on=runs_on, private=private).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
PYTHON
    for one in "$rendered"/*; do lint "$one"; done
    shellcheck --severity=warning "$here"/scripts/*.sh "$here"/scripts/fleet.sh.in
fi
