"""Where a word that is too long may be cut: not within what people see as one character."""

import unicodedata
from typing import Final

_JOINER: Final = "\u200d"
_NON_JOINER: Final = "\u200c"


def boundary(text: str, at: int, floor: int) -> int:
    """The last place above `floor` and not above `at` where no character is cut; `at` if there is none."""
    place = at
    while place > floor and _belong_together(text, place, floor):
        place -= 1
    return place if place > floor else at


def _belong_together(text: str, at: int, floor: int) -> bool:
    """Whether what is before `at` and what is behind it are one character."""
    if at == len(text):
        return False
    one, other = text[at - 1], text[at]
    if _extends(other) or one == _JOINER or _is_hangul_syllable(one, other):
        return True
    return _is_flag_letter(one) and _is_flag_letter(other) and _flag_letters(text, at, floor) % 2 == 1


def _extends(character: str) -> bool:
    """Marks, variation selectors, joiners, skin tones, and tags such as those of the flag of Scotland."""
    return (
        unicodedata.category(character).startswith("M")
        or character in (_JOINER, _NON_JOINER)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_hangul_syllable(one: str, other: str) -> bool:
    """Letters of Korean that stand for themselves, not put together in advance."""
    if "\u1100" <= one <= "\u115f" and ("\u1100" <= other <= "\u115f" or "\uac00" <= other <= "\ud7a3"):
        return True
    return "\u1160" <= other <= "\u11ff" and ("\u1100" <= one <= "\u11ff" or "\uac00" <= one <= "\ud7a3")


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters(text: str, at: int, floor: int) -> int:
    """How many flag letters stand before `at`; two are a flag."""
    begin = at
    while begin > floor and _is_flag_letter(text[begin - 1]):
        begin -= 1
    return at - begin
