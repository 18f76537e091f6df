"""Ways to keep a program in a box, strongest first. L0, no programs at all, is the absence of one."""

from autonomy_pack.contracts import Sandbox
from autonomy_pack.sandboxes import bubblewrap, landlock, namespaces, none

SANDBOXES: dict[str, Sandbox] = {
    "bubblewrap": bubblewrap,
    "namespaces": namespaces,
    "landlock": landlock,
    "none": none,
}
