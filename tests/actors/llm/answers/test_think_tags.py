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


@pytest.mark.parametrize(
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
        ("", "", ""),
    ],
)
@given(sizes=st.lists(st.integers(0, 9), max_size=9))
def test_only_what_stands_before_all_words_is_reasoning(
    text: str, thinking: str, words: str, sizes: list[int]
) -> None:
    assert told(text, sizes) == {"text": words, "thinking": thinking}
