"""Who is asked in which order when a model cannot answer, and what is said when none of them can. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from actors.llm.messages import Failure, ModelError, ModelUnavailable, Reason

_ENDPOINT: Final = frozenset[Reason]({"authentication", "billing", "network", "protocol"})
"""Refusals that the next request to the same endpoint will meet as well."""

_UNKNOWN_MODEL: Final = re.compile(
    r"\b(unknown|invalid|no such|not a valid) model\b"
    r"|\bmodel\b.{0,200}?\b(not (found|exist|available)|doesn't exist|has been (deprecated|removed|retired))",
    re.IGNORECASE | re.DOTALL,
)


def order(chain: Sequence[str], resting: Callable[[str], bool]) -> tuple[str, ...]:
    """The models of a chain in the order in which they are asked.

    Those whose endpoints rest come last, for when nobody else can answer: whoever waits is refused by a provider, never
    by us.
    """
    return tuple(sorted(dict.fromkeys(chain), key=resting))


def is_outage(error: Failure) -> bool:
    """Whether the endpoint is at fault, so that any other request to it would have failed as well."""
    return isinstance(error, ModelUnavailable) or error.reason in _ENDPOINT


def passes_on(error: Failure, *, chosen: bool) -> bool:
    """Whether the next model of the chain is asked.

    It is not when the request itself is at fault or the conversation is too long for the model that was `chosen`: that
    is to be mended. What a model in its place cannot take, the next one may.
    """
    return not chosen or is_outage(error) or _is_unknown(error)


def nobody(failed: Iterable[Failure]) -> Failure:
    """What a chain has come to of which every model failed, with each one's reason in the order of asking.

    When one of them could have taken a shorter conversation, that is what helps.
    """
    errors = tuple(failed)
    shorter = next((error for error in errors if error.reason == "context_length"), None)
    _, *others = dict.fromkeys(map(str, errors))
    if shorter is not None or not others:
        return shorter or errors[0]
    provider, detail = errors[0].provider, "; ".join((errors[0].detail, *others))
    waits = [error.retry_after for error in errors if isinstance(error, ModelUnavailable)]
    if not waits:
        return ModelError(reason="nobody", provider=provider, detail=detail)
    wait = min((wait for wait in waits if wait is not None), default=None)
    return ModelUnavailable(reason="nobody", provider=provider, detail=detail, retry_after=wait)


def _is_unknown(error: Failure) -> bool:
    """Whether the endpoint is well, but has no such model."""
    return error.reason == "invalid_request" and (
        error.status == 404 or _UNKNOWN_MODEL.search(error.detail) is not None
    )
