"""Ways out that are tried one by one, by commands that mean it; ``docs/security.md`` has them as a table.

Those that only a sandbox stands against are tried in one; all others in both ways. Whatever a command does, the agent
runs the next one afterwards.
"""

import json
import os
import platform
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from actors.shell.seccomp import EAFNOSUPPORT, EPERM, SYSTEMS
from actors.shell.settings import MIB
from tests.actors.shell.hands import SECRET, Hands, hands, running, until


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Hands]:
    """In a sandbox, with something outside that is worth a visit."""
    async with hands(tmp_path) as found:
        if not (await found.protection()).sandbox:
            pytest.skip("bubblewrap does not work here")
        (tmp_path / "outside.txt").write_text("private")
        (found.data / "daemon.lock").write_text("private")
        yield found
        assert await found.bash("echo well") == "well\n"


# --- files ----------------------------------------------------------------------------------------------------


async def test_no_path_leads_out_of_home(inside: Hands) -> None:
    for path in (
        "../outside.txt",
        str(inside.home.parent / "outside.txt"),
        "/proc/1/root/../outside.txt",
        "/home",
    ):
        assert "No such file or directory" in await inside.bash(f"cat {path}")
    assert "private" not in await inside.bash(
        "find / -name outside.txt -o -name daemon.lock 2>/dev/null | xargs -r cat"
    )


async def test_a_link_leads_nowhere(inside: Hands) -> None:
    (inside.home / "link").symlink_to(inside.home.parent / "outside.txt")
    (inside.home / "folder").symlink_to(inside.home.parent)
    assert "private" not in await inside.bash("cat link folder/outside.txt")
    assert "private" not in await inside.bash(f"ln -s {inside.home.parent} up; ls up; cat up/outside.txt")


async def test_the_system_cannot_be_written(inside: Hands) -> None:
    for path in (
        "/usr/x",
        "/usr/bin/bash",
        "/etc/passwd",
        "/x",
        "/dev/x",
        "/run/x",
        "/proc/sys/vm/swappiness",
    ):
        assert "Exit code 1" in await inside.bash(f"echo 0 >> {path}"), path
    assert "Exit code" in await inside.bash("rm -rf --no-preserve-root /usr/bin 2>&1 | head -1; exit 1")
    assert os.access("/usr/bin/env", os.X_OK)


async def test_what_others_have_sent_is_out_of_reach(inside: Hands) -> None:
    for user in ("ada", "bob"):
        (inside.home / "uploads" / user).mkdir(parents=True)
        (inside.home / "uploads" / user / "a.txt").write_text(f"of {user}\n")
    assert await inside.bash("cat uploads/*/*") == "of ada\n"
    assert await inside.bash("cat uploads/*/*", user="bob") == "of bob\n"
    text = await inside.bash(
        "mv uploads away; umount uploads; rmdir uploads/ada; cat uploads/bob/a.txt away/bob/a.txt"
    )
    assert "of bob" not in text
    assert (inside.home / "uploads/bob/a.txt").read_text() == "of bob\n"


async def test_a_link_in_the_place_of_what_somebody_has_sent_leads_nowhere(inside: Hands) -> None:
    assert "Exit code" in await inside.bash("mkdir uploads; ln -s ../.. uploads/ada")
    assert "Exit code" in await inside.bash("rmdir uploads; mv uploads away; ln -s .. uploads/ada")
    text = await inside.bash("cat uploads/ada/outside.txt; echo gone > uploads/ada/outside.txt")
    assert "private" not in text
    assert (inside.home.parent / "outside.txt").read_text() == "private"


async def test_a_command_that_goes_on_does_not_see_what_others_send_later(inside: Hands) -> None:
    watch = "until [ -e go ]; do sleep 0.05; done; cat uploads/bob/a.txt"
    await inside.bash(watch, run_in_background=True)
    (inside.home / "uploads" / "bob").mkdir(parents=True, exist_ok=True)
    (inside.home / "uploads" / "bob" / "a.txt").write_text("of bob")
    (inside.home / "go").touch()
    seen = ""
    with trio.fail_after(60):
        while "Exit code" not in seen:
            seen += await inside.text("BashOutput", id="sh-1")
            await trio.sleep(0.05)
    assert "of bob" not in seen


