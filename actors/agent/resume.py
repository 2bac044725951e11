"""What becomes of a tool call that was begun before a crash and has no result, by its declared effect (G22). Pure."""

from typing import Final, Literal

from actors.session.messages import ToolStep
from actors.tooling import OnDoubt

Decision = Literal["run", "tell", "skip"]
"""``run`` it again, ``tell`` the model that nobody knows, or ``skip`` it as not done."""

IN_DOUBT: Final = (
    "The program was interrupted while this call was being carried out. It may or may not have happened. "
    "Check before you repeat it."
)
SKIPPED: Final = "The program was interrupted before this call was completed. It counts as not done."


def decide(step: ToolStep, on_doubt: OnDoubt | None) -> Decision:
    """Choose by the effect that was stored with the call.

    Args:
      step: the call as the ledger knows it.
      on_doubt: what its tool declares today; None when it declares nothing or is gone.
    """
    if step.effect != "unsafe" or on_doubt == "retry":
        return "run"
    return "skip" if on_doubt == "skip" else "tell"


def notice(name: str) -> str:
    """The sentence for the person about a call in doubt."""
    return f"The program stopped while {name} was running; it may or may not have happened."
