"""A stop that never falls between two halves of one step."""

import math

from actors.agent.interrupt import Interrupt


class Scope:
    """Notes what would stop it."""

    def __init__(self) -> None:
        self.deadline = math.inf
        self.reasons: list[str | None] = []

    def cancel(self, reason: str | None = None) -> None:
        self.reasons.append(reason)


def test_a_stop_takes_effect_at_once_or_after_what_must_be_whole() -> None:
    scope = Scope()
    interrupt = Interrupt(scope)
    with interrupt:
        with interrupt:
            interrupt.request()
        assert scope.reasons == []
    assert scope.reasons == ["the turn was cancelled"]


def test_a_stop_outside_is_immediate() -> None:
    scope = Scope()
    interrupt = Interrupt(scope)
    interrupt.request()
    assert interrupt.requested
    assert len(scope.reasons) == 1


def test_without_a_request_nothing_stops() -> None:
    scope = Scope()
    with Interrupt(scope):
        pass
    assert (scope.reasons, scope.deadline) == ([], math.inf)


def test_what_is_due_waits_for_what_must_be_whole() -> None:
    scope = Scope()
    interrupt = Interrupt(scope)
    interrupt.due(7.0)
    assert scope.deadline == 7.0
    with interrupt:
        assert scope.deadline == math.inf
        interrupt.due(5.0)
        assert scope.deadline == math.inf
    assert (scope.deadline, scope.reasons) == (5.0, [])


def test_work_is_left_as_it_is_once_what_must_be_whole_is_so_and_a_stop_counts_for_more() -> None:
    scope = Scope()
    interrupt = Interrupt(scope)
    with interrupt:
        interrupt.leave()
        assert scope.reasons == []
    assert (interrupt.left, scope.reasons) == (True, ["the program stops"])
    interrupt.request()
    assert scope.reasons[-1] == "the turn was cancelled"


def test_what_is_due_is_put_off_by_the_time_in_which_somebody_is_waited_for() -> None:
    scope = Scope()
    interrupt = Interrupt(scope)
    interrupt.due(10.0)
    interrupt.pause(4.0)
    assert scope.deadline == math.inf
    assert interrupt.paused(4.5) == 0.5
    interrupt.pause(5.0)
    with interrupt:
        pass
    assert (interrupt.go_on(8.0), scope.deadline) == (0.0, math.inf)
    assert (interrupt.go_on(9.0), scope.deadline) == (5.0, 15.0)
    assert interrupt.paused(10.0) == 0.0
