"""The tool calls of one answer: in which order they run, and what becomes of one that a crash left open. Pure."""

from collections.abc import Container, Iterable, Sequence
from typing import Final, Literal

import attrs

from actors.session.messages import ToolStep
from actors.tooling import OnDoubt
from actors.vocabulary import ToolUse

PARALLEL: Final = 8
"""Calls of one answer that run at once."""
PAUSES: Final = (0.5, 2.0, 8.0)
"""Seconds before a call that waits for other turns is made again."""

Decision = Literal["run", "tell", "skip"]
"""``run`` it again, ``tell`` the model that nobody knows, or ``skip`` it as not done."""

IN_DOUBT: Final = (
    "The program was interrupted while this call was being carried out. It may or may not have happened. "
    "Check before you repeat it."
)
BEFORE: Final = "The program was interrupted when it was carried out before. It may or may not have happened."
"""Likewise, of one that would be repeated if it were still allowed."""
SKIPPED: Final = "The program was interrupted before this call was completed. It counts as not done."


def bounded(calls: Sequence[ToolUse], *, of_answer: int, of_turn: int) -> tuple[ToolUse, ...]:
    """The calls of an answer, those that are too many marked as not to be carried out.

    `of_answer` may be carried out of one answer, `of_turn` are left of what the turn may make.
    """
    room = min(of_answer, of_turn)
    limit = "limits.calls_per_answer" if room == of_answer else "limits.calls_per_turn"
    why = f"This call was not carried out: {room} of the {len(calls)} calls in this answer were ({limit})."
    return (
        *calls[:room],
        *(attrs.evolve(call, unreadable=call.unreadable or why) for call in calls[room:]),
    )


def batches(steps: Iterable[ToolStep], waiting: Container[str] = ()) -> list[list[ToolStep]]:
    """Group calls so that the outcome is as if they ran one after another, in the order of the model.

    Neighbouring calls that only read form one batch and run at once, and so do those of a tool that is `waiting` for
    other turns, whose work overlaps anyway; any other call that changes something is a batch of its own.
    """
    found: list[list[ToolStep]] = []
    before = None
    for step in steps:
        kind = "" if step.effect == "pure" else step.call.name
        joins = kind == "" or kind in waiting
        if joins and kind == before:
            found[-1].append(step)
        else:
            found.append([step])
        before = kind if joins else None
    return found


def decide(step: ToolStep, on_doubt: OnDoubt | None) -> Decision:
    """What becomes of a call without a result, by whether it had begun and by the effect stored with it (G22).

    Args:
      step: the call as the ledger knows it.
      on_doubt: what its tool declares today; None when it declares nothing or is gone.
    """
    if step.state != "begun" or step.effect != "unsafe" or on_doubt == "retry":
        return "run"
    return "skip" if on_doubt == "skip" else "tell"


def refusal(step: ToolStep, why: str) -> str:
    """Why a call is not carried out, and that it may have been: one that had begun can be refused when repeated."""
    settled = step.state != "begun" or step.effect == "pure" or why in {IN_DOUBT, SKIPPED}
    return why if settled else f"{why} {BEFORE}"


def changed(name: str) -> str:
    """Why a call is not carried out that was stored as one that only reads, of a tool that does more."""
    return (
        f"The tool {name} was not there when this call was made, or did less then. Call it again if need be."
    )


def withheld(name: str, given: Iterable[str]) -> str:
    """Why a call of a tool that there is, but not for this turn, is not carried out."""
    return f"This turn may not use {name}. The tools that it was given: {', '.join(given) or 'none'}."


def doubt(name: str) -> str:
    """The sentence for the person about a call in doubt."""
    return f"The program stopped while {name} was running; it may or may not have happened."
