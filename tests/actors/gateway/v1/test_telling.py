"""Text that only grows, whatever is said again."""

from hypothesis import example, given
from hypothesis import strategies as st

from actors.gateway.v1.telling import BREAK, Telling


def told(*script: int | str) -> str:
    """What a reader has in the end: numbers begin a completion, texts are pieces of it."""
    telling, text = Telling(), ""
    for each in script:
        if isinstance(each, int):
            telling.begun(each)
        else:
            text += telling.said(each)
    return text


def test_completions_stand_apart() -> None:
    assert told(1, "I ", "look.", 2, "Found", " it.") == "I look.\n\nFound it."


def test_what_says_nothing_sets_nothing_apart() -> None:
    assert told(1, "One.", 2, "", 3, "Three.") == "One.\n\nThree."


def test_what_is_said_again_is_told_once() -> None:
    assert told(1, "Hello, ", "Ad", 1, "Hel", "lo, A", "da!", " Bye.") == "Hello, Ada! Bye."


def test_what_comes_otherwise_follows_anew() -> None:
    assert told(1, "Hello, Ada", 1, "Hel", "lo, Bob.", " Bye.") == "Hello, Ada\n\nHello, Bob. Bye."
    assert told(1, "One.", 2, "Hello", 2, "Ciao", 2, "Ciao!") == "One.\n\nHello\n\nCiao!"


def test_what_was_begun_without_a_word_is_no_paragraph() -> None:
    assert told(1, 1, "Hi") == "Hi"
    assert told(1, "One.", 2, 2, "Two.") == "One.\n\nTwo."


def test_a_paragraph_at_the_end() -> None:
    telling = Telling()
    assert telling.paragraph("") == ""
    assert not telling.any
    assert telling.paragraph("Stopped.") == "Stopped."
    telling.begun(1)
    assert telling.said("Hi") == "\n\nHi"
    assert telling.paragraph("Bye") == "\n\nBye"


PIECES = st.lists(st.text("ab", max_size=3), max_size=5)


def as_a_whole(attempts: list[tuple[int, str]]) -> str:
    """What a reader has of whole attempts of completions, each with its number."""
    text, shown, current = "", "", 0
    for iteration, said in attempts:
        if iteration != current:
            current, shown = iteration, ""
        if shown.startswith(said):
            continue
        goes_on = bool(shown) and said.startswith(shown)
        text += said[len(shown) :] if goes_on else (BREAK if text else "") + said
        shown = said
    return text


@given(st.lists(st.tuples(st.booleans(), PIECES), max_size=6))
@example([(False, ["a"]), (True, ["", "a", "b"])])
def test_in_pieces_it_is_as_it_would_be_as_a_whole(script: list[tuple[bool, list[str]]]) -> None:
    telling, text, iteration = Telling(), "", 0
    attempts: list[tuple[int, str]] = []
    for again, pieces in script:
        iteration += not (again and iteration)
        telling.begun(iteration)
        text += "".join(map(telling.said, pieces))
        attempts.append((iteration, "".join(pieces)))
    assert text == as_a_whole(attempts)
