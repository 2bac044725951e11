"""What a person does with conversations: deleted with a grace, pinned, labelled; and what is being written in them."""

from datetime import timedelta
from typing import Any

import pytest

from actors.session import keeping, pruning, sessions
from actors.session.messages import (
    GRACE,
    MOST_DRAFTS,
    Close,
    Delete,
    Draft,
    KeepDraft,
    Label,
    List,
    Messages,
    Pin,
    Restore,
    SessionIsClosed,
    SetLabels,
    UnknownSession,
)
from actors.storage import micros
from tests.fakes.ledger import Ledger


def delete(ledger: Ledger, session: str, user: str = "admin") -> float:
    """Delete; seconds until it is gone."""
    going = ledger.run(keeping.delete, Delete(session=session, user=user), micros(ledger.now))
    return keeping.before(going, micros(ledger.now))


def restore(ledger: Ledger, session: str, user: str = "admin") -> bool:
    """Restore; whether it is open."""
    return not ledger.run(keeping.restore, Restore(session=session, user=user)).is_closed


def erase(ledger: Ledger, later: float = 0) -> list[str]:
    """What goes for good so many seconds later."""
    now = micros(ledger.now + timedelta(seconds=later))
    return [session for session, _ in ledger.run(keeping.erase, now)]


def listed(ledger: Ledger, **fields: Any) -> list[str]:
    return [each.id for each in sessions.find(ledger.connection, List(user="admin", **fields))]


def spoken(ledger: Ledger, **fields: Any) -> str:
    accepted = ledger.accept("tell me of goldfinches", **fields)
    ledger.begin(accepted.turn)
    ledger.finish(accepted.turn, "they sing")
    return accepted.session


class TestDeleting:
    def test_it_is_out_of_sight_at_once_and_comes_back_whole(self, ledger: Ledger) -> None:
        gone, kept = spoken(ledger, key="1"), spoken(ledger, key="2")
        shown = ledger.shown(gone)
        assert GRACE - 2 < delete(ledger, gone) <= GRACE
        assert listed(ledger) == [kept]
        with pytest.raises(UnknownSession):
            sessions.messages(ledger.connection, Messages(session=gone, user="admin"))
        with pytest.raises(UnknownSession):
            ledger.accept("and then?", session=gone)
        assert restore(ledger, gone)
        assert (listed(ledger), ledger.shown(gone)) == ([kept, gone], shown)
        assert erase(ledger, 2 * GRACE) == []

    def test_it_is_gone_for_good_after_the_grace_and_not_before(self, ledger: Ledger) -> None:
        session = spoken(ledger)
        left = delete(ledger, session)
        assert erase(ledger, left - 2) == []
        ledger.kill()
        assert erase(ledger, left) == [session]
        with pytest.raises(UnknownSession):
            restore(ledger, session)
        assert not [line for line in ledger.connection.iterdump() if "goldfinches" in line]

    def test_deleting_again_gives_no_more_time(self, ledger: Ledger) -> None:
        session = spoken(ledger)
        first = delete(ledger, session)
        assert delete(ledger, session) < first
        assert (
            keeping.before(
                ledger.run(keeping.delete, Delete(session=session, user="admin"), 0),
                micros(ledger.now + timedelta(hours=1)),
            )
            == 0
        )

    def test_what_is_at_work_is_deleted_once_it_has_ended(self, ledger: Ledger) -> None:
        accepted = ledger.accept()
        ledger.begin(accepted.turn)
        delete(ledger, accepted.session)
        assert erase(ledger, 2 * GRACE) == []
        ledger.finish(accepted.turn, "done")
        assert erase(ledger, 2 * GRACE) == [accepted.session]

    def test_the_next_message_behind_its_key_begins_another(self, ledger: Ledger) -> None:
        first = spoken(ledger, key="garden")
        delete(ledger, first)
        second = ledger.accept("hello", key="garden").session
        assert second != first
        assert not restore(ledger, first)  # the place is taken
        with pytest.raises(SessionIsClosed):
            ledger.accept("again", session=first)
        assert ledger.accept("again", key="garden").session == second

    def test_that_of_another_user_is_not_there(self, ledger: Ledger) -> None:
        session = spoken(ledger, user="ada")
        for function in (delete, restore):
            with pytest.raises(UnknownSession):
                function(ledger, session)

    def test_silence_closes_none_that_is_deleted_and_a_job_may_prune_one(self, ledger: Ledger) -> None:
        session = spoken(ledger, channel="scheduler", source="cron", triggered_by="brief", key="1")
        delete(ledger, session)
        assert ledger.run(sessions.close_silent, "scheduler", micros(ledger.now)) == ()
        assert ledger.run(pruning.prune, session, "admin", micros(ledger.now)) == "pruned"


