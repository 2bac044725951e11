"""The store, as one running turn uses it: every step with the fence of this attempt, patient with a full disk."""

from typing import Final, TypeVar, final

import trio

from actors.agent.journal import Journal
from actors.agent.publisher import Publisher
from actors.agent.turn import Ending
from actors.session import messages as session
from actors.tooling import Rendered
from actors.vocabulary import Block, ToolUse, Usage
from bus import Bus, Request

ReplyT = TypeVar("ReplyT")

PATIENCE: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds between attempts to store something while the database refuses."""


@final
class Ledger:
    """Stores the steps of one attempt of one turn.

    A full or locked disk is waited for, about 24 seconds; then StorageFailed is raised. Raises StaleAttempt when
    somebody else runs the turn.
    """

    def __init__(self, bus: Bus, turn: session.Turn, journal: Journal, publisher: Publisher) -> None:
        self._bus = bus
        self._turn = turn
        self._journal = journal
        self._publisher = publisher

    async def _store(self, request: Request[ReplyT]) -> ReplyT:
        for number, seconds in enumerate(PATIENCE):
            try:
                return await self._bus.ask(request)
            except session.StorageFailed as error:
                if number == 0:
                    await self._publisher.notice(self._turn.id, "retrying", f"Waiting: {error}")
            await trio.sleep(seconds)
        return await self._bus.ask(request)

    async def save_completion(
        self, content: tuple[Block, ...], calls: tuple[tuple[ToolUse, session.Effect], ...], usage: Usage
    ) -> tuple[session.ToolStep, ...]:
        return await self._store(
            session.SaveCompletion(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                content=content,
                calls=calls,
                usage=usage,
                last_event=self._journal.last,
            )
        )

    async def save_result(self, n: int, result: Rendered) -> None:
        await self._store(
            session.SaveResult(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                n=n,
                content=result.content,
                is_error=result.is_error,
                attachments=result.attachments,
                last_event=self._journal.last,
            )
        )

    async def release(self) -> None:
        """Hand the turn back: this attempt does not count. Raises StorageFailed at once."""
        await self._bus.ask(
            session.Release(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                last_event=self._journal.last,
            )
        )

    async def merge(self, followups: tuple[str, ...], iteration: int) -> tuple[session.Turn, ...]:
        return await self._store(
            session.Merge(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                followups=followups,
                iteration=iteration,
                last_event=self._journal.last,
            )
        )

    async def finish(self, ending: Ending) -> session.Turn | None:
        """End the turn. Returns the one that waits next."""
        finished = await self._store(
            session.Finish(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                state=ending.state,
                outcome=ending.outcome,
                content=ending.content,
                notice=ending.notice,
                usage=ending.usage,
                last_event=self._journal.last,
            )
        )
        return finished.next
