"""The session actor: takes a message, runs one transaction, answers, tells others."""

import logging
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Final, final

from actors.notification import Notification
from actors.storage import Storage, micros, numbered
from actors.vocabulary import Channel
from bus import concurrent, redact, redacted

from . import (
    accept,
    attempts,
    delegations,
    deliveries,
    endings,
    export,
    given,
    messages,
    outbox,
    overview,
    pruning,
    revising,
    sessions,
    survey,
    told,
    turns,
    usage,
)
from .housekeeping import Housekeeping

_LOG: Final = logging.getLogger(__name__)
MIGRATIONS: Final = pathlib.Path(__file__).parent / "migrations"

_ANY: Final = ("end", "each")
SWEEP: Final = 600.0
"""Seconds between two looks for what has grown old."""


@final
class SessionActor(Housekeeping):
    """Owns the session database. Handlers run concurrently, so that what comes together shares a commit.

    What was said before it was known as a secret is still stored; it is shown and exported without it.

    Args:
      path: the database file, usually ``db/session.db``.
      channels: gives the policies of the channels on which people may speak, as they are now.
    """

    def __init__(self, path: pathlib.Path, channels: Callable[[], Iterable[messages.ChannelPolicy]]) -> None:
        self._channels = channels
        storage = Storage(path, numbered(MIGRATIONS), synchronous="FULL")
        super().__init__(storage, path)

    async def start(self) -> None:
        """Open the database. Raises StorageFailed, whose text says what to do."""
        await super().start()
        self._lead = self._leads_by()
        self.timers.every(SWEEP, messages.CloseSilent())
        self.timers.after(messages.GRACE, messages.EraseGoing())

    def _leads_by(self) -> int:
        """How far the clock on the wall is before the one that nobody can set, microseconds."""
        return self._now() - int(self.bus.clock.monotonic() * 1_000_000)

    def _pushing(self, *how: str) -> frozenset[Channel]:
        """The channels that what is said is pushed to, in any or in one of these ways."""
        return frozenset(
            policy.name for policy in self._channels() if policy.pushes and policy.pushes in (how or _ANY)
        )

    def _fresh(self) -> accept.Fresh:
        ids = self.bus.ids
        return accept.Fresh(session=ids.uuid(), turn=ids.uuid(), key=ids.uuid())

    async def _closed(self, closed: Iterable[messages.Session]) -> None:
        for session in closed:
            await self.bus.publish(messages.SessionClosed(session=session.id, user=session.user))
            await self._changed(session)

    async def _ended(self, turn: messages.Turn) -> None:
        """Tell those who follow that a turn has ended."""
        await self._told(turn.session, turn.user)
        await self.bus.publish(
            messages.TurnFinished(seq=turn.end_seq or 0, session=turn.session, user=turn.user, turn=turn.id)
        )
        if turn.channel in self._pushing():
            await self.bus.publish(messages.OutboxDue(channel=turn.channel))
        for session, left in turn.abandons:
            await self.bus.publish(messages.TurnAbandoned(session=session, user=turn.user, turn=left))

    # --- accepting and running turns ---

    @messages.Accept.handler
    @concurrent(256, isolated=True)
    async def accept(self, request: messages.Accept) -> messages.Accepted:
        incoming = request.incoming
        policy = next((each for each in self._channels() if each.name == incoming.channel), None)
        if policy is None:
            raise messages.UnknownChannel(channel=incoming.channel)
        accepted = await self._write(
            accept.accept,
            incoming,
            request.expansion,
            now=self._now(),
            policy=policy,
            fresh=self._fresh(),
        )
        if accepted.closed is not None:
            await self.bus.publish(messages.SessionClosed(session=accepted.closed, user=incoming.user))
        if not accepted.duplicate:
            await self._told(accepted.session, incoming.user)
        return accepted

    @messages.Recover.handler
    @concurrent(256, isolated=True)
    async def recover(self, request: messages.Recover) -> tuple[messages.Turn, ...]:
        await self._tell_lost(await self._write(outbox.doubt, request.boot, self._now()))
        return await self._write(attempts.recover, request)

    @messages.Open.handler
    @concurrent(256, isolated=True)
    async def opened(self, request: messages.Open) -> messages.Opened:
        return await self._read(attempts.opened, request.session)

    @messages.Begin.handler
    @concurrent(256, isolated=True)
    async def begin(self, request: messages.Begin) -> messages.Begun:
        # After a power cut the turn is as it was accepted, and an attempt nobody saw does not count.
        found = await self._write_relaxed(attempts.begin, request, self._now(), self._recent)
        if isinstance(found, attempts.Beginning):
            found = await self._goes_on(found)
        if isinstance(found, messages.Begun):
            return found
        begun = await self._write(attempts.carry_out, found, self._now(), self._pushing())
        await self._ended(begun.turn)
        return begun

    async def _goes_on(self, beginning: attempts.Beginning) -> messages.Begun | attempts.Verdict:
        """Read what a claimed turn goes on from."""
        if beginning.unread is None:
            unread, begun, done = await self._read(attempts.read, beginning, self._recent)
        else:
            unread, (begun, done) = beginning.unread, attempts.understand(beginning, beginning.unread)
        self._recent.keep(unread, done)
        return begun

    @messages.SaveCompletion.handler
    @concurrent(256, isolated=True)
    async def save_completion(self, request: messages.SaveCompletion) -> messages.Saved:
        saying = self._pushing("each")
        saved, said = await self._write(turns.save_completion, request, self._now(), saying)
        if said is not None:
            await self.bus.publish(messages.OutboxDue(channel=said))
        return saved

    @messages.AwaitStep.handler
    @concurrent(256, isolated=True)
    async def await_step(self, request: messages.AwaitStep) -> None:
        await self._write(turns.await_step, request)

    @messages.BeginStep.handler
    @concurrent(256, isolated=True)
    async def begin_step(self, request: messages.BeginStep) -> None:
        await self._write(turns.begin_step, request, self._now())
        self._audited(request.decision)

    @messages.SaveResult.handler
    @concurrent(256, isolated=True)
    async def save_result(self, request: messages.SaveResult) -> None:
        write = self._write_relaxed if request.repeatable else self._write
        await write(turns.save_result, request, self._now())
        self._audited(request.decision)

    @messages.Merge.handler
    @concurrent(256, isolated=True)
    async def merge(self, request: messages.Merge) -> messages.Merged:
        return await self._write(turns.merge, request, self._now())

    @messages.Release.handler
    @concurrent(256, isolated=True)
    async def release(self, request: messages.Release) -> None:
        await self._write(attempts.release, request)

    @messages.Amend.handler
    @concurrent(256, isolated=True)
    async def amend(self, request: messages.Amend) -> bool:
        turn = await self._write(turns.amend, redacted(request))
        if turn is not None:
            await self._told(turn.session, turn.user)
        return turn is not None

    @messages.GetWhole.handler
    @concurrent(256, isolated=True)
    async def get_whole(self, request: messages.GetWhole) -> tuple[messages.Turn, ...]:
        return await self._read(turns.whole, request)

    @messages.Revise.handler
    @concurrent(256, isolated=True)
    async def revise(self, request: messages.Revise) -> messages.Accepted:
        accepted = await self._write(
            revising.revise,
            request.incoming,
            request.expansion,
            turn=request.turn,
            now=self._now(),
            fresh=self._fresh(),
        )
        if not accepted.duplicate:
            await self._told(accepted.session, request.incoming.user)
        return accepted

    @messages.Choose.handler
    @concurrent(256, isolated=True)
    async def choose(self, request: messages.Choose) -> messages.Chosen:
        chosen = await self._write(revising.choose, request)
        await self._told(chosen.session, request.user)
        return chosen

    @messages.CancelTurn.handler
    @concurrent(256, isolated=True)
    async def cancel_turn(self, request: messages.CancelTurn) -> messages.Cancellation:
        cancellation = await self._write(endings.cancel, request, self._now(), self._pushing())
        if cancellation.fate == "cancelled":
            await self._ended(cancellation.turn)
        return cancellation

    @messages.Finish.handler
    @concurrent(256, isolated=True)
    async def end_turn(self, request: messages.Finish) -> messages.Finished:
        finished = await self._write(endings.finish, request, self._now(), self._pushing())
        await self._ended(finished.turn)
        return finished

    @messages.TurnsAfter.handler
    @concurrent(256, isolated=True)
    async def turns_after(self, request: messages.TurnsAfter) -> tuple[messages.Turn, ...]:
        return await self._read(endings.after, request.seq, request.limit)

    @messages.RecordCompaction.handler
    @concurrent(256, isolated=True)
    async def record_compaction(self, request: messages.RecordCompaction) -> None:
        await self._write(turns.record_compaction, request, self._now())

    @messages.GetTurn.handler
    @concurrent(256, isolated=True)
    async def get_turn(self, request: messages.GetTurn) -> messages.Turn:
        return await self._read(turns.get, request.turn, request.user)

    @messages.ListTurns.handler
    @concurrent(256)
    async def list_turns(self, request: messages.ListTurns) -> tuple[messages.Turn, ...]:
        return await self._read(survey.list_turns, request)

    @messages.FindTurns.handler
    @concurrent(256, isolated=True)
    async def find_turns(self, request: messages.FindTurns) -> tuple[messages.Turn, ...]:
        return await self._read(survey.find_turns, request)

    @messages.GetSteps.handler
    @concurrent(256, isolated=True)
    async def get_steps(self, request: messages.GetSteps) -> tuple[messages.StepInfo, ...]:
        return await self._read(survey.steps_of, request.turn, request.user)

    @messages.Subagents.handler
    @concurrent(256, isolated=True)
    async def subagents(self, request: messages.Subagents) -> tuple[messages.Subagent, ...]:
        return redacted(await self._read(delegations.called, request))

    @messages.GetTold.handler
    @concurrent(256, isolated=True)
    async def get_told(self, request: messages.GetTold) -> tuple[messages.ToldText, ...]:
        return redacted(await self._read(told.of_turn, request.turn, request.user))

    @messages.GetGiven.handler
    @concurrent(256, isolated=True)
    async def get_given(self, request: messages.GetGiven) -> messages.Given:
        return redacted(await self._read(given.of_turn, request.turn, request.user))

    @messages.ForgetTold.handler
    @concurrent(256, isolated=True)
    async def forget_told(self, request: messages.ForgetTold) -> None:
        await self._write(told.forget, request.user, request.source)
        await self._erase()

    @messages.WordsFrom.handler
    @concurrent(256, isolated=True)
    async def words_from(self, request: messages.WordsFrom) -> Mapping[str, tuple[str, ...]]:
        return await self._read(survey.words_from, request.turns)

    @messages.WasSent.handler
    @concurrent(256, isolated=True)
    async def was_sent(self, request: messages.WasSent) -> bool:
        return await self._read(survey.was_sent, request.path, request.user)

    @messages.CountOpenWork.handler
    @concurrent(256, isolated=True)
    async def count_open_work(self, request: messages.CountOpenWork) -> messages.OpenWork:
        return await self._read(survey.open_work)

    # --- reading and keeping order ---

    @messages.List.handler
    @concurrent(256, isolated=True)
    async def find(self, request: messages.List) -> tuple[messages.Session, ...]:
        return await self._read(sessions.find, request)

    @messages.Get.handler
    @concurrent(256, isolated=True)
    async def get(self, request: messages.Get) -> messages.Session:
        return await self._read(sessions.get, request.session, request.user)

    @messages.Current.handler
    @concurrent(256, isolated=True)
    async def current(self, request: messages.Current) -> messages.Session | None:
        return await self._read(sessions.current, request)

    @messages.Messages.handler
    @concurrent(256, isolated=True)
    async def displayed(self, request: messages.Messages) -> tuple[messages.Message, ...]:
        return redacted(await self._read(sessions.messages, request))

    @messages.MarkRead.handler
    @concurrent(256, isolated=True)
    async def mark_read(self, request: messages.MarkRead) -> messages.Marked:
        await self._changed(await self._write(sessions.mark_read, request))
        return messages.Marked()

    @messages.Archive.handler
    @concurrent(256, isolated=True)
    async def archive(self, request: messages.Archive) -> messages.Marked:
        await self._changed(await self._write(sessions.archive, request))
        return messages.Marked()

    @messages.Rename.handler
    @concurrent(256, isolated=True)
    async def rename(self, request: messages.Rename) -> messages.Session:
        return await self._changed(await self._write(sessions.rename, redacted(request)))

    @messages.SetModel.handler
    @concurrent(256, isolated=True)
    async def set_model(self, request: messages.SetModel) -> messages.Session:
        return await self._changed(await self._write(sessions.set_model, request))

    @messages.NoteMissing.handler
    @concurrent(256, isolated=True)
    async def note_missing(self, request: messages.NoteMissing) -> bool:
        return await self._write(sessions.note_missing, request)

    @messages.Close.handler
    @concurrent(256, isolated=True)
    async def close(self, request: messages.Close) -> messages.Session:
        session = await self._write(sessions.close, request)
        await self._closed((session,))
        return session

    @messages.CloseSilent.handler
    async def close_silent(self, command: messages.CloseSilent) -> None:
        now = self.bus.clock.now()
        for policy in self._channels():
            if policy.gap is not None:
                before = micros(now - policy.gap)
                await self._closed(await self._write(sessions.close_silent, policy.name, before))
        await self._write(outbox.purge, micros(now))
        await self._write(told.purge, micros(now - told.KEPT))
        await self._erase_going()
        if self._pruned:
            self._pruned = False
            await self._tidy(first=True)

    @messages.Prune.handler
    @concurrent(256, isolated=True)
    async def prune(self, request: messages.Prune) -> bool:
        fate = await self._write(pruning.prune, request.session, request.user, self._now())
        if fate == "pruned":
            self._audited(request)
            self._pruned = True
            self._recent.forget(request.session)
            await self._told(request.session, request.user)
        return fate != "kept"

    @messages.ClosedAfter.handler
    @concurrent(256, isolated=True)
    async def closed_after(self, request: messages.ClosedAfter) -> tuple[messages.Closed, ...]:
        return await self._read(sessions.closed_after, request.seq, request.limit)

    @messages.FindEnds.handler
    @concurrent(256, isolated=True)
    async def find_ends(self, request: messages.FindEnds) -> messages.Ends:
        return await self._read(sessions.ends)

    @messages.Export.handler
    @concurrent(256, isolated=True)
    async def export(self, request: messages.Export) -> tuple[str, ...]:
        lines = await self._read(export.export, request.session, request.user)
        return tuple(map(redact, lines))

    @messages.Costs.handler
    @concurrent(256, isolated=True)
    async def costs(self, request: messages.Costs) -> messages.CostReport:
        return await self._read(usage.costs, request)

    @messages.Measure.handler
    @concurrent(256, isolated=True)
    async def measure(self, request: messages.Measure) -> messages.Consumption:
        return await self._read(usage.measure, request)

    @messages.GetCosts.handler
    @concurrent(256, isolated=True)
    async def get_costs(self, request: messages.GetCosts) -> messages.CostOverview:
        wanted = messages.Costs(
            since=overview.since(request.period, self.bus.clock.now()),
            of_user=None if request.role == "admin" else request.user,
        )
        return overview.overview(await self._read(usage.costs, wanted))

    @messages.RecordUsage.handler
    @concurrent(256, isolated=True)
    async def record_usage(self, request: messages.RecordUsage) -> None:
        await self._write(usage.record_other, request, self._now())

    @messages.NoteUsage.handler
    @concurrent(256, isolated=True)
    async def note_usage(self, command: messages.NoteUsage) -> None:
        try:
            await self._write(usage.record_other, command, self._now())
        except (messages.UnknownSession, messages.StorageFailed) as error:
            _LOG.warning("what a model has used could not be counted: %s", error)

    # --- outbox ---

    @messages.Push.handler
    @concurrent(256, isolated=True)
    async def push(self, request: messages.Push) -> None:
        await self._write(outbox.push, request, self._now())
        await self.bus.publish(messages.OutboxDue(channel=request.channel))

    @messages.ClaimOutbox.handler
    @concurrent(256, isolated=True)
    async def claim_outbox(self, request: messages.ClaimOutbox) -> messages.Claimed:
        lead = self._leads_by()
        set_back = self._lead - lead
        claimed, lost = await self._write(outbox.claim, request, self.bus.boot_id, self._now(), set_back)
        self._lead = lead
        await self._tell_lost(lost)
        return claimed

    @messages.MarkOutbox.handler
    @concurrent(256, isolated=True)
    async def mark_outbox(self, request: messages.MarkOutbox) -> None:
        await self._tell_lost(await self._write(outbox.mark, redacted(request), self._now()))

    async def _tell_lost(self, lost: Iterable[outbox.Undelivered]) -> None:
        """Tell the owners of what could not be delivered; the page shows it."""
        for each in lost:
            if each.session:
                await self._told(each.session, each.user)
            said = Notification(
                user=each.user,
                source="outbox",
                title=f"A message could not be delivered on {each.channel}",
                text=each.reason,
                success=False,
                session=each.session,
            )
            await self.bus.publish(said)

    @messages.ListOutbox.handler
    @concurrent(256, isolated=True)
    async def list_outbox(self, request: messages.ListOutbox) -> tuple[messages.Delivery, ...]:
        return redacted(await self._read(deliveries.find, request))

    @messages.RetryOutbox.handler
    @concurrent(256, isolated=True)
    async def retry_outbox(self, request: messages.RetryOutbox) -> messages.Delivery:
        return await self._looked_after(await self._write(deliveries.retry, request, self._now()))

    @messages.DropOutbox.handler
    @concurrent(256, isolated=True)
    async def drop_outbox(self, request: messages.DropOutbox) -> messages.Delivery:
        return await self._looked_after(await self._write(deliveries.drop, request, self._now()))

    async def _looked_after(self, delivery: messages.Delivery) -> messages.Delivery:
        await self.bus.publish(
            messages.OutboxDue(channel=delivery.channel)
        )  # what waited behind it may go now
        return redacted(delivery)
