"""What a supervisor decides when a child ends (G10): tables, and a model written from the contract alone."""

from typing import Literal

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bus.exits import NORMAL, Exit, ExitKind
from bus.restart import Action, ChildState, GiveUp, Group, StartAt, Status, Stop, became_ready, decide, spent
from bus.spec import Backoff, Intensity, Restart, Strategy

CRASH = Exit(ExitKind.CRASHED, ValueError("boom"))
OUTAGE = Exit(ExitKind.OUTAGE, OSError("no network"))
StopWhen = Literal["any", "all"] | None
STEADY = Backoff(jitter=0.0)
STRATEGIES: tuple[Strategy, ...] = ("one_for_one", "one_for_all", "rest_for_one")
BY_ITSELF = [kind for kind in ExitKind if kind is not ExitKind.STOPPED]
BUGS = [kind for kind in BY_ITSELF if kind not in {ExitKind.NORMAL, ExitKind.OUTAGE}]


def running(name: str, restart: Restart = Restart.PERMANENT, *, significant: bool = False) -> ChildState:
    return ChildState(
        name=name, restart=restart, backoff=STEADY, significant=significant, status="running", ready_at=0.0
    )


def group(*children: ChildState, strategy: Strategy = "one_for_one", restarts: int = 5) -> Group:
    return Group(strategy=strategy, children=children, intensity=Intensity(restarts, 30.0))


def end(state: Group, name: str, exit: Exit, now: float) -> tuple[Group, tuple[Action, ...]]:
    """Decide with instants rounded to microseconds."""
    state, actions = decide(state, name, exit, now, 0.5)
    return state, tuple(
        attrs.evolve(action, at=round(action.at, 6)) if isinstance(action, StartAt) else action
        for action in actions
    )


class TestTheRestartType:
    @pytest.mark.parametrize(
        ("restart", "kind", "returns"),
        [
            *((Restart.PERMANENT, kind, True) for kind in BY_ITSELF),
            *((Restart.TRANSIENT, kind, kind is not ExitKind.NORMAL) for kind in BY_ITSELF),
            *((Restart.TEMPORARY, kind, False) for kind in BY_ITSELF),
            *((restart, ExitKind.STOPPED, False) for restart in Restart),
        ],
    )
    def test_says_whether_a_child_comes_back(
        self, restart: Restart, kind: ExitKind, *, returns: bool
    ) -> None:
        state, actions = end(group(running("a", restart)), "a", Exit(kind), 1.0)
        assert actions == ((StartAt(("a",), 1.2),) if returns else ())
        assert state.child("a").status == ("waiting" if returns else "down")
        assert state.child("a").ready_at is None


class TestTheStrategy:
    @pytest.mark.parametrize(
        ("strategy", "failing", "stopped", "started"),
        [
            ("one_for_one", "a", (), ("a",)),
            ("one_for_one", "b", (), ("b",)),
            ("one_for_one", "c", (), ("c",)),
            ("rest_for_one", "a", ("c", "b"), ("a", "b", "c")),
            ("rest_for_one", "b", ("c",), ("b", "c")),
            ("rest_for_one", "c", (), ("c",)),
            ("one_for_all", "a", ("c", "b"), ("a", "b", "c")),
            ("one_for_all", "b", ("c", "a"), ("a", "b", "c")),
            ("one_for_all", "c", ("b", "a"), ("a", "b", "c")),
        ],
    )
    def test_takes_siblings_along_in_reverse_and_starts_them_in_order(
        self, strategy: Strategy, failing: str, stopped: tuple[str, ...], started: tuple[str, ...]
    ) -> None:
        children = running("a"), running("b"), running("c")
        # The one that failed has ended; those before it are told from it by being stopped.
        state, actions = end(group(*children, strategy=strategy), failing, CRASH, 10.0)
        expected: list[Action] = [Stop(stopped)] if stopped else []
        assert actions == (*expected, StartAt(started, 10.2))
        assert [child.name for child in state.children if child.status == "waiting"] == list(started)

    def test_ends_temporary_siblings_for_good(self) -> None:
        children = running("a"), running("b", Restart.TEMPORARY), running("c", Restart.TRANSIENT)
        state, actions = end(group(*children, strategy="one_for_all"), "a", CRASH, 10.0)
        assert actions == (Stop(("c", "b")), StartAt(("a", "c"), 10.2))
        assert [child.status for child in state.children] == ["waiting", "down", "waiting"]

    def test_leaves_alone_who_has_ended_before(self) -> None:
        state = group(running("a"), running("b", Restart.TRANSIENT), running("c"), strategy="one_for_all")
        state, _ = end(state, "b", NORMAL, 5.0)
        state, actions = end(state, "a", CRASH, 10.0)
        assert actions == (Stop(("c",)), StartAt(("a", "c"), 10.2))
        assert state.child("b").status == "down"

    def test_does_not_stop_again_who_already_waits_but_moves_its_start(self) -> None:
        state = group(running("a"), running("b"), running("c"), strategy="rest_for_one")
        state, _ = end(state, "c", CRASH, 10.0)
        state, actions = end(state, "b", CRASH, 10.1)
        assert actions == (StartAt(("b", "c"), 10.3),)


