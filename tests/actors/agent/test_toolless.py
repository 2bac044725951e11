"""Models that take no tools answer all the same, and the person is told."""

from trio.testing import MockClock

from actors.agent import messages as agent
from actors.llm import messages as llm
from bus import Sink
from tests.actors.agent.world import World, say


async def toolless(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
    await sink.send(llm.ToolsRefused(model="test/one"))
    await say("In words.")(request, sink)


async def test_the_person_is_told_once_in_a_conversation(world: World, autojump_clock: MockClock) -> None:
    for key in ("one", "one", "two"):
        assert (await world.turn("hello", toolless, key=key)).text == "In words."
    told = [(event.kind, event.text) for event in world.mesh.published(agent.Notice)]
    sentence = "test/one takes no tools, so it answers without them: it can look at nothing and do nothing."
    assert told == [("left_out", sentence)] * 2
