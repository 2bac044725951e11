import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.answer import CharacterJoiner, Draft, joined, read_input
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta, ToolCallStarted
from actors.vocabulary import RedactedThinking, Text, Thinking, ToolUse


def draft() -> Draft:
    return Draft(lambda: "made-up")


def test_blocks_come_in_the_order_in_which_they_began() -> None:
    d = draft()
    d.begin(0, "thinking")
    d.begin(1, "text")
    d.begin(2, "call")
    d.name_call(2, id="c", name="FileRead")
    d.add(1, "Hel")
    d.add(2, '{"path": ')
    d.add(0, "hm")
    d.add(1, "lo")
    d.add(2, '"a"}')
    d.sign(0, "s1")
    d.sign(0, "s2")
    assert d.blocks(cut=False) == (
        Thinking(text="hm", signature="s1s2"),
        Text(text="Hello"),
        ToolUse(id="c", name="FileRead", input={"path": "a"}),
    )


def test_empty_blocks_are_left_out() -> None:
    d = draft()
    for key, kind in enumerate(("text", "thinking", "call")):
        d.begin(key, kind)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    d.add(0, " \n")
    assert d.blocks(cut=False) == ()


def test_thinking_that_is_only_a_signature_is_kept() -> None:
    d = draft()
    d.begin(0, "thinking")
    d.sign(0, "s")
    d.begin(1, "redacted")
    d.add(1, "xyz")
    assert d.blocks(cut=False) == (Thinking(text="", signature="s"), RedactedThinking(data="xyz"))


def test_fragments_of_a_block_that_never_began_are_dropped() -> None:
    d = draft()
    d.add(7, "x")
    d.sign(7, "x")
    assert d.blocks(cut=False) == ()


def test_a_missing_or_repeated_id_is_made_up() -> None:
    ids = iter(["new-1", "new-2"])
    d = Draft(lambda: next(ids))
    for key, id in ((0, "a"), (1, "a"), (2, None)):
        d.begin(key, "call")
        d.name_call(key, id=id, name="T")
    assert [block.id for block in d.blocks(cut=False) if isinstance(block, ToolUse)] == [
        "a",
        "new-1",
        "new-2",
    ]


def test_a_call_is_announced_once_and_when_its_name_is_known() -> None:
    d = draft()
    d.begin(0, "call")
    assert d.name_call(0, id="a", name=None) is None
    assert d.name_call(0, id=None, name="T") == ("a", "T")
    assert d.name_call(0, id="b", name="T") is None


def test_no_input_at_all_is_an_empty_object() -> None:
    assert read_input("", cut=False) == ({}, None)
    assert read_input(" \n", cut=False) == ({}, None)


@pytest.mark.parametrize(
    "text", ['{"a": ', "[1]", '"text"', "3", "null", "{'a': 1}", '{"a": NaN}', '{"a": "\\ud800"}']
)
def test_input_that_is_no_json_object_says_why(text: str) -> None:
    input, why = read_input(text, cut=False)
    assert input == {}
    assert why is not None
    assert "not run" in why


def test_deeply_nested_input_says_why() -> None:
    assert read_input('{"a":' * 100_000, cut=False)[1] is not None


@pytest.mark.parametrize("text", ["", '{"path": "a', '{"path"'])
def test_input_cut_at_the_token_limit_says_so(text: str) -> None:
    input, why = read_input(text, cut=True)
    assert input == {}
    assert why is not None
    assert "cut off at the token limit" in why


def test_input_that_was_whole_before_the_cut_is_used() -> None:
    assert read_input('{"path": "a"}', cut=True) == ({"path": "a"}, None)


def test_only_the_last_block_of_a_cut_answer_counts_as_cut() -> None:
    d = draft()
    for key in (0, 1):
        d.begin(key, "call")
        d.name_call(key, id=str(key), name="T")
    first, second = d.blocks(cut=True)
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.unreadable is None
    assert second.unreadable is not None


def test_input_may_come_as_an_object() -> None:
    d = draft()
    d.begin(0, "call")
    d.name_call(0, id="a", name="T")
    d.give(0, {"x": {"y": []}})
    assert d.blocks(cut=False) == (ToolUse(id="a", name="T", input={"x": {"y": []}}),)


@given(st.text(), st.lists(st.integers(0, 20)))
def test_halves_of_characters_are_joined(text: str, cuts: list[int]) -> None:
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    escaped = text.encode("utf-16-le")
    units = [escaped[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(escaped), 2)]
    joiner = CharacterJoiner()
    pieces: list[str] = []
    at = 0
    for cut in [*cuts, len(units)]:
        pieces.append(joiner.join("".join(units[at : at + cut])))
        at += cut
    pieces.append(joiner.join("".join(units[at:])))
    assert "".join(pieces) == text
    json.dumps(pieces, ensure_ascii=False).encode()


def test_a_lone_half_is_replaced() -> None:
    joiner = CharacterJoiner()
    assert joiner.join("a\ude00b") == "a\ufffdb"
    assert joiner.join("\ud83d") == ""
    assert joiner.join("c") == "\ufffdc"


def test_pieces_of_text_that_follow_each_other_are_told_as_one() -> None:
    pieces: list[CompletionEvent] = [
        ThinkingDelta(text="h"),
        ThinkingDelta(text="m"),
        TextDelta(text="Hel"),
        TextDelta(text="lo"),
        ToolCallStarted(id="c", name="FileRead"),
        TextDelta(text="!"),
    ]
    assert list(joined(pieces)) == [
        ThinkingDelta(text="hm"),
        TextDelta(text="Hello"),
        ToolCallStarted(id="c", name="FileRead"),
        TextDelta(text="!"),
    ]


def test_text_that_came_before_an_error_is_told_before_it() -> None:
    def broken() -> Iterator[CompletionEvent]:
        yield TextDelta(text="Hel")
        yield TextDelta(text="lo")
        raise ValueError

    told: list[CompletionEvent] = []
    with pytest.raises(ValueError):  # noqa: PT011 - it is the one above
        told.extend(joined(broken()))
    assert told == [TextDelta(text="Hello")]


@given(st.lists(st.builds(TextDelta, text=st.text()) | st.builds(ThinkingDelta, text=st.text())))
def test_joining_loses_no_text_and_moves_none(
    pieces: list[TextDelta | ThinkingDelta],
) -> None:
    told = [item for item in joined(pieces) if isinstance(item, TextDelta | ThinkingDelta)]
    assert all(type(one) is not type(other) for one, other in pairwise(told))
    for kind in (TextDelta, ThinkingDelta):
        assert [letter for piece in pieces if type(piece) is kind for letter in piece.text] == [
            letter for piece in told if type(piece) is kind for letter in piece.text
        ]
