"""What counts as a word: in what is indexed, and in a question. Pure.

The index splits at everything that is no letter, digit or mark, folds accents and case, and stems English. What it
cannot do is done before: text without spaces is written as overlapping pairs of characters (Thai and its neighbours
as triples), so that any two characters in a row are found.

Measured on the conversations of ``tests/bench/recall.py``: among ten hits pairs find 79 % in Chinese, triples, as the
trigram tokenizer of SQLite makes them, 31 %, since most words are two characters. The index takes 0.8 bytes per byte
of Chinese text, a trigram table 1.1; English costs nothing more, a trigram table 3.1 beside the 0.5 of its words.
"""

import re
import unicodedata
from collections.abc import Generator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, final

import attrs

from actors.memory import days, forms
from bus import Data

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
    r"[^\s!-&(-,/:-@\[-^`{-~\u00a0-\u00bf\u2000-\u2018\u201a-\u206f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe4f]+"
)
_SAME: Final = (
    "ß-ss ẞ-SS æ-ae Æ-AE œ-oe Œ-OE ø-o Ø-O ł-l Ł-L đ-d Đ-D ħ-h Ħ-H ı-i ё-е Ё-Е أ-ا إ-ا آ-ا ٱ-ا ى-ي ة-ه"  # noqa: RUF001
)
_VOWEL_SIGNS: Final = (0x640, 0x670, *range(0x64B, 0x660), *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C7)
_FOLDED: Final[dict[str, str]] = {
    **{pair[0]: pair[2:] for pair in _SAME.split()},
    **dict.fromkeys(map(chr, _VOWEL_SIGNS), ""),
}
"""Letters that people write for others, and vowel signs of Arabic and Hebrew, which they leave out as they like.

The index itself folds no more than the accents of Latin and Greek letters.
"""
_FOLDABLE: Final = re.compile(f"[{''.join(_FOLDED)}]")
_PICTURE: Final = re.compile(
    "([\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff])\ufe0f?"
)
_PICTURED: Final = re.compile(r"picture(\d{4,6})")
_PLUS: Final = "_plusplus"
_SHARP: Final = "_sharp"
_APOSTROPHE: Final = re.compile("['’]")

_ENDINGS: Final = ("en", "er", "em", "es", "e", "n", "s")
_LINKS: Final = ("s", "n", "en", "es", "e")
_SHORTEST: Final = 4
"""Letters of a part of a word."""
_SHORTEST_JOINED: Final = 3
"""Letters of a word that may be a part of one with its neighbour."""
_WRITTEN_OUT: Final = re.compile("([aou])e")
"""What people write for an umlaut who have none, of which the index keeps the first letter."""
_LONGEST: Final = 40
"""Letters of a word of which parts are looked for."""

_ENGLISH_WORDS: Final = """
a about after again all also am an and any anyone anything are as at be because been before being both but by
can could did do does doing done during each ever few for from further get gets getting give go goes going got
had has have having he her here hers herself him himself his how i if in into is it its itself just know let
like many me mention mentioned more most much my myself no nor not now of off on once only or other our ours
out over own please really same say says said she should so some someone something such tell than that the
their theirs them themselves then there these they this those through to together too under until up upon us
very want was we were what when where which while who whom whose why will with would yes yet you your yours
yourself ll re ve didn doesn isn wasn weren don won
"""
_GERMAN_WORDS: Final = """
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
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_GERMAN: Final = frozenset(_GERMAN_WORDS.split())
"""Words that say nothing about what is looked for."""
_AMBIGUOUS: Final = {"die", "hat", "man", "war"}
_ENGLISH_ONLY: Final = _ENGLISH - _GERMAN - _AMBIGUOUS
_GERMAN_ONLY: Final = _GERMAN - _ENGLISH - _AMBIGUOUS
"""Words that tell which of the two languages a question is in."""
_NONE: Final = frozenset[str]()

_ASKING: Final = re.compile(
    r"\b(?:(?:what|which)\s+(?:kind|type|sort)s?\s+of|how\s+(?:long|often|many|much|old|far|big|soon))\b"
    r"|\b(?:wie\s+(?:lange|oft|viele?|alt|hoch|weit|gross)|was\s+für)\b"
    "|为什么|什么时候|什么|怎么样?|哪[里个些]|多少|谁|吗|呢|吧|為什麼|什麼時候|什麼|怎麼樣?|哪裡|誰|嗎"
    "|何時|何|いつ|どこ|誰|だれ|なぜ|どう|どの|どんな|いくら|いくつ|(?:です|でした|ます|ました)か"
    "|언제|어디(?:에서|에|서)?|누구|무엇|무슨|왜|어떻게|얼마나?|몇"
    "|เมื่อไหร่|เมื่อไร|อะไร|ที่ไหน|ใคร|ทำไม|อย่างไร|ยังไง|เท่าไหร่|เท่าไร|กี่|ไหม|หรือเปล่า|หรือไม่",
    re.IGNORECASE,
)
"""The same for several words, and for text without spaces, where they would be parts of other pairs."""


@final
@attrs.frozen
class Term(Data):
    """One thing that is looked for."""

    word: str
    """As the question has it."""
    expression: str
    """In the language of the index."""
    others: str = ""
    """Other words for it, likewise; empty when there are none."""
    alike: str = ""
    """Words that are like it, for when next to nothing has it."""
    above: bool = False
    """Look at what stands above a passage only: its day."""

    @property
    def is_name(self) -> bool:
        """Whether it begins with a capital, as names do."""
        return self.word[:1].isupper()


def plain(text: str) -> str:
    """The text as it is compared: one way of writing each character, and none that the index cannot take."""
    if text.isascii():
        return text.replace("\0", " ")
    whole = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return _FOLDABLE.sub(lambda match: _FOLDED[match[0]], unicodedata.normalize("NFKC", whole))


def indexed(text: str) -> str:
    """What the index is fed for a text."""
    return _RUN.sub(_grams, _signs(plain(text)))


def terms(question: str, today: date) -> list[Term]:
    """What to look for, each thing once: days, and words that are no stop words, unless there are no others."""
    text = plain(question[:MOST_TEXT])
    asked = _ASKING.sub(" ", text)
    words = {word.casefold(): word for word in _words(_signs(_RUN.sub(" ", text)))}
    english, german = len(_ENGLISH_ONLY.intersection(words)), len(_GERMAN_ONLY.intersection(words))
    stop = (_ENGLISH if english >= german else _NONE) | (_GERMAN if german >= english else _NONE)
    telling = {word.casefold(): word for word in _words(_signs(_RUN.sub(" ", asked)))}
    grams = list(_run_terms(asked))
    used = [word for key, word in telling.items() if key not in stop]
    if not used and not grams:
        used, grams = list(words.values()), list(_run_terms(text))
    compounds = german >= english
    joined = _joined([word if key not in stop else "" for key, word in telling.items()], compounds=compounds)
    single = (_term(word, joined.get(word, []), compounds=compounds) for word in used)
    return list(dict.fromkeys((*_day_terms(text, today), *grams, *single)))[:MOST_TERMS]


def _joined(words: Sequence[str], *, compounds: bool) -> dict[str, list[str]]:
    """For each word that stands beside another what people write who write both as one."""
    found: dict[str, list[str]] = {}
    for one, other in pairwise(words):
        if all(word.isalpha() and len(word) >= _SHORTEST_JOINED for word in (one, other)):
            whole = [f"{one}{link}{other}".lower() for link in (("", "s") if compounds else ("",))]
            for word in (one, other):
                found.setdefault(word, []).extend(whole)
    return found


def _signs(text: str) -> str:
    """Give the signs in names such as C++ and C# letters, and make words of pictures."""
    if not text.isascii():
        text = _PICTURE.sub(lambda match: f" picture{ord(match[1])} ", text)
    return _SIGNS.sub(lambda match: _PLUS if match[0] == "++" else _SHARP, text)


