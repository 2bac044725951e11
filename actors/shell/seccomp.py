"""Which calls of the system a command in a sandbox may not make, as the program that the kernel asks each time. Pure.

What is refused lets a command look into other processes, mount, load code into the kernel or reach what namespaces do
not keep apart; few programs need any of it, and holes in the kernel were found behind most. Everything else is left to
the sandbox.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Final, final

import attrs

from bus import Data

EPERM: Final = 1
ENOSYS: Final = 38
EAFNOSUPPORT: Final = 97

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where the kernel says which call it is, of which system, and with what; arguments have 8 bytes each."""
_LOAD, _EQUAL, _AT_LEAST, _HAS_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of the classic Berkeley Packet Filter."""
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000
_X32: Final = 0x40000000
"""Numbers from here on are of a further system that x86-64 has beside its own."""

NAMESPACES: Final = 0x7E020000
"""What makes ``clone`` and ``unshare`` make namespaces: of mounts, cgroups, names, IPC, users, processes, networks."""
NEW_TIME: Final = 0x80
"""Likewise of clocks; to ``clone`` it means something else."""
FAMILIES: Final = (1, 2, 10, 16)
"""Of sockets: local, IPv4, IPv6, netlink. A machine in a machine reaches its host by another, whatever its network."""
TERMINAL: Final = (0x5412, 0x541C)
"""``ioctl`` with TIOCSTI and TIOCLINUX types into the terminal that one was started from."""

_BEYOND: Final = {
    **dict.fromkeys(range(428, 434), EPERM),  # open_tree, move_mount, fsopen, fsconfig, fsmount, fspick
    **dict.fromkeys((438, 440, 442, 443), EPERM),  # pidfd_getfd, process_madvise, mount_setattr, quotactl_fd
    **dict.fromkeys((425, 426, 427), ENOSYS),  # io_uring, for which programs have something else
    435: ENOSYS,  # clone3, whose flags cannot be seen; C libraries make do with clone
}
"""What has the same number everywhere."""


@final
@attrs.frozen(kw_only=True)
class System(Data):
    """The calls of one kind of machine."""

    audit: int
    """How the kernel calls it."""
    ioctl: int
    socket: int
    clone: int
    unshare: int
    refused: Mapping[int, int]
    """Numbers of calls, and the error that they are answered with."""
    has_x32: bool = False


SYSTEMS: Final[Mapping[str, System]] = {
    "x86_64": System(
        audit=0xC000003E,
        ioctl=16,
        socket=41,
        clone=56,
        unshare=272,
        has_x32=True,
        refused={
            **_BEYOND,
            **dict.fromkeys(
                (
                    *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
                    *(248, 249, 250),  # add_key, request_key, keyctl
                    *(298, 321, 323),  # perf_event_open, bpf, userfaultfd
                    *(155, 165, 166, 308),  # pivot_root, mount, umount2, setns
                    *(
                        246,
                        320,
                        169,
                        175,
                        176,
                        313,
                    ),  # kexec_load, kexec_file_load, reboot, init/delete/finit_module
                    *(103, 163, 167, 168, 179),  # syslog, acct, swapon, swapoff, quotactl
                    *(172, 173, 304),  # iopl, ioperm, open_by_handle_at
                ),
                EPERM,
            ),
        },
    ),
    "aarch64": System(
        audit=0xC00000B7,
        ioctl=29,
        socket=198,
        clone=220,
        unshare=97,
        refused={
            **_BEYOND,
            **dict.fromkeys(
                (
                    *(117, 270, 271, 272),  # ptrace, process_vm_readv, process_vm_writev, kcmp
                    *(217, 218, 219),  # add_key, request_key, keyctl
                    *(241, 280, 282),  # perf_event_open, bpf, userfaultfd
                    *(41, 40, 39, 268),  # pivot_root, mount, umount2, setns
                    *(
                        104,
                        294,
                        142,
                        105,
                        106,
                        273,
                    ),  # kexec_load, kexec_file_load, reboot, init/delete/finit_module
                    *(116, 89, 224, 225, 60),  # syslog, acct, swapon, swapoff, quotactl
                    265,  # open_by_handle_at
                ),
                EPERM,
            ),
        },
    ),
}
"""By what ``uname -m`` says."""


def program(system: System) -> bytes:
    """The filter, as bubblewrap takes it. Calls in the way of another kind of machine are not there."""
    lines = [_load(_ARCHITECTURE), _jump(_EQUAL, system.audit, 1, 0), _refuse(ENOSYS), _load(_NUMBER)]
    if system.has_x32:
        lines += [_jump(_AT_LEAST, _X32, 0, 1), _refuse(ENOSYS)]
    lines += _of(system.socket, 0, [*_unless_one_of(FAMILIES, EAFNOSUPPORT)])
    lines += _of(system.ioctl, 1, [each for request in TERMINAL for each in _if(_EQUAL, request, EPERM)])
    lines += _of(system.clone, 0, [*_if(_HAS_ANY, NAMESPACES, EPERM)])
    lines += _of(system.unshare, 0, [*_if(_HAS_ANY, NAMESPACES | NEW_TIME, EPERM)])
    for number, error in sorted(system.refused.items()):
        lines += _if(_EQUAL, number, error)
    return b"".join((*lines, _allow()))


def _of(call: int, argument: int, rules: list[bytes]) -> list[bytes]:
    """Rules about an argument of a call, which is let through after them. Of its 8 bytes the kernel takes 4, too."""
    rules = [_load(_ARGUMENTS + 8 * argument), *rules, _allow()]
    return [_jump(_EQUAL, call, 0, len(rules)), *rules]


def _if(test: int, value: int, error: int) -> tuple[bytes, bytes]:
    return _jump(test, value, 0, 1), _refuse(error)


def _unless_one_of(values: tuple[int, ...], error: int) -> Iterable[bytes]:
    for left, value in zip(range(len(values), 0, -1), values, strict=True):
        yield _jump(_EQUAL, value, left, 0)
    yield _refuse(error)


def _load(offset: int) -> bytes:
    return _line(_LOAD, 0, 0, offset)


def _jump(test: int, value: int, then: int, otherwise: int) -> bytes:
    """Pass over so many of the next lines, as a test comes out."""
    return _line(test, then, otherwise, value)


def _refuse(error: int) -> bytes:
    return _line(_RETURN, 0, 0, _REFUSE | error)


def _allow() -> bytes:
    return _line(_RETURN, 0, 0, _ALLOW)


def _line(code: int, then: int, otherwise: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