async def test_the_lock_and_the_data_of_the_agent_are_not_there(inside: Hands) -> None:
    assert "refused" not in await inside.bash("ls")
    command = (
        'd=.star; for f in ../${d}pod/daemon.lock $(dirname $PWD)/${d}pod/daemon.lock; do cat "$f"; done'
    )
    text = await inside.bash(command)
    assert "private" not in text
    assert text.count("No such file or directory") == 2


# --- processes ------------------------------------------------------------------------------------------------


async def test_the_agent_cannot_be_seen_traced_or_signalled(inside: Hands) -> None:
    pid = os.getpid()
    assert "No such process" in await inside.bash(f"kill -9 {pid}; kill -9 -{os.getpgid(0)}")
    assert "No such file" in await inside.bash(f"cat /proc/{pid}/environ /proc/{pid}/mem")
    trace = f"import ctypes; print(ctypes.CDLL(None).ptrace(16, {pid}, 0, 0))"  # PTRACE_ATTACH
    assert await inside.bash(f"python3 -c '{trace}'") == "-1\n"
    await inside.bash("kill -9 -1")
    assert len((await inside.bash("ls -d /proc/[0-9]*")).split()) < 8


async def test_it_has_no_rights_and_gains_none(inside: Hands) -> None:
    status = await inside.bash("cat /proc/self/status")
    assert "CapEff:\t0000000000000000\n" in status
    assert "CapBnd:\t0000000000000000\n" in status
    assert "NoNewPrivs:\t1\n" in status
    for command in (
        "mount -t tmpfs x /tmp",
        "chroot /",
        "unshare -n true",
        "unshare -Ur mount -t tmpfs x /tmp",
    ):
        assert "Exit code" in await inside.bash(command), command
    assert "uid=1000(agent)" in await inside.bash("id")


