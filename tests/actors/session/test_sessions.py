"""Conversations as a whole: list, get, read mark, title, end, transcript."""

import json
from datetime import timedelta
from typing import Any

import pytest

from actors.session import export, sessions
from actors.session.messages import (
    Archive,
    Close,
    EmptyTitle,
    Ends,
    List,
    MarkRead,
    Messages,
    NoteMissing,
    Rename,
    Session,
    SetModel,
    UnknownSession,
)
from actors.storage import micros
from tests.fakes.ledger import Ledger


def of_admin(**fields: Any) -> dict[str, Any]:
    return {"user": "admin", **fields}


def listed(ledger: Ledger, **fields: Any) -> list[str]:
    return [session.id for session in sessions.find(ledger.connection, List(**of_admin(**fields)))]


def marked(ledger: Ledger, session: str, **fields: Any) -> Session:
    return ledger.run(sessions.mark_read, MarkRead(session=session, **of_admin(**fields)))


def named(ledger: Ledger, session: str, title: str, **fields: Any) -> Session:
    return ledger.run(sessions.rename, Rename(session=session, title=title, **of_admin(**fields)))


def archived(ledger: Ledger, session: str, archived: bool = True, **fields: Any) -> Session:  # noqa: FBT001, FBT002
    return ledger.run(sessions.archive, Archive(session=session, archived=archived, **of_admin(**fields)))


def missing(ledger: Ledger, session: str, model: str) -> bool:
    return ledger.run(sessions.note_missing, NoteMissing(session=session, model=model))


def closed(ledger: Ledger, session: str, summary: str = "done", **fields: Any) -> Session:
    return ledger.run(sessions.close, Close(session=session, summary=summary, **of_admin(**fields)))


class TestList:
    def test_newest_activity_comes_first_open_or_closed_on_any_channel(self, ledger: Ledger) -> None:
        a, b = ledger.accept(key="a").session, ledger.accept(key="b", channel="telegram").session
        c = ledger.accept(key="c").session
        ledger.accept(key="a")
        closed(ledger, b)
        assert listed(ledger) == [a, c, b]

    def test_a_page_is_a_limit_and_an_offset(self, ledger: Ledger) -> None:
        made = [ledger.accept().session for _ in range(5)][::-1]
        assert listed(ledger, limit=2) == made[:2]
        assert listed(ledger, limit=2, offset=4) == made[4:]
        assert listed(ledger, limit=-1, offset=-1) == []

    def test_each_user_sees_their_own(self, ledger: Ledger) -> None:
        ada, bob = ledger.accept(user="ada").session, ledger.accept(user="bob").session
        assert listed(ledger, user="ada") == [ada]
        assert listed(ledger, user="bob") == [bob]
        assert listed(ledger) == []

    def test_titles_are_searched_without_regard_to_case(self, ledger: Ledger) -> None:
        garden = ledger.accept("Über den GARTEN").session
        ledger.accept("something else")
        ledger.accept(" ")
        for text in ("garten", "ÜBER", "über den g", "u\u0308ber"):
            assert listed(ledger, q=text) == [garden]
        assert listed(ledger, q="%") == []

    def test_it_tells_which_run(self, ledger: Ledger) -> None:
        accepted = ledger.accept()
        assert [session.running for session in sessions.find(ledger.connection, List(user="admin"))] == [True]
        ledger.cancel(accepted.turn)
        assert [session.running for session in sessions.find(ledger.connection, List(user="admin"))] == [
            False
        ]

    @pytest.mark.parametrize("user", ["ada", None])
    def test_listing_does_not_sort_or_read_all(self, ledger: Ledger, user: str | None) -> None:
        statements: list[str] = []
        ledger.connection.set_trace_callback(statements.append)
        listed(ledger, user=user)
        ledger.connection.set_trace_callback(None)
        plan = " ".join(
            row["detail"] for row in ledger.connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}")
        )
        assert "TEMP B-TREE FOR ORDER BY" not in plan.replace("FOR LAST TERM OF ORDER BY", "")
        assert "sessions_recent" in plan
        assert "turns_open" in plan


