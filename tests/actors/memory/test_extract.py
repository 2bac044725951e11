"""What a model is asked about a conversation, and what it may do about it."""

from typing import Any

import pytest

from actors.memory import extract
from actors.memory.messages import AppendDaily, Change, Origin
from actors.tooling import CallContext, Catalogue, InvalidInput, UnknownTool
from actors.vocabulary import Block, ChatMessage, Document, Image, Side, Text, Thinking, ToolResult, ToolUse
from tests.actors.memory.test_log import shown

HERE = CallContext(
    session="s1", turn="t1", user="ada", role="user", channel="", source="flush", call="flush:s1:7:0"
)
ORIGIN = Origin(user="ada", door="flush", session="s1", turn="t1")


def said(role: Side, *blocks: Block | str) -> ChatMessage:
    content = tuple(Text(text=each) if isinstance(each, str) else each for each in blocks)
    return ChatMessage(role=role, content=content)


def decoded(name: str, **input: Any) -> Any:
    return Catalogue(extract.tools("flush")).decode(name, input, HERE)


class TestConversation:
    def test_words_calls_and_results_are_told_each_by_who(self) -> None:
        result = ToolResult(tool_use_id="c", name="FileRead", content=(Text(text="x" * 501),))
        picture = Image(media_type="image/png", path="a.png")
        paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
        messages = [
            said("user", picture, paper, " look "),
            said(
                "assistant", Thinking(text="hm"), " ", ToolUse(id="c", name="FileRead", input={"path": "é"})
            ),
            said("user", result),
        ]
        assert extract.of_messages(messages) == (
            '[user] look\n\n[assistant] (tool_use: FileRead {"path": "é"})\n\n[tool_result] '
            + "x" * 500
            + "..."
        )

    def test_nothing_said_is_nothing(self) -> None:
        assert extract.of_messages([said("assistant", Thinking(text="hm"))]) == ""
        assert extract.of_shown([], 0) == ""

    def test_of_much_the_newest_is_kept(self) -> None:
        messages = [said("user", f"{n} " + "x" * 12_000) for n in range(5)]
        text = extract.of_messages(messages)
        assert text.startswith("[what was before is left out]\n\n[user] 3 x")
        assert len(text) < extract.MOST + 100

    def test_of_one_that_is_too_long_the_beginning_is_kept(self) -> None:
        assert len(extract.of_messages([said("user", "x" * 40_000)])) == extract.MOST

    def test_only_what_is_new_is_reviewed_and_of_each_message_the_beginning(self) -> None:
        messages = [
            shown("user", "old", id=1),
            shown("user", "y" * 1001, id=2),
            shown("thinking", "hm", id=3),
            shown("tool_use", "{}", id=4),
            shown("tool_result", "{}", id=5),
            shown("assistant", "fine", id=6),
        ]
        assert extract.of_shown(messages, 1) == (
            f"[user] {'y' * 1000}...\n\n[assistant (tool_use)] {{}}\n\n[assistant] fine"
        )


def test_what_is_remembered_already_stands_before_the_conversation() -> None:
    known = [("USER.md", "Ada\n"), ("MEMORY.md", " ")]
    assert extract.question(known, "[user] hi") == said(
        "user", "<note name='USER.md'>\nAda\n</note>\n\n<conversation>\n[user] hi\n</conversation>"
    )
    assert "since you looked last" in extract.instruction("review")
    assert extract.instruction("review", "Also this.").endswith("\n\nAlso this.")
    assert "replaced by a summary" in extract.instruction("flush")


class TestTools:
    def test_there_are_two_of_them(self) -> None:
        fields = [(each.name, set(each.spec.input_schema["properties"])) for each in extract.tools("review")]
        assert fields == [("MemoryWrite", {"file", "content", "replace"}), ("MemoryAppendDaily", {"text"})]

    def test_a_note_is_added_to_or_corrected_and_never_replaced(self) -> None:
        assert decoded("MemoryWrite", file="MEMORY.md", content="tea") == Change(
            user="ada", name="MEMORY.md", mode="append", content="tea", origin=ORIGIN, key=HERE.call
        )
        assert decoded("MemoryWrite", file="MEMORY.md", content="tea", replace="coffee") == Change(
            user="ada",
            name="MEMORY.md",
            mode="replace",
            content="tea",
            passage="coffee",
            origin=ORIGIN,
            key=HERE.call,
        )

    def test_the_log_is_added_to(self) -> None:
        request = decoded("MemoryAppendDaily", text="tea was had")
        assert isinstance(request, AppendDaily)
        assert (request.user, request.key, request.origin) == ("ada", HERE.call, ORIGIN)

    @pytest.mark.parametrize("given", [{}, {"file": "MEMORY.md"}, {"file": 1, "content": "x"}])
    def test_a_call_that_lacks_something_is_refused(self, given: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput):
            decoded("MemoryWrite", **given)

    def test_there_is_nothing_else(self) -> None:
        with pytest.raises(UnknownTool):
            decoded("FileDelete", path="x")


class TestSaved:
    def test_the_beginning_of_what_was_said(self) -> None:
        messages = [said("user", " one ", ToolUse(id="c", name="X", input={})), said("assistant", "two")]
        assert extract.saved(messages) == "Pre-compaction save\n\none\ntwo"
        long = extract.saved([said("user", "é" * 1500)])
        assert long == f"Pre-compaction save\n\n{'é' * 1000}..."

    def test_nothing_said_is_nothing(self) -> None:
        assert extract.saved([said("assistant", Thinking(text="hm"), " ")]) is None
