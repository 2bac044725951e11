"""The people of the kill tests: each leads one conversation and holds on to it, whatever happens to the daemon."""

import random
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, final

import httpx2
import trio
import trio_websocket

from tests.crash.record import Json, Record, Sent
from tests.crash.script import Asked, notes, think_up
from tests.system.daemons import Daemon, Socket

LOST: Final = (
    OSError,
    trio.BrokenResourceError,
    trio_websocket.ConnectionClosed,
    trio_websocket.HandshakeError,
)
"""What a client sees of a daemon that is killed. HTTP has its own words for it."""

PACE: Final = 0.06
"""Most seconds between two things that one person does."""
FEW: Final = 5
"""Messages that one who is calm sends to one daemon."""
PENDING: Final = 4
"""Messages without an end after which a person waits."""


async def _hang_up(daemon: Daemon, scope: trio.CancelScope) -> None:
    """The WebSocket library waits for ever for the handshake of a server that has died."""
    while daemon.running:
        await trio.sleep(0.01)
    scope.cancel()


@final
class Person:
    """Leads conversation number `number`; what is sent and heard goes into the record."""

    def __init__(
        self,
        number: int,
        rng: random.Random,
        record: Record,
        up: Callable[[], Awaitable[Daemon]],
        *,
        calm: bool = False,
    ) -> None:
        """`up` waits until a daemon is ready. One who is `calm` says a little to each, and stops nothing."""
        self.number = number
        self.over = False
        """Nothing new is to be said."""
        self._calm = calm
        self._rng = rng
        self._record = record
        self._up = up
        self._count = 0
        self._left = 0
        """Messages that may still be sent on this connection."""
        self._last_event: int | None = None
        self._heard = trio.Event()
        self._pending: set[str] = set()
        """Turns of this connection that have not ended."""
        self._calls: list[Sent] = []
        """Messages over HTTP that have no answer yet."""

    @property
    def _mine(self) -> list[Sent]:
        return [message for message in self._record.sent if message.conversation == self.number]

    @property
    def _owed(self) -> list[Sent]:
        """What was sent over the WebSocket and is still to be acknowledged, oldest first."""
        return [m for m in self._mine if m.source == "web" and m.kept and not m.acknowledged]

    async def live(self) -> None:
        """Say things, and say them again after each death of the daemon, until all that was said is acknowledged."""
        async with trio.open_nursery() as nursery:
            while not (self.over and not self._owed and not self._calls):
                daemon = await self._up()
                try:
                    async with trio.open_nursery() as life:
                        life.start_soon(_hang_up, daemon, life.cancel_scope)
                        async with daemon.socket() as socket, trio.open_nursery() as on_line:
                            on_line.start_soon(self._listen, socket)
                            await self._talk(daemon, socket, nursery)
                            on_line.cancel_scope.cancel()
                        life.cancel_scope.cancel()
                except* LOST:
                    await trio.sleep(0.01)

    # --- one connection -----------------------------------------------------------------------------------

    async def _listen(self, socket: Socket) -> None:
        hello = await socket.hear()
        while True:
            frame = await socket.hear()
            self._count_turns(frame)
            if frame["type"] == "accepted":
                self._record.accepted(frame)
            elif frame["type"] == "error":
                self._record.complaints.append(f"an error came: {frame}")
            elif "seq" in frame:
                self._record.happened(hello["boot_id"], frame)
                self._last_event = frame["seq"]
            self._heard.set()
            self._heard = trio.Event()

    def _count_turns(self, frame: Json) -> None:
        match frame["type"], frame.get("fate"):
            case "accepted", "started" | "followup" | "queued":
                self._pending.add(frame["turn_id"])
            case ("followup", "merged") | ("stream_end", _):
                self._pending.discard(frame["turn_id"])
            case _:
                pass

    async def _talk(self, daemon: Daemon, socket: Socket, nursery: trio.Nursery) -> None:
        self._pending.clear()
        self._left = FEW if self._calm else sys.maxsize
        session = self._record.sessions.get(self.number)
        if session is not None:
            await socket.say("resume", session_id=session, after_seq=self._last_event or 0)
        for message in self._owed:
            await self._deliver(socket, message)
        while not self.over or self._calls:
            if not self.over:
                await self._do_something(daemon, socket, nursery)
            await trio.sleep(self._rng.random() * PACE)

    async def _do_something(self, daemon: Daemon, socket: Socket, nursery: trio.Nursery) -> None:
        chance = self._rng.random()
        if chance < 0.10 and self._mine:
            await self._deliver(
                socket, self._rng.choice([m for m in self._mine if m.source == "web"] or [None])
            )
        elif len(self._pending) + len(self._calls) >= PENDING or not self._left:
            return
        elif chance < 0.14 and not self._calm:
            await self._cancel(daemon)
        elif chance < 0.26:
            nursery.start_soon(self._ask, self._new("http"))
        elif chance < 0.75:
            message = self._new("web", kept=self._rng.random() > 0.05)
            if self._rng.random() < 0.2:
                await self._send(socket, message)  # twice in a row
            await self._deliver(socket, message)

    def _new(self, source: str, *, kept: bool = True) -> Sent:
        self._left -= 1
        tag = f"s{self.number}-{self._count}"
        self._count += 1
        message = Sent(
            id=f"id-{tag}",
            conversation=self.number,
            text=think_up(self._rng, tag),
            mode=self._rng.choice(("inject", "queue")),
            source=source,
            kept=kept,
        )
        self._record.sent.append(message)
        return message

    async def _send(self, socket: Socket, message: Sent) -> None:
        await socket.say("message", client_message_id=message.id, **self._fields(message))

    def _fields(self, message: Sent) -> dict[str, str]:
        return {"text": message.text, "mode": message.mode, "channel_session_key": f"key-{self.number}"}

    async def _deliver(self, socket: Socket, message: Sent | None) -> None:
        """Send a message, and wait until it is acknowledged."""
        if message is None:
            return
        await self._send(socket, message)
        while not message.acknowledged:
            await self._heard.wait()

    # --- over HTTP ----------------------------------------------------------------------------------------

    async def _cancel(self, daemon: Daemon) -> None:
        session = self._record.sessions.get(self.number)
        if session is None:
            return
        self._record.cancels[self.number] = self._record.cancels.get(self.number, 0) + 1
        try:
            await daemon.request("POST", f"/api/sessions/{session}/cancel")
        except httpx2.TransportError as error:
            raise trio.BrokenResourceError from error

    async def _ask(self, message: Sent) -> None:
        """Ask over HTTP until there is an answer; each try is the same request."""
        self._calls.append(message)
        while message.answer is None:
            daemon = await self._up()
            try:
                answer = await daemon.request(
                    "POST",
                    "/api/chat",
                    json=self._fields(message),
                    headers={"Idempotency-Key": message.id},
                )
            except (httpx2.TransportError, OSError):
                await trio.sleep(0.01)
                continue
            if answer.status_code == 503:
                continue
            message.answer = {"status": answer.status_code, **answer.json()}
            if "turn_id" in message.answer:
                self._record.place(message, message.answer["session_id"], message.answer["turn_id"])
        for call in notes(message.text):
            await self._look_up(call)
        self._calls.remove(message)

    async def _look_up(self, call: Asked) -> None:
        """What is read in a note is found by a search, also by another process that is asked afterwards."""
        read = await self._get("/api/memory/file", name=call.path)
        if read is None:
            return
        found = await self._get("/api/memory/search", q=call.word)
        text = "\n".join(hit["text"] for hit in found)
        if missing := [line for line in read["text"].splitlines() if line not in text]:
            self._record.complaints.append(f"a search for {call.word} has found {text!r} and not {missing}")

    async def _get(self, path: str, **query: str) -> Any:
        """Ask until there is an answer; None for what is not there."""
        while True:
            daemon = await self._up()
            try:
                answer = await daemon.request("GET", path, params=query)
            except (httpx2.TransportError, OSError):
                await trio.sleep(0.01)
                continue
            if answer.status_code in {200, 404}:
                return answer.json() if answer.status_code == 200 else None
            if answer.status_code != 503:
                self._record.complaints.append(f"{path} was answered with {answer.text}")
                return None
