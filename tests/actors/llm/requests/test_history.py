from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.llm.messages import SystemText
from actors.llm.requests.history import (
    BEFORE,
    GO_ON,
    may_think,
    normalise,
    place_notes,
    references,
    references_of,
    unthinking,
    wanted_back,
)
from actors.vocabulary import (
    Block,
    ChatMessage,
    Document,
    Image,
    ProviderData,
    Side,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

HERE = ProviderData(origin="here", data={"signature": "s"})
ELSEWHERE = ProviderData(origin="elsewhere", data={"signature": "s"})
IMAGE = Image(media_type="image/png", path="a.png")
PAPER = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")


def message(role: Side, *blocks: Block) -> ChatMessage:
    return ChatMessage(role=role, content=blocks)


blocks = st.one_of(
    st.builds(Text, text=st.sampled_from(["a", " ", "", "b\n"])),
    st.builds(Thinking, text=st.just("t"), provider_data=st.sampled_from([None, HERE, ELSEWHERE])),
    st.builds(ToolUse, id=st.just("i"), name=st.just("n"), input=st.just({})),
    st.just(IMAGE),
    st.just(PAPER),
)
histories = st.lists(
    st.builds(ChatMessage, role=st.sampled_from(["user", "assistant"]), content=st.lists(blocks).map(tuple))
)


@given(histories, st.sampled_from([wanted_back("here"), unthinking]))
def test_roles_take_turns_from_the_person_to_the_person(history: list[ChatMessage], keep: Any) -> None:
    fit = normalise(history, keep)
    assert all(a.role != b.role for a, b in pairwise(fit))
    assert all(each.content for each in fit)
    assert fit[0].role == fit[-1].role == "user"


@given(histories, st.sampled_from([wanted_back("here"), unthinking]))
def test_what_was_said_is_sent_in_its_order(history: list[ChatMessage], keep: Any) -> None:
    words = [
        (each.role, block.text)
        for each in history
        for block in each.content
        if isinstance(block, Text) and block.text.strip()
    ]
    sent = [
        (each.role, block.text)
        for each in normalise(history, keep)
        for block in each.content
        if isinstance(block, Text)
        and block.text not in (BEFORE, GO_ON, "[picture a.png]", "[document a.pdf]")
    ]
    assert sent == words


def test_files_inside_results_are_found() -> None:
    result = ToolResult(tool_use_id="a", name="T", content=(Text(text="x"), IMAGE, PAPER))
    messages = [message("user", IMAGE, Text(text="t")), message("user", result)]
    assert references(messages) == [IMAGE, IMAGE, PAPER]
    assert [*references_of(messages[1])] == [IMAGE, PAPER]


def test_notes_go_behind_the_last_words_of_the_person() -> None:
    history = [
        message("user", Text(text="old")),
        message("assistant", Text(text="a")),
        message("user", Text(text="new"), IMAGE),
        message("assistant", ToolUse(id="i", name="n", input={})),
        message("user", ToolResult(tool_use_id="i", name="n", content=())),
    ]
    system = (
        SystemText(text="stable"),
        SystemText(text="one", cached=False),
        SystemText(text="two", cached=False),
    )
    assert place_notes(history, system) == 2
    assert history[2].content[2] == Text(text="<system-note>\none\ntwo\n</system-note>")


def test_without_notes_nothing_changes() -> None:
    history = [message("user", Text(text="q"))]
    assert place_notes(history, (SystemText(text="s"), SystemText(text=" ", cached=False))) is None
    assert history == [message("user", Text(text="q"))]


def test_without_words_there_is_no_place_for_notes() -> None:
    assert place_notes([], (SystemText(text="n", cached=False),)) is None


def test_thinking_may_begin_where_no_results_are_waiting() -> None:
    assert may_think([])
    assert may_think([message("user", Text(text="q"))])
    assert may_think([message("assistant", Text(text="a")), message("user", Text(text="q"))])


def test_a_model_says_only_what_is_a_models_to_say() -> None:
    stray = ToolResult(tool_use_id="i", name="n", content=())
    fit = normalise(
        [
            message("user", Text(text="q"), ToolUse(id="i", name="n", input={})),
            message("assistant", IMAGE, stray, PAPER),
        ],
        unthinking,
    )
    assert fit == [
        message("user", Text(text="q")),
        message("assistant", Text(text="[picture a.png]"), Text(text="[document a.pdf]")),
        message("user", Text(text=GO_ON)),
    ]
