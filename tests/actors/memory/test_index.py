"""The index: what is put in is found, what is taken out is gone, and no text is an error."""

import sqlite3
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.memory import index
from tests.actors.memory.database import TODAY, opened

OPERATORS = [
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    ")",
    '"',
    "*",
    ":",
    "^",
    "text:",
    "{above}",
    "\0",
    "\ud800",
    "''",
    "咖",
    "+",
]
HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from([*OPERATORS, "coffee"])).map(" ".join),
    st.text("ab \"'", min_size=1, max_size=10_000),
)


@pytest.fixture
def some_notes() -> sqlite3.Connection:
    connection = opened()
    index.replace(connection, "notes.md", "Drank coffee in Berlin. 我喜欢咖啡。 NEAR ab")
    return connection


def test_what_is_written_is_found_with_its_lines_and_the_reason() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "one\n\nDrank coffee in Berlin.\n")

    (hit,) = index.search(connection, "Where did I drink coffee?", today=TODAY)

    assert (hit.source, hit.text, hit.lines, hit.citation, hit.date, hit.why) == (
        "notes.md",
        "one\n\nDrank coffee in Berlin.",
        "1-3",
        "notes.md#L1-L3",
        None,
        "drink, coffee",
    )


def test_a_passage_whose_day_is_damaged_is_found_as_one_of_no_day() -> None:
    connection = opened()
    index.replace(connection, "2026-03-01.md", "Drank coffee in Berlin.\n")
    connection.execute("UPDATE passages SET day = '2026-13-45'")

    (hit,) = index.search(connection, "coffee", today=TODAY)

    assert hit.date is None


def test_what_is_removed_is_not_found() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "coffee")
    index.remove(connection, "notes.md")
    index.remove(connection, "other.md")

    assert index.search(connection, "coffee", today=TODAY) == []
    assert index.size_of(connection) == (0, 0)
    assert index.fault(connection) is None


@given(HOSTILE)
@settings(max_examples=4 * settings().max_examples)
def test_no_text_is_an_error(some_notes: sqlite3.Connection, question: str) -> None:
    index.search(some_notes, question, today=TODAY)


def test_an_append_writes_the_last_passages_only() -> None:
    connection = opened()
    text = "".join(f"line {number} of a log that grows with every turn\n" for number in range(200))
    index.replace(connection, "log.md", text)
    written: list[int] = []
    connection.create_function("written", 1, written.append)
    connection.execute("CREATE TEMP TRIGGER w AFTER INSERT ON passages BEGIN SELECT written(new.id); END")

    index.replace(connection, "log.md", text + "and coffee at the end\n")

    assert len(written) == 1
    (hit,) = index.search(connection, "coffee", today=TODAY, limit=1)
    assert hit.line_end == 201
    assert index.fault(connection) is None


@given(
    st.lists(st.sampled_from(["", "# coffee\n", "tea\n" * 40, "咖啡\n", "x" * 900 + "\n", "2026-03-12\n"])),
    st.data(),
)
def test_a_file_that_was_replaced_is_indexed_as_one_that_is_new(
    pieces: list[str], data: st.DataObject
) -> None:
    connection, fresh = opened(), opened()
    for _ in range(3):
        index.replace(connection, "a.md", "".join(data.draw(st.permutations(pieces))))
    text = "".join(pieces)
    index.replace(connection, "a.md", text)
    index.replace(fresh, "a.md", text)

    for table in ("passages", "layout"):
        rows = f"SELECT * FROM {table}"
        assert connection.execute(rows).fetchall() == fresh.execute(rows).fetchall()
    assert index.fault(connection) is None
    for question in ("coffee", "tea", "咖啡", "2026"):
        hits, of_fresh = (index.search(each, question, today=TODAY, limit=50) for each in (connection, fresh))
        assert hits == of_fresh


def test_another_size_of_passages_asks_for_reading_all_files_again() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "coffee", stamp="1 2 3 4 x")
    assert index.stamps(connection) == {"notes.md": "1 2 3 4 x"}

    assert not index.prepare(connection)
    assert index.prepare(connection, 500)

    assert index.stamps(connection) == {"notes.md": None}
    assert index.search(connection, "coffee", today=TODAY) == []
    index.restamp(connection, "notes.md", "5 6 7 8 x")
    assert index.stamps(connection) == {"notes.md": "5 6 7 8 x"}


def test_what_is_missing_in_the_index_is_a_fault_that_reading_again_mends() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "coffee")
    connection.execute("DELETE FROM passages")
    assert index.fault(connection) == "0 passages are stored and 1 indexed"

    index.clear(connection)
    assert index.fault(connection) is None
    index.replace(connection, "notes.md", "coffee")
    assert len(index.search(connection, "coffee", today=TODAY)) == 1


def test_a_damaged_index_is_a_fault() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "coffee")
    connection.execute("UPDATE word_index_data SET block = zeroblob(40) WHERE id > 10")

    assert index.fault(connection) is not None


