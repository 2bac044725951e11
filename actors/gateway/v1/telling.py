"""Text of a turn for a reader who cannot be told to forget any of it. Pure."""

from typing import Final, final

BREAK: Final = "\n\n"
"""Between the texts of two completions."""


@final
class Telling:
    """Turns what happens in a turn into text that only grows.

    A completion that is asked for again begins from its first word: what is said again as it was is not told again,
    and where it differs it follows anew, behind a blank line.
    """

    def __init__(self) -> None:
        self._iteration = 0
        self._told: list[str] = []
        """Of the current completion."""
        self._again: str | None = None
        """What was told of it before it was begun anew."""
        self._at = 0
        """Characters of that which have been said again."""
        self.any = False
        """Whether anything was told."""

    def begun(self, iteration: int) -> None:
        """A completion is asked for, perhaps once more."""
        if iteration == self._iteration:
            self._again, self._at = "".join(self._told), 0
        else:
            self._iteration, self._again = iteration, None
            self._told.clear()

    def said(self, text: str) -> str:
        """What to tell of the next piece of the completion."""
        if self._again is not None:
            return self._repeated(self._again, text)
        return self._tell(text, apart=self.any and not self._told)

    def _repeated(self, before: str, text: str) -> str:
        at, self._at = self._at, self._at + len(text)
        if before.startswith(text, at):
            return ""
        self._again = None
        if before.startswith(text[: len(before) - at], at):
            return self._tell(text[len(before) - at :], apart=not before and self.any)
        self._told.clear()
        return self._tell(before[:at] + text, apart=True)

    def _tell(self, text: str, *, apart: bool) -> str:
        if not text:
            return ""
        self._told.append(text)
        self.any = True
        return BREAK + text if apart else text

    def paragraph(self, text: str) -> str:
        """What to tell to add a paragraph at the end."""
        self._told.clear()
        return self._tell(text, apart=self.any)
