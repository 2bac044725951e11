"""Conversations of jobs are deleted whole and for good, and nobody else misses anything."""

import json
import pathlib
import tempfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from actors.session import endings, export, outbox, pruning, sessions, told, usage
from actors.session.messages import (
    ClaimOutbox,
    Close,
    Costs,
    MarkOutbox,
    Push,
    RecordUsage,
    Told,
    UnknownSession,
)
from actors.storage import micros
from actors.vocabulary import Usage
from tests.fakes.ledger import START, Killed, Ledger

JOB: dict[str, Any] = {"channel": "scheduler", "source": "cron", "triggered_by": "brief"}


def prune(ledger: Ledger, session: str, user: str = "admin") -> pruning.Fate:
    return ledger.run(pruning.prune, session, user, micros(ledger.now))


def dump(ledger: Ledger) -> list[str]:
    return list(ledger.connection.iterdump())


def answered(ledger: Ledger, said: str = "all is well", **fields: Any) -> str:
    """A turn that has looked something up, in vain, and has answered; its conversation."""
    accepted = ledger.accept("sum up", **{**JOB, **fields})
    ledger.begin(accepted.turn)
    (call,) = ledger.complete(accepted.turn, "I look", calls=["a"])
    ledger.result(accepted.turn, call.n, is_error=True)
    ledger.finish(accepted.turn, said)
    return accepted.session


def close(ledger: Ledger, session: str) -> None:
    ledger.run(sessions.close, Close(session=session, user=ledger.owner(session), summary="done"))


def push(ledger: Ledger, session: str | None, key: str = "cron:j:1") -> None:
    body = {"text": "all is well", "session": session}
    request = Push(user="ada", channel="telegram", recipient=key, key=key, body=body)
    ledger.run(outbox.push, request, micros(ledger.now))


def mark(ledger: Ledger, state: Any) -> None:
    """Claim what is to be sent, and say that of all of it."""
    request = ClaimOutbox(channel="telegram", claimer="bot")
    for _ in range(2):  # what is doubtful once is tried again
        claimed, _ = ledger.run(outbox.claim, request, ledger.boot, micros(ledger.now))
        for row in claimed.rows:
            ledger.run(outbox.mark, MarkOutbox(id=row.id, state=state), micros(ledger.now))


def test_nothing_is_left_but_what_it_cost(ledger: Ledger) -> None:
    gone, kept = answered(ledger, key="1"), answered(ledger, key="2")
    before = usage.costs(ledger.connection, Costs())
    assert prune(ledger, gone) == "pruned"
    with pytest.raises(UnknownSession):
        sessions.get(ledger.connection, gone, "admin")
    mentioned = {line.split('"')[1] for line in dump(ledger) if f"'{gone}'" in line}
    assert mentioned == {"usage", "past_calls"}
    assert usage.costs(ledger.connection, Costs()) == before
    assert [tool.errors for tool in before.by_tool] == [2]
    assert [role for role, _ in ledger.shown(kept)][-1] == "assistant"


def test_one_that_is_gone_is_gone_and_that_of_another_user_is_theirs(ledger: Ledger) -> None:
    session = answered(ledger, user="ada", key="1")
    for user in ("bob", "admin"):
        with pytest.raises(UnknownSession):
            prune(ledger, session, user)
    assert prune(ledger, session, "ada") == "pruned"
    assert prune(ledger, session, "ada") == "gone"
    assert prune(ledger, "never was") == "gone"


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("state", ["accepted", "running", "answered", "sent"])
def test_where_something_is_open_or_a_person_spoke_nothing_changes(
    ledger: Ledger,
    state: str,
    closed: bool,  # noqa: FBT001
) -> None:
    session = answered(ledger, key="1")
    match state:
        case "accepted":
            ledger.accept("again", **JOB, key="1")
        case "running":
            ledger.begin(ledger.accept("again", **JOB, key="1").turn)
        case "answered":
            ledger.cancel(ledger.accept("thanks", session=session).turn)
        case _:
            push(ledger, session)
    if closed:
        close(ledger, session)
    before = dump(ledger)
    assert prune(ledger, session) == "kept"
    assert dump(ledger) == before