def test_optimised_no_word_of_what_was_removed_is_left() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "a secretword")
    index.replace(connection, "notes.md", "nothing")
    index.optimise(connection)

    data = b"".join(row[0] for row in connection.execute("SELECT block FROM word_index_data"))
    assert b"secretword" not in data
    assert b"note" in data


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Über die Straße nach Köln", "strasse koln"),
        ("Zwei Ferienwohnungen besichtigt", "Ferienwohnung"),
        ("Die Rechnung vom Tierarzt liegt bei", "Tierarztrechnung?"),
        ("I bought a bicycle", "which bike did she buy"),
        ("我昨天在北京喝了咖啡", "咖啡"),
        ("我昨天在北京喝了咖啡", "北"),
        ("昨日、東京でコーヒーを飲みました", "東京のコーヒーは何ですか"),
        ("ฉันชอบดื่มกาแฟที่เชียงใหม่", "กาแฟ"),
        ("서울에서 커피를 마셨다", "커피"),
        ("मुझे हिन्दी में चाय पसंद है", "चाय"),
        ("write to ada@example.org", "ada@example.org"),
        ("set foo_bar in the C++ part", "foo_bar"),
        ("set foo_bar in the C++ part", "C++"),
        ("the code is 4711-0815", "4711-0815"),
        ("Café naïve", "cafe NAIVE"),
        ("Cafe\u0301", "café"),
        ("to be or not to be", "to be"),
        ("w Łodzi i w Iğdır", "lodzi"),
        ("w Łodzi i w Iğdır", "igdir"),
        ("une sœur à Tromsø", "soeur"),
        ("une soeur à Tromso", "Tromsø"),
        ("Ещё одна ёлка", "елка"),
        ("лифт и елка", "ёлка"),
        ("مُحَمَّد في القاهرة", "محمد"),
        ("محمد عند أخي", "مُحَمَّد"),
        ("محمد عند أخي", "اخي"),
        ("שָׁלוֹם רב", "שלום"),
        ("Der Speicherplatz reicht nicht", "speicher platz"),
        ("Die Arbeitszeit ist kurz", "Arbeit Zeit"),
        ("Mehr Speicher, mehr Platz", "Speicherplatz"),
        ("Er wohnt in Köln", "Koeln"),
        ("Er wohnt in Koeln", "Köln"),
        ("the database is slow", "data base"),
        ("البيت كبير", "بيت"),
        ("في بيت كبير", "البيت"),
        ("ذهب للبيت", "البيت"),
        ("Ada 🎂 am Samstag", "🎂"),
        ("Ada 👩\u200d🚀❤\ufe0f am Samstag", "🚀"),
        ("Ada ❤\ufe0f Tee", "❤"),
    ],
)
def test_words_are_found_in_whatever_language_and_way_of_writing(text: str, question: str) -> None:
    connection = opened()
    index.replace(connection, "notes.md", text)
    index.replace(connection, "other.md", "nothing of the kind, 没有, ไม่มี, 없다, नहीं")

    assert [hit.source for hit in index.search(connection, question, today=TODAY)][:1] == ["notes.md"]


@pytest.mark.parametrize(
    "question", ["12 March", "2026-03-12", "12. März", "last week", "8 days ago", "3月12日", "March 2026"]
)
def test_a_day_is_found_by_the_name_of_the_file_or_the_heading(question: str) -> None:
    connection = opened()
    index.replace(connection, "memory/2026-03-12.md", "# Log\n\nnothing about it")
    index.replace(connection, "talks.md", "## 9:00 am on 12 March, 2026\n\ntalked")
    index.replace(connection, "memory/2025-11-02.md", "something else")

    hits = index.search(connection, question, today=TODAY)

    assert sorted(hit.source for hit in hits) == ["memory/2026-03-12.md", "talks.md"]
    assert {hit.date for hit in hits} == {date(2026, 3, 12)}


def test_of_two_that_are_as_good_the_newer_comes_first() -> None:
    connection = opened()
    for day in ("2025-03-12", "2026-03-12", "2024-01-01"):
        index.replace(connection, f"memory/{day}.md", f"coffee with Ada {day}")

    hits = index.search(connection, "coffee Ada", today=TODAY)

    assert [hit.source[7:17] for hit in hits] == ["2026-03-12", "2025-03-12", "2024-01-01"]


def test_a_word_that_is_everywhere_only_tells_apart_what_others_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST_ROWS", 5)
    monkeypatch.setattr(index, "MOST_OTHERS", 5)
    connection = opened()
    for number in range(20):
        index.replace(connection, f"{number}.md", f"Ada likes number {number} of all trips")
    index.replace(connection, "x.md", "Bob likes number 7 as well")

    hits = index.search(connection, "Ada number 7 journey", today=TODAY)

    assert [hit.source for hit in hits] == ["7.md", "x.md"]
    assert hits[0].why == "7, Ada, number"
    assert len(index.search(connection, "Ada", today=TODAY)) == 5
