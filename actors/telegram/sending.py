"""Sending a row of the outbox to its chat, part after part."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, final

import attrs

from actors.permissions import messages as permissions
from actors.sending import STOPPED, Again, Fate, GivenUp, InDoubt, Parcel, Sent, Unwanted
from actors.session.messages import OutboxRow
from actors.telegram import messages, parts, refusals
from actors.telegram.line import Line
from actors.telegram.pace import Pace
from actors.telegram.parts import DOUBT, File, Part, Whole, Words
from actors.telegram.placed import Placed
from actors.telegram.posting import Posting, Target
from actors.telegram.question import keyboard, rich
from actors.telegram.settings import StreamMode
from actors.telegram.wire import Refused, TelegramError, TooMany, Unauthorized, Unknown, Unreachable
from bus import Bus, BusError, Data

OUTAGE: Final = 60.0
"""Seconds after which, at the latest, it is tried again whether Telegram can be reached."""
LONG: Final = 5.0
"""Seconds for which Telegram wants to hear nothing, from which on others may go first."""
HARD_FILE: Final = 5
"""Failures after which it is said where a file is rather than tried once more to send it."""
NO_TOKEN: Final = "Telegram does not accept the token of the bot"


class _Waits(Exception):
    """The next part is not to be sent now."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.again = Again(reason, seconds)


@final
@attrs.frozen
class _Draft(Data):
    """A message that has grown while a turn was running."""

    message_id: int
    is_last: bool
    """Whether nothing has come to its chat after it, as far as we know what has."""


@final
class Delivery:
    """Sends rows, any number at once."""

    def __init__(
        self,
        bus: Bus,
        line: Line,
        mode: Callable[[], StreamMode],
        pace: Pace,
        placed: Placed,
        report: Callable[[str | None], None],
    ) -> None:
        """`report` is told why Telegram cannot be reached, and None once it can be."""
        self._bus = bus
        self._line = line
        self._mode = mode
        self._pace = pace
        self._placed = placed
        self._report = report
        self._latest: dict[int, int] = {}
        """By chat, the latest message that was delivered there."""
        self._unsure: set[int] = set()
        """Chats to which something may have come since of which nobody knows."""

    async def send(self, parcel: Parcel) -> Fate:
        """Send what of a row has not arrived yet."""
        row, client = parcel.row, self._line.messages()
        to = Target.of(row.recipient)
        if to is None:
            return GivenUp("this is no chat of Telegram")
        if client is None:
            return Again(NO_TOKEN, 0.0)
        mode = self._mode()
        todo = parts.parts(row.body, mode)
        if (asked := parts.asked(row.body)) is not None:
            try:
                question = await self._bus.ask(permissions.Get(id=asked, user=row.user))
            except permissions.UnknownApproval:
                return Unwanted()
            if question.state != "open" and not row.doubtful:
                return Unwanted()  # it was answered before anybody could be asked here
            todo = (Words(rich(question), keyboard(question) if question.state == "open" else ()),)
        if not todo and row.turn is None:
            return GivenUp("there is nothing in it to be seen")

        async def wait(chat: int) -> None:
            await self._wait(parcel, chat)

        try:
            draft = await self._place(parcel, to, mode)
            posting = Posting(self._bus, client, to, wait)
            if draft is not None and not draft.is_last:
                await posting.remove(draft.message_id)  # what was said before it has come after it
                draft = None
            return await self._parts(parcel, posting, todo, None if draft is None else draft.message_id)
        except _Waits as error:
            return error.again
        except TelegramError as error:
            return self._fate(to.chat, error)

    async def _place(self, parcel: Parcel, to: Target, mode: StreamMode) -> _Draft | None:
        """Find the message that is answered, for a group, and the draft that becomes the answer."""
        row, asked = parcel.row, parts.answered(parcel.row.body)
        in_group = to.chat < 0 and (row.turn or asked) is not None
        if not in_group and (row.turn is None or mode != "stream"):
            return None
        of = await self._placed.of(row.turn or row.key, asked)
        if in_group and of.asked is not None and of.asked.chat == to.chat and not row.sent:
            to.reply = of.asked.message_id
        n = parts.draft_of(row.body)
        if n is None or row.sent or mode != "stream":
            return None
        of.closed.add(n)
        async with of.free:  # what shows it growing may be at it
            draft = of.kept.get(("draft", n))
        if draft is None:
            return None
        is_known = draft not in of.inherited and to.chat not in self._unsure
        return _Draft(draft, is_last=is_known and draft >= self._latest.get(to.chat, 0))

    async def _parts(
        self, parcel: Parcel, posting: Posting, todo: tuple[Part, ...], draft: int | None
    ) -> Fate:
        row = parcel.row
        for index in range(len(row.sent), len(todo)):
            part, doubtful = todo[index], row.doubtful and index == len(row.sent)
            arrived: int | None = None
            if (
                draft is not None
                and index == 0
                and isinstance(part, Words)
                and await posting.edit(draft, part.rich)
            ):
                arrived = draft
            if arrived is None:
                arrived = await self._part(parcel, posting, part, DOUBT if doubtful else "")
            self._report(None)
            self._latest[posting.chat] = max(arrived, self._latest.get(posting.chat, 0))
            self._unsure.discard(posting.chat)
            if index == len(todo) - 1:
                await self._keep(row, posting.chat, arrived)
                return Sent((str(arrived),))
            await parcel.arrived(str(arrived))
        return Sent()

    async def _keep(self, row: OutboxRow, chat: int, message_id: int) -> None:
        """Have a question be changed once it is closed; who presses one of its buttons has it kept, too."""
        if (asked := parts.asked(row.body)) is not None:
            with suppress(BusError):
                kept = messages.KeepQuestion(
                    approval=asked, of_user=row.user, chat=chat, message_id=message_id
                )
                await self._bus.ask(kept)

    async def _part(self, parcel: Parcel, posting: Posting, part: Part, caption: str) -> int:
        match part:
            case Words(rich=text, keyboard=buttons):
                return await posting.words(text.below(caption) if caption else text, buttons)
            case Whole():
                return await posting.whole(part, caption)
            case File():
                in_words = parcel.failures >= HARD_FILE
                return await posting.file(part, parcel.row.user, caption, in_words=in_words)

    async def _wait(self, parcel: Parcel, chat: int) -> None:
        """Wait until something may be sent to a chat. Raises _Waits when that takes long, or the program stops."""
        now = self._bus.clock.monotonic()
        held = self._pace.held_until(chat) - now
        if held > LONG:
            raise _Waits(f"Telegram asks to wait {held:.0f} s", held)
        await parcel.rest(self._pace.place(chat, now))
        if parcel.stopping:
            raise _Waits(STOPPED, 0.0)

    def _fate(self, chat: int, error: TelegramError) -> Fate:
        match error:
            case Refused():
                return GivenUp(refusals.reason(error))
            case TooMany():
                self._pace.hold(chat, error.seconds, self._bus.clock.monotonic())
                return Again(str(error), error.seconds)
            case Unauthorized():
                self._line.refuse()
                self._report(None)
                return Again(NO_TOKEN, 0.0)
            case Unknown():
                self._unsure.add(chat)
                self._report(f"Telegram cannot be reached: {error}")
                return InDoubt(f"the connection to Telegram broke off: {error}")
            case _:
                self._report(f"Telegram cannot be reached: {error}")
                perhaps = isinstance(error, Unreachable) and error.perhaps
                return Again(f"Telegram could not be reached: {error}", most=OUTAGE, perhaps=perhaps)
