"""What people say in the kill tests, and what the model makes of it. Both follow from the conversation alone. Pure.

A message reads ``<s1-7: write a | read a & read b | delete a>``: its tag, then rounds of tool calls. The model carries
out what it finds in the history and has not asked for yet, and in the end names each tag it has not named before, as
``{s1-7}``. So it says the same whichever process asks, and a call or an answer too many can be told at once.

A subagent is told the same kind of message, with a tag of its own, and so answers by the same rule.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from tests.fakes.model_script import Call, Received, Reply, Say

FILES: Final = ("a", "b")
"""Names of the files of each conversation."""
TOOLS: Final[Mapping[str, str]] = {
    "write": "FileWrite",
    "read": "FileRead",
    "delete": "FileDelete",
    "list": "FileList",
    "note": "MemoryWrite",
    "seek": "MemorySearch",
    "ask": "Agent",
}
DONE: Final = "done"
"""Stands in a summary for a call that was made."""
AMONG_NOTES: Final = {"note", "seek"}
AMONG_FILES: Final = {"write", "read", "delete"}

_MESSAGE: Final = re.compile(r"<(s\d+-\d+):([^>]*)>")
_ANSWER: Final = re.compile(r"\{(s\d+-\d+)\}")
_NOTE: Final = re.compile(r"<system-note>.*?</system-note>\s*", re.DOTALL)
"""What the agent adds to the newest message, different each time."""


@final
@attrs.frozen
class Asked:
    """A tool call that a message asks for."""

    id: str
    """Unique: the tag of the message and the number of the call in it."""
    verb: str
    file: str

    @property
    def path(self) -> str:
        """Each conversation has a folder of its own, among the files and among the notes."""
        folder = "notes" if self.verb in AMONG_NOTES else "documents"
        return f"{folder}/{self.id.partition('-')[0]}/{self.file}.md"

    @property
    def word(self) -> str:
        """Stands in every line of its note, and nowhere else."""
        return f"line{self.id.partition('-')[0]}{self.file}"

    @property
    def content(self) -> str:
        """What it writes; nobody else writes the same."""
        return f"written by {self.id}{f' as a {self.word}' if self.verb == 'note' else ''}"

    @property
    def delegated(self) -> str:
        """Tag of the message that a subagent gets, whose conversation is no other one's."""
        return f"s9{''.join(f'{int(number):04}' for number in re.findall('[0-9]+', self.id))}-0"

    def call(self) -> Call:
        """As the model says it."""
        if self.verb == "ask":
            task = f"<{self.delegated}: list {self.file} & seek {self.file} | write {self.file}>"
            return Call(TOOLS[self.verb], {"description": f"Ask {self.id}", "prompt": task}, id=self.id)
        if self.verb == "note":
            fields: dict[str, Any] = {"file": self.path, "content": f"{self.content}\n", "append": True}
            return Call(TOOLS[self.verb], fields, id=self.id)
        if self.verb == "seek":
            return Call(TOOLS[self.verb], {"query": self.word}, id=self.id)
        fields = {"path": self.path.rpartition("/")[0] if self.verb == "list" else self.path}
        if self.verb == "write":
            fields["content"] = self.content
        return Call(TOOLS[self.verb], fields, id=self.id)


def tags(text: str) -> list[str]:
    """The tags of all messages in a text, in order."""
    return [match[1] for match in _MESSAGE.finditer(text)]


def answered(text: str) -> list[str]:
    """The tags that an answer names."""
    return _ANSWER.findall(text)


def asked(text: str) -> dict[str, list[list[Asked]]]:
    """The rounds of calls that a text asks for, by tag."""
    return {match[1]: list(_rounds(match[1], match[2])) for match in _MESSAGE.finditer(text)}


def notes(text: str) -> list[Asked]:
    """Of the calls that a text asks for those that note something."""
    rounds = [calls for each in asked(text).values() for calls in each]
    return [call for calls in rounds for call in calls if call.verb == "note"]


def _rounds(tag: str, wishes: str) -> Iterator[list[Asked]]:
    number = 0
    for wish in filter(str.strip, wishes.split("|")):
        calls: list[Asked] = []
        for words in wish.split("&"):
            verb, file = words.split()
            calls.append(Asked(f"{tag}-{number}", verb, file))
            number += 1
        yield calls


def think_up(rng: random.Random, tag: str) -> str:
    """A message at random."""
    rounds = [
        " & ".join(f"{rng.choice(list(TOOLS))} {rng.choice(FILES)}" for _ in range(rng.choice((1, 1, 2))))
        for _ in range(rng.choice((0, 1, 1, 2, 3)))
    ]
    return f"<{tag}: {' | '.join(rounds)}>"


# --- a conversation as the model got it, whatever the wire ----------------------------------------------------


