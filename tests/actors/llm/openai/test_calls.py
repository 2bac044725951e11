"""Which piece belongs to which call."""

import json
from typing import Any, cast

import pytest

from actors.llm.answers.blocks import BlockBuilder
from actors.llm.messages import ToolCallStarted
from actors.llm.openai.calls import Calls
from actors.vocabulary import ProviderData, ToolUse

A, B = '{"path": "a [\\"}"}', '{"path": "b"}'
INPUTS: dict[str, Any] = {A: json.loads(A), B: json.loads(B), "": {}}


def piece(name: str | None = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    function = {} if name is None else {"name": name}
    if arguments is not None:
        function["arguments"] = arguments
    return {"function": function, **more}


def listed(chunk: Any) -> list[Any]:
    pieces: list[Any] = cast("Any", chunk) if isinstance(chunk, list) else [chunk]
    return pieces


def heard(*chunks: Any) -> tuple[list[ToolCallStarted], list[ToolUse]]:
    """What comes of chunks, each a piece or a list of them."""
    ids = (f"new-{n}" for n in range(100))
    builder = BlockBuilder("openai", lambda: next(ids))
    calls = Calls(builder)
    assert not calls
    told = [item for chunk in chunks for item in calls.take(listed(chunk))]
    told += calls.close()
    assert list(calls.close()) == []
    assert calls
    return told, [block for block in builder.blocks(cut=False) if isinstance(block, ToolUse)]


def summary(*chunks: Any) -> list[tuple[str, str, Any]]:
    """Id, name and input of each call; what was told of them is the same."""
    told, calls = heard(*chunks)
    assert [(item.id, item.name) for item in told][: len(calls)] == [(call.id, call.name) for call in calls]
    return [(call.id, call.name, call.input if call.unreadable is None else None) for call in calls]


ONE: list[Any] = [("a", "Read", INPUTS[A])]
TWO: list[Any] = [("a", "Read", INPUTS[A]), ("b", "List", INPUTS[B])]


@pytest.mark.parametrize(
    "chunks",
    [
        [piece("Read", A, index=0, id="a"), piece("List", B, index=1, id="b")],
        [[piece("Read", A, index=0, id="a"), piece("List", B, index=1, id="b")]],
        [piece("Read", A, index=0, id="a"), piece("List", B, index=0, id="b")],
        [piece("Read", A, id="a"), piece("List", B, id="b")],
        [piece("Read", A, index="0", id="a"), piece("List", B, index=1.0, id="b")],
        [
            piece("Read", A[:5], index=0, id="a"),
            piece("List", B[:5], index=1, id="b"),
            piece(None, A[5:], index=0),
            piece(None, B[5:], index=1),
        ],
        [piece("Read", A[:5], id="a"), piece(None, A[5:]), piece("List", B[:5], id="b"), piece(None, B[5:])],
        [
            [piece("Read", A[:5], id="a"), piece("List", B[:5], id="b")],
            [piece(None, A[5:]), piece(None, B[5:])],
        ],
        [
            piece("Read", A[:5], index=3, id="a"),
            piece(None, A[5:], id="a"),
            piece("List", B, index=4, id="b"),
        ],
        [
            piece("Read", A[:5], index=3, id="a"),
            piece(None, A[5:], index=9, id="a"),
            piece("List", B, id="b"),
        ],
        [piece("Read", A, index=0, id="a"), piece("List", B, index=1, id="b")] * 2,
        [
            piece("Read", "", index=0, id="a"),
            piece(None, A, index=0),
            piece("List", json.loads(B), index=1, id="b"),
        ],
    ],
)
def test_two_calls_are_told_apart(chunks: list[Any]) -> None:
    assert summary(*chunks) == TWO


@pytest.mark.parametrize(
    "chunks",
    [
        [piece("Re", None, index=0, id="a"), piece("ad", A, index=0)],
        [piece("Re", None, index=0, id="a"), piece("Read", A, index=0)],
        [piece("Read", "", index=0, id="a"), piece("Read", A, index=0, id="a")],
        [piece("Read", A[:5], index=0, id="a"), piece("Read", A[5:], index=0, id="a")],
        [piece("Read", A[:5], index=0, id="a"), piece("Read", A[5:], index=0, id="x")],
        [piece("Read", A[:5], index=0, id="a"), piece(None, A[5:], index=0, id="x")],
        [piece("Read", A[:5], id="a"), piece(None, A[5:], id="x")],
        [piece("Read", A[:5], id="a"), piece("Read", A[5:])],
        [piece("Read", A[:5], index=0, id="a"), piece("Read", A, index=0, id="a")],
        [
            piece("Read", {"path": "x"}, index=0, id="a"),
            piece("Read", INPUTS[A], index=0, id="a"),
            piece(None, {}),
        ],
        [piece("Read", A[:8], index=0, id="a"), *[piece(None, letter, index=0) for letter in A[8:]]],
        [piece("Read", A, index=0, id="a"), piece("Read", "", index=0, id="a")],
        [{"name": "Read", "arguments": A, "id": "a", "index": True}],
    ],
)
def test_one_call_stays_one(chunks: list[Any]) -> None:
    assert summary(*chunks) == ONE


@pytest.mark.parametrize(
    ("chunks", "calls"),
    [
        ([piece("Read", A, index=0), piece("Read", B, index=0)], [("Read", A), ("Read", B)]),
        (
            [piece("Read", A, index=0), piece("List", index=0), piece(None, B, index=0)],
            [("Read", A), ("List", B)],
        ),
        ([piece("Read", A, index=0), piece("Read", A, index=0)], [("Read", A)]),
        ([piece("Read", INPUTS[A], index=0), piece("Read", INPUTS[A], index=0)], [("Read", A)]),
        ([piece("Read", A), piece("List", B)], [("Read", A), ("List", B)]),
        ([[piece("Read"), piece("List")]], [("Read", ""), ("List", "")]),
        ([piece("Read", A, index=0, id=None), piece("List", B, index=1, id="")], [("Read", A), ("List", B)]),
    ],
)
def test_calls_without_ids_get_some(chunks: list[Any], calls: list[tuple[str, str]]) -> None:
    assert summary(*chunks) == [(f"new-{n}", name, INPUTS[text]) for n, (name, text) in enumerate(calls)]


def test_an_id_of_two_calls_is_that_of_the_first() -> None:
    assert summary(piece("Read", A, index=0, id="c"), piece("List", B, index=1, id="c")) == [
        ("c", "Read", INPUTS[A]),
        ("new-0", "List", INPUTS[B]),
    ]


def test_an_id_may_be_a_number() -> None:
    assert summary(piece("Read", A, index=0, id=7)) == [("7", "Read", INPUTS[A])]


@pytest.mark.parametrize("escape", ["\\", '\\"', "\\u00"])
def test_where_arguments_end_is_seen_wherever_they_are_cut(escape: str) -> None:
    whole = '{"a": "\\"\\u0022}", "b": [{"c": 1}]}'
    at = whole.index(escape) + len(escape)
    pieces = [
        piece("Read", whole[:at], index=0),
        piece("Read", whole[at:], index=0),
        piece("Read", B, index=0),
    ]
    assert [input for _, _, input in summary(*pieces)] == [json.loads(whole), INPUTS[B]]


def test_a_call_is_told_when_its_name_is_whole() -> None:
    calls = Calls(BlockBuilder("openai", lambda: "new"))
    assert list(calls.take([piece("Re", index=0, id="a")])) == []
    assert list(calls.take([piece("ad", index=0)])) == []
    assert list(calls.take([piece(None, "{", index=0)])) == [ToolCallStarted(id="a", name="Read")]
    assert list(calls.take([piece(None, "}", index=0)])) == []


def test_a_piece_of_a_call_that_never_got_a_name_is_nothing() -> None:
    assert heard(piece(None, A, index=0)) == ([], [])
    assert heard([piece(None, A), piece(None, B)])[1] == []


def test_what_is_attached_to_a_call_is_kept_with_it() -> None:
    extra = {"google": {"thought_signature": "s"}}
    _, (call,) = heard(piece("Read", A, index=0, id="a", extra_content=extra))
    assert call.provider_data == ProviderData(origin="openai", data={"extra_content": extra})


def test_arguments_that_come_before_the_name_belong_to_it() -> None:
    chunks = [piece(None, A[:5], index=0, id="a"), piece("Read", A[5:], index=0)]
    assert summary(*chunks) == ONE


def test_two_calls_in_one_chunk_under_one_id_are_two() -> None:
    same = [piece("Read", A, index=0, id="a"), piece("Read", B, index=0, id="a")]
    assert summary(same) == [("a", "Read", INPUTS[A]), ("new-0", "Read", INPUTS[B])]
    assert summary([same[0], same[0]]) == ONE


def test_arguments_may_be_called_parameters() -> None:
    assert summary({"index": 0, "id": "a", "function": {"name": "Read", "parameters": INPUTS[A]}}) == ONE
