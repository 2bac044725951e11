"""Pages of the documentation from their Markdown: links between them, headings to lead to, what is too wide."""

import pytest

from actors.gateway.manual.rendering import slug_of, written

KNOWN = {"guide/files", "guide/web", "reference/http", "security"}


def html(markdown: str, name: str = "guide/files", place: str = "/docs") -> str:
    return written(markdown, name, KNOWN, place).html


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("web.md", "/docs/guide/web"),
        ("web.md#pages", "/docs/guide/web#pages"),
        ("../reference/http.md#who-asks", "/docs/reference/http#who-asks"),
        ("../security.md", "/docs/security"),
        ("#pages", "#pages"),
        ("https://a.example/b.md", "https://a.example/b.md"),
        ("//a.example/", "//a.example/"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_links_lead_to_pages(address: str, leads_to: str) -> None:
    assert html(f"See [*there*]({address}).") == (f'<p>See <a href="{leads_to}"><em>there</em></a>.</p>\n')


@pytest.mark.parametrize(
    "address", ["../../config/starpod.toml", "../tests/test_x.py", "gone.md", "../../../etc"]
)
def test_of_what_is_not_served_the_words_stay(address: str) -> None:
    assert html(f"See [there]({address}).") == "<p>See there.</p>\n"


def test_links_begin_where_the_documentation_is() -> None:
    assert 'href="/aster/docs/guide/web"' in html("[web](web.md)", place="/aster/docs")
    assert 'href="/docs/guide/web"' in html("[web](guide/web.md)", "security")


def test_headings_can_be_led_to() -> None:
    found = html("# Files\n\n## What `x` & y cost?\n\n## Äpfel, 2x\n\n## Äpfel 2x\n")
    assert '<h1 id="files">' in found
    assert '<h2 id="what-x--y-cost">' in found
    assert '<h2 id="äpfel-2x">' in found
    assert '<h2 id="äpfel-2x-1">' in found
    assert slug_of("<code>POST</code> it") == "post-it"


def test_what_is_wide_is_scrolled_and_its_code_is_none_of_ours() -> None:
    assert "<th>a</th><td></td>" in html("| a | |\n| --- | --- |\n| b | c |\n")
    found = html("```html\n<script>a</script>\n```\n\n| a | b |\n| --- | --- |\n| `[c](web.md)` | <x> |\n")
    assert '<div class="wide" tabindex="0"><pre><code class="language-html">&lt;script&gt;' in found
    assert '<div class="wide" tabindex="0"><table>' in found
    assert "<code>[c](web.md)</code>" in found


def test_a_page_says_what_it_is_called_and_about() -> None:
    found = written("# The `x` & y\n\nIt does. And [more](web.md).\n", "security", KNOWN, "/docs")
    assert (found.title, found.about) == ("The x &amp; y", "It does.")
    assert (
        written("# X\n\nSee [the web](web.md):\n\n- a\n", "security", KNOWN, "/docs").about == "See the web."
    )
    assert written("", "a<b", KNOWN, "/docs").title == "a&lt;b"
    assert written("## X\n", "security", KNOWN, "/docs").about == ""
