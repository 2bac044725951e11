import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from starpod.lock import DaemonInfo, InstanceBusy, InstanceLock, LockUnusable, read_daemon
from starpod.workspace import Instance

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from starpod.lock import InstanceLock
from starpod.workspace import Instance

with InstanceLock(
    Instance(root=Path(sys.argv[1])), command="starpod serve", boot_id="b" * 500, now=datetime(2026, 1, 2, tzinfo=UTC)
) as lock:
    lock.announce("127.0.0.1:3000")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    found = Instance(root=tmp_path)
    found.agent_home.mkdir()
    return found


def take(instance: Instance) -> InstanceLock:
    return InstanceLock(instance, command="starpod dev bot", boot_id="boot", now=NOW)


@contextmanager
def other_process(instance: Instance) -> Generator[subprocess.Popen[str]]:
    """Another process that holds the lock; it lets go when its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(instance.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_nobody_runs_an_instance_that_was_never_started(instance: Instance) -> None:
    assert read_daemon(instance) is None


def test_the_holder_tells_who_it_is(instance: Instance) -> None:
    with take(instance) as lock:
        assert read_daemon(instance) == lock.info
        lock.announce("127.0.0.1:4000")

        found = read_daemon(instance)

    assert found is not None
    assert (found.address, found.started_at, found.boot_id, found.command) == (
        "127.0.0.1:4000",
        NOW,
        "boot",
        "starpod dev bot",
    )
    assert found.url == "http://127.0.0.1:4000"


def test_the_holder_tells_what_it_speaks(instance: Instance) -> None:
    with take(instance) as lock:
        lock.announce("127.0.0.1:4000", scheme="https", base_path="/starpod")
        found = read_daemon(instance)
    assert found is not None
    assert found.url == "https://127.0.0.1:4000/starpod"
    assert len(bytes.fromhex(found.token)) == 32
    assert found.token not in repr(found)


def test_a_pipe_in_place_of_the_file_is_refused_and_not_waited_for(instance: Instance) -> None:
    os.mkfifo(instance.lock_file)

    for attempt in (take, read_daemon):
        with pytest.raises(LockUnusable, match="it is not a file"):
            attempt(instance)


def test_only_the_owner_may_read_the_token(instance: Instance) -> None:
    instance.lock_file.touch(0o644)

    with take(instance):
        assert instance.lock_file.stat().st_mode & 0o777 == 0o600


def test_a_second_process_is_told_about_the_first(instance: Instance) -> None:
    with other_process(instance) as process, pytest.raises(InstanceBusy) as raised:
        take(instance)

    assert raised.value.holder is not None
    assert raised.value.holder.pid == process.pid
    text = str(raised.value)
    for part in (str(instance.root), str(process.pid), "http://127.0.0.1:3000", "`starpod serve`"):
        assert part in text


def test_the_same_process_cannot_take_it_twice(instance: Instance) -> None:
    with take(instance), pytest.raises(InstanceBusy, match="not listening yet"):
        take(instance)


def test_after_a_kill_the_old_content_is_no_obstacle_and_no_daemon(instance: Instance) -> None:
    with other_process(instance) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert b"starpod serve" in instance.lock_file.read_bytes()
        assert read_daemon(instance) is None

        with take(instance):
            found = read_daemon(instance)

    assert found is not None
    assert found.command == "starpod dev bot"
    assert b"starpod serve" not in instance.lock_file.read_bytes()


def test_afterwards_the_next_one_may_have_it(instance: Instance) -> None:
    lock = take(instance)
    lock.release()
    lock.release()

    assert read_daemon(instance) is None
    assert instance.lock_file.read_bytes() == b""
    take(instance).release()


def test_looking_does_not_keep_a_daemon_from_starting(instance: Instance) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom starpod.lock import read_daemon\n"
        "from starpod.workspace import Instance\ninstance = Instance(root=Path(sys.argv[1]))\n"
        "print('ready', flush=True)\nwhile True: read_daemon(instance)\n"
    )
    instance.lock_file.touch()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(instance.root)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        try:
            for _ in range(100):
                take(instance).release()
        finally:
            reader.kill()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe", b"null"])
def test_a_holder_that_has_said_nothing_yet_is_busy_but_unknown(instance: Instance, content: bytes) -> None:
    with take(instance):
        instance.lock_file.write_bytes(content)

        assert read_daemon(instance) is None
        with pytest.raises(InstanceBusy, match="just starting or stopping"):
            take(instance)


def test_a_longer_line_that_is_not_cut_yet_does_not_disturb(instance: Instance) -> None:
    with take(instance) as lock:
        instance.lock_file.write_text(lock.info.to_json() + "rest of a longer line", encoding="utf-8")

        assert read_daemon(instance) == lock.info


def test_what_a_later_version_adds_is_overlooked(instance: Instance) -> None:
    with take(instance) as lock:
        stored = json.loads(lock.info.to_json()) | {"more": 1}

        assert DaemonInfo.from_json(json.dumps(stored)) == lock.info


def test_a_link_in_its_place_is_refused(instance: Instance, tmp_path: Path) -> None:
    instance.lock_file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(LockUnusable, match="symbolic links"):
        take(instance)


def test_a_lock_that_nobody_can_have_is_said_to_be_so(instance: Instance) -> None:
    instance.lock_file.symlink_to(instance.lock_file.name)  # leads nowhere, for root too

    with pytest.raises(LockUnusable, match=r"daemon\.lock cannot be used"):
        take(instance)
    with pytest.raises(LockUnusable, match=r"daemon\.lock cannot be used"):
        read_daemon(instance)
