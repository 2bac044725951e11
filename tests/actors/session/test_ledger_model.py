"""The ledger against a model of it in plain Python, with the process killed between and within operations."""

import json
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.session.messages import EndState, StaleAttempt
from tests.fakes.ledger import Killed, Ledger, check_valid

KEYS = ("garden", "kitchen")


@attrs.define
class Call:
    id: str
    n: int
    result: str | None = None


@attrs.define
class Entry:
    """A step, or an answer with its calls, as it is displayed."""

    role: str
    text: str
    calls: list[Call] = attrs.field(factory=list)

    def rows(self) -> list[tuple[str, str]]:
        rows = [(self.role, self.text)] if self.text else []
        rows += [("tool_use", call.id) for call in self.calls]
        return rows + [("tool_result", call.result) for call in self.calls if call.result is not None]


@attrs.define
class ModelTurn:
    id: str
    session: str
    text: str
    state: str = "accepted"
    attempt: int = 0
    boot: str = ""
    steps: int = 0
    calls: list[Call] = attrs.field(factory=list)

    def open_calls(self) -> list[Call]:
        return [call for call in self.calls if call.result is None]


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(pathlib.Path(self.folder.name))
        self.turns: list[ModelTurn] = []
        self.by_message: dict[str, ModelTurn] = {}
        self.transcript: dict[str, list[Entry]] = {}
        self.numbers = 0

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # --- helpers ---

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def pick(self, position: int) -> ModelTurn:
        assume(self.turns)
        return self.turns[position % len(self.turns)]

    def survives(self, operation: Callable[[], object]) -> bool:
        """Do it; False when the process was killed before the commit, whose successor then has recovered."""
        try:
            operation()
        except Killed:
            self.restarted()
            return False
        return True

    def restarted(self) -> None:
        for turn in self.turns:
            if turn.state == "running":
                turn.state = "accepted"
        try:
            found = self.ledger.recover()
        except Killed:
            found = self.ledger.recover()
        expected = [(turn.id, turn.attempt) for turn in self.turns if turn.state == "accepted"]
        assert [(turn.id, turn.attempt) for turn in found] == expected

    def is_held(self, turn: ModelTurn, attempt: int) -> bool:
        return (turn.state, turn.boot, turn.attempt) == ("running", self.ledger.boot, attempt)

    def store_message(self, turn: ModelTurn) -> None:
        if turn.attempt == 0:
            self.transcript[turn.session].append(Entry("user", turn.text))
            turn.steps = 1

    # --- what happens ---

    @initialize()
    def first_message(self) -> None:
        self.accept(KEYS[0], None)

    @rule()
    def kill(self) -> None:
        self.ledger.kill()
        self.restarted()

    @rule()
    def doom(self) -> None:
        """The next operation that writes is killed before its commit."""
        self.ledger.doom()

    @rule(key=st.sampled_from(KEYS), message=st.none() | st.sampled_from(["m1", "m2", "m3"]))
    def accept(self, key: str, message: str | None) -> None:
        text = f"words {self.number()}"
        found: list[Any] = []
        if not self.survives(
            lambda: found.append(self.ledger.accept(text, key=key, client_message_id=message))
        ):
            return
        (accepted,) = found
        known = self.by_message.get(message) if message else None
        if known is not None:
            assert (accepted.turn, accepted.state, accepted.duplicate) == (known.id, known.state, True)
            return
        assert not accepted.duplicate
        turn = ModelTurn(accepted.turn, accepted.session, text)
        self.turns.append(turn)
        self.transcript.setdefault(accepted.session, [])
        if message:
            self.by_message[message] = turn

    @rule(position=st.integers(0, 30))
    def begin(self, position: int) -> None:
        turn = self.pick(position)
        found: list[Any] = []
        if turn.state not in ("accepted", "running"):
            self.survives(lambda: found.append(self.ledger.begin(turn.id)))
            assert all(begun.over for begun in found)
            return
        if not self.survives(lambda: found.append(self.ledger.begin(turn.id))):
            return
        self.store_message(turn)
        turn.state, turn.attempt, turn.boot = "running", turn.attempt + 1, self.ledger.boot
        (begun,) = found
        assert (begun.over, begun.turn.attempt, begun.next_step) == (False, turn.attempt, turn.steps)
        check_valid(begun.history, [step.call.id for step in begun.open_calls])
        assert {step.call.id for step in begun.open_calls} <= {call.id for call in turn.open_calls()}

    @rule(position=st.integers(0, 30), calls=st.integers(0, 3), behind=st.integers(0, 3))
    def complete(self, position: int, calls: int, behind: int) -> None:
        turn = self.pick(position)
        attempt = turn.attempt - behind // 3
        ids = [f"call {self.number()}" for _ in range(calls)]
        text = f"answer {self.number()}"

        def operation() -> None:
            self.ledger.complete(turn.id, text, calls=ids, attempt=attempt)

        if not self.is_held(turn, attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            made = [Call(name, turn.steps + n) for n, name in enumerate(ids, 1)]
            turn.calls += made
            turn.steps += 1 + calls
            self.transcript[turn.session].append(Entry("assistant", text, made))

    @rule(position=st.integers(0, 30), which=st.integers(0, 5))
    def result(self, position: int, which: int) -> None:
        turn = self.pick(position)
        assume(turn.calls)
        call = turn.calls[which % len(turn.calls)]
        text = f"result {self.number()}"

        def operation() -> None:
            self.ledger.result(turn.id, call.n, text, attempt=turn.attempt)

        if not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            call.result = call.result or text

    @rule(position=st.integers(0, 30), wanted=st.lists(st.integers(0, 30), max_size=4))
    def merge(self, position: int, wanted: list[int]) -> None:
        turn = self.pick(position)
        followups = [self.pick(one) for one in wanted]
        found: list[Any] = []

        def operation() -> None:
            ids = [followup.id for followup in followups]
            found.append(self.ledger.merge(turn.id, *ids, attempt=turn.attempt))

        if not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            taken = [
                followup
                for n, followup in enumerate(followups)
                if (followup.session, followup.state, followup.attempt) == (turn.session, "accepted", 0)
                and followup not in followups[:n]
            ]
            assert [one.id for one in found[0]] == [one.id for one in taken]
            turn.steps += bool(taken)
            for followup in taken:
                followup.state = "merged"
                self.transcript[turn.session].append(Entry("user", followup.text))

    @rule(
        position=st.integers(0, 30),
        state=st.sampled_from(["done", "failed", "cancelled"]),
        words=st.booleans(),
    )
    def finish(self, position: int, state: EndState, words: bool) -> None:  # noqa: FBT001
        turn = self.pick(position)
        text = f"end {self.number()}"
        found: list[Any] = []

        def operation() -> None:
            said = (text,) if words else ()
            found.append(
                self.ledger.finish(turn.id, *said, state=state, attempt=turn.attempt, notice="noted")
            )

        waits = turn.state == "accepted"
        if turn.state == state:
            self.survives(operation)
        elif not waits and not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            self.store_message(turn)
            turn.state = state
            for call in turn.open_calls():
                call.result = "not completed"
            entries = self.transcript[turn.session]
            entries += [Entry("assistant", text)] if words else []
            entries.append(Entry("notice", "noted"))
            following = [one for one in self.turns if (one.session, one.state) == (turn.session, "accepted")]
            assert (found[0].next.id if found[0].next else None) == (following[0].id if following else None)

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30), replaced=st.integers(0, 12))
    def compact(self, position: int, replaced: int) -> None:
        turn = self.ledger.turn(self.pick(position).id)
        self.survives(lambda: self.ledger.compact(turn, replaced))

    # --- what must hold ---

    @invariant()
    def every_turn_is_in_its_state(self) -> None:
        for turn in self.turns:
            stored = self.ledger.turn(turn.id)
            assert (stored.state, stored.attempt, stored.text) == (turn.state, turn.attempt, turn.text)

    @invariant()
    def every_history_is_valid(self) -> None:
        for session in self.transcript:
            check_valid(self.ledger.history(session))

    @invariant()
    def everything_said_and_done_is_shown_once_and_in_order(self) -> None:
        for session, entries in self.transcript.items():
            waiting = [
                ("user", turn.text)
                for turn in self.turns
                if (turn.session, turn.attempt) == (session, 0) and turn.state == "accepted"
            ]
            expected = [row for entry in entries for row in entry.rows()] + waiting
            assert [_plain(role, content) for role, content in self.ledger.shown(session)] == expected


def _plain(role: str, content: str) -> tuple[str, str]:
    if role == "tool_use":
        return role, json.loads(content)["id"]
    if role == "tool_result":
        text = json.loads(content)["content"]
        return role, "not completed" if "not completed" in text else text
    return role, content


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(stateful_step_count=40, max_examples=min(500, settings().max_examples))
