#!/bin/bash
# As the real action does it: an empty ref is this run's commit here, and the default branch of any other repository.
set -euo pipefail
place="$GITHUB_WORKSPACE/${FOLDER:-.}"
[[ "$(realpath -m "$place")" == "$(realpath "$GITHUB_WORKSPACE")"* ]] || { echo "::error::path lies outside the workspace"; exit 1; }
if [[ -z "$REF" && "$REPOSITORY" == "$SELF" ]]; then REF="$SELF_SHA"; fi
mkdir -p "$place"
cd "$place"
git init -q .
# The hub knows by it which job asks, and so what the token may do.
git config http.userAgent "git/checkout job/$GITHUB_JOB"
git remote add origin "$SERVER/$REPOSITORY.git"
if [[ -n "$TOKEN" ]]; then
  basic="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)"
  echo "::add-mask::${basic##* }"
  git config "http.$SERVER/.extraheader" "$basic"
fi
depth=(--depth "$DEPTH")
[[ "$DEPTH" != 0 ]] || depth=()
refspec="${REF:-HEAD}"
[[ "$DEPTH" != 0 ]] || git fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*'
git -c protocol.version=2 fetch -q --no-tags "${depth[@]}" origin "$refspec"
if [[ -n "$REF" && "$REF" != refs/* && ! "$REF" =~ ^[0-9a-f]{40}$ ]]; then
  git checkout -q -B "$REF" FETCH_HEAD
else
  git checkout -q --detach FETCH_HEAD
fi
[[ "$PERSIST" == true ]] || git config --unset-all "http.$SERVER/.extraheader" || true
echo "commit=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
