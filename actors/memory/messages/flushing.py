"""Remembering what a conversation is about to lose."""

from typing import ClassVar, final

import attrs

from actors.vocabulary import ChatMessage
from bus import Abandon, Request


@final
@attrs.frozen(kw_only=True)
class Flush(Request[str]):
    """Have a model write down what is worth remembering of messages that a summary is about to replace.

    Answers with a sentence to the person, or none. Where no model can be asked, or it does not answer, the beginning of
    their words goes into the daily log. The same again writes nothing twice. What the model has used is stored as a
    cost of the turn.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 180.0
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    measured: ClassVar[bool] = False
    user: str
    session: str
    turn: str
    until: int
    """Step of the conversation before which the messages are."""
    model: str | None
    """``provider/model``; None asks none."""
    messages: tuple[ChatMessage, ...]
