"""Questions about calls of tools in chats: sent there, answered by buttons, changed once they are closed."""

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, cast, final

import trio

from actors.permissions import messages as permissions
from actors.session import messages as session
from actors.storage import micros
from actors.telegram import asking, question
from actors.telegram.client import Client, TelegramError
from actors.telegram.messages import TelegramFailed
from actors.telegram.posting import Target, said
from actors.telegram.question import Pressed
from actors.telegram.update import Press
from actors.telegram.wire import TooMany, Unknown, Unreachable
from actors.users import messages as users
from bus import Bus, BusError, Lag, crash_point

CHANNEL: Final = "telegram"
AGAIN: Final = 15.0
"""Seconds after which it is tried again to change a message that is closed."""
MOST_LISTED: Final = 10
SHORT: Final = 200
"""Characters that Telegram shows to whoever has pressed a button."""
NONE: Final = "Nothing waits for your answer."
_LOG: Final = logging.getLogger("starpod.telegram")

Store = Callable[..., Awaitable[Any]]
"""Carries out a function of :mod:`actors.telegram.asking` in a transaction."""


@final
class Questions:
    """Has questions asked in chats and takes their answers.

    Args:
      bus: of the actor.
      read: reads from the database.
      write: writes to it.
      client: by which Telegram is reached; None while it is not.
    """

    def __init__(self, bus: Bus, read: Store, write: Store, client: Callable[[], Client | None]) -> None:
        self._bus = bus
        self._read = read
        self._write = write
        self._client = client
        self._news = trio.Event()

    async def run(self) -> None:
        """Ask and settle until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._settle)
            await self._follow()

    def look(self) -> None:
        """Look whether a message is to be changed."""
        self._news.set()

    # --- asking -------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Have each question of a chat asked there, also those that were stored while nobody listened."""
        events = self._bus.subscribe(permissions.Asked, permissions.Answered, limit=256, lag=Lag.DROP_OLDEST)
        async with events as found:
            missed = -1
            while True:
                if found.missed > missed:
                    missed = found.missed
                    await self._catch_up()
                event = await anext(cast("AsyncIterator[permissions.Asked | permissions.Answered]", found))
                self.look()
                if isinstance(event, permissions.Asked):
                    await self._ask(event.approval)

    async def _catch_up(self) -> None:
        for approval in await self._waiting():
            await self._ask(approval)

    async def _waiting(self) -> tuple[permissions.Approval, ...]:
        while True:
            try:
                return await self._bus.ask(permissions.ListOpen())
            except BusError as error:
                _LOG.info("what waits for an answer is not known yet: %s", error)
                await trio.sleep(AGAIN)

    async def _ask(self, approval: permissions.Approval) -> None:
        """Ask in the chat of the turn; of a turn that has none, in that of the user."""
        if approval.channel != CHANNEL:
            return
        try:
            turns = await self._bus.ask(session.FindTurns(turn=approval.turn, limit=1))
            own = next((turn.key for turn in turns if Target.of(turn.key)), None)
            recipient = own or await self._chat(approval.user)
            answered = next((turn.client_message_id for turn in turns), None)
            if recipient is not None:
                await self._push(approval, recipient, f"approval:{approval.id}", answered)
        except BusError as error:
            _LOG.warning("a question could not be put into a chat: %s", error)

    async def _chat(self, user: str) -> str | None:
        try:
            link = await self._bus.ask(users.GetTelegram(id=user, user=user))
        except users.UnknownUser:
            return None
        return None if link is None or link.telegram_id is None else str(link.telegram_id)

    async def _push(
        self, approval: permissions.Approval, recipient: str, key: str, answered: str | None
    ) -> None:
        body = {
            "title": "",
            "text": question.brief(approval),
            "success": None,
            "session": approval.session,
            "source": "permissions",
            "approval": approval.id,
            "client_message_id": answered,
        }
        push = session.Push(user=approval.user, channel=CHANNEL, recipient=recipient, key=key, body=body)
        await self._bus.ask(push)

    async def list_in(self, user: str, recipient: str, key: str) -> str:
        """Have all that waits asked once more in a chat. What is said above."""
        waiting = await self._bus.ask(permissions.List(user=user, limit=1000))
        for approval in reversed(waiting[-MOST_LISTED:]):
            await self._push(approval, recipient, f"{key}:{approval.id}", None)
        if not waiting:
            return NONE
        more = len(waiting) - MOST_LISTED
        rest = f" The {MOST_LISTED} oldest follow; the page shows all." if more > 0 else ""
        return f"{'1 question waits' if len(waiting) == 1 else f'{len(waiting)} questions wait'} for your answer.{rest}"

    # --- answers ------------------------------------------------------------------------------------------

    async def press(self, press: Press, key: str, user: str) -> None:
        """Do what a button says, once, and tell whoever has pressed it. Raises BusError for what is over some time."""
        said = question.pressed(press.data)
        if said is None:
            await self.acknowledge(press, "This button means nothing any more.")
            return
        crash_point("telegram", "before_answer")
        try:
            words = await self._carry_out(said, press, key, user)
        except permissions.UnknownApproval:
            words = "Only who was asked may answer."
        else:  # who has sent the message may have been killed before it was kept
            await self.kept(said.approval, user, press.post.chat, press.post.message_id)
        crash_point("telegram", "after_answer")
        await self.acknowledge(press, words)

    async def _carry_out(self, said: Pressed, press: Press, key: str, user: str) -> str:
        if said.choice == "show":
            approval = await self._bus.ask(permissions.Get(id=said.approval, user=user))
            body = {"whole": question.whole(approval), "source": "permissions", "session": approval.session}
            push = session.Push(
                user=user, channel=CHANNEL, recipient=press.post.key, key=f"{key}:whole", body=body
            )
            await self._bus.ask(push)
            return "Here it comes."
        answer = permissions.Answer(id=said.approval, user=user, proof="telegram", decision=said.choice)
        try:
            approval = await self._bus.ask(answer)
        except permissions.AlreadyAnswered:
            approval = await self._bus.ask(permissions.Get(id=said.approval, user=user))
        return question.outcome(approval)

    async def acknowledge(self, press: Press, words: str) -> None:
        """Have the app stop waiting for the button. Nobody misses it if that fails: the message says it too."""
        client = self._client()
        if client is None:
            return
        try:
            short = words if len(words) <= SHORT else f"{words[: SHORT - 1]}…"
            await client.call(
                "answerCallbackQuery", {"callback_query_id": press.id, "text": short}, within=10.0
            )
        except TelegramError as error:
            _LOG.info("a button was not acknowledged: %s", error)

    # --- what is closed -----------------------------------------------------------------------------------

    async def kept(self, approval: str, user: str, chat: int, message_id: int) -> None:
        """A question was sent; it is changed once it is closed."""
        await self._write(asking.keep, approval, user, chat, message_id, micros(self._bus.clock.now()))
        self.look()

    async def _settle(self) -> None:
        """Have each message whose question is closed say so."""
        while True:
            self._news = trio.Event()
            try:
                is_done = await self._settle_all()
            except (BusError, TelegramFailed) as error:
                _LOG.info("what became of questions is told later: %s", error)
                is_done = False
            with trio.move_on_after(math.inf if is_done else AGAIN):
                await self._news.wait()

    async def _settle_all(self) -> bool:
        """Whether nothing is left to be tried again."""
        is_done = True
        kept: tuple[asking.Kept, ...] = await self._read(asking.kept)
        for each in kept:
            try:
                approval = await self._bus.ask(permissions.Get(id=each.approval, user=each.user))
            except permissions.UnknownApproval:
                await self._write(asking.forget, each.chat, each.message_id)
                continue
            if approval.state == "open":
                continue
            if await self._change(each, approval):
                await self._write(asking.forget, each.chat, each.message_id)
            else:
                is_done = False
        return is_done

    async def _change(self, each: asking.Kept, approval: permissions.Approval) -> bool:
        """Have a message say what became of its question; False where that is to be tried again."""
        client = self._client()
        if client is None:
            return False
        where = {"chat_id": each.chat, "message_id": each.message_id}
        try:
            await client.call("editMessageText", {**where, **said(question.rich(approval))})
        except (Unreachable, Unknown, TooMany) as error:
            _LOG.info("a question is not changed yet: %s", error)
            return False
        except TelegramError as error:
            _LOG.info("a question cannot be changed: %s", error)
        return True