CALLS = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
def error(*words):
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.syscall(*map(ctypes.c_long, words)) == -1 else 0
print(json.dumps([error(*words) for words in json.loads(sys.argv[1])]))
"""


async def test_the_kernel_refuses_what_few_programs_need(inside: Hands) -> None:
    system = SYSTEMS.get(platform.machine())
    if system is None:
        pytest.skip("nothing is refused on such a machine")
    (inside.home / "calls.py").write_text(CALLS)
    calls = [
        *([system.unshare, flag] for flag in (0x10000000, 0x40000000)),
        [system.clone, 17 | 0x10000000],
        *([system.socket, family, 1, 0] for family in (38, 40, 2)),
        [system.ioctl, 0, 0x5412, 0],
        *([number] for number in system.refused),
    ]
    expected = [EPERM, EPERM, EPERM, EAFNOSUPPORT, EAFNOSUPPORT, 0, EPERM, *system.refused.values()]
    assert json.loads(await inside.bash(f"python3 calls.py '{json.dumps(calls)}'")) == expected
    threads = "import threading; each = threading.Thread(target=print, args=[7]); each.start(); each.join()"
    assert await inside.bash(f"python3 -c '{threads}'; (echo 8) | cat") == "7\n8\n"


async def test_there_is_no_terminal_to_type_into(inside: Hands) -> None:
    assert "No such device or address" in await inside.bash("echo rm -rf ~ > /dev/tty")


async def test_what_listens_on_this_machine_is_out_of_reach(inside: Hands) -> None:
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as named:
        port.bind(("127.0.0.1", 0))
        port.listen()
        named.bind(f"\0starpod-test-{os.getpid()}")
        named.listen()
        number = port.getsockname()[1]
        reach = f"exec 3<>/dev/tcp/127.0.0.1/{number}"
        assert "Connection refused" in await inside.bash(reach)
        asked = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + 'starpod-test-{os.getpid()}')"
        assert "Connection refused" in await inside.bash(f'python3 -c "{asked}"')
        assert "403" in await inside.bash(f"curl -sS -v --noproxy '' http://127.0.0.1:{number}/ 2>&1")


# --- in both ways ---------------------------------------------------------------------------------------------


async def test_nothing_of_the_environment_is_passed_on(tmp_path: Path, way: str) -> None:
    async with hands(
        tmp_path, granted={"PLANET": "Mars"}, sandbox="auto" if way == "sandbox" else "off"
    ) as at_work:
        text = await at_work.bash("env; cat /proc/self/environ /proc/$PPID/environ | tr '\\0' '\\n'")
        assert SECRET not in text
        assert "API_KEY" not in text
        assert "PLANET=Mars" in text
        names = {line.partition("=")[0] for line in text.splitlines() if "=" in line}
        own = {
            "PATH",
            "LANG",
            "LC_ALL",
            "TERM",
            "TZ",
            "HOME",
            "TMPDIR",
            "PWD",
            "SHLVL",
            "OLDPWD",
            "_",
            "PLANET",
        }
        assert {name for name in names if "proxy" not in name.casefold()} <= own | {"STARPOD_COMMAND"}


async def test_a_fork_bomb_ends_and_hurts_nobody(tmp_path: Path, way: str) -> None:
    """One that stops at a thousand, should nothing else stop it."""
    async with hands(tmp_path, processes=100, sandbox="auto" if way == "sandbox" else "off") as at_work:
        bomb = "bomb() { [ $1 = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 1024; }; bomb 8; wait"
        text = await at_work.bash(bomb, timeout=20_000)
        assert "100 are allowed" in text or "Resource temporarily unavailable" in text
        await until(lambda: not running("sleep 1024", at_work.home), "something is left")
        assert await at_work.bash("echo well") == "well\n"


async def test_processes_are_counted_where_the_system_does_not(tmp_path: Path, way: str) -> None:
    async with hands(tmp_path, processes=20, sandbox="auto" if way == "sandbox" else "off") as at_work:
        text = await at_work.bash("for n in $(seq 60); do sleep 1021 & done; wait", timeout=20_000)
        assert "20 are allowed" in text or "Resource temporarily unavailable" in text
        await until(lambda: not running("sleep 1021", at_work.home), "something is left")


async def test_memory_is_bounded_for_one_and_for_all(tmp_path: Path, way: str) -> None:
    async with hands(tmp_path, memory=128 * MIB, sandbox="auto" if way == "sandbox" else "off") as at_work:
        assert "MemoryError" in await at_work.bash("python3 -c 'bytearray(500_000_000)'")
        each = 'python3 -c "x = bytearray(b\\"x\\" * 60_000_000); import time; time.sleep(1022)" &'
        assert "bytes of memory" in await at_work.bash(f"{each * 4} wait", timeout=30_000)
        write = "[m.write(bytes(1_000_000)) for _ in range(390)]"
        shared = f"import mmap, time; m = mmap.mmap(-1, 400_000_000); {write}; time.sleep(1022)"
        assert "bytes of memory" in await at_work.bash(f"python3 -c '{shared}'", timeout=30_000)
        assert await at_work.bash("echo well") == "well\n"


async def test_temporary_files_are_bounded(tmp_path: Path) -> None:
    async with hands(tmp_path, temporary=MIB) as at_work:
        if not (await at_work.protection()).sandbox:
            pytest.skip("bubblewrap does not work here")
        for folder in ("/tmp", "/dev/shm", "/var/tmp"):
            assert "No space left" in await at_work.bash(f"head -c 5000000 /dev/zero > {folder}/x"), folder


async def test_files_are_bounded_and_the_disk_is_never_full(tmp_path: Path, way: str) -> None:
    sandbox = "auto" if way == "sandbox" else "off"
    async with hands(tmp_path, file_size=MIB, sandbox=sandbox) as at_work:
        assert "Exit code 153" in await at_work.bash("head -c 5000000 /dev/zero > big")
        assert (at_work.home / "big").stat().st_size == MIB
    free = os.statvfs(tmp_path)
    async with hands(tmp_path, disk_left=free.f_bavail * free.f_frsize * 2, sandbox=sandbox) as at_work:
        assert "of the disk are free" in await at_work.bash("sleep 1023")


async def test_whoever_asks_for_a_sandbox_runs_nothing_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with hands(tmp_path, sandbox="required") as at_work:
        text = await at_work.bash("touch x")
        assert (
            text
            == "no commands are run here: shell.sandbox is required, and bubblewrap (bwrap) is not installed"
        )
        assert list(at_work.home.iterdir()) == []
        assert (await at_work.protection()).text.startswith("no commands are run")
        (about,) = at_work.mesh.console.snapshot()["actors"][:1]
        assert about["own"]["finding"]["ok"] is False
        assert "install bubblewrap" in about["own"]["finding"]["advice"]


async def test_a_bubblewrap_that_does_not_work_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho no permissions >&2; exit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    async with hands(tmp_path) as at_work:
        protection = await at_work.protection()
        assert not protection.sandbox
        assert protection.network == "on"
        assert protection.text.endswith("bubblewrap does not work on this machine: no permissions")
        with trio.fail_after(60):
            assert await at_work.bash("echo hi") == "hi\n"
