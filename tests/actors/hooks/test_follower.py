"""Hooks of ends are told what the ledger says, from when there are such hooks, each end once."""

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.agent import messages as agent
from actors.hooks import armed, forms
from actors.hooks import messages as hooks
from actors.session import messages as session
from bus import Actor
from tests.actors.hooks.conftest import World
from tests.system.daemons import until

APPEND = "cat >> told; echo >> told"


@pytest.fixture(autouse=True)
def _every_change_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armed, "LOOK_EVERY", 0.0)


class Agent(Actor):
    """Takes what hooks say."""

    said: list[session.Incoming]

    def __init__(self, said: list[session.Incoming], refuses: session.SessionIsClosed | None = None) -> None:
        self.said = said
        self._refuses = refuses

    @agent.Accept.handler
    async def accept(self, request: agent.Accept) -> agent.Accepted:
        self.said.append(request.incoming)
        if self._refuses is not None:
            raise self._refuses
        return agent.Accepted(session="s", turn="t", duplicate=False, created=False, fate="queued", after=0)


def told(world: World, name: str = "a") -> list[dict[str, Any]]:
    path: Path = world.folder / name / "told"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_the_end_of_each_turn_is_told_once_with_its_last_words(world: World) -> None:
    world.write("a", "Stop", APPEND)
    await world.start()
    for word in ("one", "two"):
        await world.turn(word, f"Yes, {word}.")
    await until(lambda: len(told(world)) == 2)
    assert [(each["last_assistant_message"], each["stop_hook_active"]) for each in told(world)] == [
        ("Yes, one.", False),
        ("Yes, two.", False),
    ]
    await until(lambda: [run.event for run in world.called()] == ["Stop", "Stop"])


async def test_what_ended_before_there_was_a_hook_is_told_to_nobody(world: World) -> None:
    await world.start()
    await seen(world, "zero")
    world.write("a", "Stop", APPEND)
    await world.turn("one", "One.")
    await until(lambda: told(world))
    (world.folder / "a" / "HOOK.md").rename(world.folder / "a" / "away")
    await seen(world, "two")
    (world.folder / "a" / "away").rename(world.folder / "a" / "HOOK.md")
    await world.turn("three", "Three.")
    await until(lambda: len(told(world)) == 2)
    assert [each["last_assistant_message"] for each in told(world)] == ["One.", "Three."]


async def test_a_hook_that_is_new_is_told_from_the_next_end_on(world: World) -> None:
    await world.start()
    await seen(world, "one")
    world.write("a", "Stop", APPEND)
    assert (await world.shown())["a"].state == "ready"
    await until(lambda: _number(world) is not None)
    await world.turn("two", "Two.")
    await until(lambda: told(world))
    assert [each["last_assistant_message"] for each in told(world)] == ["Two."]


async def seen(world: World, text: str) -> None:
    """A turn whose end was looked at, whoever was told of it."""
    await world.turn(text)
    ends = await world.bus.ask(session.FindEnds())
    await until(lambda: world.mesh.console.describe("hooks")["own"]["looked_for"] == ends.turns)


def _number(world: World) -> object:
    path = world.data / "db" / "hooks.db"
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as connection:
        try:
            row = connection.execute("SELECT seq FROM cursors WHERE name = 'turns'").fetchone()
        except sqlite3.OperationalError:  # its schema is being made
            return None
        return row and row[0]


async def test_a_turn_that_failed_has_no_last_words_and_is_no_stop(world: World) -> None:
    world.write("a", "Stop", APPEND)
    await world.start()
    await world.turn("one", state="failed")
    await world.turn("two", "Two.")
    await until(lambda: told(world))
    assert [each["last_assistant_message"] for each in told(world)] == ["Two."]


async def test_a_hook_may_have_the_agent_go_on_which_is_said_once_and_by_no_person(world: World) -> None:
    world.write("a", "Stop", "echo 'run the tests first' >&2; exit 2")
    said: list[session.Incoming] = []
    await world.mesh.start(partial(Agent, said), name="agent")
    await world.start()
    turn = await world.turn("one", source="telegram")
    await until(lambda: said)
    (incoming,) = said
    assert (incoming.text, incoming.session, incoming.user) == ("run the tests first", turn.session, "ada")
    assert (incoming.source, incoming.triggered_by) == (forms.SOURCE, "hook a")
    assert incoming.client_message_id == f"stop:{turn.turn}"
    assert incoming.mode == "queue"


