"""The conversation as a person sees it, and pages of it."""

import json

import pytest

from actors.session.display import RESULT_BYTES
from actors.session.messages import UnknownSession
from actors.vocabulary import Attachment, Document, Image, ProviderData, Text, Thinking
from tests.fakes.ledger import Ledger

SIGNED = ProviderData(origin="anthropic", data={"signature": "s"})
REDACTED = Thinking(text="", provider_data=ProviderData(origin="anthropic", data={"redacted": "x"}))

PLAN = Attachment(name="plan.pdf", media_type="application/pdf", path="downloads/plan.pdf", size=9)


def long_talk(ledger: Ledger) -> str:
    """Two turns, the first with calls, a followup and a file; the id of their conversation."""
    accepted = ledger.accept("hi", key="chat", attachments=(PLAN,))
    ledger.begin(accepted.turn)
    thought = Thinking(text="I should look", provider_data=SIGNED)
    a, b = ledger.complete(accepted.turn, thought, REDACTED, "I look", calls=["a", "b"])
    ledger.result(accepted.turn, b.n, "in b", is_error=True)
    ledger.result(accepted.turn, a.n, "in a", attachments=(PLAN,))
    ledger.merge(accepted.turn, ledger.accept("wait", key="chat").turn)
    ledger.finish(accepted.turn, "done", notice="by the way")
    second = ledger.accept("thanks", key="chat")
    ledger.begin(second.turn)
    ledger.finish(second.turn, "welcome")
    return accepted.session


def test_rows_come_in_the_order_things_happened(ledger: Ledger) -> None:
    rows = ledger.displayed(long_talk(ledger))
    assert [row.role for row in rows] == [
        "user",
        "thinking",
        "assistant",
        "tool_use",
        "tool_use",
        "tool_result",
        "tool_result",
        "user",
        "assistant",
        "notice",
        "user",
        "assistant",
    ]
    assert [row.content for row in rows if row.role in ("user", "thinking", "assistant", "notice")] == [
        "hi",
        "I should look",
        "I look",
        "wait",
        "done",
        "by the way",
        "thanks",
        "welcome",
    ]


def test_calls_and_results_are_json_objects_and_results_carry_files(ledger: Ledger) -> None:
    rows = ledger.displayed(long_talk(ledger))
    uses = [json.loads(row.content) for row in rows if row.role == "tool_use"]
    assert uses[0] == {"type": "tool_use", "id": "a", "name": "FileRead", "input": {"path": "a"}}
    results = [json.loads(row.content) for row in rows if row.role == "tool_result"]
    assert results == [
        {
            "type": "tool_result",
            "tool_use_id": call,
            "name": "FileRead",
            "content": f"in {call}",
            "truncated": False,
            "is_error": is_error,
        }
        for call, is_error in (("a", False), ("b", True))
    ]
    assert [row.attachments for row in rows if row.attachments] == [(PLAN,), (PLAN,)]


def test_a_followup_is_shown_where_it_was_merged_and_belongs_to_its_own_turn(ledger: Ledger) -> None:
    rows = ledger.displayed(long_talk(ledger))
    turns = [row.turn for row in rows if row.role == "user"]
    assert len(set(turns)) == 3
    assert {row.turn for row in rows[1:7]} == {turns[0]}


@pytest.mark.parametrize(
    ("text", "shown", "truncated"),
    [
        ("x" * RESULT_BYTES, "x" * RESULT_BYTES, False),
        ("x" * (RESULT_BYTES + 1), "x" * RESULT_BYTES, True),
        ("x" * (RESULT_BYTES - 1) + "é", "x" * (RESULT_BYTES - 1), True),
    ],
)
def test_a_result_is_shown_whole_unless_it_is_huge(
    ledger: Ledger, text: str, shown: str, *, truncated: bool
) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    (call,) = ledger.complete(turn, calls=["a"])
    ledger.result(turn, call.n, text)
    (row,) = (row for row in ledger.displayed(ledger.turn(turn).session) if row.role == "tool_result")
    content = json.loads(row.content)
    assert (content["content"], content["truncated"]) == (shown, truncated)


