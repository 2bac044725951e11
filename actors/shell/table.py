"""The commands in the background, as their users know them, and what is left of them after a restart. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, final

import attrs

from actors import jsontext
from actors.shell.messages import UnknownCommand
from bus import Data

State = Literal["running", "ended", "stopped", "interrupted"]
SAYS: Final[Mapping[State, str]] = {
    "running": "is running",
    "ended": "has ended",
    "stopped": "was stopped",
    "interrupted": "was interrupted by a restart of the agent",
}
KEPT: Final = 32
"""Commands of one user that are remembered once they have ended."""
LONGEST: Final = 200
"""Characters of a command that are shown."""


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """One command."""

    id: str
    user: str
    command: str
    state: State = "running"
    code: int | None = None
    note: str = ""
    """Why it was stopped, as a sentence."""

    @property
    def shown(self) -> str:
        """The command, in short."""
        return self.command if len(self.command) <= LONGEST else f"{self.command[:LONGEST]}…"

    def told(self) -> tuple[str, ...]:
        """What became of it, in sentences."""
        says = f"{self.id} {SAYS[self.state]}."
        return (says, self.note) if self.note else (says,)


@final
class Table:
    """All commands of all users."""

    def __init__(self, entries: Iterable[Entry] = (), last: int = 0) -> None:
        self._entries = {each.id: each for each in entries}
        self._last = last

    def open(self, user: str, command: str) -> Entry:
        """Enter a new command."""
        self._last += 1
        return self.put(Entry(id=f"sh-{self._last}", user=user, command=command))

    def put(self, entry: Entry) -> Entry:
        """Enter what became of a command."""
        self._entries[entry.id] = entry
        return entry

    def get(self, id: str, user: str) -> Entry:
        """Raises UnknownCommand, also for those of others."""
        found = self._entries.get(id.strip())
        if found is None or found.user != user:
            raise UnknownCommand(id=id, known=tuple(each.id for each in self.of(user)))
        return found

    def of(self, user: str) -> list[Entry]:
        return [each for each in self._entries.values() if each.user == user]

    def running(self, user: str) -> tuple[str, ...]:
        """Ids of those that run."""
        return tuple(each.id for each in self.of(user) if each.state == "running")

    def forget(self) -> list[Entry]:
        """Drop the oldest of those that have ended, and name them."""
        gone: list[Entry] = []
        for user in {each.user for each in self._entries.values()}:
            ended = [each for each in self.of(user) if each.state != "running"]
            gone += ended[:-KEPT]
        for each in gone:
            del self._entries[each.id]
        return gone

    def dumped(self) -> str:
        """As text for a file."""
        entries = [attrs.asdict(each) for each in self._entries.values()]
        return jsontext.write({"last": self._last, "commands": entries})


def restored(text: str) -> Table:
    """What a file says; those that ran were interrupted. A file that cannot be read says nothing."""
    try:
        found = jsontext.read_object(text)
        entries = [Entry(**each) for each in found["commands"]]
        last = int(found["last"])
    except (ValueError, TypeError, KeyError):
        return Table()
    return Table(
        (attrs.evolve(each, state="interrupted") if each.state == "running" else each for each in entries),
        last,
    )
