"""The queue behind ``getUpdates``: what waits, what is confirmed, and which kinds a bot asked for. Pure."""

from collections.abc import Iterable
from typing import Any, Final, final

MOST: Final = 100
"""Updates of one answer."""
AHEAD: Final = 10
"""An offset further than this behind the newest update is none: as if nobody had sent one."""
NOT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

Update = dict[str, Any]


@final
class Updates:
    """Kept in the order of their ids until a poll with a higher offset confirms them, which is for good."""

    def __init__(self, first: int) -> None:
        self.waiting: list[Update] = []
        self._next = first
        self._allowed: frozenset[str] | None = None

    def add(self, kind: str, content: dict[str, Any]) -> Update:
        """What happened as an update; it is queued only if the bot wants its kind."""
        update: Update = {"update_id": self._next, kind: content}
        if kind in self._allowed if self._allowed is not None else kind not in NOT_BY_DEFAULT:
            self._next += 1
            self.waiting.append(update)
        return update

    def allow(self, kinds: Iterable[str]) -> None:
        """Kinds that are queued from now on; none means all that are sent without being asked for."""
        self._allowed = frozenset(kinds) or None

    def take(self, offset: int, limit: int) -> list[Update]:
        """Confirm what is older than `offset` and show what follows; a negative one counts from the end."""
        if offset < 0:
            del self.waiting[:offset]
        elif offset <= self._next + AHEAD:
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        return self.waiting[: min(max(limit, 1), MOST)]

    def clear(self) -> None:
        """Forget what waits."""
        self.waiting = []

    def number_from(self, first: int) -> None:
        """Give later updates other ids, as the real server does after a week without any."""
        self._next = first
