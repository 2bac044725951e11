"""What an operator sees of the ledger."""

from typing import Any

import attrs
import pytest

from actors.session import outbox, survey, usage
from actors.session.messages import (
    FindTurns,
    ListTurns,
    Push,
    StepInfo,
    Turn,
    TurnOptions,
    UnknownSession,
    UnknownTurn,
)
from actors.storage import moment
from actors.vocabulary import Attachment, Thinking, Usage
from tests.fakes.ledger import USAGE, Ledger


def found(ledger: Ledger, **fields: object) -> list[str]:
    return [turn.id for turn in survey.find_turns(ledger.connection, FindTurns(**fields))]  # type: ignore[arg-type]


def steps(ledger: Ledger, turn: str) -> list[tuple[str, str | None, str]]:
    return [(step.kind, step.tool, step.text) for step in survey.steps_of(ledger.connection, turn, "admin")]


def test_turns_are_found_newest_first_by_state_and_outcome(ledger: Ledger) -> None:
    done, failed, parked, running, waiting = (ledger.accept(key=str(n)).turn for n in range(5))
    for turn in (done, failed, parked, running):
        ledger.begin(turn)
    ledger.finish(done, "hi")
    ledger.finish(failed, state="failed", outcome="error")
    ledger.finish(parked, state="failed", outcome="parked")

    assert found(ledger) == [waiting, running, parked, failed, done]
    assert found(ledger, limit=2) == [waiting, running]
    assert found(ledger, states=("accepted", "running")) == [waiting, running]
    assert found(ledger, states=("failed",)) == [parked, failed]
    assert found(ledger, states=("failed",), outcome="parked") == [parked]
    assert found(ledger, limit=-1) == []


def test_turns_are_found_by_the_beginning_of_ids(ledger: Ledger) -> None:
    one, two = ledger.accept(key="a"), ledger.accept(key="b")
    three = ledger.accept(key="a")
    assert found(ledger, turn=two.turn) == [two.turn]
    assert found(ledger, turn="turn-") == [three.turn, two.turn, one.turn]
    assert found(ledger, session=one.session) == [three.turn, one.turn]
    assert found(ledger, turn=two.turn, session=one.session) == []
    assert found(ledger, turn="%") == []


def test_a_turn_is_found_by_the_id_of_its_message(ledger: Ledger) -> None:
    one, two = (ledger.accept(client_message_id=each).turn for each in ("m1", "m2"))
    assert found(ledger, sent_as="m1") == [one]
    assert found(ledger, sent_as="m2") == [two]
    assert found(ledger, sent_as="m") == []


def test_a_turn_is_described_with_the_beginning_of_its_text(ledger: Ledger) -> None:
    at = ledger.now
    accepted = ledger.accept(
        "x" * 300, user="ada", source="http", options=TurnOptions(model="m"), mode="queue"
    )
    ledger.begin(accepted.turn)
    end = ledger.now
    ledger.finish(accepted.turn, "hi")

    (turn,) = survey.find_turns(ledger.connection, FindTurns())
    assert turn.text == "x" * 200
    whole = ledger.turn(accepted.turn)
    assert turn == attrs.evolve(whole, text=turn.text, content=turn.content)
    assert (turn.user, turn.source, turn.options.model, turn.mode) == ("ada", "http", "m", "queue")
    assert (turn.accepted_at, turn.finished_at) == (at, end)


