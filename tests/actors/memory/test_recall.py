"""What was said is found again: a small part of what ``scripts/bench recall`` measures, so that a loss shows."""

import pytest

from tests.bench import recall


@pytest.mark.parametrize(
    ("language", "at_5", "in_2_kilobytes"), [("english", 80, 68), ("german", 82, 74), ("chinese", 73, 58)]
)
def test_most_of_what_was_said_is_found_again(language: str, at_5: float, in_2_kilobytes: float) -> None:
    corpus = recall.invent(language, 0, conversations=3, sessions=8)
    found = recall.recall(corpus.questions, recall.by_words(recall.indexed(corpus)))

    assert found["at 5"] > at_5
    assert found["in 2 kB"] > in_2_kilobytes
