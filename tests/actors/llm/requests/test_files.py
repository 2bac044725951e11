import pytest

from actors.llm.requests.documents import MAX_BYTES, Limits, Pdf
from actors.llm.requests.files import (
    Files,
    Reference,
    cannot,
    follows,
    kind,
    missing,
    newest,
    refused,
    shown,
    too_large,
)
from actors.llm.requests.pictures import MOST, STEP, Picture
from actors.vocabulary import Document, Image

PNG = Image(media_type="image/png", path="a.png")
PDF = Document(media_type="application/pdf", path="b.pdf", name="B.pdf")
PICTURE = Picture("image/png", "QUJD")
PAPER = Pdf(name="B.pdf", pages=2, data="QUJD")
TAKEN = Limits(pages=10, tokens=1500)


def test_a_file_is_called_what_it_is() -> None:
    assert (kind(PNG), kind(PDF)) == ("picture", "document")
    assert follows(PDF) == "[document b.pdf follows]"
    assert refused("a.png", PICTURE) == "[picture a.png: the model's provider refused it]"
    assert refused("b.pdf", PAPER) == "[document b.pdf: the model's provider refused it]"


def test_what_cannot_be_sent_becomes_a_note() -> None:
    gone = "[picture a.png is not available any more: File not found: a.png]"
    assert missing(PNG, "File not found: a.png") == gone
    large = "[document b.pdf is too large to be shown to the model: 20.0 MB]"
    assert too_large(PDF, MAX_BYTES + 1) == large


def test_a_model_that_cannot_have_a_file_is_told_so() -> None:
    assert shown({}, PNG) == cannot(PNG) == "[picture a.png: this model cannot see pictures]"
    assert shown({}, PDF) == "[document b.pdf: this model cannot read PDF files by itself]"
    assert shown({"a.png": "note"}, PNG) == "note"
    assert shown({"b.pdf": PAPER}, PDF) is PAPER


def numbered(count: int) -> tuple[list[Reference], Files]:
    images: list[Reference] = [Image(media_type="image/png", path=f"{n}.png") for n in range(count)]
    return images, {image.path: PICTURE for image in images}


def papers(*pages: int) -> tuple[list[Reference], Files]:
    files = {f"{n}.pdf": Pdf(name="x.pdf", pages=each, data="QUJD") for n, each in enumerate(pages)}
    return [Document(media_type="application/pdf", path=path, name="x.pdf") for path in files], files


def left(blocks: list[Reference], files: Files, taken: Limits = TAKEN) -> list[str]:
    return [path for path, each in newest(blocks, files, taken).items() if not isinstance(each, str)]


@pytest.mark.parametrize(
    ("count", "gone"), [(0, 0), (MOST, 0), (MOST + 1, STEP), (MOST + STEP + 1, 2 * STEP)]
)
def test_of_many_pictures_the_newest_are_shown(count: int, gone: int) -> None:
    images, files = numbered(count)
    assert left(images, files) == [image.path for image in images[gone:]]
    assert [str(each) for each in newest(images, files, TAKEN).values()][:gone] == [
        f"[picture {n}.png was shown before and is not shown any more]" for n in range(gone)
    ]


def test_pictures_that_are_too_much_together_are_not_all_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.requests.pictures.MOST_DATA", 20)
    images, files = numbered(6)
    assert left(images, files) == ["5.png"]
    monkeypatch.setattr("actors.llm.requests.pictures.MOST_DATA", 3)
    assert left(images, files) == []


def test_a_picture_counts_wherever_it_is_shown() -> None:
    images, files = numbered(2)
    assert left([images[0], *[images[1]] * MOST], files) == ["1.png"]
    assert left([*images[:1] * (MOST + 1), images[1]], {**files, "1.png": "note"}) == []


@pytest.mark.parametrize(
    ("pages", "kept"),
    [((4, 6), [0, 1]), ((4, 7), [1]), ((1, 4, 6), [1, 2]), ((5, 5, 5, 5), [2, 3]), ((), [])],
)
def test_of_documents_the_newest_are_shown(pages: tuple[int, ...], kept: list[int]) -> None:
    blocks, files = papers(*pages)
    assert left(blocks, files) == [f"{n}.pdf" for n in kept]
    if len(kept) < len(pages):
        note = "[document 0.pdf was shown before and is not shown any more, as there is no room for it]"
        assert newest(blocks, files, TAKEN)["0.pdf"] == note


def test_documents_have_room_before_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, files = papers(1, 1)
    images, seen = numbered(1)
    both = [*blocks, *images]
    monkeypatch.setattr("actors.llm.requests.documents.MOST_DATA", 8)
    assert left(both, {**files, **seen}) == ["0.pdf", "1.pdf"]
    monkeypatch.setattr("actors.llm.requests.documents.MOST_DATA", 12)
    assert left(both, {**files, **seen}) == ["0.pdf", "1.pdf", "0.png"]
    monkeypatch.setattr("actors.llm.requests.documents.MOST_DATA", 7)
    assert left(both, {**files, **seen}) == ["1.pdf"]


def test_a_document_counts_wherever_it_is_shown() -> None:
    blocks, files = papers(4, 4)
    assert left([*blocks, blocks[1]], files) == ["1.pdf"]
