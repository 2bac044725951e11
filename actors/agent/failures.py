"""What the person is told when a turn fails or stops at a limit. Pure."""

from collections.abc import Mapping
from typing import Final

from actors.llm.messages import ModelError, ModelNotAllowed, ModelUnavailable, Reason
from actors.session.messages import StorageFailed

REFUSED: Final = "The model refused the request"
_MODEL: Final[Mapping[Reason, str]] = {
    "invalid_request": REFUSED,
    "context_length": "The conversation is too long for the model",
    "authentication": "The model provider refused the key",
    "billing": "The account at the model provider has no credit",
    "rate_limited": "The model provider limits the rate of requests",
    "overloaded": "The model provider is overloaded",
    "server": "The model provider has a problem",
    "network": "The model provider could not be reached",
    "protocol": "The model provider sent an answer that cannot be read",
    "nobody": "None of the models that may answer could be asked",
}

SHORTENED: Final = (
    "The conversation does not fit into the model's window: long texts in it were shortened for this answer. "
    "All of it is still stored."
)
LEFT_OUT: Final = (
    "The model refused this conversation on account of what it had refused in it before. That is left out of what it "
    "gets from now on; it is still stored."
)
INTERRUPTED: Final = "the program was interrupted while it asked the model"
"""Why a completion is repeated that was cut off from within."""


def reason(error: Exception) -> str:
    """One or two sentences: what went wrong and, where it is known, what helps."""
    match error:
        case ModelError() | ModelUnavailable():
            return f"{_MODEL[error.reason]} ({error})."
        case ModelNotAllowed() | StorageFailed():
            return f"{error}."
        case _ if getattr(error, "kind", None) == "timeout":
            return "The model did not answer in time."
        case _:
            return f"The model could not be asked: {INTERRUPTED}. Its log says more."


def unstored(error: Exception) -> str:
    """The sentence about a turn that cannot go on because nothing can be stored."""
    return f"What was done could not be stored ({error}). It is tried again later; nothing that was stored is lost."


def overdue(seconds: float) -> str:
    """The sentence about a turn that was ended when its time was over."""
    return f"Stopped after {seconds:g} s, the time that this turn was given (deadline)."


def retrying(reason: str, wait: float) -> str:
    """The sentence about an attempt that is repeated after `wait` seconds."""
    return f"Asking the model again in {wait:.0f} s: {reason}"


def cramped(window: int | None, fixed: int) -> str:
    """What helps where not even the newest message fits; tokens of the window, if known, and of what is fixed."""
    if window is not None and fixed >= window * 8 // 10:
        return (
            f"its window of {window} tokens is too small for the instructions and tools alone, about {fixed} tokens: "
            "choose a model with a larger one"
        )
    return (
        f"not even the newest message alone fits beside the instructions and tools, about {fixed} tokens: "
        "a shorter message or a model with a larger window helps"
    )


def switched(model: str, reason: str) -> str:
    """The sentence about another model that answers."""
    return f"{model} answers instead ({reason})."


def toolless(model: str) -> str:
    """The sentence about a model that is asked without tools."""
    return f"{model} takes no tools, so it answers without them: it can look at nothing and do nothing."


def gone(model: str) -> str:
    """The sentence about a model that was chosen and is no longer in the settings."""
    return f"{model} is not offered any more; the usual model answers instead."


def too_long(error: Exception) -> bool:
    """Whether the model refused because the conversation does not fit into its window."""
    return isinstance(error, ModelError | ModelUnavailable) and error.reason == "context_length"
