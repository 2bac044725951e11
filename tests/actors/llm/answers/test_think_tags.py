"""Reasoning between tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.answers.think_tags import ThinkTags


def told(text: str, sizes: list[int]) -> dict[str, str]:
    tags, at = ThinkTags(), 0
    said = {"text": "", "thinking": ""}
    for size in [*sizes, len(text)]:
        for kind, piece in tags.feed(text[at : at + size]):
            said[kind] += piece
        at += size
    for kind, piece in tags.close():
        said[kind] += piece
    return said


TEXTS = pytest.mark.parametrize(
    ("text", "thinking", "words"),
    [
        ("Hi", "", "Hi"),
        ("  Hi", "", "  Hi"),
        ("<think>hm</think>\n\nHi", "hm", "Hi"),
        ("\n<thinking>h<m</thinking>Hi <think>", "h<m", "Hi <think>"),
        ("<think>a</think> <thought>b</thought>c", "ab", "c"),
        ("<think>hm</thi", "hm</thi", ""),
        ("<thin", "", "<thin"),
        ("<b>Hi</b> <think>no</think>", "", "<b>Hi</b> <think>no</think>"),
        (" " * 300 + "<think>x", "", " " * 300 + "<think>x"),
        ("<Think>hm</THINK>Hi", "hm", "Hi"),
        ("[THINK]hm[/THINK]Hi", "hm", "Hi"),
        ("\u25c1think\u25b7hm\u25c1/think\u25b7Hi", "hm", "Hi"),
        ("<seed:think>\u0130 hm</seed:think>Hi", "\u0130 hm", "Hi"),
        ("<think>\n\n</think>\n\nHi", "", "Hi"),
        ("", "", ""),
    ],
)


@TEXTS
@pytest.mark.parametrize("piece", [1, 1000])
def test_what_stands_before_all_words_is_reasoning(text: str, thinking: str, words: str, piece: int) -> None:
    assert told(text, [piece] * len(text)) == {"text": words, "thinking": thinking}


@TEXTS
@given(sizes=st.lists(st.integers(0, 9), max_size=9))
def test_only_what_stands_before_all_words_is_reasoning(
    text: str, thinking: str, words: str, sizes: list[int]
) -> None:
    assert told(text, sizes) == {"text": words, "thinking": thinking}
