"""What a model gets to see that sums up a conversation, and what stands in for a summary."""

from hypothesis import given
from hypothesis import strategies as st

from actors.agent.window.digest import PIECES, first_lines, pieces, summary_request
from actors.transcript import Part, Transcript, summed_up
from actors.vocabulary import Block, ChatMessage, Document, Image, Side, Text, Thinking, ToolResult, ToolUse

PAPER = Document(media_type="application/pdf", path="b.pdf", name="B.pdf")


def message(role: Side, *content: Block | str) -> ChatMessage:
    blocks = tuple(Text(text=block) if isinstance(block, str) else block for block in content)
    return ChatMessage(role=role, content=blocks)


def result(text: str, *, failed: bool = False, picture: bool = False) -> ToolResult:
    content = Image(media_type="image/png", path="a.png") if picture else Text(text=text)
    return ToolResult(tool_use_id="c", name="X", content=(content,), is_error=failed)


def test_roles_texts_calls_and_shortened_results_are_shown() -> None:
    messages = [
        message("user", "u"),
        message(
            "assistant",
            Thinking(text="t" * 201),
            Thinking(text="short thought"),
            ToolUse(id="c", name="FileRead", input={"path": "ä.txt"}),
        ),
        message("user", Image(media_type="image/png", path="b.png"), PAPER),
        message("user", result("y" * 3000)),
        message("user", result("", picture=True), result("no", failed=True)),
    ]
    (piece,) = pieces(messages, 10_000)
    assert piece.startswith("[user]\nu\n\n[assistant]\nshort thought\n")
    assert '(calls FileRead with {"path": "ä.txt"})' in piece
    assert "(result of X: yyy" in piece
    assert "left out" in piece
    assert "(result of X: [image a.png])\n(error of X: no)" in piece
    assert "[user]\n[image b.png]\n[document b.pdf]\n" in piece
    assert "ttt" not in piece


def test_a_long_conversation_is_cut_between_messages() -> None:
    found = pieces([message("user", f"{n} {'x' * 900}") for n in range(10)], 2000)
    assert [piece.count("[user]") for piece in found] == [2, 2, 2, 2, 2]
    assert "\n\n".join(found).count("x" * 900) == 10


def test_of_a_conversation_that_is_longer_still_less_of_each_message_is_read() -> None:
    found = pieces([message("user", f"{n} {'x' * 900}") for n in range(100)], 2000)
    assert len(found) <= PIECES
    assert "\n\n".join(found).count("characters left out") == 100


def test_of_one_that_is_too_long_even_so_the_newest_is_read() -> None:
    found = pieces([message("user", f"{n:04} words") for n in range(5000)], 1000)
    assert len(found) == PIECES
    assert found[-1].endswith("4999 words")
    assert "0000 words" not in found[0]


@given(st.lists(st.integers(min_value=0, max_value=5000), max_size=60), st.integers(1000, 20_000))
def test_there_are_few_pieces_and_all_of_them_have_room(lengths: list[int], room: int) -> None:
    found = pieces([message("user", "x" * length) for length in lengths], room)
    assert 1 <= len(found) <= PIECES
    assert all(len(piece) <= room for piece in found)


def test_a_summary_goes_on_from_the_one_before() -> None:
    first, second = summary_request("words").content[0], summary_request("words", "earlier").content[0]
    assert isinstance(first, Text)
    assert isinstance(second, Text)
    assert first.text == "Summarise this conversation.\n\n<conversation>\nwords\n</conversation>"
    assert "<summary>\nearlier\n</summary>\n\n<conversation>\nwords" in second.text


def test_a_line_of_each_message_stands_in_for_a_summary() -> None:
    known = Transcript().plus(
        [
            summed_up("what was before", 1),
            Part("assistant", (Text(text="one\ntwo"), Thinking(text="t" * 300)), 2),
            Part("user", (Text(text="x" * 500),), 3),
        ]
    )
    assert first_lines(known.messages, 1000) == f"what was before\nassistant: one two\nuser: {'x' * 160}"


def test_the_newest_lines_have_room_first() -> None:
    messages = [message("user", f"words {n}") for n in range(100)]
    found = first_lines(messages, 100).splitlines()
    assert found[0] == "[the beginnings of 94 older messages are left out]"
    assert found[-1] == "user: words 99"
    assert first_lines(messages, 0) == "[the beginnings of 100 older messages are left out]"