def test_steps_have_times_and_each_completion_its_usage(ledger: Ledger) -> None:
    turn = ledger.accept("look").turn
    assert survey.steps_of(ledger.connection, turn, "admin") == ()
    ledger.begin(turn)
    used = Usage(model="m", input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4)
    said = ledger.now
    (call,) = ledger.complete(turn, Thinking(text="hm"), "I look", "well", calls=["a"], usage=used)
    answered = ledger.now
    ledger.result(turn, call.n, is_error=True)
    ledger.finish(turn, "there", usage=USAGE, notice="that was all")

    message, completion, tool, last, notice = survey.steps_of(ledger.connection, turn, "admin")
    assert (message.kind, message.text, message.usage) == ("user", "look", None)
    assert (completion.text, completion.usage) == ("I look\n\nwell", used)
    assert tool == StepInfo(
        n=2,
        kind="tool",
        tool="FileRead",
        effect="pure",
        state="done",
        is_error=True,
        text='{"path":"a"}',
        started_at=said,
        ended_at=answered,
        usage=None,
    )
    assert (last.kind, last.usage) == ("assistant", USAGE)
    assert (notice.kind, notice.text, notice.usage) == ("notice", "that was all", None)


def test_a_call_without_a_result_is_an_intent_without_an_end(ledger: Ledger) -> None:
    turn = ledger.accept("look").turn
    ledger.begin(turn)
    ledger.complete(turn, calls=["a"])
    tool = survey.steps_of(ledger.connection, turn, "admin")[-1]
    assert (tool.state, tool.is_error, tool.ended_at) == ("intent", False, None)


def test_followups_are_told_where_they_joined(ledger: Ledger) -> None:
    turn = ledger.accept("one", key="chat").turn
    ledger.begin(turn)
    others = [ledger.accept(text, key="chat").turn for text in ("two", "three")]
    ledger.merge(turn, *others)
    assert steps(ledger, turn) == [("user", None, "one"), ("user", None, "two\n\nthree")]
    assert steps(ledger, others[0]) == []
    assert survey.find_turns(ledger.connection, FindTurns())[0].merged_into == turn


def test_an_unknown_turn_has_no_steps(ledger: Ledger) -> None:
    with pytest.raises(UnknownTurn):
        survey.steps_of(ledger.connection, "nothing", "admin")


def test_open_work_counts_what_is_not_done(ledger: Ledger) -> None:
    nothing = survey.open_work(ledger.connection)
    assert (nothing.accepted, nothing.running, nothing.oldest, nothing.outbox) == (0, 0, None, {})

    done, running = ledger.accept(key="a").turn, ledger.accept(key="b").turn
    oldest = ledger.now
    ledger.accept(key="c")
    ledger.accept(key="d")
    for turn in (done, running):
        ledger.begin(turn)
    ledger.finish(done)
    ledger.run(outbox.push, Push(user="ada", channel="telegram", recipient="42", key="k", body={}), 0)

    work = survey.open_work(ledger.connection)
    assert (work.accepted, work.running, work.oldest) == (2, 1, oldest)
    assert (work.outbox, work.outbox_oldest) == ({"pending": 1}, moment(0))
    ledger.connection.execute("UPDATE outbox SET state = 'sent'")
    assert survey.open_work(ledger.connection).outbox == {}


# --- the turns of a conversation --------------------------------------------------------------------------


def listed(ledger: Ledger, session: str, **fields: Any) -> tuple[Turn, ...]:
    request = ListTurns(session=session, user=ledger.owner(session), **fields)
    return survey.list_turns(ledger.connection, request)


def test_a_turn_with_tools_tells_rounds_times_and_sums(ledger: Ledger) -> None:
    at = ledger.now
    turn = ledger.accept().turn
    begun = ledger.now
    ledger.begin(turn)
    a, b = ledger.complete(turn, "look", calls=["a", "b"])
    ledger.result(turn, a.n)
    ledger.result(turn, b.n)
    (c,) = ledger.complete(turn, calls=["c"])
    ledger.result(turn, c.n)
    end = ledger.now
    ledger.finish(turn, "done", usage=attrs.evolve(USAGE, model="test/two", cache_read_tokens=3))

    (found,) = listed(ledger, ledger.turn(turn).session)
    assert (found.id, found.state, found.outcome) == (turn, "done", "success")
    assert (found.accepted_at, found.started_at, found.finished_at) == (at, begun, end)
    assert (found.tool_rounds, found.completions) == (2, 3)
    assert found.usage == Usage(
        input_tokens=30,
        output_tokens=15,
        cache_read_tokens=3,
        cost_usd=pytest.approx(0.03),  # type: ignore[arg-type]
        model="test/two",
    )
    assert found == ledger.turn(turn)


