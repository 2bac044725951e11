"""Servers as a turn meets them: real processes, a server of ours that stumbles."""

import json
import os
import signal
from pathlib import Path

import attrs
import pytest
import trio

from actors.mcp import messages as mcp
from actors.mcp.offering import PROMPT, RESOURCE
from actors.mcp.settings import Server
from actors.shell.messages import Printed
from actors.tooling import InvalidInput
from actors.vocabulary import Image
from bus.testing import MeshUnderTest
from tests.actors.mcp.world import FAKE, World, lives, text_of


@pytest.fixture
async def world(mesh: MeshUnderTest, tmp_path: Path) -> World:
    return World(mesh, tmp_path)


# --- what is offered ------------------------------------------------------------------------------------------


async def test_without_servers_there_is_nothing_and_nothing_is_loaded(world: World) -> None:
    await world.start()

    assert await world.tools() == {}
    assert await world.bus.ask(mcp.ListServers()) == ()


async def test_no_turn_waits_for_a_server_and_the_person_is_told_once_what_is_missing(world: World) -> None:
    await world.start(a=world.fake("--slow", "1"))

    assert await world.tools() == {}
    asked = mcp.Missing(user="admin", role="admin")
    told = (await world.bus.ask(asked)).notice
    assert told is not None
    assert told.startswith("The tools of the MCP server a are missing in this turn")
    assert (await world.bus.ask(asked)).notice is None

    await world.until_state("ready")
    assert "mcp__a__echo" in await world.tools()
    assert len(world.started()) == 1


async def test_tools_are_looked_up_say_what_they_change_and_bring_words_from_outside(world: World) -> None:
    await world.start(a=world.fake())

    tools = await world.reached()

    echo, write = tools["mcp__a__echo"], tools["mcp__a__write"]
    assert (echo.effect, echo.on_doubt) == ("pure", None)
    assert (write.effect, write.on_doubt) == ("unsafe", "tell_model")
    assert {(each.offer, each.outside, each.outward) for each in tools.values()} == {("searched", True, True)}
    assert {name for name, each in tools.items() if each.foreign} == {name for name in tools if "__" in name}
    assert echo.subject == "text"
    assert echo.spec.description == "Does echo.\n(MCP server a)"
    assert {RESOURCE, PROMPT} <= tools.keys()


async def test_what_was_offered_last_is_known_after_a_restart_without_starting_the_server(
    world: World, mesh: MeshUnderTest
) -> None:
    await world.start(a=world.fake())
    before = await world.reached()
    await mesh.console.restart("mcp")

    assert (world.data / "mcp" / "a.json").stat().st_mode & 0o777 == 0o600
    assert (await world.tools()).keys() == before.keys()
    assert len(world.started()) == 1


async def test_others_than_admins_have_only_what_is_for_everyone(world: World) -> None:
    await world.start(a=world.fake(), b=world.fake(everyone=True, tools=("echo",)))
    await world.reached("a")
    await world.reached("b")

    assert set(await world.tools("user")) == {"mcp__b__echo", RESOURCE, PROMPT}
    assert (await world.bus.ask(mcp.Missing(user="bob", role="user"))).notice is None


async def test_tools_that_change_are_offered_without_a_restart(world: World) -> None:
    await world.start(a=world.fake())
    assert "mcp__a__further_0" not in await world.reached()

    await world.call("mcp__a__change")

    with trio.fail_after(60):
        while "mcp__a__further_0" not in await world.tools():
            await trio.sleep(0.01)


# --- calls ----------------------------------------------------------------------------------------------------


