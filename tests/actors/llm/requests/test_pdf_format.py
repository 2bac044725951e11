import pytest

from actors.llm.requests import pdf_format
from actors.llm.requests.pdf_format import BadPdf, measure
from tests.actors.llm.papers import packed, pdf, without_counts

ROOT = b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R >>"


@pytest.mark.parametrize("pages", [1, 3, 120])
def test_the_root_of_the_pages_says_how_many_there_are(pages: int) -> None:
    assert measure(pdf(pages)).pages == pages


def test_pages_are_counted_where_nothing_says_how_many_there_are() -> None:
    assert measure(without_counts(pdf(4))).pages == 4


@pytest.mark.parametrize(
    ("objects", "pages"), [([ROOT, PAGE, PAGE], 2), ([PAGE, b"<< >>", PAGE, PAGE], 3), ([b"<< >>"], 0)]
)
def test_objects_may_be_packed(objects: list[bytes], pages: int) -> None:
    plain = packed(objects, filtered=False)
    assert measure(plain).pages == (pages or None)
    if pages:
        assert measure(packed(objects)).pages == pages
    else:
        with pytest.raises(BadPdf, match="no pages"):
            measure(packed(objects))


@pytest.mark.parametrize(
    "document",
    [
        packed([ROOT], first=0),
        packed([ROOT], first=300),
        packed([ROOT]).replace(b"/First", b"/Frist"),
        packed([ROOT]).replace(b"stream\r\n", b"steam\r\n"),
    ],
)
def test_what_cannot_be_unpacked_may_hold_any_number(document: bytes) -> None:
    assert measure(document).pages is None


def test_no_more_is_unpacked_than_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_format, "_UNPACKED", 20)
    monkeypatch.setattr(pdf_format, "_ALL_UNPACKED", 20)
    assert measure(packed([PAGE, ROOT]) + packed([ROOT])).pages is None


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "it is no PDF"),
        (b"hello " * 300, "it is no PDF"),
        (bytes(1024) + pdf(), "it is no PDF"),
        (pdf()[:-10], "its end is missing"),
        (pdf(tail=b""), "its end is missing"),
        (pdf() + bytes(1025), "its end is missing"),
        (pdf(0), "it has no pages"),
        (b"%PDF-1.4\n%%EOF", "it has no pages"),
        (pdf(trailer=b"/Encrypt 9 0 R "), "it is encrypted"),
        (pdf(trailer=b"/Encrypt<</Filter/Standard>>"), "it is encrypted"),
        (packed([ROOT]).replace(b"/Root 1 0 R", b"/Encrypt 8 0 R"), "it is encrypted"),
    ],
)
def test_what_cannot_be_read_is_told(document: bytes, why: str) -> None:
    with pytest.raises(BadPdf, match=f"^{why}$"):
        measure(document)


@pytest.mark.parametrize(
    "document",
    [bytes(1000) + pdf(), pdf() + bytes(1000), pdf(words="the /Encrypt 9 0 R of a trailer"), pdf() + pdf()],
)
def test_readers_overlook_what_stands_around_and_so_do_we(document: bytes) -> None:
    assert measure(document).pages == 1


def test_a_file_that_is_made_to_take_long_does_not() -> None:
    assert measure(pdf(words="/Type /Pages " * 40_000)).pages == 1
