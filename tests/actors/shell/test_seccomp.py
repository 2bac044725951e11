"""What the program that the kernel asks says of calls; that it is asked is in ``test_escapes.py``."""

import struct

import pytest

from actors.shell.seccomp import EAFNOSUPPORT, EPERM, NEW_TIME, SYSTEMS, System, program

ALLOWED = 0
NEW_USER = 0x10000000
THREAD = 0x3D0F00
"""With what C libraries begin a thread."""


def said(system: System, call: int, *arguments: int, audit: int | None = None) -> int:
    """The error that a call is answered with; 0 where it is let through."""
    data = struct.pack("=IIQ6Q", call, audit or system.audit, 0, *arguments, *[0] * (6 - len(arguments)))
    lines = list(struct.iter_unpack("=HBBI", program(system)))
    at = held = 0
    while True:
        code, then, otherwise, value = lines[at]
        match code:
            case 0x20:
                held = struct.unpack_from("=I", data, value)[0]
                at += 1
            case 0x06:
                return ALLOWED if value == 0x7FFF0000 else value - 0x00050000
            case _:
                holds = {0x15: held == value, 0x35: held >= value, 0x45: held & value != 0}[code]
                at += 1 + (then if holds else otherwise)


@pytest.fixture(params=sorted(SYSTEMS))
def system(request: pytest.FixtureRequest) -> System:
    return SYSTEMS[request.param]


def test_what_few_programs_need_is_refused_and_all_else_let_through(system: System) -> None:
    others = {system.ioctl, system.socket, system.clone, system.unshare}
    assert others.isdisjoint(system.refused)
    for call in set(range(600)) - others:
        assert said(system, call) == system.refused.get(call, ALLOWED), call


def test_threads_and_processes_begin_and_namespaces_do_not(system: System) -> None:
    assert said(system, system.clone, THREAD) == ALLOWED
    assert said(system, system.clone, 17 | NEW_USER) == EPERM
    assert said(system, system.clone, NEW_TIME) == ALLOWED
    assert said(system, system.unshare, 0x400) == ALLOWED  # files of one's own
    for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, NEW_USER, 0x20000000, 0x40000000, NEW_TIME):
        assert said(system, system.unshare, flag) == EPERM


def test_sockets_are_of_the_usual_families(system: System) -> None:
    expected = {family: ALLOWED if family in {1, 2, 10, 16} else EAFNOSUPPORT for family in range(46)}
    assert {family: said(system, system.socket, family) for family in range(46)} == expected


def test_nothing_is_typed_into_a_terminal_whatever_stands_beside_the_request(system: System) -> None:
    for request in (0x5412, 0x541C, 0x1_0000_5412):
        assert said(system, system.ioctl, 0, request) == EPERM
    assert said(system, system.ioctl, 0, 0x5413) == ALLOWED  # how large it is
    assert said(system, system.ioctl, 0x5412, 0x5401) == ALLOWED


def test_calls_in_the_way_of_another_machine_are_not_there(system: System) -> None:
    assert said(system, 1, audit=0x40000003) == 38
    assert (said(system, 0x40000001) == 38) == system.has_x32


NUMBERS = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "setns": (308, 268),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "syslog": (103, 116),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "iopl": (172, None),
    "ioperm": (173, None),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "mount_setattr": (442, 442),
    "quotactl_fd": (443, 443),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "clone3": (435, 435),
}
"""As the kernel's headers have them: ``asm/unistd_64.h`` of x86-64, ``asm-generic/unistd.h`` of aarch64."""


def test_the_numbers_are_those_of_the_kernel() -> None:
    for column, name in enumerate(("x86_64", "aarch64")):
        system = SYSTEMS[name]
        assert set(system.refused) == {pair[column] for pair in NUMBERS.values()} - {None}
    told = [(each.ioctl, each.socket, each.clone, each.unshare) for each in SYSTEMS.values()]
    assert told == [(16, 41, 56, 272), (29, 198, 220, 97)]