async def test_a_call_is_answered(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    found = await world.call("mcp__a__echo", text="hello")

    assert (text_of(found), found.is_error) == ("hello", False)
    assert (await world.call("mcp__a__broken")).is_error


async def test_bytes_become_files_in_home(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    picture = await world.call("mcp__a__picture")
    sound = await world.call("mcp__a__sound")

    image = picture.content[-1]
    assert isinstance(image, Image)
    assert (world.home / image.path).read_bytes().startswith(b"\x89PNG")
    assert image.path.startswith("uploads/admin/")
    assert "Stored uploads/admin/" in text_of(sound)
    assert list((world.data / "uploads").iterdir()) == []


async def test_a_long_answer_is_kept_whole_and_shown_in_part(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    found = await world.call("mcp__a__long", n=500_000)

    assert len(text_of(found)) < 41_000
    (kept,) = (world.home / "uploads" / "admin").iterdir()
    assert kept.read_text() == "y" * 500_000
    assert kept.name in text_of(found)


async def test_what_is_no_message_is_passed_over(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    assert text_of(await world.call("mcp__a__garbage")) == "garbage"
    assert "half" in text_of(await world.call("mcp__a__odd"))


async def test_what_the_server_refuses_is_told_and_it_goes_on(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    with pytest.raises(mcp.Refused, match="the MCP server a refuses: not today"):
        await world.call("mcp__a__refuse")
    assert text_of(await world.call("mcp__a__echo")) == "echo"
    assert len(world.started()) == 1


async def test_resources_are_listed_and_read(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    assert "- note://a (text/plain): A note" in text_of(await world.call(RESOURCE, server="a"))
    assert text_of(await world.call(RESOURCE, server="a", uri="note://a")) == "What note://a says"
    picture = await world.call(RESOURCE, server="a", uri="note://b.png")
    assert isinstance(picture.content[-1], Image)
    with pytest.raises(mcp.UnknownServer):
        await world.call(RESOURCE, server="b")
    with pytest.raises(InvalidInput):
        await world.call(RESOURCE, uri="note://a")


async def test_prompts_are_listed_and_filled_in(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    assert text_of(await world.call(PROMPT, server="a")) == "- greet (whom)"
    assert "Greet Ada" in text_of(
        await world.call(PROMPT, server="a", name="greet", arguments={"whom": "Ada"})
    )


# --- what goes wrong --------------------------------------------------------------------------------------------


async def test_a_server_that_dies_in_a_call_leaves_doubt_and_the_next_call_works(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    with pytest.raises(mcp.Interrupted) as gone:
        await world.call("mcp__a__crash")

    assert gone.value.doubtful
    assert str(gone.value) == (
        "the MCP server a did not answer: it has ended with status 3: it hurts. It may or may not have happened: check "
        "before you repeat it."
    )
    assert text_of(await world.call("mcp__a__echo")) == "echo"
    assert len(world.started()) == 2


async def test_a_server_that_is_killed_in_a_call_that_reads_leaves_no_doubt(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()
    (pid,) = world.started()

    async def kill() -> None:
        await world.until(lambda: "called silent_read" in world.noted())
        os.kill(pid, signal.SIGKILL)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(kill)
        with pytest.raises(mcp.Interrupted, match="it was ended by signal 9") as gone:
            await world.call("mcp__a__silent_read")

    assert not gone.value.doubtful
    assert text_of(await world.call("mcp__a__echo")) == "echo"


async def test_a_call_without_an_answer_ends_and_the_server_is_told(world: World) -> None:
    await world.start(a=world.fake(timeout_secs=1.0))
    await world.reached()

    with pytest.raises(mcp.Interrupted, match="it took longer than 1 s without a word"):
        await world.call("mcp__a__silent")

    await world.until(lambda: any(each.startswith("cancelled") for each in world.noted()))
    assert text_of(await world.call("mcp__a__echo")) == "echo"
    assert len(world.started()) == 1


async def test_a_word_of_progress_renews_the_patience_and_is_shown_to_whoever_looks_on(world: World) -> None:
    await world.start(a=world.fake(timeout_secs=1.0))
    await world.reached()

    assert text_of(await world.call("mcp__a__steps", n=6)) == "steps"

    told = world.mesh.published(Printed)
    assert [each.text for each in told] == [f"{n} of 6: on it\n" for n in range(1, 7)]
    assert {(each.session, each.turn, each.call) for each in told} == {("s", "t", "toolu_1")}


async def test_a_call_that_is_given_up_is_cancelled(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.call, "mcp__a__silent")
        await world.until(lambda: "called silent" in world.noted())
        nursery.cancel_scope.cancel()

    await world.until(lambda: any(each.startswith("cancelled") for each in world.noted()))
    assert text_of(await world.call("mcp__a__echo")) == "echo"


async def test_a_message_without_end_ends_the_server(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    with pytest.raises(mcp.Interrupted, match="more than 32 MiB in one message"):
        await world.call("mcp__a__endless")
    assert text_of(await world.call("mcp__a__echo")) == "echo"


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Server(command="/nowhere/at-all"), "/nowhere/at-all: No such file or directory"),
        (Server(command="sh", args=("-c", "echo no licence >&2; exit 4")), "ended with status 4: no licence"),
        (Server(command="sleep", args=("600",), startup_secs=1.0), "did not answer within 1 s"),
        (Server(command="sh", env={"A_TOKEN": "$NOBODY_KNOWS"}), "nothing is kept under NOBODY_KNOWS"),
        (Server(url="http://127.0.0.1:9/mcp"), "Connection refused"),
        (Server(url="http://ada:secret@127.0.0.1:9/mcp"), "Connection refused"),
    ],
)
async def test_a_server_that_cannot_be_used_says_why(world: World, server: Server, said: str) -> None:
    await world.start(a=server)
    await world.tools()

    found = await world.until_state("failed")

    assert said in found.error
    assert "secret" not in found.error
    notice = (await world.bus.ask(mcp.Missing(user="admin", role="admin"))).notice
    assert notice is not None
    assert notice == f"The tools of the MCP server a are missing: {found.error}."
    assert world.mesh.cell("mcp").health.why == f"the MCP server a: {found.error}"
    assert "MCP server" not in found.error  # each place says of which one
    with pytest.raises(mcp.NotReached):  # at once: it has just failed
        with trio.fail_after(0.9 if server.startup_secs == 1.0 else 60):
            await world.bus.ask(mcp.Reach(server="a"))


async def test_one_that_is_mended_is_reached_by_itself_and_well_again(world: World) -> None:
    await world.start(a=world.fake("--die", "no"), b=world.fake())
    await world.tools()
    assert "no" in (await world.until_state("failed")).error
    assert "mcp__b__echo" in await world.reached("b")

    await world.change(a=world.fake(), b=world.fake())

    await world.until_state("ready")
    assert "mcp__a__echo" in await world.tools()
    assert world.mesh.cell("mcp").health.why is None


async def test_connecting_again_tells_how_it_went(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()

    again = await world.bus.ask(mcp.Reconnect(name="a"))

    assert (again.state, again.error, len(world.started())) == ("ready", "", 2)
    assert not lives(world.started()[0])
    await world.change(a=world.fake("--die", "no more"))
    failed = await world.bus.ask(mcp.Reconnect(name="a"))
    assert (failed.state, "no more" in failed.error) == ("failed", True)
    with pytest.raises(mcp.UnknownServer):
        await world.bus.ask(mcp.Reconnect(name="b"))


# --- what is left -----------------------------------------------------------------------------------------------


async def test_a_server_that_nobody_uses_is_stopped_and_started_again(world: World) -> None:
    await world.start(idle=1.0, a=world.fake())
    await world.reached()
    (pid,) = world.started()

    await world.until_state("idle")
    await world.until(lambda: not lives(pid))

    assert text_of(await world.call("mcp__a__echo")) == "echo"
    assert len(world.started()) == 2


async def test_a_server_that_left_the_settings_is_stopped(world: World) -> None:
    await world.start(a=world.fake())
    await world.reached()
    (pid,) = world.started()

    await world.change()

    await world.until(lambda: not lives(pid))
    assert await world.tools() == {}
    with pytest.raises(mcp.UnknownServer):
        await world.bus.ask(mcp.Reach(server="a"))


@pytest.mark.parametrize("how", ["stubborn", "child"])
async def test_nothing_of_a_server_is_left_when_it_is_stopped(world: World, how: str) -> None:
    await world.start(a=world.fake(*(["--stubborn"] if how == "stubborn" else [])))
    await world.reached()
    pids = world.started()
    if how == "child":
        pids.append(int(text_of(await world.call("mcp__a__child"))))
        assert all(map(lives, pids))

    await world.change()

    await world.until(lambda: not any(map(lives, pids)))


async def test_a_process_has_few_variables_and_those_of_its_settings(world: World) -> None:
    world.environment |= {"MY_TOKEN": "abc", "OTHER_TOKEN": "xyz", "LANG": "C.UTF-8"}
    own = {"A": "plain", "B": "a $MY_TOKEN b"}
    await world.start(a=world.fake(env=own))
    await world.reached()

    found = json.loads(text_of(await world.call("mcp__a__environment")))

    assert (found["A"], found["B"], found["LANG"]) == ("plain", "a abc b", "C.UTF-8")
    assert "OTHER_TOKEN" not in found
    assert "MY_TOKEN" not in found
    assert attrs.asdict(await world.state())["where"].endswith("mcp_server.py")


async def test_what_lies_in_home_is_not_run_by_a_server_outside_of_the_sandbox(world: World) -> None:
    """As with ``python -m`` and ``npx``, which look first where they are started."""
    fake = world.fake()
    words = (
        "-c",
        "import colorsys, runpy, sys; sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')",
        str(FAKE),
    )
    await world.start(a=attrs.evolve(fake, args=words))
    (world.home / "colorsys.py").write_text("raise SystemExit('of the agent')")
    await world.reached()
    assert (await world.state()).state == "ready"
