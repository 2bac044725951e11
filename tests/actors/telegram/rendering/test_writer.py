"""What formatting covers: never blanks at its ends, and never blanks alone."""

from actors.telegram.rendering.writer import Span, _tight


def test_formatting_covers_no_blanks_at_its_ends() -> None:
    assert list(_tight("a b  c", [Span(1, 5, ("bold", ""))])) == [Span(2, 3, ("bold", ""))]


def test_formatting_of_blanks_alone_is_none() -> None:
    assert list(_tight("a  b", [Span(1, 3, ("bold", "")), Span(3, 4, ("italic", ""))])) == [
        Span(3, 4, ("italic", ""))
    ]
