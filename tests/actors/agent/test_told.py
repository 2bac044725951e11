"""What the model was told in a turn can be asked for afterwards: as it was, and by whose turn it is."""

from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from actors.session import messages as session
from actors.session import told as texts
from actors.vocabulary import ADMIN
from bus import conceal
from tests.actors.agent.world import Gate, World, fail, say, use


async def told(world: World, turn: str) -> list[tuple[int, str, str | None]]:
    found = await world.bus.ask(session.GetTold(turn=turn, user=ADMIN))
    return [(each.attempt, each.source, each.text) for each in found]


async def test_it_is_what_the_model_heard(world: World, autojump_clock: MockClock) -> None:
    ended = await world.turn("hi", say(calls=[use("Peek", what="x")]), say("hello"))
    heard = await told(world, ended.turn)
    assert [source for _, source, _ in heard] == ["Identity", "SOUL.md", "Now"]
    system = "\n\n".join(part.text for part in world.requests[-1].system)
    assert all(text is not None and text in system for _, _, text in heard)


async def test_a_turn_that_failed_was_told_something_too(world: World, autojump_clock: MockClock) -> None:
    broken = fail(llm.ModelError(reason="billing", provider="test", detail="no credit"))
    ended = await world.turn("hi", broken)
    assert isinstance(ended, agent.TurnFailed)
    assert "SOUL.md" in {source for _, source, _ in await told(world, ended.turn)}


async def test_an_attempt_that_said_nothing_was_told_nothing_that_counts(
    lives: World, autojump_clock: MockClock
) -> None:
    gate = Gate()
    lives.soul = b"Be kind."
    async with lives.running():
        lives.script.append(gate.then(say("never")))
        accepted = await lives.send("hi")
        await gate.reached.wait()
        lives.kill()
    lives.soul = b"Be brief."
    async with lives.running():
        await lives.end(accepted.turn)
        heard = [text for _, source, text in await told(lives, accepted.turn) if source == "SOUL.md"]
        assert heard == ["Be brief."]


async def test_what_became_a_secret_later_is_not_shown(world: World, autojump_clock: MockClock) -> None:
    (world.path / "SOUL.md").write_text("The safe opens with canary-Zq81xK40.")
    ended = await world.turn("hi", say("hello"))
    conceal("test", [("SAFE", "canary-Zq81xK40")])
    assert (1, "SOUL.md", "The safe opens with [secret SAFE].") in await told(world, ended.turn)


async def test_it_is_told_to_nobody_else(world: World, autojump_clock: MockClock) -> None:
    ended = await world.turn("hi", say("hello"))
    with pytest.raises(session.UnknownTurn):
        await world.bus.ask(session.GetTold(turn=ended.turn, user="eve"))


async def test_old_texts_are_forgotten_by_themselves(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "KEPT", timedelta(days=4))  # as the days of ninety are all alike
    ended = await world.turn("hi", say("hello"))
    await trio.sleep(2 * 24 * 3600)
    await world.mesh.settle()
    assert None not in {text for _, _, text in await told(world, ended.turn)}
    await trio.sleep(4 * 24 * 3600)
    await world.mesh.settle()
    assert await told(world, ended.turn) == []
