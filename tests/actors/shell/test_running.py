"""Commands in the foreground, in a sandbox and without."""

import os
import shutil
from pathlib import Path

import trio

from actors.shell import messages as shell
from actors.tools import messages as tools
from tests.actors.shell.hands import Hands, alive, hands, running, until


async def test_what_a_command_prints_comes_back_in_the_order_in_which_it_was_printed(at_work: Hands) -> None:
    command = "for n in 1 2 3; do echo out $n; echo err $n >&2; done"
    assert await at_work.bash(command) == "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"


async def test_it_runs_in_home_and_home_is_its_own(at_work: Hands) -> None:
    assert await at_work.bash("pwd; echo ~; echo $TMPDIR") == f"{at_work.home}\n{at_work.home}\n/tmp\n"
    await at_work.bash("mkdir -p projects && echo hello > projects/a.txt")
    assert (at_work.home / "projects/a.txt").read_text() == "hello\n"


async def test_what_is_in_home_is_kept_before_a_command_runs(tmp_path: Path) -> None:
    async with hands(tmp_path, sandbox="off") as at_work:
        await at_work.bash("true")
        assert at_work.kept == [tools.KeepAll(turn="turn", session="s", user="ada")]
        assert "could not be kept" in await at_work.bash("touch x", user="nobody")
        assert "could not be kept" in await at_work.bash("touch x", user="nobody", run_in_background=True)
        assert [each.name for each in at_work.home.iterdir()] == ["uploads"]


async def test_an_exit_code_is_told_with_whatever_was_printed(at_work: Hands) -> None:
    rendered = await at_work.call("Bash", command="echo so far; exit 3")
    assert rendered.is_error
    assert await at_work.bash("echo so far; exit 3") == "so far\n[Exit code 3.]"
    assert await at_work.bash("printf 'so far'; false") == "so far\n[Exit code 1.]"
    assert await at_work.bash("exit 4") == "[Exit code 4.]"
    assert await at_work.bash("kill -9 $$") == "[Exit code 137.]"
    assert await at_work.bash("true") == "(no output)"


async def timed_out(at_work: Hands, command: str) -> tuple[str, float]:
    """What a command that prints ``begun`` leaves when its time is over, and the seconds that it was given."""
    text, seconds = "", 0.04
    while "begun" not in text:  # a busy machine needs longer for that
        seconds *= 10
        assert seconds < 100
        text = await at_work.bash(command, timeout=round(seconds * 1000))
    return text, seconds


async def test_a_time_out_leaves_what_was_printed(at_work: Hands) -> None:
    text, seconds = await timed_out(at_work, "echo begun; sleep 1000")
    assert text == f"begun\n[It was stopped after {seconds:g} s, its time-out.]"
    assert not running("sleep 1000", at_work.home)


async def test_the_longest_a_command_may_take_is_set_by_the_owner(tmp_path: Path) -> None:
    async with hands(tmp_path, seconds=1) as at_work:
        assert "after 1 s" in await at_work.bash("sleep 1005", timeout=10_000_000)


async def test_nothing_is_typed(at_work: Hands) -> None:
    assert await at_work.bash("read -r line; echo $?; cat") == "1\n"


async def test_a_child_that_stays_does_not_hold_up_the_call_and_ends_with_it(at_work: Hands) -> None:
    assert await at_work.bash("sleep 1001 & echo $!") != ""
    assert not running("sleep 1001", at_work.home)


async def test_a_child_that_makes_itself_a_daemon_ends_as_well(at_work: Hands) -> None:
    await at_work.bash("(setsid nohup sleep 1002 >/dev/null 2>&1 &); env -i setsid -f sleep 1002; echo begun")
    await until(lambda: not running("sleep 1002", at_work.home), "it is still there")


async def test_who_is_not_waited_for_any_more_is_ended(at_work: Hands) -> None:
    with trio.move_on_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(at_work.bash, "trap '' TERM; setsid sleep 1003 & sleep 1003")
            await until(lambda: running("sleep 1003", at_work.home))
            nursery.cancel_scope.cancel()
    await until(lambda: not running("sleep 1003", at_work.home), "it is still there")


