"""What must hold of calls of tools after any number of kills. Pure.

Each call is held against what a person has said to it, what is in the books, and what can be counted of its effect.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, final

import attrs

from tests.crash.wishes import AGAIN, DOUBT, Wish, ends, wanted

REFUSED: Final = "This call is not allowed"
UNKNOWN: Final = "There is no background command"
READ_OUTSIDE: Final = frozenset({"FileRead", "Bash", "BashOutput", "BashStop"})
"""Tools whose results somebody else has written."""
NEVER_UNASKED: Final = frozenset({"Bash"})
"""Tools that are carried out only if somebody has agreed."""
UNASKED: Final = frozenset({"pure", "keyed"})
"""Effects of tools that nobody is asked about."""
CLOSED: Final = frozenset({"allowed", "denied", "expired"})

Files = Mapping[str, str]
"""Texts by path in home."""


@final
@attrs.frozen(kw_only=True)
class Made:
    """A call as the ledger has it in the end."""

    place: int = 0
    """Among all calls."""
    answer: int = 0
    """Of the model, in which it was made; grows in a conversation."""
    id: str
    """What the model calls it."""
    key: str
    """What it is called in the books."""
    session: str
    tool: str
    effect: str
    state: str = "done"
    text: str = ""
    is_error: bool = False

    @property
    def refused(self) -> bool:
        return REFUSED in self.text

    @property
    def doubtful(self) -> bool:
        return DOUBT in self.text

    @property
    def done(self) -> bool:
        """Whether it says that it was done."""
        return self.state == "done" and not self.is_error

    def __str__(self) -> str:
        came = (
            "refused" if self.refused else "in doubt" if self.doubtful else "done" if self.done else "failed"
        )
        return f"{self.tool} {came}"


@final
@attrs.frozen(kw_only=True)
class Question:
    """A question to a person, as it is stored in the end."""

    id: str
    about: str
    """What the model calls the call."""
    session: str
    state: str
    scope: str = ""

    @property
    def answer(self) -> str:
        """What somebody has said to it; empty for nobody."""
        return {"allowed": self.scope, "denied": "deny"}.get(self.state, "")


@final
@attrs.frozen(kw_only=True)
class Written:
    """A row of the audit log."""

    key: str
    kind: str
    verdict: str
    by: str


@final
@attrs.frozen
class Answer:
    """What a client has said to a question."""

    question: str
    decision: str
    """``once``, ``conversation`` or ``deny``."""


@final
@attrs.frozen(kw_only=True)
class Books:
    """All that there is in the end."""

    made: Sequence[Made]
    questions: Sequence[Question]
    audit: Sequence[Written]
    said: AbstractSet[Answer]
    """All that clients have tried to say."""
    acknowledged: Sequence[Answer]
    """What they have heard to count."""
    effects: Mapping[str, int]
    """How often each call has left its id among the counted commands, in notes and among the jobs."""
    wanted: Mapping[str, Wish]
    """All that people have asked for, by id of the call."""


# --- what is left when all is over --------------------------------------------------------------------------------


def complaints(books: Books) -> Iterator[str]:
    """Everything that should not be, each as a sentence."""
    yield from _made_otherwise(books)
    yield from _asked_otherwise(books)
    yield from _answered_otherwise(books)
    yield from _unallowed(books)
    yield from _counted_otherwise(books)
    yield from _unwritten(books)
    yield from _forgotten(books)


def _made_otherwise(books: Books) -> Iterator[str]:
    """Each call was made once and has a result; another time only knowingly."""
    texts = {each.id: each.text for each in books.made}
    seen = set[str]()
    for each in books.made:
        if each.id in seen:
            yield f"{each.id} was made twice"
        seen.add(each.id)
        if each.state != "done":
            yield f"{each.id} is {each.state} in the end"
        origin = each.id.removesuffix(AGAIN)
        if origin not in books.wanted:
            yield f"nobody wants {each.id}"
        elif origin != each.id and DOUBT not in texts.get(origin, ""):
            yield f"{each.id} was made though {origin} was not in doubt: {texts.get(origin)}"


def _asked_otherwise(books: Books) -> Iterator[str]:
    """One question for a call at most, and it is closed in the end."""
    about = dict[str, str]()
    for each in books.questions:
        if each.about in about:
            yield f"{each.about} was asked about twice: {about[each.about]}, {each.id}"
        about[each.about] = each.id
        if each.state not in CLOSED:
            yield f"the question about {each.about} is {each.state} in the end"


def _answered_otherwise(books: Books) -> Iterator[str]:
    """What is stored was said, what was acknowledged is stored, and each answer is written down once."""
    questions = {each.id: each for each in books.questions}
    written = [each.key for each in books.audit if each.kind == "answer"]
    for each in books.acknowledged:
        if (question := questions.get(each.question)) is None or question.answer != each.decision:
            yield f"{each.decision} was acknowledged, and what is stored is {question}"
    for question in books.questions:
        if question.answer and Answer(question.id, question.answer) not in books.said:
            yield f"nobody has said what is stored: {question}"
        if written.count(f"answer:{question.id}") != bool(question.answer):
            yield f"{question} is in the audit log {written.count(f'answer:{question.id}')} times"


def _unallowed(books: Books) -> Iterator[str]:
    """What was refused was refused by a person, and what may have been done was allowed by one where that is needed."""
    asked = {each.about: each for each in books.questions}
    granted = {each.session for each in books.questions if each.answer == "conversation"}
    by = {each.key.rpartition(":")[0]: each.by for each in books.audit if each.kind == "call"}
    outside = dict[str, int]()
    """By conversation, the first answer whose calls gave words from outside: they are read before the next one."""
    for each in sorted(books.made, key=lambda made: made.place):
        question, who = asked.get(each.id), by.get(each.key, "nobody")
        needs = each.tool in NEVER_UNASKED or (
            outside.get(each.session, each.answer) < each.answer and each.effect not in UNASKED
        )
        if question is not None:
            if (question.state != "allowed") != each.refused:
                yield f"{each.id} was {question.state}, and its result is: {each.text}"
        elif each.refused:
            yield f"{each.id} was refused, and nobody was asked: {each.text}"
        elif needs and not (who.startswith("grant ") and each.session in granted):
            yield f"{each.id} ({each.tool}) was allowed by {who}, and nobody was asked: {each.text}"
        if each.tool in READ_OUTSIDE and each.done:
            outside.setdefault(each.session, each.answer)


def _counted_otherwise(books: Books) -> Iterator[str]:
    """What is counted of each call fits its result."""
    made = {each.id: each for each in books.made}
    for id, count in books.effects.items():
        if id not in made:
            yield f"{id} was done {count} times, and never asked for"
    for each in books.made:
        wish = books.wanted.get(each.id.removesuffix(AGAIN))
        possible = None if wish is None else _possible(wish, each)
        count = books.effects.get(each.id, 0)
        if possible is not None and count not in possible:
            yield f"{each.id} ({each.tool}) was done {count} times, not {sorted(possible)}, and says: {each.text}"


def _possible(wish: Wish, made: Made) -> AbstractSet[int] | None:
    """How often a call may have been done; None for what is not counted."""
    match wish.verb:
        case "run" | "insist" | "start" | "note" | "job":
            if made.doubtful:
                return {0, 1}
            if made.refused or made.is_error:
                return {0}
            return {0, 1} if wish.verb == "start" else {1}  # it may not have got to its first line
        case _:
            return None


def _unwritten(books: Books) -> Iterator[str]:
    """Each call that was decided about is in the audit log, always with the same decision."""
    rows = dict[str, set[str]]()
    for each in books.audit:
        if each.kind == "call":
            rows.setdefault(each.key.rpartition(":")[0], set()).add(each.verdict)
    for made in books.made:
        verdicts = rows.pop(made.key, set())
        if verdicts != {"denied" if made.refused else "allowed"}:
            yield f"{made.id} is {verdicts or 'not'} in the audit log, and says: {made.text}"
    yield from (f"the audit log has {key}, which is no call" for key in rows)


def _forgotten(books: Books) -> Iterator[str]:
    """A command in the background that was told of once is known for good, and has its name alone."""
    names = list[str]()
    for each in sorted(books.made, key=lambda made: made.place):
        if each.tool == "Bash" and each.done and each.text.startswith("[sh-"):
            names.append(each.text[1:].partition(" ")[0])
        if UNKNOWN in each.text and "sh-0" not in each.text and len(names) < 30:
            yield f"{each.id}: {each.text}, though there were {names}"
    yield from (f"two commands are called {name}" for name in {*names} if names.count(name) > 1)


# --- the files of one turn ----------------------------------------------------------------------------------------


def files_differ(text: str, made: Iterable[Made], before: Files, after: Files) -> Iterator[str]:
    """The files of a conversation are as if the calls of a turn were carried out one after another.

    Args:
      text: what a person has said.
      made: calls of the turn and its subagents.
      before: the files when it was said.
      after: the files when it was answered.
    """
    found = {each.id: each for each in made}
    possible: dict[str, set[str | None]] = {path: {content} for path, content in before.items()}
    for wish in _with_repeated(text, found):
        there = possible.setdefault(wish.path, {None})
        afterwards = _afterwards(wish, found[wish.id], there) if wish.id in found else there
        if not afterwards:
            yield f"{wish.id}: {wish.verb} {wish.path} cannot result in {found[wish.id].text!r} where it held {there}"
            return
        possible[wish.path] = afterwards
    for path in possible.keys() | after.keys():
        contents = possible.get(path, {None})
        if after.get(path) not in contents:
            yield f"after {text} {path} holds {after.get(path)!r}, not one of {contents}"


def _with_repeated(text: str, made: Mapping[str, Made]) -> Iterator[Wish]:
    """What was in doubt in one round may come again after it."""
    for rounds in wanted(text).values():
        for calls in rounds:
            for wish in calls:
                yield from (wish, *wish.part) if wish.verb == "ask" else (wish,)
            again = (attrs.evolve(wish, id=wish.id + AGAIN) for wish in calls)
            yield from (wish for wish in again if wish.id in made)


def _afterwards(wish: Wish, made: Made, before: set[str | None]) -> set[str | None]:
    """What the file of a call may hold after it; nothing when the result cannot be."""
    if made.refused or wish.verb not in {"write", "edit", "delete", "run", "insist", "read"}:
        return before
    if wish.verb == "read":
        return {content for content in before if (content is None) == made.is_error}
    if made.doubtful:
        return before | {_changed(wish, content) for content in before}
    if made.is_error:  # these fail in one way only here
        return {content for content in before if _is_missing(wish, content)}
    return {_changed(wish, content) for content in before if not _is_missing(wish, content)}


def _is_missing(wish: Wish, content: str | None) -> bool:
    """Whether what a call changes is not there."""
    if wish.verb == "edit":
        return content is None or "end" not in content
    return wish.verb == "delete" and content is None


def _changed(wish: Wish, content: str | None) -> str | None:
    match wish.verb:
        case "write":
            return ends(wish.id)
        case "edit":
            return None if content is None else content.replace("end", f"{wish.id}\nend")
        case "delete":
            return None
        case _:
            return f"{content or ''}{wish.id}\n"
