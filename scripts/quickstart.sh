#!/bin/sh
# The main job on a copy of examples/quickstart, or on repo=PATH. Usage: quickstart.sh [status|stop|resume]
# Reads agent, max_issues, issue, repo, dry_run and fresh from the environment; an unset one has its default.
set -eu
cd "$(dirname "$0")/.."
autonomy="$PWD/.venv/bin/autonomy"
copy=build/quickstart
place=${repo:-$copy}
verb=${1:-run}

if [ "$verb" != run ]; then
    [ -d "$place" ] || { printf 'autonomy: there is no %s yet\n  Next: make autonomy.run\n' "$place" >&2; exit 2; }
    exec "$autonomy" "$verb" --repo "$place"
fi

make_copy() {
    rm -rf "$copy"
    mkdir -p build
    cp -R examples/quickstart "$copy"
    git -C "$copy" init --quiet --initial-branch=main
    git -C "$copy" add --all
    git -C "$copy" -c user.name=Quickstart -c user.email=quickstart@autonomy.invalid -c commit.gpgSign=false \
        commit --quiet --message "The quickstart repository"
    # Trusted because this script made it just now from our own files; no other repository is trusted here.
    "$autonomy" trust "$copy" >/dev/null
}

set --
[ -z "${agent:-}" ] || set -- "$@" --agent "$agent"
[ -z "${max_issues:-}" ] || set -- "$@" --max-issues "$max_issues"
[ -z "${issue:-}" ] || set -- "$@" --issue "$issue"
case "${dry_run:-}" in '' | 0 | false) ;; *) set -- "$@" --dry-run ;; esac

if [ -z "${repo:-}" ]; then
    case "${fresh:-}" in '' | 0 | false) ;; *) rm -rf "$copy" ;; esac
    if [ -d "$copy/.agent-workspace" ] && [ $# -eq 0 ]; then
        echo "$copy is there already; this is its state (make autonomy.run fresh=1 begins anew):"
        echo
        "$autonomy" status --repo "$copy"
        echo
        echo "Next   .venv/bin/autonomy issue list --repo $copy"
        echo "       .venv/bin/autonomy run --repo $copy --sandbox none"
        exit 0
    fi
    [ -d "$copy/.git" ] || make_copy
    # Its programs are our own, on a copy we made: no box is needed to try it. Your repositories get one.
    set -- "$@" --sandbox none
fi
exec "$autonomy" run --repo "$place" "$@"
