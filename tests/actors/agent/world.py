"""The agent on a real bus with the real store, a model that follows a script, and a few tools."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from actors.agent import messages as agent
from actors.agent.acting.standstill import Standstill
from actors.agent.conductor import ConductorActor, Expand
from actors.agent.conversation import INTENSITY, ConversationActor
from actors.agent.occasions import NOBODY, Occasions
from actors.agent.settings import Limits, Settings
from actors.agent.sources import Keepsake, Sources
from actors.agent.spending.underway import UnderWay
from actors.context import ContextSource, context_of
from actors.guarding import UNGUARDED, Guards
from actors.llm import messages as llm
from actors.persona import messages as persona
from actors.persona.actor import PersonaActor
from actors.persona.settings import Settings as PersonaSettings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.subagents import messages as subagents
from actors.subagents.actor import SubagentsActor
from actors.subagents.settings import Settings as SubagentSettings
from actors.subsystem import Given
from actors.tooling import ToolSource, offering
from actors.transcript import Transcript
from actors.vocabulary import ADMIN, Block, ChatMessage, Text, ToolResult, ToolUse, Usage
from bus import Actor, Bus, Remains, Sink, concurrent
from bus.console import Console
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.agent.toolbox import (
    TOOLS,
    Fail,
    Hand,
    Handed,
    Keep,
    Peek,
    Refused,
    Retry,
    Skip,
    Tell,
)
from tests.fakes.databases import session_database

PATIENCE = 100_000.0
"""Virtual seconds a test waits for anything."""


# --- the model --------------------------------------------------------------------------------------------

Answer = Callable[[llm.Complete, Sink[llm.CompletionEvent]], Awaitable[None]]


def usage(tokens: int = 10, **changes: Any) -> Usage:
    return attrs.evolve(
        Usage(model="test/one", input_tokens=tokens, output_tokens=2, cost_usd=0.5), **changes
    )


def say(*texts: str, calls: Sequence[ToolUse] = (), used: Usage | None = None) -> Answer:
    """Answer with text, a delta for each, and then with calls."""

    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for text in texts:
            await sink.send(llm.TextDelta(text=text))
        words: tuple[Block, ...] = (Text(text="".join(texts)),) if texts else ()
        reason = "tool_use" if calls else "end_turn"
        await sink.send(llm.Completed(content=(*words, *calls), stop_reason=reason, usage=used or usage()))

    return answer


def spending(then: Answer, used: Usage | None = None) -> Answer:
    """Say at first what it has used so far."""

    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await sink.send(llm.Spending(usage=used or usage(output_tokens=0, cost_usd=0.25)))
        await then(request, sink)

    return answer


def use(name: str, id: str = "c1", **input: Any) -> ToolUse:
    return ToolUse(id=id, name=name, input=input)


def fail(error: Exception, *texts: str) -> Answer:
    """Break off after some text."""

    async def answer(_request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        for text in texts:
            await sink.send(llm.TextDelta(text=text))
        raise error

    return answer


def after(seconds: float, then: Answer) -> Answer:
    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        await trio.sleep(seconds)
        await then(request, sink)

    return answer


def weight(request: llm.Complete) -> int:
    """Characters of a request, roughly as a provider counts them."""
    conversation = Transcript().pruned(request.messages).size
    around = sum(len(part.text) for part in request.system) + len(str(request.tools))
    return conversation + around


def within(window: int, then: Answer, detail: str = "too many tokens") -> Answer:
    """Refuse every request of more than `window` characters, as a provider with a hard limit does."""

    async def answer(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        if weight(request) > window:
            raise llm.ModelError(reason="context_length", provider="test", detail=detail)
        await then(request, sink)

    return answer


def crash_once(monkeypatch: pytest.MonkeyPatch, word: str = "") -> None:
    """The next result of a tool in which there is `word` crashes its conversation."""
    crashes = [ZeroDivisionError()]

    def cut(text: str, limit: int) -> str:
        if word in text and crashes:
            raise crashes.pop()
        return text

    monkeypatch.setattr("actors.agent.window.sanitise.cut", cut)


class Gate:
    """A place where the world waits for the test."""

    def __init__(self) -> None:
        self.reached = trio.Event()
        self.open = trio.Event()

    async def wait(self) -> None:
        self.reached.set()
        await self.open.wait()

    def then(self, answer: Answer) -> Answer:
        async def gated(request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
            await self.wait()
            await answer(request, sink)

        return gated


class ModelActor(Actor):
    """Gives the answers of a script, one a completion; echoes when there is none left."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @llm.Complete.handler
    @concurrent(64)
    async def complete(self, request: llm.Complete, sink: Sink[llm.CompletionEvent]) -> None:
        self._world.requests.append(request)
        world = self._world
        prompt = request.system[0].text if request.system else ""
        chosen = next((answer for words, answer in world.by_prompt.items() if words in prompt), None)
        if chosen is None:
            chosen = world.script.pop(0) if world.script else world.rule or _echo(request)
        await chosen(request, sink)

    @llm.Models.handler
    async def models(self, request: llm.Models) -> llm.Catalogue:
        if self._world.unlisted:
            self._world.unlisted -= 1
            raise Refused
        return self._world.models

    @llm.Transcribe.handler
    async def transcribe(self, request: llm.Transcribe) -> llm.Transcript:
        self._world.heard.append(request)
        if not self._world.spoken:
            raise llm.NoTranscriber
        if isinstance(said := self._world.spoken.pop(0), Exception):
            raise said
        return llm.Transcript(text=said, usage=Usage())

    @llm.Weigh.handler
    async def weigh(self, request: llm.Weigh) -> tuple[int, ...]:
        self._world.weighed.append(request)
        return tuple(self._world.weights[paper.path] for paper in request.documents)


