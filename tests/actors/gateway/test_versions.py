"""Versions over HTTP and WebSocket: what a client asks for reaches the agent, and what it refuses the client."""

import pytest

from actors.agent import messages as agent
from actors.session import messages as session
from tests.actors.gateway.values import STARTED
from tests.actors.gateway.world import Gateway


async def test_a_message_is_said_again_and_followed(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(
            type="revise", turn_id="t1", text="anew", model="a/b", effort="low", client_message_id="c1"
        )
        accepted = await socket.hear()
        assert (accepted["type"], accepted["client_message_id"]) == ("accepted", "c1")
        assert (accepted["session_id"], accepted["turn_id"]) == ("s1", "t9")
        await gateway.world.happen(agent.PathChosen, turn="t9", end="")
        await gateway.world.happen(agent.TurnStarted, turn="t9", text="anew", **STARTED)
        told = [await socket.hear() for _ in range(2)]
    assert [frame["type"] for frame in told] == ["path", "stream_start"]
    assert told[0]["end_turn_id"] == ""
    assert gateway.world.revised == [
        agent.Revise(
            turn="t1",
            user="admin",
            role="admin",
            text="anew",
            model="a/b",
            effort="low",
            client_message_id="c1",
            source="web",
        )
    ]


async def test_a_version_is_chosen(gateway: Gateway) -> None:
    async with gateway.socket() as socket:
        await socket.say(type="choose", turn_id="t1")
        await socket.say(type="ping")
        await socket.until("pong")
    assert gateway.world.chosen == [agent.Choose(turn="t1", user="admin")]


@pytest.mark.parametrize("frame", ["revise", "choose"])
async def test_what_the_agent_refuses_the_client_is_told(gateway: Gateway, frame: str) -> None:
    gateway.world.failure = session.StillOpen(session="s1")
    async with gateway.socket() as socket:
        await socket.say(type=frame, turn_id="t1", client_message_id="c1")
        (error,) = await socket.until("error")
    assert (error["kind"], error["code"]) == ("conflict", "still_open")
    assert error["client_message_id"] == ("c1" if frame == "revise" else None)
