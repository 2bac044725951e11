"""Turns and messages over time. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import attrs

from actors.console.messages import Span, Step, Told
from actors.session import messages as session
from actors.subagents import messages as subagents
from bus import mask_text, wire_name
from bus.console import TapEvent

HANDED: Final = wire_name(subagents.Delegate).partition("@")[0]
"""What hands a part of a turn to others."""


def steps_of(stored: Iterable[session.StepInfo], accepted_at: datetime, *, texts: bool) -> tuple[Step, ...]:
    """The steps of a turn in seconds since `accepted_at`; with `texts`, also what was said.

    An answer of the model is stored when it is whole, so it is taken to begin when what came before it ended.
    """
    steps: list[Step] = []
    free = 0.0
    for step in stored:
        at = (step.started_at - accepted_at).total_seconds()
        end = None if step.ended_at is None else (step.ended_at - accepted_at).total_seconds()
        start = at if step.kind == "tool" else min(free, at)
        free = max(free, at if end is None else end)
        steps.append(_step(step, start, end, mask_text(step.text) if texts else ""))
    return tuple(steps)


def _step(step: session.StepInfo, start: float, end: float | None, text: str) -> Step:
    return Step(
        n=step.n,
        kind=step.kind,
        tool=step.tool,
        effect=step.effect,
        state=step.state,
        is_error=step.is_error,
        text=text,
        start=round(start, 6),
        end=None if end is None else round(end, 6),
        usage=step.usage,
    )


def told_of(stored: Sequence[session.ToldText]) -> tuple[Told, ...]:
    """How much each source told the last attempt of a turn that stored something."""
    last = max((each.attempt for each in stored), default=0)
    return tuple(Told(source=each.source, size=each.size) for each in stored if each.attempt == last)


def home_of(name: str) -> str:
    """An actor, or the pool it is of; ``outside`` for what no actor sent."""
    return name.partition("[")[0] or "outside"


def short_type(event: TapEvent) -> str:
    """The message's class without the version."""
    return event.type.partition("@")[0]


def begin_of(event: TapEvent) -> float:
    """When a message was sent, in seconds on the clock of the run."""
    return event.at - (event.wait or 0.0) - (0.0 if _runs(event) else event.took or 0.0)


def of_turn(events: Iterable[TapEvent], turn: str) -> list[TapEvent]:
    """Messages sent for a turn, those for its subagents, and those that caused it before it was one."""
    found = list(events)
    own, handed = set[int](), set[int]()
    for event in sorted(found, key=lambda event: event.seq):
        if event.cause in handed or event.baggage.get("turn", "") in {"", turn}:
            own.add(event.seq)
            if event.cause in handed or short_type(event) == HANDED:
                handed.add(event.seq)
    return [event for event in found if event.seq in own]


def spans_of(
    events: Iterable[TapEvent], origin: float, *, named: Callable[[str], str] = str
) -> tuple[Span, ...]:
    """Messages in seconds since `origin` on the clock of the run, in the order of their sending.

    `named` says how actors are called.
    """
    spans: dict[int, Span] = {}
    for event in sorted(events, key=lambda event: (begin_of(event), event.seq)):
        earlier = spans.get(event.seq)
        # An answer for which nobody waited any more is a second end of the same message.
        spans[event.seq] = _span(event, origin, named) if earlier is None else _again(earlier, event)
    return tuple(spans.values())


def _span(event: TapEvent, origin: float, named: Callable[[str], str]) -> Span:
    return Span(
        seq=event.seq,
        cause=event.cause,
        type=short_type(event),
        kind=event.kind,
        sender=named(event.sender),
        to=named(event.to),
        outcome=event.outcome,
        detail=mask_text(event.detail),
        start=round(begin_of(event) - origin, 6),
        wait=round(event.wait or 0.0, 6),
        took=None if _runs(event) else round(event.took or 0.0, 6),
    )


def _again(first: Span, event: TapEvent) -> Span:
    return attrs.evolve(first, outcome=event.outcome)


def _runs(event: TapEvent) -> bool:
    """Whether a message is still being handled; one that was taken out of turn is done."""
    return event.point == "taken" and event.detail != "joined"
