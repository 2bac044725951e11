"""Commands as processes of their own: real ones, on the real clock."""

import os
import signal
from pathlib import Path

import pytest
import trio

from actors.hooks import process
from actors.hooks.answers import LONGEST, Done
from actors.shell.sandbox import LAUNCHER, interpreter
from tests.system.daemons import PATIENCE, until

PATH = {"PATH": os.environ["PATH"]}


def kept(command: str, control: int) -> list[str]:
    """The words for a command that somebody keeps together with all that it begins."""
    return [
        str(interpreter()),
        "-I",
        "-S",
        str(LAUNCHER),
        str(control),
        *["0", "1", "0", "0", "0", "0"],
        "sh",
        "-c",
        command,
    ]


async def run(folder: Path, command: str, stdin: bytes = b"{}", **variables: str) -> Done:
    with trio.fail_after(PATIENCE):
        with process.held() as control:
            return await process.run(kept(command, control), folder, stdin, {**PATH, **variables}, control)


async def test_a_command_reads_the_event_and_answers(tmp_path: Path) -> None:
    done = await run(tmp_path, "cat; echo by the way >&2", b'{"a": 1}')
    assert done == Done(status=0, stdout=b'{"a": 1}', stderr=b"by the way\n")


async def test_it_runs_in_the_folder_of_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text("pwd; echo $WORD")
    done = await run(tmp_path, "sh ./script.sh", WORD="said")
    assert done.stdout.decode().split() == [str(tmp_path), "said"]


async def test_its_environment_is_what_it_is_given(tmp_path: Path) -> None:
    done = await run(tmp_path, "env", WORD="said")
    names = {line.partition("=")[0] for line in done.stdout.decode().splitlines()}
    assert names - {"PWD", "OLDPWD", "_", "SHLVL", "LC_CTYPE"} == {"PATH", "WORD"}


async def test_one_that_never_reads_what_it_is_told_is_no_failure(tmp_path: Path) -> None:
    done = await run(tmp_path, "exec <&-; echo '{}'", b"x" * 10_000_000)
    assert done == Done(status=0, stdout=b"{}\n")


async def test_how_it_ended_is_told(tmp_path: Path) -> None:
    assert (await run(tmp_path, "exit 3")).status == 3
    assert (await run(tmp_path, "kill -TERM $$")).status == 128 + signal.SIGTERM
    assert (await run(tmp_path, "no-such-program")).status == 127


async def test_of_what_it_writes_no_more_is_kept_than_is_read(tmp_path: Path) -> None:
    done = await run(tmp_path, "head -c 3000000 /dev/zero; (head -c 200000 /dev/zero; echo end) >&2")
    assert len(done.stdout) == LONGEST + 1
    assert len(done.stderr) == process.KEPT_STDERR
    assert done.stderr.endswith(b"end\n")


async def test_what_it_leaves_behind_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    done = await run(tmp_path, "sleep 1000 & echo $! > pid; echo '{}'")
    assert done == Done(status=0, stdout=b"{}\n")
    await gone(tmp_path)


async def test_whoever_gives_up_waiting_kills_the_whole_group(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, tmp_path, "sleep 1000 & echo $! > pid; wait")
        await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        nursery.cancel_scope.cancel()
    await gone(tmp_path)


async def gone(folder: Path) -> None:
    """Wait until a process that was left behind is no more, or waits only to be collected by whoever inherits it."""
    pid = int((folder / "pid").read_text())

    def is_gone() -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"

    await until(is_gone, "it lives on")


async def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        await run(tmp_path / "gone", "true")
