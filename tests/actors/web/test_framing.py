"""Whether a page lets itself be shown within another, and what it shows instead."""

import pytest

from actors.web.framing import MOST, Preview, preview, refusal

AT = "https://site.example/folder/page"
NOTHING = Preview(None, None)


@pytest.mark.parametrize(
    ("frame_options", "policy"),
    [
        ("", ""),
        ("ALLOWALL", "default-src 'self'; "),
        ("", "frame-ancestors *"),
        ("", "frame-ancestors https: *; img-src 'none'"),
    ],
)
def test_a_page_that_says_nothing_else_can_be_shown(frame_options: str, policy: str) -> None:
    assert refusal(frame_options, policy) is None


@pytest.mark.parametrize(
    ("frame_options", "policy", "reason"),
    [
        ("DENY", "", "X-Frame-Options: deny"),
        ("x, SameOrigin", "", "X-Frame-Options: sameorigin"),
        ("", "frame-ancestors 'none'", "Content-Security-Policy: frame-ancestors 'none'"),
        (
            "",
            "default-src *; Frame-Ancestors https://a.example",
            "Content-Security-Policy: Frame-Ancestors https://a.example",
        ),
        ("", "frame-ancestors *, frame-ancestors 'self'", "Content-Security-Policy: frame-ancestors 'self'"),
    ],
)
def test_a_page_that_refuses_says_by_which_header(frame_options: str, policy: str, reason: str) -> None:
    assert refusal(frame_options, policy) == reason


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", NOTHING),
        ("<meta charset=utf-8><title>x</title>", NOTHING),
        ('<meta property="og:title" content="A &amp; B">', Preview(None, "A & B")),
        ("<META content='Later' name='og:title'>", Preview(None, "Later")),
        ("<meta property=og:image content=../a.png>", Preview("https://site.example/a.png", None)),
        (
            '<meta property="og:image" content="https://b.example/a.png">',
            Preview("https://b.example/a.png", None),
        ),
        ('<meta property="og:image" content="javascript:alert(1)">', NOTHING),
        (
            "".join(f'<meta property="og:title" content="{each}">' for each in (" ", "1", "2")),
            Preview(None, "1"),
        ),
        ('<meta property="og:title" content="never ends', NOTHING),
        ("<meta>" * MOST + '<meta property="og:title" content="too far">', NOTHING),
    ],
)
def test_a_page_says_of_itself_what_it_shows_elsewhere(text: str, seen: Preview) -> None:
    assert preview(text, AT) == seen


def test_no_text_takes_long() -> None:
    assert preview("<meta" * 100_000, AT) == NOTHING
    assert preview("<meta " + "name=" * 100_000 + ">", AT) == NOTHING
