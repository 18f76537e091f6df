#!/bin/sh
# Prints a page with one button, which registers a GitHub App from a manifest of ours; open it in a browser where you are
# signed in. Usage: app-form.sh fleet|publish [ORGANISATION]   (without one: for your own account)
set -eu
file=$(CDPATH='' cd -- "$(dirname -- "$0")/../apps" && pwd -P)/${1:?say fleet or publish}.json
[ -f "$file" ] || { echo "autonomy: there is no App $1: say fleet or publish" >&2; exit 2; }
case ${2:-} in *[!A-Za-z0-9-]*) echo "autonomy: '$2' is no name of an organisation" >&2; exit 2 ;; esac

# A homepage has to be named; it is shown to people and never called.
server=${GITHUB_SERVER_URL:?set it to where GitHub is, such as the address of your Enterprise Server}
place=${server%/}${2:+/organizations/$2}/settings/apps/new
printf '<!doctype html><title>Register an App</title>\n<form method="post" action="%s">\n<textarea name="manifest" rows="30" cols="100">' \
    "$place?state=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
sed 's/&/\&amp;/g; s/</\&lt;/g' "$file"
printf '</textarea>\n<button>Register</button>\n</form>\n'
