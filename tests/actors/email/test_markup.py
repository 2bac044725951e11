"""Markdown as HTML for mails."""

from html.parser import HTMLParser

import pyromark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.email.markup import html_of


def inside(markdown: str) -> str:
    page = html_of(markdown)
    begin, _, rest = page.partition("<body>\n")
    assert begin == '<!doctype html>\n<html><head><meta charset="utf-8"></head>'
    assert rest.endswith("</body></html>\n")
    return rest.removesuffix("</body></html>\n").strip()


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a *b* **c** ~~d~~ `<e>`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>&lt;e&gt;</code></p>"),
        ("a\nb  \nc\n\n---", "<p>a\nb<br>\nc</p>\n<hr>"),
        ("## A\n\n> b", "<h2>A</h2>\n<blockquote><p>b</p>\n</blockquote>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li>\n<li>b</li>\n</ol>'),
        ("- [x] a\n- [ ] b", "<ul><li>☑ a</li>\n<li>☐ b</li>\n</ul>"),
        ("```py\na<b\n```", "<pre><code>a&lt;b\n</code></pre>"),
        (
            "|a|b|\n|-|-:|\n|1|2|",
            "<table><tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>",
        ),
        ('[a](https://x.org/?b&c "t")', '<p><a href="https://x.org/?b&amp;c">a</a></p>'),
        ("<mailto:a@b.org>", '<p><a href="mailto:a@b.org">mailto:a@b.org</a></p>'),
        ("![a *b*](https://x.org/c.png)", '<p><a href="https://x.org/c.png">a <em>b</em></a></p>'),
        ("[![a](https://x.org/b)](https://x.org/c)", '<p><a href="https://x.org/c">a</a></p>'),
        ("[a](javascript:alert)  [b](/c)", "<p>a  b</p>"),
        ("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>"),
        ("<script>\nx\n</script>", "<p>&lt;script&gt;\nx\n&lt;/script&gt;</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_html_and_html_stays_text(markdown: str, html: str) -> None:
    assert inside(markdown) == html


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = {"a": {"href"}, "ol": {"start"}, "meta": {"charset"}}
        assert {name for name, _ in attrs} <= allowed.get(tag, set())
        assert all(
            str(value).lower().startswith(("http", "mailto:")) for name, value in attrs if name == "href"
        )
        if tag not in {"br", "hr", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.text(alphabet='<>/ab*_~`|-#![]()":&=.\n \t1xj+\\') | st.text())
def test_whatever_is_written_the_page_is_well_formed_and_loads_nothing(markdown: str) -> None:
    tags = _Tags()
    tags.feed(html_of(markdown.encode("utf-8", "replace").decode()))
    tags.close()
    assert tags.open == []


def test_a_panic_of_the_parser_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        __module__ = "pyo3_runtime"

    def fails(kind: type[BaseException]) -> None:
        def raises(*_: object, **__: object) -> None:
            raise kind

        monkeypatch.setattr(pyromark, "events", raises)

    fails(Panic)
    assert inside("*a* <b>") == "<pre>*a* &lt;b&gt;</pre>"
    fails(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        html_of("a")
