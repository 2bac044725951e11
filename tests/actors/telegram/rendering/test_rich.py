"""What Markdown looks like on Telegram."""

from typing import Final

import pytest

from actors.telegram.rendering.document import RULE
from actors.telegram.rendering.rich import Entity, Rich, units
from tests.actors.telegram.rendering.shown import Seen, shown

LINES: Final[list[tuple[str, Seen]]] = [
    ("plain text", ("plain text", [])),
    ("**b** __b__", ("b b", [("bold", "b"), ("bold", "b")])),
    ("*i* _i_", ("i i", [("italic", "i"), ("italic", "i")])),
    ("~~gone~~", ("gone", [("strikethrough", "gone")])),
    ("`a < b && c`", ("a < b && c", [("code", "a < b && c")])),
    ('[text](https://a.example/?q="x"&y=1)', ("text", [("text_link", "text", 'https://a.example/?q="x"&y=1')])),
    ("a < b & c > d", ("a < b & c > d", [])),
    ("&lt;b&gt; &amp; &copy;", ("<b> & ©", [])),
    ("some_snake_case and 2 * 3 * 4", ("some_snake_case and 2 * 3 * 4", [])),
    (r"\*stars\* and C:\path\new", (r"*stars* and C:\path\new", [])),
    ("**unclosed and `tick", ("**unclosed and `tick", [])),
    ("one\ntwo  \nthree\\\nfour", ("one\ntwo\nthree\nfour", [])),
    ("one\n\n\n\ntwo", ("one\n\ntwo", [])),
    ("👍🏽 **b**", ("👍🏽 b", [("bold", "b")])),
    ("a\x00b\x07c\x1bd\r\ne\u2028f\u202eg \ud800", ("abcd\ne\nfg \ufffd", [])),
    ("&#7;a &#x80;b &#x81;c d&#9;e", ("a b ~c d    e", [])),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "expected"), LINES)
def test_text_and_what_is_within_a_line(markdown: str, expected: Seen) -> None:
    assert shown(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold *both* bold**", [("bold", "bold both bold"), ("italic", "both")]),
        ("*i **both***", [("italic", "i both"), ("bold", "both")]),
        ("*i **both***__b__", [("italic", "i both"), ("bold", "both"), ("bold", "b")]),
        ("**bold `code` bold**", [("bold", "bold"), ("code", "code"), ("bold", "bold")]),
        ("**bold **still** bold**", [("bold", "bold still bold")]),
        ("[**b** `c`](http://a.example)", [("text_link", "b c", "http://a.example"), ("bold", "b")]),
        ("# Head **b** `c`", [("bold", "Head b"), ("code", "c")]),
        ("> *i*\n> ```\n> x\n> ```", [("blockquote", "i\n\nx"), ("italic", "i"), ("pre", "x")]),
        ("**||x||**", [("bold", "x"), ("spoiler", "x")]),
        ("**a ||b** c||", [("bold", "a b"), ("spoiler", "b"), ("spoiler", "c")]),
        ("||a `b`||", [("spoiler", "a b")]),
    ],
)
def test_formats_within_formats_never_overlap_in_part(markdown: str, expected: list[tuple[str, ...]]) -> None:
    assert shown(markdown)[1] == expected


@pytest.mark.parametrize(
    "text",
    [
        "a||b||c",
        "a || b || c",
        "(a||b) and (c||d)",
        "||open",
        "||||",
        "|||x|||",
        "||a ||",
        r"\|\|x\|\|",
        r"\||x||",
        "||a\n\nb||",
    ],
)
def test_bars_that_hide_nothing_stay(text: str) -> None:
    assert shown(text) == (text.replace("\\", ""), [])


def test_a_spoiler_may_stand_by_punctuation_and_beside_another() -> None:
    assert shown("He is (||dead||), ||a|| ||b||.") == (
        "He is (dead), a b.",
        [("spoiler", "dead"), ("spoiler", "a"), ("spoiler", "b")],
    )


@pytest.mark.parametrize("text", ["~5 to ~6", "5~10, 11~12", "a ~b~ c", "~", "x~~"])
def test_single_tildes_stay(text: str) -> None:
    assert shown(text) == (text, [])


