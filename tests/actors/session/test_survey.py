"""What an operator sees of the ledger."""

import pytest

from actors.session import outbox, survey
from actors.session.messages import FindTurns, Push, StepInfo, TurnInfo, TurnOptions, UnknownTurn
from actors.vocabulary import Thinking, Usage
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


def test_a_turn_is_described_with_the_beginning_of_its_text(ledger: Ledger) -> None:
    at = ledger.now
    accepted = ledger.accept(
        "x" * 300, user="ada", source="http", options=TurnOptions(model="m"), mode="queue"
    )
    ledger.begin(accepted.turn)
    end = ledger.now
    ledger.finish(accepted.turn, "hi")

    (turn,) = survey.find_turns(ledger.connection, FindTurns())
    assert turn == TurnInfo(
        id=accepted.turn,
        session=accepted.session,
        user="ada",
        state="done",
        outcome="success",
        attempt=1,
        source="http",
        model="m",
        mode="queue",
        text="x" * 200,
        accepted_at=at,
        finished_at=end,
        merged_into=None,
    )


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
    ledger.run(outbox.push, Push(channel="telegram", recipient="42", key="k", body={}), 0)

    work = survey.open_work(ledger.connection)
    assert (work.accepted, work.running, work.oldest) == (2, 1, oldest)
    assert work.outbox == {"pending": 1}
    ledger.connection.execute("UPDATE outbox SET state = 'sent'")
    assert survey.open_work(ledger.connection).outbox == {}
