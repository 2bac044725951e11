"""What is made of pages, PDFs and results: one call each, without a process."""

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.web import reading
from actors.web.reading import Unreadable, duckduckgo, main, page, pdf
from tests.actors.web.pdfs import pdf as made

WORDS = "These are the words of an article that somebody has written, and there are enough of them. " * 3


def markdown(html: str, url: str = "https://site.example/a/b") -> str:
    return str(page(html.encode(), url=url)["text"])


def test_a_page_as_markdown() -> None:
    html = f"""<!doctype html><title> The
      Title </title><main><h1>Head</h1><p>{WORDS}</p><p>Some <b>bold</b> <a href="../c?d=1">link</a>.</p>
      <ul><li>one<li>two</ul><table><tr><th>a<th>b<tr><td>1<td>2</table><pre><code>x = 1\n\n\n\ny</code></pre></main>"""
    got = page(html.encode(), url="https://site.example/a/b")

    assert got["title"] == "The Title"
    assert got["text"] == (
        f"# Head\n\n{WORDS.strip()}\n\nSome **bold** [link](https://site.example/c?d=1).\n\n- one\n- two\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\nx = 1\n\n\ny\n```"
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var hidden</script>",
        "<style>.hidden{}</style>",
        "<noscript>hidden</noscript>",
        "<svg><text>hidden</text></svg>",
        "<canvas>hidden</canvas>",
        "<iframe>hidden</iframe>",
        "<template>hidden</template>",
        "<object>hidden</object>",
        "<embed alt=hidden>",
        "<meta name=hidden content=hidden>",
        "<link title=hidden>",
        "<!-- hidden -->",
        "<dialog>hidden</dialog>",
        "<p hidden>hidden</p>",
        "<div aria-hidden='TRUE'><p>hidden</p></div>",
        "<p style='display:none'>hidden</p>",
        "<p style='color:red; DISPLAY : None !important ;x:y'>hidden</p>",
        "<p style='visibility: hidden'>hidden</p>",
        "<p style='visibility:collapse'>hidden</p>",
        "<div style='display:none'><div><p>hidden</p></div></div>",
        "<div hidden><main>hidden</main></div>",
        "<div hidden><div style='display:none'>hidden</div></div>",
    ],
)
def test_what_nobody_sees_is_left_out(hidden: str) -> None:
    for around in ("{}", "<div>{}</div>", "<div><section>{}</section></div>"):
        for frame in (
            "<body><p>seen</p>{}<p>seen too</p>",
            f"<main><p>seen</p>{WORDS}{{}}<p>seen too</p></main>",
        ):
            got = markdown(frame.format(around.format(hidden)))
            assert "hidden" not in got
            assert "seen" in got
            assert "seen too" in got


def test_a_clean_page_is_left_as_it_is() -> None:
    assert markdown("<p style='color: red'>one</p><p>two</p>") == "one\n\ntwo"
    assert markdown("<p style>one</p>") == "one"


def test_the_main_part_stands_for_the_page() -> None:
    around = "<nav><a href=/>Home</a></nav>{}<footer>Imprint</footer>"
    for main_part in (
        f"<main>{WORDS}</main>",
        f"<div role=main>{WORDS}</div>",
        f"<article>{WORDS}</article>",
    ):
        assert markdown(around.format(main_part)) == WORDS.strip()


def test_without_a_main_part_what_stands_around_is_left_out() -> None:
    around = "<nav>Home</nav><aside>Also</aside><div role=banner>Brand</div>{}<footer>Imprint</footer>"
    assert markdown(around.format(f"<div>{WORDS}</div>")) == WORDS.strip()
    two = markdown(around.format(f"<article>{WORDS}1</article><article>{WORDS}2</article>"))
    assert (WORDS + "1" in two, WORDS + "2" in two, "Imprint" in two) == (True, True, False)


def test_a_short_page_is_shown_whole() -> None:
    got = markdown("<nav>Home</nav><main><h1>Price</h1>19</main><footer>Imprint</footer>")
    assert ("Home" in got, "# Price" in got, "Imprint" in got) == (True, True, True)


@pytest.mark.parametrize(
    "html",
    ["", "<", "<p", "<p>a<div>b</p></span>", "</body></html>", "plain", "<a href='http://['>x</a>", "\0"],
)
@pytest.mark.parametrize("url", ["https://site.example/", "", "no address"])
def test_no_page_is_too_broken(html: str, url: str) -> None:
    markdown(html, url)


@given(st.text(alphabet="<>/ab'\"= \0&;#!-é\ud7ff", max_size=200))
def test_no_text_is_too_broken(html: str) -> None:
    page(html.encode()).get("text", "").encode()


def test_no_more_than_two_blank_lines_in_a_row() -> None:
    assert markdown("<pre>a\n\n\n\n\n\nb\n\nc\n \n\t\n\n\nd</pre>") == "```\na\n\n\nb\n\nc\n\n\nd\n```"


