"""The tool calls of one answer: in which order they run, and what becomes of one that a crash left open. Pure."""

from collections.abc import Iterable
from typing import Final, Literal

from actors.session.messages import ToolStep
from actors.tooling import OnDoubt

PARALLEL: Final = 8
"""Calls of one answer that run at once."""

Decision = Literal["run", "tell", "skip"]
"""``run`` it again, ``tell`` the model that nobody knows, or ``skip`` it as not done."""

IN_DOUBT: Final = (
    "The program was interrupted while this call was being carried out. It may or may not have happened. "
    "Check before you repeat it."
)
SKIPPED: Final = "The program was interrupted before this call was completed. It counts as not done."


def batches(steps: Iterable[ToolStep]) -> list[list[ToolStep]]:
    """Group calls so that the outcome is as if they ran one after another, in the order of the model.

    Neighbouring calls that only read form one batch and run at once; a call that changes something is a batch of
    its own.
    """
    found: list[list[ToolStep]] = []
    reading = False
    for step in steps:
        if step.effect == "pure" and reading:
            found[-1].append(step)
        else:
            found.append([step])
        reading = step.effect == "pure"
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


def doubt(name: str) -> str:
    """The sentence for the person about a call in doubt."""
    return f"The program stopped while {name} was running; it may or may not have happened."