class TestPinsAndLabels:
    def test_pinned_ones_are_listed_apart(self, ledger: Ledger) -> None:
        a, b = spoken(ledger, key="a"), spoken(ledger, key="b")
        assert ledger.run(keeping.pin, Pin(session=a, user="admin")).pinned
        assert (listed(ledger, pinned=True), listed(ledger, pinned=False)) == ([a], [b])
        assert not ledger.run(keeping.pin, Pin(session=a, user="admin", pinned=False)).pinned
        assert (listed(ledger, pinned=True), listed(ledger)) == ([], [b, a])

    def test_labels_are_told_apart_by_what_is_seen_of_them(self, ledger: Ledger) -> None:
        a, b, c = (spoken(ledger, key=key) for key in "abc")

        def label(session: str, *labels: str) -> tuple[str, ...]:
            return ledger.run(
                keeping.set_labels, SetLabels(session=session, user="admin", labels=labels)
            ).labels

        assert label(a, "Work", " work ", "\u200b", "Küche", "x" * 50) == ("Work", "Küche", "x" * 40)
        assert label(b, "Work") == ("Work",)
        assert listed(ledger, label="Work") == [b, a]
        assert listed(ledger, label="Garden") == []
        assert keeping.labels(ledger.connection, "admin") == (
            Label(name="Küche", count=1),
            Label(name="Work", count=2),
            Label(name="x" * 40, count=1),
        )
        assert label(a) == ()
        delete(ledger, b)
        assert keeping.labels(ledger.connection, "admin") == ()
        with pytest.raises(UnknownSession):
            ledger.run(keeping.set_labels, SetLabels(session=c, user="bob", labels=()))

    def test_pinned_ones_can_be_closed(self, ledger: Ledger) -> None:
        session = spoken(ledger)
        ledger.run(keeping.pin, Pin(session=session, user="admin"))
        assert ledger.run(sessions.close, Close(session=session, user="admin", summary="done")).pinned


class TestDrafts:
    def keep(self, ledger: Ledger, place: str, text: str, user: str = "admin") -> None:
        request = KeepDraft(place=place, text=text, user=user)
        ledger.run(keeping.keep_draft, request, micros(ledger.now))

    def kept(self, ledger: Ledger, user: str = "admin") -> list[tuple[str, str]]:
        return [(draft.place, draft.text) for draft in keeping.drafts(ledger.connection, user)]

    def test_the_last_word_counts_and_nothing_forgets_it(self, ledger: Ledger) -> None:
        session = spoken(ledger)
        for text in ("dear", "dear Bob"):
            self.keep(ledger, session, text)
        self.keep(ledger, "new", "a list")
        self.keep(ledger, "new", "of Ada", user="ada")
        assert self.kept(ledger) == [("new", "a list"), (session, "dear Bob")]
        assert keeping.drafts(ledger.connection, "ada") == (
            Draft(place="new", text="of Ada", at=ledger.now - timedelta(seconds=1)),
        )
        self.keep(ledger, session, "")
        assert self.kept(ledger) == [("new", "a list")]

    def test_there_is_room_for_so_many(self, ledger: Ledger) -> None:
        places = [spoken(ledger, key=str(n)) for n in range(MOST_DRAFTS + 2)]
        for place in places:
            self.keep(ledger, place, "dear")
        assert [place for place, _ in self.kept(ledger)] == places[:1:-1]

    def test_they_go_with_their_conversation_and_nobody_writes_elsewhere(self, ledger: Ledger) -> None:
        session = spoken(ledger)
        self.keep(ledger, session, "dear")
        with pytest.raises(UnknownSession):
            self.keep(ledger, session, "dear", user="ada")
        delete(ledger, session)
        erase(ledger, GRACE)
        assert self.kept(ledger) == []
