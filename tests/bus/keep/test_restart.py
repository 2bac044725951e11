"""What becomes of a child that has ended: pure decisions, no loop needed (G10)."""

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bus import Backoff, ExitKind, Intensity
from bus.keep.exits import STOPPED, Exit
from bus.keep.restart import Budget, Past, decide, taken_along

STEADY = Backoff(jitter=0.0)
CRASH = Exit(ExitKind.CRASHED, ValueError("boom"))
OUTAGE = Exit(ExitKind.OUTAGE, OSError("no network"))
BUGS = [kind for kind in ExitKind if kind not in {ExitKind.STOPPED, ExitKind.OUTAGE}]


def budget(restarts: int = 5, *crashes: float) -> Budget:
    return Budget(Intensity(restarts, 30.0), crashes)


class One:
    """One child and the budget of its supervisor, told of one end after the other."""

    def __init__(self, restarts: int = 5) -> None:
        self.budget = budget(restarts)
        self.past = Past()

    def ends(self, exit: Exit, now: float) -> float | Exit:
        self.budget, self.past, decision = decide(
            self.budget, self.past, exit, name="a", backoff=STEADY, now=now, random=0.5
        )
        return decision

    def up(self, now: float) -> None:
        self.past = attrs.evolve(self.past, ready_at=now)


def test_whom_a_strategy_takes_along() -> None:
    assert taken_along("one_for_one", "abc", "b") == "b"
    assert taken_along("rest_for_one", "abc", "b") == "bc"


class TestTheBudget:
    @pytest.mark.parametrize("kind", BUGS)
    def test_is_spent_by_a_bug_and_ends_the_group_when_passed(self, kind: ExitKind) -> None:
        child = One(restarts=3)
        for second in range(3):
            assert isinstance(child.ends(Exit(kind), float(second)), float)
        decision = child.ends(Exit(kind, ValueError("boom")), 3.0)
        assert isinstance(decision, Exit)
        assert decision.kind is ExitKind.RESTART_LIMIT
        assert str(decision) == (
            f"restart_limit: 4 crashes within 30 s, last: a {kind.value}: ValueError: boom"
        )

    def test_of_zero_gives_up_at_once(self) -> None:
        assert isinstance(One(restarts=0).ends(CRASH, 1.0), Exit)

    @pytest.mark.parametrize(("at", "survives"), [(29.9, False), (30.0, True)])
    def test_window_slides(self, at: float, *, survives: bool) -> None:
        child = One(restarts=1)
        child.ends(CRASH, 0.0)
        assert isinstance(child.ends(CRASH, at), float) is survives

    def test_is_not_spent_by_outages(self) -> None:
        child = One(restarts=0)
        for day in range(1000):
            assert isinstance(child.ends(OUTAGE, 86400.0 * day), float)
        assert child.budget.crashes == ()

    def test_says_how_much_is_left(self) -> None:
        assert [budget(3, 1.0, 2.0).left(now) for now in (2.0, 31.0, 32.0)] == [1, 2, 3]
        assert budget(1, 1.0, 2.0).left(2.0) == 0

    def test_gets_back_what_a_quarantined_message_has_spent(self) -> None:
        assert budget(5, 1.0, 2.0).after(Exit(ExitKind.CRASHED, refund=2), 3.0).crashes == (1.0,)

    def test_gets_nothing_back_for_crashes_that_have_left_the_window(self) -> None:
        assert budget(5, 1.0).after(Exit(ExitKind.CRASHED, refund=3), 40.0).crashes == ()

    @given(st.integers(0, 6), st.integers(2, 4))
    def test_survives_any_number_of_poison_messages(self, restarts: int, tries: int) -> None:
        assume(restarts >= tries - 1)
        child = One(restarts)
        for second in range(20):
            refund = tries if second % tries == tries - 1 else 0
            exit = Exit(ExitKind.CRASHED, ValueError(), refund=refund)
            assert isinstance(child.ends(exit, second / 10), float)


