"""The lines of Ollama's own interface as an answer."""

import json
from typing import Any

import pytest

from actors.llm.completion import END_TURN, MAX_TOKENS, TOOL_USE, Tokens
from actors.llm.messages import CompletionEvent, ModelUnavailable, TextDelta, ThinkingDelta, ToolCallStarted
from actors.llm.ollama.stream import Reader
from actors.vocabulary import ProviderData, Text, Thinking, ToolUse


def reader() -> Reader:
    ids = iter(range(100))
    return Reader("ollama", lambda: f"made-up-{next(ids)}")


def line(content: str = "", **more: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    own = {key: more.pop(key) for key in ("thinking", "tool_calls") if key in more}
    return json.dumps({"model": "m", "message": {**message, **own}, "done": False, **more}).encode()


def call(name: Any, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


END = line(done=True, done_reason="stop", prompt_eval_count=26, eval_count=7)


def read(*lines: bytes, by: Reader | None = None) -> tuple[Reader, list[CompletionEvent]]:
    by = by or reader()
    return by, [item for each in lines for item in by.read(each)]


def test_words_are_handed_on_and_put_together() -> None:
    by, items = read(line("Hel"), line("lo"), END)
    assert items == [TextDelta(text="Hel"), TextDelta(text="lo")]
    answer = by.completion()
    assert answer.content == (Text(text="Hello"),)
    assert answer.stop_reason == END_TURN
    assert answer.tokens == Tokens(input=26, output=7)


def test_reasoning_comes_first_and_is_wanted_back() -> None:
    by, items = read(line(thinking="Hm"), line(thinking="…"), line("Yes"), END)
    assert items == [ThinkingDelta(text="Hm"), ThinkingDelta(text="…"), TextDelta(text="Yes")]
    mark = ProviderData(origin="ollama", data={"model": "m"})
    assert by.completion().content == (Thinking(text="Hm…", provider_data=mark), Text(text="Yes"))


def test_reasoning_of_a_nameless_model_is_wanted_back_as_well() -> None:
    by, _ = read(b'{"message":{"thinking":"hm"}}', END)
    (thought,) = by.completion().content
    assert isinstance(thought, Thinking)
    assert thought.provider_data is not None


def test_calls_come_whole() -> None:
    by, items = read(
        line(tool_calls=[call("FileRead", {"path": "a"})]),
        line(tool_calls=[call("FileList", {}, id="mine"), call("FileRead", '{"path": "b"}')]),
        END,
    )
    assert items == [
        ToolCallStarted(id="made-up-0", name="FileRead"),
        ToolCallStarted(id="mine", name="FileList"),
        ToolCallStarted(id="made-up-1", name="FileRead"),
    ]
    answer = by.completion()
    assert answer.content == (
        ToolUse(id="made-up-0", name="FileRead", input={"path": "a"}),
        ToolUse(id="mine", name="FileList", input={}),
        ToolUse(id="made-up-1", name="FileRead", input={"path": "b"}),
    )
    assert answer.stop_reason == TOOL_USE


@pytest.mark.parametrize("arguments", [None, {}, "", []])
def test_a_call_without_input_has_none(arguments: Any) -> None:
    by, _ = read(line(tool_calls=[call("FileList", arguments)]), END)
    assert by.completion().content == (ToolUse(id="made-up-0", name="FileList", input={}),)


def test_a_call_whose_input_is_no_object_is_not_run() -> None:
    by, _ = read(line(tool_calls=[call("FileList", [1])]), END)
    (use,) = by.completion().content
    assert isinstance(use, ToolUse)
    assert use.unreadable is not None


def test_a_call_without_a_name_is_none() -> None:
    by, items = read(line(tool_calls=[call(None, {})]), END)
    assert items == []
    assert by.completion().content == ()


def test_an_answer_that_was_cut_says_so() -> None:
    by, _ = read(line("and then", done=True, done_reason="length"))
    assert by.completion().stop_reason == MAX_TOKENS


def test_the_last_line_may_have_words_and_nothing_behind_it_counts() -> None:
    by, items = read(line("all", done=True), line("more"), b"garbage")
    assert by.finished
    assert items == [TextDelta(text="all")]
    assert by.completion().content == (Text(text="all"),)


def test_without_its_last_line_an_answer_is_not_whole() -> None:
    by, _ = read(line("Hel"))
    assert not by.whole
    assert read(END, by=by)[0].whole


def test_characters_that_were_cut_in_two_are_joined() -> None:
    _, items = read(line("\ud83d").replace(b"\\\\", b"\\"), line("\ude00!").replace(b"\\\\", b"\\"), END)
    assert items == [TextDelta(text="\U0001f600!")]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("unexpected EOF", "unexpected EOF"),
        ({"message": "out of luck"}, "out of luck"),
        ('{"error": "inside"}', "inside"),
    ],
)
def test_an_error_inside_the_stream_is_told(error: Any, said: str) -> None:
    by = reader()
    with pytest.raises(ModelUnavailable, match=said):
        read(line("Hel"), json.dumps({"error": error}).encode(), by=by)
    assert not by.whole


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"nothing",
        b'{"message": 5}',
        b'{"message": {"content": [5]}}',
        b'{"message": {"tool_calls": [{"function": 5}]}}',
    ],
)
def test_a_line_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(data)


def test_reasoning_that_is_written_between_tags_is_reasoning() -> None:
    by, items = read(line("<thi"), line("nk>hm</think>\n"), line("Hi"), END)
    assert items == [ThinkingDelta(text="hm"), TextDelta(text="Hi")]
    assert [type(block) for block in by.completion().content] == [Thinking, Text]
    _, items = read(line("<thin"), END)
    assert items == [TextDelta(text="<thin")]


def test_a_call_by_itself_is_a_list_of_one() -> None:
    by, _ = read(line(tool_calls=call("FileRead", {"path": "a"})), line(tool_calls=[None]), END)
    assert by.completion().content == (ToolUse(id="made-up-0", name="FileRead", input={"path": "a"}),)