class TestOwners:
    def test_nobody_reaches_the_conversation_of_somebody_else(self, ledger: Ledger) -> None:
        session = ledger.accept("mine", user="ada").session
        for reach in (
            lambda: sessions.get(ledger.connection, session, "bob"),
            lambda: sessions.messages(ledger.connection, Messages(session=session, user="bob")),
            lambda: marked(ledger, session, user="bob", is_read=False),
            lambda: named(ledger, session, "theirs", user="bob"),
            lambda: archived(ledger, session, user="bob"),
            lambda: closed(ledger, session, user="bob"),
            lambda: export.export(ledger.connection, session, "bob"),
        ):
            with pytest.raises(UnknownSession):
                reach()
        found = sessions.get(ledger.connection, session, "ada")
        assert (found.is_read, found.title, found.is_closed) == (True, "mine", False)


class TestMarks:
    def test_a_new_conversation_is_read_and_can_be_marked_either_way(self, ledger: Ledger) -> None:
        session, other = ledger.accept().session, ledger.accept().session
        assert ledger.session(session).is_read
        assert not marked(ledger, session, is_read=False).is_read
        assert ledger.session(other).is_read
        assert marked(ledger, session).is_read

    def test_one_that_is_archived_is_on_a_list_of_its_own_and_comes_back_with_its_next_message(
        self, ledger: Ledger
    ) -> None:
        kept, aside = ledger.accept(key="a").session, ledger.accept(key="b").session
        assert archived(ledger, aside).is_archived
        assert (listed(ledger), listed(ledger, archived=True)) == ([kept], [aside])
        assert not archived(ledger, aside, archived=False).is_archived
        archived(ledger, aside)
        assert ledger.accept(key="b").session == aside
        assert (listed(ledger), listed(ledger, archived=True)) == ([aside, kept], [])

    def test_marking_what_is_not_there_is_an_error(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownSession):
            marked(ledger, "nothing")

    def test_a_title_is_replaced_and_cut(self, ledger: Ledger) -> None:
        session = ledger.accept("first").session
        assert named(ledger, session, "better").title == "better"
        assert named(ledger, session, " two\nlines ").title == "two lines"
        with pytest.raises(EmptyTitle, match="something to read"):
            named(ledger, session, "\u200b")
        assert named(ledger, session, "x" * 200).title == "x" * 100 + "..."
        ledger.accept("another message", session=session)
        assert ledger.session(session).title == "x" * 100 + "..."

    def test_closing_again_replaces_the_summary(self, ledger: Ledger) -> None:
        session = ledger.accept().session
        assert closed(ledger, session, summary="first").summary == "first"
        assert closed(ledger, session, summary="second").summary == "second"


class TestSilence:
    def test_silent_conversations_of_a_channel_are_closed_unless_they_have_work_to_do(
        self, ledger: Ledger
    ) -> None:
        quiet, busy, young = (ledger.accept(key=key, channel="telegram") for key in ("a", "b", "c"))
        elsewhere = ledger.accept(key="a")
        for accepted in (quiet, young, elsewhere):
            ledger.cancel(accepted.turn)
        limit = micros(ledger.session(young.session).last_message_at) - 1
        gone = ledger.run(sessions.close_silent, "telegram", limit)
        assert [session.id for session in gone] == [quiet.session]
        assert (gone[0].is_closed, gone[0].summary) == (True, "Auto-closed: inactivity")
        assert ledger.run(sessions.close_silent, "telegram", limit) == ()
        for accepted in (busy, young, elsewhere):
            assert not ledger.session(accepted.session).is_closed


