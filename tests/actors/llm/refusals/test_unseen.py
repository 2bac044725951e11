"""Objections to pictures and documents, in the words of those who make them."""

import attrs
import pytest

from actors.llm.models.catalogue import ModelDetails
from actors.llm.refusals.adaptation import Measure, adapt_prompt
from actors.llm.refusals.unseen import guessed, measures, newest, sent
from actors.llm.requests.documents import Pdf
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Content, Document, Image, Text, ToolResult

PAPER, PICTURE = Pdf(name="x.pdf", pages=1, data="AA"), Picture("image/png", "AA")


def reference(path: str) -> Content:
    if path.endswith(".pdf"):
        return Document(media_type="application/pdf", path=path, name=path)
    return Image(media_type="image/png", path=path)


PROMPT = Prompt(
    provider="x",
    model="m",
    messages=(
        ChatMessage(role="user", content=(Text(text="hi"), *map(reference, ("old.png", "old.pdf")))),
        ChatMessage(
            role="user",
            content=(
                ToolResult(
                    tool_use_id="a", name="A", content=tuple(map(reference, ("new.png", "new.pdf", "no.pdf")))
                ),
            ),
        ),
    ),
    details=ModelDetails(vision=True, documents=True),
    files={
        "old.png": PICTURE,
        "new.png": PICTURE,
        "old.pdf": PAPER,
        "new.pdf": PAPER,
        "no.pdf": "[a note]",
    },
)


def asked(said: str, *taken: Measure, prompt: Prompt = PROMPT) -> list[Measure]:
    return list(measures(said, adapt_prompt(prompt, taken), taken))


@pytest.mark.parametrize(
    "said",
    [
        "messages.0.content.1.pdf.source.base64.data: A maximum of 100 PDF pages may be provided.",
        "Could not process PDF",
        "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        "messages.0.content.0.pdf.source.base64.data: The PDF specified is password protected.",
        "The document has no pages.",
        (
            "Invalid file data: 'messages[0].content[1].file.file_data'. Expected a base64-encoded data URL with an "
            "application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8='), but got unsupported MIME type "
            "'text/markdown'."
        ),
        "input[0].content[1].file_data: The file is too large",
    ],
)
def test_a_document_that_is_refused_for_what_it_is_goes_alone(said: str) -> None:
    first = asked(said)
    assert first == [Measure("no_file", "new.pdf")]
    assert asked(said, *first) == [Measure("no_file", "old.pdf")]


@pytest.mark.parametrize(
    "said",
    [
        "Invalid Value: 'file'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'audio'.",
        "[API Error: 400 Invalid value: 'file'. Supported values are: 'text','image_url','video_url' and 'video'.]",
        "messages[0]: unknown variant `file`, expected `text` or `image_url`",
        "'claude-3-haiku-20240307' does not support PDF input.",
        "PDF input is not supported by this model",
        "No endpoints found that support file input",
        "messages.0.content.0: Input tag 'document' found using 'type' does not match any of the expected tags: 'text'",
        "This model only supports text; a document was given",
        "Unsupported MIME type: application/pdf",
    ],
)
def test_who_reads_no_documents_gets_none(said: str) -> None:
    assert asked(said) == [Measure("no_documents")]
    assert Measure("no_documents") not in asked(said, Measure("no_documents"))


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("Could not process image", Measure("no_file", "new.png")),
        ("this model does not support image input", Measure("no_pictures")),
    ],
)
def test_what_is_said_of_pictures_is_not_said_of_documents(said: str, first: Measure) -> None:
    assert asked(said) == [first]
    assert asked(said, Measure("no_file", "new.pdf")) == [first]


def test_a_picture_is_meant_where_no_documents_are_sent() -> None:
    said = "Invalid value: 'file'. image_url is only supported by certain models"
    assert asked(said, Measure("no_documents")) == [Measure("no_pictures")]
    none = attrs.evolve(PROMPT, files={})
    assert asked(said, prompt=none) == []
    assert asked("Could not process image", prompt=none) == []


def test_who_says_nothing_may_mean_both() -> None:
    assert guessed(PROMPT) == [Measure("no_pictures"), Measure("no_documents")]
    assert all(each.guessed for each in guessed(PROMPT))
    assert guessed(attrs.evolve(PROMPT, files={"old.pdf": PAPER})) == [Measure("no_documents")]
    assert guessed(attrs.evolve(PROMPT, files={})) == []


def test_files_are_found_wherever_they_are() -> None:
    assert sent(PROMPT, Picture) == ("old.png", "new.png")
    assert newest(PROMPT, Picture) == ("new.png",)
    assert sent(PROMPT, Pdf) == ("old.pdf", "new.pdf")
    assert newest(PROMPT, Pdf) == ("new.pdf",)
    bare = attrs.evolve(PROMPT, files={"old.pdf": PAPER})
    assert newest(bare, Pdf) == ("old.pdf",)
    assert newest(bare, Picture) == ()
