"""Whatever a model says: messages that Telegram takes, and no word lost."""

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.telegram.rendering import document
from actors.telegram.rendering.clean import is_visible
from actors.telegram.rendering.markup import events
from actors.telegram.rendering.split import chunks
from tests.actors.telegram.rendering.shown import checked

WORD: Final = re.compile(r"w\d+")
LIMITS = st.sampled_from([2, 3, 5, 16, 40, 300, 4096])

LETTERS = st.sampled_from([
    "👍🏽", "👨\u200d👩\u200d👧", "🇩🇪🇫", "e\u0301", "שלום", "\u200f", "\u202e", "\u200b", "\u00a0",
    "日本語", "\x00", "\x1b[0m", "\x80", "\ud83d", "&amp;", "&#7;", "\\", "<b>", "</b>", "<!--", "~",
    "|", "||", "[", "](", "]:", "*", "_", "`", "$", "#", ">", "!",
])  # fmt: skip
"""What a text may have between its words."""
SNIPPETS = st.sampled_from([
    "*", "**", "_", "~~", "~", "`", "``", "```", "\n```\n", "|", "||", "[", "]", "(", ")", "![",
    "](", "](http://a.b)", "](x)", "<", "\n> ", "\n- ", "\n1. ", "\n12) ", "\n# ", "\n", "\n\n",
    "\n  ", "\n    ", "\t", "\\", "w", "b c", "<b>", "<!--", "\n---\n", "\n===\n", "\n|-|-|\n",
    "\n|a|b|\n", ":", '"', "[ ] ", "[x] ", "[^1]", "&#0;", "\u200b", "👍🏽", "🇩🇪", "e\u0301",
    "\u2003", "\ud800",
])  # fmt: skip


@st.composite
def inline(draw: st.DrawFn, depth: int = 2) -> str:
    """Words and what is between them; ``w`` is numbered later."""
    kinds = ["words", "letters"] + ["bold", "italic", "strike", "spoiler", "code", "link", "image"] * (
        depth > 0
    )
    pieces: list[str] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        inner = draw(inline(depth - 1)) if kind not in ("words", "letters", "code") else "w"
        pieces.append(
            {
                "words": "w " * draw(st.integers(1, 9)),
                "letters": draw(LETTERS),
                "bold": f"**{inner}**",
                "italic": f"*{inner}*",
                "strike": f"~~{inner}~~",
                "spoiler": f"||{inner}||",
                "code": f"`{draw(LETTERS)} w w`",
                "link": f"[{inner}](https://a.example/)",
                "image": f"![{inner}](i.png)",
            }[kind]
        )
    return " ".join(pieces)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> str:
    kinds = ["text", "text", "heading", "code", "table", "line"] + ["list", "numbers", "quote"] * (depth > 0)
    found: list[str] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        line = draw(inline())
        inner = draw(blocks(depth - 1)) if kind in ("list", "numbers", "quote") else ""
        found.append(
            {
                "text": line,
                "heading": f"## {line}",
                "code": f"```py\nw w\n    w {draw(LETTERS)}\n\nw\n```",
                "table": f"| w | w |\n|---|:-:|\n| {line} | w |\n| w | w | w |",
                "line": "w" + draw(st.sampled_from(["x", "日", "👍", "e\u0301"])) * draw(st.integers(0, 60)),
                "list": "- " + inner.replace("\n", "\n  "),
                "numbers": "1. " + inner.replace("\n", "\n   "),
                "quote": "> " + inner.replace("\n", "\n> "),
            }[kind]
        )
    return "\n\n".join(found)


def numbered(text: str) -> str:
    """`text` with each of its words ``w`` told from the others."""
    numbers = iter(range(1_000_000))
    return re.sub(r"\bw\b", lambda _: f"w{next(numbers)}", text)


def test_the_properties_are_tried_on_texts_that_have_words() -> None:
    assert numbered("w **w** wx") == "w0 **w1** wx"


@given(blocks(), LIMITS)
def test_every_word_arrives_once_and_in_order(markdown: str, limit: int) -> None:
    source = numbered(markdown)
    page = document.page(source).text
    assert WORD.findall(page) == WORD.findall(source)
    sent = "".join(message.text for message in checked(source, limit))
    assert seen_letters(sent) == seen_letters(page)


@given(st.lists(SNIPPETS, max_size=60).map("".join) | st.text(), LIMITS)
def test_telegram_takes_whatever_is_made_of_any_text(text: str, limit: int) -> None:
    sent = "".join(message.text for message in checked(text, limit))
    assert seen_letters(sent) == seen_letters(document.page(text).text)


def seen_letters(text: str) -> str:
    return "".join(filter(is_visible, text))


HOSTILE: Final = [
    ">", "[", "![", "*a ", "*a_ ", "**", "***a", "`a``b", "||a", "||a|| ", "~~a ", "- ", "1. ",
    "> - ", "[a](", "[a](<b", "![a](b", "<a ", "<!--", "&", "\\", "|a", "|a|b|\n|-|-|\n",
    "[a]: b\n", "* a\n", "> a\n", "```\n", "# ", "a\n", "a \n", "\n", " ", "\t", "\u0301",
    "👨\u200d", "🇩", "\u200b",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_a_hostile_text(piece: str) -> None:
    """Counted in events and letters, not in seconds."""
    sizes: list[int] = []
    for times in (200, 400):
        text = piece * times
        page = document.page(text)
        sizes.append(len(events(text)[0]) + len(page.text) + len(page.spans) + len(chunks(text, 64)))
    assert sizes[1] <= 2.2 * sizes[0] + 50


def test_nesting_without_end_breaks_nothing() -> None:
    for opened, closed in (("[", "](b)"), ("![", "](b)"), ("**a *b ", "* c**"), ("> ", ""), ("- ", "")):
        text = opened * 500 + "w" + closed * 500
        assert any("w" in message.text for message in checked(text))
