"""Which passages answer a question, best first. Pure.

Each word of a question is looked up by itself and gives the passages that have it a score (BM25). A passage also
gets a share of what its neighbours in the file score for a word: people say where they are once, and what they do there
in the sentences after that.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, final

import attrs

from actors.memory.chunks import joined, length
from actors.memory.words import Term
from bus import Data

FLOOR: Final = 0.8
"""What is left of the score of something old: without a floor, age outweighs what was asked for."""
BEFORE: Final = 0.6
"""Share of what the passage before scores for a word that a passage has not itself: an answer follows its question."""
AFTER: Final = 0.35
"""The same for the passage after."""
TOO: Final = 0.2
"""What is left of these shares for a word that it has."""
NAME: Final = 1.5
"""How much more a name weighs than another word that is as rare."""
POOL: Final = 200
"""Passages, the best by their own words, that are looked at together with their neighbours."""
LONGEST: Final = 3
"""Passages in a row that make one hit."""
CLOSE: Final = 0.75
"""Share of the best score of a hit that the passage beside it needs to become a part of it."""


@final
@attrs.frozen(kw_only=True)
class Hit(Data):
    """An answer: lines of a file."""

    source: str
    text: str
    line_start: int
    line_end: int
    score: float
    """Higher is better; comparable within one answer only."""
    date: date | None
    """Of the section or of the file."""
    why: str
    """Which words were found, and where."""

    @property
    def lines(self) -> str:
        return f"{self.line_start}-{self.line_end}"

    @property
    def citation(self) -> str:
        return f"{self.source}#L{self.line_start}-L{self.line_end}"


@final
@attrs.frozen
class Found(Data):
    """The passages that have a term, with their scores."""

    term: Term
    scores: Mapping[int, float]


@final
@attrs.frozen(kw_only=True)
class Candidate(Data):
    """A passage that may become a hit, or a part of one."""

    id: int
    source: str
    line_start: int
    line_end: int
    day: date | None
    text: str


def weight(passages: int, having: int) -> float:
    """How much a word says that `having` of all `passages` have: much when it is rare, never nothing."""
    return math.log1p((passages - having + 0.5) / (having + 0.5))


def weight_in_index(passages: int, having: int) -> float:
    """What SQLite takes for the same, which is next to nothing for a word that half of all passages have."""
    return max(1e-6, math.log((passages - having + 0.5) / (having + 0.5)))


def scores(found: Sequence[Found]) -> dict[int, float]:
    """The scores of the best passages and of their neighbours, among which may be ids that no passage has."""
    own: defaultdict[int, float] = defaultdict(float)
    for each in found:
        for id, score in each.scores.items():
            own[id] += score
    best = heapq.nlargest(POOL, own, key=own.__getitem__)
    total = {each: own.get(each, 0.0) for id in best for each in (id, id + 1, id - 1)}
    for each in found:
        if not each.term.above:  # a neighbour's day is a passage's own already
            _add_neighbours(total, each.scores)
    return total


def _add_neighbours(total: dict[int, float], having: Mapping[int, float]) -> None:
    """Give each passage its share of what its neighbours score for one term."""
    score_of = having.get
    for id in total:
        before, after = score_of(id - 1), score_of(id + 1)
        if before is not None or after is not None:
            share = max(BEFORE * (before or 0.0), AFTER * (after or 0.0))
            total[id] += share * TOO if id in having else share


def freshness(day: date | None, today: date, half_life_days: float) -> float:
    """What age leaves of a score, from 1 down to the floor. What has no date does not age."""
    if day is None:
        return 1.0
    age = max(0, (today - day).days)
    return FLOOR + (1.0 - FLOOR) * math.pow(0.5, age / half_life_days)


def best(
    candidates: Sequence[Candidate],
    scores: Mapping[int, float],
    found: Sequence[Found],
    *,
    limit: int,
    max_bytes: int,
) -> list[Hit]:
    """Hits, best first: as many as both limits allow.

    Passages that follow each other become one hit, at the place of the better one. A text that was had before is left
    out. When not even the best passage is short enough, it is cut.

    Args:
      candidates: in any order.
      scores: of each of them.
      found: what the words found, for the reasons.
      limit: hits.
      max_bytes: of all texts together.
    """
    groups: list[list[Candidate]] = []
    beside: dict[int, list[Candidate]] = {}
    """Where a passage would join which group."""
    seen: set[str] = set()
    room = max_bytes
    for each in sorted(
        candidates, key=lambda each: (-scores[each.id], each.source, each.line_start, each.id)
    ):
        text = " ".join(each.text.split())
        size = length(each.text)
        if text in seen or (size > room and groups):
            continue
        group = beside.get(each.id, [])
        if group and not _joins(each, group, scores):
            group = []
        if not group:
            if len(groups) == limit:
                continue
            groups.append(group)
        seen.add(text)
        room -= size + 1
        group.append(each)
        group.sort(key=lambda each: each.id)
        beside |= {group[0].id - 1: group, group[-1].id + 1: group}
    return [_hit(group, scores, found, max_bytes) for group in groups]


def _joins(each: Candidate, group: Sequence[Candidate], scores: Mapping[int, float]) -> bool:
    """Whether there is room for one more in a group, of the same day, and it is about as good."""
    best = max(scores[member.id] for member in group)
    return len(group) < LONGEST and each.day == group[0].day and scores[each.id] >= CLOSE * best


def _hit(
    group: Sequence[Candidate], scores: Mapping[int, float], found: Iterable[Found], max_bytes: int
) -> Hit:
    first, last = group[0], group[-1]
    text = joined((each.line_start, each.line_end, each.text) for each in group)
    line_end = last.line_end
    if length(text) > max_bytes and len(group) == 1:
        text = text.encode("utf-8", "replace")[: max(0, max_bytes)].decode("utf-8", "ignore")
        line_end = first.line_start + text.count("\n")
    return Hit(
        source=first.source,
        text=text,
        line_start=first.line_start,
        line_end=line_end,
        score=max(scores[each.id] for each in group),
        date=first.day,
        why=_why({each.id for each in group}, found),
    )


def _why(ids: set[int], found: Iterable[Found]) -> str:
    here: list[str] = []
    near: list[str] = []
    for each in found:
        if any(id in each.scores for id in ids):
            here.append(each.term.word)
        elif any(id + step in each.scores for id in ids for step in (-1, 1)):
            near.append(each.term.word)
    reasons = [", ".join(here), f"in a neighbouring passage: {', '.join(near)}" if near else ""]
    return "; ".join(filter(None, reasons))
