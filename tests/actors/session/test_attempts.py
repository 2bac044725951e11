"""Whose fault it is that a turn does not come to its end."""

import pytest

from actors.session import attempts
from actors.session.attempts import DEATHS, PARKED
from actors.session.messages import Begin, StaleAttempt, UnknownStep
from tests.fakes.ledger import Killed, Ledger, check_valid


@pytest.fixture
def turn(ledger: Ledger) -> str:
    """A turn that waits."""
    return ledger.accept("hi", key="chat").turn


def die(ledger: Ledger, turn: str) -> int:
    """Begin a turn and be killed; how many deaths that makes."""
    ledger.begin(turn)
    return kill(ledger, turn)


def kill(ledger: Ledger, turn: str) -> int:
    """Be killed by the turn, if it runs."""
    ledger.kill()
    return next(found.deaths for found in ledger.recover(turn) if found.id == turn)


class TestDeaths:
    def test_a_turn_that_dies_three_times_at_the_same_place_is_given_up(
        self, ledger: Ledger, turn: str
    ) -> None:
        assert [die(ledger, turn) for _ in range(DEATHS)] == [1, 2, 3]
        begun = ledger.begin(turn)
        assert (begun.over, begun.ended, begun.notice) == (True, True, PARKED)
        assert (begun.turn.state, begun.turn.outcome) == ("failed", "parked")
        assert ledger.shown(begun.turn.session) == [("user", "hi"), ("notice", PARKED)]
        assert ledger.recover() == ()
        assert not ledger.begin(turn).ended, "it ended once"

    def test_progress_clears_them(self, ledger: Ledger, turn: str) -> None:
        die(ledger, turn)
        assert die(ledger, turn) == 2
        for n in range(1, 9):
            begun = ledger.begin(turn)
            ledger.complete(turn, f"answer {n}", attempt=begun.turn.attempt)
            assert kill(ledger, turn) == 1

    @pytest.mark.parametrize("act", ["begun", "awaiting", "result", "merge"])
    def test_every_step_and_state_is_progress(self, ledger: Ledger, turn: str, act: str) -> None:
        begun = ledger.begin(turn)
        (call,) = ledger.complete(turn, calls=["a"], effect="unsafe")
        assert kill(ledger, turn) == 1
        assert die(ledger, turn) == 2
        attempt = ledger.begin(turn).turn.attempt
        match act:
            case "begun":
                ledger.begin_step(turn, call.n, attempt=attempt)
            case "awaiting":
                ledger.await_step(turn, call.n, attempt=attempt)
            case "result":
                ledger.result(turn, call.n, attempt=attempt)
            case _:
                followup = ledger.accept("wait", session=begun.turn.session).turn
                ledger.merge(turn, followup, attempt=attempt)
        assert kill(ledger, turn) == 1

    def test_one_that_merely_ran_is_not_to_blame(self, ledger: Ledger, turn: str) -> None:
        bystander = ledger.accept("hi", key="other").turn
        for n in range(1, DEATHS + 1):
            ledger.begin(turn)
            ledger.begin(bystander)
            ledger.kill()
            assert [found.deaths for found in ledger.recover(turn)] == [n, 0]

    def test_what_is_known_of_another_boot_blames_nobody(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        ledger.kill()
        ledger.kill()
        (found,) = ledger.recover(turn)
        assert (found.state, found.deaths) == ("accepted", 0)

    def test_a_turn_that_nobody_took_back_is_begun_without_a_death(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        ledger.kill()
        begun = ledger.begin(turn)
        assert (begun.turn.attempt, begun.turn.deaths) == (2, 0)

    def test_deaths_while_it_does_different_things_are_chance_until_one_comes_again(
        self, ledger: Ledger, turn: str
    ) -> None:
        def dies(doing: str) -> int:
            ledger.begin(turn)
            ledger.kill()
            return ledger.recover(turn, doing=doing)[0].deaths

        assert list(map(dies, "abcab")) == [1, 1, 1, 2, 2]
        assert list(map(dies, "ca")) == [2, DEATHS]
        assert ledger.begin(turn).ended

    def test_a_bystander_that_was_not_begun_is_not_to_blame(self, ledger: Ledger, turn: str) -> None:
        die(ledger, turn)
        for _ in range(5):
            assert kill(ledger, turn) == 1

    def test_who_stops_in_order_is_not_to_blame(self, ledger: Ledger, turn: str) -> None:
        die(ledger, turn)
        for _ in range(5):
            ledger.release(turn, attempt=ledger.begin(turn).turn.attempt)
            assert kill(ledger, turn) == 1

    def test_a_conversation_that_crashes_counts_like_a_process_that_does(
        self, ledger: Ledger, turn: str
    ) -> None:
        for n in range(DEATHS):
            assert ledger.begin(turn, runner=f"incarnation {n}").turn.deaths == n
        assert ledger.begin(turn, runner="incarnation 3").ended

    def test_who_asks_again_because_the_answer_was_lost_has_not_died(self, ledger: Ledger, turn: str) -> None:
        for _ in range(5):
            assert ledger.begin(turn, runner="one").turn.deaths == 0

    def test_a_claim_is_stored_before_anything_is_read(self, ledger: Ledger, turn: str) -> None:
        """So that a turn whose past kills whoever reads it is given up too."""
        ledger.begin(turn)
        ledger.complete(turn, "deadly")
        for n in range(1, DEATHS + 1):
            assert kill(ledger, turn) == n
            request = Begin(turn=turn, boot=ledger.boot)
            found = ledger.run(attempts.begin, request, 0, ledger.recent)
            assert isinstance(found, attempts.Verdict if n == DEATHS else attempts.Beginning)

    def test_a_claim_that_was_killed_counts_nothing(self, ledger: Ledger, turn: str) -> None:
        ledger.doom()
        with pytest.raises(Killed):
            ledger.begin(turn)
        (found,) = ledger.recover(turn)
        assert (found.attempt, found.deaths) == (0, 0)


class TestCancelling:
    def test_a_turn_that_waits_has_ended_when_it_is_answered(self, ledger: Ledger, turn: str) -> None:
        cancelled = ledger.cancel(turn)
        assert (cancelled.fate, cancelled.turn.state, cancelled.turn.outcome) == (
            "cancelled",
            "cancelled",
            "cancelled",
        )
        ledger.kill()
        assert ledger.recover() == ()
        assert ledger.begin(turn).over
        assert ledger.accept("hi", key="chat").turn != turn

    def test_one_that_runs_is_not_begun_again_whatever_happens(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        (call,) = ledger.complete(turn, "I look", calls=["a"])
        cancelled = ledger.cancel(turn)
        assert (cancelled.fate, cancelled.turn.cancel_requested) == ("requested", True)
        ledger.result(turn, call.n)
        assert kill(ledger, turn) == 1
        begun = ledger.begin(turn)
        assert (begun.over, begun.ended, begun.notice) == (True, True, None)
        assert (begun.turn.state, begun.turn.outcome) == ("cancelled", "cancelled")
        check_valid(ledger.history(begun.turn.session))

    def test_whoever_runs_it_ends_it(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        ledger.cancel(turn)
        ledger.finish(turn, "as far as", state="cancelled", outcome="cancelled")
        assert ledger.cancel(turn).fate == "over"

    def test_a_followup_that_became_part_of_another_is_over(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        followup = ledger.accept("wait", key="chat").turn
        ledger.merge(turn, followup)
        assert ledger.cancel(followup).fate == "over"


class TestSteps:
    def test_a_call_that_never_began_is_told_from_one_that_did(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        first, second, third = ledger.complete(turn, calls=["a", "b", "c"], effect="unsafe")
        ledger.begin_step(turn, first.n)
        ledger.await_step(turn, second.n)
        kill(ledger, turn)
        assert [(step.call.id, step.state) for step in ledger.begin(turn).open_calls] == [
            ("a", "begun"),
            ("b", "awaiting"),
            ("c", "intent"),
        ]
        assert third.state == "intent"

    def test_what_had_begun_stays_so_when_a_person_is_asked_again(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        (call,) = ledger.complete(turn, calls=["a"], effect="unsafe")
        ledger.begin_step(turn, call.n)
        kill(ledger, turn)
        begun = ledger.begin(turn)
        ledger.await_step(turn, call.n, attempt=begun.turn.attempt)
        kill(ledger, turn)
        (again,) = ledger.begin(turn).open_calls
        assert again.state == "begun"

    def test_it_begins_once_and_after_a_person_was_asked(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        (call,) = ledger.complete(turn, calls=["a"], effect="unsafe")
        ledger.await_step(turn, call.n)
        ledger.begin_step(turn, call.n)
        ledger.begin_step(turn, call.n)
        query = "SELECT begun_at, started_at, ended_at FROM steps WHERE n = ?"
        begun_at, started_at, _ = ledger.connection.execute(query, (call.n,)).fetchone()
        ledger.result(turn, call.n)
        stored = ledger.connection.execute(query, (call.n,)).fetchone()
        assert started_at < begun_at == stored["begun_at"] < stored["ended_at"]

    def test_what_is_done_neither_begins_nor_waits(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        (call,) = ledger.complete(turn, calls=["a"], effect="unsafe")
        ledger.result(turn, call.n)
        for n in (0, call.n, 9):
            with pytest.raises(UnknownStep):
                ledger.begin_step(turn, n)
            with pytest.raises(UnknownStep):
                ledger.await_step(turn, n)

    def test_only_who_runs_the_turn_may_say_so(self, ledger: Ledger, turn: str) -> None:
        ledger.begin(turn)
        (call,) = ledger.complete(turn, calls=["a"], effect="unsafe")
        kill(ledger, turn)
        with pytest.raises(StaleAttempt):
            ledger.begin_step(turn, call.n)


def test_the_same_completion_stored_twice_is_one(ledger: Ledger, turn: str) -> None:
    ledger.begin(turn)
    first = ledger.complete(turn, "I look", calls=["a", "b"], iteration=1)
    assert ledger.complete(turn, "I look", calls=["a", "b"], iteration=1) == first
    session = ledger.turn(turn).session
    assert [role for role, _ in ledger.shown(session)] == ["user", "assistant", "tool_use", "tool_use"]
    assert ledger.connection.execute("SELECT count(*) FROM usage").fetchone()[0] == 1
