"""``starpod repl`` in a real terminal, against a real daemon: what is typed, what is seen, what outlives what."""

import stat
from pathlib import Path

import pytest
import trio

from tests.fakes.model_script import Call, Refuse, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, starpod, start
from tests.system.terminal import CTRL_C, CTRL_D, ENTER, terminal

BOATS = "# Boats\n\nThere are **two**:\n\n- Aurora\n- Borealis\n\n```\nx = 1\n```\n\n"
HOSTILE = "It says \x1b]0;stolen\x07 and \x1b[2J and 日本語 🎉."


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer) -> Place:
    place = Place(tmp_path / "aster", model_server.url)
    (place.home / "documents").mkdir()
    return place


async def test_an_answer_is_drawn_as_it_comes_and_what_is_written_meanwhile_joins_it(
    place: Place, model_server: ModelServer
) -> None:
    more, asked = trio.Event(), Call("FileList", {"path": "documents"})
    model_server.script(
        Reply(Say("I look."), asked),
        Reply(Say(BOATS, HOSTILE), held=more),
    )
    async with serving(place) as daemon:
        async with terminal(place.root, "repl") as here:
            await here.until("Aster", "/help lists the orders")
            here.say("which boats?")
            await here.until("❯ which boats?", "I look.", "⚙ FileList", "✓")
            here.say("and how long?")
            await here.until("❯ and how long?", "joins the running turn")
            more.set()
            await here.until("Boats", " • Aurora", "x = 1", "日本語 🎉.", "test-model")
            assert "**two**" not in here.seen
            assert b"\x1b]0;" not in here.raw
            assert b"\x1b[2J" not in here.raw.partition(b"Boats")[2]
            here.say("/status")
            await here.until("2 messages, at rest")
            here.type(CTRL_D)
            assert await here.ended() == 0
            await here.until("to go on: starpod repl --resume")
        history = place.inside / "repl_history"
        assert stat.S_IMODE(history.stat().st_mode) == 0o600
        assert history.read_text().splitlines() == ['"which boats?"', '"and how long?"', '"/status"']
        (session,) = await daemon.get("/api/sessions")
        async with terminal(place.root, "repl", "-c", NO_COLOR="1") as here:
            await here.until("❯ which boats?", " • Aurora", f"({session['id'][:8]})")
            assert b"\x1b[36m" not in here.raw
            here.resize(36, 30)
            model_server.script(
                Reply(Say("A line that is longer than thirty-six columns, so it is wrapped."))
            )
            here.say("again")
            await here.until("❯ again", "columns, so it is\nwrapped.")
            assert max(map(len, here.shown)) <= 36
            assert any(line.startswith("A line that is longer") for line in here.shown)
            here.type("\x1b[A\x1b[A")
            await here.until("❯ /status")
        assert (await daemon.get(f"/api/sessions/{session['id']}"))["message_count"] == 3


async def test_a_question_is_answered_where_it_is_asked_and_ctrl_c_stops_then_leaves(
    place: Place, model_server: ModelServer
) -> None:
    (place.home / "documents" / "a.md").write_text("one")
    (place.home / "documents" / "b.md").write_text("two")
    model_server.script(
        Reply(Call("Bash", {"command": "rm documents/a.md"})),
        Reply(Call("Bash", {"command": "rm documents/b.md"})),
        Reply(Say("Kept."), held=trio.Event()),
    )
    async with serving(place) as daemon, terminal(place.root, "repl") as here:
        await here.until("/help lists the orders")
        here.say("tidy up")
        await here.until("Bash: ", "command: rm documents/a.md", "May it?")
        here.say("all of it, quickly")  # no answer, although it begins with an a
        await here.until("❯ all of it, quickly", "joins the running turn")
        here.say("y")
        await here.until("→ y", "allowed by person admin", "command: rm documents/b.md")
        assert not (place.home / "documents" / "a.md").exists()
        here.say("n keep that one")
        await here.until("→ n keep that one", "not allowed by person admin")
        assert place.file("documents/b.md") == "two"
        here.type("half a thought")
        await here.until("❯ half a thought")
        here.type(CTRL_C)
        await here.until("Ctrl-C again leaves", "stopped · ")
        await here.until("❯ half a thought")
        (session,) = await daemon.get("/api/sessions")
        assert not session["running"]
        here.type(CTRL_C)  # clears the line
        here.type(CTRL_C)
        here.type(CTRL_C)
        assert await here.ended() == 0


