"""HTML as the real server reads it; most of the cases are behaviour that its own tests hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity

from tests.fakes.telegram import entities as rules
from tests.fakes.telegram.markup import parse
from tests.fakes.telegram.refusals import Refusal

FIELD = "🏟 🏟"


def e(type: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("&lt;<abacaba", "Unclosed start tag at byte offset 13"),
        ("&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
        ("&lt;<abac>", 'Unsupported start tag "abac" at byte offset 13'),
        ("&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
        (
            "&lt;<i    aba>",
            'Expected equal sign in declaration of an attribute of the tag "i" at byte offset 13',
        ),
        ("&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
        ("&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
        ('&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
        ("&lt;<i    aba  =  '&lt;&gt;&quot;>", "Unclosed start tag at byte offset 13"),
        ("&lt;</", "Unexpected end tag at byte offset 13"),
        ("&lt;<b></b></", "Unexpected end tag at byte offset 20"),
        ("&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
        ("&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<span class=big>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 9'),
        ("<tg-emoji emoji-id=x>a</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("1 < 2", 'Unsupported start tag "" at byte offset 11'),
        ("&#xDFDF;", "Text contains invalid Unicode characters after decoding HTML entities"),
    ],
)
def test_markup_that_is_not_whole_is_refused(html: str, why: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(FIELD + html)
    assert str(caught.value) == f"Bad Request: can't parse entities: {why}"


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("", "", []),
        ("&lt;&gt;&amp;&quot;&laquo;&raquo;&#12345678;&#65;&#x42", '<>&"&laquo;&raquo;&#12345678;AB', []),
        (FIELD + "<i>🏟 &lt🏟</i>", FIELD + "🏟 <🏟", [e("italic", 5, 6)]),
        (
            FIELD + "<i>🏟 &gt;<b aba   =   caba>&lt🏟</b></i>",
            FIELD + "🏟 ><🏟",
            [e("italic", 5, 7), e("bold", 9, 3)],
        ),
        ("<I aba  =  '&lt;&gt;&quot;'  >a</>", "a", [e("italic", 0, 1)]),
        ("<i>a</i   ><b></b>", "a", [e("italic", 0, 1)]),
        *((f"<{tag}>a</{tag}>", "a", [e("underline", 0, 1)]) for tag in ("u", "ins")),
        *((f"<{tag}>a</{tag}>", "a", [e("strikethrough", 0, 1)]) for tag in ("s", "strike", "del")),
        ("<tg-spoiler>a</tg-spoiler>", "a", [e("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">a</span>', "a", [e("spoiler", 0, 1)]),
        ("<blockquote>a</blockquote>", "a", [e("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [e("expandable_blockquote", 0, 1)]),
        ('<tg-emoji emoji-id="53">a</tg-emoji>', "a", [e("custom_emoji", 0, 1, custom_emoji_id="53")]),
        (
            "<a   href=  'telegram.org?&lt;'   > </a>",
            " ",
            [e("text_link", 0, 1, url="http://telegram.org/?<")],
        ),
        ("<a>telegram.org</a>", "telegram.org", [e("text_link", 0, 12, url="http://telegram.org/")]),
        ("<a> </a><a href=word>b</a>", " b", []),
        (FIELD + "<pre  >" + FIELD + "</>", FIELD * 2, [e("pre", 5, 5)]),
        ("<pre><code>a</code></pre>", "a", [e("pre", 0, 1)]),
        ('<pre><code class="language-">a</code></pre>', "a", [e("pre", 0, 1)]),
        ('<pre><code class="language-fift">a</></>', "a", [e("pre", 0, 1, language="fift")]),
        ('<code class="language-fift"><pre>a</></>', "a", [e("pre", 0, 1, language="fift")]),
        ('<pre><code class="language-fift">a</> </>', "a ", [e("pre", 0, 2), e("code", 0, 1)]),
        ('<code class="big">a</code>', "a", [e("code", 0, 1)]),
    ],
)
def test_markup_becomes_text_and_entities(html: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse(html) == (text, entities)


CHARACTERS = st.text("ab <&\"'👉\n", min_size=1, max_size=20)
TYPES = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link"]


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A text and valid entities of it, of which no two cover the same."""
    text = draw(CHARACTERS)
    ends = sorted({rules.units(text[:end]) for end in range(len(text) + 1)})
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 5))):
        begin, end = sorted(draw(st.lists(st.sampled_from(ends), min_size=2, max_size=2, unique=True)))
        kind = draw(st.sampled_from(TYPES))
        url = {"url": "https://a.example/?b=c&d"} if kind == "text_link" else {}
        entity = e(kind, begin, end - begin, **url)
        try:
            rules.check(text, [*found.values(), entity])
        except Refusal:
            continue
        found.setdefault((begin, end), entity)
    return text, list(found.values())


@given(messages())
def test_what_another_client_writes_as_html_is_read_as_it_was(
    message: tuple[str, list[dict[str, Any]]],
) -> None:
    text, found = message
    found.sort(key=lambda each: (each["offset"], -each["length"]))
    as_received = [MessageEntity(**each) for each in found]
    sent = Message(1, datetime.now(UTC), Chat(7, "private"), text=text, entities=as_received)
    assert parse(sent.text_html) == (text, found)