class TestTheBudget:
    @pytest.mark.parametrize("kind", BUGS)
    def test_lets_exactly_n_crashes_pass(self, kind: ExitKind) -> None:
        state = group(running("a"), restarts=3)
        for second in range(3):
            state, actions = end(state, "a", Exit(kind), float(second))
            assert isinstance(actions[-1], StartAt)
        _, actions = end(state, "a", Exit(kind, ValueError("boom")), 3.0)
        assert isinstance(actions[0], GiveUp)
        assert actions[0].exit.kind is ExitKind.RESTART_LIMIT
        assert str(actions[0].exit) == (
            f"restart_limit: 4 crashes within 30 s, last: a {kind.value}: ValueError: boom"
        )

    def test_of_zero_gives_up_at_once(self) -> None:
        _, actions = end(group(running("a"), restarts=0), "a", CRASH, 1.0)
        assert [type(action) for action in actions] == [GiveUp]

    def test_is_shared_by_all_children(self) -> None:
        state = group(running("a"), running("b"), restarts=1)
        state, _ = end(state, "a", CRASH, 1.0)
        _, actions = end(state, "b", CRASH, 1.0)
        assert isinstance(actions[0], GiveUp)

    @pytest.mark.parametrize(("at", "survives"), [(29.9, False), (30.0, True)])
    def test_window_slides(self, at: float, *, survives: bool) -> None:
        state = group(running("a"), restarts=1)
        state, _ = end(state, "a", CRASH, 0.0)
        _, actions = end(state, "a", CRASH, at)
        assert isinstance(actions[-1], StartAt) is survives

    def test_is_not_spent_by_outages_nor_by_children_that_stay_down(self) -> None:
        state = group(running("a"), running("b", Restart.TEMPORARY), restarts=0)
        state, _ = end(state, "b", CRASH, 1.0)
        for second in range(100):
            state, actions = end(state, "a", OUTAGE, float(second))
            assert isinstance(actions[-1], StartAt)
        assert state.crashes == ()

    def test_is_spent_by_a_permanent_child_that_ends_normally(self) -> None:
        state, _ = end(group(running("a")), "a", NORMAL, 1.0)
        assert state.crashes == (1.0,)

    def test_gets_back_what_a_quarantined_message_has_spent(self) -> None:
        assert spent((1.0, 2.0), Exit(ExitKind.CRASHED, refund=2), 3.0, 30.0) == (1.0,)

    def test_gets_nothing_back_for_crashes_that_have_left_the_window(self) -> None:
        assert spent((1.0,), Exit(ExitKind.CRASHED, refund=3), 40.0, 30.0) == ()

    @given(st.integers(0, 6), st.integers(2, 4))
    def test_survives_any_number_of_poison_messages(self, restarts: int, tries: int) -> None:
        assume(restarts >= tries - 1)
        state = group(running("a"), restarts=restarts)
        for second in range(20):
            refund = tries if second % tries == tries - 1 else 0
            exit = Exit(ExitKind.CRASHED, ValueError(), refund=refund)
            state, actions = end(state, "a", exit, second / 10)
            assert isinstance(actions[-1], StartAt)


class TestBackoff:
    def test_doubles_up_to_its_cap(self) -> None:
        state = group(running("a"), restarts=100)
        delays: list[float] = []
        for _ in range(10):
            state, actions = end(state, "a", CRASH, 100.0)
            assert isinstance(actions[-1], StartAt)
            delays.append(round(actions[-1].at - 100.0, 9))
        assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]

    def test_is_counted_for_each_child(self) -> None:
        state = group(running("a"), running("b"))
        state, _ = end(state, "a", CRASH, 1.0)
        state, _ = end(state, "a", CRASH, 1.0)
        _, actions = end(state, "b", CRASH, 1.0)
        assert actions == (StartAt(("b",), 1.2),)

    def test_grows_for_outages_too(self) -> None:
        state, _ = end(group(running("a")), "a", OUTAGE, 1.0)
        _, actions = end(state, "a", OUTAGE, 2.0)
        assert actions == (StartAt(("a",), 2.4),)

    @pytest.mark.parametrize(("health", "delay"), [(15.0, 0.4), (15.1, 0.2)])
    def test_is_forgiven_after_half_of_first_and_cap_in_health(self, health: float, delay: float) -> None:
        state, _ = end(group(running("a")), "a", CRASH, 0.0)
        state = became_ready(state, "a", 0.0)
        state, actions = end(state, "a", CRASH, health)
        assert actions == (StartAt(("a",), round(health + delay, 6)),)

    def test_is_not_forgiven_for_time_spent_waiting(self) -> None:
        state, _ = end(group(running("a")), "a", CRASH, 0.0)
        _, actions = end(state, "a", Exit(ExitKind.START_FAILED), 1000.0)
        assert actions == (StartAt(("a",), 1000.4),)

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


