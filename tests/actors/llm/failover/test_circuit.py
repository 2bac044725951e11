"""The circuit breaker, against what it is to do: seconds are whole numbers here, so that nothing is rounded."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.llm.failover.circuit import (
    FAILURES,
    FIRST_REST,
    JITTER,
    LONG_WAIT,
    LONGEST_REST,
    Begun,
    Circuit,
    Circuits,
)


def broken(now: float = 0.0, **about: Any) -> Circuit:
    """One that rests since `now`."""
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.failed(circuit.begin(now), now, "down", **about)
    return circuit


def fail(circuit: Circuit, now: float, **about: Any) -> None:
    begun = circuit.begin(now)
    circuit.failed(begun, now, "down", **about)
    circuit.left(begun)


def test_some_failures_in_a_row_make_it_rest_and_a_success_between_them_does_not() -> None:
    circuit = Circuit()
    for _ in range(5):
        for _ in range(FAILURES - 1):
            fail(circuit, 0.0)
        circuit.succeeded(circuit.begin(0.0))
    assert (circuit.resting(0.0), circuit.why) == (False, "")
    for _ in range(FAILURES):
        assert not circuit.resting(0.0)
        fail(circuit, 0.0)
    assert (circuit.resting(0.0), circuit.until, circuit.why) == (True, FIRST_REST, "down")


def test_each_failed_probe_doubles_the_rest_up_to_a_limit() -> None:
    circuit = broken()
    rests: list[float] = []
    for _ in range(40):
        now = circuit.until or 0.0
        fail(circuit, now)
        rests.append((circuit.until or 0.0) - now)
    assert rests[:3] == [2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    circuit.succeeded(circuit.begin(circuit.until or 0.0))
    for _ in range(FAILURES):
        fail(circuit, 0.0)
    assert circuit.until == FIRST_REST


def test_there_is_one_probe_at_a_time() -> None:
    circuit = broken()
    probe = circuit.begin(FIRST_REST)
    assert circuit.resting(FIRST_REST)
    assert circuit.resting(FIRST_REST + 1000)
    circuit.left(circuit.begin(FIRST_REST))
    assert circuit.resting(FIRST_REST)
    circuit.left(probe)
    assert not circuit.resting(FIRST_REST)


def test_what_began_before_says_nothing_of_what_is_now() -> None:
    circuit = Circuit()
    early = [circuit.begin(0.0) for _ in range(FAILURES + 2)]
    for begun in early[:FAILURES]:
        circuit.failed(begun, 1.0, "down")
    until = circuit.until
    circuit.succeeded(early[-2])
    circuit.failed(early[-1], 20.0, "late")
    assert (circuit.until, circuit.why) == (until, "down")


def test_whoever_had_nobody_else_to_ask_closes_it_or_leaves_it_as_it_was() -> None:
    circuit = broken()
    fail(circuit, 1.0)
    assert circuit.until == FIRST_REST
    fail(circuit, 1.0, wait=100.0)
    assert (circuit.until, circuit.asked) == (101.0, True)
    circuit.succeeded(circuit.begin(2.0))
    assert not circuit.resting(2.0)
    assert not circuit.asked


def test_a_wait_that_the_endpoint_asks_for_is_kept_to_within_limits() -> None:
    circuit = Circuit()
    fail(circuit, 0.0, wait=LONG_WAIT - 1)
    assert circuit.until is None
    fail(circuit, 0.0, wait=90.0, chance=0.9)
    assert circuit.until == 90.0
    greedy = Circuit()
    fail(greedy, 0.0, wait=1e9)
    assert greedy.until == LONGEST_REST


def test_chance_shortens_a_rest_by_a_quarter_at_most() -> None:
    assert broken(chance=0.5).until == FIRST_REST * (1 - JITTER / 2)


def test_circuits_are_kept_by_endpoint() -> None:
    circuits = Circuits[str]()
    assert circuits.of("a") is circuits.of("a")
    fail(circuits.of("b"), 0.0, wait=LONG_WAIT)
    assert circuits.open() == {"b": circuits.of("b")}
    circuits.forget()
    assert circuits.open() == {}


class CircuitMachine(RuleBasedStateMachine):
    """Requests that begin, succeed, fail and are left at any time, and a model that says what follows of them."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit()
        self.now = 0.0
        self.state = "closed"
        self.failed_in_a_row = 0
        self.rests = 0
        self.until = 0.0
        self.probe: Begun | None = None
        self.running: dict[Begun, bool] = {}
        """Requests that have begun, and whether what comes of them counts."""

    @rule(seconds=st.integers(1, 700))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        if self.state == "resting" and self.now >= self.until:
            self.state = "due"

    @rule()
    def begin(self) -> None:
        begun = self.circuit.begin(self.now)
        if self.state == "due":
            self.state, self.probe = "probing", begun
        self.running[begun] = True

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        begun, counts = self._end(data)
        self.circuit.succeeded(begun)
        if counts and self.state == "closed":
            self.failed_in_a_row = 0
        elif counts:
            self._change("closed")
            self.failed_in_a_row = self.rests = 0
        self._leave(begun)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), wait=st.none() | st.integers(0, 1000))
    def fail(self, data: st.DataObject, wait: int | None) -> None:
        begun, counts = self._end(data)
        self.circuit.failed(begun, self.now, "down", wait=wait)
        asked = min(wait or 0, LONGEST_REST)
        if counts and self.state == "closed":
            self.failed_in_a_row += 1
            if self.failed_in_a_row == FAILURES or (wait or 0) >= LONG_WAIT:
                self._rest(asked)
        elif counts and begun is self.probe:
            self._rest(asked)
        elif counts and wait:
            self.until = max(self.until, self.now + asked)
            if self.state == "due" and self.now < self.until:
                self.state = "resting"
        self._leave(begun)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self._leave(self._end(data)[0])

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        assert self.circuit.resting(self.now) == (self.state in {"resting", "probing"})
        assert (self.circuit.until is None) == (self.state == "closed")
        assert self.circuit.rests == self.rests
        if self.circuit.until is not None:
            assert self.circuit.until <= self.now + LONGEST_REST
            assert self.circuit.until == self.until

    def _end(self, data: st.DataObject) -> tuple[Begun, bool]:
        begun = data.draw(st.sampled_from(list(self.running)))
        return begun, self.running.pop(begun)

    def _leave(self, begun: Begun) -> None:
        self.circuit.left(begun)
        if begun is self.probe:
            self.probe = None
            if self.state == "probing":
                self.state = "due" if self.now >= self.until else "resting"

    def _rest(self, asked: float) -> None:
        self.until = self.now + max(min(FIRST_REST * 2**self.rests, LONGEST_REST), asked)
        self.rests += 1
        self.failed_in_a_row = 0
        self._change("resting")

    def _change(self, state: str) -> None:
        self.state, self.probe = state, None
        self.running = dict.fromkeys(self.running, False)


TestCircuit = CircuitMachine.TestCase
