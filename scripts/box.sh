#!/bin/sh
# Makes bubblewrap usable on a hosted runner; does nothing where it works already. What is missing afterwards the pack
# says itself, and goes without programs rather than without a box. Usage: box.sh
set -eu
[ "$(uname)" = Linux ] || exit 0

works() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups bwrap --unshare-user --unshare-all --disable-userns --cap-drop ALL --ro-bind / / true
    else
        bwrap --unshare-user --unshare-all --disable-userns --cap-drop ALL --ro-bind / / true
    fi
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

works 2>/dev/null && exit 0

if ! command -v bwrap >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -qq || true; apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=60 bubblewrap >/dev/null' || true
fi

# Ubuntu 24.04 and newer: only programs with a profile may make user namespaces. This one file names bubblewrap alone.
restricted=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
if [ -r "$restricted" ] && [ "$(cat "$restricted")" = 1 ]; then
    profile='abi <abi/4.0>,
include <tunables/global>
profile autonomy-bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
}'
    printf '%s\n' "$profile" | as_root tee /etc/apparmor.d/autonomy-bwrap >/dev/null &&
        as_root apparmor_parser -r /etc/apparmor.d/autonomy-bwrap || true
fi

works || echo "::warning::autonomy: bubblewrap does not work on this runner. The box is built by root, or with weaker walls, where that can be done; else programs of the project cannot be run. Next: autonomy doctor."
