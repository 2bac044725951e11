"""Waits for the end of a turn, and makes the answer to a message of it."""

import contextlib
import sys
from collections.abc import Iterable
from typing import Final

import trio

from actors.agent.messages import Accepted, Answer
from actors.session import messages as session
from bus import Bus, SubscriptionLagged

LOOK: Final = 30.0
"""Seconds after which the store is asked although nobody has told of an end: what is told may be lost with a crash."""
OVER: Final = frozenset({"done", "failed", "cancelled"})


async def answer_to(bus: Bus, accepted: Accepted, user: str) -> Answer:
    """Wait until the turn of a message, or the one that it became part of, has ended. Its answer is in the store."""
    while True:
        async with bus.subscribe(session.TurnFinished, key=accepted.session) as ends:
            turn = await turn_that_answers(bus, accepted.turn, user)
            if turn.state in OVER:
                break
            with trio.move_on_after(LOOK), contextlib.suppress(SubscriptionLagged):
                await anext(ends)
    rows = await bus.ask(session.Messages(session=turn.session, user=user, turn=turn.id, limit=sys.maxsize))
    return compose(accepted.turn, turn, rows)


async def turn_that_answers(bus: Bus, turn: str, user: str) -> session.Turn:
    """The turn whose end answers a message: its own, or the one that it joined. Raises UnknownTurn."""
    found = await bus.ask(session.GetTurn(turn=turn, user=user))
    if found.merged_into is not None:
        found = await bus.ask(session.GetTurn(turn=found.merged_into, user=user))
    return found


def compose(turn: str, answered_by: session.Turn, rows: Iterable[session.Message]) -> Answer:
    """The answer to the message of `turn` from the rows of the turn that answered it."""
    own = list(rows)
    notices = [row.content for row in own if row.role == "notice"]
    return Answer(
        turn=turn,
        answered_by=answered_by,
        text="\n\n".join(row.content for row in own if row.role == "assistant"),
        attachments=tuple(file for row in own if row.role != "user" for file in row.attachments),
        notice=notices[-1] if notices else None,
    )
