"""The operator's door: looks into the whole mesh and acts on it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, final

import trio

from actors import jsontext
from actors.agent import messages as agent
from actors.answering import turn_that_answers
from actors.console import letters, mesh, messages, tap, traces
from actors.console.fresh import Fresh
from actors.console.messages import ACTING, LOOKING, Json
from actors.console.turns import OPEN, WHICH, Turns
from actors.endpoints import BadMessage
from actors.session import messages as session
from actors.shapes import suggestion
from actors.vocabulary import Role, quoted
from bus import ActorError, DeliveryError, Message, Sink, concurrent, wire_name
from bus.console import (
    Buried,
    NotPossible,
    Operator,
    TapEvent,
    UnknownActor,
    decode,
    hex_trace,
    mask_value,
)

WINDOW: Final = 5.0
"""Seconds over which messages are counted for a rate."""
MOST_COUNTED: Final = 1000
"""Messages that rates are taken from: describing many would hold up the daemon."""
MOST_SPANS: Final = 2000
RESTART_WITHIN: Final = 1.0
"""Seconds to wait for a restart."""
AT_ONCE: Final = 8


@final
class ConsoleActor(Operator):
    """Answers who looks and does what an operator asks for."""

    def __init__(self, version: str) -> None:
        """`version` is that of the program."""
        self._version = version
        self._turns: Turns
        self._views = Fresh[tuple[int, int, str, Role], messages.MeshView]()
        self._traces = Fresh[tuple[str, str], messages.Trace]()

    async def start(self) -> None:
        self._turns = Turns(self.bus)

    @contextmanager
    def _looking(self) -> Generator[None]:
        with self.bus.baggage(origin=LOOKING):
            yield

    @contextmanager
    def _acting(self) -> Generator[None]:
        """What the bus refuses is the mistake of who asked, and no fault in here."""
        try:
            yield
        except UnknownActor as error:
            raise messages.NoSuchActor(reason=str(error)) from None
        except NotPossible as error:
            raise messages.NotPossible(reason=str(error)) from None

    def _now(self) -> float:
        return self.bus.clock.monotonic()

    # --- for the page ---------------------------------------------------------------------------------------

    @messages.GetHealth.handler
    async def health(self, request: messages.GetHealth) -> messages.Health:
        return mesh.health_of(self.console.health(), version=self._version, boot_id=self.bus.boot_id)

    @messages.GetMesh.handler
    async def mesh(self, request: messages.GetMesh) -> messages.MeshView:
        now = self._now()
        key = (request.limit, request.seconds, request.user, request.role)
        return self._views.get(key, now) or self._views.put(key, now, self._view(request, now))

    def _view(self, request: messages.GetMesh, now: float) -> messages.MeshView:
        snapshot = self.console.snapshot()
        newest = self.console.recorded(tap.UNSEEN, since=now - request.seconds, last=request.limit)
        counted = self.console.recorded(tap.UNSEEN, since=now - WINDOW, last=MOST_COUNTED)
        return messages.MeshView(
            boot_id=self.bus.boot_id,
            now=round(now, 6),
            tree=mesh.tree_of(
                self.console.health(),
                snapshot["actors"],
                snapshot["dead"],
                reasons=request.role == "admin",
            ),
            flows=mesh.flows_of(counted, covered(counted, now)),
            messages=mesh.messages_of(newest, request.user, now),
        )

    @messages.GetTrace.handler
    @concurrent(AT_ONCE)
    async def trace(self, request: messages.GetTrace) -> messages.Trace:
        key, now = (request.turn, request.user), self._now()
        known = self._traces.get(key, now)
        if known is not None:
            return known
        with self._looking():
            return self._traces.put(key, now, await self._trace(request.turn, request.user))

    async def _trace(self, turn: str, user: str) -> messages.Trace:
        found = await turn_that_answers(self.bus, turn, user)
        stored = await self.bus.ask(session.GetSteps(turn=found.id, user=user))
        told = await self.bus.ask(session.GetTold(turn=found.id, user=user))
        seen = self.console.traced(found.id, hidden=LOOKING)
        age = (self.bus.clock.now() - found.accepted_at).total_seconds()
        spans = traces.spans_of(
            traces.of_turn(seen, found.id)[-MOST_SPANS:], self._now() - age, named=traces.home_of
        )
        return messages.Trace(
            turn=found,
            session_id=found.session,
            steps=traces.steps_of(stored, found.accepted_at, texts=False),
            told=traces.told_of(told),
            messages=spans,
        )

    # --- looking --------------------------------------------------------------------------------------------

    @messages.GetSnapshot.handler
    async def snapshot(self, request: messages.GetSnapshot) -> Json:
        return self.console.snapshot()

    @messages.GetTree.handler
    async def tree(self, request: messages.GetTree) -> Json:
        return self.console.tree()

    @messages.GetGraph.handler
    async def graph(self, request: messages.GetGraph) -> Json:
        since = self._now() - request.seconds if request.seconds else float("-inf")
        return self.console.graph(since=since, hidden=LOOKING)

    @messages.FindTraces.handler
    @concurrent(AT_ONCE)
    async def find_traces(self, request: messages.FindTraces) -> Json:
        seen = self.console.traced(request.id, hidden=LOOKING)[-MOST_SPANS:]
        origin = min(map(traces.begin_of, seen), default=0.0)
        began = self.bus.clock.now().timestamp() - self._now() + origin
        turns = sorted({event.baggage["turn"] for event in seen if "turn" in event.baggage})
        with self._looking():
            found = await self._turns.of_trace(request.id, turns)
        return {
            "turns": found,
            "began": began if seen else None,
            "messages": traces.spans_of(seen, origin),
        }

    @messages.GetLatency.handler
    async def latency(self, request: messages.GetLatency) -> Json:
        return dict(self.console.latency())

    @messages.DescribeActor.handler
    async def describe_actor(self, request: messages.DescribeActor) -> Json:
        with self._acting():
            return self.console.describe(request.name)

    @messages.ListClasses.handler
    async def classes(self, request: messages.ListClasses) -> list[Json]:
        return self.console.messages()

    @messages.ListLetters.handler
    async def list_letters(self, request: messages.ListLetters) -> Json:
        found = [
            letters.letter_of(entry, self._now())
            for entry in reversed(self.console.dead_letters())
            if request.reason in {None, entry.letter.reason} and entry.letter.to.startswith(request.to)
        ]
        return {"counts": self.console.snapshot()["dead"], "letters": found[: request.limit]}

    @messages.GetLetter.handler
    async def letter(self, request: messages.GetLetter) -> Json:
        return letters.whole_letter_of(self._buried(request.seq), self._now())

    def _buried(self, seq: int) -> Buried:
        entry = self.console.buried(seq)
        if entry is None:
            raise messages.UnknownLetter(seq=seq, kept=1000)
        return entry

    @messages.GetChecks.handler
    @concurrent(AT_ONCE)
    async def checks(self, request: messages.GetChecks) -> Json:
        facts: Json = {
            "snapshot": self.console.snapshot(),
            "tree": self.console.tree(),
            "unbalanced": self.console.unbalanced(),
            "losses": letters.losses_of(self.console.dead_letters(), self._now()),
            "open_work": None,
            "parked": [],
        }
        try:
            with self._looking():
                facts["open_work"] = await self._turns.open_work(self.bus.clock.now())
                facts["parked"] = await self._turns.found(session.FindTurns(outcome="parked", limit=20))
        except (ActorError, DeliveryError) as error:
            facts["trouble"] = str(error)
        return facts

    @messages.Tap.handler
    @concurrent(AT_ONCE)
    async def tap(self, request: messages.Tap, sink: Sink[Json]) -> None:
        await tap.show(request, sink, self.console, self.bus.clock)

    # --- stored turns ---------------------------------------------------------------------------------------

    @messages.ListTurns.handler
    @concurrent(AT_ONCE)
    async def list_turns(self, request: messages.ListTurns) -> list[Json]:
        states, outcome = WHICH[request.state]
        with self._looking():
            return await self._turns.found(
                session.FindTurns(
                    states=states, outcome=outcome, session=request.session, limit=request.limit
                )
            )

    @messages.GetTurn.handler
    @concurrent(AT_ONCE)
    async def turn(self, request: messages.GetTurn) -> Json:
        with self._looking():
            return await self._turns.described(await self._turns.one(request.id))

    @messages.RetryTurn.handler
    @concurrent(AT_ONCE)
    async def retry(self, request: messages.RetryTurn) -> messages.Retried:
        turn = await self._turns.one(request.id)
        if turn.state in OPEN:
            await self.bus.tell(agent.Deliver(session=turn.session, turn=turn.id, mode=turn.mode))
            return messages.Retried(turn=turn.id, session=turn.session, how="delivered")
        whole = await self.bus.ask(session.GetTurn(turn=turn.id, user=turn.user))
        accepted = await self.bus.ask(
            agent.Accept(
                incoming=session.Incoming(
                    text=whole.text,
                    user=whole.user,
                    role=whole.role,
                    channel=whole.channel,
                    session=whole.session,
                    attachments=whole.attachments,
                    mode=whole.mode,
                    source="operator",
                    client_message_id=f"retry:{whole.id}",
                    options=whole.options,
                )
            )
        )
        return messages.Retried(
            turn=accepted.turn,
            session=accepted.session,
            how="repeated before" if accepted.duplicate else "repeated",
        )

    @messages.CancelTurn.handler
    @concurrent(AT_ONCE)
    async def cancel(self, request: messages.CancelTurn) -> messages.TurnCancelled:
        turn = await self._turns.one(request.id)
        cancelled = await self.bus.ask(agent.Cancel(session=turn.session, user=turn.user, turn=turn.id))
        return messages.TurnCancelled(cancelled=cancelled.turn, state=turn.state)

    # --- acting ---------------------------------------------------------------------------------------------

    @messages.SendMessage.handler
    @concurrent(AT_ONCE)
    async def send(self, request: messages.SendMessage) -> messages.Answered:
        kind = self._kind(request.type)
        try:
            message = decode(kind, jsontext.write(request.message))
        except ValueError as error:
            raise BadMessage(str(error), wire_name(kind)) from None
        trace, began = hex_trace(self.bus.ids.trace()), self._now()
        with self.bus.fresh(ACTING, f"00-{trace}-{'1':0>16}-01"), self.bus.baggage(origin=ACTING):
            with self._acting():
                reply = await self.console.send(message)
        return messages.Answered(
            type=wire_name(kind), trace=trace, reply=mask_value(reply), took=round(self._now() - began, 6)
        )

    def _kind(self, name: str) -> type[Message]:
        """The owned class of that wire name, with or without its version. Raises BadMessage."""
        kinds = self.console.kinds()
        for full, kind in kinds.items():
            if name in {full, full.partition("@")[0]}:
                return kind
        hint = suggestion(name, [full.partition("@")[0] for full in kinds])
        raise BadMessage(f"there is no request or command {quoted(name)}{hint}", "type")

    @messages.ResendLetter.handler
    @concurrent(AT_ONCE)
    async def resend(self, request: messages.ResendLetter) -> messages.Answered:
        entry, began = self._buried(request.seq), self._now()
        with self._acting():
            reply = await self.console.resend(entry)
        return messages.Answered(
            type=entry.letter.kind,
            trace=entry.letter.trace,
            reply=mask_value(reply),
            took=round(self._now() - began, 6),
        )

    @messages.SuspendActor.handler
    async def suspend(self, request: messages.SuspendActor) -> messages.Suspension:
        with self._acting():
            return messages.Suspension(name=self.console.suspend(request.name), suspended=True)

    @messages.ResumeActor.handler
    async def resume(self, request: messages.ResumeActor) -> messages.Suspension:
        with self._acting():
            return messages.Suspension(name=self.console.resume(request.name), suspended=False)

    @messages.RestartActor.handler
    @concurrent(AT_ONCE)
    async def restart(self, request: messages.RestartActor) -> messages.Restarted:
        # The supervisor goes on by itself. Whoever waits here may be what has to stop.
        with trio.move_on_after(RESTART_WITHIN), self._acting():
            return messages.Restarted(name=await self.console.restart(request.name), complete=True)
        return messages.Restarted(name=request.name, complete=False)


def covered(counted: list[TapEvent], now: float) -> float:
    """Seconds over which messages were counted: fewer than the window when there were too many to count all."""
    return WINDOW if len(counted) < MOST_COUNTED else max(0.001, now - counted[0].at)