@pytest.mark.parametrize(
    ("state", "fate"),
    [("pending", "kept"), ("sent", "pruned"), ("doubtful", "pruned"), ("dead", "pruned")],
)
@pytest.mark.parametrize("of_turn", [False, True])
def test_what_was_to_be_sent_goes_once_it_was_dealt_with(
    ledger: Ledger,
    state: str,
    fate: str,
    of_turn: bool,  # noqa: FBT001
) -> None:
    channel = "telegram" if of_turn else "scheduler"
    session = answered(ledger, key="42", **{**JOB, "channel": channel})
    push(ledger, None if of_turn else session)
    push(ledger, None, "another")
    ledger.connection.execute("UPDATE outbox SET body = 'no JSON' WHERE key = 'another'")
    mark(ledger, state)
    assert prune(ledger, session) == fate
    keys = {row["key"] for row in ledger.connection.execute("SELECT key FROM outbox")}
    assert ("another" in keys, len(keys)) == (True, 1 + of_turn + (fate == "kept"))


def test_what_others_were_told_too_stays(ledger: Ledger) -> None:
    def hears(user: str, key: str, *texts: str) -> tuple[str, str]:
        accepted = ledger.accept(user=user, key=key, **JOB)
        ledger.begin(accepted.turn)
        ledger.finish(accepted.turn, "done", told=tuple(Told(source="Memory", text=text) for text in texts))
        return accepted.session, accepted.turn

    gone, _ = hears("ada", "1", "likes tea", "it is Monday")
    _, turn = hears("ada", "2", "likes tea")
    _, of_bob = hears("bob", "3", "it is Monday")
    assert prune(ledger, gone, "ada") == "pruned"
    (shared,) = told.of_turn(ledger.connection, turn, "ada")
    (own,) = told.of_turn(ledger.connection, of_bob, "bob")
    assert (shared.text, own.text) == ("likes tea", "it is Monday")
    assert ledger.connection.execute("SELECT count(*) FROM told_texts").fetchone()[0] == 2


def test_what_is_paid_for_it_later_is_counted(ledger: Ledger) -> None:
    session = answered(ledger, key="1")
    prune(ledger, session)
    paid = RecordUsage(session=session, user="admin", purpose="flush", usage=Usage(model="m", input_tokens=9))
    ledger.run(usage.record_other, paid, micros(ledger.now))
    assert usage.costs(ledger.connection, Costs(session=session)).by_purpose[-1].usage.input_tokens == 9
    with pytest.raises(UnknownSession):
        ledger.run(usage.record_other, attrs.evolve(paid, user="eve"), micros(ledger.now))


def test_numbers_of_what_is_gone_are_not_given_out_again(ledger: Ledger) -> None:
    session = answered(ledger, key="1")
    close(ledger, session)
    push(ledger, session)
    mark(ledger, "sent")
    before = ledger.connection.execute("SELECT max(id) FROM outbox").fetchone()[0]
    prune(ledger, session)
    assert endings.after(ledger.connection, 0, 9) == sessions.closed_after(ledger.connection, 0, 9) == ()
    close(ledger, answered(ledger, key="2"))
    push(ledger, None, "next")
    assert [turn.end_seq for turn in endings.after(ledger.connection, 1, 9)] == [2]
    assert [each.seq for each in sessions.closed_after(ledger.connection, 1, 9)] == [2]
    assert ledger.connection.execute("SELECT max(id) FROM outbox").fetchone()[0] == before + 1


def test_no_table_is_read_whole(ledger: Ledger) -> None:
    wanted = {"session": "s", "user": "u", "digests": "[]"}
    for statement in (pruning._IN_USE, pruning._TOLD, pruning._COUNT_CALLS, *pruning._DELETE):
        plan = ledger.connection.execute(f"EXPLAIN QUERY PLAN {statement}", wanted)
        assert not [
            row["detail"]
            for row in plan
            if row["detail"].startswith("SCAN")
            and "part" not in row["detail"]
            and "CONSTANT" not in row["detail"]
        ]


