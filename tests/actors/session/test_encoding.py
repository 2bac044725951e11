"""How values are stored."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.session import encoding
from actors.session.words import NOTHING, blocks_of
from actors.storage import clean, micros, moment
from actors.vocabulary import (
    Attachment,
    Block,
    Document,
    Image,
    ProviderData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
provider_data = st.builds(ProviderData, origin=text, data=st.dictionaries(text, json_values, max_size=2))
parts = (
    st.builds(Text, text=text)
    | st.builds(Image, media_type=text, path=text)
    | st.builds(Document, media_type=text, path=text, name=text)
)
blocks: st.SearchStrategy[Block] = (
    parts
    | st.builds(Thinking, text=text, provider_data=st.none() | provider_data)
    | st.builds(
        ToolUse,
        id=text,
        name=text,
        input=st.dictionaries(text, json_values, max_size=3),
        unreadable=st.none() | text,
        provider_data=st.none() | provider_data,
    )
    | st.builds(
        ToolResult,
        tool_use_id=text,
        name=text,
        content=st.lists(parts, max_size=3).map(tuple),
        is_error=st.booleans(),
    )
)
files = st.builds(Attachment, name=text, media_type=text, path=text, size=st.integers())


@given(st.lists(blocks).map(tuple))
def test_blocks_come_back_as_they_were(blocks: tuple[Block, ...]) -> None:
    stored = encoding.dump(encoding.blocks_out(blocks))
    assert encoding.blocks_in(json.loads(stored)) == blocks


def test_reasoning_stored_in_its_old_form_is_read() -> None:
    old: list[dict[str, Any]] = [
        {"type": "thinking", "text": "hm", "signature": "s"},
        {"type": "thinking", "text": "open", "signature": ""},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "tool_use", "id": "a", "name": "T", "input": {}, "unreadable": None},
    ]
    assert encoding.blocks_in(old) == (
        Thinking(text="hm", provider_data=ProviderData(origin="anthropic", data={"signature": "s"})),
        Thinking(text="open"),
        Thinking(text="", provider_data=ProviderData(origin="anthropic", data={"redacted": "d"})),
        ToolUse(id="a", name="T", input={}),
    )


@given(st.lists(files).map(tuple))
def test_attachments_come_back_as_they_were(files: tuple[Attachment, ...]) -> None:
    stored = encoding.dump(encoding.attachments_out(files))
    assert encoding.attachments_in(json.loads(stored)) == files


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_microsecond(value: datetime) -> None:
    assert moment(micros(value)) == value


def test_an_offset_does_not_change_the_instant() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert micros(noon.astimezone(timezone(timedelta(hours=5, minutes=30)))) == micros(noon)


def test_lone_surrogates_become_question_marks() -> None:
    assert clean("a\ud800b") == "a?b"
    assert clean("größe") == "größe"
    assert encoding.dump(["\udfff"]) == '["?"]'


def file(name: str, media_type: str) -> Attachment:
    return Attachment(name=name, media_type=media_type, path=f"downloads/{name}", size=3)


def test_a_message_is_its_pictures_then_its_words_then_a_note_for_each_file() -> None:
    photo, notes = file("cat.png", "image/png"), file("a.txt", "text/plain")
    assert blocks_of("look", (notes, photo)) == (
        Image(media_type="image/png", path="downloads/cat.png"),
        Text(text="look"),
        Text(
            text="[Attached file: a.txt (text/plain), saved as downloads/a.txt]\n"
            "[Attached image: cat.png (image/png), saved as downloads/cat.png]"
        ),
    )


def test_a_pdf_stands_behind_the_pictures_under_its_own_name() -> None:
    photo, paper = file("cat.png", "image/png"), file("a.pdf", "application/pdf")
    assert blocks_of("look", (paper, photo))[:3] == (
        Image(media_type="image/png", path="downloads/cat.png"),
        Document(media_type="application/pdf", path="downloads/a.pdf", name="a.pdf"),
        Text(text="look"),
    )


def test_only_the_four_kinds_of_picture_that_models_see_become_images() -> None:
    for subtype, seen in [("png", 1), ("jpeg", 1), ("gif", 1), ("webp", 1), ("svg+xml", 0), ("tiff", 0)]:
        found = blocks_of("look", (file("x", f"image/{subtype}"),))
        assert sum(isinstance(block, Image) for block in found) == seen


def test_a_message_is_never_empty() -> None:
    assert blocks_of("  ", ()) == (Text(text=NOTHING),)
