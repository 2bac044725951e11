"""The ledger of turns: who may write, what is stored, what a restart finds."""

import attrs
import pytest

from actors.session import attempts, branches, claims, endings, recent, turns
from actors.session.history import BROKEN_OFF, NOT_COMPLETED
from actors.session.messages import (
    EndState,
    Finished,
    SaveCompletion,
    StaleAttempt,
    UnknownSession,
    UnknownStep,
    UnknownTurn,
)
from actors.vocabulary import Attachment, Image, Text, ToolResult, ToolUse, Usage
from tests.fakes.ledger import Killed, Ledger, check_valid, spoken


@pytest.fixture
def turn(ledger: Ledger) -> str:
    """A turn that runs in its first attempt."""
    accepted = ledger.accept("hi", key="chat")
    ledger.begin(accepted.turn)
    return accepted.turn


class TestBegin:
    def test_a_turn_begins_with_its_message_and_counts_the_attempt(self, ledger: Ledger) -> None:
        begun = ledger.begin(ledger.accept("hi").turn)
        assert not begun.over
        assert (begun.turn.state, begun.turn.attempt, begun.turn.text) == ("running", 1, "hi")
        assert spoken(begun.transcript.messages) == [("user", ["hi"])]
        assert (begun.next_step, begun.iteration, begun.open_calls, begun.context_tokens) == (1, 0, (), 0)

    def test_beginning_again_counts_again_and_stores_nothing_twice(self, ledger: Ledger, turn: str) -> None:
        for attempt in (2, 3):
            begun = ledger.begin(turn)
            assert begun.turn.attempt == attempt
            assert spoken(begun.transcript.messages) == [("user", ["hi"])]

    def test_an_attempt_is_counted_before_anything_is_done(self, ledger: Ledger, turn: str) -> None:
        ledger.kill()
        (found,) = ledger.recover()
        assert (found.state, found.attempt) == ("accepted", 1)

    def test_it_goes_on_from_what_is_stored(self, ledger: Ledger, turn: str) -> None:
        calls = ledger.complete(turn, "I look", calls=["a", "b"])
        ledger.result(turn, calls[0].n)
        ledger.kill()
        ledger.recover()
        begun = ledger.begin(turn)
        assert spoken(begun.transcript.messages) == [
            ("user", ["hi"]),
            ("assistant", ["I look", "!a", "!b"]),
            ("user", ["=a"]),
        ]
        assert begun.open_calls == (calls[1],)
        assert (begun.next_step, begun.iteration, begun.context_tokens) == (4, 1, 10)

    def test_a_turn_that_is_over_is_not_begun(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, "hello")
        begun = ledger.begin(turn)
        assert begun.over
        assert (begun.turn.state, begun.turn.attempt, begun.transcript.messages) == ("done", 1, ())

    def test_an_unknown_turn_is_an_error(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownTurn):
            ledger.begin("nothing")

    def test_the_size_of_the_prompt_counts_what_was_cached(self, ledger: Ledger, turn: str) -> None:
        usage = Usage(
            model="m", input_tokens=1, cache_read_tokens=20, cache_write_tokens=300, output_tokens=9
        )
        ledger.complete(turn, "so", usage=usage)
        assert ledger.begin(turn).context_tokens == 321


