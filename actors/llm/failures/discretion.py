"""The border to the models: nothing that is secret gets out to one, and none comes back from it.

A model may have read a secret before it was known as one, or have put it together; what it says then is stored, shown
and handed to tools with the name in the place of the value.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar, final

import attrs

from actors.llm.completion import Send
from actors.llm.messages import (
    Bill,
    Completed,
    CompletionEvent,
    Failure,
    Retrying,
    Switched,
    TextDelta,
    ThinkingDelta,
)
from actors.vocabulary import Block, ChatMessage, Thinking
from bus import Clean, Held, mask_text, redacted

MASK: Final = "***"

SaidT = TypeVar("SaidT", ChatMessage, Completed)


def discreet(said: SaidT) -> SaidT:
    """The same without secrets. Reasoning that is changed cannot go back to whom it came from, who has signed it."""
    if (shown := redacted(said)) is said:
        return said
    blocks = map(_unsigned, shown.content, said.content)
    return attrs.evolve(shown, content=tuple(blocks))


def discreet_history(messages: Iterable[ChatMessage], clean: Clean) -> tuple[ChatMessage, ...]:
    """A conversation without secrets; `clean` knows which of its messages were looked at before."""
    return tuple(message if message in clean else discreet(message) for message in messages)


def _unsigned(shown: Block, said: Block) -> Block:
    if isinstance(shown, Thinking) and shown is not said:
        return attrs.evolve(shown, provider_data=None)
    return shown


def without_secrets(error: Failure, key: str | None = None) -> Failure:
    """The same error; a provider may repeat what it was sent, the `key` included, however short that is."""
    shown = mask_text(error.detail)
    if key:
        shown = shown.replace(key, MASK)
    return error if shown == error.detail else attrs.evolve(error, detail=shown)


@final
class Discreet:
    """Passes on what a model says as it says it. The beginning of what may be a secret waits for what follows."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: tuple[type[TextDelta | ThinkingDelta], Held] | None = None

    async def send(self, item: CompletionEvent) -> None:
        """Hand on one item, and what was held before it."""
        for each in self._passed(item):
            await self._send(each)

    def _passed(self, item: CompletionEvent) -> Iterator[CompletionEvent]:
        if isinstance(item, Bill):
            yield item
            return
        kind = type(item)
        if self._held is not None and self._held[0] is not kind:
            before, held = self._held
            self._held = None
            if not isinstance(item, Retrying | Switched) and (rest := held.rest()):
                yield before(text=rest)
        if not isinstance(item, TextDelta | ThinkingDelta):
            yield discreet(item) if isinstance(item, Completed) else redacted(item)
            return
        if self._held is None:
            self._held = (type(item), Held())
        if text := self._held[1].add(item.text):
            yield item if text == item.text else attrs.evolve(item, text=text)
