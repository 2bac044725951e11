"""Calls with their results, however a history has them."""

from typing import Any

from actors.llm.requests.pairing import UNANSWERED, paired
from actors.llm.requests.wire_names import STRICT
from actors.vocabulary import Block, ChatMessage, Document, Image, Side, Text, ToolResult, ToolUse

IMAGE = Image(media_type="image/png", path="a.png")
PAPER = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")


def call(id: str, name: str = "T") -> ToolUse:
    return ToolUse(id=id, name=name, input={})


def result(id: str, *words: str, name: str = "T") -> ToolResult:
    return ToolResult(tool_use_id=id, name=name, content=tuple(Text(text=each) for each in words))


def message(role: Side, *blocks: Block) -> ChatMessage:
    return ChatMessage(role=role, content=blocks)


def sides(*messages: ChatMessage) -> list[Any]:
    """Ids of calls, ids and words of results, other words."""
    return [
        [
            block.id
            if isinstance(block, ToolUse)
            else (block.tool_use_id, *(part.text for part in block.content if isinstance(part, Text)))
            if isinstance(block, ToolResult)
            else block
            for block in each.content
        ]
        for each in paired(messages, STRICT)
    ]


def test_results_take_the_order_of_their_calls() -> None:
    said = Text(text="and")
    assert sides(
        message("assistant", call("a"), call("b")), message("user", said, result("b", "2"), result("a", "1"))
    ) == [
        ["a", "b"],
        [("a", "1"), ("b", "2")],
        [said],
    ]


def test_a_call_without_a_result_gets_one_that_says_so() -> None:
    (_, answered) = paired([message("assistant", call("a", "File.Read"))], STRICT)
    (block,) = answered.content
    assert isinstance(block, ToolResult)
    assert block.is_error
    assert block.content == (Text(text=UNANSWERED),)
    assert block.name.startswith("File_Read_")


def test_a_result_that_comes_late_stands_behind_its_call() -> None:
    said = Text(text="still there?")
    assert sides(
        message("assistant", call("a")),
        message("user", said),
        message("assistant", said),
        message("user", result("a", "1")),
    ) == [
        ["a"],
        [("a", "1")],
        [said],
        [said],
    ]


def test_a_result_without_its_call_becomes_words() -> None:
    orphan = ToolResult(tool_use_id="x", name="", content=(Text(text="one"), Text(text=" "), IMAGE, PAPER))
    assert sides(message("user", orphan), message("assistant", call("x"))) == [
        [
            Text(text="[result of a tool, whose call is not part of this conversation]"),
            Text(text="one"),
            IMAGE,
            PAPER,
        ],
        ["x"],
        [("x", UNANSWERED)],
    ]


def test_an_id_that_is_used_again_means_the_latest_call() -> None:
    assert sides(
        message("assistant", call("c")),
        message("user", result("c", "1")),
        message("assistant", call("c"), call("c")),
        message("user", result("c", "2"), result("c", "3")),
        message("assistant", call("c_2")),
    ) == [
        ["c"],
        [("c", "1")],
        ["c_2", "c_3"],
        [("c_2", "2"), ("c_3", "3")],
        ["c_2_2"],
        [("c_2_2", UNANSWERED)],
    ]
