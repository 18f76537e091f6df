"""The guards, one file each, in the order they run; each judges a change by its git objects, never by its words."""

from __future__ import annotations

from autonomy_pack.contracts import Guard
from autonomy_pack.guards.binaries import binaries
from autonomy_pack.guards.check_files import check_files
from autonomy_pack.guards.checks_passed import checks_passed
from autonomy_pack.guards.manifests import manifests
from autonomy_pack.guards.modes import modes
from autonomy_pack.guards.names import names
from autonomy_pack.guards.protected_paths import protected_paths
from autonomy_pack.guards.secrets import secrets
from autonomy_pack.guards.shape import shape
from autonomy_pack.guards.size import size
from autonomy_pack.guards.submodules import submodules
from autonomy_pack.guards.symlinks import symlinks
from autonomy_pack.guards.tests import tests
from autonomy_pack.guards.unicode import unicode

GUARDS: dict[str, Guard] = {
    "shape": shape,
    "size": size,
    "protected_paths": protected_paths,
    "secrets": secrets,
    "names": names,
    "unicode": unicode,
    "modes": modes,
    "symlinks": symlinks,
    "submodules": submodules,
    "binaries": binaries,
    "manifests": manifests,
    "check_files": check_files,
    "tests": tests,
    "checks_passed": checks_passed,
}
