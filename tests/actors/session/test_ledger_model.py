"""The ledger against a model of it in plain Python, with the process killed between and within operations."""

import json
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.session import endings
from actors.session.attempts import DEATHS
from actors.session.messages import (
    Begun,
    EndState,
    StaleAttempt,
    UnknownStep,
)
from tests.actors.session.modelled import Call, Entry, ModelTurn
from tests.fakes.ledger import Killed, Ledger, check_valid

CHANNELS = {"garden": "main", "kitchen": "telegram"}
"""By key of the conversation; Telegram is pushed."""
KEYS = tuple(CHANNELS)


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(pathlib.Path(self.folder.name))
        self.turns: list[ModelTurn] = []
        self.by_message: dict[str, ModelTurn] = {}
        self.transcript: dict[str, list[Entry]] = {}
        self.numbers = 0
        self.ended: list[str] = []
        """Turns in the order of their ends."""
        self.followed: list[str] = []
        """Those that a follower with a cursor of its own has dealt with."""
        self.cursor = 0
        """State, claimer and id of what is to be pushed, by turn."""

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # --- helpers ---

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def pick(self, position: int) -> ModelTurn:
        return self.turns[position % len(self.turns)]

    def survives(self, operation: Callable[[], object]) -> bool:
        """Do it; False when the process was killed before the commit, whose successor then has recovered."""
        try:
            operation()
        except Killed:
            self.restarted()
            return False
        return True

    def restarted(self, *culprits: str, doing: str = "") -> None:
        try:
            found = self.ledger.recover(*culprits, doing=doing)
        except Killed:  # of the process that died last it is known that it ran nobody's code
            culprits = ()
            found = self.ledger.recover()
        for turn in self.turns:
            if turn.state == "running":
                turn.state = "accepted"
                turn.attempt_ended(died=doing if turn.id in culprits else None)
        expected = [(turn.id, turn.attempt, turn.deaths) for turn in self.turns if turn.state == "accepted"]
        assert [(turn.id, turn.attempt, turn.deaths) for turn in found] == expected

    def is_held(self, turn: ModelTurn, attempt: int) -> bool:
        return (turn.state, turn.boot, turn.attempt) == ("running", self.ledger.boot, attempt)

    def store_message(self, turn: ModelTurn) -> None:
        if turn.attempt == 0:
            self.transcript[turn.session].append(Entry(turn.id, "user", turn.text))
            turn.steps = 1

    def ends(self, turn: ModelTurn, state: str, answer: str = "", notice: str = "") -> None:
        """What an end does, whoever asks for it."""
        self.store_message(turn)
        turn.state = state
        for call in turn.open_calls():
            call.result = "not completed"
        entries = self.transcript[turn.session]
        entries += [Entry(turn.id, "assistant", answer)] if answer else []
        entries += [Entry(turn.id, "notice", notice)] if notice else []
        self.ended.append(turn.id)

    # --- what happens ---

    @initialize()
    def first_message(self) -> None:
        self.accept(KEYS[0], None)

    @rule(positions=st.lists(st.integers(0, 30), max_size=2), doing=st.sampled_from(["", "x", "y"]))
    def kill(self, positions: list[int], doing: str) -> None:
        """The process is killed while it runs the code of some turns."""
        culprits = [self.turns[position % len(self.turns)].id for position in positions]
        self.ledger.kill()
        self.restarted(*culprits, doing=doing)

    @rule()
    def doom(self) -> None:
        """The next operation that writes is killed before its commit."""
        self.ledger.doom()

    @rule(key=st.sampled_from(KEYS), message=st.none() | st.sampled_from(["m1", "m2", "m3"]))
    def accept(self, key: str, message: str | None) -> None:
        text = f"words {self.number()}"
        found: list[Any] = []
        fields: dict[str, Any] = {"key": key, "channel": CHANNELS[key], "client_message_id": message}
        if not self.survives(lambda: found.append(self.ledger.accept(text, **fields))):
            return
        (accepted,) = found
        known = self.by_message.get(message) if message else None
        if known is not None:
            assert (accepted.turn, accepted.state, accepted.duplicate) == (known.id, known.state, True)
            return
        assert not accepted.duplicate
        turn = ModelTurn(accepted.turn, accepted.session, key, text)
        self.turns.append(turn)
        self.transcript.setdefault(accepted.session, [])
        if message:
            self.by_message[message] = turn

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30), runner=st.sampled_from(["", "one", "two"]))
    def begin(self, position: int, runner: str) -> None:
        turn = self.pick(position)
        found: list[Begun] = []
        if not self.survives(lambda: found.append(self.ledger.begin(turn.id, runner=runner))):
            return
        (begun,) = found
        if turn.state not in ("accepted", "running"):
            assert (begun.over, begun.ended) == (True, False)
            return
        repeated = runner != "" and (turn.boot, turn.runner) == (self.ledger.boot, runner)
        self.store_message(turn)
        turn.attempt_ended(died="" if turn.state == "running" and not repeated else None)
        turn.state, turn.attempt, turn.boot, turn.runner = (
            "running",
            turn.attempt + 1,
            self.ledger.boot,
            runner,
        )
        if turn.cancel_requested or turn.deaths >= DEATHS:
            assert (begun.over, begun.ended) == (True, True)
            if turn.cancel_requested:
                self.ends(turn, "cancelled")
            else:
                assert begun.notice is not None
                self.ends(turn, "failed", notice=begun.notice)
            return
        assert (begun.over, begun.turn.attempt, begun.next_step) == (False, turn.attempt, turn.steps)
        assert begun.iteration == len(turn.answers)
        check_valid(begun.transcript.messages, [step.call.id for step in begun.open_calls])
        states = {call.id: call.state for call in turn.open_calls()}
        assert all(states[step.call.id] == step.state for step in begun.open_calls)

    @precondition(lambda self: self.turns)
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
            turn.answers.append(made)
            turn.steps += 1 + calls
            self.transcript[turn.session].append(Entry(turn.id, "assistant", text, made))

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30))
    def complete_once_more(self, position: int) -> None:
        """The answer to storing it was lost, so it is stored again."""
        turn = self.pick(position)
        if not (turn.answers and self.is_held(turn, turn.attempt)):
            return
        made = turn.answers[-1]

        def operation() -> None:
            again = self.ledger.complete(
                turn.id,
                "the same",
                calls=[call.id for call in made],
                attempt=turn.attempt,
                iteration=len(turn.answers),
            )
            assert [step.n for step in again] == [call.n for call in made]

        self.survives(operation)

    @precondition(lambda self: self.turns)
    @rule(
        position=st.integers(0, 30),
        which=st.integers(0, 5),
        act=st.sampled_from(["awaiting", "begun", "result"]),
    )
    def call(self, position: int, which: int, act: str) -> None:
        turn = self.pick(position)
        if not turn.calls:
            return
        call = turn.calls[which % len(turn.calls)]
        text = f"result {self.number()}"

        def operation() -> None:
            match act:
                case "awaiting":
                    self.ledger.await_step(turn.id, call.n, attempt=turn.attempt)
                case "begun":
                    self.ledger.begin_step(turn.id, call.n, attempt=turn.attempt)
                case _:
                    self.ledger.result(turn.id, call.n, text, attempt=turn.attempt)

        if not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif act != "result" and call.result is not None:
            with pytest.raises(UnknownStep):
                operation()
        elif self.survives(operation):
            if act == "result":
                call.result = call.result or text
            elif call.state != "begun":
                call.state = act

    @precondition(lambda self: self.turns)
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
            fresh = [
                followup
                for n, followup in enumerate(followups)
                if (followup.session, followup.state, followup.attempt) == (turn.session, "accepted", 0)
                and followup not in followups[:n]
            ]
            assert [one.id for one in found[0] if one.id in [each.id for each in fresh]] == [
                one.id for one in fresh
            ]
            assert all(self.ledger.turn(one.id).merged_into == turn.id for one in found[0])
            turn.steps += bool(fresh)
            for followup in fresh:
                followup.state = "merged"
                self.transcript[turn.session].append(Entry(turn.id, "user", followup.text))

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30))
    def release(self, position: int) -> None:
        turn = self.pick(position)

        def operation() -> None:
            self.ledger.release(turn.id, attempt=turn.attempt)

        if not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            turn.state = "accepted"
            turn.attempt_ended(died=None)

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30))
    def cancel(self, position: int) -> None:
        turn = self.pick(position)
        found: list[Any] = []
        if not self.survives(lambda: found.append(self.ledger.cancel(turn.id))):
            return
        match turn.state:
            case "accepted":
                assert found[0].fate == "cancelled"
                self.ends(turn, "cancelled")
            case "running":
                assert found[0].fate == "requested"
                turn.cancel_requested = True
            case _:
                assert found[0].fate == "over"

    @precondition(lambda self: self.turns)
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

        becomes = "cancelled" if turn.cancel_requested else state
        if turn.state == becomes:
            self.survives(operation)
        elif not self.is_held(turn, turn.attempt):
            with pytest.raises(StaleAttempt):
                operation()
        elif self.survives(operation):
            self.ends(turn, becomes, text if words else "", "" if turn.cancel_requested else "noted")
            following = [one for one in self.turns if (one.session, one.state) == (turn.session, "accepted")]
            assert (found[0].next.id if found[0].next else None) == (following[0].id if following else None)

    @precondition(lambda self: self.turns)
    @rule(position=st.integers(0, 30), replaced=st.integers(1, 12))
    def compact(self, position: int, replaced: int) -> None:
        turn = self.ledger.turn(self.pick(position).id)
        if not self.transcript[turn.session]:
            return
        self.survives(lambda: self.ledger.compact(turn, replaced))

    # --- what follows ---

    @rule(limit=st.integers(1, 3))
    def follow(self, limit: int) -> None:
        """A follower deals with the ends since its cursor; the two are one transaction."""
        found = endings.after(self.ledger.connection, self.cursor, limit)
        self.followed += [turn.id for turn in found]
        self.cursor = max([self.cursor, *(turn.end_seq or 0 for turn in found)])
        assert self.followed == self.ended[: len(self.followed)]
        assert len(found) == min(limit, len(self.ended) - len(self.followed) + len(found))

    # --- what must hold ---

    @invariant()
    def every_turn_is_in_its_state(self) -> None:
        for turn in self.turns:
            stored = self.ledger.turn(turn.id)
            assert (stored.state, stored.attempt, stored.text) == (turn.state, turn.attempt, turn.text)
            assert (stored.deaths, stored.cancel_requested) == (turn.deaths, turn.cancel_requested)

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
