"""What an answer has used while it is still coming: as far as its stream says so, the rest by its length. Pure."""

from collections.abc import Iterator
from typing import Final, final

import attrs

from actors.llm.completion import Completion, Tokens
from actors.llm.format import Reader
from actors.llm.messages import CompletionEvent
from actors.llm.requests.prompt import Prompt
from actors.transcript import characters

CHARACTERS: Final = 4
"""Of a token, where nobody says how many there are."""
STEP: Final = 64
"""Tokens of an answer that are worth a word."""


@final
class Meter:
    """A reader of which is known what its answer has used so far.

    Most interfaces say so only at the end, and an answer may never come to it.
    """

    def __init__(self, reader: Reader, prompt: Prompt) -> None:
        self._reader = reader
        self._prompt = prompt
        self._guess: int | None = None
        self._begun = False
        self._told: tuple[int, ...] | None = None
        """The tokens of the prompt in the last :meth:`news`."""
        self._worth_a_word = 0
        """Tokens of an answer that is news again."""

    # --- a reader -----------------------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self._reader.whole

    @property
    def finished(self) -> bool:
        """See :class:`actors.llm.format.Reader`."""
        return self._reader.finished

    def read(self, data: bytes) -> Iterator[CompletionEvent]:
        """See :class:`actors.llm.format.Reader`. An error in the place of an answer has used nothing."""
        yield from self._reader.read(data)
        self._begun = True

    def completion(self) -> Completion:
        """See :class:`actors.llm.format.Reader`."""
        return self._reader.completion()

    # --- what it uses -------------------------------------------------------------------------------------

    def news(self) -> Tokens | None:
        """What was used, when it is more by a good deal than when it was last asked for."""
        known = self._reader.tokens
        prompt = (known.input, known.cache_read, known.cache_write)
        if prompt == self._told and self._output(known) < self._worth_a_word:
            return None
        if (used := self.used()) is not None:
            self._told, self._worth_a_word = prompt, used.output + STEP
        return used

    def used(self) -> Tokens | None:
        """What was used so far; None where no answer has begun."""
        known = self._reader.tokens
        if not self._begun and known == Tokens():
            return None
        output = self._output(known)
        if known.input or known.cache_read or known.cache_write:
            return attrs.evolve(known, output=output)
        if self._guess is None:
            self._guess = size(self._prompt) // CHARACTERS
        return Tokens(input=self._guess, output=output)

    def _output(self, known: Tokens) -> int:
        return max(known.output, self._reader.written // CHARACTERS)


def size(prompt: Prompt) -> int:
    """Characters of a prompt, with pictures as texts that weigh as much."""
    said = sum(characters(block) for message in prompt.messages for block in message.content)
    told = sum(len(part.text) for part in prompt.system)
    offered = sum(tool.size for tool in prompt.tools)
    return said + told + offered
