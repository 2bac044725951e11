"""What of a conversation a provider would not have, and the conversation without it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Self, final

import attrs

from actors import jsontext
from actors.agent import failures
from actors.llm import messages as llm
from actors.session import messages as session
from actors.transcript import Part, Transcript
from actors.vocabulary import Block, Text, ToolResult, ToolUse
from bus import Data


@final
@attrs.frozen
class Unwanted(Data):
    """What of a conversation a provider has refused."""

    said: tuple[Block, ...] = ()
    calls: frozenset[str] = frozenset()
    """Ids of calls."""

    def plus(self, said: tuple[Block, ...], calls: frozenset[str]) -> Self:
        """With more of it."""
        new = tuple(block for block in said if block not in self.said)
        return attrs.evolve(self, said=(*self.said, *new), calls=self.calls | calls)


def is_refusal(error: Exception) -> bool:
    """Whether a provider refused a request for what it holds, as far as can be told."""
    return isinstance(error, llm.ModelError) and error.reason == "invalid_request" and error.status != 404


def without(transcript: Transcript, unwanted: Unwanted, own: Sequence[Block]) -> Transcript:
    """A conversation without what is unwanted; of the blocks in `own`, each stays where it was said last."""
    if unwanted == Unwanted():
        return transcript
    left, parts = list(own), list[Part]()
    for message, start in zip(reversed(transcript.messages), reversed(transcript.starts), strict=True):
        kept: list[Block] = []
        for block in reversed(message.content):
            if block in left:
                left.remove(block)
            elif block in unwanted.said or _call_of(block) in unwanted.calls:
                continue
            kept.append(block)
        parts.append(Part(message.role, tuple(reversed(kept)), start))
    return attrs.evolve(transcript, messages=(), starts=(), size=0, documents=()).plus(reversed(parts))


def _call_of(block: Block) -> str | None:
    match block:
        case ToolUse(id=id) | ToolResult(tool_use_id=id):
            return id
        case _:
            return None


def tells_of_refusal(row: session.Message) -> bool:
    """Whether the person was told by it that a provider refused the request."""
    return row.role == "notice" and row.content.startswith(failures.REFUSED)


def spoken(rows: Iterable[session.Message]) -> tuple[Block, ...]:
    """What the model said."""
    return tuple(Text(text=row.content) for row in rows if row.role == "assistant")


def calls(rows: Iterable[session.Message]) -> frozenset[str]:
    """Ids of the calls that it made."""
    return frozenset(jsontext.read(row.content)["id"] for row in rows if row.role == "tool_use")
