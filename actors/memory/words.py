"""What counts as a word: in what is indexed, and in a question. Pure.

The index splits at everything that is no letter, digit or mark, folds accents and case, and stems English. What it
cannot do is done before: text without spaces is written as overlapping pairs of characters (Thai and its neighbours
as triples), so that any two characters in a row are found.
"""

import re
import unicodedata
from collections.abc import Collection, Generator
from datetime import date
from typing import Final, final

import attrs

from actors.memory import days

MOST_TERMS: Final = 32
"""Words of a question that are looked for."""
MOST_TEXT: Final = 4_000
"""Characters of a question that are read."""

_PAIRS: Final = (
    "\u1100-\u11ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_TRIPLES: Final = "\u0e00-\u0eff\u0f40-\u0fff\u1000-\u109f\u1780-\u17ff"
_RUN: Final = re.compile(f"(?P<pairs>[{_PAIRS}]+)|[{_TRIPLES}]+")
_SIGNS: Final = re.compile(r"(?<=\w)(?:\+\+|#(?!\w))")
_TOKEN: Final = re.compile(
    r"[^\s!-,/:-@\[-^`{-~\u00a0-\u00bf\u2000-\u206f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe4f]+"
)
_PLUS: Final = "_plusplus"
_SHARP: Final = "_sharp"
_APOSTROPHE: Final = re.compile("['’]")

_ENGLISH: Final = """
a about after again all also am an and any anyone anything are as at be because been before being both but by
can could did do does doing done during each ever few for from further get gets getting give go goes going got
had has have having he her here hers herself him himself his how i if in into is it its itself just know let
like many me mention mentioned more most much my myself no nor not now of off on once only or other our ours
out over own please really same say says said she should so some someone something such tell than that the
their theirs them themselves then there these they this those through to together too under until up upon us
very want was we were what when where which while who whom whose why will with would yes yet you your yours
yourself ll re ve didn doesn isn wasn weren don won
"""
_GERMAN: Final = """
aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da damit
dann das dass dein deine deinem deinen deiner dem den denn der deren des dessen dich die dies diese diesem
diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure für
gab gegen gibt hab habe haben hat hatte hatten hattest hast hier hin ich ihm ihn ihnen ihr ihre ihrem ihren
ihrer im in ins ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine keinen können könnte man
mein meine meinem meinen meiner mich mir mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr sein
seine seinem seinen seiner seit sich sie sind so soll sollte sondern um und uns unser unsere unter viel vom
von vor wann war waren warst was weil welche welchem welchen welcher welches wem wen wenn wer werde werden
wessen wie wieder will wird wo wohin womit worüber wurde wurden während würde zu zum zur zwischen über
"""
_STOP: Final = (frozenset(_ENGLISH.split()), frozenset(_GERMAN.split()))
"""Words that say nothing about what is looked for, by language."""


@final
@attrs.frozen
class Term:
    """One thing that is looked for."""

    word: str
    """As the question has it."""
    expression: str
    """In the language of the index."""
    above: bool = False
    """Look at what stands above a passage only: its day."""


def plain(text: str) -> str:
    """The text as it is compared: one way of writing each character, and none that the index cannot take."""
    if text.isascii():
        return text.replace("\0", " ")
    whole = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFKC", whole).replace("ß", "ss").replace("ẞ", "SS")


def indexed(text: str) -> str:
    """What the index is fed for a text."""
    return _RUN.sub(_grams, _signs(plain(text)))


def terms(question: str, today: date) -> list[Term]:
    """What to look for, each thing once: words that are no stop words, unless there are no others, and days."""
    text = plain(question[:MOST_TEXT])
    found = dict.fromkeys(_day_terms(text, today))
    words = {term.word.casefold(): term for term in _word_terms(_signs(text))}
    stop = _stop_words(words)
    telling = [term for word, term in words.items() if word not in stop]
    return [*found, *(telling or words.values())][:MOST_TERMS]


def _stop_words(words: Collection[str]) -> set[str]:
    """Those that say nothing, in the language that has most of them here: "war", "hat" and "die" are words of two."""
    stop = [language.intersection(words) for language in _STOP]
    most = max(map(len, stop))
    return set[str]().union(*(each for each in stop if len(each) == most))


def _signs(text: str) -> str:
    """Give the signs in names such as C++ and C# letters."""
    return _SIGNS.sub(lambda match: _PLUS if match[0] == "++" else _SHARP, text)


def _grams(run: re.Match[str]) -> str:
    return f" {' '.join(_windows(run[0], _width(run)))} "


def _width(run: re.Match[str]) -> int:
    return 2 if run["pairs"] else 3


def _windows(run: str, width: int) -> list[str]:
    """Every `width` characters in a row; at the end fewer, so that each character begins one."""
    return [run[start : start + width] for start in range(len(run))]


def _day_terms(text: str, today: date) -> Generator[Term]:
    for mention in days.mentions(text):
        if mark := days.mark(mention):
            yield Term(mark, mark, above=True)
    for said, meant in days.spoken(text, today):
        yield Term(said, " OR ".join(f"ymd{day:%Y%m%d}" for day in meant), above=True)


def _word_terms(text: str) -> Generator[Term]:
    for run in _RUN.finditer(text):
        yield from _run_terms(run[0], _width(run))
    for token in _TOKEN.findall(_RUN.sub(" ", text)):
        parts = [part for part in _APOSTROPHE.split(token) if len(part) > 1] or [token.strip("'’")]
        for part in parts:
            word = part.strip("._-")
            if word:
                yield Term(word.replace(_PLUS, "++").replace(_SHARP, "#"), quoted(word))


def _run_terms(run: str, width: int) -> Generator[Term]:
    """What finds a run of text without spaces: the windows that the index has, or what begins with less than one."""
    if len(run) < width:
        yield Term(run, f"{quoted(run)}*")
    for start in range(len(run) - width + 1):
        window = run[start : start + width]
        yield Term(window, quoted(window))


def quoted(word: str) -> str:
    """A word, or several in a row, as the index takes it whatever is in it."""
    return f'"{word.replace(chr(34), chr(34) * 2)}"'
