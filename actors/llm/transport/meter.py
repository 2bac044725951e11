"""What an answer has used while it is still coming: as far as its stream says so, the rest by its length. Pure."""

import json
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
STEP: Final = 256
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
        self._told = Tokens()

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
        if (used := self.used()) is None:
            return None
        told = self._told
        if attrs.evolve(used, output=told.output) == told and used.output < told.output + STEP:
            return None
        self._told = used
        return used

    def used(self) -> Tokens | None:
        """What was used so far; None where no answer has begun."""
        known = self._reader.tokens
        if not self._begun and known == Tokens():
            return None
        output = max(known.output, self._reader.written // CHARACTERS)
        if known.input or known.cache_read or known.cache_write:
            return attrs.evolve(known, output=output)
        if self._guess is None:
            self._guess = size(self._prompt) // CHARACTERS
        return Tokens(input=self._guess, output=output)


def size(prompt: Prompt) -> int:
    """Characters of a prompt, with pictures as texts that weigh as much."""
    said = sum(characters(block) for message in prompt.messages for block in message.content)
    told = sum(len(part.text) for part in prompt.system)
    offered = sum(
        len(tool.name) + len(tool.description) + len(json.dumps(tool.input_schema, default=dict))
        for tool in prompt.tools
    )
    return said + told + offered
