"""What the ledger should hold, in plain Python."""

from collections import Counter

import attrs


@attrs.define
class Call:
    id: str
    n: int
    state: str = "intent"
    result: str | None = None

    @property
    def progress(self) -> int:
        return 4 if self.result is not None else {"intent": 1, "awaiting": 2, "begun": 3}[self.state]


@attrs.define
class Entry:
    """A step, or an answer with its calls, as it is displayed."""

    turn: str
    role: str
    text: str
    calls: list[Call] = attrs.field(factory=list)

    def rows(self) -> list[tuple[str, str]]:
        rows = [(self.role, self.text)] if self.text else []
        rows += [("tool_use", call.id) for call in self.calls]
        return rows + [("tool_result", call.result) for call in self.calls if call.result is not None]


@attrs.define
class ModelTurn:
    id: str
    session: str
    key: str
    text: str
    state: str = "accepted"
    attempt: int = 0
    boot: str = ""
    runner: str = ""
    deaths: int = 0
    died: Counter[tuple[int, str]] = attrs.field(factory=Counter[tuple[int, str]])
    """How often it was the culprit, by how far it was and what it was doing."""
    place: int = 0
    """How far it was when its latest attempt began or ended."""
    cancel_requested: bool = False
    steps: int = 0
    calls: list[Call] = attrs.field(factory=list)
    answers: list[list[Call]] = attrs.field(factory=list)
    spoke: bool = False

    def open_calls(self) -> list[Call]:
        return [call for call in self.calls if call.result is None]

    def progress(self) -> int:
        return 4 * (self.steps - len(self.calls)) + sum(call.progress for call in self.calls)

    def attempt_ended(self, *, died: str | None) -> None:
        """It died doing that, or did not."""
        place, here = self.progress(), 0
        if died is not None:
            self.died[place, died] += 1
            here = self.died[place, died]
        self.deaths = max(here, self.deaths if self.place == place else 0)
        self.place = place