class TestAnOutage:
    def test_is_endured_for_ever_by_default(self) -> None:
        state = group(running("a"))
        for day in range(1, 1000):
            state, actions = end(state, "a", OUTAGE, 86400.0 * day)
            assert isinstance(actions[-1], StartAt)

    @pytest.mark.parametrize("origin", [0.0, 100.0])
    def test_escalates_once_it_has_lasted_as_long_as_the_group_says(self, origin: float) -> None:
        state = attrs.evolve(group(running("a")), outages=10.0)
        for second in range(10):
            state, actions = end(state, "a", OUTAGE, origin + second)
            assert isinstance(actions[-1], StartAt)
        _, actions = end(state, "a", OUTAGE, origin + 10.0)
        assert actions == (GiveUp(Exit(ExitKind.OUTAGE, OUTAGE.error, detail="a")),)

    def test_is_over_after_enough_health_or_a_crash(self) -> None:
        state = attrs.evolve(group(running("a")), outages=10.0)
        state, _ = end(state, "a", OUTAGE, 100.0)
        state = became_ready(state, "a", 101.0)
        state, actions = end(state, "a", OUTAGE, 200.0)
        assert isinstance(actions[-1], StartAt)
        state, _ = end(state, "a", CRASH, 209.0)
        _, actions = end(state, "a", OUTAGE, 212.0)
        assert isinstance(actions[-1], StartAt)

    def test_is_not_over_after_a_moment_of_health(self) -> None:
        state = attrs.evolve(group(running("a")), outages=10.0)
        state, _ = end(state, "a", OUTAGE, 100.0)
        state = became_ready(state, "a", 105.0)
        _, actions = end(state, "a", OUTAGE, 110.0)
        assert isinstance(actions[-1], GiveUp)

    def test_of_no_length_may_be_refused(self) -> None:
        _, actions = end(attrs.evolve(group(running("a")), outages=0.0), "a", OUTAGE, 0.0)
        assert isinstance(actions[-1], GiveUp)


class TestStopWhen:
    def tree(self, stop_when: StopWhen) -> Group:
        children = (
            running("a", Restart.TRANSIENT, significant=True),
            running("b", Restart.TEMPORARY, significant=True),
            running("c", Restart.TRANSIENT),
        )
        return attrs.evolve(group(*children), stop_when=stop_when)

    def test_any_ends_the_group_with_the_first_significant_child(self) -> None:
        _, actions = end(self.tree("any"), "a", NORMAL, 1.0)
        assert actions == (GiveUp(NORMAL),)

    def test_all_ends_the_group_with_the_last_significant_child(self) -> None:
        state, actions = end(self.tree("all"), "a", NORMAL, 1.0)
        assert actions == ()
        _, actions = end(state, "b", NORMAL, 2.0)
        assert actions == (GiveUp(NORMAL),)

    @pytest.mark.parametrize("stop_when", ["any", "all", None])
    def test_ignores_insignificant_children(self, stop_when: StopWhen) -> None:
        _, actions = end(self.tree(stop_when), "c", NORMAL, 1.0)
        assert actions == ()

    def test_none_keeps_a_group_without_children_alive(self) -> None:
        state, _ = end(self.tree(None), "a", NORMAL, 1.0)
        _, actions = end(state, "b", NORMAL, 1.0)
        assert actions == ()

    def test_counts_a_significant_child_that_crashed_and_does_not_come_back(self) -> None:
        state, _ = end(self.tree("all"), "a", NORMAL, 1.0)
        _, actions = end(state, "b", CRASH, 2.0)
        assert actions == (GiveUp(attrs.evolve(CRASH, detail="b")),)

    def test_waits_for_a_significant_child_that_comes_back(self) -> None:
        _, actions = end(self.tree("any"), "a", CRASH, 1.0)
        assert actions == (StartAt(("a",), 1.2),)


# --- the model --------------------------------------------------------------------------------------------


