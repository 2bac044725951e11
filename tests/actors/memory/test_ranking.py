"""Ranking: neighbours, age, and as many hits as fit."""

from collections.abc import Mapping
from datetime import date, timedelta

import attrs
import pytest

from actors.memory import ranking
from actors.memory.ranking import Candidate, Found, Hit
from actors.memory.words import Term
from tests.actors.memory.database import TODAY

COFFEE = Term("coffee", '"coffee"')
TRIP = Term("trip", '"trip"')


def candidate(id: int, text: str = "", source: str = "a.md") -> Candidate:
    return Candidate(id=id, source=source, line_start=id, line_end=id, day=None, text=text or f"text {id}")


def best(
    scores: Mapping[int, float],
    *,
    texts: Mapping[int, str] | None = None,
    limit: int = 10,
    max_bytes: int = 8000,
) -> list[Hit]:
    candidates = [candidate(id, (texts or {}).get(id, "")) for id in scores]
    return ranking.best(candidates, scores, [Found(COFFEE, scores)], limit=limit, max_bytes=max_bytes)


def test_a_passage_gets_a_share_of_what_its_neighbours_score() -> None:
    assert ranking.scores([Found(COFFEE, {5: 1.0})]) == pytest.approx({4: 0.35, 5: 1.0, 6: 0.6})


def test_of_two_neighbours_the_better_one_counts() -> None:
    assert ranking.scores([Found(COFFEE, {4: 2.0, 6: 1.0})])[5] == pytest.approx(1.2)
    assert ranking.scores([Found(COFFEE, {4: 1.0, 6: 2.0})])[5] == pytest.approx(0.7)


def test_a_word_that_both_have_adds_little() -> None:
    assert ranking.scores([Found(COFFEE, {5: 1.0, 6: 1.0})])[6] == pytest.approx(1.0 + 0.6 * 0.2)


def test_the_day_of_a_neighbour_says_nothing() -> None:
    assert ranking.scores([Found(Term("March", "m03", above=True), {5: 1.0})]) == {4: 0.0, 5: 1.0, 6: 0.0}


def test_age_leaves_four_fifths_at_least() -> None:
    def left(age: int) -> float:
        return ranking.freshness(TODAY - timedelta(days=age), TODAY, 30.0)

    assert [left(age) for age in (-5, 0, 30, 60, 36_500)] == pytest.approx([1.0, 1.0, 0.9, 0.85, 0.8])
    assert ranking.freshness(None, TODAY, 30.0) == 1.0


def test_a_rare_word_weighs_more_and_every_word_weighs_something() -> None:
    assert ranking.weight(1000, 1) > ranking.weight(1000, 100) > ranking.weight(1000, 1000) > 0
    assert ranking.weight_in_index(1000, 900) == pytest.approx(1e-6)


def test_the_best_come_first_and_ties_go_by_file_and_line() -> None:
    assert [hit.line_start for hit in best({8: 1.0, 2: 1.0, 5: 2.0})] == [5, 2, 8]


def test_passages_in_a_row_become_one_hit_when_they_are_about_as_good() -> None:
    hits = best({5: 2.0, 6: 1.9, 4: 1.8, 3: 1.7, 10: 1.6, 11: 0.5})

    assert [(hit.lines, hit.score) for hit in hits] == [
        ("4-6", 2.0),
        ("3-3", 1.7),
        ("10-10", 1.6),
        ("11-11", 0.5),
    ]
    assert hits[0].text == "text 4\ntext 5\ntext 6"


def test_what_was_said_on_different_days_is_not_one_hit() -> None:
    days = {5: TODAY, 6: TODAY - timedelta(days=1)}
    candidates = [attrs.evolve(candidate(id), day=day) for id, day in days.items()]

    hits = ranking.best(candidates, {5: 1.0, 6: 1.0}, [], limit=10, max_bytes=8000)

    assert [(hit.lines, hit.date) for hit in hits] == [("5-5", days[5]), ("6-6", days[6])]


def test_no_more_hits_than_the_limit_but_passages_still_join_them() -> None:
    assert [hit.lines for hit in best({5: 2.0, 9: 1.9, 6: 1.8}, limit=1)] == ["5-6"]


def test_as_many_hits_as_the_bytes_allow_and_what_is_too_long_is_passed_over() -> None:
    texts = {1: "a" * 50, 3: "b" * 60, 5: "c" * 30}
    assert [hit.line_start for hit in best({1: 3.0, 3: 2.0, 5: 1.0}, texts=texts, max_bytes=90)] == [1, 5]


def test_the_best_passage_is_cut_when_it_is_too_long_itself() -> None:
    (hit,) = best({1: 1.0}, texts={1: "one\ntwo\nthr\u00e9e"}, max_bytes=12)
    assert (hit.text, hit.lines) == ("one\ntwo\nthr", "1-3")
    assert [hit.text for hit in best({1: 1.0}, max_bytes=-1)] == [""]


def test_the_same_text_is_had_once() -> None:
    assert [hit.line_start for hit in best({1: 2.0, 5: 1.0}, texts={1: "same  text", 5: "same text"})] == [1]


def test_the_reason_names_words_here_and_words_nearby() -> None:
    found = [Found(COFFEE, {1: 1.0}), Found(TRIP, {2: 1.0}), Found(Term("x", "x"), {9: 1.0})]
    (hit,) = ranking.best([candidate(1)], {1: 1.0}, found, limit=1, max_bytes=100)
    assert hit.why == "coffee; in a neighbouring passage: trip"
    (hit,) = ranking.best([candidate(1)], {1: 1.0}, found[1:], limit=1, max_bytes=100)
    assert hit.why == "in a neighbouring passage: trip"


def test_a_hit_is_cited_by_its_lines() -> None:
    hit = Hit(source="a.md", text="", line_start=3, line_end=7, score=1.0, date=date(2026, 1, 1), why="")
    assert (hit.lines, hit.citation) == ("3-7", "a.md#L3-L7")