class TestFence:
    def test_only_the_boot_and_attempt_that_run_a_turn_may_write(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        followup = ledger.accept("wait", key="chat")
        ledger.kill()
        ledger.recover()
        ledger.begin(turn)
        for attempt, boot in ((1, ledger.boot), (2, "boot-0"), (3, ledger.boot)):
            with pytest.raises(StaleAttempt):
                ledger.complete(turn, "late", attempt=attempt, boot=boot)
            with pytest.raises(StaleAttempt, match="run by somebody else"):
                ledger.result(turn, call.n, attempt=attempt, boot=boot)
            with pytest.raises(StaleAttempt):
                ledger.merge(turn, followup.turn, attempt=attempt, boot=boot)
            with pytest.raises(StaleAttempt):
                ledger.finish(turn, "late", attempt=attempt, boot=boot)
        assert spoken(ledger.begin(turn).transcript.messages) == [("user", ["hi"]), ("assistant", ["!a"])]

    def test_nothing_is_written_between_recovery_and_the_next_begin(self, ledger: Ledger, turn: str) -> None:
        ledger.kill()
        ledger.recover()
        with pytest.raises(StaleAttempt):
            ledger.complete(turn, "late", boot="boot-0")

    def test_an_unknown_turn_takes_nothing(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownTurn):
            ledger.complete("nothing", "hello")
        with pytest.raises(UnknownTurn):
            ledger.finish("nothing")


class TestResults:
    def test_calls_are_numbered_steps_with_their_effect(self, ledger: Ledger, turn: str) -> None:
        calls = ledger.complete(turn, "I look", calls=["a", "b"])
        assert [(step.n, step.call.id, step.effect, step.state) for step in calls] == [
            (2, "a", "pure", "intent"),
            (3, "b", "pure", "intent"),
        ]

    def test_a_result_is_stored_once(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        ledger.result(turn, call.n, "first")
        ledger.result(turn, call.n, "second", is_error=True)
        (result,) = ledger.begin(turn).transcript.messages[-1].content
        assert result == ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="first"),))

    def test_a_result_may_hold_pictures_and_be_an_error(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        content = (Text(text="see"), Image(media_type="image/png", path="x.png"))
        ledger.result(turn, call.n, content=content, is_error=True)
        (result,) = ledger.begin(turn).transcript.messages[-1].content
        assert result == ToolResult(tool_use_id="a", name="FileRead", content=content, is_error=True)

    def test_a_step_that_is_no_call_takes_no_result(self, ledger: Ledger, turn: str) -> None:
        ledger.complete(turn, "hello")
        for n in (0, 1, 7):
            with pytest.raises(UnknownStep, match=f"no tool call number {n}"):
                ledger.result(turn, n)

    def test_a_call_whose_input_could_not_be_read_stays_one(self, ledger: Ledger, turn: str) -> None:
        call = ToolUse(id="a", name="FileRead", input={}, unreadable="cut off")
        request = SaveCompletion(
            turn=turn,
            boot=ledger.boot,
            attempt=1,
            iteration=1,
            content=(),
            calls=((call, "unsafe"),),
            usage=Usage(model="m"),
            last_event=0,
        )
        ledger.run(turns.save_completion, request, 0)
        (step,) = ledger.begin(turn).open_calls
        assert (step.call, step.effect) == (call, "unsafe")


class TestMerge:
    def test_followups_join_the_running_turn_in_order(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        first, second = ledger.accept("wait", key="chat"), ledger.accept("and this", key="chat")
        ledger.result(turn, call.n)
        merged = ledger.merge(turn, second.turn, first.turn, second.turn)
        assert [(one.id, one.state, one.merged_into) for one in merged] == [
            (second.turn, "merged", turn),
            (first.turn, "merged", turn),
        ]
        assert spoken(ledger.begin(turn).transcript.messages)[-1] == ("user", ["=a", "and this", "wait"])
        assert ledger.turn(first.turn).merged_into == turn

    def test_after_a_kill_the_same_followups_are_part_of_the_turn(self, ledger: Ledger, turn: str) -> None:
        followup = ledger.accept("wait", key="chat")
        ledger.merge(turn, followup.turn)
        ledger.kill()
        assert [one.id for one in ledger.recover()] == [turn]
        assert spoken(ledger.begin(turn).transcript.messages) == [("user", ["hi", "wait"])]
        assert ledger.begin(followup.turn).over

    def test_a_merge_that_was_killed_leaves_the_followup_waiting(self, ledger: Ledger, turn: str) -> None:
        followup = ledger.accept("wait", key="chat")
        ledger.doom()
        with pytest.raises(Killed):
            ledger.merge(turn, followup.turn)
        assert [one.id for one in ledger.recover()] == [turn, followup.turn]
        assert spoken(ledger.begin(turn).transcript.messages) == [("user", ["hi"])]

    def test_what_cannot_be_merged_is_left_out(self, ledger: Ledger, turn: str) -> None:
        done, began, elsewhere = (ledger.accept("x", key=key).turn for key in ("chat", "chat", "other"))
        ledger.cancel(done)
        ledger.begin(began)
        ledger.kill()
        ledger.recover()
        ledger.begin(turn)
        waits = ledger.accept("y", key="chat").turn
        merged = ledger.merge(turn, done, began, elsewhere, "nothing", turn, waits, attempt=2)
        assert [one.id for one in merged] == [waits]
        assert ledger.merge(turn, waits, attempt=2) == merged, "twice is once"
        assert ledger.turn(began).state == "accepted"

    def test_attachments_of_followups_come_along(self, ledger: Ledger, turn: str) -> None:
        photo = Attachment(name="cat.png", media_type="image/png", path="downloads/cat.png", size=1)
        (merged,) = ledger.merge(turn, ledger.accept("look", key="chat", attachments=(photo,)).turn)
        (message,) = ledger.begin(turn).transcript.messages
        assert message.content[1:] == merged.content
        assert message.content[1] == Image(media_type="image/png", path="downloads/cat.png")


class TestFinish:
    def test_the_last_words_and_the_state_are_stored_together(self, ledger: Ledger, turn: str) -> None:
        session = ledger.turn(turn).session
        assert ledger.session(session).running
        assert ledger.finish(turn, "hello") == Finished(turn=ledger.turn(turn), next=None)
        assert not ledger.session(session).running
        assert spoken(ledger.history(session)) == [("user", ["hi"]), ("assistant", ["hello"])]

    def test_the_oldest_turn_that_waits_is_next(self, ledger: Ledger, turn: str) -> None:
        first = ledger.accept("one", key="chat")
        ledger.accept("two", key="chat")
        ledger.accept("elsewhere")
        following = ledger.finish(turn).next
        assert following is not None
        assert following.id == first.turn

    def test_ending_twice_in_the_same_way_is_one_end(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, "hello")
        ledger.finish(turn, "hello")
        assert ledger.shown(ledger.turn(turn).session) == [("user", "hi"), ("assistant", "hello")]

    def test_a_turn_does_not_end_in_another_way(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, "hello")
        with pytest.raises(StaleAttempt):
            ledger.finish(turn, state="failed")
        assert ledger.turn(turn).state == "done"

    @pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
    def test_a_turn_whose_cancellation_was_acknowledged_is_cancelled_whatever_it_came_to(
        self, ledger: Ledger, turn: str, state: EndState
    ) -> None:
        ledger.cancel(turn)
        finished = ledger.finish(turn, "hello", state=state, notice="no answer")
        assert (finished.turn.state, finished.turn.outcome) == ("cancelled", "cancelled")
        assert ledger.shown(finished.turn.session) == [("user", "hi"), ("assistant", "hello")]
        assert ledger.finish(turn, "hello", state=state) == finished, "twice is once"

    @pytest.mark.parametrize("state", ["cancelled", "failed"])
    def test_calls_without_result_get_one_that_says_so(
        self, ledger: Ledger, turn: str, state: EndState
    ) -> None:
        calls = ledger.complete(turn, "I look", calls=["a", "b", "c"], effect="unsafe")
        ledger.result(turn, calls[0].n)
        ledger.begin_step(turn, calls[1].n)
        ledger.finish(turn, state=state)
        history = ledger.history(ledger.turn(turn).session)
        check_valid(history)
        for found, meaning in zip(history[-1].content[1:], (NOT_COMPLETED, "changed nothing"), strict=True):
            assert isinstance(found, ToolResult)
            assert found.is_error
            assert isinstance(found.content[0], Text)
            assert meaning in found.content[0].text
            assert state in found.content[0].text

    def test_a_result_that_comes_after_the_end_is_refused(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        ledger.finish(turn, state="cancelled")
        with pytest.raises(StaleAttempt):
            ledger.result(turn, call.n)

    def test_a_notice_is_shown_and_not_sent(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, state="failed", notice="the model did not answer", outcome="error")
        session = ledger.turn(turn).session
        assert ledger.shown(session) == [("user", "hi"), ("notice", "the model did not answer")]
        assert spoken(ledger.history(session)) == [("user", ["hi"])]

    def test_after_a_failure_the_next_turn_has_a_valid_history(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, state="failed", notice="no answer")
        begun = ledger.begin(ledger.accept("again", key="chat").turn)
        assert spoken(begun.transcript.messages) == [("user", ["hi", BROKEN_OFF, "again"])]

    def test_the_model_does_not_take_what_was_cancelled_for_a_wish(self, ledger: Ledger, turn: str) -> None:
        """Neither the turn that ran nor one that waited: both stand in the same message as the next wish."""
        waiting = ledger.accept("delete all", key="chat", mode="queue").turn
        last = ledger.accept("list all", key="chat", mode="queue").turn
        ledger.cancel(waiting)
        ledger.finish(turn, state="cancelled")
        begun = ledger.begin(last)
        assert spoken(begun.transcript.messages) == [
            ("user", ["hi", BROKEN_OFF, "delete all", BROKEN_OFF, "list all"])
        ]

    def test_a_merged_turn_has_no_end_of_its_own(self, ledger: Ledger, turn: str) -> None:
        followup = ledger.accept("wait", key="chat")
        ledger.merge(turn, followup.turn)
        with pytest.raises(StaleAttempt):
            ledger.finish(followup.turn, attempt=0)

    def test_an_end_that_was_killed_did_not_happen(self, ledger: Ledger, turn: str) -> None:
        ledger.doom()
        with pytest.raises(Killed):
            ledger.finish(turn, "hello")
        assert [one.id for one in ledger.recover()] == [turn]


class TestRecover:
    def test_every_open_turn_is_listed_oldest_first(self, ledger: Ledger) -> None:
        runs, waits, ends = (ledger.accept(key=key).turn for key in ("a", "b", "a"))
        ledger.begin(runs)
        ledger.cancel(ends)
        ledger.kill()
        assert [(turn.id, turn.state, turn.attempt) for turn in ledger.recover()] == [
            (runs, "accepted", 1),
            (waits, "accepted", 0),
        ]

    def test_what_this_boot_runs_is_left_alone(self, ledger: Ledger, turn: str) -> None:
        (found,) = ledger.recover()
        assert found.state == "running"
        ledger.finish(turn, "hello")

    def test_open_says_what_a_conversation_goes_on_from(self, ledger: Ledger, turn: str) -> None:
        waits = ledger.accept(key="chat").turn
        ledger.accept(key="other")
        ledger.complete(turn, "hm", last_event=17)
        ledger.result(turn, ledger.complete(turn, calls=["a"], last_event=12)[0].n, last_event=15)
        opened = ledger.run(attempts.opened, ledger.turn(turn).session)
        assert [(one.id, one.state) for one in opened.turns] == [(turn, "running"), (waits, "accepted")]
        assert opened.last_event == 17
        ledger.finish(turn, last_event=40)
        assert ledger.run(attempts.opened, ledger.turn(turn).session).last_event == 40

    def test_opening_an_unknown_conversation_is_an_error(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownSession):
            ledger.run(attempts.opened, "nothing")


class TestCompaction:
    def test_history_starts_at_the_summary(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, "hello")
        second = ledger.begin(ledger.accept("more", key="chat").turn)
        ledger.compact(second.turn, 2)
        begun = ledger.begin(second.turn.id)
        (message,) = begun.transcript.messages
        assert len(message.content) == 2
        assert message.content[1] == Text(text="more")
        assert begun.next_step == 1

    def test_it_never_orphans_a_result(self, ledger: Ledger, turn: str) -> None:
        (call,) = ledger.complete(turn, calls=["a"])
        ledger.result(turn, call.n)
        ledger.compact(ledger.turn(turn), 2)
        history = ledger.begin(turn).transcript.messages
        check_valid(history)
        assert [kind for kind, _ in spoken(history)] == ["user", "assistant", "user"]

    def test_a_later_summary_replaces_an_earlier_one(self, ledger: Ledger, turn: str) -> None:
        for n in range(2):
            (call,) = ledger.complete(turn, calls=[f"c{n}"])
            ledger.result(turn, call.n)
            ledger.compact(ledger.turn(turn), 1 + 2 * n, f"summary {n}")
        summary, *rest = ledger.begin(turn).transcript.messages
        assert isinstance(summary.content[0], Text)
        assert "summary 1" in summary.content[0].text
        assert spoken(rest) == [("assistant", ["!c1"]), ("user", ["=c1"])]

    def test_the_row_tells_what_was_done(self, ledger: Ledger, turn: str) -> None:
        ledger.complete(turn, "hello")
        ledger.compact(ledger.turn(turn), 1)
        row = ledger.connection.execute(
            "SELECT trigger, pre_tokens, summary, messages_compacted FROM compactions"
        ).fetchone()
        assert tuple(row) == ("auto", 150_000, "the story so far", 1)

    def test_the_size_of_the_prompt_is_unknown_until_the_next_completion(
        self, ledger: Ledger, turn: str
    ) -> None:
        ledger.complete(turn, "long")
        ledger.compact(ledger.turn(turn), 1)
        assert ledger.begin(turn).context_tokens == 0

    def test_everything_is_still_shown(self, ledger: Ledger, turn: str) -> None:
        ledger.finish(turn, "hello")
        ledger.compact(ledger.turn(turn), 1)
        assert ledger.shown(ledger.turn(turn).session) == [("user", "hi"), ("assistant", "hello")]

    def test_rounds_of_calls_are_counted_whatever_a_summary_has_replaced(
        self, ledger: Ledger, turn: str
    ) -> None:
        for n, calls in enumerate((["a", "b"], ["c"], []), 1):
            for step in ledger.complete(turn, f"answer {n}", calls=calls, iteration=n):
                ledger.result(turn, step.n)
        ledger.compact(ledger.turn(turn), 3)
        begun = ledger.begin(turn)
        assert (begun.iteration, begun.turn.tool_rounds) == (3, 2)

    def test_a_compaction_for_an_unknown_turn_is_an_error(self, ledger: Ledger, turn: str) -> None:
        ledger.complete(turn, "hello")
        with pytest.raises(UnknownTurn):
            ledger.compact(attrs.evolve(ledger.turn(turn), id="nothing"), 1)


def test_the_queries_of_a_running_turn_use_their_indexes(ledger: Ledger, turn: str) -> None:
    session = ledger.turn(turn).session
    for query, values, index in [
        (recent._STRAIGHT, (session, 0, -1), "steps_of_session"),
        (recent._WITH_TURN, (session, 0, -1), "steps_of_session"),
        (branches._FORKS, (session,), "turns_forked"),
        (branches._BEFORE, (session, 1, 2), "turns_of_session"),
        (branches._NEXT, (session, 1), "turns_of_session"),
        (endings._WAITING, (session,), "turns_open"),
        (claims.NEXT, (turn,), "sqlite_autoindex_steps_1"),
        (endings._NEXT_END, (), "PRIMARY KEY"),
        (endings._AFTER, (0, 10), "turns_ended"),
    ]:
        plan = " ".join(
            row["detail"] for row in ledger.connection.execute(f"EXPLAIN QUERY PLAN {query}", values)
        )
        assert index in plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