class TestBackoff:
    def test_doubles_up_to_its_cap(self) -> None:
        child = One(restarts=100)
        delays: list[float] = []
        for _ in range(10):
            decision = child.ends(CRASH, 100.0)
            assert isinstance(decision, float)
            delays.append(round(decision - 100.0, 9))
        assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]

    def test_grows_for_outages_too(self) -> None:
        child = One()
        child.ends(OUTAGE, 1.0)
        assert child.ends(OUTAGE, 2.0) == 2.4

    @pytest.mark.parametrize(("health", "delay"), [(15.0, 0.4), (15.1, 0.2)])
    def test_is_forgiven_after_half_of_first_and_cap_in_health(self, health: float, delay: float) -> None:
        child = One()
        child.ends(CRASH, 0.0)
        child.up(0.0)
        decision = child.ends(CRASH, health)
        assert isinstance(decision, float)
        assert decision == pytest.approx(health + delay)

    def test_is_not_forgiven_for_time_spent_waiting(self) -> None:
        child = One()
        child.ends(CRASH, 0.0)
        assert child.ends(Exit(ExitKind.START_FAILED), 1000.0) == 1000.4

    @given(
        st.floats(0.001, 10), st.floats(1, 4), st.floats(0.001, 100), st.floats(0, 1, exclude_max=True),
        st.integers(1, 5000), st.floats(0, 1, exclude_max=True),
    )  # fmt: skip
    def test_stays_within_its_jitter(
        self, first: float, factor: float, cap: float, jitter: float, failures: int, random: float
    ) -> None:
        backoff = Backoff(first=first, factor=factor, cap=cap, jitter=jitter)
        plain = attrs.evolve(backoff, jitter=0.0).delay(failures, random)
        assert plain <= cap
        assert plain == pytest.approx(min(first * factor ** min(failures - 1, 64), cap))
        assert plain * (1 - jitter) <= backoff.delay(failures, random) <= plain * (1 + jitter)

    def test_has_jitter_from_a_fifth_below_to_a_fifth_above(self) -> None:
        assert [round(Backoff().delay(1, random), 9) for random in (0.0, 0.5, 1.0)] == [0.16, 0.2, 0.24]


class Supervision(RuleBasedStateMachine):
    """Some children share a budget; a naive model, one rule after the other, sees the same of them."""

    @initialize(names=st.integers(1, 4), restarts=st.integers(0, 4))
    def begin(self, names: int, restarts: int) -> None:
        self.now, self.over = 0.0, False
        self.budget = budget(restarts)
        self.pasts = dict.fromkeys("abcd"[:names], Past())
        self.window: list[float] = []
        self.row = dict.fromkeys(self.pasts, 0)

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 14.0, 16.0, 29.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(data=st.data())
    def a_child_comes_up(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.pasts)))
        if self.pasts[name].ready_at is None:
            self.pasts[name] = attrs.evolve(self.pasts[name], ready_at=self.now)

    @precondition(lambda self: not self.over)
    @rule(data=st.data(), kind=st.sampled_from([kind for kind in ExitKind if kind is not STOPPED.kind]))
    def a_child_ends(self, data: st.DataObject, kind: ExitKind) -> None:
        name = data.draw(st.sampled_from(sorted(self.pasts)))
        past = self.pasts[name]
        self.budget, self.pasts[name], decision = decide(
            self.budget, past, Exit(kind), name=name, backoff=STEADY, now=self.now, random=0.5
        )
        if kind is not ExitKind.OUTAGE:
            self.window.append(self.now)
        recent = [at for at in self.window if self.now - at < 30]
        self.over = len(recent) > self.budget.intensity.restarts
        assert isinstance(decision, Exit) is self.over
        if isinstance(decision, float):
            well = past.ready_at is not None and self.now - past.ready_at >= 15.1
            self.row[name] = 1 if well else self.row[name] + 1
            assert decision == pytest.approx(self.now + min(0.2 * 2 ** (self.row[name] - 1), 30))
            assert self.pasts[name].ready_at is None


TestSupervision = Supervision.TestCase
