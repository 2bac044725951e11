import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.web.kinds import kind, media_type, text


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html", b"", "html"),
        ("Text/HTML; charset=utf-8", b"x", "html"),
        ("application/xhtml+xml", b"<html/>", "html"),
        ("application/pdf", b"x", "pdf"),
        ("text/plain", b"%PDF-1.7 ...", "pdf"),
        ("", b"%PDF-1.7 ...", "pdf"),
        ("application/json", b"{}", "text"),
        ("application/ld+json", b"{}", "text"),
        ("application/atom+xml", b"<feed/>", "text"),
        ("application/x-ndjson", b"{}", "text"),
        ("text/csv", b"a,b", "text"),
        ("text/plain", b"a\0b", "binary"),
        ("text/plain; charset=utf-16", "hello".encode("utf-16-le"), "text"),
        ("text/plain", codecs.BOM_UTF16_BE + "hello".encode("utf-16-be"), "text"),
        ("image/png", b"\x89PNG", "binary"),
        ("application/zip", b"PK", "binary"),
        ("nonsense", b"text", "binary"),
        ("", b" \n<!DOCTYPE html><p>", "html"),
        ("", b"<html>", "html"),
        ("application/octet-stream", b"<!-- a --><html>", "html"),
        ("application/octet-stream", b"plain words", "text"),
        ("application/octet-stream", b"\0\1\2", "binary"),
    ],
)
def test_what_a_body_is(content_type: str, body: bytes, expected: str) -> None:
    assert kind(content_type, body) == expected


def test_a_media_type_has_no_parameters() -> None:
    assert media_type(" Text/HTML ; charset=x") == "text/html"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("", "é€".encode(), "é€"),
        ("text/html; charset=utf-8", "é€".encode(), "é€"),
        ("text/html; charset=iso-8859-1", "é€".encode("cp1252"), "é€"),
        ("text/html; charset=ascii", b"\x93so\x94", "“so”"),
        ('text/html; charset="Shift_JIS"', "日本".encode("shift_jis"), "日本"),
        ("text/html", b'<meta charset="koi8-r">' + "да".encode("koi8-r"), '<meta charset="koi8-r">да'),
        (
            "text/html",
            b"<meta http-equiv=content-type content='text/html; charset=big5'>" + "中".encode("big5"),
            "<meta http-equiv=content-type content='text/html; charset=big5'>中",
        ),
        (
            "text/xml",
            b"<?xml version='1.0' encoding='iso-8859-2'?>" + "ő".encode("iso-8859-2"),
            "<?xml version='1.0' encoding='iso-8859-2'?>ő",
        ),
        ("text/html", b"<meta charset=utf-16>" + "é".encode(), "<meta charset=utf-16>é"),
        # Whoever says nothing, or nonsense, has written UTF-8, or what old pages are.
        ("", b"\xe9\x80", "é€"),
        ("text/html; charset=nonsense", "é".encode(), "é"),
        ("text/html; charset=utf-7", b"+ADw-", "+ADw-"),
        ("text/html; charset=unicode_escape", b"\\u0041", "\\u0041"),
        ("text/html; charset=punycode", b"a-b", "a-b"),
        ("text/html; charset=base64", b"YQ==", "YQ=="),
        ("text/html; charset=undefined", b"a", "a"),
        ("text/html", b"<meta charset=nonsense>", "<meta charset=nonsense>"),
        ("", b"\xe9\0", "\ufffd\0"),
        # First bytes count before everything else, and are no part of the text.
        ("text/html; charset=koi8-r", codecs.BOM_UTF8 + "é".encode(), "é"),
        ("", codecs.BOM_UTF16_LE + "é€".encode("utf-16-le"), "é€"),
        ("", codecs.BOM_UTF16_BE + "é€".encode("utf-16-be"), "é€"),
        # A wrong word is taken at its word.
        ("text/html; charset=utf-8", b"caf\xe9!", "caf\ufffd!"),
    ],
)
def test_the_text_of_a_body(content_type: str, body: bytes, expected: str) -> None:
    assert text(content_type, body) == expected


def test_the_last_character_of_a_part_is_left_out_where_it_was_cut() -> None:
    body = "añ€".encode()
    assert text("", body[:-1], whole=False) == "añ"
    assert text("text/plain; charset=utf-8", body[:-1], whole=False) == "añ"
    assert text("text/plain; charset=utf-8", body[:-1]) == "añ\ufffd"


@given(st.text(max_size=40), st.binary(max_size=200))
def test_every_body_is_something_and_has_a_text(content_type: str, body: bytes) -> None:
    assert kind(content_type, body) in {"html", "pdf", "text", "binary"}
    text(content_type, body).encode()


@given(
    st.sampled_from(["utf-8", "utf-16-le", "shift_jis", "gb18030", "koi8-r", "iso-2022-jp"]),
    st.binary(max_size=200),
)
def test_a_wrong_charset_does_no_harm(charset: str, body: bytes) -> None:
    text(f"text/html; charset={charset}", body).encode()
