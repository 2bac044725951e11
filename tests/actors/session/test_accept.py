"""Accepting messages: conversations found and made, each message once."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from actors.context import Expansion
from actors.session import sessions, survey, turns
from actors.session.messages import (
    Amend,
    Close,
    Current,
    ListTurns,
    Session,
    SessionIsClosed,
    SetModel,
    TurnOptions,
    UnknownSession,
    UnknownTurn,
)
from actors.vocabulary import ADMIN, Attachment, Text
from tests.fakes.ledger import START, Killed, Ledger, spoken

GAP = timedelta(hours=6)


def close(ledger: Ledger, session: str, summary: str = "done") -> None:
    ledger.run(sessions.close, Close(session=session, user=ledger.owner(session), summary=summary))


def test_the_first_message_starts_a_conversation(ledger: Ledger) -> None:
    accepted = ledger.accept("hello there", key="chat", triggered_by="morning")
    assert (accepted.created, accepted.duplicate, accepted.closed, accepted.state) == (
        True,
        False,
        None,
        "accepted",
    )
    session = ledger.session(accepted.session)
    assert (session.channel, session.key, session.user, session.title) == (
        "main",
        "chat",
        "admin",
        "hello there",
    )
    assert (session.message_count, session.is_closed, session.is_read, session.running) == (
        1,
        False,
        True,
        True,
    )
    assert session.created_at == session.last_message_at == START
    assert (session.summary, session.triggered_by) == (None, "morning")


def test_the_same_key_continues_and_counts_and_keeps_the_title(ledger: Ledger) -> None:
    first = ledger.accept("hello", key="chat")
    second = ledger.accept("more", key="chat")
    assert (second.session, second.created) == (first.session, False)
    session = ledger.session(first.session)
    assert (session.message_count, session.title) == (2, "hello")
    assert session.last_message_at == session.created_at + timedelta(seconds=1)


def test_a_conversation_begun_without_words_is_named_by_the_first_ones(ledger: Ledger) -> None:
    first = ledger.accept(" ", key="chat")
    assert ledger.session(first.session).title is None
    ledger.accept("hello", key="chat")
    assert ledger.session(first.session).title == "hello"


def test_each_message_without_a_key_is_a_conversation_of_its_own(ledger: Ledger) -> None:
    assert ledger.accept().session != ledger.accept().session


def test_keys_channels_and_users_do_not_mix(ledger: Ledger) -> None:
    places: list[dict[str, Any]] = [
        {"key": "42"},
        {"key": "43"},
        {"key": "42", "channel": "telegram"},
        {"key": "42", "user": "ada"},
    ]
    found = [ledger.accept(**place).session for place in places]
    assert len(set(found)) == 4
    assert [ledger.accept(**place).session for place in places] == found


def test_a_main_conversation_goes_on_however_old(ledger: Ledger) -> None:
    first = ledger.accept(key="chat")
    ledger.now += timedelta(days=400)
    again = ledger.accept(key="chat")
    assert (again.session, again.closed) == (first.session, None)


def test_a_silence_as_long_as_the_gap_closes_the_old_conversation_and_starts_one(ledger: Ledger) -> None:
    first = ledger.accept("old", channel="telegram", key="1", gap=GAP)
    other = ledger.accept("other", channel="telegram", key="2", gap=timedelta(days=9))
    ledger.now = START + GAP
    second = ledger.accept("new", channel="telegram", key="1", gap=GAP)
    assert (second.created, second.closed) == (True, first.session)
    closed = ledger.session(first.session)
    assert (closed.is_closed, closed.summary) == (True, "Auto-closed: inactivity")
    assert ledger.shown(first.session) == [("user", "old")]
    assert not ledger.session(other.session).is_closed


def test_a_moment_less_than_the_gap_continues(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=GAP)
    ledger.now = START + GAP - timedelta(microseconds=1)
    assert ledger.accept(channel="telegram", key="1", gap=GAP).session == first.session


def test_the_gap_counts_from_the_last_message(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=GAP)
    for _ in range(3):
        ledger.now += timedelta(hours=5)
        assert ledger.accept(channel="telegram", key="1", gap=GAP).session == first.session


def test_a_gap_of_nothing_always_starts_anew(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=timedelta(0))
    assert ledger.accept(channel="telegram", key="1", gap=timedelta(0)).closed == first.session


def test_a_clock_set_back_does_not_end_a_conversation(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=GAP)
    ledger.now -= timedelta(days=2)
    assert ledger.accept(channel="telegram", key="1", gap=GAP).session == first.session


def test_a_conversation_closed_by_hand_is_not_reported_as_closed(ledger: Ledger) -> None:
    first = ledger.accept(key="chat")
    close(ledger, first.session)
    second = ledger.accept(key="chat")
    assert (second.created, second.closed) == (True, None)
    assert second.session != first.session


def test_a_conversation_is_addressed_by_its_id_whatever_its_age(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=GAP)
    ledger.now += timedelta(days=2)
    again = ledger.accept(session=first.session, channel="telegram", gap=GAP)
    assert (again.session, again.created, again.closed) == (first.session, False, None)


def test_an_unknown_id_and_one_of_another_user_are_refused_alike(ledger: Ledger) -> None:
    mine = ledger.accept(user="ada")
    for session, user in [("nothing", "ada"), (mine.session, "bob"), ("\ud800", "ada")]:
        with pytest.raises(UnknownSession):
            ledger.accept(session=session, user=user)
    assert ledger.session(mine.session).message_count == 1


def test_a_closed_conversation_takes_no_message(ledger: Ledger) -> None:
    first = ledger.accept()
    close(ledger, first.session)
    with pytest.raises(SessionIsClosed, match="is closed"):
        ledger.accept(session=first.session)


def test_the_same_message_twice_is_one(ledger: Ledger) -> None:
    first = ledger.accept("hello", client_message_id="m1")
    again = ledger.accept("hello", client_message_id="m1")
    assert (again.session, again.turn, again.duplicate, again.created) == (
        first.session,
        first.turn,
        True,
        False,
    )
    assert ledger.session(first.session).message_count == 1


def test_a_repeated_message_learns_the_state_of_the_first(ledger: Ledger) -> None:
    first = ledger.accept(client_message_id="m1")
    ledger.begin(first.turn)
    assert ledger.accept(client_message_id="m1").state == "running"
    ledger.finish(first.turn, "hi")
    assert ledger.accept(client_message_id="m1").state == "done"


def test_a_repeated_message_is_known_after_the_gap_and_after_a_kill(ledger: Ledger) -> None:
    first = ledger.accept(channel="telegram", key="1", gap=GAP, client_message_id="m1")
    ledger.now += timedelta(days=30)
    ledger.kill()
    again = ledger.accept(channel="telegram", key="1", gap=GAP, client_message_id="m1")
    assert (again.turn, again.duplicate) == (first.turn, True)
    assert not ledger.session(first.session).is_closed


def test_message_ids_belong_to_their_source_and_user(ledger: Ledger) -> None:
    turns = {
        ledger.accept(client_message_id="m1", source=source, user=user).turn
        for source in ("web", "http")
        for user in ("ada", "bob")
    }
    assert len(turns) == 4


def test_a_message_killed_before_its_commit_was_never_there(ledger: Ledger) -> None:
    ledger.doom()
    with pytest.raises(Killed):
        ledger.accept("lost", client_message_id="m1")
    assert ledger.recover() == ()
    assert not ledger.accept("lost", client_message_id="m1").duplicate


def test_a_turn_keeps_everything_that_was_accepted(ledger: Ledger) -> None:
    file = Attachment(name="a.txt", media_type="text/plain", path="downloads/a.txt", size=5)
    accepted = ledger.accept(
        "hello",
        attachments=(file,),
        options=TurnOptions(model="test/one", deadline_s=1.5, tools=("FileRead",)),
        role="user",
        mode="queue",
        source="http",
        client_message_id="m1",
        triggered_by="job",
        user="ada",
    )
    turn = ledger.turn(accepted.turn)
    assert (turn.text, turn.attachments, turn.mode, turn.role) == ("hello", (file,), "queue", "user")
    assert turn.options == TurnOptions(model="test/one", deadline_s=1.5, tools=("FileRead",))
    assert (turn.channel, turn.key) == ("main", ledger.session(accepted.session).key)
    assert (turn.source, turn.client_message_id, turn.triggered_by, turn.user) == ("http", "m1", "job", "ada")
    assert (turn.state, turn.attempt, turn.accepted_at) == ("accepted", 0, START)
    assert len(turn.content) == 2


def test_text_that_is_no_text_is_stored_all_the_same(ledger: Ledger) -> None:
    accepted = ledger.accept("a\ud800b\x00c", user="u\udfff", client_message_id="\ud800", key="\ud801")
    assert ledger.turn(accepted.turn).text == "a?b\x00c"


def test_what_the_words_call_up_is_stored_with_them(ledger: Ledger) -> None:
    ledger.expansion = Expansion(name="plan", text="Make a plan.\ud800")
    turn = ledger.accept("/plan").turn
    ledger.expansion = None
    begun = ledger.begin(turn)

    assert (begun.turn.text, begun.turn.called) == ("/plan", "plan")
    assert begun.turn.content == (Text(text="Make a plan.?"),)
    assert spoken(begun.transcript.messages) == [("user", ["Make a plan.?"])]
    ledger.kill()
    ledger.recover()
    assert spoken(ledger.begin(turn).transcript.messages) == [("user", ["Make a plan.?"])]
    assert [content for _, content in ledger.shown(begun.turn.session)] == ["/plan"]


def test_a_list_of_turns_has_the_words_alone(ledger: Ledger) -> None:
    ledger.expansion = Expansion(name="plan", text="Make a plan.")
    accepted = ledger.accept("/plan")
    (listed,) = survey.list_turns(ledger.connection, ListTurns(session=accepted.session, user=ADMIN))
    assert (listed.text, listed.called, listed.content) == ("/plan", "plan", (Text(text="/plan"),))


def test_what_is_added_to_words_reaches_the_model_and_is_no_call(ledger: Ledger) -> None:
    ledger.expansion = Expansion(name="", text="How is it?\n\nIt rains.")
    accepted = ledger.accept("How is it?", attachments=())
    turn = ledger.turn(accepted.turn)
    assert (turn.text, turn.called, turn.content) == (
        "How is it?",
        "",
        (Text(text="How is it?\n\nIt rains."),),
    )
    assert not amended(ledger, accepted.turn, "How was it?")
    begun = ledger.begin(accepted.turn)
    assert begun.transcript.messages[-1].content == turn.content
    ledger.finish(accepted.turn, "Wet.")
    ledger.expansion = None
    following = ledger.begin(ledger.accept("And now?", session=accepted.session).turn)
    assert following.transcript.messages[0].content == turn.content


class TestAmended:
    def test_other_words_stand_in_place_of_those_of_a_message_that_waits(self, ledger: Ledger) -> None:
        turn = ledger.accept("buy milk").turn
        assert amended(ledger, turn, "buy bread")
        assert ledger.turn(turn).text == "buy bread"

    @pytest.mark.parametrize("text", ["/skill", "", " "])
    def test_words_that_call_something_up_or_say_nothing_do_not(self, ledger: Ledger, text: str) -> None:
        turn = ledger.accept("buy milk").turn
        assert not amended(ledger, turn, text)
        assert ledger.turn(turn).text == "buy milk"

    def test_once_it_was_begun_the_first_words_stay(self, ledger: Ledger) -> None:
        turn = ledger.accept("buy milk").turn
        ledger.begin(turn)
        assert not amended(ledger, turn, "buy bread")
        assert ledger.turn(turn).text == "buy milk"

    def test_nobody_changes_what_others_have_said(self, ledger: Ledger) -> None:
        turn = ledger.accept("buy milk").turn
        with pytest.raises(UnknownTurn):
            amended(ledger, turn, "buy bread", user="eve")


def amended(ledger: Ledger, turn: str, text: str, user: str | None = None) -> bool:
    request = Amend(turn=turn, user=user or ledger.turn(turn).user, text=text)
    return ledger.run(turns.amend, request) is not None


def test_the_open_conversation_behind_a_key_is_found(ledger: Ledger) -> None:
    accepted = ledger.accept("hi", key="42", channel="telegram")
    user = ledger.turn(accepted.turn).user

    def current(key: str, of: str = user) -> str | None:
        request = Current(user=of, channel="telegram", key=key)
        found = sessions.current(ledger.connection, request)
        return found and found.id

    assert (current("42"), current("43"), current("42", "eve")) == (accepted.session, None, None)
    ledger.run(sessions.close, Close(session=accepted.session, user=user, summary=""))
    assert current("42") is None


def test_a_conversation_behind_the_same_key_goes_on_with_the_model_of_the_last_one(ledger: Ledger) -> None:
    def choose(session: str, model: str | None, user: str = "admin") -> Session:
        request = SetModel(session=session, user=user, model=model, effort=None if model is None else "low")
        return ledger.run(sessions.set_model, request)

    def model_of(session: str) -> tuple[str | None, str | None]:
        found = ledger.session(session)
        return found.model, found.effort

    first = ledger.accept(channel="telegram", key="1", gap=GAP).session
    assert model_of(first) == (None, None)
    assert choose(first, "test/two").model == "test/two"
    with pytest.raises(UnknownSession):
        choose(first, None, user="eve")
    ledger.now += GAP
    second = ledger.accept(channel="telegram", key="1", gap=GAP)
    assert (second.closed, model_of(second.session)) == (first, ("test/two", "low"))
    begun = ledger.begin(second.turn)
    assert (begun.model, begun.effort) == ("test/two", "low")
    others = [ledger.accept(channel="telegram", key="2", gap=GAP), ledger.accept(key="1")]
    assert [model_of(other.session) for other in others] == [(None, None)] * 2
    choose(second.session, None)
    ledger.run(sessions.close, Close(session=second.session, user="admin", summary=""))
    wanted = Current(user="admin", channel="telegram", key="1")
    assert sessions.current(ledger.connection, wanted) is None
    last = sessions.current(ledger.connection, attrs.evolve(wanted, or_last=True))
    assert last is not None
    assert last.id == second.session, "the newest of them"
    assert model_of(ledger.accept(channel="telegram", key="1", gap=GAP).session) == (None, None)