async def test_a_command_is_asked_to_end_before_it_is_ended(at_work: Hands) -> None:
    command = "trap 'echo cleaned up; exit' TERM; echo begun; while :; do sleep 0.05; done"
    text, _ = await timed_out(at_work, command)
    assert "cleaned up" in text


async def test_all_ends_with_the_actor(tmp_path: Path) -> None:
    async with hands(tmp_path) as at_work:
        await at_work.bash("sleep 1004", run_in_background=True)
        await until(lambda: running("sleep 1004", at_work.home))
    assert not running("sleep 1004", at_work.home)


async def test_bytes_that_are_no_text_do_no_harm(at_work: Hands) -> None:
    assert await at_work.bash(r"printf 'a\377b\n\342\202\254\n'") == "a\ufffdb\n€\n"


async def test_signals_that_python_ignores_are_not_ignored(at_work: Hands) -> None:
    assert await at_work.bash("yes | head -1; echo ${PIPESTATUS[0]}") == "y\n141\n"


async def test_long_output_is_shown_in_part_and_kept_whole(at_work: Hands) -> None:
    text = await at_work.bash("seq 1 20000")
    assert text.startswith("1\n2\n3\n")
    assert "19999\n20000\n" in text
    assert "bytes are left out here" in text
    assert len(text.encode()) < 31_000
    note = text.rpartition("[")[2]
    path = note.partition(" are in ")[2].partition(":")[0]
    assert note.startswith("All of 108894 bytes of output are in temp/bash-")
    assert (at_work.home / path).read_text() == "".join(f"{n}\n" for n in range(1, 20001))


async def test_a_flood_is_bounded(tmp_path: Path) -> None:
    async with hands(tmp_path, output=100_000) as at_work:
        text = await at_work.bash("head -c 300000000 /dev/zero | tr '\\0' x; echo; echo the end")
        assert "the end" in text
        assert "The first 100000 of 300000009 bytes" in text
        (kept,) = (at_work.home / "temp").iterdir()
        assert kept.stat().st_size == 100_000


async def test_output_is_told_as_it_comes(at_work: Hands) -> None:
    told: list[shell.Printed] = []
    async with at_work.mesh.bus.subscribe(shell.Printed, key="s") as printed, trio.open_nursery() as nursery:

        async def listen() -> None:
            async for event in printed:
                told.append(event)  # noqa: PERF401 - one is looked for meanwhile

        nursery.start_soon(listen)
        nursery.start_soon(at_work.bash, "echo one; while [ ! -e go ]; do sleep 0.01; done; echo two")
        await until(lambda: told)
        assert [(each.text, each.call, each.session, each.turn) for each in told] == [
            ("one\n", "toolu_1", "s", "turn")
        ]
        (at_work.home / "go").touch()
        await until(lambda: len(told) > 1)
        nursery.cancel_scope.cancel()
    assert "".join(each.text for each in told) == "one\ntwo\n"


async def test_many_at_once(at_work: Hands) -> None:
    said: list[str] = []

    async def one(n: int) -> None:
        said.append(await at_work.bash(f"echo {n}"))

    async with trio.open_nursery() as nursery:
        for n in range(12):
            nursery.start_soon(one, n)
    assert sorted(said) == sorted(f"{n}\n" for n in range(12))


async def test_a_command_that_names_the_agents_own_folder_is_refused_with_a_hint(at_work: Hands) -> None:
    assert "use the tools for memory" in await at_work.bash("cat ../.starpod/.env")
    assert "NUL" in await at_work.bash("echo a\0b")


async def test_descriptors_are_not_inherited(at_work: Hands) -> None:
    file = os.open(at_work.data, os.O_RDONLY)
    os.set_inheritable(file, True)
    try:
        listed = await at_work.bash("ls /proc/self/fd | tr '\\n' ' '")
    finally:
        os.close(file)
    assert listed == "0 1 2 3 "  # the last is the list


async def test_where_home_is_gone_the_command_is_not_started(tmp_path: Path) -> None:
    async with hands(tmp_path, sandbox="off") as at_work:
        shutil.rmtree(at_work.home)
        assert "could not be started" in await at_work.bash("true")


async def test_no_process_of_this_test_is_left(at_work: Hands) -> None:
    pid = int((await at_work.bash("echo $PPID")).strip())
    assert pid == 1 or not alive(pid)
