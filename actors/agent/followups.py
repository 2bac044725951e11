"""Turns that wait for the conversation: which join the one that runs, which run by themselves, in what order. Pure."""

from collections.abc import Iterator
from typing import final

from actors.vocabulary import FollowupMode


@final
class Waiting:
    """Accepted turns the conversation knows of and has not begun, oldest first."""

    def __init__(self) -> None:
        self._modes: dict[str, FollowupMode] = {}
        self._announced: set[str] = set()

    def __len__(self) -> int:
        return len(self._modes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modes)

    def add(self, turn: str, mode: FollowupMode) -> None:
        """Let a turn wait behind the others; one that waits already keeps its place."""
        self._modes.setdefault(turn, mode)

    def put_first(self, turn: str, mode: FollowupMode) -> None:
        """Let a turn wait before all others."""
        self._modes = {turn: mode, **self._modes}

    def drop(self, *turns: str) -> None:
        """Forget turns that have been taken in, or that run."""
        for turn in turns:
            self._modes.pop(turn, None)
            self._announced.discard(turn)

    def take(self) -> tuple[str, FollowupMode] | None:
        """The turn that runs next and no longer waits, or None."""
        for turn, mode in self._modes.items():
            self.drop(turn)
            return turn, mode
        return None

    def joining(self) -> tuple[str, ...]:
        """The turns that want to become part of the one that runs. They wait until dropped."""
        return tuple(turn for turn, mode in self._modes.items() if mode == "inject")

    def announce(self) -> tuple[str, ...]:
        """The turns that wait for the end of the one that runs, each named once."""
        fresh = [
            turn for turn, mode in self._modes.items() if mode == "queue" and turn not in self._announced
        ]
        self._announced.update(fresh)
        return tuple(fresh)
