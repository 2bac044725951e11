"""What people want done in the kill tests of hands, and the calls that a model makes of it. Pure.

A message reads as in :mod:`tests.crash.script`: ``<s1-7: run s1/a & write s1/b | edit s1/b>``. Whatever has an effect
leaves the id of its call where it can be counted: a command appends it to a file in ``counts/`` before it does anything
else, a note and a file get a line with it, a job is named after it.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from tests.crash.script import Asked, Piece, answered, asked, heard, looks_back, text_of
from tests.fakes.model_script import Call, Received, Reply, Say

FILES: Final = ("a", "b")
"""Names of the files of each conversation."""
WORK: Final = "work"
"""Folder in home with a folder for each conversation."""
COUNTS: Final = "counts"
"""Folder in home in which commands are counted; no undo touches it."""
LASTS: Final = "86399"
"""Seconds that a command in the background goes on if nobody ends it."""
SCRIPTS: Final[Mapping[str, str]] = {
    "count": 'echo "$1" >> counts/"$1"; sleep "$3"; echo "$1" >> "$2"\n',
    "stay": f'echo "$1" >> counts/"$1"; (setsid nohup sleep {LASTS} >/dev/null 2>&1 &); sleep {LASTS}\n',
}
"""Files in home that commands run. The second leaves a process that hides."""
AMONG_FILES: Final = frozenset({"read", "write", "edit", "delete"})
DOUBT: Final = "It may or may not have happened"
AGAIN: Final = "r"
"""Ends the id of a call that the model makes because it was told that nobody knows of the first one."""
WEIGHTS: Final = dict(
    {"read": 1, "note": 2, "job": 1, "ask": 2, "write": 3, "edit": 4, "delete": 2},
    run=4,
    insist=2,
    start=2,
    look=1,
    stop=1,
)
"""How often each thing is wanted, beside the others."""
_NAMED: Final = re.compile(r"sh-\d+")


def ends(id: str) -> str:
    """Text that is in a file that was written by this call; an edit finds its last line."""
    return f"by {id}\nend\n"


@final
@attrs.frozen
class Wish:
    """One call that is wanted."""

    id: str
    verb: str
    file: str

    @property
    def path(self) -> str:
        return f"{WORK}/{self.file}.txt"

    @property
    def note(self) -> str:
        return f"notes/{self.file.replace('/', '-')}.md"

    @property
    def delegated(self) -> str:
        """Tag of the message that a subagent gets."""
        return Asked(self.id, self.verb, self.file).delegated

    @property
    def part(self) -> "tuple[Wish, ...]":
        """What a subagent is to do: with a file that nobody else has."""
        file = f"{self.file}-{self.id}"
        return (Wish(f"{self.delegated}-0", "write", file), Wish(f"{self.delegated}-1", "run", file))

    def call(self, known: str) -> Call:
        """As the model says it; `known` is the command in the background that it knows of."""
        return Call(*self._said(known), id=self.id)

    def _said(self, known: str) -> tuple[str, dict[str, Any]]:
        if self.verb in AMONG_FILES:
            return self._about_the_file()
        match self.verb:
            case "note":
                return "MemoryWrite", {"file": self.note, "content": f"{self.id}\n", "append": True}
            case "job":
                month = {"kind": "interval", "every_ms": 30 * 24 * 3600 * 1000}
                return "CronAdd", {"name": self.id, "prompt": "Nothing.", "schedule": month}
            case "ask":
                rounds = " | ".join(f"{each.verb} {each.file}" for each in self.part)
                return "Agent", {"description": self.id, "prompt": f"<{self.delegated}: {rounds}>"}
            case "start":
                return "Bash", {"command": f"sh stay {self.id}", "run_in_background": True}
            case "look" | "stop":
                return "BashOutput" if self.verb == "look" else "BashStop", {"id": known}
            case _:
                pause = f"0.{sum(map(ord, self.id)) % 5}"
                return "Bash", {"command": f"sh count {self.id} {self.path} {pause}"}

    def _about_the_file(self) -> tuple[str, dict[str, Any]]:
        match self.verb:
            case "write":
                return "FileWrite", {"path": self.path, "content": ends(self.id)}
            case "edit":
                new = f"{self.id}\nend"
                return "Edit", {"file_path": self.path, "old_string": "end", "new_string": new}
            case _:
                return "FileRead" if self.verb == "read" else "FileDelete", {"path": self.path}


def wanted(text: str) -> dict[str, list[list[Wish]]]:
    """The rounds of calls that a text asks for, by tag."""
    return {
        tag: [[Wish(each.id, each.verb, each.file) for each in calls] for calls in rounds]
        for tag, rounds in asked(text).items()
    }


def in_order(text: str) -> Iterator[Wish]:
    """All that a text asks for, in the order in which it takes effect, with what is done by subagents."""
    for rounds in wanted(text).values():
        for calls in rounds:
            for wish in calls:
                yield wish
                yield from wish.part if wish.verb == "ask" else ()


def think_up(rng: random.Random, tag: str) -> str:
    """A message at random."""
    conversation = tag.partition("-")[0]
    verbs = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=6)
    rounds = [
        " & ".join(f"{verbs.pop()} {conversation}/{rng.choice(FILES)}" for _ in range(rng.choice((1, 1, 2))))
        for _ in range(rng.choice((1, 2, 3)))
    ]
    return f"<{tag}: {' | '.join(rounds)}>"


# --- the model --------------------------------------------------------------------------------------------------


def model(gap: float) -> Any:
    """The rule of the model; `gap` seconds pass before each piece of an answer."""

    def rule(request: Received) -> Reply:
        if looks_back(request):
            return Reply(Say("Nothing to remember."))
        return Reply(*answer_to([piece for message in heard(request) for piece in message]), gap=gap)

    return rule


def answer_to(pieces: Sequence[Piece]) -> list[Say | Call]:
    """What it says to a conversation: the next calls that are wanted and not made, else the tags it has not named."""
    results = {piece.id: piece.text for piece in pieces if piece.kind == "result"}
    made = {piece.id for piece in pieces if piece.kind == "call"}
    names = _NAMED.findall(" ".join(results.values()))
    known = names[-1] if names else "sh-0"
    wishes = wanted(text_of(pieces, "user"))
    for tag, rounds in wishes.items():
        for calls in rounds:
            missing = [wish.call(known) for wish in calls if wish.id not in made]
            missing += [
                attrs.evolve(wish, id=wish.id + AGAIN).call(known)
                for wish in calls
                if wish.verb == "insist" and DOUBT in results.get(wish.id, "") and wish.id + AGAIN not in made
            ]
            if missing:
                return [Say("Working ", "on ", f"{tag}. "), *missing]
    named = answered(text_of(pieces, "assistant"))
    return [Say("Done: ", *(f"{{{tag}}} " for tag in wishes if tag not in named), "and that is all.")]
