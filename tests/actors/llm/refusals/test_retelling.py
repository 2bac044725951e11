from actors.llm.refusals.retelling import has_calls, in_words, without_thoughts
from actors.vocabulary import ChatMessage, Document, Image, ProviderData, Text, Thinking, ToolResult, ToolUse

IMAGE = Image(media_type="image/png", path="a.png")
PAPER = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
SAID = (
    ChatMessage(role="user", content=(Text(text="q"), IMAGE)),
    ChatMessage(
        role="assistant",
        content=(
            Thinking(text="hm"),
            Text(text="so"),
            ToolUse(id="1", name="T", input={"a": 1}, provider_data=ProviderData(origin="x", data={})),
        ),
    ),
    ChatMessage(
        role="user", content=(ToolResult(tool_use_id="1", name="T", content=(Text(text="ok"), IMAGE, PAPER)),)
    ),
)


def test_calls_and_results_become_words_and_files_stay() -> None:
    told = in_words(SAID)
    assert told[0] == SAID[0]
    assert told[1].content == (Text(text="so"), Text(text='(I called T with {"a":1}.)'))
    assert told[2].content == (Text(text="(T answered: ok)"), IMAGE, PAPER)
    assert has_calls(SAID)
    assert not has_calls(told)


def test_thoughts_go_with_what_belongs_to_them() -> None:
    content = without_thoughts(SAID)[1].content
    assert content == (Text(text="so"), ToolUse(id="1", name="T", input={"a": 1}))
