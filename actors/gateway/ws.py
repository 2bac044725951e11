"""One client on ``/ws``: what it says goes to the agent, what happens in its conversations comes back.

A conversation runs whether or not anybody looks on, so nothing here ends a turn but the message ``cancel``.
"""

import logging
from functools import partial
from typing import Protocol, cast, final

import attrs
import trio

from actors.agent import messages as agent
from actors.endpoints import BadMessage
from actors.following import Replay, follow
from actors.gateway.client_frames import (
    Cancel,
    Choose,
    ClientFrame,
    ClientMessage,
    Looking,
    Ping,
    Resume,
    Revise,
    SelectModel,
    Unfollow,
)
from actors.gateway.clients import Clients
from actors.gateway.failures import report
from actors.gateway.frames import echo_of, read_frame
from actors.gateway.limiting import RequestLimit
from actors.gateway.limits import Limits
from actors.gateway.messages import TooManyRequests
from actors.gateway.original import Original, Spoken
from actors.gateway.presence import Presence
from actors.gateway.protocol import (
    Accepted,
    Backlog,
    ErrorFrame,
    Hello,
    Pong,
    wire,
)
from actors.gateway.send_queue import SendQueue
from actors.gateway.settings import About
from actors.gateway.uploads import Uploads
from actors.session import messages as session
from actors.shell import messages as shell
from actors.vocabulary import Principal
from actors.wire import Json, encode
from bus import ActorError, Bus, Data, DeliveryError, ErrorKind, Event

_log = logging.getLogger(__name__)


class Socket(Protocol):
    """A WebSocket that was accepted."""

    async def receive(self) -> str | bytes | None: ...

    async def send(self, data: str) -> None: ...

    async def close(self, code: int, reason: str = "") -> None: ...


@final
@attrs.frozen(kw_only=True)
class ClientContext(Data):
    """What every client is served with."""

    bus: Bus
    limits: Limits
    uploads: Uploads
    clients: Clients
    presence: Presence
    limit: RequestLimit
    about: About


