"""Commands that go on beside the conversation."""

import shutil
from pathlib import Path

from tests.actors.shell.hands import Hands, alive, hands, running, until


async def test_it_is_begun_looked_at_and_ends(at_work: Hands) -> None:
    began = await at_work.bash(
        "echo one; while [ ! -e go ]; do sleep 0.01; done; echo two; exit 3", run_in_background=True
    )
    assert began == "[sh-1 is running.]\n[BashOutput and BashStop know it as sh-1.]"
    said = ""
    while not said.startswith("one"):
        said = await at_work.text("BashOutput", id="sh-1")
    assert said.startswith("one\n[sh-1 is running.]\n[Command: echo one; ")
    (at_work.home / "go").touch()
    said = ""
    while "has ended" not in said:
        said += await at_work.text("BashOutput", id="sh-1")
    assert "two\n[sh-1 has ended.]" in said or "two\n[sh-1 is running.]" in said
    assert said.endswith("[Exit code 3.]")
    again = await at_work.text("BashOutput", id="sh-1")
    assert again.startswith("[sh-1 has ended.]")


async def test_it_is_stopped_with_all_that_it_has_started(at_work: Hands) -> None:
    await at_work.bash("echo begun; setsid sleep 1010 & sleep 1010", run_in_background=True)
    await until(lambda: len(running("sleep 1010", at_work.home)) == 2)
    assert "[sh-1 was stopped.]" in await at_work.text("BashStop", id="sh-1")
    assert not running("sleep 1010", at_work.home)
    assert "[sh-1 was stopped.]" in await at_work.text("BashStop", id="sh-1")


async def test_by_the_answer_nothing_of_it_is_left_that_did_not_want_to_end(at_work: Hands) -> None:
    deaf = "(trap '' TERM; for n in 1 2 3 4 5 6 7 8; do setsid sleep 1015 & done)"
    for _ in range(3):
        said = await at_work.bash(f"{deaf}; sleep 1010", run_in_background=True)
        await until(lambda: len(running("sleep 1015", at_work.home)) == 8)
        left = running("sleep 1015", at_work.home)
        await at_work.text("BashStop", id=said.split()[0].removeprefix("["))
        assert not any(map(alive, left))


async def test_nobody_sees_or_stops_those_of_others(tmp_path: Path) -> None:
    async with hands(tmp_path) as at_work:
        await at_work.bash("sleep 1011", run_in_background=True)
        assert "There is no background command sh-1" in await at_work.text(
            "BashOutput", user="bob", id="sh-1"
        )
        assert "There is no background command sh-1" in await at_work.text("BashStop", user="bob", id="sh-1")
        assert "is running" in await at_work.text("BashOutput", id="sh-1")


async def test_each_user_may_have_so_many(tmp_path: Path) -> None:
    async with hands(tmp_path, background=2) as at_work:
        for _ in range(2):
            await at_work.bash("sleep 1012", run_in_background=True)
        assert "stop one of sh-1, sh-2" in await at_work.bash("sleep 1012", run_in_background=True)
        assert "is running" in await at_work.bash("sleep 1012", user="bob", run_in_background=True)
        await at_work.text("BashStop", id="sh-1")
        assert "sh-4 is running" in await at_work.bash("sleep 1012", run_in_background=True)


async def test_after_a_restart_it_was_interrupted_and_its_output_is_still_there(tmp_path: Path) -> None:
    async with hands(tmp_path) as at_work:
        await at_work.bash("echo begun; sleep 1013", run_in_background=True)
        await until((tmp_path / ".starpod/shell/sh-1.log").read_bytes)
    assert not running("sleep 1013", at_work.home)
    async with hands(tmp_path) as at_work:
        said = await at_work.text("BashOutput", id="sh-1")
        assert said.startswith("begun\n[sh-1 was interrupted by a restart of the agent.]")
        assert "sh-2 is running" in await at_work.bash("true", run_in_background=True)


async def test_what_cannot_be_started_says_so(tmp_path: Path) -> None:
    async with hands(tmp_path, sandbox="off") as at_work:
        shutil.rmtree(at_work.home)
        await at_work.bash("true", run_in_background=True)
        said = ""
        while "was stopped" not in said:
            said = await at_work.text("BashOutput", id="sh-1")
        assert "It could not be started: No such file or directory." in said


async def test_a_flood_that_nobody_looks_at_is_bounded(tmp_path: Path) -> None:
    async with hands(tmp_path, output=50_000) as at_work:
        await at_work.bash("seq 1 1000000; echo the end; touch done; sleep 1014", run_in_background=True)
        await until((at_work.home / "done").exists)
        said = ""
        while "the end" not in said:
            said = await at_work.text("BashOutput", id="sh-1")
        assert len(said) < 40_000
        assert (tmp_path / ".starpod/shell/sh-1.log").stat().st_size == 50_000
