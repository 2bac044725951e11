"""Who decides whether a call of a tool is carried out: what is proposed, what can be said to it, and by whom.

The agent puts each call to its :class:`Guards` before anything is done. The tree makes them: rules, hooks and people
are other subsystems, of which the agent knows nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, final

import attrs

from actors.tooling import CallContext, Effect, Rendered
from actors.vocabulary import ToolUse
from bus import Bus, Data


def _silence(_text: str) -> bool:
    return False


@final
@attrs.frozen(kw_only=True)
class Proposal(Data):
    """A call that could be decoded and waits to be carried out."""

    call: ToolUse
    """As the model made it."""
    input: Mapping[str, Any]
    """As it would be carried out: hooks may have changed it."""
    effect: Effect
    delegates: bool = False
    """Whether all it does is to begin another turn, whose calls are put to the guards themselves."""
    outward: bool = False
    """Whether its input goes to a program of others, whatever it is that it does there."""
    acts_on: str = ""
    """Name of the property of the input that says what the call acts on; empty for none."""
    context: CallContext
    heard: Callable[[str], bool] = attrs.field(default=_silence, repr=False, eq=False)
    """Whether these words stand in what the person has said or the model has read, other than as an echo of its own."""

    @property
    def subject(self) -> str:
        """What it acts on, as the model wrote it: a command, a path, a URL."""
        found = self.input.get(self.acts_on, "")
        return found if isinstance(found, str) else ""

    @property
    def outside(self) -> tuple[str, ...]:
        """Where words came from that somebody else has written and the model has read."""
        return self.context.outside


# --- what can be said to it -------------------------------------------------------------------------------


@final
@attrs.frozen
class Pass(Data):
    """Whoever is asked has nothing against it and nothing for it, and perhaps wants it done with another input."""

    input: Mapping[str, Any] | None = None
    context: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    """What the model is to be told with the result."""


@final
@attrs.frozen
class Allow(Data):
    """The call may be carried out."""

    by: str = "default"
    """Who says so: ``default``, ``rule …``, ``grant …``, ``person …``, ``hook …``."""
    input: Mapping[str, Any] | None = None
    """The input it is to be carried out with; None: as proposed."""
    context: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    """As of :class:`Pass`."""


@final
@attrs.frozen
class Deny(Data):
    """The call is not carried out; the model is told why."""

    reason: str
    by: str = "default"
    stop: bool = attrs.field(default=False, kw_only=True)
    """Whether the turn ends with the results of this round."""
    context: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    """As of :class:`Pass`."""


@final
@attrs.frozen
class Ask(Data):
    """A person is to decide, for this reason."""

    reason: str
    by: str = "default"
    input: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True)
    """As of :class:`Allow`."""
    context: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    """As of :class:`Pass`."""


@final
@attrs.frozen(kw_only=True)
class Asked(Data):
    """A person was asked, and the question is stored."""

    id: str
    """The same for the same call with the same input, also after a restart."""
    expires_at: datetime
    """When no answer becomes a denial."""


Policy = Callable[[Proposal], Allow | Deny | Ask]
"""Decides at once, from what is in memory. What it raises denies the call."""


# --- the guards -------------------------------------------------------------------------------------------


def allow_all(_proposal: Proposal) -> Allow | Deny | Ask:
    """The policy of an agent whose tools do no harm outside of its own home."""
    return Allow()


async def _nobody(_bus: Bus, _proposal: Proposal, _question: Ask) -> Allow | Deny | Asked:
    return Deny("a person would have to agree to this, and nobody can be asked here")


async def _never(_bus: Bus, _asked: Asked) -> Allow | Deny:
    return Deny("nobody was asked")


def _unhooked(_tool: str) -> bool:
    return False


async def _passed(_bus: Bus, _proposal: Proposal) -> Pass | Allow | Deny | Ask:
    return Pass()


async def _unchanged(_bus: Bus, _proposal: Proposal, result: Rendered) -> Rendered:
    return result


@final
@attrs.frozen(kw_only=True)
class Guards(Data):
    """Whom a call is put to, in this order: hooks before it, the policy, a person, and hooks after it.

    A hook that allows a call spares the person the question, but allows nothing that the policy denies.
    """

    policy: Policy = allow_all
    ask: Callable[[Bus, Proposal, Ask], Awaitable[Allow | Deny | Asked]] = _nobody
    """Asks a person, or answers at once because one has answered before. The same question twice is one."""
    answer: Callable[[Bus, Asked], Awaitable[Allow | Deny]] = _never
    """Waits for the answer, however long that takes."""
    hooked: Callable[[str], bool] = _unhooked
    """Whether there may be hooks for a tool of this name. Where there are none, the two below cost nothing."""
    before: Callable[[Bus, Proposal], Awaitable[Pass | Allow | Deny | Ask]] = _passed
    after: Callable[[Bus, Proposal, Rendered], Awaitable[Rendered]] = _unchanged
    """Gets the result, which may be an error, and gives what the model is to see."""


UNGUARDED: Final = Guards()
"""Whatever can be decoded is carried out."""


@final
@attrs.frozen(kw_only=True)
class Decision(Data):
    """What was decided about a call, for the books."""

    verdict: Literal["allowed", "denied"]
    by: str
    reason: str = ""
    subject: str = ""
    outside: tuple[str, ...] = ()
    input: Mapping[str, Any] | None = None
    """With which it was decided, where that is not the input that the model gave."""