@final
class WebClient:
    """Serves one client until it leaves, is too slow, or the gateway stops."""

    def __init__(
        self, context: ClientContext, known: Principal, address: str, spoken: Spoken | None = None
    ) -> None:
        """`known` is who it is, at this `address`; `spoken` how it wants to be told."""
        self.user = known.user
        self._known = known
        self._address = address
        self._context = context
        self._queue = SendQueue(context.limits, self._too_slow)
        self._follows: dict[str, trio.CancelScope] = {}
        self._is_seen = True
        self._scope = trio.CancelScope()
        self._nursery: trio.Nursery
        self._code: tuple[int, str] = (1000, "")
        self._spoken = spoken or Spoken()
        self._original = Original() if self._spoken.original else None

    def push(self, frame: Json) -> None:
        self._queue.push(frame)

    def shows(self, conversation: str) -> bool:
        return self._is_seen and conversation in self._follows

    def end(self, code: int, reason: str) -> None:
        self._code = (code, reason)
        self._scope.cancel(reason)

    def _too_slow(self) -> None:
        self.end(1013, "too slow")

    async def serve(self, socket: Socket) -> None:
        """Speak with the client, and close the socket in the end."""
        self._context.clients.add(self)
        try:
            with self._scope:
                await self._converse(socket)
        except* Exception:  # noqa: BLE001 - a bug ends one connection, with the code that says so
            _log.exception("a WebSocket ended with an error")
            self._code = (1011, "internal error")
        finally:
            self._context.clients.remove(self)
        await socket.close(*self._code)

    async def _converse(self, socket: Socket) -> None:
        bus = self._context.bus
        self.push(
            wire.json(
                Hello(
                    version=self._context.about.version,
                    boot_id=bus.boot_id,
                    agent_name=self._context.about.agent_name(),
                    user_id=self._known.user,
                    role=self._known.role,
                    credential=self._known.credential,
                )
            )
        )
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._write, socket)
            while True:
                # One message at a time: a client that asks too much waits on its own socket.
                await self._take(await socket.receive())

    async def _write(self, socket: Socket) -> None:
        while True:
            frame = await self._queue.next()
            for each in [frame] if self._original is None else self._original.told(frame):
                await socket.send(encode(await self._with_data(each)))
            # To a peer that has left, sending neither fails nor yields.
            await trio.lowlevel.checkpoint()

    async def _with_data(self, frame: Json) -> Json:
        """A frame that tells of a file, with its bytes where the client wants them and they are few."""
        if not self._spoken.inline or frame["type"] != "attachment":
            return frame
        most = self._context.limits.inline_file
        return {**frame, "data": await self._context.uploads.inline(frame["path"], self._known, most) or ""}

    # --- what the client says -----------------------------------------------------------------------------

    async def _take(self, raw: str | bytes | None) -> None:
        if not isinstance(raw, str):  # bytes, or None for no bytes
            self._refuse(BadMessage("binary frames are not part of this protocol"))
            return
        try:
            frame = read_frame(raw, self._context.limits.socket_message)
        except BadMessage as error:
            self._refuse(error, **echo_of(raw))
            return
        try:
            if not isinstance(frame, Ping | Looking):
                self._context.limit.take(self._known, self._address)
        except TooManyRequests as error:
            self._refuse(error, **echo_of(raw))
            return
        await self._do(frame)

    async def _do(self, frame: ClientFrame) -> None:
        match frame:
            case ClientMessage():
                await self._say(frame)
            case Revise():
                await self._revise(frame)
            case Choose():
                await self._choose(frame)
            case Cancel():
                await self._cancel(frame.session_id)
            case SelectModel():
                await self._select_model(frame)
            case Resume():
                self._leave(frame.session_id)
                self._join(frame.session_id, frame.after_seq, asked=True)
            case Unfollow():
                self._leave(frame.session_id)
            case Looking():
                self._is_seen = frame.is_seen
            case Ping():
                self.push(wire.json(Pong()))

    async def _say(self, message: ClientMessage) -> None:
        message = message if self._original is None else self._original.placed(message)
        refused = partial(self._attachment_refused, message)
        try:
            attachments = await self._context.uploads.of_message(message, self._known, refused)
            if not attachments and not message.text.strip():
                return  # each refusal has been told
            request = message.accept(self._known, "web", attachments)
            with self._context.bus.baggage(origin=request.incoming.source, user=self.user):
                accepted = await self._context.bus.ask(request)
        except (ActorError, DeliveryError) as error:
            self._refuse(error, client_message_id=message.client_message_id, session_id=message.session_id)
            return
        self._stored(message.client_message_id, accepted)

    async def _revise(self, frame: Revise) -> None:
        try:
            with self._context.bus.baggage(origin="web", user=self.user):
                accepted = await self._context.bus.ask(frame.request(self._known))
        except (ActorError, DeliveryError) as error:
            self._refuse(error, client_message_id=frame.client_message_id)
            return
        self._stored(frame.client_message_id, accepted)

    def _stored(self, client_message_id: str | None, accepted: agent.Accepted) -> None:
        """Tell the client that its message is stored, and from then on what becomes of it."""
        self.push(_accepted(client_message_id, accepted))
        if accepted.session not in self._follows:
            self._join(accepted.session, accepted.after, asked=False)

    async def _choose(self, frame: Choose) -> None:
        try:
            await self._context.bus.ask(agent.Choose(turn=frame.turn_id, user=self.user))
        except (ActorError, DeliveryError) as error:
            self._refuse(error)

    async def _cancel(self, conversation: str) -> None:
        try:
            await self._context.bus.ask(session.Get(session=conversation, user=self.user))
            await self._context.bus.ask(agent.Cancel(session=conversation, user=self.user))
        except (ActorError, DeliveryError) as error:
            self._refuse(error, session_id=conversation)

    async def _select_model(self, frame: SelectModel) -> None:
        chosen = agent.SelectModel(
            session=frame.session_id, user=self.user, model=frame.model, effort=frame.effort
        )
        try:
            await self._context.bus.ask(chosen)
        except (ActorError, DeliveryError) as error:
            self._refuse(error, session_id=frame.session_id)

    def _attachment_refused(self, message: ClientMessage, reason: str) -> None:
        self._error("invalid", "attachment_refused", reason, client_message_id=message.client_message_id)

    def _refuse(self, error: Exception, **about: str | None) -> None:
        failure = report(error, "a message on a WebSocket")
        self._error(failure.kind, failure.code, failure.text, **about)

    def _error(self, kind: ErrorKind, code: str, message: str, **about: str | None) -> None:
        self.push(wire.json(ErrorFrame(kind=kind, code=code, message=message, **about)))

    # --- conversations ------------------------------------------------------------------------------------

    def _join(self, conversation: str, after: int | None, *, asked: bool) -> None:
        """Follow a conversation: because the client `asked` for it, or because it spoke there."""
        if len(self._follows) >= self._context.limits.follows:
            most = self._context.limits.follows
            self._error(
                "rate_limited", "too_many_follows", f"at most {most} conversations", session_id=conversation
            )
            return
        scope = self._follows[conversation] = trio.CancelScope()
        self._nursery.start_soon(self._follow, conversation, after, asked, scope)

    def _leave(self, conversation: str) -> None:
        scope = self._follows.pop(conversation, None)
        if scope is not None:
            scope.cancel("no longer followed")
            self._queue.forget(conversation)

    async def _follow(
        self,
        conversation: str,
        after: int | None,
        asked: bool,  # noqa: FBT001
        scope: trio.CancelScope,
    ) -> None:
        with scope:
            try:
                if asked:
                    await self._context.bus.ask(session.Get(session=conversation, user=self.user))
                relay = _EventSender(self._queue, conversation, asked)
                bus, beside = self._context.bus, (shell.Printed,)
                await follow(bus, conversation, self.user, after, relay, beside=beside, aside=relay.aside)
            except (ActorError, DeliveryError) as error:
                self._refuse(error, session_id=conversation)
        if self._follows.get(conversation) is scope:
            del self._follows[conversation]


@final
class _EventSender:
    """Turns the events of one conversation into frames of one queue."""

    def __init__(self, queue: SendQueue, conversation: str, announce: bool) -> None:  # noqa: FBT001
        self._queue = queue
        self._conversation = conversation
        self._announce = announce

    async def replay(self, replay: Replay) -> None:
        if self._announce or not replay.complete:
            await self._queue.put(
                wire.json(
                    Backlog(
                        session_id=self._conversation,
                        complete=replay.complete,
                        last_seq=replay.last,
                        running_turn_id=replay.running,
                    )
                )
            )
        self._announce = False
        for event in replay.events:
            await self._queue.put(wire.json(event))

    def live(self, event: agent.TurnEvent) -> None:
        self._queue.push(wire.json(event))

    def aside(self, event: Event) -> None:
        """What may be left out where a client has enough to read."""
        if not self._queue.is_behind:
            self._queue.push(wire.json(event))


def _accepted(client_message_id: str | None, accepted: agent.Accepted) -> Json:
    return cast(
        "Json",
        wire.json(
            Accepted(
                client_message_id=client_message_id,
                session_id=accepted.session,
                turn_id=accepted.turn,
                duplicate=accepted.duplicate,
                created=accepted.created,
                fate=accepted.fate,
                after_seq=accepted.after,
            )
        ),
    )
