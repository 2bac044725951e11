"""How fast messages may be sent, so that Telegram seldom has to say that they are too many. Pure.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from typing import Final, final

import attrs

MANY_CHATS: Final = 3
"""So many chats in which it is too much at the same time mean that it is too much in all."""
_SWEPT: Final = 1024
"""Chats of which is remembered when the last message was, at most, before old ones are forgotten."""


@final
@attrs.frozen
class Rate:
    seconds: float
    """Between two messages, in the long run."""
    burst: int
    """Messages that may come at once after a silence."""


PRIVATE: Final = Rate(1.0, 3)
GROUP: Final = Rate(3.0, 5)
ALL: Final = Rate(1 / 25, 20)


@final
class Pace:
    """When the next message may go where. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        """By chat, when its next message would come if they came evenly."""
        self._due_of_all = 0.0
        self._held: dict[int, float] = {}
        """By chat, until when Telegram wants to hear nothing for it."""
        self._all_held = 0.0

    def place(self, chat: int, now: float) -> float:
        """Take the next place in the queue of a chat. Gives the seconds until it is there."""
        if len(self._due) >= _SWEPT:
            self._due = {known: due for known, due in self._due.items() if due > now}
        rate = GROUP if chat < 0 else PRIVATE
        at, self._due[chat] = _next(self._due.get(chat, 0.0), rate, max(now, self.held_until(chat)))
        at, self._due_of_all = _next(self._due_of_all, ALL, at)
        return at - now

    def spare(self, now: float) -> bool:
        """Take a place for what is not important, if hardly anybody else wants one."""
        at, due = _next(self._due_of_all, ALL, now)
        if at > now or self._all_held > now or due - now > ALL.seconds * ALL.burst / 2:
            return False
        self._due_of_all = due
        return True

    def hold(self, chat: int, seconds: float, now: float) -> None:
        """Telegram wants to hear nothing for a chat for so long, and where it wants that for many, for none."""
        self._held = {known: until for known, until in self._held.items() if until > now}
        self._held[chat] = max(self._held.get(chat, 0.0), now + seconds)
        if len(self._held) >= MANY_CHATS:
            self._all_held = max(self._all_held, now + seconds)

    def held_until(self, chat: int) -> float:
        """When there may be messages for a chat again."""
        return max(self._held.get(chat, 0.0), self._all_held)


def _next(due: float, rate: Rate, now: float) -> tuple[float, float]:
    """When the next one may come, and when the one after it would if they came evenly."""
    at = max(now, due - rate.seconds * (rate.burst - 1))
    return at, max(due, at) + rate.seconds
