"""What is stored and told of one conversation and of one attempt of one of its turns.

The rule of the whole house stands here: first it is stored, then it is told, and no cancellation comes between the two.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal, TypedDict, TypeVar, cast, final

import trio

from actors.agent import failures, messages
from actors.agent.interrupt import Interrupt
from actors.agent.journal import Journal
from actors.agent.turn import Ending, Run
from actors.guarding import Allow, Asked, Decision, Deny
from actors.session import messages as session
from actors.tooling import Effect, Rendered
from actors.transcript import plain
from actors.vocabulary import Attachment, Block, ToolUse, Usage
from bus import ActorStopped, Bus, DeadlineExceeded, Request, redacted

ReplyT = TypeVar("ReplyT")

OUTAGES: Final = (session.StorageFailed, DeadlineExceeded, ActorStopped)
"""What keeps the store from answering for a while. Whatever else does may be the fault of what it was asked."""

PATIENCE: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds between attempts to store something while the database refuses."""


class _Head(TypedDict):
    """What every event begins with."""

    session: str
    n: int
    turn: str


@final
class Teller:
    """Tells what happens in a conversation: numbers each event, keeps it, publishes it, in this order."""

    def __init__(self, bus: Bus, session_id: str, journal: Journal) -> None:
        self._bus = bus
        self._session = session_id
        self._journal = journal

    def head(self, turn: str) -> _Head:
        """The beginning of the next event, which is to be told before anything else is awaited."""
        return _Head(session=self._session, n=self._journal.number(), turn=turn)

    async def tell(self, event: messages.TurnEvent) -> None:
        """Keep an event and publish it. The bus keeps the order of those who wait for a slow follower.

        No secret is in it, even if what it tells of was stored before that was one.
        """
        event = redacted(event)
        self._journal.add(event)
        await self._bus.publish(event)
        if isinstance(event, messages.TextDelta | messages.ThinkingDelta):
            await trio.lowlevel.checkpoint()  # so that those who follow keep up with a fast model

    async def path(self, turn: str, end: str) -> None:
        """Tell that another path was chosen, for the sake of a turn, and with which one it ends so far."""
        await self.tell(messages.PathChosen(**self.head(turn), end=end))

    async def started(self, turn: session.Turn) -> None:
        await self.tell(
            messages.TurnStarted(
                **self.head(turn.id),
                text=turn.text,
                attachments=turn.attachments,
                source=turn.source,
                client_message_id=turn.client_message_id,
                attempt=turn.attempt,
                at=self._bus.clock.now(),
            )
        )

    async def fate(
        self,
        followup: session.Turn,
        fate: Literal["merged", "queued", "answered"],
        *,
        into: str | None = None,
        iteration: int | None = None,
    ) -> None:
        """Tell what became of a message that came while another turn ran."""
        await self.tell(
            messages.FollowupFate(
                **self.head(followup.id),
                fate=fate,
                into=into,
                iteration=iteration,
                text=followup.text,
                attachments=followup.attachments,
                client_message_id=followup.client_message_id,
            )
        )

    async def notice(self, turn: str, kind: str, text: str, **data: Any) -> None:
        await self.tell(messages.Notice(**self.head(turn), kind=kind, text=text, data=data))

    async def ended(
        self,
        turn: session.Turn,
        *,
        text: str = "",
        attachments: tuple[Attachment, ...] = (),
        notice: str | None = None,
        elapsed: float = 0.0,
    ) -> None:
        """Tell the end of a turn as it is stored; `elapsed` is in seconds."""
        outcome = cast("messages.Outcome", turn.outcome)
        if turn.state == "failed":
            await self.tell(
                messages.TurnFailed(
                    **self.head(turn.id),
                    outcome=outcome,
                    reason=notice or "",
                    text=text,
                    usage=turn.usage,
                    tool_rounds=turn.tool_rounds,
                    elapsed=elapsed,
                )
            )
        else:
            await self.tell(
                messages.TurnEnded(
                    **self.head(turn.id),
                    outcome=outcome,
                    text=text,
                    attachments=attachments,
                    usage=turn.usage,
                    tool_rounds=turn.tool_rounds,
                    elapsed=elapsed,
                    notice=notice,
                )
            )

    async def unstored(self, turn: str, reason: str) -> None:
        """Tell that a turn cannot go on for now because nothing can be stored."""
        await self.tell(
            messages.TurnFailed(
                **self.head(turn),
                outcome="error",
                reason=reason,
                text="",
                usage=Usage(),
                tool_rounds=0,
                elapsed=0.0,
            )
        )


