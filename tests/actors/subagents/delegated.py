"""What subagents are asked and answer, in few words."""

from typing import Any

from actors.agent import messages as agent
from actors.agent.settings import Limits, Settings
from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import ADMIN, ToolUse
from bus import Sink
from tests.actors.agent.world import Answer, World, last_text, say, use

DOWN = llm.ModelError(reason="billing", provider="test", detail="no")
FREE = Settings(limits=Limits(usd_per_turn=0, usd_per_conversation=0, usd_per_day=0))


def part(what: str, id: str = "c1", **input: Any) -> ToolUse:
    return use("Agent", id, description=f"Part {what}", prompt=what, **input)


class Parts:
    """Answers by what a conversation began with, in their order; one that has none left echoes."""

    def __init__(self, **answers: list[Answer]) -> None:
        self.left = answers

    async def __call__(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        first = last_text(request.messages[:1])
        left = self.left.get(first)
        await (left.pop(0) if left else say(f"echo {last_text(request.messages)}"))(request, sink)


def of(world: World, first: str) -> list[llm.Complete]:
    """What the models were asked in the conversation that began so."""
    return [
        each for each in world.requests if last_text(each.messages[:1]).partition("\n\n[Words")[0] == first
    ]


async def called(world: World, turn: str) -> tuple[session.Subagent, ...]:
    return await world.bus.ask(session.Subagents(turn=turn, user=ADMIN))


async def results(world: World, turn: str) -> list[agent.ToolFinished]:
    return [event for event in world.mesh.published(agent.ToolFinished) if event.turn == turn]
