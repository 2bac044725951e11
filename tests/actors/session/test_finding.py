"""Messages are found by their words, in the version that is chosen, and shown with the place."""

import json
from typing import Any

import pytest

from actors.session import finding, keeping
from actors.session.messages import Delete, Find, Messages, UnknownSession
from actors.session.sessions import messages
from actors.storage import micros
from tests.fakes.ledger import Ledger


def found(ledger: Ledger, q: str, user: str = "admin", **fields: Any) -> list[tuple[str, str, str]]:
    """Session, role and text of each hit."""
    hits = finding.find(ledger.connection, Find(user=user, q=q, **fields))
    return [(hit.session.id, hit.role, hit.text) for hit in hits]


def said(ledger: Ledger, question: str, answer: str, **fields: Any) -> str:
    accepted = ledger.accept(question, **fields)
    ledger.begin(accepted.turn)
    ledger.finish(accepted.turn, answer)
    return accepted.session


def test_words_of_people_and_of_the_agent_are_found_newest_first(ledger: Ledger) -> None:
    a = said(ledger, "how old do goldfinches get", "about eight years", key="a")
    b = said(ledger, "and sparrows", "three; goldfinches live longer", key="b")
    assert found(ledger, "goldfinches") == [
        (b, "assistant", "three; goldfinches live longer"),
        (a, "user", "how old do goldfinches get"),
    ]
    assert found(ledger, "goldfinches", limit=1) == [(b, "assistant", "three; goldfinches live longer")]
    assert found(ledger, "goldfinches old") == [(a, "user", "how old do goldfinches get")]
    assert found(ledger, "hippos") == []


@pytest.mark.parametrize(
    "q", ["überwald", "UBERWALD", "u\u0308berw", "Klöße überwald", '"überwald"', "überwald*", "(überwald"]
)
def test_case_accents_and_marks_make_no_difference(ledger: Ledger, q: str) -> None:
    session = said(ledger, "Klosse aus Überwald?", "ja")
    if "Klöße" not in q:
        assert found(ledger, q) == [(session, "user", "Klosse aus Überwald?")]
    assert finding.words_of("Klöße") == ("klosse",)


@pytest.mark.parametrize("q", ["", "   ", '"', "* - ()", "…"])
def test_where_there_are_no_words_nothing_is_found(ledger: Ledger, q: str) -> None:
    said(ledger, "anything", "at all")
    assert found(ledger, q) == []


def test_each_user_finds_their_own_and_nobody_what_is_deleted(ledger: Ledger) -> None:
    session = said(ledger, "goldfinches", "yes", user="ada")
    assert found(ledger, "goldfinches") == []
    assert len(found(ledger, "goldfinches", "ada")) == 1
    ledger.run(keeping.delete, Delete(session=session, user="ada"), micros(ledger.now))
    assert found(ledger, "goldfinches", "ada") == []


def test_of_versions_the_chosen_one_is_found(ledger: Ledger) -> None:
    first = ledger.accept("tell me of goldfinches")
    ledger.begin(first.turn)
    ledger.finish(first.turn, "they sing")
    second = ledger.revise(first.turn, "tell me of finches")
    ledger.begin(second.turn)
    ledger.finish(second.turn, "they chirp")
    assert [text for _, _, text in found(ledger, "tell")] == ["tell me of finches"]
    ledger.choose(first.turn)
    assert [text for _, _, text in found(ledger, "tell")] == ["tell me of goldfinches"]


def test_what_tools_said_is_not_searched_and_what_joined_a_turn_is(ledger: Ledger) -> None:
    accepted = ledger.accept("look it up")
    ledger.begin(accepted.turn)
    (call,) = ledger.complete(accepted.turn, "I look", calls=["a"])
    ledger.result(accepted.turn, call.n)
    ledger.finish(accepted.turn, "found")
    assert [role for _, role, _ in found(ledger, "look")] == ["assistant", "user"]
    (row,) = ledger.connection.execute("SELECT count(*) FROM message_words").fetchone()
    assert row == 3


