"""Mails that have only HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email.htmltext import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>At <b>five</b>.</p><p>Bring\n   tea &amp; milk.</p>", "At five.\n\nBring tea & milk."),
        ("<html><head><title>x</title><style>p {}</style><body><div>a</div><div>b</div>", "a\nb"),
        ("<title>never ended<body>a", "a"),
        ("a<br>b<br/>c<hr>d", "a\nb\nc\nd"),
        ("<ul><li>tea</li><li>milk</li></ul>", "- tea\n- milk"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><th>3</th></tr></table>", "1 2\n3"),
        ("a<script>alert('x')</script>b</script>c", "abc"),
        ("New.<blockquote>Old.<blockquote>Older.</blockquote></blockquote>", "New.\n\n> Old.\n>\n>> Older."),
        ("a</blockquote>b", "a\n\nb"),
        ("<p></p><p> </p><div></div>a", "a"),
        ("<!-- x -->a<!doctype html>", "a"),
        ("", ""),
    ],
)
def test_what_a_reader_sees(html: str, text: str) -> None:
    assert text_of(html) == text


@given(st.text(alphabet='<>/abp!-="& li', max_size=80))
def test_anything_is_read(html: str) -> None:
    text_of(html)