class Naive:
    """A supervisor as the contract tells it, one rule after the other, without regard to speed or beauty."""

    def __init__(self, strategy: Strategy, restarts: int, outages: float | None) -> None:
        self.strategy = strategy
        self.restarts = restarts
        self.outages = outages
        self.order: list[str] = []
        self.kind: dict[str, Restart] = {}
        self.status: dict[str, Status] = {}
        self.row: dict[str, int] = {}
        self.up_since: dict[str, float | None] = {}
        self.out_since: dict[str, float | None] = {}
        self.window: list[float] = []

    def well(self, name: str, now: float) -> bool:
        since = self.up_since[name]
        return since is not None and now - since >= 15.1

    def ended(self, name: str, kind: ExitKind, now: float) -> list[object]:
        permanent = self.kind[name] is Restart.PERMANENT
        if not permanent and (self.kind[name] is Restart.TEMPORARY or kind is ExitKind.NORMAL):
            self.status[name], self.up_since[name] = "down", None
            return []
        if kind is ExitKind.OUTAGE:
            if self.well(name, now) or self.out_since[name] is None:
                self.out_since[name] = now
            since = self.out_since[name]
            if self.outages is not None and since is not None and now - since >= self.outages:
                return ["give up"]
        else:
            self.out_since[name] = None
            self.window.append(now)
            if len([at for at in self.window if now - at < 30]) > self.restarts:
                return ["give up"]
        self.row[name] = 1 if self.well(name, now) else self.row[name] + 1
        self.up_since[name] = None
        self.status[name] = "waiting"
        return self.bring_back(name, now + min(0.2 * 2 ** (self.row[name] - 1), 30))

    def bring_back(self, name: str, at: float) -> list[object]:
        here = self.order.index(name)
        taken = {
            "one_for_one": [name],
            "rest_for_one": self.order[here:],
            "one_for_all": self.order,
        }[self.strategy]
        taken = [other for other in taken if self.status[other] != "down"]
        stopped = [other for other in reversed(taken) if self.status[other] == "running"]
        for other in taken:
            self.up_since[other] = None
            self.status[other] = "down" if self.kind[other] is Restart.TEMPORARY else "waiting"
        started = [other for other in taken if self.status[other] == "waiting"]
        return [("stop", stopped), ("start", started, round(at, 6))]


def plain(actions: tuple[Action, ...]) -> list[object]:
    """Actions in the model's words."""
    if any(isinstance(action, GiveUp) for action in actions):
        return ["give up"]
    words: list[object] = []
    for action in actions:
        if isinstance(action, Stop):
            words.append(("stop", list(action.names)))
        elif isinstance(action, StartAt):
            if not words:
                words.append(("stop", list[str]()))
            words.append(("start", list(action.names), round(action.at, 6)))
    return words


class Supervision(RuleBasedStateMachine):
    """`decide` and the model see the same children live and die."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.over = False

    @initialize(
        strategy=st.sampled_from(STRATEGIES),
        kinds=st.lists(st.sampled_from(list(Restart)), min_size=1, max_size=5),
        restarts=st.integers(0, 4),
        outages=st.none() | st.floats(0, 100),
    )
    def begin(self, strategy: Strategy, kinds: list[Restart], restarts: int, outages: float | None) -> None:
        self.model = Naive(strategy, restarts, outages)
        for number, kind in enumerate(kinds):
            name = "abcde"[number]
            self.model.order.append(name)
            self.model.kind[name] = kind
            self.model.status[name] = "waiting"
            self.model.row[name] = 0
            self.model.up_since[name] = self.model.out_since[name] = None
        self.state = Group(
            strategy=strategy,
            intensity=Intensity(restarts, 30.0),
            outages="endure" if outages is None else outages,
            children=tuple(
                ChildState(name="abcde"[number], restart=kind, backoff=STEADY)
                for number, kind in enumerate(kinds)
            ),
        )
        for name in self.model.order:
            self.ready(name)

    def ready(self, name: str) -> None:
        self.model.status[name] = "running"
        self.model.up_since[name] = self.now
        self.state = became_ready(self.state, name, self.now)

    def alive(self) -> list[str]:
        return [name for name in self.model.order if self.model.status[name] != "down"]

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 14.0, 16.0, 29.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: not self.over and "waiting" in self.model.status.values())
    @rule()
    def the_next_waiting_child_comes_up(self) -> None:
        self.ready(next(name for name in self.model.order if self.model.status[name] == "waiting"))

    @precondition(lambda self: not self.over and self.alive())
    @rule(data=st.data(), kind=st.sampled_from(BY_ITSELF))
    def a_child_ends(self, data: st.DataObject, kind: ExitKind) -> None:
        name = data.draw(st.sampled_from(self.alive()))
        self.state, actions = decide(self.state, name, Exit(kind), self.now, 0.5)
        expected = self.model.ended(name, kind, self.now)
        assert plain(actions) == expected
        self.over = expected == ["give up"]

    @invariant()
    def both_know_the_same(self) -> None:
        if not self.over and hasattr(self, "state"):
            assert {child.name: child.status for child in self.state.children} == self.model.status
            assert {child.name: child.ready_at for child in self.state.children} == self.model.up_since


TestSupervision = Supervision.TestCase
