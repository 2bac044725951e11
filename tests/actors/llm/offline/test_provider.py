from typing import Any

import pytest

from actors.llm.completion import Completion
from actors.llm.messages import CompletionEvent, SystemText, TextDelta, ToolCallStarted
from actors.llm.offline.provider import CONFIGURE, WHO, Offline
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Document, Image, Text, ToolResult, ToolSpec, ToolUse

TOOLS = tuple(
    ToolSpec(name=name, description=f"{name} does\nthings.", input_schema={"type": "object"})
    for name in ("FileRead", "FileWrite", "FileList", "FileDelete", "Attach", "MemorySearch")
)


def user(text: str) -> ChatMessage:
    return ChatMessage(role="user", content=(Text(text=text),))


def called(name: str, path: str = "a.md", id: str = "c1") -> ToolUse:
    return ToolUse(id=id, name=name, input={"path": path})


def result(name: str, *texts: str, id: str = "c1", is_error: bool = False) -> ToolResult:
    return ToolResult(
        tool_use_id=id, name=name, content=tuple(Text(text=t) for t in texts), is_error=is_error
    )


async def ask(
    *messages: ChatMessage, tools: tuple[ToolSpec, ...] = TOOLS, note: str = ""
) -> tuple[list[CompletionEvent], Completion]:
    numbers = iter(range(100))
    offline = Offline(lambda: f"id-{next(numbers)}", note)
    items: list[CompletionEvent] = []

    async def send(item: CompletionEvent) -> None:
        items.append(item)

    answer = await offline.complete(
        Prompt(provider="offline", model="basic", messages=messages, tools=tools), send
    )
    return items, answer


async def said(*messages: ChatMessage, **options: Any) -> str:
    _, answer = await ask(*messages, **options)
    return "".join(block.text for block in answer.content if isinstance(block, Text))


async def after(use: ToolUse, outcome: ToolResult) -> str:
    return await said(
        user("do it"),
        ChatMessage(role="assistant", content=(use,)),
        ChatMessage(role="user", content=(outcome,)),
    )


async def test_it_says_what_it_is_and_how_to_get_a_model() -> None:
    text = await said(user("hello"))
    assert WHO in text
    assert CONFIGURE in text
    assert "ANTHROPIC_API_KEY" in text
    assert "GEMINI_API_KEY" in text
    assert ".env" in text


async def test_help_lists_what_it_understands() -> None:
    text = await said(user("help"))
    for phrase in ("list files", "read ", "write ", "delete ", "attach ", "use FileList"):
        assert phrase in text


async def test_it_says_why_a_key_does_not_help() -> None:
    assert "A key is there, but" in await said(
        user("help"), note="A key is there, but gemini is switched off."
    )


async def test_what_it_does_not_understand_leads_to_help() -> None:
    text = await said(user("what is the meaning of life? " * 20))
    assert text.startswith("I did not understand “what is the meaning")
    assert "`list files`" in text
    assert len(text.splitlines()[0]) < 120


async def test_a_request_becomes_a_call_of_a_real_tool() -> None:
    items, answer = await ask(user("read documents/welcome.md"))
    use = ToolUse(id="id-0", name="FileRead", input={"path": "documents/welcome.md"})
    assert items == [ToolCallStarted(id="id-0", name="FileRead")]
    assert answer.content == (use,)
    assert answer.stop_reason == "tool_use"


async def test_two_lines_are_two_calls_at_once() -> None:
    _, answer = await ask(user("read a.md\nread b.md"))
    assert [block.input for block in answer.content if isinstance(block, ToolUse)] == [
        {"path": "a.md"},
        {"path": "b.md"},
    ]


async def test_what_is_strange_beside_a_request_is_mentioned() -> None:
    _, answer = await ask(user("read a.md\nsing a song"))
    assert isinstance(answer.content[0], Text)
    assert "sing a song" in answer.content[0].text
    assert isinstance(answer.content[1], ToolUse)


async def test_names_of_tools_are_found_without_regard_to_case() -> None:
    _, answer = await ask(user('use memorysearch {"query": "x"}'))
    assert answer.content == (ToolUse(id="id-0", name="MemorySearch", input={"query": "x"}),)


async def test_a_tool_that_is_not_offered_is_not_called() -> None:
    text = await said(user("use Bash {}"))
    assert "There is no tool `Bash` here" in text
    assert "`FileRead`" in text
    assert "No tools are offered" in await said(user("read a.md"), tools=())


async def test_input_that_is_no_json_is_explained() -> None:
    assert (await said(user("use FileRead {path"))).startswith("What follows FileRead must be a JSON object")


async def test_tools_are_listed_with_what_they_do() -> None:
    assert "- `Attach`: Attach does things." in await said(user("tools"))


