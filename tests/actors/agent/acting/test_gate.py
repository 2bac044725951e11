"""The gate: what is decided before a call is carried out, and what becomes of one that must not be."""

from collections.abc import Iterable, Mapping
from typing import Any, final

import attrs
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.context import TurnContext
from actors.guarding import Allow, Deny, Guards, Proposal
from actors.jsontext import DEPTH
from actors.tooling import CallContext, Rendered, Tool, ToolReply, tool_of
from actors.vocabulary import ToolSpec, ToolUse
from bus import Actor, Bus, Request
from tests.actors.agent.toolbox import Peek
from tests.actors.agent.world import World, check_valid, say, shape, use

SPEC = ToolSpec(name="Odd", description="Odd.", input_schema={"type": "object"})


async def result(world: World, call: ToolUse) -> str:
    """What the model gets for a call; the conversation goes on afterwards."""
    await world.turn("go", say(calls=[call]), say("done"))
    check_valid(world.requests[-1].messages)
    found = shape(world.requests[-1].messages)[-1]
    assert (await world.turn("and now?", say("fine"))).text == "fine"
    return found


async def test_a_call_that_the_policy_denies_is_told_and_not_carried_out(
    lives: World, autojump_clock: MockClock
) -> None:
    asked: list[CallContext] = []

    def policy(proposal: Proposal) -> Allow | Deny:
        asked.append(proposal.context)
        return Deny("nobody sends on a Sunday") if proposal.call.name == "Tell" else Allow()

    lives.guards = Guards(policy=policy)
    async with lives.running() as world:
        calls = [use("Tell", "c1", what="a"), use("Peek", "c2", what="b")]
        await world.turn("go", say(calls=calls), say("done"))
        assert shape(world.requests[-1].messages)[-2:] == [
            "c1!This call is not allowed: nobody sends on a Sunday",
            "c2=peeked b",
        ]
        assert world.begun == ["b"]
        assert [context.user for context in asked] == ["admin"] * 2
        assert len({context.call for context in asked}) == 2
        finished = world.mesh.published(agent.ToolFinished)
        assert [(event.call, event.is_error) for event in finished] == [("c1", True), ("c2", False)]


async def test_a_policy_that_fails_denies(lives: World, autojump_clock: MockClock) -> None:
    def policy(_proposal: Proposal) -> Allow | Deny:
        raise ValueError("a bug")

    lives.guards = Guards(policy=policy)
    async with lives.running() as world:
        assert (await result(world, use("Tell", what="a"))).startswith("c1!The call could not be prepared")
        assert world.begun == []


async def test_a_call_that_cannot_be_decoded_never_reaches_the_policy(
    lives: World, autojump_clock: MockClock
) -> None:
    def policy(_proposal: Proposal) -> Allow | Deny:
        raise AssertionError

    lives.guards = Guards(policy=policy)
    async with lives.running() as world:
        found = await result(world, use("Peek", where="a"))
        assert found.startswith("c1!Invalid or missing parameters for tool 'Peek'")


async def test_a_tool_whose_decoding_fails_is_an_error_of_its_call(
    lives: World, autojump_clock: MockClock
) -> None:
    def decode(input: Mapping[str, Any], _context: CallContext) -> Peek:
        return Peek(what=input["nothing"])

    async def odd(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
        return [Tool(spec=SPEC, effect="pure", decode=decode)]

    lives.tools = (odd,)
    async with lives.running() as world:
        assert await result(world, use("Odd")) == "c1!The call could not be prepared: KeyError('nothing')"


@final
@attrs.frozen(kw_only=True)
class Blank(ToolReply):
    def rendered(self) -> Rendered:
        raise ValueError("nothing to show")


@attrs.frozen(kw_only=True)
class Draw(Request[Blank]):
    pass


class Draws(Actor):
    @Draw.handler
    async def draw(self, request: Draw) -> Blank:
        return Blank()


async def test_a_reply_that_cannot_be_shown_is_an_error_of_its_call(
    lives: World, autojump_clock: MockClock
) -> None:
    async def odd(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
        return [Tool(spec=SPEC, effect="pure", decode=lambda _input, _context: Draw())]

    lives.tools = (odd,)
    async with lives.running() as world:
        await world.mesh.start(Draws)
        found = await result(world, use("Odd"))
        assert found.startswith("c1!It was done, but its result cannot be shown: ValueError")


async def test_what_a_model_writes_crashes_nothing(lives: World, autojump_clock: MockClock) -> None:
    """Nesting as deep as it is let in, half a character, what could not be read at all."""
    nested: Any = "x"
    for _ in range(DEPTH // 2):
        nested = {"a": [nested]}

    def decode(input: Mapping[str, Any], _context: CallContext) -> Peek:
        return Peek(what=f"{len(input)}")

    async def anything(_bus: Bus, _context: TurnContext) -> Iterable[Tool]:
        return [Tool(spec=SPEC, effect="pure", decode=decode), tool_of(Peek)]

    lives.tools = (anything,)
    async with lives.running() as world:
        for input in (nested, {"half": "\ud83d"}):
            call = ToolUse(id="c1", name="Odd", input=input)
            assert await result(world, call) == "c1=peeked 1"
            wrong = ToolUse(id="c1", name="Peek", input=input)
            assert (await result(world, wrong)).startswith("c1!Invalid or missing parameters")
        call = ToolUse(id="c1", name="Odd", input={}, unreadable="1e400 is no number")
        assert await result(world, call) == "c1!1e400 is no number"
