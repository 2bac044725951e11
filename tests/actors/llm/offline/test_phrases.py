from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.offline.phrases import Call, Words, understand


def only(text: str) -> Any:
    intents, strange = understand(text)
    assert strange == []
    (wish,) = intents
    return wish


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("list files", "."),
        ("List all files.", "."),
        ("ls", "."),
        ("list my files", "."),
        ("please list the files", "."),
        ("list files in documents", "documents"),
        ("list documents/", "documents/"),
        ('ls "my folder"', "my folder"),
        ("list .", "."),
    ],
)
def test_listing(text: str, path: str) -> None:
    assert only(text) == Call("FileList", {"path": path})


@pytest.mark.parametrize(
    ("text", "tool", "path"),
    [
        ("read documents/notes.md", "FileRead", "documents/notes.md"),
        ("Read documents/notes.md.", "FileRead", "documents/notes.md"),
        ("show me the file notes.md, please", "FileRead", "notes.md"),
        ("could you open `my notes.md`?", None, ""),
        ("open `my notes.md`", "FileRead", "my notes.md"),
        ("cat 'x y'", "FileRead", "x y"),
        ("read ..", "FileRead", ".."),
        ("delete the file old.txt", "FileDelete", "old.txt"),
        ("rm a.txt!", "FileDelete", "a.txt"),
        ("attach report.pdf", "Attach", "report.pdf"),
        ("send me report.pdf", "Attach", "report.pdf"),
    ],
)
def test_what_is_done_to_one_file(text: str, tool: str | None, path: str) -> None:
    if tool is None:
        assert understand(text) == ([], [text])
    else:
        assert only(text) == Call(tool, {"path": path})


@pytest.mark.parametrize(
    ("text", "path", "content"),
    [
        ("write documents/a.md: Hello there.", "documents/a.md", "Hello there."),
        ("Write to a.md: x: y", "a.md", "x: y"),
        ("save the file a.md : x", "a.md", "x"),
        ("create a.md:", "a.md", ""),
        ("write a.md hello", "a.md", "hello"),
        ('write "my file": hello', "my file", "hello"),
        ("write a.md: one\ntwo\nthree", "a.md", "one\ntwo\nthree"),
        ("write a.md:\none", "a.md", "one"),
        (
            "note: Buy milk and two eggs, quickly!",
            "documents/buy-milk-and-two-eggs.md",
            "Buy milk and two eggs, quickly!",
        ),
        ("write a note: Äpfel", "documents/äpfel.md", "Äpfel"),
        ("take a note that it rains", "documents/it-rains.md", "it rains"),
        ("note: ***", "documents/note.md", "***"),
    ],
)
def test_writing(text: str, path: str, content: str) -> None:
    assert only(text) == Call("FileWrite", {"path": path, "content": content})


def test_any_tool_with_any_input() -> None:
    assert only('use MemorySearch {"query": "x", "limit": 3}') == Call(
        "MemorySearch", {"query": "x", "limit": 3}
    )
    assert only("use FileList") == Call("FileList", {})


@pytest.mark.parametrize("text", ["use FileRead {", "use FileRead [1]", "use FileRead path"])
def test_input_that_is_no_object_is_explained(text: str) -> None:
    wish = only(text)
    assert isinstance(wish, Words)
    assert "FileRead" in wish.text


def test_two_lines_are_two_requests() -> None:
    intents, strange = understand("read a.md\n\nlist files\n")
    assert intents == [Call("FileRead", {"path": "a.md"}), Call("FileList", {"path": "."})]
    assert strange == []


def test_a_request_after_a_text_to_write_is_a_request() -> None:
    intents, _ = understand("write a.md: one\ntwo\nread b.md")
    assert intents == [
        Call("FileWrite", {"path": "a.md", "content": "one\ntwo"}),
        Call("FileRead", {"path": "b.md"}),
    ]


@pytest.mark.parametrize(
    ("text", "kind"), [("help", "help"), ("?", "help"), ("tools", "tools"), ("Hello!", "hello")]
)
def test_words(text: str, kind: str) -> None:
    assert only(text) == Words(kind)


@pytest.mark.parametrize(
    "text",
    ["what is the weather?", "write me a poem", "read", "delete everything I own", "list the reasons why"],
)
def test_what_is_not_understood_is_left_over(text: str) -> None:
    assert understand(text) == ([], [text])


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    intents, strange = understand(text)
    assert intents or strange or not text.strip()


def test_a_path_keeps_its_dots_and_loses_what_ends_the_sentence() -> None:
    for said, path in (
        ("read a.md.", "a.md"),
        ("read .", "."),
        ("read docs/..", "docs/.."),
        ("read a.md?!", "a.md"),
        ("read a.md, please!", "a.md"),
        ("Please read please.md", "please.md"),
    ):
        assert understand(said) == ([Call("FileRead", {"path": path})], [])
