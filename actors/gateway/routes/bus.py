"""The bus as its operator sees it: actors, tree, graph, traces, latencies, losses, messages."""

from typing import Any, final

from quart import Response, request

from actors.endpoints import BadMessage
from actors.gateway.http import answer, query_integer, refusal
from actors.gateway.operator import LOOKING, Operator
from actors.gateway.routes.ledger import Ledger
from actors.gateway.spans import begin_of, nest
from actors.session import messages as session
from actors.wire import Json
from bus import ActorError, Bus, DeliveryError, mask_text, masked
from bus.console import Buried, Console, TapEvent, shorten, to_json

MOST_LETTERS = 1000
MOST_SPANS = 2000


@final
class BusRoutes:
    """``GET`` below ``/api/bus``."""

    def __init__(self, operator: Operator, bus: Bus, console: Console, ledger: Ledger) -> None:
        self._bus = bus
        self._console = console
        self._ledger = ledger
        operator.look("/api/bus/snapshot", self.snapshot)
        operator.look("/api/bus/tree", self.tree)
        operator.look("/api/bus/graph", self.graph)
        operator.look("/api/bus/trace", self.trace)
        operator.look("/api/bus/latency", self.latency)
        operator.look("/api/bus/dead", self.dead)
        operator.look("/api/bus/letter", self.letter)
        operator.look("/api/bus/actor", self.actor)
        operator.look("/api/bus/messages", self.messages)
        operator.look("/api/bus/checks", self.checks)

    async def snapshot(self) -> Response:
        """Every actor at this instant."""
        return answer(self._console.snapshot())

    async def tree(self) -> Response:
        """The supervision tree with health and restart budgets."""
        return answer(self._console.tree())

    async def graph(self) -> Response:
        """Who sent how many messages to whom, as far as the flight recorder goes back."""
        seconds = query_integer(request.args, "seconds", 0)
        since = self._bus.clock.monotonic() - seconds if seconds else float("-inf")
        return answer(self._console.graph(since=since, hidden=LOOKING))

    async def trace(self) -> Response:
        """What one message of a person caused: the stored turns and, while the recorder has them, the messages."""
        id = request.args.get("id", "")
        if not id:
            raise BadMessage("expected the beginning of the id of a turn, a session or a trace", "id")
        seen = self._console.traced(id, hidden=LOOKING)[-MOST_SPANS:]
        events = [{**to_json(event), "running": _runs(event)} for event in seen]
        origin = min(map(begin_of, events), default=0.0)
        began = self._bus.clock.now().timestamp() - self._bus.clock.monotonic() + origin
        turns = {event.baggage["turn"] for event in seen if "turn" in event.baggage}
        return answer(
            {
                "turns": await self._ledger.of_trace(id, sorted(turns)),
                "began": began if events else None,
                "messages": nest(events, origin),
            }
        )

    async def latency(self) -> Response:
        """How long messages waited and were handled, by actor and class; how long asks took, by who asked whom."""
        return answer(self._console.latency())

    async def dead(self) -> Response:
        """Dead letters, the newest first, and counters of all since the start."""
        limit = query_integer(request.args, "limit", 100, most=MOST_LETTERS)
        reason, to = request.args.get("reason"), request.args.get("to", "")
        found = [
            self._letter(entry)
            for entry in reversed(self._console.dead_letters())
            if reason in {None, entry.letter.reason} and entry.letter.to.startswith(to)
        ]
        return answer({"counts": self._console.snapshot()["dead"], "letters": found[:limit]})

    async def letter(self) -> Response:
        """One dead letter with its body, secrets masked."""
        seq = query_integer(request.args, "seq", 0)
        entry = self._console.buried(seq)
        if entry is None:
            return refusal(404, f"there is no dead letter {seq}; the last {MOST_LETTERS} are kept")
        body = None if entry.message is None else shorten(masked(entry.message), limit=2000)
        return answer({**self._letter(entry), "detail": mask_text(entry.letter.detail), "body": body})

    def _letter(self, entry: Buried) -> Json:
        letter, envelope = entry.letter, entry.envelope
        return {
            "seq": letter.seq,
            "reason": letter.reason,
            "type": letter.kind,
            "kind": envelope.kind,
            "from": letter.sender,
            "to": letter.to,
            "trace": letter.trace,
            "age": round(self._bus.clock.monotonic() - entry.at, 3),
            "detail": mask_text(letter.detail.strip().rpartition("\n")[2]),
            "baggage": dict(envelope.baggage),
        }

    async def actor(self) -> Response:
        """All there is to know of one actor."""
        return answer(self._console.describe(request.args.get("name", "")))

    async def messages(self) -> Response:
        """Every message class."""
        return answer(self._console.messages())

    async def checks(self) -> Response:
        """What a health check looks at. `open_work` is null when the store does not answer; `trouble` says why."""
        facts: dict[str, Any] = {
            "snapshot": self._console.snapshot(),
            "tree": self._console.tree(),
            "unbalanced": self._console.unbalanced(),
            "losses": self._losses(),
            "open_work": None,
            "parked": [],
        }
        try:
            facts["open_work"] = await self._ledger.open_work()
            facts["parked"] = await self._ledger.found(session.FindTurns(outcome="parked", limit=20))
        except (ActorError, DeliveryError) as error:
            facts["trouble"] = str(error)
        return answer(facts)

    def _losses(self) -> list[Json]:
        """Kept dead letters by recipient and reason, with the age of the youngest."""
        now = self._bus.clock.monotonic()
        found: dict[tuple[str, str], Json] = {}
        for entry in self._console.dead_letters():
            key = entry.letter.to, entry.letter.reason
            count = found[key]["count"] + 1 if key in found else 1
            found[key] = {"to": key[0], "reason": key[1], "count": count, "age": round(now - entry.at, 3)}
        return list(found.values())


def _runs(event: TapEvent) -> bool:
    """Whether a message is still being handled; one that was taken out of turn is done."""
    return event.point == "taken" and event.detail != "joined"