def test_the_model_is_that_of_the_last_completion_whatever_summarised_after_it(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    ledger.begin(turn)
    ledger.finish(turn, "hi", usage=USAGE)
    other = Usage(model="test/cheap", input_tokens=1, output_tokens=1, cost_usd=None)
    usage.record(ledger.connection, ledger.turn(turn).session, turn, "admin", other, 9, purpose="compaction")
    (found,) = listed(ledger, ledger.turn(turn).session)
    assert found.usage.model == USAGE.model


def test_a_turn_that_waits_has_no_times_and_no_figures(ledger: Ledger) -> None:
    turn = ledger.accept().turn
    (found,) = listed(ledger, ledger.turn(turn).session)
    assert (found.state, found.outcome, found.started_at, found.finished_at) == ("accepted", None, None, None)
    assert (found.usage.model, found.completions, found.usage.cost_usd) == (None, 0, None)


def test_a_range_is_of_one_conversation_in_order_and_keeps_its_end(ledger: Ledger) -> None:
    turns: list[str] = []
    for number in range(6):
        turns.append(ledger.accept(key="chat").turn)
        ledger.accept(key=f"other-{number}")
    session = ledger.turn(turns[0]).session

    def ids(**fields: Any) -> list[str]:
        return [found.id for found in listed(ledger, session, **fields)]

    assert ids() == turns
    assert ids(first=turns[2], last=turns[4]) == turns[2:5]
    assert ids(first=turns[1], limit=2) == turns[4:]
    assert ids(first="unknown", last="unknown") == turns
    assert ids(limit=-1) == []


def test_conversations_of_others_are_not_told(ledger: Ledger) -> None:
    session = ledger.turn(ledger.accept(user="ada").turn).session
    with pytest.raises(UnknownSession):
        survey.list_turns(ledger.connection, ListTurns(session=session, user="bob"))


def test_a_file_was_sent_to_whom_it_came_with_a_message_or_an_answer(ledger: Ledger) -> None:
    sent, answered = (
        Attachment(name="a", media_type="text/plain", path=path, size=1)
        for path in ("uploads/ada/a%.md", "documents/für ada.md")
    )
    turn = ledger.accept(user="ada", attachments=(sent,)).turn
    ledger.begin(turn)
    (call,) = ledger.complete(turn, "Here", calls=["a"])
    said = f'I looked at {{"path":"documents/other.md","size":1}} and {answered.path}'
    ledger.result(turn, call.n, said, attachments=(answered,))

    def was_sent(path: str, user: str = "ada") -> bool:
        return survey.was_sent(ledger.connection, path, user)

    assert was_sent(sent.path)
    assert was_sent(answered.path)
    for path in ("uploads/ada/aX.md", "a%.md", "documents/other.md", "", '"'):
        assert not was_sent(path)
    assert not was_sent(sent.path, "bob")
    assert not was_sent(answered.path, "bob")


def test_where_words_came_from_is_known_of_a_turn_that_has_ended(ledger: Ledger) -> None:
    first, second, third = (ledger.accept(text) for text in ("one", "two", "three"))
    for accepted, outside in ((first, ("WebFetch", "email")), (second, ()), (third, ("email",))):
        ledger.begin(accepted.turn)
        ledger.finish(accepted.turn, "done", outside=outside)
    ids = (second.turn, third.turn, first.turn, "nothing")
    expected = {first.turn: ("WebFetch", "email"), third.turn: ("email",)}
    assert survey.words_from(ledger.connection, ids) == expected
    assert survey.words_from(ledger.connection, ()) == {}
