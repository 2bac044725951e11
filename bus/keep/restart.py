"""What becomes of a child that has ended: pure decisions (G10). Supervisors and pools only carry them out.

Vocabulary and rules are OTP's, with Akka's backoff, and one distinction of our own: a bug spends the restart
budget, an outage only waits.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import attrs

from bus.keep.exits import Exit, ExitKind
from bus.keep.limits import Backoff, Intensity
from bus.message.data import Data

Strategy = Literal["one_for_one", "rest_for_one"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


@attrs.frozen
class Budget(Data):
    """How many crashes a supervisor or a pool bears, and what it has spent."""

    intensity: Intensity
    crashes: tuple[float, ...] = ()
    """When it was spent, oldest first."""

    def left(self, now: float) -> int:
        """How many more crashes it bears now."""
        return max(0, self.intensity.restarts - self.recent(now))

    def recent(self, now: float) -> int:
        """How many crashes count now."""
        return sum(now - at < self.intensity.per for at in self.crashes)

    def after(self, exit: Exit, now: float) -> "Budget":
        """The budget after one more crash, or after giving back what a quarantined message has spent."""
        recent = [at for at in self.crashes if now - at < self.intensity.per]
        if exit.refund:
            earlier = exit.refund - 1  # this crash is not counted at all
            recent = recent[: max(0, len(recent) - earlier)]
        else:
            recent.append(now)
        return attrs.evolve(self, crashes=tuple(recent))


@attrs.frozen(kw_only=True)
class Past(Data):
    """What is remembered of one child over its incarnations."""

    failures: int = 0
    """Ends in a row without enough health between them."""
    ready_at: float | None = None


def decide(
    budget: Budget, past: Past, exit: Exit, *, name: str, backoff: Backoff, now: float, random: float
) -> tuple[Budget, Past, float | Exit]:
    """What to remember of the end of a child, and when to start it again; or how to end, as the budget is spent.

    Args:
      budget: of its supervisor or pool.
      past: of the child.
      exit: why it ended; ends that its supervisor asked for are not reported here.
      name: of the child, for people.
      backoff: how long it waits.
      now: seconds, any origin.
      random: in [0, 1), picks the jitter of the backoff.
    """
    if exit.kind is not ExitKind.OUTAGE:
        budget = budget.after(exit, now)
        spent, intensity = len(budget.crashes), budget.intensity
        if spent > intensity.restarts:
            detail = f"{spent} crashes within {intensity.per:g} s, last: {name} {exit}"
            return budget, past, Exit(ExitKind.RESTART_LIMIT, exit.error, detail=detail)
    was_well = past.ready_at is not None and now - past.ready_at >= backoff.forgiven_after
    past = Past(failures=1 if was_well else past.failures + 1)
    return budget, past, now + backoff.delay(past.failures, random)


def taken_along(strategy: Strategy, names: Sequence[str], name: str) -> Sequence[str]:
    """Who is stopped, in reverse, and started again with a child that has ended: in start order, itself included."""
    index = names.index(name)
    return names[index : index + 1] if strategy == "one_for_one" else names[index:]