def _echo(request: llm.Complete) -> Answer:
    return say(f"echo {last_text(request.messages)}")


def last_text(messages: Sequence[ChatMessage]) -> str:
    return next((b.text for b in reversed(messages[-1].content) if isinstance(b, Text)), "nothing")


# --- the world --------------------------------------------------------------------------------------------


class ToolActor(Actor):
    """Carries out calls, and notes them; some wait at a gate that the test opens."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def _do(self, name: str, what: str) -> str:
        world = self._world
        world.begun.append(what)
        if what in world.gates:
            await world.gates[what].wait()
        await trio.sleep(world.durations.get(what, 0.0))
        world.done.append(what)
        return world.results[what]() if what in world.results else f"{name} {what}"

    @Peek.handler
    @concurrent(64)
    async def peek(self, request: Peek) -> str:
        return await self._do("peeked", request.what)

    @Keep.handler
    @concurrent(64)
    async def keep(self, request: Keep) -> str:
        self._world.keys.append(request.call)
        return await self._do("kept", request.what)

    @Tell.handler
    @concurrent(64)
    async def tell(self, request: Tell) -> str:
        return await self._do("told", request.what)

    @Retry.handler
    @concurrent(64)
    async def retry(self, request: Retry) -> str:
        return await self._do("retried", request.what)

    @Skip.handler
    @concurrent(64)
    async def skip(self, request: Skip) -> str:
        return await self._do("skipped", request.what)

    @Hand.handler
    async def hand(self, request: Hand) -> Handed:
        return Handed(path=request.path)

    @Fail.handler
    @concurrent(64)
    async def fail(self, request: Fail) -> str:
        if request.how == "refuse":
            raise Refused
        if request.how == "crash":
            raise ValueError("a bug")
        await trio.sleep_forever()
        raise AssertionError


MODELS = llm.Catalogue(
    default="test/one",
    models=tuple(
        llm.ModelInfo(spec=spec, context_window=window, vision=False, input_price=None, output_price=None)
        for spec, window in (("test/one", None), ("test/two", None), ("test/small", 1000))
    ),
    compaction="test/summaries",
)
CHANNELS = (
    session.ChannelPolicy("main"),
    session.ChannelPolicy("telegram", gap=timedelta(hours=6), pushes="end"),
    session.ChannelPolicy("scheduler", gap=timedelta(days=1)),
)


async def _nothing() -> None:
    pass


@attrs.define(eq=False)
class World:
    """What a test sees and sets."""

    path: Path
    settings: Settings = attrs.field(factory=Settings)
    tools: tuple[ToolSource, ...] = (offering(*TOOLS),)
    context: tuple[ContextSource, ...] = tuple(map(context_of, persona.CONTEXT))
    keepsake: Keepsake | None = None
    channels: tuple[session.ChannelPolicy, ...] = CHANNELS
    guards: Guards = UNGUARDED
    occasions: Occasions = NOBODY
    expand: Expand | None = None
    soul: bytes = b"Be kind."
    models: llm.Catalogue = MODELS
    unlisted: int = 0
    """How often nobody can be asked for them."""
    subagents: SubagentSettings | None = None
    """How many there may be; None: the agent has no tool for it."""
    script: list[Answer] = attrs.field(factory=list[Answer])
    rule: Answer | None = None
    """What the model does where the script says nothing; None: it echoes."""
    by_prompt: dict[str, Answer] = attrs.field(factory=dict[str, Answer])
    """Answers to all who say these words in their system prompt, whatever the script says."""
    requests: list[llm.Complete] = attrs.field(factory=list[llm.Complete])
    weights: dict[str, int] = attrs.field(factory=dict[str, int])
    """Tokens of documents; to ask of others is a crash."""
    weighed: list[llm.Weigh] = attrs.field(factory=list[llm.Weigh])
    spoken: list[str | Exception] = attrs.field(factory=list[str | Exception])
    """What is said in recordings, one after the other; without any nothing is set that hears them."""
    heard: list[llm.Transcribe] = attrs.field(factory=list[llm.Transcribe])
    begun: list[str] = attrs.field(factory=list[str])
    done: list[str] = attrs.field(factory=list[str])
    keys: list[str] = attrs.field(factory=list[str])
    gates: dict[str, Gate] = attrs.field(factory=dict[str, Gate])
    durations: dict[str, float] = attrs.field(factory=dict[str, float])
    results: dict[str, Callable[[], str]] = attrs.field(factory=dict[str, Callable[[], str]])
    """What looking at something gives, where that is not what it is called."""
    places: int = 1024
    """For conversations that live at once."""
    _mesh: MeshUnderTest | None = None
    _remains: Remains = attrs.field(factory=Remains)
    _boots: int = 0

    @property
    def mesh(self) -> MeshUnderTest:
        assert self._mesh is not None
        return self._mesh

    @property
    def bus(self) -> Bus:
        return self.mesh.bus

    @property
    def console(self) -> Console:
        return self.mesh.console

    # --- life ---------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, *, conductor: bool = True) -> AsyncGenerator["World"]:
        """One life of the program; leaving the block stops it in order, :meth:`kill` does not."""
        self._boots += 1
        async with open_test_mesh(seed=self._boots) as mesh:
            self._mesh = mesh
            await mesh.start(
                partial(SessionActor, session_database(self.path / "session.db"), lambda: self.channels),
                name="session",
            )
            await mesh.start(partial(ModelActor, self), name="llm")
            await mesh.start(partial(ToolActor, self), name="tools")
            (self.path / "SOUL.md").write_bytes(self.soul)
            await mesh.start(partial(PersonaActor, PersonaSettings, self.path / "SOUL.md"), name="persona")
            sources = Sources(tools=self.tools, context=self.context, keepsake=self.keepsake)
            if self.subagents is not None:
                await mesh.start(partial(SubagentsActor, self._given()), name="subagents")
                sources = attrs.evolve(
                    sources,
                    tools=(*self.tools, offering(subagents.Delegate)),
                    context=(*self.context, context_of(subagents.Duties)),
                )
            conversation = partial(
                ConversationActor,
                settings=self._in_force,
                sources=lambda: sources,
                guards=self.guards,
                occasions=self.occasions,
                under_way=UnderWay(),
                standstill=Standstill(),
                zone=lambda: UTC,
            )
            await mesh.start_pool(
                conversation,
                name="conversation",
                limit=self.places,
                rank=session.depth_of,
                intensity=INTENSITY,
            )
            if conductor:
                await self.start_conductor()
            yield self

    async def start_conductor(self) -> None:
        """Go on with what is unfinished, and take what comes."""
        settings = lambda: self.settings  # noqa: E731
        conductor = partial(ConductorActor, settings, self._remains, self.expand, occasions=self.occasions)
        await self.mesh.start(conductor, name="conductor")

    def _given(self) -> Given:
        return Given(data=self.path, home=self.path, environment={}, settings_of=lambda _kind: self.subagents)

    def _in_force(self) -> Settings:
        """The settings. Without limits of its own a test may spend as much as it likes: its completions are dear."""
        if self.settings.limits != Limits():
            return self.settings
        dear = attrs.evolve(Limits(), usd_per_turn=0, usd_per_conversation=0, usd_per_day=0)
        return attrs.evolve(self.settings, limits=dear)

    def kill(self, *culprits: str) -> None:
        """Stop everything where it stands, as far as that is possible inside of one process.

        The next life knows that code of these turns was running.
        """
        self._remains = Remains(boot=self.bus.boot_id, names=dict.fromkeys(culprits, "x.Work@1"))
        for cell in self.bus.routes.addresses():
            if isinstance(cell.actor, ConversationActor):
                # a killed process cleans nothing up
                cell.actor.on_stop = _nothing  # type: ignore[method-assign]
        self.mesh.mesh.force()

    # --- doing --------------------------------------------------------------------------------------------

    async def send(self, text: str, **fields: Any) -> agent.Accepted:
        said: dict[str, Any] = {"text": text, "user": ADMIN, "key": "main", **fields}
        return await self.bus.ask(agent.Accept(incoming=session.Incoming(**said)))

    async def turn(self, text: str, *script: Answer, **fields: Any) -> agent.TurnEnded | agent.TurnFailed:
        """Send a message and wait for the end of its turn."""
        self.script.extend(script)
        accepted = await self.send(text, **fields)
        return await self.end(accepted.turn)

    async def end(self, turn: str, *, every: float = 0.01) -> agent.TurnEnded | agent.TurnFailed:
        """Wait for the (latest) end of a turn, for which all events are looked through after so many seconds."""
        with trio.fail_after(PATIENCE):
            while True:
                for event in reversed(self.events()):
                    if isinstance(event, agent.TurnEnded | agent.TurnFailed) and event.turn == turn:
                        return event
                await trio.sleep(every)

    async def quiet(self, seconds: float = 1.0) -> None:
        """Let some time pass."""
        await trio.sleep(seconds)
        await self.mesh.settle()

    # --- looking ------------------------------------------------------------------------------------------

    def events(self) -> list[agent.TurnEvent]:
        kinds = agent.TURN_EVENTS
        return [event for event in self.mesh.events if isinstance(event, kinds)]

    async def rows(self, session_id: str) -> list[tuple[str, str]]:
        """The conversation as a person sees it: role and content."""
        found = await self.bus.ask(session.Messages(session=session_id, user=ADMIN))
        return [(row.role, row.content) for row in found]

    async def said(self, session_id: str) -> list[str]:
        """What people said, in order."""
        return [content for role, content in await self.rows(session_id) if role == "user"]


def shape(messages: Sequence[ChatMessage]) -> list[str]:
    """A conversation in short: ``u:text``, ``a:text``, calls as ``call id``, results as ``id=text``."""
    found: list[str] = []
    for message in messages:
        for block in message.content:
            match block:
                case Text():
                    found.append(f"{message.role[0]}:{block.text}")
                case ToolUse():
                    found.append(f"call {block.id}")
                case ToolResult():
                    text = " ".join(part.text for part in block.content if isinstance(part, Text))
                    found.append(f"{block.tool_use_id}{'!' if block.is_error else '='}{text}")
                case _:
                    found.append(block.type)
    return found


def check_valid(messages: Sequence[ChatMessage]) -> None:
    """Raise AssertionError unless a provider would accept the conversation."""
    assert messages
    assert messages[0].role == "user"
    for before, message in pairwise(messages):
        assert before.role != message.role
        results = [block.tool_use_id for block in message.content if isinstance(block, ToolResult)]
        calls = [block.id for block in before.content if isinstance(block, ToolUse)]
        assert results == calls, f"{calls} answered by {results}"
    assert all(message.content for message in messages)
    assert not any(isinstance(block, ToolUse) for block in messages[-1].content)


def check_numbers(events: Sequence[agent.TurnEvent]) -> None:
    """Raise AssertionError unless the numbers of a session grow without repeats or gaps."""
    numbers = [event.n for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
