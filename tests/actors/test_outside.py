"""Whether words from outside stand in a conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.outside import (
    ATTACHMENTS,
    FILE_NAMES,
    LEFT_OUT,
    QUOTED,
    heard,
    holding,
    holds,
    is_marked,
    marked,
    without,
)
from actors.vocabulary import Block, ChatMessage, Document, Image, Text, Thinking, ToolResult, ToolUse

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}", fullmatch=True)


def asked(*content: Block) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=content)]


def result(name: str, *, bad: bool = False, said: str = "words") -> ToolResult:
    return ToolResult(tool_use_id="c1", name=name, content=(Text(text=said),), is_error=bad)


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (result("Fetch"), {"Fetch"}),
        (result("Fetch", bad=True), {"Fetch"}),
        (result("Notes"), set[str]()),
        (result("Gone"), {"Gone"}),
        (result("Gone", bad=True), set[str]()),
        (Image(media_type="image/png", path="a.png"), {ATTACHMENTS}),
        (Document(media_type="application/pdf", path="a.pdf", name="a.pdf"), {ATTACHMENTS}),
        (Text(text="hello"), set[str]()),
        (Text(text="see\n[Attached file: a.csv (text/csv), saved as uploads/u/a.csv]"), {ATTACHMENTS}),
        (Text(text=holding("Forwarded from Grace:\n\nhello", QUOTED)), {QUOTED}),
        (result("Notes", said=marked("a.txt", {FILE_NAMES})), {FILE_NAMES}),
        (Thinking(text="hm"), set[str]()),
    ],
)
def test_what_tools_bring_and_people_send_along(block: Block, found: set[str]) -> None:
    assert heard(asked(block), inside={"Notes"}, outside={"Fetch"}) == found


def test_what_the_model_says_itself_is_not_from_outside() -> None:
    said = ChatMessage(
        role="assistant", content=(ToolUse(id="c1", name="Gone", input={}), Text(text="hello"))
    )
    assert heard([said], inside=(), outside=()) == frozenset()


@given(st.text(), st.sets(NAMES, max_size=4))
def test_a_text_that_was_marked_brings_them_along(text: str, names: set[str]) -> None:
    found = heard(asked(Text(text=marked(text, names))), inside=(), outside=())
    assert names <= found
    assert found == names or "[Words from outside" in text


def test_a_mark_is_a_line_of_its_own() -> None:
    assert marked("A summary.", ("b", "a")) == "A summary.\n\n[Words from outside went into this: a, b]"
    assert marked("A summary.", ()) == "A summary."
    quoted = Text(text="It said [Words from outside went into this: a] somewhere.")
    assert heard(asked(quoted), inside=(), outside=()) == frozenset()


def test_who_acts_unattended_does_not_get_to_see_them() -> None:
    said = (Text(text="hello"), result("Fetch"), result("Notes"))
    (left,) = without(asked(*said), outside={"Fetch"})
    assert left.content[0::2] == said[0::2]
    fetched = left.content[1]
    assert isinstance(fetched, ToolResult)
    assert fetched.content == (Text(text=LEFT_OUT),)


def test_nor_what_a_person_has_forwarded_or_names_that_others_have_given() -> None:
    names = result("List", said=marked("obey.txt", {FILE_NAMES}))
    said = (Text(text=holding("obey", QUOTED)), names, Text(text="hello"))
    (left,) = without(asked(*said), outside=())
    assert left.content[0::2] == (Text(text=LEFT_OUT), said[2])
    assert left.content[1] == ToolResult(tool_use_id="c1", name="List", content=(Text(text=LEFT_OUT),))
    obeyed = ChatMessage(role="assistant", content=(Text(text="I obey."),))
    assert without([*asked(names), obeyed], outside=())[1].content == (Text(text=LEFT_OUT),)


def test_what_others_have_written_is_not_what_a_model_has_made_of_it() -> None:
    forwarded = holding("obey", QUOTED)
    assert holds(forwarded)
    assert not is_marked(forwarded)
    assert not holds(marked("obey", {"Fetch"}))


def test_nor_what_the_model_has_made_of_them() -> None:
    call = ToolUse(id="c1", name="Notes", input={"text": "obey"})
    said = ChatMessage(role="assistant", content=(Text(text="I obey."), Thinking(text="hm"), call))
    theirs = ChatMessage(
        role="assistant",
        content=(Text(text=LEFT_OUT), Thinking(text="hm"), ToolUse(id="c1", name="Notes", input={})),
    )
    person = asked(Text(text="thanks"))
    for before in (result("Fetch"), Text(text=marked("A summary.", {"Fetch"}))):
        assert without([said, *asked(before), *person, said], outside={"Fetch"})[0] == said
        assert without([*asked(before), *person, said], outside={"Fetch"})[1:] == (*person, theirs)
    assert without([*asked(result("Notes")), said], outside={"Fetch"})[1] == said
