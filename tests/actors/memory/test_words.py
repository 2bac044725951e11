"""Words: what a question looks for, and what the index is fed."""

import pytest

from actors.memory import forms, words
from tests.actors.memory.database import TODAY


def looked_for(question: str) -> list[str]:
    return [term.word for term in words.terms(question, TODAY)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did Caroline's brother buy?", ["Caroline", "brother", "buy"]),
        ("Wo hat die Ärztin den Hut gekauft?", ["Ärztin", "Hut", "gekauft"]),
        ("Did the hat die in the war?", ["hat", "die", "war"]),
        ("to be or not to be", ["to", "be", "or", "not"]),
        ("foo_bar, C++ or C# (user-friendly)", ["foo_bar", "C++", "C#", "user-friendly"]),
        ("ada@example.org", ["ada", "example.org"]),
        ("l’avion d'Anna's", ["avion", "Anna"]),
        ("'x' \" ' … -- .", ["x"]),
        ("我喜欢咖啡吗", ["我喜", "喜欢", "欢咖", "咖啡"]),
        ("什么", ["什么"]),
        ("猫 and dog", ["猫", "dog"]),
        ("กาแฟ", ["กาแ", "าแฟ"]),
        ("", []),
        ("\0\ud800 !?", []),
        ("on 12 March", ["12 March", "12", "March"]),
        ("x X x", ["x"]),
        ("the the", ["the"]),
    ],
)
def test_a_question_gives_its_telling_words(question: str, expected: list[str]) -> None:
    assert looked_for(question) == expected


def test_only_so_many_words_of_a_long_question_are_looked_for() -> None:
    assert len(looked_for(" ".join(f"word{number}" for number in range(10_000)))) == words.MOST_TERMS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("nul\0", "nul "),
        ("Straße ﬁn \ud800", "Strasse fin ?"),
        ("喝咖啡。", " 喝咖 咖啡 啡 。"),
        ("ชอบ", " ชอบ อบ บ "),
        ("C++ and F# #tag", "C_plusplus and F_sharp #tag"),
    ],
)
def test_the_index_is_fed_what_it_can_take_apart(text: str, expected: str) -> None:
    assert words.indexed(text) == expected


def test_other_words_and_words_that_are_like_one() -> None:
    (term,) = words.terms("movies", TODAY)
    assert term.others == '"film"'
    assert term.alike.split(" OR ")[0] == '"movi"*'
    (long,) = words.terms("Dachreparaturen", TODAY)
    assert {'"dach"', '"reparatur"*'} <= set(long.alike.split(" OR "))
    assert all(not term.alike for term in words.terms(f"abc x1y {'y' * 50}", TODAY))


def test_words_that_people_also_write_as_one() -> None:
    first, second, third = words.terms("grüner Speicher Platz", TODAY)
    assert first.others.split(" OR ") == ['"gruener"', '"grünerspeicher"', '"grünersspeicher"']
    assert second.others.split(" OR ") == [
        *('"grünerspeicher"', '"grünersspeicher"', '"speicherplatz"', '"speichersplatz"'),
    ]
    assert third.others.split(" OR ") == ['"speicherplatz"', '"speichersplatz"']
    (base, _) = words.terms("what is a data base", TODAY)
    assert base.others == '"database"'
    assert all('"' not in term.others for term in words.terms("ab cd-ef 12 34", TODAY))


def test_ways_of_writing_a_word() -> None:
    assert forms.spellings("köln") == ("koeln",)
    assert forms.spellings("koeln") == ()
    assert forms.spellings("بيت") == ("والبيت", "بالبيت", "كالبيت", "فالبيت", "للبيت", "البيت")
    assert forms.spellings("البيت")[:2] == ("بيت", "والبيت")
    assert forms.spellings("ال") == ()
    (term,) = words.terms("Koeln", TODAY)
    assert '"koln"' in term.alike.split(" OR ")


def test_a_picture_is_a_word() -> None:
    (term,) = words.terms("🎂", TODAY)
    assert (term.word, term.expression) == ("🎂", '"picture127874"')
    assert words.indexed("Ada🎂👍🏽") == "Ada picture127874  picture128077 🏽"


def test_an_english_question_has_no_compounds() -> None:
    (term,) = words.terms("what is the grandmother", TODAY)
    assert (term.alike, term.is_name) == ('"grandmoth"*', False)
