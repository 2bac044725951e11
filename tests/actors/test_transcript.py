"""The conversation as the model gets it, built piece by piece."""

from hypothesis import given
from hypothesis import strategies as st

from actors.transcript import Part, Transcript, characters, spoken, without_calls
from actors.transcript import documents as in_blocks
from actors.vocabulary import Block, Document, Image, Text, Thinking, ToolResult, ToolUse
from tests.fakes.ledger import check_valid
from tests.fakes.ledger import spoken as short

HI = Transcript().plus([Part("user", (Text(text="hi"),), 1)])


def uses(*names: str) -> list[ToolUse]:
    return [ToolUse(id=name, name="Look", input={"at": name}) for name in names]


def result(name: str, text: str = "found") -> ToolResult:
    return ToolResult(tool_use_id=name, name="Look", content=(Text(text=text),))


def asked(*names: str) -> Transcript:
    """An answer with calls, stored as step 2."""
    return HI.plus([Part("assistant", spoken([Text(text="I look")], uses(*names)), 2)])


def test_what_one_side_says_in_a_row_is_one_message() -> None:
    found = HI.plus([Part("user", (Text(text="and"),), 2), Part("assistant", (), 3), Part("user", (), 4)])
    assert short(found.messages) == [("user", ["hi", "and"])]
    assert found.starts == (1,)


def test_results_stand_in_the_order_of_the_calls_before_what_was_said_since() -> None:
    found = asked("a", "b", "c").plus([Part("user", (result("b"), Text(text="wait")), 2)])
    found = found.answered([result("c"), result("a")])
    assert short(found.messages)[-1] == ("user", ["=a", "=b", "=c", "wait"])
    assert found.starts == (1, 2, 2)
    check_valid(found.messages)


def test_a_summary_takes_the_place_of_what_came_first() -> None:
    found = asked("a").answered([result("a")]).summarised(1, "so far")
    assert [message.role for message in found.messages] == ["user", "assistant", "user"]
    assert found.starts == (2, 2, 2)
    joined = HI.plus([Part("assistant", (Text(text="yes"),), 2), Part("user", (Text(text="more"),), 3)])
    (message,) = joined.summarised(2, "so far").messages
    assert message.content[1:] == (Text(text="more"),)


def test_an_answer_that_says_nothing_is_none() -> None:
    assert spoken([Thinking(text="hm"), Text(text=" ")], []) == ()
    assert spoken([Thinking(text="hm")], uses("a")) == (Thinking(text="hm"), *uses("a"))


documents = st.builds(
    Document,
    media_type=st.just("application/pdf"),
    path=st.sampled_from(["a.pdf", "b.pdf"]),
    name=st.just("A"),
)
blocks: st.SearchStrategy[Block] = st.one_of(
    documents,
    st.builds(Text, text=st.text(max_size=5)),
    st.builds(Thinking, text=st.text(max_size=5)),
    st.just(Image(media_type="image/png", path="a.png")),
    st.builds(ToolUse, id=st.just("x"), name=st.just("Look"), input=st.just({"at": 1})),
    st.builds(
        ToolResult,
        tool_use_id=st.sampled_from("ab"),
        name=st.just("Look"),
        content=st.tuples(
            st.just(Image(media_type="image/png", path="a.png")), st.just(Text(text="four")), documents
        ),
    ),
)
parts = st.lists(
    st.builds(
        Part, st.sampled_from(["user", "assistant"]), st.lists(blocks, max_size=3).map(tuple), st.just(1)
    )
)


@given(parts, parts)
def test_the_size_is_kept_up_to_date(first: list[Part], later: list[Part]) -> None:
    found = Transcript().plus(first).plus(later)
    assert found.size == sum(characters(block) for message in found.messages for block in message.content)
    assert found == Transcript().plus([*first, *later])
    assert found.pruned(found.messages) == found
    if found.messages:
        summed_up = found.summarised(len(found.messages) - 1, "so far")
        assert summed_up == summed_up.pruned(summed_up.messages)


@given(parts)
def test_documents_weigh_what_is_known_of_them_wherever_they_are(parts: list[Part]) -> None:
    found = Transcript().plus(parts)
    places = [paper.path for message in found.messages for paper in in_blocks(message.content)]
    assert [paper.path for paper in found.documents] == places
    assert found.weight({}) == found.size
    assert found.weight({"a.pdf": 5000, "c.pdf": 1}) == found.size + 5000 * places.count("a.pdf")


def test_a_document_in_a_result_is_known_once_all_results_are_there() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A")
    read = ToolResult(tool_use_id="b", name="Look", content=(paper,))
    found = asked("a", "b").plus([Part("user", (read,), 2)]).answered([result("a")])
    assert found.documents == (paper,)
    assert found == found.pruned(found.messages)


def test_the_size_counts_results_once() -> None:
    found = asked("a", "b").plus([Part("user", (result("b"),), 2)]).answered([result("a")])
    assert found == found.pruned(found.messages)


def test_an_answer_is_stored_without_its_calls() -> None:
    (call,) = uses("a")
    assert without_calls([Text(text="I look"), call, Thinking(text="hm")]) == (
        Text(text="I look"),
        Thinking(text="hm"),
    )
