"""Whether and when a failed request is repeated. Pure, but for the loop that is told how to sleep."""

import math
from collections.abc import Awaitable, Callable
from typing import Final

from actors.llm.answers.delivery import Delivery
from actors.llm.completion import Completion, Send
from actors.llm.messages import ModelUnavailable, Retrying
from actors.llm.settings import Retry

JITTER: Final = 0.25
"""Largest part of a wait that chance takes away, so that many clients do not come back in the same instant."""

QUIET: Final = 2.0
"""Seconds of silence, before a failure or after it, that need no word to the person who waits."""


def wait_before_retry(
    error: ModelUnavailable, failures: int, retry: Retry, chance: float, left: float = math.inf
) -> float | None:
    """Seconds to wait before the next request, or None to give up.

    Args:
      error: what the last request ended with; what it asks for (`retry_after`) is honoured.
      failures: requests that have failed so far, at least one.
      retry: the limits.
      chance: random number in [0, 1).
      left: seconds within which the next request has to begin.
    """
    if failures > retry.max_retries or (error.retry_after or 0.0) > retry.max_wait:
        return None
    wait: float = min(retry.first_wait * 2.0 ** (failures - 1), retry.max_wait) * (1 - JITTER * chance)
    wait = max(wait, error.retry_after or 0.0)
    return wait if wait <= left else None


async def with_retries(
    attempt: Callable[[Send], Awaitable[Completion]],
    send: Send,
    *,
    retry: Retry,
    chance: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    clock: Callable[[], float],
    patience: float = math.inf,
    given_up: Callable[[], bool] = lambda: False,
) -> Completion:
    """Make attempts until one succeeds or the limits of `retry` are reached; then its error goes on.

    A repetition after something was delivered, or a long silence, is announced as :class:`Retrying`. `clock`
    counts seconds, `patience` those from the first attempt within which the last one begins. `given_up` is asked
    after each failure.
    """
    failures = 0
    latest = clock() + patience
    while True:
        delivery, begun = Delivery(send), clock()
        try:
            return await attempt(delivery.send)
        except ModelUnavailable as error:
            failures += 1
            wait = wait_before_retry(error, failures, retry, chance(), latest - clock())
            if wait is None or given_up():
                raise
            if delivery.begun or max(wait, clock() - begun) > QUIET:
                await send(Retrying(reason=str(error), wait=wait))
        await sleep(wait)
