"""What a turn leaves in the daily log: what was asked and what came of it, a line each. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from actors.memory import guard
from actors.memory.context import cut
from actors.outside import CHANNELS, holds
from actors.session.messages import Message, Turn
from actors.vocabulary import says_nothing

_UNSAID: Final = "(answered after words from outside: {})"
_STRANGE: Final = "(a message by {})"
_OF_OTHERS: Final = "(a message with words of others)"
SAID: Final = 200
"""Bytes of what each side said."""


def is_logged(turn: Turn) -> bool:
    """Whether a turn leaves something: one that failed or was cancelled came to nothing.

    In that of a subagent nobody speaks but agents.
    """
    return turn.state == "done" and turn.delegated_by is None


def entry(turn: Turn, shown: Sequence[Message], agent: str, outside: Sequence[str] = ()) -> str | None:
    """Two lines about a turn and the messages that are shown of it; None where nothing was said.

    A job that had nothing to say has said nothing.
    What it took in from others while it ran is part of what was asked; of several answers the last one counts. Logs are
    part of later prompts, so what the model has said after it had read words from outside is not among them, nor what
    has come where anybody may write in somebody else's name, or what was forwarded.
    """
    strangers = CHANNELS.intersection(outside)
    asked = (
        [_STRANGE.format(", ".join(strangers))]
        if strangers
        else [_asked(each) for each in shown if each.role == "user"]
    )
    answers = [each.content for each in shown if each.role == "assistant"]
    if turn.triggered_by is not None and says_nothing("".join(answers[-1:])):
        return None
    lines = (
        _line(turn.triggered_by or "User", asked),
        _line(agent, [_UNSAID.format(", ".join(outside))] if outside and answers else answers[-1:]),
    )
    return "\n".join(filter(None, lines)) or None


def _asked(message: Message) -> str:
    files = [f"[{each.name}]" for each in message.attachments]
    return " ".join((_OF_OTHERS if holds(message.content) else message.content, *files))


def _line(label: str, texts: Iterable[str]) -> str | None:
    """What somebody said on one line. What may not stand where prompts are made from does not."""
    text = " ".join(" ".join(texts).split())
    if not text:
        return None
    short = cut(text, SAID)
    shown = short if short == text else f"{short}..."
    return f"**{label}**: {shown if guard.fault(shown) is None else '(left out)'}"
