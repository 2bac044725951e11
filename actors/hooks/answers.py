"""What a command has answered, from how it ended and what it wrote. Pure."""

from typing import Final, final

import attrs

from actors import jsontext
from actors.beginning import beginning
from actors.hooks import output
from actors.hooks.messages import DECIDING, EventName
from actors.hooks.output import BadOutput, Output
from actors.hooks.registry import Answer
from actors.vocabulary import quoted

LONGEST: Final = 1024 * 1024
"""Bytes of an answer."""
BLOCKS: Final = 2
"""Exit status of a command that stands in the way, with its reason on stderr."""
TAIL: Final = 2000
"""Characters of stderr that are kept: its end."""
LONGEST_REASON: Final = 4000
"""Characters."""


@final
@attrs.frozen(kw_only=True)
class Done:
    """How a command has ended."""

    status: int
    """Below 0: by this signal."""
    stdout: bytes
    stderr: bytes = b""


@final
@attrs.define(eq=False)
class CommandFailed(Exception):
    """A command has not answered. The text is a sentence for its owner."""

    reason: str
    stderr: str = ""

    def __str__(self) -> str:
        return self.reason


def answered(event: EventName, done: Done) -> Answer:
    """What a command says. Raises CommandFailed."""
    stderr = done.stderr.decode(errors="replace").strip()
    shown = tail(stderr)
    if done.status == BLOCKS and event in DECIDING:
        reason = beginning(stderr, LONGEST_REASON) or None
        return Answer(output=Output(decision="block", reason=reason), stderr=shown)
    if done.status:
        how = f"with status {done.status}" if done.status > 0 else f"by signal {-done.status}"
        raise CommandFailed(f"it ended {how}", shown)
    text = done.stdout.strip()
    if not text:
        return Answer(output=output.NOTHING, stderr=shown)
    try:
        return Answer(output=output.read(jsontext.read_object(text, limit=LONGEST)), stderr=shown)
    except (jsontext.NotJson, BadOutput) as error:
        said = quoted(text.decode(errors="replace"))
        raise CommandFailed(f"its answer {said} cannot be used: {error}", shown) from None


def tail(text: str) -> str:
    """The end of what it wrote."""
    return text if len(text) <= TAIL else f"…{text[1 - TAIL :]}"
