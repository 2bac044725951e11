"""Makes a conversation fit, whatever it holds, by rule alone: no model is asked and nothing is stored. Pure.

The stages come one after the other until it fits. Each takes something away and leaves a note of how much; calls and
results stay together and sides alternate. After the last one only the newest words are left, so that there is an end.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any, Final, cast, final

import attrs

from actors.agent.window.compaction import is_summary, split
from actors.agent.window.digest import first_lines
from actors.agent.window.sanitise import squeeze
from actors.transcript import Part, Transcript, characters, documents, named, plain, summed_up
from actors.vocabulary import (
    Block,
    ChatMessage,
    Content,
    Document,
    Image,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from bus import Data

LEAST: Final = 400
"""Characters that the newest words are never shortened below."""

_DISPENSABLE: Final = 2000
"""Limit of texts from which on reasoning and pictures are left out."""

Weights = Mapping[str, int]
"""Characters that documents weigh, by path."""
Stage = Callable[[Transcript, int, Weights], Transcript]


@final
@attrs.frozen
class Fitted(Data):
    transcript: Transcript
    words_lost: bool
    """Whether more is gone than what tools have given."""


def fit(transcript: Transcript, limit: int, weights: Weights | None = None) -> Fitted:
    """The conversation in at most `limit` characters, or what of its newest words is left when all else is gone."""
    words_lost, weights = False, weights or {}
    for touches_words, stage in _STAGES:
        if transcript.weight(weights) <= limit:
            break
        smaller = stage(transcript, limit, weights)
        if smaller.weight(weights) < transcript.weight(weights):
            transcript, words_lost = smaller, words_lost or touches_words
    return Fitted(transcript, words_lost)


# --- less of everything -----------------------------------------------------------------------------------


def _each(change: Callable[[Block], Block | None], *, spare_newest: bool = False) -> Stage:
    """A stage that changes blocks, oldest first, until it is enough; those of the newest words only if not spared."""

    def stage(transcript: Transcript, limit: int, weights: Weights) -> Transcript:
        messages, size, newest = list(transcript.messages), transcript.weight(weights), _newest(transcript)
        for index, message in enumerate(messages):
            if size <= limit:
                break
            if spare_newest and index == newest:
                continue
            shorter = _changed(message, change)
            if shorter is not message:
                messages[index] = shorter
                size -= _weight(message, weights) - _weight(shorter, weights)
        return transcript.pruned(tuple(messages))

    return stage


def _results(limit: int) -> Stage:
    return _each(lambda block: _shorter_result(block, limit))


def _texts(limit: int, *, all_of_them: bool = False) -> Stage:
    """Shorten what was said and what tools were called with; the newest words only if `all_of_them` are meant."""
    return _each(lambda block: _shorter(block, limit), spare_newest=not all_of_them)


def _documents(*, all_of_them: bool = False) -> Stage:
    """Leave out documents that weigh anything, oldest first, until it is enough.

    What came since the newest words, and with them, only if `all_of_them` are meant.
    """

    def stage(transcript: Transcript, limit: int, weights: Weights) -> Transcript:
        over, newest = transcript.weight(weights) - limit, _newest(transcript)

        def lighter(part: Content) -> Content:
            nonlocal over
            if over <= 0 or not isinstance(part, Document) or not weights.get(part.path):
                return part
            over -= weights[part.path]
            return Text(text=f"[document {part.path} is left out here: there is no room for it]")

        def change(block: Block) -> Block:
            if not isinstance(block, ToolResult):
                return lighter(block) if isinstance(block, Document) else block
            content = tuple(map(lighter, block.content))
            return block if content == block.content else attrs.evolve(block, content=content)

        messages = (
            message if index >= newest and not all_of_them else _changed(message, change)
            for index, message in enumerate(transcript.messages)
        )
        return transcript.pruned(tuple(messages))

    return stage


def _changed(message: ChatMessage, change: Callable[[Block], Block | None]) -> ChatMessage:
    """The message with its blocks changed; the same object where nothing is."""
    blocks = [change(block) for block in message.content]
    content = tuple(block for block in blocks if block is not None)
    if not content or all(map(is_, blocks, message.content)):
        return message
    return attrs.evolve(message, content=content)


def _shorter_result(block: Block, limit: int) -> Block:
    if not isinstance(block, ToolResult):
        return block
    papers = tuple(part for part in block.content if isinstance(part, Document))
    rest = tuple(part for part in block.content if not isinstance(part, Document))
    text = plain(rest)
    if len(text) <= limit and all(isinstance(part, Text) for part in rest):
        return block
    return attrs.evolve(block, content=(Text(text=squeeze(text, limit)), *papers))


def _shorter(block: Block, limit: int) -> Block | None:
    """The block with less in it; None for reasoning that is left out."""
    match block:
        case Text():
            return Text(text=squeeze(block.text, limit)) if len(block.text) > limit else block
        case Thinking():
            return None if limit <= _DISPENSABLE and characters(block) > limit else block
        case Image():
            return Text(text=named(block)) if limit <= _DISPENSABLE else block
        case Document():
            return block
        case ToolUse():
            short = characters(block) <= limit
            return block if short else attrs.evolve(block, input=_shorter_input(block.input, limit))
        case ToolResult():
            return block


def _shorter_input(given: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    """What a tool was called with, its texts shortened; a note if it is long even so."""
    found = cast("Mapping[str, Any]", _shorter_value(given, limit))
    size = characters(ToolUse(id="", name="", input=found))
    return found if size <= 4 * limit else {"left_out": f"{size} characters"}


def _shorter_value(value: Any, limit: int) -> Any:
    match value:
        case str():
            return squeeze(value, limit) if len(value) > limit else value
        case Mapping():
            return {
                key: _shorter_value(each, limit) for key, each in cast("Mapping[str, Any]", value).items()
            }
        case list() | tuple():
            return [_shorter_value(each, limit) for each in cast("Iterable[Any]", value)]
        case _:
            return value


# --- less messages ----------------------------------------------------------------------------------------


def _folded(transcript: Transcript, limit: int, _: Weights) -> Transcript:
    """The last message, with the call that it answers, the newest words, and a line of each before them."""
    at, newest = split(transcript.messages, 1), _newest(transcript)
    if not at:
        return transcript
    summary = summed_up(first_lines(transcript.messages[:at], limit // 4), transcript.starts[at])
    words = transcript.messages[newest].content if newest < at else ()
    rest = zip(transcript.messages[at:], transcript.starts[at:], strict=True)
    return Transcript().plus(
        [
            summary,
            Part("user", tuple(filter(_is_said, words)), summary.start),
            *(Part(message.role, message.content, start) for message, start in rest),
        ]
    )


def _alone(transcript: Transcript, limit: int, _: Weights) -> Transcript:
    """The newest words, as much of them as there is room for."""
    at = _newest(transcript)
    content = _within(map(_in_words, transcript.messages[at].content), max(limit, LEAST))
    return Transcript().plus([Part("user", content, transcript.starts[at])]) if content else transcript


def _newest(transcript: Transcript) -> int:
    """Index of the last message in which a person says something, or of the first, which is such a one or a summary."""
    spoken = (
        index
        for index, message in enumerate(transcript.messages)
        if message.role == "user" and any(map(_is_said, message.content))
    )
    return max(spoken, default=0)


def _is_said(block: Block) -> bool:
    return _in_words(block) is not None and not is_summary(block)


def _in_words(block: Block) -> Text | None:
    if isinstance(block, Image | Document):
        return Text(text=named(block))
    return block if isinstance(block, Text) else None


def _within(blocks: Iterable[Text | None], room: int) -> tuple[Text, ...]:
    """The newest texts that have room, and what can be had of the one before them."""
    kept: list[Text] = []
    for block in reversed([block for block in blocks if block is not None]):
        if kept and room < LEAST:
            break
        kept.append(Text(text=squeeze(block.text, room)) if len(block.text) > room else block)
        room -= len(kept[-1].text)
    return tuple(reversed(kept))


def _weight(message: ChatMessage, weights: Weights) -> int:
    heavy = sum(weights.get(each.path, 0) for each in documents(message.content))
    return sum(map(characters, message.content)) + heavy


_STAGES: Final[tuple[tuple[bool, Stage], ...]] = (
    (True, _documents()),
    (False, _results(2000)),
    (True, _texts(8000)),
    (False, _results(500)),
    (True, _texts(2000)),
    (True, _documents(all_of_them=True)),
    (False, _results(100)),
    (True, _texts(500)),
    (True, _texts(8000, all_of_them=True)),
    (True, _texts(100)),
    (True, _texts(2000, all_of_them=True)),
    (True, _folded),
    (True, _alone),
)
"""What is taken away, in this order, and whether it is more than results of tools."""