@final
@attrs.frozen
class Piece:
    """A part of a message: a text, a tool call or its result."""

    role: str
    """``user`` or ``assistant``; results are the user's."""
    kind: str
    """``text``, ``call`` or ``result``."""
    text: str
    """The text, the name and input of a call, the text of a result."""
    id: str = ""
    """Of the call."""


def looks_back(request: Received) -> bool:
    """Whether a request is no part of a conversation, but asks what of one is to be remembered."""
    return "<conversation>" in str(request.messages)


def heard(request: Received) -> list[list[Piece]]:
    """The messages of a request, their notes left out."""
    messages = [message for message in request.messages if message["role"] != "system"]
    read = _of_anthropic if request.wire == "anthropic" else _of_openai
    found: list[list[Piece]] = []
    for message in messages:
        pieces = list(read(message))
        if message["role"] == "tool" and found and found[-1][-1].kind == "result":
            found[-1] += pieces
        else:
            found.append(pieces)
    return found


def _lines(role: str, text: str) -> Iterator[Piece]:
    """A text line by line: one format keeps the messages of a person apart, the other joins them."""
    lines = filter(None, map(str.strip, _NOTE.sub("", text).splitlines()))
    return (Piece(role, "text", line) for line in lines)


def _of_anthropic(message: Mapping[str, Any]) -> Iterator[Piece]:
    role, content = message["role"], message["content"]
    if isinstance(content, str):
        yield from _lines(role, content)
        return
    for block in content:
        match block["type"]:
            case "text":
                yield from _lines(role, block["text"])
            case "tool_use":
                yield Piece(role, "call", f"{block['name']} {json.dumps(block['input'])}", block["id"])
            case "tool_result":
                yield Piece(role, "result", _result(block["content"]), block["tool_use_id"])
            case _:
                raise AssertionError(f"unexpected {block}")


def _of_openai(message: Mapping[str, Any]) -> Iterator[Piece]:
    role, content = message["role"], message["content"]
    if role == "tool":
        yield Piece("user", "result", _result(content), message["tool_call_id"])
        return
    texts = [content] if isinstance(content, str) else [part["text"] for part in content or ()]
    for text in texts:
        yield from _lines(role, text)
    for call in message.get("tool_calls", ()):
        function = call["function"]
        arguments = json.dumps(json.loads(function["arguments"]))
        yield Piece(role, "call", f"{function['name']} {arguments}", call["id"])


def _result(content: Any) -> str:
    """The text of a result. That it is a failure is part of the text in one format, and beside it in the other."""
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return text.removeprefix("Error: ")


def text_of(pieces: Iterable[Piece], role: str) -> str:
    """All that one side has said."""
    return "\n".join(piece.text for piece in pieces if (piece.role, piece.kind) == (role, "text"))


# --- the model ------------------------------------------------------------------------------------------------


def model(gap: float) -> Any:
    """The rule of the model; `gap` seconds pass before each piece of an answer."""

    def rule(request: Received) -> Reply:
        if looks_back(request):
            return Reply(Say("Nothing to remember."))
        return Reply(*answer_to([piece for message in heard(request) for piece in message]), gap=gap)

    return rule


def answer_to(pieces: Sequence[Piece], *, closes: bool = False) -> list[Say | Call]:
    """What it says to a conversation; when it `closes` it calls nothing, and what is missing is for another turn."""
    wishes = asked(text_of(pieces, "user"))
    made = {piece.id for piece in pieces if piece.kind == "call"}
    for tag, rounds in {}.items() if closes else wishes.items():
        for calls in rounds:
            missing = [call.call() for call in calls if call.verb != DONE and call.id not in made]
            if missing:
                return [Say("Working ", "on ", f"{tag}. "), *missing]
    named = answered(f"{text_of(pieces, 'assistant')} {text_of(pieces, 'user')}")
    fresh = [tag for tag in wishes if tag not in named]
    return [Say("Done: ", *(f"{{{tag}}} " for tag in fresh), "and that is all.")]


def summary_of(latest: Sequence[Piece], text: str) -> str:
    """What a model writes for the messages in a text so that nothing is left undone: what is still to be called, and
    what it has named; the newest message in any case. `latest` is the conversation as it got it last."""
    made = {piece.id for piece in latest if piece.kind == "call"}
    named = answered(f"{text_of(latest, 'assistant')} {text_of(latest, 'user')}")
    own = tags(text_of(latest, "user"))
    lines: list[str] = []
    wishes = {tag: rounds for tag, rounds in asked(text).items() if tag in own}  # and not a subagent's
    for tag, rounds in wishes.items():
        left = [
            [f"{DONE if call.id in made else call.verb} {call.file}" for call in calls] for calls in rounds
        ]
        if (
            tag == list(wishes)[-1]
            or tag not in named
            or any(not words.startswith(DONE) for calls in left for words in calls)
        ):
            lines.append(f"<{tag}: {' | '.join(' & '.join(calls) for calls in left)}>")
            lines += [f"{{{tag}}}"] if tag in named else []
    return "\n".join(("They talked.", *lines))