async def test_a_question_goes_with_its_turn_and_without_an_agent_one_can_leave(
    place: Place, model_server: ModelServer
) -> None:
    model_server.script(Reply(Call("Bash", {"command": "rm documents/a.md"})))
    async with serving(place) as daemon, terminal(place.root, "repl") as here:
        await here.until("/help lists the orders")
        here.say("tidy up")
        await here.until("May it?")
        (session,) = await daemon.get("/api/sessions")
        await daemon.request("POST", f"/api/sessions/{session['id']}/cancel")
        await here.until("stopped · ")
        model_server.script(Reply(Say("Yes, I hear you.")))
        here.say("y")  # nothing is asked any more: it is for the agent
        await here.until("❯ y\n", "Yes, I hear you.")
        await daemon.kill()
        here.type(CTRL_C)
        await here.until("Ctrl-C again leaves")
        here.type(CTRL_C)
        assert await here.ended() == 0


async def test_nothing_is_lost_when_the_daemon_is_killed_and_comes_back(
    place: Place, model_server: ModelServer
) -> None:
    never, back = trio.Event(), trio.Event()
    model_server.script(
        Reply(Say("One, "), Say("two")),
        Reply(Say("Three"), held=never),
        Reply(Say("Three, four."), held=back),
    )
    first = start(place)
    try:
        await first.ready()
        async with terminal(place.root, "repl") as here:
            await here.until("/help lists the orders")
            here.say("count")
            await here.until("One, two", "test-model")
            here.say("go on")
            await model_server.wait_for(lambda server: len(server.requests) >= 2)
            await first.kill()
            await here.until("what you write is kept")
            here.say("written while it was away")
            await here.until("it is sent as soon as the agent answers")
            here.type("half typed")
            async with serving(place) as second:
                await here.until("the agent answers again", "the agent was restarted and goes on")
                back.set()
                await here.until("Three, four.", "❯ half typed")
                (session,) = await second.get("/api/sessions")
                while (await second.get(f"/api/sessions/{session['id']}"))["running"]:
                    await trio.sleep(0.01)
                rows = await second.rows(session["id"])
                said = [content for role, content in rows if role == "user"]
                assert said == ["count", "go on", "written while it was away"]
                here.type(CTRL_C + CTRL_D)
                assert await here.ended() == 0
    finally:
        await first.kill()


async def test_files_go_along_and_come_back(place: Place, model_server: ModelServer, tmp_path: Path) -> None:
    (place.root / "boat.txt").write_text("Aurora")
    (place.home / "documents" / "plan.md").write_text("sail")
    model_server.script(
        Reply(Call("Attach", {"path": "documents/plan.md"})),
        Reply(Say("Here it is.")),
    )
    async with serving(place), terminal(place.root, "repl") as here:
        await here.until("/help lists the orders")
        here.say("compare @boat.txt, please")
        await here.until("⇧ boat.txt (6 bytes)", "⇩ plan.md (4 bytes)", "Here it is.")
        assert "uploads/" in str(model_server.requests[0].body["messages"])
        here.say("/save")
        await here.until("✓ plan.md")
        assert (place.root / "plan.md").read_text() == "sail"
        here.say("/attach nowhere.txt")
        await here.until("there is no file nowhere.txt")
        here.say("/nothing")
        await here.until("neither an order nor a skill /nothing")
        here.type("/eff")
        await here.until("effort  how much it thinks")
        here.type("\t")
        await here.until("❯ /effort")
        here.type(ENTER + ENTER)  # the first takes what is marked
        await here.until("effort: as configured")
        here.say("/resume compare")
        await here.until("you are in “compare")
        here.say("quit")
        assert await here.ended() == 0


async def test_over_a_pipe_each_line_is_answered_before_the_next(
    place: Place, model_server: ModelServer
) -> None:
    model_server.script(Reply(Say("**One.**")), Refuse(status=401, message="wrong key"), Reply(Say("Two.")))
    lines = "first\n\n/status\nsecond\n/nonsense\nthird\nquit\nnever\n"
    async with serving(place) as daemon:
        said = await starpod(place.root, "repl", stdin=lines)
        assert said.status == 1
        assert "**One.**\n" in said.out
        assert "Two.\n" in said.out
        assert "1 messages, at rest" in said.out
        assert "refused the key" in said.err
        assert "/nonsense" in said.err
        (session,) = await daemon.get("/api/sessions")
        assert session["message_count"] == 3
        model_server.script(Reply(Say("Three.")))
        again = await starpod(place.root, "repl", "--resume", session["id"][:8], stdin="fourth\n")
        assert (again.status, again.out) == (0, "Three.\n"), again.err
        model_server.script(Reply(Say("Four.")))
        said = await starpod(place.root, "repl", "--resume", "second", stdin="fifth\n")
        assert (said.status, said.out) == (0, "Four.\n"), said.err  # no title: a message
        nowhere = await starpod(place.root, "repl", "--resume", "herons", stdin="sixth\n")
        assert (nowhere.status, "in none was it said" in nowhere.err) == (1, True)
