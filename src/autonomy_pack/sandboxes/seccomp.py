"""The filter of system calls in a box: what programs break out of boxes with is refused, the rest passes.

A list of what is refused, not of what is allowed: compilers, interpreters and test suites of every kind have to work.
Refused are calls that reach the kernel's larger and younger parts, other processes, keys, clocks, mounts, namespaces
and rare socket families, as Docker's default profile and Flatpak do. The kernel remembers the calls that always pass,
so an ordinary call costs nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cache

_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06  # codes of classic BPF
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# Each call's number on x86_64 and on aarch64; None where the machine has no such call.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "move_pages": (279, 239), "migrate_pages": (256, 238),
    # namespaces and mounts
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224), "swapoff": (168, 225),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "create_module": (174, None),
    "query_module": (178, None), "get_kernel_syms": (177, None), "reboot": (169, 142), "acct": (163, 89),
    "syslog": (103, 116), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "vhangup": (153, 58),
    "uselib": (134, None), "_sysctl": (156, None), "sysfs": (139, None), "ustat": (136, None),
    # machine, clock and name
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161),
    "setdomainname": (171, 162),
}  # fmt: skip

# These are tried by programs that can do without them, and do so when the kernel says it has none.
_UNKNOWN: dict[str, tuple[int | None, int | None]] = {
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "userfaultfd": (323, 282),
    "memfd_secret": (447, 447), "clone3": (435, 435),  # its flags lie in memory, out of a filter's sight
}  # fmt: skip

# Shared with the host where there is no ipc namespace of one's own.
_IPC: dict[str, tuple[int | None, int | None]] = {
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "semop": (65, 193),
    "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188),
    "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181),
}  # fmt: skip

# What Landlock does not judge and a path would have to be looked at for: owners and attributes of this user's files
# outside, and watching what others do there.
_OUTSIDE: dict[str, tuple[int | None, int | None]] = {
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469), "inotify_init": (253, None), "inotify_init1": (294, 26),
}  # fmt: skip

# What may be done to oneself only, where others of this user can be seen: the argument that must be 0 then.
_TO_OTHERS: dict[str, tuple[int, int, int]] = {
    "prlimit64": (302, 261, 0), "sched_setparam": (142, 118, 0), "sched_setscheduler": (144, 119, 0),
    "sched_setaffinity": (203, 122, 0), "sched_setattr": (314, 274, 0),
}  # fmt: skip

# Priorities: the first argument that means one process, and no group and no user; then that process must be 0 too.
_PRIORITIES: dict[str, tuple[int, int, int]] = {"setpriority": (141, 140, 0), "ioprio_set": (251, 30, 1)}

_CLONE, _UNSHARE, _SOCKET, _IOCTL, _PERSONALITY = (56, 220), (272, 97), (41, 198), (16, 29), (135, 92)
_NAMESPACES = 0x7E020000  # every CLONE_NEW… but the one for time, whose bit says something else to clone
_NEW_TIME = 0x80
_TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: put words into a terminal's input
_HARMLESS_PERSONALITIES = (0, 0x0008, 0x20000, 0x20008, 0x40000, 0xFFFFFFFF)
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
_STREAM, _TYPE = 1, 0xF

_Step = tuple[int, int, int, int]


@cache
def program(machine: str, families: tuple[int, ...] = (UNIX, INET, INET6, NETLINK), *, alone: bool = True) -> bytes:
    """The filter, as struct sock_filter[]; b"" for a machine whose numbers are not known here.

    `families` are the sockets that may be made. `alone` says that the box has namespaces of its own for net and ipc;
    without, internet sockets can be TCP only, System V ipc is refused, limits and priorities are one's own alone, and
    owners and attributes of files cannot be changed, nor files watched.
    """
    if machine not in _MACHINES:
        return b""
    which, audit = _MACHINES[machine]
    steps = [_load(_ARCHITECTURE), (_EQUAL, 1, 0, audit), _return(_KILL), _load(_NUMBER)]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, _X32), _return(_ERRNO | _ENOSYS)]
    refused = _REFUSED if alone else _REFUSED | _IPC | _OUTSIDE
    steps += _refuse((numbers[which] for numbers in refused.values()), _EPERM)
    steps += _refuse((numbers[which] for numbers in _UNKNOWN.values()), _ENOSYS)
    for *numbers, argument in () if alone else _TO_OTHERS.values():
        steps += _about(numbers[which], _one_of(argument, (0,), _ALLOW, _ERRNO | _EPERM))
    for *numbers, process in () if alone else _PRIORITIES.values():
        steps += _about(numbers[which], _own_priority(process))
    steps += _about(_CLONE[which], _bits(0, _NAMESPACES))
    steps += _about(_UNSHARE[which], _bits(0, _NAMESPACES | _NEW_TIME))
    steps += _about(_IOCTL[which], _one_of(1, _TYPING, _ERRNO | _EPERM, _ALLOW))
    steps += _about(_PERSONALITY[which], _one_of(0, _HARMLESS_PERSONALITIES, _ALLOW, _ERRNO | _EPERM))
    steps += _about(_SOCKET[which], _sockets(families, alone=alone))
    steps.append(_return(_ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _load(offset: int) -> _Step:
    return (_LOAD, 0, 0, offset)


def _return(action: int) -> _Step:
    return (_RETURN, 0, 0, action)


def _refuse(numbers: Iterable[int | None], error: int) -> Iterator[_Step]:
    for number in numbers:
        if number is not None:
            yield (_EQUAL, 0, 1, number)
            yield _return(_ERRNO | error)


def _about(number: int, verdict: list[_Step]) -> list[_Step]:
    """Steps that judge one call by its arguments, and are passed over by all others."""
    return [(_EQUAL, 0, len(verdict), number), *verdict]


def _argument(which: int) -> _Step:
    """Load the lower half of an argument: all that the kernel looks at for these (and a filter must not see more)."""
    return _load(_ARGUMENTS + 8 * which)


def _bits(which: int, mask: int) -> list[_Step]:
    return [_argument(which), (_ANY_BIT, 0, 1, mask), _return(_ERRNO | _EPERM), _return(_ALLOW)]


def _one_of(which: int, values: tuple[int, ...], if_so: int, if_not: int) -> list[_Step]:
    found = [(_EQUAL, len(values) - number, 0, value) for number, value in enumerate(values)]
    return [_argument(which), *found, _return(if_not), _return(if_so)]


def _own_priority(process: int) -> list[_Step]:
    refused = _return(_ERRNO | _EPERM)
    return [_argument(0), (_EQUAL, 1, 0, process), refused, *_one_of(1, (0,), _ALLOW, _ERRNO | _EPERM)]


def _sockets(families: tuple[int, ...], *, alone: bool) -> list[_Step]:
    """Of netlink only the routing family, which the C library asks for addresses; of the others what was named."""
    refused = _return(_ERRNO | _EAFNOSUPPORT)
    steps: list[_Step] = [_argument(0)]
    for family in families:
        if family == NETLINK:
            verdict = [_argument(2), (_EQUAL, 0, 1, 0), _return(_ALLOW), refused]
        elif family == UNIX or alone:
            verdict = [_return(_ALLOW)]
        else:
            verdict = [_argument(1), (_AND, 0, 0, _TYPE), (_EQUAL, 0, 1, _STREAM), _return(_ALLOW), refused]
        steps += _about(family, verdict)
    return [*steps, refused]
