import base64

import pytest

from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests.documents import LONGEST_NAME, NONE, UNCOUNTED, Limits, Pdf, encode, limits
from actors.vocabulary import Document
from tests.actors.llm.papers import packed, pdf

READS = ModelDetails(documents=True)


def document(name: str = "Report.pdf") -> Document:
    return Document(media_type="application/pdf", path="uploads/r.pdf", name=name)


TAKEN = Limits(pages=3, tokens=1500)


def test_a_document_is_encoded() -> None:
    made = encode(document(), pdf(3), TAKEN)
    assert made == Pdf(name="Report.pdf", pages=3, data=base64.b64encode(pdf(3)).decode())
    assert isinstance(made, Pdf)
    assert made.url == f"data:application/pdf;base64,{made.data}"


def test_pages_that_cannot_be_counted_are_told_by_the_size() -> None:
    unknown = packed([b"<< /Type /Pages >>"], first=0)
    made = encode(document(), unknown + bytes(UNCOUNTED) + b"%%EOF", TAKEN)
    assert isinstance(made, Pdf)
    assert made.pages == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"hello", "cannot be shown to the model: it is no PDF"),
        (pdf()[:-10], "cannot be shown to the model: its end is missing"),
        (pdf(trailer=b"/Encrypt 9 0 R "), "cannot be shown to the model: it is encrypted"),
        (pdf(4), "is too large to be shown to the model: 4 pages, and it takes 3"),
    ],
)
def test_what_cannot_be_shown_becomes_a_note(data: bytes, why: str) -> None:
    assert encode(document(), data, TAKEN) == f"[document uploads/r.pdf {why}]"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a.PDF", "a.PDF"),
        ("a", "a.pdf"),
        ("", "document.pdf"),
        ("\n\u202e ", "document.pdf"),
        ("x" * 300, f"{'x' * LONGEST_NAME}.pdf"),
    ],
)
def test_a_name_is_one_that_is_taken(name: str, sent: str) -> None:
    made = encode(document(name), pdf(), TAKEN)
    assert isinstance(made, Pdf)
    assert made.name == sent


@pytest.mark.parametrize(
    ("provider", "details", "taken"),
    [
        ("anthropic", ModelDetails(), NONE),
        ("anthropic", READS, Limits(pages=100, tokens=1500)),
        ("anthropic", ModelDetails(documents=True, context_window=200_000), Limits(pages=100, tokens=1500)),
        ("anthropic", ModelDetails(documents=True, context_window=1_000_000), Limits(pages=500, tokens=1500)),
        ("openai", READS, Limits(pages=600, tokens=1500)),
        ("openai", ModelDetails(documents=True, context_window=128_000), Limits(pages=64, tokens=1500)),
        ("gemini", ModelDetails(documents=True, context_window=1_048_576), Limits(pages=1000, tokens=258)),
        ("gemini", ModelDetails(documents=True, thinking="level"), Limits(pages=1000, tokens=560)),
        ("openai", ModelDetails(documents=True, context_window=1000), Limits(pages=0, tokens=1500)),
    ],
)
def test_a_model_takes_what_its_provider_says_and_its_window_holds(
    provider: str, details: ModelDetails, taken: Limits
) -> None:
    assert limits(provider, details) == taken
