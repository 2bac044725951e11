"""Mutated streams: what was said is read once and as it was, or the answer fails in one of the ways there are."""

import json
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from actors.llm.anthropic import format as anthropic_format
from actors.llm.completion import Completion
from actors.llm.format import Format
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable, TextDelta, ThinkingDelta
from actors.llm.openai import format as openai_format
from actors.llm.transport.sse import EventSplitter
from actors.vocabulary import Text, Thinking, ToolUse
from tests.actors.llm import fuzzing

FEW, MANY = 150, 5000
"""Streams of each format, in the suite and among the slow tests."""

READERS: dict[str, Format] = {"openai": openai_format.FORMAT, "anthropic": anthropic_format.FORMAT}
FORMATS = pytest.mark.parametrize("format", READERS)
COUNTS = pytest.mark.parametrize("seeds", [range(FEW), pytest.param(range(MANY), marks=pytest.mark.slow)])
EXPECTED = (ModelError, ModelUnavailable, ValueError)
"""What a stream may end in; whoever reads it makes one of the first two of the last."""


def heard(format: str, chunks: Sequence[bytes]) -> tuple[list[CompletionEvent], Completion | None]:
    """What is told while the stream comes, and the answer if it is whole."""
    ids = (f"new-{n}" for n in range(1000))
    reader, splitter = READERS[format].reader("x", lambda: next(ids)), EventSplitter()
    items: list[CompletionEvent] = []
    for chunk in chunks:
        for data in splitter.feed(chunk):
            items += reader.read(data)
    for data in splitter.close():
        items += reader.read(data)
    return items, reader.completion() if reader.whole else None


def told(items: Sequence[CompletionEvent], kind: type[TextDelta | ThinkingDelta]) -> str:
    return "".join(
        item.text for item in items if isinstance(item, TextDelta | ThinkingDelta) and type(item) is kind
    )


def words(completion: Completion, kind: type[Text | Thinking]) -> str:
    return "".join(
        block.text
        for block in completion.content
        if isinstance(block, Text | Thinking) and type(block) is kind
    )


def calls(completion: Completion) -> list[Any]:
    return sorted(
        (block.id, block.name, json.dumps(block.input), block.unreadable)
        for block in completion.content
        if isinstance(block, ToolUse)
    )


def wanted(answer: fuzzing.Said) -> list[Any]:
    return sorted((call.id, call.name, json.dumps(json.loads(call.arguments)), None) for call in answer.calls)


def agrees(completion: Completion, answer: fuzzing.Said) -> None:
    thinking = "".join(answer.thinking)
    assert words(completion, Text) == "".join(answer.text)
    assert words(completion, Thinking) == thinking
    assert calls(completion) == wanted(answer)
    assert completion.stop_reason == ("tool_use" if answer.calls else "end_turn")


def stream(seed: int, format: str) -> tuple[Random, fuzzing.Said, bytes]:
    random = Random(seed)
    answer = fuzzing.said(random)
    return random, answer, fuzzing.encode(random, format, fuzzing.STREAMS[format](random, answer))


@FORMATS
@COUNTS
def test_what_was_said_is_read_once_and_as_it_was(format: str, seeds: range) -> None:
    for seed in seeds:
        random, answer, body = stream(seed, format)
        items, completion = heard(format, fuzzing.in_chunks(random, body))
        assert completion is not None, seed
        agrees(completion, answer)
        assert told(items, TextDelta) == "".join(answer.text), seed
        assert told(items, ThinkingDelta) == "".join(answer.thinking), seed


@FORMATS
@COUNTS
def test_a_stream_that_is_cut_is_whole_or_is_not(format: str, seeds: range) -> None:
    for seed in seeds:
        random, answer, body = stream(seed, format)
        chunks = fuzzing.in_chunks(random, body[: random.randint(0, len(body))])
        try:
            items, completion = heard(format, chunks)
        except EXPECTED:
            continue  # in the middle of an event, at the end of the body
        if completion is not None:
            agrees(completion, answer)
        assert "".join(answer.text).startswith(told(items, TextDelta)), seed
        assert "".join(answer.thinking).startswith(told(items, ThinkingDelta)), seed


@FORMATS
@COUNTS
def test_a_stream_that_is_damaged_is_read_or_fails_in_a_known_way(format: str, seeds: range) -> None:
    for seed in seeds:
        random, _, body = stream(seed, format)
        damaged = bytearray(body)
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(damaged))
            damage = random.choice(
                [b"", b"\n\n", b'"', b"}", b"\xff", b"\\", b"null", b"[", random.randbytes(3)]
            )
            damaged[at : at + random.randint(0, 9)] = damage
        with suppress(*EXPECTED):
            heard(format, fuzzing.in_chunks(random, bytes(damaged)))
