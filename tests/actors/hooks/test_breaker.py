from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.hooks.breaker import COOLDOWN, FAILURES, NONE, Breaker, Count

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed("a", NOW)
    return breaker


def test_five_failures_in_a_row_open_it_for_a_minute() -> None:
    assert (5, timedelta(seconds=60)) == (FAILURES, COOLDOWN)
    breaker = Breaker()
    for _ in range(4):
        breaker.failed("a", NOW)
        assert breaker.admits("a", NOW)
    assert breaker.failed("a", NOW) == Count(failures=5, until=after(60))
    assert not breaker.admits("a", after(59.9))
    assert breaker.status("a", after(59.9)) == Count(failures=5, until=after(60))
    assert breaker.status("a", after(60)) == Count(failures=5)


def test_a_success_forgets_all_failures() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed("a", NOW)
    assert breaker.succeeded("a")
    assert not breaker.succeeded("a")
    for _ in range(4):
        breaker.failed("a", NOW)
    assert breaker.admits("a", NOW)


def test_after_the_cooldown_one_attempt_is_let_through_and_a_failure_opens_it_at_once() -> None:
    breaker = opened()
    assert breaker.admits("a", after(60))
    assert not breaker.admits("a", after(60))
    assert breaker.failed("a", after(61)) == Count(failures=6, until=after(121))
    assert not breaker.admits("a", after(120))
    assert breaker.admits("a", after(121))
    breaker.succeeded("a")
    assert breaker.admits("a", after(121))
    assert breaker.status("a", after(121)) == NONE


def test_without_a_cooldown_everything_is_let_through() -> None:
    breaker = Breaker(failures=1, cooldown=timedelta())
    breaker.failed("a", NOW)
    assert breaker.admits("a", NOW)
    assert breaker.admits("a", NOW)


def test_names_are_counted_apart_and_one_that_is_not_known_is_closed() -> None:
    breaker = opened()
    assert breaker.admits("b", NOW)
    assert breaker.status("c", NOW) == NONE


def test_what_has_no_name_is_never_counted() -> None:
    breaker = Breaker(failures=1)
    for name in (None, ""):
        assert breaker.failed(name, NOW) == NONE
        assert breaker.admits(name, NOW)
    assert list(breaker) == []


def test_what_was_known_before_a_restart_counts_on() -> None:
    before = opened()
    breaker = Breaker()
    for name, count in before:
        breaker.restore(name, count)
    assert not breaker.admits("a", after(59))
    breaker.failed("b", NOW)
    assert breaker.keep({"b"}) == ["a"]
    assert breaker.admits("a", NOW)


class Model(RuleBasedStateMachine):
    """Whatever happens in whatever order, a hook is called unless it failed too often just now."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(failures=3, cooldown=timedelta(seconds=10))
        self.now = NOW
        self.failures = 0
        self.until: datetime | None = None

    @rule(seconds=st.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.until is None or self.now >= self.until)
    @rule(works=st.booleans())
    def called(self, works: bool) -> None:  # noqa: FBT001 - drawn by name
        assert self.breaker.admits("a", self.now)
        if works:
            self.breaker.succeeded("a")
            self.failures, self.until = 0, None
        else:
            self.breaker.failed("a", self.now)
            self.failures += 1
            self.until = self.now + timedelta(seconds=10) if self.failures >= 3 else None

    @invariant()
    def is_closed_or_open(self) -> None:
        is_open = self.until is not None and self.now < self.until
        status = self.breaker.status("a", self.now)
        assert status == Count(failures=self.failures, until=self.until if is_open else None)
        if is_open:
            assert not self.breaker.admits("a", self.now)


TestModel = Model.TestCase
