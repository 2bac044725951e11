"""Gemini's streams, made at random, cut and damaged: read once and as they were, or refused in a known way."""

import json
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from actors.llm.completion import Completion
from actors.llm.gemini import format as gemini_format
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable, TextDelta
from actors.llm.transport.sse import EventSplitter
from actors.vocabulary import Text, Thinking, ToolUse
from tests.actors.llm import fuzzing

SEEDS = pytest.mark.parametrize("seeds", [range(100), pytest.param(range(3000), marks=pytest.mark.slow)])
DAMAGE = (b"", b"\n\n", b'"', b"}", b"\xff", b"\\", b"null", b"[")


def response(parts: Sequence[Any], **candidate: Any) -> fuzzing.Event:
    return {"candidates": [{"content": {"parts": parts, "role": "model"}, **candidate}]}


def stream(random: Random, answer: fuzzing.Said) -> bytes:
    """By the book or nearly so: any number of parts at once, ids and signatures or none, arguments as text."""
    parts: list[Any] = [{"text": piece, "thought": True} for piece in answer.thinking]
    parts += [{"text": piece} for piece in answer.text]
    for call in answer.calls:
        given = random.choice([{}, {"id": call.id}])
        args: Any = random.choice([call.arguments, json.loads(call.arguments)])
        signed = random.choice([{}, {"thoughtSignature": "sig"}])
        parts.append({"functionCall": {"name": call.name, "args": args, **given}, **signed})
    events: list[fuzzing.Event] = []
    while parts:
        size = random.randint(1, 3)
        events.append(response(parts[:size]))
        parts = parts[size:]
    last = random.choice([[], [{"text": ""}], [{"text": "", "thoughtSignature": "sig"}]])
    events.append(response(last, finishReason="STOP"))
    return fuzzing.encode(random, "openai", events)  # whose noise means nothing here either


def heard(chunks: Sequence[bytes]) -> tuple[list[CompletionEvent], Completion | None]:
    ids = (f"new-{n}" for n in range(1000))
    reader, splitter = gemini_format.FORMAT.reader("gemini", lambda: next(ids)), EventSplitter()
    items: list[CompletionEvent] = []
    for data in (data for chunk in chunks for data in splitter.feed(chunk)):
        items += reader.read(data)
    for data in splitter.close():
        items += reader.read(data)
    return items, reader.completion() if reader.whole else None


@SEEDS
def test_what_was_said_is_read_once_and_as_it_was(seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        answer = fuzzing.said(random)
        items, completion = heard(fuzzing.in_chunks(random, stream(random, answer)))
        assert completion is not None, seed
        blocks = completion.content
        assert "".join(each.text for each in items if isinstance(each, TextDelta)) == "".join(answer.text)
        assert "".join(each.text for each in blocks if isinstance(each, Text)) == "".join(answer.text)
        assert "".join(each.text for each in blocks if isinstance(each, Thinking)) == "".join(answer.thinking)
        calls = [(each.name, each.input) for each in blocks if isinstance(each, ToolUse)]
        assert calls == [(call.name, json.loads(call.arguments)) for call in answer.calls], seed
        assert completion.stop_reason == ("tool_use" if answer.calls else "end_turn")


@SEEDS
def test_a_stream_that_is_damaged_is_read_or_fails_in_a_known_way(seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        damaged = bytearray(stream(random, fuzzing.said(random)))
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(damaged))
            damaged[at : at + random.randint(0, 9)] = random.choice(DAMAGE)
        with suppress(ModelError, ModelUnavailable, ValueError):
            heard(fuzzing.in_chunks(random, bytes(damaged)))