def test_the_index_follows_every_change_and_takes_damage(ledger: Ledger) -> None:
    session = said(ledger, "goldfinches", "yes")
    steps = f"UPDATE steps SET content = ? WHERE session_id = '{session}' AND kind = 'user'"
    (content,) = ledger.connection.execute("SELECT content FROM steps WHERE kind = 'user'").fetchone()
    changed = json.dumps([{**each, "text": "sparrows"} for each in json.loads(content)])
    ledger.connection.execute(steps, (changed,))
    assert (found(ledger, "goldfinches"), len(found(ledger, "sparrows"))) == ([], 1)
    ledger.connection.execute(steps, ("{",))
    assert found(ledger, "sparrows") == []


def test_words_of_what_is_gone_leave_the_index(ledger: Ledger) -> None:
    for n in range(20):
        said(ledger, f"goldfinches {n}", "yes", key=str(n))
    gone = said(ledger, "zanzibar", "far", key="z")
    ledger.run(keeping.delete, Delete(session=gone, user="admin"), micros(ledger.now))
    ledger.run(keeping.erase, micros(ledger.now) + 10**9)
    rounds = 0
    while ledger.run(finding.tidy, first=rounds == 0):
        rounds += 1
        assert rounds < 100
    blocks = ledger.connection.execute("SELECT block FROM message_words_data").fetchall()
    assert not [block for (block,) in blocks if b"anzibar" in block]
    assert len(found(ledger, "goldfinches")) == 20


class TestExcerpts:
    def test_every_second_part_is_what_was_looked_for(self) -> None:
        text = "Goldfinches, and\n\nagain GOLDFINCH"
        assert finding.excerpt_of(text, ("goldfinch",)) == (
            "",
            "Goldfinches",
            ", and again ",
            "GOLDFINCH",
            "",
        )

    def test_of_a_long_text_there_is_a_piece_around_the_first(self) -> None:
        text = "a " * 500 + "here " + "b " * 500 + "here"
        first, word, last = finding.excerpt_of(text, ("here",))
        assert (first[0], word, last[-1]) == ("…", "here", "…")
        assert len(first + word + last) < 300

    def test_where_none_is_seen_there_is_the_beginning(self) -> None:
        assert finding.excerpt_of("some\nthing", ("else",)) == ("some thing",)
        assert finding.excerpt_of("x" * 500, ("else",)) == ("x" * 240 + "…",)
        assert finding.excerpt_of("", ()) == ("",)

    def test_a_hit_in_a_secret_is_none(self, ledger: Ledger) -> None:
        said(ledger, "the key is abc-def", "noted")
        (hit,) = finding.find(ledger.connection, Find(user="admin", q="abc"))
        assert finding.hit(hit, "abc", "the key is [secret]") is None
        shown = finding.hit(hit, "key", "the key is [secret]")
        assert shown is not None
        assert shown.excerpt == ("the ", "key", " is [secret]")
        plain = finding.hit(hit, "xyz", hit.text)  # found by an index that parts words in another way
        assert plain is not None
        assert plain.excerpt == ("the key is abc-def",)


class TestReadingOnwards:
    def page(self, ledger: Ledger, session: str, after: int, limit: int = 500) -> list[str]:
        request = Messages(session=session, user="admin", after=after, limit=limit)
        return [message.content for message in messages(ledger.connection, request)]

    def test_pages_follow_each_other_from_the_beginning(self, ledger: Ledger) -> None:
        session = said(ledger, "one", "two", key="a")
        accepted = ledger.accept("three", key="a")
        ledger.begin(accepted.turn)
        calls = ledger.complete(accepted.turn, "I look", calls=["a", "b"])
        for call in calls:
            ledger.result(accepted.turn, call.n)
        ledger.finish(accepted.turn, "four")
        whole = messages(ledger.connection, Messages(session=session, user="admin"))
        for limit in (1, 2, 3, 500):
            read: list[Any] = []
            while True:
                request = Messages(
                    session=session, user="admin", after=read[-1].id if read else 0, limit=limit
                )
                page = messages(ledger.connection, request)
                if not page:
                    break
                read += page
            assert tuple(read) == whole

    def test_the_chosen_path_is_read(self, ledger: Ledger) -> None:
        first = ledger.accept("one")
        ledger.begin(first.turn)
        ledger.finish(first.turn, "two")
        second = ledger.revise(first.turn, "uno")
        ledger.begin(second.turn)
        ledger.finish(second.turn, "due")
        assert self.page(ledger, first.session, 0) == ["uno", "due"]
        with pytest.raises(UnknownSession):
            messages(ledger.connection, Messages(session="none", user="admin", after=0))
