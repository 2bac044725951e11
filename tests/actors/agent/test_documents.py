"""Documents in a conversation: what they weigh counts, and what does not fit is named."""

from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.agent.settings import Compaction, Limits, Settings
from actors.llm import messages as llm
from actors.session import messages as session
from actors.tooling import offering
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolSettings
from actors.vocabulary import Attachment, Document, ToolResult
from bus import Sink
from tests.actors.agent.world import World, check_valid, say, shape, usage, use
from tests.actors.tools.files import TOOLS

REPORT = Attachment(name="R.pdf", media_type="application/pdf", path="uploads/admin/r.pdf", size=9)
OTHER = Attachment(name="O.pdf", media_type="application/pdf", path="uploads/admin/o.pdf", size=9)
BUDGET = Settings(compaction=Compaction(context_budget=5000, min_keep_messages=2))


def papers(request: llm.Complete) -> list[str]:
    """Where the documents of a prompt lie."""
    return [block.path for each in request.messages for block in each.content if isinstance(block, Document)]


async def test_what_a_document_weighs_is_asked_once_for_each(world: World, autojump_clock: MockClock) -> None:
    world.weights = {REPORT.path: 10, OTHER.path: 0}
    await world.turn("hello", say("hi"))
    assert world.weighed == []
    await world.turn("read", say("read"), attachments=(REPORT,))
    await world.turn("and", say("and"))
    await world.turn("and this", say("fine"), attachments=(REPORT, OTHER))
    asked = [[each.path for each in request.documents] for request in world.weighed]
    assert asked == [[REPORT.path], [OTHER.path]]
    assert papers(world.requests[-1]) == [REPORT.path, REPORT.path, OTHER.path]


async def test_a_model_of_ones_own_is_asked_about(world: World, autojump_clock: MockClock) -> None:
    world.weights = {REPORT.path: 10}
    await world.turn("read", say("read"), attachments=(REPORT,))
    await world.turn("and", say("and"), options=session.TurnOptions(model="test/two"))
    assert [request.model for request in world.weighed] == [None, "test/two"]


async def test_where_nobody_says_what_a_document_weighs_it_is_sent(
    world: World, autojump_clock: MockClock
) -> None:
    end = await world.turn("read", say("read"), attachments=(REPORT,))
    assert isinstance(end, agent.TurnEnded)
    assert papers(world.requests[-1]) == [REPORT.path]


async def test_heavy_documents_have_older_messages_summed_up_in_which_they_are_named(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = BUDGET
    lives.weights = {REPORT.path: 3000, OTHER.path: 4000}
    async with lives.running() as world:
        await world.turn("read this", say("read"), attachments=(REPORT,))
        assert papers(world.requests[-1]) == [REPORT.path]
        await world.turn("and this", say("In short."), say("too"), attachments=(OTHER,))
        written, asked = world.requests[-2:]
        assert "[document uploads/admin/r.pdf]" in shape(written.messages)[0]
        assert papers(asked) == [OTHER.path]
        check_valid(asked.messages)


async def test_of_documents_that_are_too_much_the_newest_is_sent(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = BUDGET
    lives.weights = {REPORT.path: 3000, OTHER.path: 4000}
    async with lives.running() as world:
        await world.turn("read these", say("fine"), attachments=(REPORT, OTHER))
        assert papers(world.requests[-1]) == [OTHER.path]
        assert "[document uploads/admin/r.pdf is left out here" in shape(world.requests[-1].messages)[0]
        world.settings = Settings(compaction=Compaction(context_budget=50_000))
        await world.turn("and now?", say("fine"))
        assert papers(world.requests[-1]) == [REPORT.path, OTHER.path], "nothing is lost for good"


async def test_what_a_document_really_took_counts_from_then_on(
    lives: World, autojump_clock: MockClock
) -> None:
    lives.settings = BUDGET
    lives.weights = {REPORT.path: 10}
    async with lives.running() as world:
        await world.turn("read this", say("read", used=usage(9000)), attachments=(REPORT,))
        await world.turn("and?", say("In short."), say("so"))
        assert papers(world.requests[-1]) == []


@pytest.mark.parametrize(("tokens", "at_once"), [(0, 2), (20_000, 1)])
async def test_what_a_document_may_cost_is_set_aside_before_it_is_sent(
    lives: World, autojump_clock: MockClock, tokens: int, at_once: int
) -> None:
    price = 1000.0
    info = llm.ModelInfo(
        spec="test/one", context_window=None, vision=False, input_price=price, output_price=price
    )
    lives.models = llm.Catalogue(default="test/one", models=(info,), compaction="test/one")
    lives.settings = Settings(limits=Limits(usd_per_day=100.0))
    lives.weights = {REPORT.path: tokens}
    opened = trio.Event()

    async def patiently(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await opened.wait()
        await say("read")(request, sink)

    lives.rule = patiently
    async with lives.running() as world:
        first = await world.send("read this", key="a", attachments=(REPORT,))
        await world.quiet()
        second = await world.send("hello", key="b")
        await world.quiet()
        assert len(world.requests) == at_once
        opened.set()
        for accepted in (first, second):
            end = await world.end(accepted.turn)
            assert isinstance(end, agent.TurnEnded)
            assert end.outcome == "success"


@pytest.mark.parametrize("named", ["a.pdf", "report"])
async def test_the_agent_reads_a_pdf_of_its_own(
    tmp_path: Path, autojump_clock: MockClock, named: str
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / named).write_bytes(b"%PDF-1.7\n")
    world = World(tmp_path, tools=(offering(*TOOLS),), weights={named: 5})
    async with world.running():
        folders = (tmp_path / "uploads", tmp_path / "data")
        home = partial(ToolsActor, tmp_path / "home", *folders, ToolSettings, lambda: 50_000)
        await world.mesh.start(home, name="files")
        await world.turn("read it", say(calls=[use("FileRead", "c1", path=named)]), say("So."))
        (result,) = world.requests[-1].messages[-1].content
        assert isinstance(result, ToolResult)
        assert result.content[-1] == Document(media_type="application/pdf", path=named, name=named)
        await world.turn("and?", say("So."))
        assert world.requests[-1].messages[2].content == (result,), "as it is stored"