class TestExport:
    def test_the_transcript_tells_everything_in_order(self, ledger: Ledger) -> None:
        accepted = ledger.accept("hällo", key="chat", source="http")
        ledger.begin(accepted.turn)
        a, _ = ledger.complete(accepted.turn, "I look", calls=["a", "b"])
        ledger.result(accepted.turn, a.n)
        ledger.compact(ledger.turn(accepted.turn), 1, "summed up")
        ledger.merge(accepted.turn, ledger.accept("wait", key="chat").turn)
        ledger.finish(accepted.turn, "bye", notice="note")
        ledger.compact(ledger.turn(accepted.turn), 1, "again")
        lines = export.export(ledger.connection, accepted.session, "admin")
        assert not any("\n" in line for line in lines)
        found = [json.loads(line) for line in lines]
        assert [line["type"] for line in found] == [
            "session",
            "user",
            "assistant",
            "tool",
            "tool",
            "compaction",
            "user",
            "assistant",
            "notice",
            "compaction",
        ]
        assert found[0]["id"] == accepted.session
        assert found[1]["messages"][0]["text"] == "hällo"
        assert found[1]["source"] == "http"
        assert found[3]["call"]["id"] == "a"
        assert found[3]["result"]["content"] == [{"text": "found", "type": "text"}]
        assert (found[3]["is_error"], found[4]["is_error"]) == (False, True)
        assert found[5]["summary"] == "summed up"
        assert found[8]["text"] == "note"
        assert found[1]["at"].endswith("+00:00")

    def test_a_call_that_runs_has_no_result_yet(self, ledger: Ledger) -> None:
        accepted = ledger.accept()
        ledger.begin(accepted.turn)
        ledger.complete(accepted.turn, calls=["a"])
        assert json.loads(export.export(ledger.connection, accepted.session, "admin")[-1])["result"] is None

    def test_the_lines_of_a_silent_conversation_are_its_facts(self, ledger: Ledger) -> None:
        accepted = ledger.accept("hi", key="chat", channel="telegram", triggered_by="job")
        (line,) = export.export(ledger.connection, accepted.session, "admin")
        facts = json.loads(line)
        assert (facts["channel"], facts["key"], facts["title"], facts["triggered_by"]) == (
            "telegram",
            "chat",
            "hi",
            "job",
        )


def test_time_moves_on_between_operations(ledger: Ledger) -> None:
    """The order of the lists above rests on it."""
    first = ledger.session(ledger.accept().session).created_at
    assert ledger.session(ledger.accept().session).created_at - first == timedelta(seconds=1)


class TestClosedAfter:
    def after(self, ledger: Ledger, seq: int = 0, limit: int = 10) -> list[tuple[int, str]]:
        found = sessions.closed_after(ledger.connection, seq, limit)
        assert all(each.session.is_closed for each in found)
        return [(each.seq, each.session.id) for each in found]

    def ended(self, ledger: Ledger, **fields: Any) -> str:
        accepted = ledger.accept(**fields)
        ledger.begin(accepted.turn)
        ledger.finish(accepted.turn, "hello")
        return accepted.session

    def test_who_begins_to_read_now_is_told_how_far_the_ledgers_go(self, ledger: Ledger) -> None:
        assert sessions.ends(ledger.connection) == Ends(turns=0, closed=0)
        first = self.ended(ledger, key="first")
        self.ended(ledger, key="second")
        closed(ledger, first)
        assert sessions.ends(ledger.connection) == Ends(turns=2, closed=1)
        assert self.after(ledger, seq=1) == []

    def test_every_way_of_closing_gives_the_next_number(self, ledger: Ledger) -> None:
        first = self.ended(ledger, key="first", channel="telegram")
        second = self.ended(ledger, key="second", channel="telegram")
        third = self.ended(ledger, key="third")
        closed(ledger, third)
        closed(ledger, third, "again")
        ledger.run(sessions.close_silent, "telegram", micros(ledger.session(first).last_message_at))
        ledger.accept(key="second", channel="telegram", gap=timedelta())
        assert self.after(ledger) == [(1, third), (2, first), (3, second)]
        assert self.after(ledger, 1, 1) == [(2, first)]

    def test_one_in_which_there_is_something_to_do_is_closed_when_that_is_done(self, ledger: Ledger) -> None:
        accepted = ledger.accept(key="chat")
        waiting = ledger.accept(key="chat")
        closed(ledger, accepted.session)
        assert self.after(ledger) == []
        ledger.begin(accepted.turn)
        ledger.finish(accepted.turn, "hello")
        assert self.after(ledger) == []
        ledger.cancel(waiting.turn)
        assert self.after(ledger) == [(1, accepted.session)]


def test_that_a_model_is_missing_is_new_until_another_is_chosen_or_missing(ledger: Ledger) -> None:
    chat, other = (ledger.accept(key=key).session for key in ("chat", "other"))
    assert [missing(ledger, chat, name) for name in ("a", "a", "b", "a")] == [True, False, True, True]
    assert missing(ledger, other, "a")
    ledger.run(sessions.set_model, SetModel(session=chat, model="c", effort=None, **of_admin()))
    assert missing(ledger, chat, "a")
    assert not missing(ledger, "nowhere", "a")