def test_a_tilde_in_code_or_a_link_is_one() -> None:
    assert shown(r"`ls ~` \~ [me](http://a.example/~me)") == (
        "ls ~ ~ me",
        [("code", "ls ~"), ("text_link", "me", "http://a.example/~me")],
    )


@pytest.mark.parametrize(
    "text",
    [
        "<b>x</b>",
        "<div>\nblock\n</div>",
        "a <!-- comment --> b",
        "<?php x ?>",
        "<!DOCTYPE html>",
        "<script>\nlet a\n</script>",
        "Ada <ada@a.example>",
        "[note]: http://a.example",
        "[a][1] [b]\n\n[1]: /x 'title'",
        "a[^1]\n\n[^1]: note",
        "$x^2$ and :tada:",
        "#tag",
        "#1",
    ],
)
def test_what_is_no_markdown_here_stays_text(text: str) -> None:
    assert shown(text) == (text, [])


def test_html_may_have_markdown_within() -> None:
    assert shown("<details>**b**</details>\n`<i>`") == (
        "<details>b</details>\n<i>",
        [("bold", "b"), ("code", "<i>")],
    )


BLOCKS: Final[list[tuple[str, Seen]]] = [
    ("# One\ntext", ("One\n\ntext", [("bold", "One")])),
    ("###### Six ##", ("Six", [("bold", "Six")])),
    ("Title\n===", ("Title", [("bold", "Title")])),
    ("a\n\n---\n\nb", (f"a\n\n{RULE}\n\nb", [])),
    ("> a\n> b\n>\n> c\n\nd", ("a\nb\n\nc\n\nd", [("blockquote", "a\nb\n\nc")])),
    ("> a\n\n> b", ("a\n\nb", [("blockquote", "a"), ("blockquote", "b")])),
    ("> a\n>> b\n>\n> c", ("a\n\nb\n\nc", [("blockquote", "a\n\nb\n\nc")])),
    ("> - a\n> - b", ("• a\n• b", [("blockquote", "• a\n• b")])),
    ("> > a\n\nb", ("a\n\nb", [("blockquote", "a")])),
]


@pytest.mark.parametrize(("markdown", "expected"), BLOCKS)
def test_headings_quotations_and_rules(markdown: str, expected: Seen) -> None:
    assert shown(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("* one\n* two", "• one\n• two"),
        ("- a\n  - b\n    - c\n- d", "• a\n  • b\n    • c\n• d"),
        ("1. a\n2. b\n   - c", "1. a\n2. b\n  • c"),
        ("5) a\n6) b", "5) a\n6) b"),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c"),
        ("3. Oktober\n25. Dezember\n1. Mai", "3. Oktober\n25. Dezember\n1. Mai"),
        ("  7. a\n  8. b", "7. a\n8. b"),
        ("- [ ] todo\n- [x] done\n\n1. [x] first", "☐ todo\n☑ done\n\n1. ☑ first"),
        ("- a\n  b\n\n  c\n- d", "• a\n  b\n\n  c\n\n• d"),
        ("- \n- b", "• \n• b"),
        ("1. - a", "1. • a"),
        ("- ***", f"• {RULE}"),
        ("text\n- a\n\ntext", "text\n\n• a\n\ntext"),
        ("- > q", "• q"),
        ("- # H\n  t", "• H\n\n  t"),
        ("-", "•"),
    ],
)
def test_lists(markdown: str, text: str) -> None:
    assert shown(markdown)[0] == text


def test_what_is_nested_without_end_is_indented_within_bounds() -> None:
    deep = shown("\n".join(f"{'  ' * depth}- x" for depth in range(50)))[0]
    assert max(len(line) - len(line.lstrip()) for line in deep.split("\n")) == 16
    assert deep.count("• x") == 50


