"""Whether a model goes round in circles: it makes the same calls again and again, and nothing comes of them.

Pure. A *round* is the calls of one answer with their results. What is said beside them does not count; a result that
changes does, so that waiting for something to change is no circle. Calls that fail are the same whatever their
errors say.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, Literal, final

import attrs

from actors import transcript
from actors.vocabulary import ChatMessage, Text, ToolResult, ToolUse
from bus import Data

LONGEST: Final = 3
"""Rounds of the longest circle that is looked for."""
WARNED: Final = 3
"""How often a circle is gone round before the model is told so."""
STOPPED: Final = 5
"""How often before the turn is ended."""

Step = Literal["warn", "stop"]


@final
@attrs.frozen
class Round(Data):
    """The calls of one answer and what came of them."""

    calls: frozenset[bytes]
    """Names, inputs, and results unless all of them failed."""
    failed: bool
    """Whether every one of them failed."""


@final
@attrs.frozen
class Circle(Data):
    """What the model is doing again and again."""

    length: int
    """Rounds; 1 for the same calls every time."""
    times: int
    """How often, the first included."""
    failed: bool
    """Whether the calls fail."""

    @property
    def step(self) -> Step:
        """What is to be done about it."""
        return "stop" if self.times >= STOPPED else "warn"

    def __str__(self) -> str:
        what = "the same calls" if self.length == 1 else f"the same {self.length} rounds of calls"
        return f"{what} {self.times} times in a row, {'and they fail' if self.failed else 'with the same results'}"


def warning(circle: Circle) -> str:
    """What the model is told."""
    return (
        f"You have made {circle}. Once more will not help: do something else, or say what is in the way. If it goes on "
        "like this, the turn is ended."
    )


def why(circle: Circle) -> str:
    """What the model is told when the turn is ended for it."""
    return f"You have made {circle}, so this turn ends."


def ended(circle: Circle) -> str:
    """The sentence to the person about a turn that was ended."""
    return f'Stopped because the model went round in circles: it made {circle}. Say "go on" to have it try again.'


def circle(rounds: Sequence[Round]) -> Circle | None:
    """The circle in which the last rounds go; None while none has been gone round often enough to be one."""
    for length in range(1, LONGEST + 1):
        again = 0
        while again + length < len(rounds) and rounds[-1 - again] == rounds[-1 - again - length]:
            again += 1
        times = again // length + 1
        if times >= WARNED:
            return Circle(length, times, failed=all(each.failed for each in rounds[-length:]))
    return None


def rounds(messages: Sequence[ChatMessage]) -> list[Round]:
    """The rounds since somebody last said something. One whose results are not all there is not among them."""
    found: list[Round] = []
    for asked, answer in pairwise(messages[_heard(messages) :]):
        calls = transcript.calls(asked.content) if asked.role == "assistant" else ()
        results = {block.tool_use_id: block for block in answer.content if isinstance(block, ToolResult)}
        if calls and all(call.id in results for call in calls):
            found.append(_round([(call, results[call.id]) for call in calls]))
    return found


def _heard(messages: Sequence[ChatMessage]) -> int:
    """Where that begins which follows the last words of a person; looked for from the end, near which they are."""
    for n in reversed(range(len(messages))):
        if messages[n].role == "user" and any(isinstance(block, Text) for block in messages[n].content):
            return n + 1
    return 0


def _round(made: Sequence[tuple[ToolUse, ToolResult]]) -> Round:
    failed = all(result.is_error for _, result in made)
    return Round(
        calls=frozenset(
            _digest(
                [
                    call.name,
                    call.input,
                    None if failed else [transcript.plain(result.content), result.is_error],
                ]
            )
            for call, result in made
        ),
        failed=failed,
    )


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, default=dict)
    return blake2b(text.encode(), digest_size=16).digest()
