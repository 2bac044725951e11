"""Asks a model what of a conversation is worth remembering, and has it written down."""

import logging
from collections.abc import Iterator
from typing import Final, final

import attrs

from actors import asking
from actors.llm import messages as llm
from actors.memory import extract, names
from actors.memory.messages import MemoryFailed, ReadFile, UnknownFile, Written
from actors.session import messages as session
from actors.tooling import CallContext, Catalogue
from actors.transcript import calls
from actors.vocabulary import ToolUse
from bus import ActorError, Bus

_LOG: Final = logging.getLogger(__name__)


@final
@attrs.frozen(kw_only=True)
class Task:
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


@final
class Extractor:
    """Does one task with one question to a model; whoever waits for it decides what a failure means."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def run(self, task: Task, model: str) -> tuple[str, ...]:
        """The names of the notes that were written to. Raises what llm.Complete raises, MemoryFailed, DeliveryError."""
        tools = Catalogue(extract.tools(task.door))
        known = [(name, await self._text(task.user, name)) for name in names.PERSONAL]
        completed = await asking.answer(
            self._bus,
            llm.Complete(
                model=model,
                system=(llm.SystemText(text=extract.instruction(task.door)),),
                messages=(extract.question(known, task.conversation),),
                tools=tools.specs(),
                max_tokens=extract.MAX_TOKENS,
            ),
        )
        await self._bus.ask(
            session.RecordUsage(
                user=task.owner,
                purpose=task.door,
                usage=completed.usage,
                session=task.session,
                turn=task.turn,
            )
        )
        written: dict[str, None] = {}
        for call, context in self._calls(task, calls(completed.content)):
            if (name := await self._write(tools, call, context)) is not None:
                written[name] = None
        return tuple(written)

    async def _text(self, user: str, name: str) -> str:
        try:
            return (await self._bus.ask(ReadFile(user=user, name=name))).text
        except UnknownFile:
            return ""

    def _calls(self, task: Task, asked: tuple[ToolUse, ...]) -> Iterator[tuple[ToolUse, CallContext]]:
        for n, call in enumerate(asked):
            yield (
                call,
                CallContext(
                    session=task.session,
                    turn=task.turn,
                    user=task.user,
                    role="user",
                    channel="",
                    source=task.door,
                    call=f"{task.key}:{n}",
                ),
            )

    async def _write(self, tools: Catalogue, call: ToolUse, context: CallContext) -> str | None:
        """The note that a call has changed; None where it was refused, which costs no more than itself."""
        try:
            written: Written = await self._bus.ask(tools.decode(call.name, call.input, context))
        except MemoryFailed:
            raise
        except ActorError as error:
            _LOG.info("what a %s wanted to write was refused: %s", context.source, error)
            return None
        return written.name