@final
class Record:
    """One attempt of one turn. Each method stores, then tells; a cancellation waits until both are done.

    A full, locked or slow disk is waited for, about 24 seconds and as long as it takes to refuse; then StorageFailed or
    a DeliveryError is raised. Raises StaleAttempt when
    somebody else runs the turn.
    """

    def __init__(
        self, bus: Bus, turn: session.Turn, journal: Journal, teller: Teller, interrupt: Interrupt
    ) -> None:
        self._bus = bus
        self._turn = turn
        self._journal = journal
        self._teller = teller
        self._uncut = interrupt
        self._told: tuple[session.Told, ...] = ()
        """What this attempt was told and nobody has stored yet."""
        self._owed: dict[session.Purpose, Usage] = {}
        """What was used, by completions that are under way or just over, and nobody has stored yet."""

    def hears(self, told: tuple[session.Told, ...]) -> None:
        """Note what the model is told in this attempt: it is stored with its first answer."""
        self._told = told

    async def _store(self, request: Request[ReplyT]) -> ReplyT:
        """Ask until there is an answer: within an attempt, each of these requests twice is once.

        No secret is stored, whoever has brought it this far.
        """
        request = redacted(request)
        for number, seconds in enumerate(PATIENCE):
            try:
                return await self._bus.ask(request)
            except OUTAGES as error:
                if number == 0:
                    await self._teller.notice(self._turn.id, "retrying", f"Waiting: {error}")
            await trio.sleep(seconds)
        return await self._bus.ask(request)

    # --- what the model says ------------------------------------------------------------------------------

    async def asked(self, run: Run) -> None:
        """The model is asked: what it says from now on belongs to the next completion."""
        with self._uncut:
            await self._teller.tell(
                messages.CompletionStarted(
                    **self._teller.head(run.id), iteration=run.iteration + 1, model=run.model
                )
            )

    async def text(self, text: str) -> None:
        with self._uncut:
            await self._teller.tell(messages.TextDelta(**self._teller.head(self._turn.id), text=text))

    async def thinking(self, text: str) -> None:
        with self._uncut:
            await self._teller.tell(messages.ThinkingDelta(**self._teller.head(self._turn.id), text=text))

    async def notice(self, kind: str, text: str, **data: Any) -> None:
        """Tell the person something that is not stored."""
        with self._uncut:
            await self._teller.notice(self._turn.id, kind, text, **data)

    async def again(self, reason: str, wait: float) -> None:
        """The model is asked again after `wait` seconds."""
        await self.notice("retrying", failures.retrying(reason, wait), reason=reason, wait=wait)

    async def completed(
        self,
        iteration: int,
        content: tuple[Block, ...],
        calls: tuple[tuple[ToolUse, Effect], ...],
        usage: Usage,
    ) -> session.Saved:
        """An answer that is not the last one, the `iteration`-th of the turn, with its calls."""
        with self._uncut:
            saved = await self._store(
                session.SaveCompletion(
                    turn=self._turn.id,
                    boot=self._bus.boot_id,
                    attempt=self._turn.attempt,
                    iteration=iteration,
                    content=content,
                    calls=calls,
                    usage=usage,
                    told=self._told,
                    last_event=self._journal.last,
                )
            )
            self._told = ()
            self.owes(None)
            return saved

    async def spent(self, usage: Usage, purpose: session.Purpose = "completion") -> None:
        """A completion of which nothing is stored has used this; its purpose is ``failed`` where it was none."""
        with self._uncut:
            await self._store(self._bill(usage, purpose))
            self.owes(None, purpose if purpose == "compaction" else "failed")

    async def _settle(self, store: Callable[[Request[None]], Awaitable[None]]) -> None:
        """Store what is owed, each once. Where the conversation has gone meanwhile nobody counts it."""
        for purpose, usage in list(self._owed.items()):
            with contextlib.suppress(session.UnknownSession):
                await store(self._bill(usage, purpose))
            del self._owed[purpose]

    def _bill(self, usage: Usage, purpose: session.Purpose) -> session.RecordUsage:
        return session.RecordUsage(
            user=self._turn.user,
            purpose=purpose,
            usage=usage,
            session=self._turn.session,
            turn=self._turn.id,
            key=self._bus.ids.uuid(),
        )

    def owes(self, usage: Usage | None, purpose: session.Purpose = "failed") -> None:
        """What is to be stored of a completion if it is broken off now; None: nothing."""
        if usage is None or usage == Usage():
            self._owed.pop(purpose, None)
        else:
            self._owed[purpose] = usage

    async def broken_off(self) -> None:
        """Store what completions have used that have come to no end; nothing if there are none."""
        with self._uncut:
            await self._settle(self._store)

    async def missing(self, model: str) -> bool:
        """Note that a model is not offered any more: True the first time, so that the person is told once."""
        with self._uncut:
            return await self._store(session.NoteMissing(session=self._turn.session, model=model))

    # --- what is done -------------------------------------------------------------------------------------

    async def call_started(
        self, step: session.ToolStep, begins: Decision | None = None, *, told: bool = False
    ) -> None:
        """A call is taken up, which may have been `told` before.

        One that `begins`, by this decision, may have happened from now on.
        """
        with self._uncut:
            if begins is not None:
                await self._store(
                    session.BeginStep(
                        turn=self._turn.id,
                        boot=self._bus.boot_id,
                        attempt=self._turn.attempt,
                        n=step.n,
                        decision=begins,
                    )
                )
            if told:
                return
            await self._teller.tell(
                messages.ToolStarted(
                    **self._teller.head(self._turn.id),
                    call=step.call.id,
                    name=step.call.name,
                    input=step.call.input,
                    at=self._bus.clock.now(),
                )
            )

    async def awaits(self, step: session.ToolStep, asked: Asked, reason: str) -> None:
        """A person is asked about a call, which is taken up with that."""
        with self._uncut:
            await self._store(
                session.AwaitStep(
                    turn=self._turn.id, boot=self._bus.boot_id, attempt=self._turn.attempt, n=step.n
                )
            )
            await self.call_started(step)
            await self._teller.tell(
                messages.ApprovalWanted(
                    **self._teller.head(self._turn.id),
                    call=step.call.id,
                    name=step.call.name,
                    approval=asked.id,
                    reason=reason,
                    expires_at=asked.expires_at,
                )
            )

    async def answered(self, step: session.ToolStep, asked: Asked, verdict: Allow | Deny) -> None:
        """Somebody has answered, or nobody in time."""
        with self._uncut:
            await self._teller.tell(
                messages.ApprovalGiven(
                    **self._teller.head(self._turn.id),
                    call=step.call.id,
                    approval=asked.id,
                    allowed=isinstance(verdict, Allow),
                    by=verdict.by,
                )
            )

    async def call_ended(
        self, step: session.ToolStep, result: Rendered, elapsed: float, decision: Decision | None = None
    ) -> None:
        """A result, and the files that it hands to the person. `elapsed` is in seconds.

        `decision` is what was decided about the call where that was not stored when it began.
        """
        with self._uncut:
            await self._store(
                session.SaveResult(
                    turn=self._turn.id,
                    boot=self._bus.boot_id,
                    attempt=self._turn.attempt,
                    n=step.n,
                    content=result.content,
                    is_error=result.is_error,
                    attachments=result.attachments,
                    diff=result.diff,
                    origins=result.origins,
                    repeatable=step.effect == "pure",
                    decision=decision,
                    last_event=self._journal.last,
                )
            )
            await self._teller.tell(
                messages.ToolFinished(
                    **self._teller.head(self._turn.id),
                    call=step.call.id,
                    name=step.call.name,
                    content=plain(result.content),
                    is_error=result.is_error,
                    diff=result.diff,
                    elapsed=elapsed,
                )
            )
            for attachment in result.attachments:
                await self._teller.tell(
                    messages.Attached(**self._teller.head(self._turn.id), attachment=attachment)
                )

    # --- what people add ----------------------------------------------------------------------------------

    async def merged(self, followups: tuple[str, ...], iteration: int) -> session.Merged:
        """Messages become part of the turn, from completion number `iteration` on. Returns those that did."""
        with self._uncut:
            taken = await self._store(
                session.Merge(
                    turn=self._turn.id,
                    boot=self._bus.boot_id,
                    attempt=self._turn.attempt,
                    followups=followups,
                    last_event=self._journal.last,
                )
            )
            for followup in taken.turns:
                await self._teller.fate(followup, "merged", into=self._turn.id, iteration=iteration)
        return taken

    async def queued(self, turns: Iterable[str]) -> None:
        """Messages wait for their own turn."""
        with self._uncut:
            for each in turns:
                turn = await self._bus.ask(session.GetTurn(turn=each, user=self._turn.user))
                if turn.state == "accepted":  # else it was cancelled while it waited
                    await self._teller.fate(turn, "queued")

    async def compacted(self, until: int, replaced: int, tokens: int, summary: str) -> bool:
        """A summary takes the place of `replaced` messages, all before step `until`; False when the store refuses."""
        with self._uncut:
            try:
                await self._bus.ask(
                    session.RecordCompaction(
                        turn=self._turn.id,
                        until=until,
                        trigger="auto",
                        pre_tokens=tokens,
                        summary=summary,
                        messages_compacted=replaced,
                    )
                )
            except session.StorageFailed:
                return False
            await self.notice("compacted", f"{replaced} older messages were replaced by a summary.")
            return True

    # --- how it ends --------------------------------------------------------------------------------------

    async def ended(self, run: Run, ending: Ending) -> session.Turn | None:
        """The end, told first to those whose messages the turn took in. Returns the turn that waits next."""
        with self._uncut:
            if ending.usage is None:
                await self.broken_off()
            finished = await self._store(self._finish(ending, tuple(sorted(run.outside))))
            self.owes(None)
            for followup in run.merged:
                await self._teller.fate(followup, "answered", into=run.id)
            await self._teller.ended(
                finished.turn,
                text=run.text,
                attachments=tuple(run.attachments),
                notice=ending.notice if finished.turn.state == ending.state else None,
                elapsed=self._bus.clock.monotonic() - run.started,
            )
        return finished.next

    def _finish(self, ending: Ending, outside: tuple[str, ...]) -> session.Finish:
        return session.Finish(
            turn=self._turn.id,
            boot=self._bus.boot_id,
            attempt=self._turn.attempt,
            state=ending.state,
            outcome=ending.outcome,
            content=ending.content,
            notice=ending.notice,
            usage=ending.usage,
            told=self._told,
            outside=outside,
            last_event=self._journal.last,
        )

    def pause(self) -> None:
        """The time of the turn stands still."""
        self._uncut.pause(trio.current_time())

    def go_on(self) -> float:
        """It goes on, after so many seconds; 0 while it stands still for another reason."""
        return self._uncut.go_on(trio.current_time())

    @property
    def paused(self) -> float:
        """Seconds for which it has stood still by now; 0 while it does not."""
        return self._uncut.paused(trio.current_time())

    def leave(self) -> None:
        """Leave the turn as it is, once what is being stored and told is stored and told."""
        self._uncut.leave()

    async def release(self) -> None:
        """Hand the turn back: this attempt does not count. Raises StorageFailed at once."""
        await self._settle(self._bus.ask)
        await self._bus.ask(
            session.Release(
                turn=self._turn.id,
                boot=self._bus.boot_id,
                attempt=self._turn.attempt,
                last_event=self._journal.last,
            )
        )
