"""The connection of a terminal with its agent, for as long as the terminal likes: lost and found again.

A message has an id and is said again after a loss until the agent has acknowledged it, so it is stored once. What was
told meanwhile is told again, or looked up by whoever owns the link.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, final

import trio

from starpod.cli.connection import Connection, connect
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo, read_daemon
from starpod.workspace import Instance

FIRST_LOOK: Final = 0.1
"""Seconds until it is looked for an agent that has gone."""
LAST_LOOK: Final = 1.0
"""Seconds between two looks, in the end."""
AGAIN: Final = 1.0
"""Seconds before a message is said again that could not be taken just then."""
LATER: Final = frozenset({"mailbox_full", "deadline_exceeded", "actor_stopped"})
"""Errors after which the same message is to be said again."""
ENDED: Final = frozenset({"done", "failed", "cancelled", "merged"})
"""Fates of a message said again whose turn need not be waited for."""

Json = dict[str, Any]


class Listener(Protocol):
    """Hears what comes. Nothing here may wait."""

    def connected(self, hello: Json) -> None:
        """The agent answers, for the first time or again."""

    def lost(self, why: str) -> None:
        """The agent does not answer any more. It is looked for."""

    def accepted(self, event: Json, message: Json) -> None:
        """A message is stored."""

    def refused(self, why: str, message: Json) -> None:
        """A message is not stored, and will not be."""

    def heard(self, event: Json) -> None:
        """Something has happened in the conversation, or is told to everybody."""

    def missed(self) -> None:
        """Something that has happened in the conversation is not told any more: it is to be looked up."""


@final
class Link:
    """Follows one conversation at a time."""

    def __init__(self, instance: Instance, listener: Listener) -> None:
        self._instance = instance
        self._listener = listener
        self._connection: Connection | None = None
        self._asleep: trio.CancelScope | None = None
        self.daemon: DaemonInfo | None = None
        """The agent, while it answers."""
        self.session: str | None = None
        """The conversation, once it is known."""
        self._key = ""
        self._seen: int | None = None
        """Number of the newest event that was told."""
        self.waiting: dict[str, Json] = {}
        """Messages that were not acknowledged yet, the oldest first."""
        self.begin()

    def begin(self) -> None:
        """Begin another conversation: the next message makes it."""
        self._key = f"repl-{uuid.uuid4()}"
        self.session = self._seen = None

    async def follow(self, session: str) -> None:
        """Go on with a conversation: a running turn is told from its start."""
        await self.leave()
        self.begin()
        self.session = session
        await self._tell({"type": "resume", "session_id": session, "after_seq": None})

    async def leave(self) -> None:
        """Hear no more of the conversation."""
        if self.session is not None:
            await self._tell({"type": "unfollow", "session_id": self.session})

    async def say(self, message: Json) -> str:
        """Say something in the conversation, now or as soon as the agent answers; its id."""
        id = str(uuid.uuid4())
        where = {"session_id": self.session} if self.session else {"channel_session_key": self._key}
        self.waiting[id] = {
            "type": "message",
            "client_message_id": id,
            "channel_id": "cli",
            **where,
            **message,
        }
        await self._tell(self.waiting[id])
        return id

    async def tell(self, frame: Json) -> bool:
        """Say something that is not worth repeating; whether somebody was there to hear it."""
        return await self._tell(frame)

    async def _tell(self, frame: Json) -> bool:
        if self._connection is None:
            return False
        try:
            await self._connection.send(frame)
        except StarpodError:  # whoever receives finds out as well, and tells
            return False
        return True

    # --- connections ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Be connected, for ever."""
        pause = FIRST_LOOK
        while True:
            why = await self._once()
            if self.daemon is not None:
                pause = FIRST_LOOK
                self.daemon = None
                self._listener.lost(why)
            await trio.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)

    async def _once(self) -> str:
        """Be connected once, as long as that lasts; why it does not."""
        try:
            daemon = read_daemon(self._instance)
            if daemon is None or daemon.address is None:
                return "no daemon runs"
            async with connect(daemon, "/ws") as connection:
                try:
                    return await self._converse(connection, daemon)
                finally:
                    self._connection = None
        except StarpodError as error:
            return str(error)

    async def _converse(self, connection: Connection, daemon: DaemonInfo) -> str:
        """Until it is lost; why."""
        try:
            hello = await connection.receive()
            self.daemon, self._connection = daemon, connection
            self._listener.connected(hello)
            if self.session is not None:
                await connection.send({"type": "resume", "session_id": self.session, "after_seq": self._seen})
            for message in list(self.waiting.values()):
                await connection.send(message)
            async with trio.open_nursery() as nursery:
                why = await self._hear(connection, nursery)
                nursery.cancel_scope.cancel("the connection is lost")
        except StarpodError as error:
            return str(error)
        return why

    async def _hear(self, connection: Connection, nursery: trio.Nursery) -> str:
        while True:
            try:
                event = await connection.receive()
            except StarpodError as error:
                return str(error)
            self._take(event, lambda message: nursery.start_soon(self._again, connection, message))

    async def _again(self, connection: Connection, message: Json) -> None:
        await trio.sleep(AGAIN)
        with suppress(StarpodError):  # it is said again over the next connection
            await connection.send(message)

    # --- frames -----------------------------------------------------------------------------------------

    def _take(self, event: Json, again: Callable[[Json], None]) -> None:
        match event["type"]:
            case "accepted":
                self._accepted(event)
            case "error":
                self._refused(event, again)
            case "backlog" if event["session_id"] == self.session:
                self._resumed(event)
            case _ if self._is_new(event):
                self._listener.heard(event)
            case _:
                pass

    def _resumed(self, backlog: Json) -> None:
        """The events that it announces come after it; without a number of ours also those of a running turn."""
        if not backlog["complete"]:
            self._seen = None
            self._listener.missed()
        elif self._seen is None and backlog["running_turn_id"] is None:
            self._seen = backlog["last_seq"]

    def _accepted(self, event: Json) -> None:
        message = self.waiting.pop(event["client_message_id"] or "", None)
        if message is None:
            return
        if message.get("channel_session_key") == self._key and self.session is None:
            self.session = event["session_id"]
        if event["session_id"] != self.session:
            return
        self._listener.accepted(event, message)
        if event["fate"] in ENDED:
            self._listener.missed()

    def _refused(self, event: Json, again: Callable[[Json], None]) -> None:
        message = self.waiting.get(event["client_message_id"] or "")
        if message is None or event["code"] == "attachment_refused":  # the message goes on without it
            self._listener.heard(event)
        elif event["code"] in LATER:
            again(message)
        else:
            del self.waiting[message["client_message_id"]]
            self._listener.refused(event["message"], message)

    def _is_new(self, event: Json) -> bool:
        """Whether an event is of this conversation, or of none, and was not told yet."""
        if event.get("session_id") != self.session and "session_id" in event and "turn_id" in event:
            return False
        number = event.get("seq")
        if number is None:
            return True
        if self._seen is not None and number <= self._seen:
            return False
        self._seen = number
        return True
