"""When a conversation is compacted, and where it is split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.settings import Compaction
from actors.agent.window.compaction import is_worth_it, prune, should_prune, split
from actors.transcript import Part, Transcript, summed_up
from actors.vocabulary import ChatMessage, Document, Image, Side, Text, ToolResult, ToolUse, Usage

SETTINGS = Compaction()


def history(shape: str) -> list[ChatMessage]:
    """One message a letter: u and a are plain, A calls a tool, R answers the last call, O answers none."""
    found: list[ChatMessage] = []
    call = "none"
    for index, letter in enumerate(shape):
        match letter:
            case "A":
                call = f"c{index}"
                block = ToolUse(id=call, name="X", input={})
                found.append(ChatMessage(role="assistant", content=(block,)))
            case "R" | "O":
                id = call if letter == "R" else "orphan"
                result = ToolResult(tool_use_id=id, name="X", content=(Text(text="r"),))
                found.append(ChatMessage(role="user", content=(result,)))
            case _:
                role: Side = "user" if letter == "u" else "assistant"
                found.append(ChatMessage(role=role, content=(Text(text=letter),)))
    return found


@pytest.mark.parametrize(
    ("shape", "keep", "expected"),
    [
        ("uauauauaua", 4, 6),
        ("uauauauaua", 1, 9),
        ("uauauauaua", 2, 8),
        ("uauauauaua", 6, 4),
        ("uauARau", 4, 3),
        ("uARau", 4, 1),
        ("uaOuau", 4, 2),
        ("uau", 4, 0),
        ("uaua", 4, 0),
        ("uAR", 1, 1),
        ("uARRRau", 4, 1),
    ],
)
def test_the_split_never_parts_a_call_from_its_result(shape: str, keep: int, expected: int) -> None:
    assert split(history(shape), keep) == expected


def test_a_call_id_used_again_means_the_latest_call() -> None:
    messages = [*history("uA"), *history("uAR")]
    call = ToolUse(id="c1", name="X", input={})
    messages[3] = ChatMessage(role="assistant", content=(call,))
    messages[4] = ChatMessage(role="user", content=(ToolResult(tool_use_id="c1", name="X", content=()),))
    assert split(messages, 1) == 3


@given(st.text(alphabet="uaAR", max_size=30), st.integers(min_value=1, max_value=8))
def test_every_result_that_stays_has_its_call_before_it(shape: str, keep: int) -> None:
    messages = history(shape)
    at = split(messages, keep)
    assert at == 0 or len(messages) - at >= keep
    before = {
        block.id for message in messages[:at] for block in message.content if isinstance(block, ToolUse)
    }
    kept = [block for message in messages[at:] for block in message.content]
    assert not any(isinstance(block, ToolResult) and block.tool_use_id in before for block in kept)


def test_cached_tokens_count_as_prompt() -> None:
    assert Usage(input_tokens=1, cache_read_tokens=20, cache_write_tokens=300).prompt_tokens == 321


def test_pruning_starts_past_70_percent() -> None:
    assert not should_prune(112_000, 160_000, SETTINGS)
    assert should_prune(112_001, 160_000, SETTINGS)


def answered(text: str, *, picture: bool = False) -> ChatMessage:
    content: tuple[Text | Image, ...] = (Text(text=text),)
    if picture:
        content = (Image(media_type="image/png", path="a.png"),)
    return ChatMessage(role="user", content=(ToolResult(tool_use_id="c", name="X", content=content),))


def result_text(message: ChatMessage) -> str:
    block = message.content[0]
    assert isinstance(block, ToolResult)
    part = block.content[0]
    assert isinstance(part, Text)
    return part.text


def test_only_large_results_of_older_messages_are_shortened() -> None:
    plain = history("uaua")
    words = ChatMessage(role="user", content=(Text(text="x" * 5000),))
    found = prune([answered("x" * 5000), answered("small"), words, *plain], SETTINGS)
    assert result_text(found[0]) == "x" * 500 + "\n[… 4300 characters left out …]\n" + "x" * 200
    assert result_text(found[1]) == "small"
    assert list(found[2:]) == [words, *plain]


def test_the_newest_messages_keep_their_results() -> None:
    messages = [answered("x" * 5000)] * 4
    assert list(prune(messages, SETTINGS)) == messages
    assert prune([], SETTINGS) == ()


def test_an_old_picture_becomes_a_short_note() -> None:
    found = prune([answered("", picture=True), *history("uaua")], SETTINGS)
    assert result_text(found[0]) == "[image a.png]"


def test_so_does_an_old_document() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    read = ToolResult(tool_use_id="c", name="X", content=(Text(text="Document"), paper))
    found = prune([ChatMessage(role="user", content=(read,)), *history("uaua")], SETTINGS)
    assert result_text(found[0]) == "Document\n[document a.pdf]"


def test_pruning_twice_changes_nothing_more() -> None:
    once = prune([answered("x" * 5000), *history("uaua")], SETTINGS)
    assert prune(once, SETTINGS) == once


def test_a_summary_is_not_summed_up_again() -> None:
    known = Transcript().plus([summed_up("short", 3)])
    assert not is_worth_it(known.messages)
    assert not is_worth_it(())
    assert is_worth_it(history("u"))
    assert is_worth_it([*known.messages, *history("a")])
    assert is_worth_it(known.plus([Part("user", (Text(text="more"),), 3)]).messages)
