"""One message and its answer, over as many connections as that takes.

The message has an id, so it can be said again after a connection was lost: it is stored once, and the daemon says
what has become of it.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol, final

import attrs
import trio

from starpod.cli.client import Client, Refused, Unreachable
from starpod.cli.connection import Connection, Disconnected, connect
from starpod.cli.figures import status_of
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo, read_daemon
from starpod.workspace import Instance

RETURN_WITHIN: Final = 10.0
"""Seconds in which a daemon that has gone may come back."""
LOOK_EVERY: Final = 0.1  # seconds
ANSWER_WITHIN: Final = 3600.0
"""Seconds to wait for the stored answer of a turn that may still run as a part of another."""
ENDED: Final = frozenset({"merged", "done", "failed", "cancelled"})
"""Fates of a message said again whose events need not come any more."""

Json = dict[str, Any]


class Shown(Protocol):
    """Shows a person, or a program, what comes."""

    def show(self, event: Json) -> None:
        """Show an event of the conversation."""

    def interrupted(self, why: str) -> None:
        """Say that the connection is gone, perhaps in the middle of a line; what comes may go on there."""

    def answer(self, stored: Json) -> None:
        """Show an answer that was found whole, as ``POST /api/chat`` gives it; a part may have been shown before."""


Asked = Callable[[DaemonInfo, Json], Awaitable[None]]
"""Asks whoever is there whether a call may be carried out, and answers the daemon."""


async def _nobody(_daemon: DaemonInfo, _event: Json) -> None:
    pass


@attrs.define(eq=False)
class Lost(StarpodError):
    """The connection is gone and no daemon has come back in time."""

    why: str
    message: str
    """Id of the message: said again under it, it is no second one."""
    session: str | None
    """The conversation, once it was known that the message is stored in it."""

    @property
    def stored(self) -> bool:
        return self.session is not None

    def __str__(self) -> str:
        again = f"--message-id {self.message}"
        if self.session is None:
            return (
                f"{self.why}, before it was known that the message is stored: it may be lost. Sending it again is "
                f"safe with {again}, which keeps it from being stored twice"
            )
        return (
            f"{self.why}. The message is stored (conversation {self.session[:8]}) and will be answered as soon as the "
            f"agent runs again, for example with `starpod serve`. The same command with {again} prints the answer"
        )


@final
class Exchange:
    """Says one message and shows what comes until its turn has ended, wherever it was merged into."""

    def __init__(self, instance: Instance, message: Json, shown: Shown, asked: Asked = _nobody) -> None:
        self._asked = asked
        self._asking: dict[str, trio.CancelScope] = {}
        """Questions that somebody is asked, by their ids."""
        self._instance = instance
        self._message = message
        self._shown = shown
        self._session: str | None = None
        self._turn: str | None = None
        self._seen = -1
        """Number of the newest event that was shown."""

    @property
    def open(self) -> tuple[str, ...]:
        """Ids of the questions that nobody has answered yet."""
        return tuple(self._asking)

    async def run(self, daemon: DaemonInfo) -> int:
        """The exit status of the turn. Raises Lost, and StarpodError when the message is refused."""
        status = await self._over(daemon)
        while isinstance(status, Disconnected):
            self._shown.interrupted(
                f"{status}; waiting up to {RETURN_WITHIN:.0f} s for the agent to come back"
            )
            status = await self._come_back(status)
        return status

    async def _come_back(self, lost: Disconnected) -> int | Disconnected:
        """Go on over a new connection, once there is a daemon that lets us in. Raises Lost."""
        with trio.move_on_after(RETURN_WITHIN) as patience:
            while True:
                await trio.sleep(LOOK_EVERY)
                daemon = read_daemon(self._instance)
                if daemon is None or daemon.address is None:
                    continue
                try:
                    async with connect(daemon, "/ws") as connection:
                        patience.deadline = float("inf")
                        status = await self._speak(connection, daemon)
                except StarpodError:
                    if patience.deadline == float("inf"):  # what it says, now that we are in, is meant
                        raise
                else:
                    return status if status is not None else await self._stored(daemon)
        raise Lost(str(lost), self._message["client_message_id"], self._session)

    async def _over(self, daemon: DaemonInfo) -> int | Disconnected:
        async with connect(daemon, "/ws") as connection:
            status = await self._speak(connection, daemon)
        return status if status is not None else await self._stored(daemon)

    async def _speak(self, connection: Connection, daemon: DaemonInfo) -> int | Disconnected | None:
        """Say the message and show what comes. None when its events are gone and its answer is to be asked for."""
        status: int | Disconnected | None = None
        failed: StarpodError | None = None
        async with trio.open_nursery() as nursery:
            try:
                status = await self._listen(connection, partial(self._ask, nursery, daemon))
            except StarpodError as error:
                failed = error
            nursery.cancel_scope.cancel("there is nothing left to be asked")
        if failed is not None:
            raise failed
        return status

    def _ask(self, nursery: trio.Nursery, daemon: DaemonInfo, event: Json) -> None:
        """Begin to ask whether a call may be carried out, or cease to, since it was answered."""
        id = event["approval"]
        if event["type"] == "approval_given":
            if (scope := self._asking.pop(id, None)) is not None:
                scope.cancel("it was answered")
            return
        scope = self._asking[id] = trio.CancelScope()

        async def ask() -> None:
            with scope:
                await self._asked(daemon, event)

        nursery.start_soon(ask)

    async def _listen(self, connection: Connection, ask: Callable[[Json], None]) -> int | Disconnected | None:
        """Show what comes until the turn has ended."""
        try:
            await connection.send(self._message)
            while True:
                event = await connection.receive()
                if self._known(event):
                    continue
                self._shown.show(event)
                match event:
                    case {"type": "error"}:
                        raise StarpodError(event["message"])
                    case {"type": "accepted"}:
                        self._session, self._turn = event["session_id"], event["turn_id"]
                        if event["fate"] in ENDED:
                            return None
                    case {"type": "approval_wanted" | "approval_given"}:
                        ask(event)
                    case {"type": "followup", "fate": "merged"} if event["turn_id"] == self._turn:
                        self._turn = event["into"]
                    case {"type": "stream_end"} if event["turn_id"] == self._turn:
                        return status_of(event["outcome"], failed=event["is_error"])
                    case _:
                        pass
        except Disconnected as gone:
            return gone

    def _known(self, event: Json) -> bool:
        """Whether this event was shown before the connection was lost."""
        number = event.get("seq")
        if number is None or event.get("session_id") != self._session:
            return False
        if number <= self._seen:
            return True
        self._seen = number
        return False

    async def _stored(self, daemon: DaemonInfo) -> int | Disconnected:
        """Show the answer to a message whose turn ended while nobody listened. Asking again stores nothing."""
        body = {**self._message, "session_id": self._session}
        ask = partial(Client(daemon).post, "/api/chat", body, patience=ANSWER_WITHIN)
        try:
            stored: Json = await trio.to_thread.run_sync(ask, abandon_on_cancel=True)
        except Unreachable:
            return Disconnected("the connection to the agent is lost")
        except Refused as refusal:
            stored = refusal.answer  # a turn that failed has an answer all the same
            if "outcome" not in stored and refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
                return Disconnected(str(refusal))
            if "outcome" not in stored:
                raise
        self._shown.answer(stored)
        return status_of(stored["outcome"], failed="error" in stored)
