"""Turns that wait for the conversation: which join the one that runs, which run by themselves, in what order. Pure."""

from collections.abc import Callable, Iterator
from typing import final

from actors.agent.messages import Deliver
from actors.vocabulary import FollowupMode

Drain = Callable[[Callable[[Deliver], bool]], list[Deliver]]
"""Takes the delivered turns for which a test holds out of the mailbox, in order, without waiting."""


@final
class Inbox:
    """Accepted turns that have not begun, oldest first: those the conversation knows of, then those in its mailbox."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        self._known: dict[str, FollowupMode] = {}
        self._announced: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[str]:
        """The known ones."""
        return iter(self._known)

    def add(self, turn: str, mode: FollowupMode) -> None:
        """Let a turn wait behind the others; one that waits already keeps its place."""
        self._known.setdefault(turn, mode)

    def put_first(self, turn: str, mode: FollowupMode) -> None:
        """Let a turn wait before all others."""
        self._known = {turn: mode, **self._known}

    def drop(self, *turns: str) -> None:
        """Forget turns that have been taken in, have ended, or run, also those that the mailbox is going to bring."""
        for turn in turns:
            self._known.pop(turn, None)
            self._announced.discard(turn)
        self._drain(lambda command: command.turn in turns)

    def take(self) -> tuple[str, FollowupMode] | None:
        """The known turn that runs next; it no longer waits. None when there is none."""
        for turn, mode in self._known.items():
            self.drop(turn)
            return turn, mode
        return None

    def delivered(self) -> list[Deliver]:
        """What the mailbox is going to bring, each with the trace of its own sender."""
        found: list[Deliver] = []

        def look(command: Deliver) -> bool:
            found.append(command)
            return False

        self._drain(look)
        return found

    def brings(self, turn: str) -> bool:
        """Whether the mailbox is going to bring a turn."""
        return any(command.turn == turn for command in self.delivered())

    def waiting(self) -> tuple[str, ...]:
        """All that have not begun, in the order in which they run."""
        return (*self._known, *(command.turn for command in self.delivered()))

    # --- while a turn runs --------------------------------------------------------------------------------

    def joining(self, running: str) -> tuple[str, ...]:
        """The turns that want to become part of the running one. They wait until they are dropped."""
        for command in self._drain(lambda command: command.mode == "inject" or command.turn == running):
            if command.turn != running:
                self.add(command.turn, command.mode)
        return tuple(turn for turn, mode in self._known.items() if mode == "inject")

    def announce(self) -> tuple[str, ...]:
        """The turns that wait for the end of the running one, each named once."""
        known = [turn for turn, mode in self._known.items() if mode == "queue"]
        coming = [command.turn for command in self.delivered() if command.mode == "queue"]
        fresh = [turn for turn in dict.fromkeys((*known, *coming)) if turn not in self._announced]
        self._announced.update(fresh)
        return tuple(fresh)
