"""Asks a model what of a conversation is worth remembering, and has it written down."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, final

import attrs

from actors import asking
from actors.context import TurnContext
from actors.llm import messages as llm
from actors.memory import extract, names
from actors.memory.messages import MemoryFailed, ReadFile, UnknownFile, Written
from actors.tooling import CallContext, Catalogue, Tool
from actors.transcript import calls
from actors.vocabulary import ToolUse
from bus import ActorError, Bus, Data

_LOG: Final = logging.getLogger(__name__)


@final
@attrs.frozen(kw_only=True)
class Task(Data):
    """A conversation, or a part of it, that is looked at."""

    door: extract.Door
    user: str
    """In whose memory it belongs."""
    owner: str
    """Whose conversation it is."""
    session: str
    turn: str
    """In whose figures it counts; empty for none."""
    key: str
    """The same for the same part: what was written for it is not written again."""
    conversation: str

    def context(self, call: str) -> CallContext:
        """Where a call comes from that is made for it."""
        return CallContext(
            session=self.session,
            turn=self.turn,
            user=self.user,
            role="user",
            channel="",
            source=self.door,
            call=call,
        )


@final
@attrs.frozen
class Further(Data):
    """What else a model may do that reviews a conversation."""

    tools: tuple[Tool, ...]
    told: str
    """What it has to know for that."""


Furthers = Callable[[Bus, TurnContext], Awaitable[Further | None]]


Hindrance = Callable[[Bus, str, str, int, int], AbstractAsyncContextManager[str | None]]
"""Within it a model may be asked once for a user about a conversation, with so many tokens of question and of answer at
most, unless it says why not."""


@attrs.define(eq=False)
class Hindered(ActorError):
    """No model may be asked now."""

    why: str

    def __str__(self) -> str:
        return self.why


@asynccontextmanager
async def unhindered(
    _bus: Bus, _user: str, _session: str, _question: int, _answer: int
) -> AsyncGenerator[str | None]:
    """A model may always be asked."""
    yield None


async def nothing_further(_bus: Bus, _context: TurnContext) -> Further | None:
    """It looks after the memory alone."""
    return None


@final
class Extractor:
    """Does one task with one question to a model; whoever waits for it decides what a failure means."""

    def __init__(
        self, bus: Bus, furthers: Furthers = nothing_further, hindrance: Hindrance = unhindered
    ) -> None:
        self._bus = bus
        self._furthers = furthers
        self._hindrance = hindrance

    async def run(self, task: Task, model: str) -> tuple[str, ...]:
        """The names of the notes that were written to.

        Raises Hindered, what llm.Complete raises, MemoryFailed, DeliveryError.
        """
        further = None if task.door == "flush" else await self._furthers(self._bus, task.context(""))
        tools = Catalogue((*extract.tools(task.door), *(further.tools if further else ())))
        known = [(name, await self._text(task.user, name)) for name in names.PERSONAL]

        bill = asking.Bill(
            self._bus, user=task.owner, purpose=task.door, session=task.session, turn=task.turn
        )
        question = llm.Complete(
            model=model,
            configured=True,
            system=(llm.SystemText(text=extract.instruction(task.door, further.told if further else "")),),
            messages=(extract.question(known, task.conversation),),
            tools=tools.specs(tool.name for tool in tools),
            max_tokens=extract.MAX_TOKENS,
            attempts=1,
        )
        async with self._permitted(task, len(str(question))):
            completed = await asking.answer(self._bus, question, bill.used, bill.left)
            await bill.used(completed.usage)
        written: dict[str, None] = {}
        for n, call in enumerate(calls(completed.content)):
            if (name := await self._write(tools, call, task.context(f"{task.key}:{n}"))) is not None:
                written[name] = None
        return tuple(written)

    @asynccontextmanager
    async def _permitted(self, task: Task, question: int) -> AsyncGenerator[None]:
        """Within this a model may be asked. Of a flush the turn has seen to that. Raises Hindered."""
        if task.door == "flush":
            yield
            return
        owner = (task.owner, task.session)
        async with self._hindrance(self._bus, *owner, question, extract.MAX_TOKENS) as why:
            if why is not None:
                raise Hindered(why)
            yield

    async def _text(self, user: str, name: str) -> str:
        try:
            return (await self._bus.ask(ReadFile(user=user, name=name))).text
        except UnknownFile:
            return ""

    async def _write(self, tools: Catalogue, call: ToolUse, context: CallContext) -> str | None:
        """The note that a call has changed; None where it has changed none, or was refused: that costs no more."""
        try:
            done: object = await self._bus.ask(tools.decode(call.name, call.input, context))
        except MemoryFailed:
            raise
        except ActorError as error:
            _LOG.info("what a %s wanted to write was refused: %s", context.source, error)
            return None
        return done.name if isinstance(done, Written) else None
