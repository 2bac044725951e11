"""What is shown of a turn while it runs: who answers instead, which tools it has used, what it is saying. Pure."""

from collections import Counter
from typing import Final, final

from actors.agent import messages as agent
from actors.telegram.rendering.rich import Rich
from actors.telegram.rendering.split import LIMIT, chunks

LONGEST_LINE: Final = 300
"""Characters."""
GOES_ON: Final = " …"
"""Ends what is not ready."""


@final
class Progress:
    """What is known of one turn from its events."""

    def __init__(self, turn: str) -> None:
        self.turn = turn
        self.ended = False
        self.iteration = 0
        """Number of the completion that is being written; 0 before the first."""
        self._text = ""
        self._switched = ""
        self._tools = Counter[str]()
        self._asked: set[str] = set()

    @property
    def waits(self) -> bool:
        """Whether a person is to answer something."""
        return bool(self._asked)

    def forget(self) -> None:
        """Begin anew: everything is told once more."""
        self.iteration, self._text, self._switched = 0, "", ""
        self._tools.clear()
        self._asked.clear()

    def take(self, event: agent.TurnEvent) -> bool:
        """Take what happens. Whether anything is to be seen of it."""
        if event.turn != self.turn:
            return False
        match event:
            case agent.TurnStarted():
                self.forget()
            case agent.CompletionStarted(iteration=iteration):
                self.iteration, self._text = iteration, ""
            case agent.TextDelta(text=text):
                self._text += text
            case agent.ToolStarted(name=name):
                self._tools[name] += 1
            case agent.Notice(kind="switched", text=text):
                self._switched = text
            case agent.ApprovalWanted(approval=approval):
                self._asked.add(approval)
                return False
            case agent.ApprovalGiven(approval=approval):
                self._asked.discard(approval)
                return False
            case agent.TurnEnded() | agent.TurnFailed():
                self.ended = True
            case _:
                return False
        return True

    def line(self, *, tools: bool = True) -> str:
        """Which model answers instead of the usual one, and ``⚙ FileRead · MemorySearch ×2``; nothing without both."""
        used = " · ".join(name if n == 1 else f"{name} ×{n}" for name, n in self._tools.items())
        return "\n".join(filter(None, (_cut(self._switched), _cut(f"⚙ {used}") if used and tools else "")))

    def draft(self) -> Rich | None:
        """What has been said in this completion, of what is too long for one message its end; None before that."""
        shown = chunks(self._text, LIMIT - len(GOES_ON))
        return Rich(text=shown[-1].text + GOES_ON, entities=shown[-1].entities) if shown else None


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
