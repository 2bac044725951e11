"""Tells what happens in a conversation: numbers each event, keeps it, publishes it, in this order."""

from collections.abc import Iterable
from typing import Any, Literal, final

import trio

from actors.agent import messages
from actors.agent.journal import Journal
from actors.agent.sanitise import plain
from actors.agent.turn import Ending, Run
from actors.session.messages import Turn
from actors.tooling import Rendered
from actors.vocabulary import Attachment, ToolUse
from bus import Bus


@final
class Publisher:
    """Publishes the events of one conversation in the order of their numbers, whichever task tells them."""

    def __init__(self, bus: Bus, session: str, journal: Journal) -> None:
        self._bus = bus
        self._session = session
        self._journal = journal

    async def _publish(self, event: messages.TurnEvent) -> None:
        """Keep an event and publish it. The bus keeps the order of those who wait for a slow follower."""
        self._journal.add(event)
        await self._bus.publish(event)
        if isinstance(event, messages.TextDelta | messages.ThinkingDelta):
            await trio.lowlevel.checkpoint()  # so that those who follow keep up with a fast model

    async def started(self, turn: Turn) -> None:
        await self._publish(
            messages.TurnStarted(
                session=self._session,
                n=self._journal.number(),
                turn=turn.id,
                text=turn.text,
                attachments=turn.attachments,
                source=turn.source,
                client_message_id=turn.client_message_id,
                attempt=turn.attempt,
                at=self._bus.clock.now(),
            )
        )

    async def completion_started(self, run: Run) -> None:
        await self._publish(
            messages.CompletionStarted(
                session=self._session,
                n=self._journal.number(),
                turn=run.id,
                iteration=run.iteration + 1,
                model=run.model,
            )
        )

    async def text(self, turn: str, text: str) -> None:
        await self._publish(
            messages.TextDelta(session=self._session, n=self._journal.number(), turn=turn, text=text)
        )

    async def thinking(self, turn: str, text: str) -> None:
        await self._publish(
            messages.ThinkingDelta(session=self._session, n=self._journal.number(), turn=turn, text=text)
        )

    async def tool_started(self, turn: str, call: ToolUse) -> None:
        await self._publish(
            messages.ToolStarted(
                session=self._session,
                n=self._journal.number(),
                turn=turn,
                call=call.id,
                name=call.name,
                input=call.input,
            )
        )

    async def tool_finished(self, turn: str, call: ToolUse, result: Rendered, elapsed: float) -> None:
        """Tell a result, then the files it hands to the person. `elapsed` is in seconds."""
        await self._publish(
            messages.ToolFinished(
                session=self._session,
                n=self._journal.number(),
                turn=turn,
                call=call.id,
                name=call.name,
                content=plain(result.content),
                is_error=result.is_error,
                elapsed=elapsed,
            )
        )
        for attachment in result.attachments:
            await self._attached(turn, attachment)

    async def _attached(self, turn: str, attachment: Attachment) -> None:
        await self._publish(
            messages.Attached(
                session=self._session, n=self._journal.number(), turn=turn, attachment=attachment
            )
        )

    async def merged(self, run: Run, followups: Iterable[Turn]) -> None:
        for followup in followups:
            await self._fate(followup, "merged", into=run.id, iteration=run.iteration + 1)

    async def queued(self, followup: Turn) -> None:
        await self._fate(followup, "queued")

    async def _fate(
        self,
        followup: Turn,
        fate: Literal["merged", "queued", "answered"],
        *,
        into: str | None = None,
        iteration: int | None = None,
    ) -> None:
        await self._publish(
            messages.FollowupFate(
                session=self._session,
                n=self._journal.number(),
                turn=followup.id,
                fate=fate,
                into=into,
                iteration=iteration,
                text=followup.text,
                attachments=followup.attachments,
                client_message_id=followup.client_message_id,
            )
        )

    async def notice(self, turn: str, kind: str, text: str, **data: Any) -> None:
        await self._publish(
            messages.Notice(
                session=self._session, n=self._journal.number(), turn=turn, kind=kind, text=text, data=data
            )
        )

    async def ended(self, run: Run, ending: Ending) -> None:
        """Tell the end of a turn, which was stored already: first to those whose messages it took in."""
        for followup in run.merged:
            await self._fate(followup, "answered", into=run.id)
        if ending.state == "failed":
            await self.failed(run.id, ending, "\n\n".join(run.said))
            return
        await self._publish(
            messages.TurnEnded(
                session=self._session,
                n=self._journal.number(),
                turn=run.id,
                outcome=ending.outcome,
                text="\n\n".join(run.said),
                attachments=tuple(run.attachments),
                tool_rounds=run.rounds,
                input_tokens=run.totals.input_tokens,
                output_tokens=run.totals.output_tokens,
                cache_read_tokens=run.totals.cache_read_tokens,
                cache_write_tokens=run.totals.cache_write_tokens,
                cost_usd=run.totals.cost_usd,
                model=run.answered_by,
                elapsed=self._bus.clock.monotonic() - run.started,
            )
        )

    async def failed(self, turn: str, ending: Ending, text: str = "") -> None:
        await self._publish(
            messages.TurnFailed(
                session=self._session,
                n=self._journal.number(),
                turn=turn,
                outcome=ending.outcome,
                reason=ending.notice or "",
                text=text,
            )
        )
