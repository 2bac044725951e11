"""Ollama's own and OpenAI's Responses interface: any history as a request, and mutated streams as answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given

from actors import jsontext
from actors.llm.completion import Completion
from actors.llm.format import Format
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable, TextDelta, ThinkingDelta
from actors.llm.models.catalogue import ModelDetails
from actors.llm.ollama import format as ollama_format
from actors.llm.openai import responses as responses_format
from actors.llm.requests.prompt import Prompt
from actors.llm.transport.sse import EventSplitter
from actors.vocabulary import ChatMessage, Text, Thinking, ToolUse
from tests.actors.llm import fuzzing
from tests.actors.llm.histories import FILES, HISTORIES, TOOLS
from tests.fakes.model_script import Call, Part, Received, Reply, Say, Think
from tests.fakes.ollama_wire import Ollama
from tests.fakes.responses_wire import Responses
from tests.validators import ollama, responses

OLLAMA: Final = ollama_format.format_at("http://127.0.0.1", lambda: 0.0)
BOTH = pytest.mark.parametrize(
    ("format", "complaints", "wire"),
    [(OLLAMA, ollama.complaints, Ollama), (responses_format.FORMAT, responses.complaints, Responses)],
)
EXPECTED = (ModelError, ModelUnavailable, ValueError)
"""What a stream may end in; whoever reads it makes one of the first two of the last."""
SEEDS = pytest.mark.parametrize("seeds", [range(60), pytest.param(range(5000), marks=pytest.mark.slow)])
CAN: Final = ModelDetails(vision=True, documents=True, effort=True, context_window=40_960)


@BOTH
@given(history=HISTORIES, tools=TOOLS)
def test_no_request_can_be_refused_for_its_shape(
    format: Format,
    complaints: Callable[[Any], list[str]],
    wire: Any,
    history: tuple[ChatMessage, ...],
    tools: Any,
) -> None:
    del wire
    prompt = Prompt(
        provider="here",
        model="m",
        messages=history,
        details=CAN,
        files=FILES,
        tools=tools,
        effort="low",
    )
    assert complaints(jsontext.read(jsontext.encode(format.body(prompt, {})))) == []


def events(wire: Any, answer: fuzzing.Said) -> Iterator[bytes]:
    """The answer as a server of that interface sends it."""
    parts: list[Part] = [Think(*answer.thinking)] if "".join(answer.thinking) else []
    parts += [Say(*answer.text)]
    parts += [Call(call.name, json.loads(call.arguments), id=call.id) for call in answer.calls]
    body = {"model": "m", "stream": True, "include": [responses_format.ENCRYPTED]}
    encoder = wire(Received(wire="ollama", path="", headers={}, body=body, size=0), Reply(*parts), 1)
    yield from encoder.begin()
    for part in parts:
        yield from encoder.part(part)
    yield from encoder.end()


def heard(format: Format, chunks: list[bytes]) -> tuple[list[CompletionEvent], Completion | None]:
    """What is told while the stream comes, and the answer if it is whole."""
    reader, splitter = format.reader("x", lambda: "made-up"), EventSplitter()
    items: list[CompletionEvent] = []
    for split in [*(splitter.feed(chunk) for chunk in chunks), splitter.close()]:
        for data in split:
            items += reader.read(data)
    return items, reader.completion() if reader.whole else None


def told(items: Any, kind: Any) -> str:
    return "".join(item.text for item in items if isinstance(item, kind))


def calls(completion: Completion) -> list[Any]:
    return [(use.id, use.name, use.input) for use in completion.content if isinstance(use, ToolUse)]


def wanted(answer: fuzzing.Said) -> list[Any]:
    return [(call.id, call.name, json.loads(call.arguments)) for call in answer.calls]


@BOTH
@SEEDS
def test_what_was_said_is_read_once_and_as_it_was(
    format: Format, complaints: Any, wire: Any, seeds: range
) -> None:
    del complaints
    for seed in seeds:
        random = Random(seed)
        answer = fuzzing.said(random)
        body = b"".join(events(wire, answer))
        items, completion = heard(format, fuzzing.in_chunks(random, body))
        assert completion is not None, seed
        assert told(items, TextDelta) == told(completion.content, Text) == "".join(answer.text), seed
        assert told(items, ThinkingDelta) == told(completion.content, Thinking) == "".join(answer.thinking), (
            seed
        )
        assert calls(completion) == wanted(answer), seed


@BOTH
@SEEDS
def test_a_stream_that_is_cut_or_damaged_says_nothing_twice_and_fails_in_a_known_way(
    format: Format, complaints: Any, wire: Any, seeds: range
) -> None:
    del complaints
    for seed in seeds:
        random = Random(seed)
        answer = fuzzing.said(random)
        body = b"".join(events(wire, answer))
        cut = fuzzing.in_chunks(random, body[: random.randint(0, len(body))])
        with suppress(*EXPECTED):
            items, completion = heard(format, cut)
            assert "".join(answer.text).startswith(told(items, TextDelta)), seed
            assert completion is None or calls(completion) == wanted(answer), seed
        damaged = bytearray(body)
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(damaged))
            damaged[at : at + random.randint(0, 9)] = random.choice(
                [b"", b"\n\n", b'"', b"}", b"\xff", b"null", b"["]
            )
        with suppress(*EXPECTED):
            heard(format, fuzzing.in_chunks(random, bytes(damaged)))


NOTHING: list[Any] = []


@pytest.mark.parametrize(
    ("complaints", "body"),
    [
        (ollama.complaints, {"model": "m", "messages": NOTHING}),
        (ollama.complaints, {"model": "m", "messages": [{"role": "tool", "content": "x"}]}),
        (responses.complaints, {"model": "m", "input": NOTHING}),
        (responses.complaints, {"model": "m", "input": [{"type": "reasoning", "summary": NOTHING}]}),
        (responses.complaints, {"model": "m", "input": [{"role": "robot", "content": "x"}]}),
    ],
)
def test_the_oracles_refuse(complaints: Callable[[Any], list[str]], body: Any) -> None:
    assert complaints(body)