def test_a_picture_and_a_document_in_a_result_are_named(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    (call,) = ledger.complete(turn, calls=["a"])
    picture = Image(media_type="image/png", path="x.png")
    paper = Document(media_type="application/pdf", path="x.pdf", name="X.pdf")
    ledger.result(turn, call.n, content=(Text(text="see"), picture, paper))
    (row,) = (row for row in ledger.displayed(ledger.turn(turn).session) if row.role == "tool_result")
    assert json.loads(row.content)["content"] == "see\n[image x.png]\n[document x.pdf]"


def test_ids_grow_and_do_not_change_when_a_result_is_added(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    session = ledger.turn(turn).session
    a, b = ledger.complete(turn, "I look", calls=["a", "b"])
    before = {row.content: row.id for row in ledger.displayed(session)}
    ledger.result(turn, b.n, "in b")
    (of_b,) = (row.id for row in ledger.displayed(session) if row.role == "tool_result")
    ledger.result(turn, a.n, "in a")
    ledger.finish(turn, "done")
    rows = ledger.displayed(session)
    assert [row.id for row in rows] == sorted({row.id for row in rows})
    assert before.items() <= {row.content: row.id for row in rows}.items()
    assert [row.id for row in rows if row.role == "tool_result"][1] == of_b


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_pages_put_together_are_the_whole(ledger: Ledger, limit: int) -> None:
    session = long_talk(ledger)
    ledger.accept("still waiting", key="chat")
    whole = ledger.displayed(session)
    pages = ledger.displayed(session, limit=limit)
    assert len(pages) == min(limit, len(whole))
    while page := ledger.displayed(session, limit=limit, before=pages[0].id):
        assert len(page) == min(limit, len(whole) - len(pages))
        pages = page + pages
    assert pages == whole


def test_a_message_that_waits_for_its_turn_is_shown_last(ledger: Ledger) -> None:
    turn = ledger.accept("first", key="chat").turn
    ledger.begin(turn)
    ledger.accept("second", key="chat")
    ledger.complete(turn, "hm")
    session = ledger.turn(turn).session
    assert ledger.shown(session) == [("user", "first"), ("assistant", "hm"), ("user", "second")]
    assert ledger.displayed(session)[-1].id < 2**53


def test_a_limit_of_nothing_shows_nothing(ledger: Ledger) -> None:
    assert ledger.displayed(long_talk(ledger), limit=0) == ()


def test_other_conversations_are_not_shown(ledger: Ledger) -> None:
    session = long_talk(ledger)
    other = ledger.accept("elsewhere")
    ledger.begin(other.turn)
    ledger.begin(ledger.accept("last", key="chat").turn)
    assert len(ledger.displayed(session)) == 13
    assert ledger.shown(other.session) == [("user", "elsewhere")]


def test_an_unknown_conversation_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(UnknownSession):
        ledger.displayed("nothing")


def test_the_rows_of_one_turn_are_read_without_the_others(ledger: Ledger) -> None:
    first = ledger.accept("one", key="chat")
    ledger.begin(first.turn)
    (call,) = ledger.complete(first.turn, "I look", calls=["a"])
    ledger.result(first.turn, call.n)
    ledger.merge(first.turn, ledger.accept("and this", key="chat").turn)
    ledger.finish(first.turn, "done")
    second = ledger.accept("two", key="chat")
    everything = ledger.displayed(first.session)
    of_first = ledger.displayed(first.session, turn=first.turn)
    assert of_first == everything[:-1]
    assert [row.content for row in of_first][-2:] == ["and this", "done"]
    assert ledger.displayed(first.session, turn=second.turn) == everything[-1:]
    assert (
        ledger.displayed(first.session, turn=first.turn, before=of_first[-1].id, limit=2) == of_first[-3:-1]
    )
    assert ledger.displayed(first.session, turn="nothing") == ()
