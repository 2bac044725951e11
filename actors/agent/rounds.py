"""In which order the tool calls of one answer run. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from actors.session.messages import ToolStep

PARALLEL: Final = 8
"""Calls of one answer that run at once."""


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


def still_open(steps: Sequence[ToolStep]) -> list[ToolStep]:
    """Those that have no result yet."""
    return [step for step in steps if step.state == "intent"]
