"""What a subagent is given: the message it gets, and how much of what its caller may it may. Pure."""

from typing import Final

import attrs

from actors.outside import marked
from actors.session.messages import Delegation, Incoming, Turn
from actors.subagents.messages import TOOL, Delegate, NoTimeLeft, NotYours, TooDeep
from actors.subagents.settings import Settings

SOURCE: Final = "subagent"
"""Where messages of agents come from."""
SHARE: Final = 0.9
"""How much of the time that is left the subagent has, so that some is left to say what came of it."""
LEAST: Final = 1.0
"""Seconds with which it is worth beginning."""


def tools(request: Delegate, settings: Settings) -> tuple[str, ...]:
    """The tools that it may use. Raises TooDeep; NotYours for one that its caller has not."""
    if request.depth >= settings.depth:
        raise TooDeep(limit=settings.depth)
    is_last = request.depth + 1 >= settings.depth
    if request.tools is None:
        return tuple(name for name in request.own_tools if name != TOOL or not is_last)
    if others := tuple(name for name in request.tools if name not in request.own_tools):
        raise NotYours(tools=others, yours=request.own_tools)
    if is_last and TOOL in request.tools:
        raise TooDeep(limit=settings.depth)
    return request.tools


def order(request: Delegate, caller: Turn, settings: Settings, waited: float) -> Incoming:
    """The message that a subagent is started with; the same call makes the same one, which is taken as one.

    What it spends counts for the turn of its caller, whose limits hold for both.

    Args:
      request: the call.
      caller: the turn that makes it.
      settings: those in force.
      waited: seconds since it was made.

    Raises what :func:`tools` raises, and NoTimeLeft.
    """
    given = tools(request, settings)
    return Incoming(
        text=marked(request.prompt, request.outside),
        user=request.user,
        role=request.role,
        channel=request.channel,
        mode="queue",
        source=SOURCE,
        client_message_id=f"sub:{request.call}",
        triggered_by=request.triggered_by or None,
        options=attrs.evolve(
            caller.options,
            model=request.model or request.own_model,
            effort=request.own_effort,
            deadline_s=_deadline(request.left, waited),
            tools=given,
        ),
        delegation=Delegation(
            turn=request.turn,
            step=int(request.call.rpartition(":")[2]),
            title=request.description,
            most=settings.per_turn,
        ),
    )


def _deadline(left: float | None, waited: float) -> float | None:
    if left is None:
        return None
    seconds = (left - waited) * SHARE
    if seconds < LEAST:
        raise NoTimeLeft
    return seconds