CODE: Final[list[tuple[str, Seen]]] = [
    ("```py\nif a < b:\n\n    c\n\n\n```\nd", ("if a < b:\n\n    c\n\nd", [("pre", "if a < b:\n\n    c", "py")])),
    ("```\n**x** &amp; \\*\n```", ("**x** &amp; \\*", [("pre", "**x** &amp; \\*")])),
    ("~~~c++\nx\n~~~", ("x", [("pre", "x", "c++")])),
    ("    a\n    b", ("a\nb", [("pre", "a\nb")])),
    ("```\n[a]: <b> ~ \\|\n```", ("[a]: <b> ~ \\|", [("pre", "[a]: <b> ~ \\|")])),
    ("```py\nnot closed", ("not closed", [("pre", "not closed", "py")])),
    ("```This is a sentence.\nx\n```", ("This is a sentence.\nx", [("pre", "This is a sentence.\nx")])),
    ("```go\n\tx\n```", ("x", [("pre", "x", "go")])),
    ("```go\na\n\tx\n```", ("a\n    x", [("pre", "a\n    x", "go")])),
    ("- a\n  ```sh\n  ls\n  ```", ("• a\n\nls", [("pre", "ls", "sh")])),
    ("- ```\n  ls\n  ```\n- b", ("• \nls\n\n• b", [("pre", "ls")])),
    ("a\n```\n```\nb", ("a\n\nb", [])),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "expected"), CODE)
def test_code(markdown: str, expected: Seen) -> None:
    assert shown(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[js](javascript:alert(1))", "js (javascript:alert(1))"),
        ("[file](docs/a.md)", "file (docs/a.md)"),
        ("[here](http://localhost:8080/x)", "here (http://localhost:8080/x)"),
        ("[Ada](tg://user?id=1)", "Ada (tg://user?id=1)"),
        ("[mail](mailto:ada@a.example)", "mail (ada@a.example)"),
        ("[ada@a.example](mailto:ada@a.example)", "ada@a.example"),
        ("<mailto:ada@a.example>", "<mailto:ada@a.example>"),
        ("![chart](chart.png)", "chart (chart.png)"),
        ("![](chart.png)", "chart.png"),
        ("[x.md](x.md)", "x.md"),
        ("[x]()", "x"),
        ('[x](y "Title")', "x (y Title)"),
        (f"[{'x' * 3000}](y)", f"{'x' * 3000} (y)"),
    ],
)
def test_links_that_telegram_would_refuse_are_spelled_out(markdown: str, text: str) -> None:
    assert shown(markdown) == (text, [])


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("<https://a.example/x>", ("https://a.example/x", [("text_link", "https://a.example/x", "https://a.example/x")])),
        ("![alt](https://a.example/i.png)", ("alt", [("text_link", "alt", "https://a.example/i.png")])),
        ("[](https://a.example)", ("https://a.example", [("text_link", "https://a.example", "https://a.example")])),
        ("[ &#32;](https://a.example)", ("https://a.example", [("text_link", "https://a.example", "https://a.example")])),
        ('[t](https://a.example "Title")', ("t (Title)", [("text_link", "t", "https://a.example")])),
        ("[![alt](https://b.example)](https://a.example)", ("alt", [("text_link", "alt", "https://a.example")])),
        ("[![alt](https://b.example)](a.md)", ("alt (a.md)", [("text_link", "alt", "https://b.example")])),
        ("[chat](tg://resolve?domain=x)", ("chat", [("text_link", "chat", "tg://resolve?domain=x")])),
        ("[a](<https://a.example/b c>)", ("a", [("text_link", "a", "https://a.example/b c")])),
    ],
)  # fmt: skip
def test_links(markdown: str, expected: Seen) -> None:
    assert shown(markdown) == expected


def test_an_entity_counts_and_names_as_the_bot_api_does() -> None:
    link = Entity(type="text_link", offset=2, length=3, url="http://a.example")
    assert link.json() == {"type": "text_link", "offset": 2, "length": 3, "url": "http://a.example"}
    assert units("a👍é") == 4


def test_a_line_may_be_put_above_a_message() -> None:
    message = Rich(text="b", entities=(Entity(type="bold", offset=0, length=1),))
    assert message.below("⚠ 👍") == Rich(text="⚠ 👍\nb", entities=(Entity(type="bold", offset=5, length=1),))