@pytest.mark.parametrize(
    ("use", "outcome", "expected"),
    [
        (called("FileRead"), result("FileRead", "Hello\n"), "`a.md` says:\n\n```\nHello\n```"),
        (called("FileRead"), result("FileRead", ""), "`a.md` is empty."),
        (called("FileRead"), result("FileRead", "a ``` b"), "`a.md` says:\n\n````\na ``` b\n````"),
        (called("FileRead"), result("FileRead", "No: a.md", is_error=True), "That did not work: No: a.md"),
        (called("FileWrite"), result("FileWrite", "Successfully wrote a.md"), "Done: Successfully wrote a.md"),
        (called("FileDelete"), result("FileDelete", "Deleted a.md"), "Done: Deleted a.md"),
        (
            called("FileList", "."),
            result("FileList", '[{"name": "documents/"}, {"name": "a.md", "size": 1}]', "Note: 1 file lies loose."),
            "Your home folder holds:\n\n- `documents/`\n- `a.md` (1 byte)\nNote: 1 file lies loose.",
        ),
        (called("FileList", "x"), result("FileList", "[]"), "The folder `x` is empty."),
        (called("FileList", "x"), result("FileList", "no json"), "The folder `x`:\n\n```\nno json\n```"),
        (called("MemorySearch"), result("MemorySearch", "found"), "MemorySearch answered:\n\n```\nfound\n```"),
    ],
)  # fmt: skip
async def test_results_are_told_in_words(use: ToolUse, outcome: ToolResult, expected: str) -> None:
    assert await after(use, outcome) == expected


async def test_a_document_cannot_be_read() -> None:
    paper = Document(media_type="application/pdf", path="a.md", name="a.md")
    outcome = ToolResult(tool_use_id="c1", name="FileRead", content=(Text(text="Document: a.md"), paper))
    assert await after(called("FileRead"), outcome) == "`a.md` is a PDF, and I cannot read those."


async def test_a_picture_cannot_be_seen() -> None:
    outcome = ToolResult(
        tool_use_id="c1",
        name="FileRead",
        content=(Text(text="Image"), Image(media_type="image/png", path="a.md")),
    )
    assert await after(called("FileRead"), outcome) == "`a.md` is a picture, and I cannot see pictures."


async def test_results_of_calls_made_at_once_are_told_in_order() -> None:
    text = await said(
        user("read a\nread b"),
        ChatMessage(role="assistant", content=(called("FileRead", "a"), called("FileRead", "b", id="c2"))),
        ChatMessage(role="user", content=(result("FileRead", "A"), result("FileRead", "B", id="c2"))),
    )
    assert text == "`a` says:\n\n```\nA\n```\n\n`b` says:\n\n```\nB\n```"


async def test_a_message_that_joins_the_turn_is_granted_beside_the_results() -> None:
    _, answer = await ask(
        user("read a.md"),
        ChatMessage(role="assistant", content=(called("FileRead"),)),
        ChatMessage(role="user", content=(result("FileRead", "A"),)),
        user("delete a.md"),
    )
    first, second = answer.content
    assert isinstance(first, Text)
    assert first.text.startswith("`a.md` says:")
    assert second == ToolUse(id="id-0", name="FileDelete", input={"path": "a.md"})


async def test_earlier_turns_are_not_answered_again() -> None:
    _, answer = await ask(
        user("read a.md"), ChatMessage(role="assistant", content=(Text(text="ok"),)), user("list files")
    )
    assert answer.content == (ToolUse(id="id-0", name="FileList", input={"path": "."}),)


async def test_a_message_without_words_is_answered_too() -> None:
    image = ChatMessage(role="user", content=(Image(media_type="image/png", path="a.png"),))
    assert WHO in await said(image)
    assert WHO in await said()


async def test_it_speaks_word_by_word() -> None:
    items, answer = await ask(user("hi"))
    deltas = [item.text for item in items if isinstance(item, TextDelta)]
    assert answer.content == (Text(text="".join(deltas)),)
    assert all(len(delta.split()) == 1 for delta in deltas)


async def test_a_long_answer_is_cut_into_larger_pieces() -> None:
    words = "word " * 5000
    items, answer = await ask(
        user("read a.md"),
        ChatMessage(role="assistant", content=(called("FileRead"),)),
        ChatMessage(role="user", content=(result("FileRead", words),)),
    )
    assert len(items) < 300
    (text,) = answer.content
    assert isinstance(text, Text)
    assert words.strip() in text.text


async def test_tokens_are_counted_roughly() -> None:
    prompt = Prompt(
        provider="offline", model="basic", messages=(user("x" * 400),), system=(SystemText(text="y" * 400),)
    )

    async def send(_: CompletionEvent) -> None:
        pass

    answer = await Offline(lambda: "id").complete(prompt, send)
    assert answer.tokens.input == 200
    assert answer.tokens.output > 50


async def test_the_same_question_has_the_same_answer() -> None:
    assert await ask(user("read a.md\nhelp")) == await ask(user("read a.md\nhelp"))