def _grams(run: re.Match[str]) -> str:
    return f" {' '.join(_windows(run[0], _width(run)))} "


def _width(run: re.Match[str]) -> int:
    return 2 if run["pairs"] else 3


def _windows(run: str, width: int) -> list[str]:
    """Every `width` characters in a row; at the end fewer, so that each character begins one."""
    return [run[start : start + width] for start in range(len(run))]


def _day_terms(text: str, today: date) -> Generator[Term]:
    for said, mention in days.mentions(text):
        yield Term(said, days.mark(mention), above=True)
    for said, meant in days.spoken(text, today):
        yield Term(said, " OR ".join(f"ymd{day:%Y%m%d}" for day in meant), above=True)


def _words(text: str) -> Generator[str]:
    """The words of a text; what an apostrophe joins is two, unless a single letter hangs on it."""
    for token in _TOKEN.findall(text):
        parts = [part for part in _APOSTROPHE.split(token) if len(part) > 1] or [token]
        yield from filter(None, (part.strip("._-'’") for part in parts))


def _term(word: str, joined: Sequence[str], *, compounds: bool) -> Term:
    lower = word.lower()
    return Term(
        _PICTURED.sub(lambda match: chr(int(match[1])), word).replace(_PLUS, "++").replace(_SHARP, "#"),
        quoted(word),
        " OR ".join(map(quoted, (*forms.others(lower), *forms.spellings(lower), *joined))),
        _alike(word.lower(), compounds=compounds),
    )


def _run_terms(text: str) -> Generator[Term]:
    """What finds the runs of a text without spaces: the windows that the index has, or what begins like a short run."""
    for run in _RUN.finditer(text):
        whole, width = run[0], _width(run)
        if len(whole) < width:
            yield Term(whole, f"{quoted(whole)}*")
        for start in range(len(whole) - width + 1):
            window = whole[start : start + width]
            yield Term(window, quoted(window))


def _alike(word: str, *, compounds: bool) -> str:
    """What finds words that begin as one does before its ending, and those it may be made of, as German ones are."""
    if not word.isalpha() or len(word) > _LONGEST:
        return ""
    found = dict.fromkeys([_beginning(word)])
    if compounds and (folded := _WRITTEN_OUT.sub(r"\1", word)) != word:
        found |= dict.fromkeys([quoted(folded)])
    for cut in range(_SHORTEST, len(word) - _SHORTEST + 1) if compounds else ():
        head, tail = word[:cut], word[cut:]
        links = ("", *filter(head.endswith, _LINKS))
        found |= dict.fromkeys((*(quoted(head.removesuffix(link)) for link in links), _beginning(tail)))
    return " OR ".join(filter(None, found))


def _beginning(word: str) -> str:
    """What finds all that begins like a word without its ending; empty when too little is left of it."""
    root = _root(word)
    return f"{quoted(root)}*" if len(root) >= _SHORTEST else ""


def _root(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    return word


def quoted(word: str) -> str:
    """A word, or several in a row, as the index takes it whatever is in it."""
    return f'"{word.replace(chr(34), chr(34) * 2)}"'
