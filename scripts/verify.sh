#!/bin/sh
# Runs `autonomy fleet verify` from the checkout this file lies in, with all that it is given. See it with --help.
# The verify.sh of a release is the same for a pipe: it needs no checkout.
main() {
    case $0 in
    verify.sh | */verify.sh) root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 2 ;;
    *)
        printf 'autonomy: %s\n  Next: %s\n' "read from a pipe, this script has no checkout of the pack beside it" \
            "pipe the verify.sh of a release, or run scripts/verify.sh of a checkout" >&2
        exit 2
        ;;
    esac
    "$root/.venv/bin/python" -I -c 'import autonomy_pack' 2>/dev/null ||
        sh "$root/scripts/environment.sh" locked >&2 || exit
    exec "$root/.venv/bin/python" -I -m autonomy_pack fleet verify "$@" </dev/null
}
{ main "$@"; }
