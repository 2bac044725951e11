"""Streams of both formats, made at random and then mutated as networks, proxies and sloppy servers do.

Every mutation here leaves it beyond doubt what was said, so what is read can be compared with it.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import attrs

TEXT: Final = ["Hel", "lo ", "Grüß ", "日本", "🙂", '"\\', "{}", "\u2028", "data: x", "[DONE]", "\r\n", "a"]
NAMES: Final = ["FileRead", "FileList", "web_search"]


@attrs.frozen(kw_only=True)
class Call:
    id: str
    name: str
    arguments: str
    """JSON."""


@attrs.frozen(kw_only=True)
class Said:
    """What a model says in one answer."""

    thinking: Sequence[str]
    text: Sequence[str]
    calls: Sequence[Call]


Event = dict[str, Any] | str
"""An object, or the mark of the end."""


def said(random: Random) -> Said:
    """Any answer."""

    def pieces(most: int) -> list[str]:
        return [random.choice(TEXT) for _ in range(random.randint(0, most))]

    def call(number: int) -> Call:
        input = {
            random.choice(TEXT): random.choice([random.choice(TEXT), 1, None, {"x": ["}"]}]) for _ in "ab"
        }
        arguments = json.dumps(input, ensure_ascii=random.random() < 0.5)
        return Call(id=f"call_{number}", name=random.choice(NAMES), arguments=arguments)

    calls = [call(number) for number in range(random.choice([0, 0, 1, 2, 3]))]
    return Said(thinking=pieces(3), text=["I say: ", *pieces(6)], calls=calls)


def cut(random: Random, text: str) -> list[str]:
    """`text` in pieces."""
    places = sorted(random.randint(0, len(text)) for _ in range(random.randint(0, 4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def interleaved(random: Random, rows: Sequence[list[Event]]) -> list[Event]:
    """The events of several rows, each row in its order."""
    left: list[list[Event]] = [list(row) for row in rows if row]
    mixed: list[Event] = []
    while left:
        row = random.choice(left)
        mixed.append(row.pop(0))
        left = [each for each in left if each]
    return mixed


# --- chat completions -------------------------------------------------------------------------------------


def chunk(delta: dict[str, Any] | None, finish: str | None = None) -> Event:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def openai(random: Random, answer: Said) -> list[Event]:
    """By the book or nearly so."""
    name = random.choice(["reasoning_content", "reasoning"])
    rows: list[list[Event]] = [
        [chunk({name: piece}) for piece in answer.thinking],
        [chunk({"content": piece}) for piece in answer.text],
    ]
    style = random.choice([_by_index, _by_index, _whole, _one_index, _no_index])
    calls = [style(random, number, call) for number, call in enumerate(answer.calls)]
    if style in (_by_index, _whole):
        rows += calls
    else:  # nothing but their order tells these pieces apart
        rows.append([event for row in calls for event in row])
    finish = random.choice(["stop", "tool_calls"]) if answer.calls else "stop"
    end = chunk({}, finish)
    usage: Event = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    return [chunk({"role": "assistant"}), *interleaved(random, rows), *repeated(random, end), usage, "[DONE]"]


def _by_index(random: Random, number: int, call: Call) -> list[Event]:
    first, *rest = cut(random, call.arguments)
    return [
        _calls({"index": number, "id": call.id, "function": {"name": call.name, "arguments": first}}),
        *[_calls({"index": number, "function": {"arguments": piece}}) for piece in rest],
    ]


def _whole(random: Random, number: int, call: Call) -> list[Event]:
    """In one piece, which a server may send twice."""
    arguments = random.choice([call.arguments, json.loads(call.arguments)])
    index = random.choice([{"index": number}, {}])
    piece = _calls({**index, "id": call.id, "function": {"name": call.name, "arguments": arguments}})
    return repeated(random, piece)


def _one_index(random: Random, number: int, call: Call) -> list[Event]:
    return _by_index(random, 0, call)


def _no_index(random: Random, number: int, call: Call) -> list[Event]:
    first, *rest = cut(random, call.arguments)
    return [
        _calls({"id": call.id, "function": {"name": call.name, "arguments": first}}),
        *[_calls({"function": {"arguments": piece}}) for piece in rest],
    ]


def _calls(*entries: dict[str, Any]) -> Event:
    return chunk({"tool_calls": list(entries)})


def repeated(random: Random, event: Event) -> list[Event]:
    return [event] * random.choice([1, 1, 2])


# --- Anthropic --------------------------------------------------------------------------------------------


def anthropic(random: Random, answer: Said) -> list[Event]:
    """By the book or nearly so."""
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if answer.thinking:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in answer.thinking]
        signature = {"type": "signature_delta", "signature": "sig"}
        blocks.append(({"type": "thinking", "thinking": ""}, [*deltas, signature]))
    blocks.append(
        ({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in answer.text])
    )
    for call in answer.calls:
        pieces = [
            {"type": "input_json_delta", "partial_json": piece} for piece in cut(random, call.arguments)
        ]
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, pieces))
    same = random.random() < 0.3
    rows = [_block(random, 0 if same else number, *block) for number, block in enumerate(blocks)]
    within = [event for row in rows for event in row] if same else interleaved(random, rows)
    start: Event = {"type": "message_start", "message": {"usage": {"input_tokens": 3}}}
    reason = "tool_use" if answer.calls else "end_turn"
    end: Event = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}}
    return [*repeated(random, start), *within, *repeated(random, end), {"type": "message_stop"}]


def _block(random: Random, index: int, begin: dict[str, Any], deltas: list[dict[str, Any]]) -> list[Event]:
    start: Event = {"type": "content_block_start", "index": index, "content_block": begin}
    stop: Event = {"type": "content_block_stop", "index": index}
    typed = random.random() < 0.8
    return [
        *(repeated(random, start) if begin["type"] == "tool_use" else [start]),
        *[
            {**({"type": "content_block_delta"} if typed else {}), "index": index, "delta": delta}
            for delta in deltas
        ],
        *repeated(random, stop),
    ]


# --- bytes ------------------------------------------------------------------------------------------------

NOISE: Final[dict[str, list[bytes]]] = {
    "openai": [b'{"choices":[]}', b'{"choices":[{"delta":null}]}', b'{"id":"x","choices":[],"x":[1]}'],
    "anthropic": [b'{"type":"ping"}', b'{"type":"vendor_event","x":1}', b"{}"],
}


def encode(random: Random, format: str, events: Sequence[Event]) -> bytes:
    """The events in one of the framings that were seen, with what means nothing between them."""
    end = random.choice([b"\n", b"\r\n", b"\r"])
    framed = random.choice([_standard, _standard, _without_blank_lines, _bare])
    body = bytearray(random.choice([b"", b"\xef\xbb\xbf"]))
    for event in events:
        if random.random() < 0.2:
            body += framed(random.choice(NOISE[format]), end)
        if random.random() < 0.2:
            body += random.choice([b": ping", b"retry: 5", b"garbage", b"id: 7", b""]) + end
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=random.random() < 0.5)
        body += framed(data.encode(), end)
    return bytes(body)


def _standard(data: bytes, end: bytes) -> bytes:
    return b"data: " + data + end + end


def _without_blank_lines(data: bytes, end: bytes) -> bytes:
    return b"data:" + data + end


def _bare(data: bytes, end: bytes) -> bytes:
    return data + end


def in_chunks(random: Random, body: bytes) -> list[bytes]:
    """The body as a network may cut it."""
    size = random.choice([1, 2, 7, 50, 1000, len(body) or 1])
    return [body[at : at + size] for at in range(0, len(body), size)]


STREAMS: Final[dict[str, Callable[[Random, Said], list[Event]]]] = {"openai": openai, "anthropic": anthropic}