async def test_what_a_hook_has_begun_is_not_stopped_by_it_again(world: World) -> None:
    world.write("a", "Stop", f"{APPEND}; echo again >&2; exit 2")
    said: list[session.Incoming] = []
    await world.mesh.start(partial(Agent, said), name="agent")
    await world.start()
    await world.turn("one", source=forms.SOURCE)
    await until(world.called)
    assert [each["stop_hook_active"] for each in told(world)] == [True]
    await world.turn("two")
    await until(lambda: said)
    assert len(said) == 1


async def test_where_the_agent_cannot_go_on_the_hook_is_not_asked_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("a", "Stop", f"{APPEND}; exit 2")
    said: list[session.Incoming] = []
    refuses = session.SessionIsClosed(session="s")
    await world.mesh.start(partial(Agent, said, refuses), name="agent")
    await world.start()
    await world.turn("one")
    await world.turn("two")
    await until(lambda: len(said) == 2)
    assert len(told(world)) == 2
    assert "the hook a cannot have session" in caplog.text


async def test_the_end_of_a_conversation_says_who_has_ended_it(world: World) -> None:
    world.write("a", "SessionEnd", APPEND)
    await world.start()
    said = await world.turn("one")
    await world.bus.ask(session.Close(session=said.session, user="ada", summary="bye"))
    await until(lambda: told(world))
    (end,) = told(world)
    assert (end["session_id"], end["reason"]) == (said.session, "user")


async def test_a_conversation_that_was_silent_for_too_long_ends_by_the_gap(world: World) -> None:
    world.write("a", "SessionEnd", APPEND)
    await world.start()
    said = await world.turn("one")
    await world.bus.ask(session.Close(session=said.session, user="ada", summary=session.INACTIVITY))
    await until(lambda: told(world))
    assert told(world)[0]["reason"] == "gap"


async def test_the_end_of_a_subagent_is_no_stop(world: World) -> None:
    world.write("b", "Stop", APPEND)
    await world.start()
    _, turn, step = await world.delegating()
    await world.turn(
        "do a part",
        "A part is done.",
        key=None,
        delegation=session.Delegation(turn=turn, step=step, title="part", most=4),
    )
    await world.turn("two", "Two.", user="grace", key="hers")
    await until(lambda: told(world, "b"))
    assert [each["last_assistant_message"] for each in told(world, "b")] == ["Two."]


async def test_a_slow_hook_of_one_user_holds_up_nobody_else(world: World) -> None:
    world.write(
        "a", "Stop", 'read -r told; case "$told" in *ada*) sleep 1000;; *) echo "$told" >> told;; esac'
    )
    await world.start()
    await world.turn("one", "To ada.")
    for word in ("two", "three"):
        await world.turn(word, f"To grace: {word}.", user="grace", key="hers")
    await until(lambda: len(told(world)) == 2)
    assert [each["last_assistant_message"] for each in told(world)] == ["To grace: two.", "To grace: three."]
    assert _number(world) == 0  # where it goes on after a crash: hers may be told again, his is not lost


async def test_an_orderly_stop_is_the_end_of_all_conversations_that_lived(world: World) -> None:
    world.write("a", "SessionEnd", APPEND)
    await world.start()
    said = await world.turn("one")
    closed = await world.turn("two", key="other")
    await world.bus.ask(session.Close(session=closed.session, user="ada", summary="bye"))
    await until(lambda: told(world))
    world.armed.leave()
    await world.mesh.console.restart("hooks")
    assert [(each["session_id"], each["reason"]) for each in told(world)] == [
        (closed.session, "user"),
        (said.session, "shutdown"),
    ]


async def test_where_the_agent_goes_on_nothing_has_ended(world: World) -> None:
    world.write("a", "SessionEnd", APPEND)
    await world.start()
    await world.turn("one")
    await world.mesh.console.restart("hooks")
    assert told(world) == []


async def test_what_cannot_be_told_holds_up_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("a", "Stop", "sleep 1000")
    await world.start()
    monkeypatch.setattr(hooks.Fire, "within", 0.1)
    await world.turn("one")
    await until(lambda: "hooks were not told of Stop" in caplog.text)
    world.write("a", "Stop", APPEND)
    monkeypatch.setattr(hooks.Fire, "within", 60.0)
    await world.turn("two", "Two.")
    await until(lambda: told(world))
    assert [each["last_assistant_message"] for each in told(world)] == ["Two."]