def test_a_page_in_another_encoding() -> None:
    assert page("<p>да".encode("koi8-r"), content_type="text/html; charset=koi8-r")["text"] == "да"
    assert page("<p>añ".encode()[:-1], whole=False)["text"] == "a"


# --- PDFs -------------------------------------------------------------------------------------------------


def test_the_text_of_a_pdf_by_pages() -> None:
    got = pdf(made("Hello", "", "World", title="A  title"))
    assert got == {"title": "A title", "text": "[page 1]\nHello\n\n[page 3]\nWorld"}
    assert pdf(made("Hello"))["title"] == ""


def test_a_pdf_without_text_says_so() -> None:
    with pytest.raises(Unreadable, match="there is no text in the PDF, which has 2 pages"):
        pdf(made("", ""))


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4", made("Hello")[:150], b"%PDF-1.4\n" + b"\xff" * 500])
def test_a_broken_pdf_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable, match="PDF"):
        pdf(body)


@given(st.integers(0, 800), st.binary(min_size=1, max_size=8))
def test_a_damaged_pdf_is_read_or_refused(at: int, damage: bytes) -> None:
    whole = made("Hello", "World")
    with contextlib.suppress(Unreadable):
        assert pdf(whole[:at] + damage + whole[at + len(damage) :])["text"]


# --- DuckDuckGo -------------------------------------------------------------------------------------------


def result(href: str, title: str = "<b>Ti</b>tle", about: str = "About <b>it</b>", more: str = "") -> str:
    """As html.duckduckgo.com writes it."""
    return f"""
    <div class="result results_links results_links_deep web-result {more}">
      <div class="links_main links_deep result__body">
        <h2 class="result__title"><a rel="nofollow" class="result__a" href="{href}">{title}</a></h2>
        <div class="result__extras"><div class="result__extras__url">
          <a class="result__url" href="{href}"> site.example </a></div></div>
        {f'<a class="result__snippet" href="{href}">{about}</a>' if about else ""}
        <div class="clear"></div>
      </div>
    </div>"""


def results(*found: str) -> bytes:
    return f"<html><body><div id='links' class='results'>{''.join(found)}</div></body></html>".encode()


def test_the_results_of_duckduckgo() -> None:
    counted = "//duckduckgo.com/l/?uddg=https%3A%2F%2Fsite.example%2Fa%3Fb%3D1%26c%3D2&amp;rut=0123"
    paid = "https://duckduckgo.com/y.js?ad_domain=shop.example&amp;ad_provider=bing"
    got = duckduckgo(
        results(
            result(paid, more="result--ad"),
            result(counted),
            result("https://direct.example/", about=""),
            result(paid),
            result("javascript:alert(1)"),
            "<div class='result'>nothing</div>",
            "<div class='result'><a class='result__a'>nowhere</a></div>",
        )
    )
    assert got == {
        "hits": [
            {"title": "Title", "url": "https://site.example/a?b=1&c=2", "description": "About it"},
            {"title": "Title", "url": "https://direct.example/", "description": ""},
        ]
    }


def test_duckduckgo_may_have_nothing() -> None:
    nothing = (
        "<div class='result results_links result--no-result'><div class='no-results'>No results.</div></div>"
    )
    assert duckduckgo(results(nothing)) == {"hits": []}


def test_duckduckgo_may_ask_who_asks() -> None:
    with pytest.raises(Unreadable, match="whether a person asks"):
        duckduckgo(
            b"<form id=challenge-form><div class=anomaly-modal__title>Unfortunately, bots use DuckDuckGo too.</div>"
        )


def test_a_page_that_is_no_list_of_results_says_so() -> None:
    with pytest.raises(Unreadable, match="not what it was"):
        duckduckgo(b"<h1>Welcome to the new DuckDuckGo</h1>")


# --- as a process does it ---------------------------------------------------------------------------------


def told(kind: str, body: bytes, **how: object) -> dict[str, object]:
    taken = io.BytesIO()
    main(kind, how, io.BytesIO(body), taken)
    return dict(json.loads(taken.getvalue()))


def test_an_order_and_a_body_become_what_was_read() -> None:
    assert told(
        "html", b"<title>T</title><p>\nhello", url="https://site.example/", content_type="", whole=True
    ) == {
        "title": "T",
        "text": "hello",
    }
    assert told("pdf", made("Hello"), url="x", content_type="y", whole=True)["text"] == "[page 1]\nHello"
    assert told("duckduckgo", results(result("https://a.example/")))["hits"]


def test_what_cannot_be_read_is_told_as_well() -> None:
    assert told("pdf", b"%PDF-") == {"fault": told("pdf", b"%PDF-")["fault"]}


def test_no_text_is_longer_than_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 5)
    assert markdown("<p>hello world") == "hello"
