"""Which paths, addresses and other subjects fit a pattern."""

import pytest

from actors.permissions.patterns import Subject, fits, literally, path, proposal, touches

HOME = "/srv/home"


def of(kind: str, text: str) -> Subject:
    return Subject(text, kind, HOME)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("notes/a.md", "notes/a.md"),
        ("./notes//a.md", "notes/a.md"),
        ("notes/../secret", "secret"),
        ("~/notes/a.md", "notes/a.md"),
        ("/srv/home/notes/a.md", "notes/a.md"),
        ("../other", "/srv/other"),
        ("/srv/homely/x", "/srv/homely/x"),
        (".", "."),
        ("/srv/home/", "."),
    ],
)
def test_a_path_is_seen_from_home(text: str, seen: str) -> None:
    assert path(text, HOME) == seen


def test_without_a_home_a_path_is_seen_from_the_root() -> None:
    assert path("a/../b", "") == "b"


@pytest.mark.parametrize(
    ("pattern", "text", "is_fit"),
    [
        ("notes/*", "notes/a.md", True),
        ("notes/*", "notes/../secret", False),
        ("secrets/*", "/srv/home/secrets/a", True),
        ("*.md", "a/b.md", True),
        ("", "anything", True),
        ("*", "anything", True),
    ],
)
def test_paths_fit_as_they_are_seen(pattern: str, text: str, is_fit: bool) -> None:  # noqa: FBT001
    assert fits(pattern, of("path", text)) is is_fit
    assert touches(pattern, of("file_path", text)) is is_fit


@pytest.mark.parametrize(
    ("pattern", "text", "is_fit"),
    [
        ("example.com", "https://example.com/a?b#c", True),
        ("example.com", "https://EXAMPLE.com.", True),
        ("*.example.com", "http://a.example.com", True),
        ("*.example.com", "http://example.com", False),
        ("example.com", "https://example.com.evil.net", False),
        ("example.com", "https://evil.net/example.com", False),
        ("https://example.com/docs/*", "https://example.com/docs/a", True),
        ("https://example.com/docs/*", "https://example.com:443/docs/a", True),
        ("https://example.com/docs/*", "https://example.com/docs/../x", False),
        ("https://example.com/docs/*", "https://example.com/docs/%2e%2E/x", False),
        ("https://example.com/docs/*", "https://example.com/docs/..%2fx", False),
        ("https://example.com/docs/*", "https://example.com/docs/a%5Cb", True),
        ("https://example.com/docs/*", "http://example.com/docs/a", False),
        ("https://example.com/docs/*", "https://example.com:8/docs/a", False),
        ("https://example.com/*", "https://example.com", True),
        ("https:///x", "https://example.com/x", False),
        ("evil.com", "https://%65vil.com/", True),
        ("EVIL.com.", "HTTPS://evil.COM.:443/", True),
        ("bücher.example", "https://xn--bcher-kva.example", True),
        ("*.xn--bcher-kva.example", "https://a.BÜCHER.example", True),
        ("https://example.com:443/docs/*", "https://example.com/%64ocs//x", True),
        ("https://example.com/a%3Fb", "https://example.com/a?b", False),
        ("https://[::ffff:8.8.8.8]/*", "http://8.8.8.8/", False),
        ("8.8.8.8", "http://134744072/", True),
    ],
)
def test_addresses_fit_by_host_or_as_a_whole(pattern: str, text: str, is_fit: bool) -> None:  # noqa: FBT001
    assert fits(pattern, of("url", text)) is is_fit
    assert touches(pattern, of("url", text)) is is_fit


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com@evil.net",
        "https://example.com\\@evil.net",
        "https://exa mple.com",
        "https://example.com\u200b/",
        "https://example.com:x",
        "https://[",
        "example.org",
        "",
    ],
)
def test_an_address_that_not_everybody_reads_alike_is_let_through_by_none_and_held_up_by_all(
    text: str,
) -> None:
    assert not fits("example.com", of("url", text))
    assert touches("example.com", of("url", text))


def test_commands_and_anything_else_fit_in_their_own_way() -> None:
    assert fits("git *", of("command", "git status"))
    assert not fits("git *", of("command", "git status; rm x"))
    assert touches("rm *", of("command", "git status; rm x"))
    assert fits("rep*", of("query", "report"))
    assert not fits("rep*", of("query", "a report"))


@pytest.mark.parametrize("kind", ["command", "path", "url", "query"])
@pytest.mark.parametrize("text", ["a; b > c", "rm *.log", "x[a]?", "https://e/*"])
def test_a_text_fits_what_it_says_literally_and_no_other_does(kind: str, text: str) -> None:
    assert fits(literally(text), of(kind, text))
    assert not fits(literally(text), of(kind, text.replace("*", "/").replace("b", "x").replace("?", "y")))


@pytest.mark.parametrize(
    ("kind", "text", "pattern"),
    [
        ("", "anything", "*"),
        ("command", "git status -s", "git status *"),
        ("command", "rm *.log", "rm [*].log"),
        ("path", "/srv/home/notes/[a].md", "notes/*"),
        ("path", "a.md", "a.md"),
        ("path", "/etc/passwd", "/etc/*"),
        ("path", "/passwd", "/passwd"),
        ("url", "https://Example.com./a", "example.com"),
        ("url", "nonsense", "nonsense"),
        ("query", "what?", "what[?]"),
    ],
)
def test_what_is_proposed_covers_what_is_asked_for(kind: str, text: str, pattern: str) -> None:
    assert proposal(of(kind, text)) == pattern
    assert fits(pattern, of(kind, text))