# --- random histories -------------------------------------------------------------------------------------

CHANNELS = {"a": "scheduler", "b": "telegram", "c": "scheduler"}


@attrs.define
class Place:
    """A conversation, and what happened in it."""

    key: str
    word: str
    """Stands in all that is said there, and nowhere else."""
    session: str = ""
    person: bool = False
    closed: bool = False
    waiting: list[str] = attrs.field(factory=list[str])
    running: tuple[str, int] | None = None
    """Turn and attempt."""
    attempts: dict[str, int] = attrs.field(factory=dict[str, int])


class PruningMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(pathlib.Path(self.folder.name))
        self.places: list[Place] = []
        self.gone: list[Place] = []
        self.numbers = 0
        self.highest = {"ended": 0, "closed": 0}

    def teardown(self) -> None:
        run = self.ledger.connection.execute
        assert run("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert run("PRAGMA foreign_key_check").fetchall() == []
        self.ledger.close()
        self.folder.cleanup()

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def pick(self, position: int) -> Place:
        return self.places[position % len(self.places)]

    def path(self) -> pathlib.Path:
        (_, _, path) = self.ledger.connection.execute("PRAGMA database_list").fetchone()
        return pathlib.Path(path)

    # --- what happens ---

    @initialize()
    def first_message(self) -> None:
        self.accept("a", person=False)

    @rule(key=st.sampled_from(sorted(CHANNELS)), person=st.booleans() | st.just(value=False))
    def accept(self, key: str, *, person: bool) -> None:
        open_ = [place for place in self.places if place.key == key and not place.closed]
        place = open_[0] if open_ else Place(key, f"canary{self.number()}.")
        accepted = self.ledger.accept(
            f"{place.word} asks {self.number()}" + " at length" * (self.numbers % 7 * 100),
            key=key,
            channel=CHANNELS[key],
            triggered_by=None if person else "brief",
            client_message_id=f"m{self.number()}",
        )
        assert accepted.created is not bool(open_)
        place.session, place.person = accepted.session, place.person or person
        place.waiting.append(accepted.turn)
        if not open_:
            self.places.append(place)

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9), calls=st.integers(0, 2), failed=st.booleans(), shared=st.booleans())
    def work(self, position: int, calls: int, *, failed: bool, shared: bool) -> None:
        """A turn begins and calls tools."""
        place = self.pick(position)
        if place.running is not None or not place.waiting:
            return
        turn = place.waiting.pop(0)
        begun = self.ledger.begin(turn)
        if begun.over:  # its attempts died too often
            return
        place.attempts[turn] = attempt = begun.turn.attempt
        place.running = (turn, attempt)
        told = (Told(source="Memory", text="likes tea" if shared else f"{place.word} told {self.number()}"),)
        names = [f"c{self.number()}" for _ in range(calls)]
        for call in self.ledger.complete(
            turn, f"{place.word} thinks", calls=names, attempt=attempt, told=told
        ):
            words = f"{place.word} found {self.number()}" + " and more" * (self.numbers % 5 * 200)
            self.ledger.result(turn, call.n, words, attempt=attempt, is_error=failed)

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9), compacted=st.booleans())
    def merge(self, position: int, *, compacted: bool) -> None:
        place = self.pick(position)
        if place.running is None:
            return
        turn, attempt = place.running
        fresh = [each for each in place.waiting if each not in place.attempts]
        self.ledger.merge(turn, *fresh, attempt=attempt)
        place.waiting = [each for each in place.waiting if each in place.attempts]
        if compacted:
            self.ledger.compact(self.ledger.turn(turn), 1, f"{place.word} so far")

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9), state=st.sampled_from(["done", "failed"]))
    def finish(self, position: int, state: Any) -> None:
        place = self.pick(position)
        if place.running is None:
            return
        turn, attempt = place.running
        self.ledger.finish(turn, f"{place.word} answers", attempt=attempt, state=state)
        place.running = None
        self.is_new("ended", self.ledger.turn(turn).end_seq)

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9))
    def cancel(self, position: int) -> None:
        place = self.pick(position)
        if place.waiting and self.ledger.cancel(place.waiting[0]).fate == "cancelled":
            self.is_new("ended", self.ledger.turn(place.waiting.pop(0)).end_seq)

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9))
    def push(self, position: int) -> None:
        place = self.pick(position)
        body = {"text": f"{place.word} is told", "session": place.session}
        request = Push(user="ada", channel="telegram", recipient="42", key=f"push {self.number()}", body=body)
        self.ledger.run(outbox.push, request, micros(self.ledger.now))

    @rule(state=st.sampled_from(["sent", "dead", "doubtful", "pending"]))
    def mark(self, state: str) -> None:
        mark(self.ledger, state)

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9))
    def close(self, position: int) -> None:
        place = self.pick(position)
        close(self.ledger, place.session)
        place.closed = True

    @rule()
    def kill(self) -> None:
        self.ledger.kill()
        self.restarted()

    def restarted(self) -> None:
        self.ledger.recover()
        for place in self.places:
            if place.running is not None:
                place.waiting.insert(0, place.running[0])
                place.running = None

    def is_new(self, counter: str, number: int | None) -> None:
        assert number is not None
        assert number > self.highest[counter]
        self.highest[counter] = number

    # --- what is to be shown ---

    @precondition(lambda self: self.places)
    @rule(position=st.integers(0, 9), killed=st.booleans())
    def prune(self, position: int, *, killed: bool) -> None:
        place = self.pick(position)
        before = dump(self.ledger)
        rest = self.seen_by_others(place)
        if killed:
            self.ledger.doom()
            with pytest.raises(Killed):
                prune(self.ledger, place.session)
            assert dump(self.ledger) == before
            self.restarted()
            return
        fate = prune(self.ledger, place.session)
        if self.is_in_use(place):
            assert fate == "kept"
            assert dump(self.ledger) == before
            return
        assert fate == "pruned"
        self.places.remove(place)
        self.gone.append(place)
        assert self.seen_by_others(place) == rest
        self.ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        stored = self.path().read_bytes()
        assert not [each.word for each in self.gone if each.word.encode() in stored]
        assert all(each.word.encode() in stored for each in self.places)

    def is_in_use(self, place: Place) -> bool:
        rows = self.ledger.connection.execute(
            "SELECT body FROM outbox WHERE state IN ('pending', 'sending')"
        ).fetchall()
        to_send = any(json.loads(row["body"])["session"] == place.session for row in rows)
        return place.person or bool(place.waiting) or place.running is not None or to_send

    def seen_by_others(self, place: Place) -> Any:
        """All that can be asked for and is none of that conversation's."""
        connection, names = self.ledger.connection, [each.session for each in (*self.places, *self.gone)]
        names = sorted({*names, place.session})
        others = [each for each in self.places if each is not place]
        times = (None, START + timedelta(seconds=20))
        rows: Callable[[str], list[Any]] = lambda query: [tuple(row) for row in connection.execute(query)]  # noqa: E731
        return (
            [
                usage.costs(connection, Costs(since=since, session=name))
                for since in times
                for name in (None, *names)
            ],
            [turn for turn in endings.after(connection, 0, 999) if turn.session != place.session],
            [each for each in sessions.closed_after(connection, 0, 999) if each.session.id != place.session],
            [export.export(connection, each.session, "admin") for each in others],
            [self.ledger.displayed(each.session) for each in others],
            [
                row
                for row in rows("SELECT id, state, body FROM outbox ORDER BY id")
                if json.loads(row[-1])["session"] != place.session
            ],
            [
                told.of_turn(connection, turn.id, "admin")
                for turn in endings.after(connection, 0, 999)
                if turn.session != place.session
            ],
        )


TestPruning = PruningMachine.TestCase
TestPruning.settings = settings(stateful_step_count=25)
