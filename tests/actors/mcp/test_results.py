from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mcp import results
from actors.mcp.results import File, Words

KEYS = st.sampled_from(["type", "text", "resource", "uri", "blob", "data"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
DATA = b64encode(b"bytes").decode()


def of(*content: Any) -> tuple[results.Part, ...]:
    return results.of_call({"content": list(content)}, "draw")


def test_text_stays_text() -> None:
    assert of({"type": "text", "text": "a"}, {"type": "text", "text": "b"}) == (Words("a"), Words("b"))


@pytest.mark.parametrize(
    ("block", "name", "media_type"),
    [
        ({"type": "image", "mimeType": "image/png"}, "draw.png", "image/png"),
        ({"type": "audio", "mimeType": "audio/x-wav; a=b"}, "draw.wav", "audio/x-wav"),
        ({"type": "audio"}, "draw.bin", "application/octet-stream"),
    ],
)
def test_bytes_are_files_named_for_the_tool(block: dict[str, str], name: str, media_type: str) -> None:
    assert of({**block, "data": DATA}) == (File(name=name, media_type=media_type, data=b"bytes"),)


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("file:///a/b%20c.pdf", "b c.pdf"),
        ("demo://host/x/", "x.pdf"),
        ("demo://host", "host.pdf"),
        ("demo:", "file.pdf"),
        ("http://[x", "file.pdf"),
    ],
)
def test_what_lies_under_an_address_is_a_file_named_for_it(uri: str, name: str) -> None:
    contents = {"uri": uri, "blob": DATA, "mimeType": "application/pdf"}

    assert of({"type": "resource", "resource": contents}) == results.of_resource(
        {"contents": [contents]}, "?"
    )
    assert of({"type": "resource", "resource": contents}) == (
        File(name=name, media_type="application/pdf", data=b"bytes"),
    )


def test_text_of_a_resource_and_a_link_to_one_are_shown() -> None:
    assert of({"type": "resource", "resource": {"uri": "a:b", "text": "c"}}) == (Words("c"),)
    link = {"type": "resource_link", "uri": "a:b", "name": "c", "description": "what\nit is", "mimeType": "d"}
    assert of(link) == (Words("- a:b (d): what it is"),)


def test_what_cannot_be_read_is_told_instead() -> None:
    (bad, large, odd) = of(
        {"type": "image", "data": "a", "mimeType": "image/png"},
        {"type": "image", "data": "A" * 30_000_000, "mimeType": "image/png"},
        {"type": "hologram"},
    )

    assert bad == Words("[A file (image/png) could not be read.]")
    assert large == Words("[A file (image/png) is larger than 20 MiB and was left out.]")
    assert odd == Words("[It also sent 'hologram', which cannot be shown.]")


def test_structured_content_counts_where_there_is_no_other() -> None:
    structured = {"structuredContent": {"a": "ö"}}

    assert results.of_call(structured, "t") == (Words('{\n  "a": "ö"\n}'),)
    assert results.of_call({**structured, "content": [{"type": "text", "text": "b"}]}, "t") == (Words("b"),)
    assert results.of_call({}, "t") == ()


def test_too_many_pieces_are_not_all_shown() -> None:
    found = of(*[{"type": "text", "text": "a"}] * 150)

    assert len(found) == results.MOST_PARTS + 1
    assert found[-1] == Words("[50 further pieces were left out.]")


def test_a_prompt_says_whose_words_are_whose() -> None:
    content = {"type": "text", "text": "hi"}
    prompt = {"description": "Greets.", "messages": [{"role": "user", "content": content}]}

    assert results.of_prompt(prompt, "greet") == (Words("Greets."), Words("[user]"), Words("hi"))
    assert results.of_prompt({}, "greet") == ()


def test_listings_have_a_line_each() -> None:
    resource = {"uri": "note://a", "mimeType": "text/plain", "description": "A note"}
    assert results.resources([resource, {"uri": "note://b", "title": "B"}], [{"uriTemplate": "n://{x}"}]) == (
        "- note://a (text/plain): A note\n- note://b: B\n- n://{x} (template)"
    )
    assert results.resources([], []) == "It has no resources."
    arguments = [{"name": "whom", "required": True}, {"name": "how"}]
    assert results.prompts([{"name": "greet", "arguments": arguments}, {"name": "b"}]) == (
        "- greet (whom, how?)\n- b"
    )
    assert results.prompts([]) == "It has no prompts."


@given(JSON)
def test_whatever_a_server_answers_becomes_pieces(anything: Any) -> None:
    for answer in (anything, {"content": anything}, {"contents": anything}, {"messages": anything}):
        whole = answer if isinstance(answer, dict) else {}
        for parts in (
            results.of_call(whole, "t"),
            results.of_resource(whole, "a"),
            results.of_prompt(whole, "p"),
        ):
            assert all(isinstance(part, Words | File) for part in parts)
