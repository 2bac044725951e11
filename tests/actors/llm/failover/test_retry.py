from functools import partial
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.completion import Completion, Send, Tokens
from actors.llm.failover.retry import JITTER, wait_before_retry, with_retries
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable, Retrying, TextDelta
from actors.llm.settings import Retry

ANSWER = Completion(content=(), stop_reason="end_turn", tokens=Tokens())


def trouble(retry_after: float | None = None) -> ModelUnavailable:
    return ModelUnavailable(reason="overloaded", provider="anthropic", detail="busy", retry_after=retry_after)


def test_each_wait_is_longer_than_the_one_before_until_the_limit() -> None:
    retry = Retry()
    longest = [wait_before_retry(trouble(), n, retry, 0.0) for n in range(1, 6)]
    assert longest == [1, 2, 4, 8, 16]
    shortest = [wait_before_retry(trouble(), n, retry, 0.999) for n in range(1, 6)]
    assert all(a < b for a, b in zip(longest, shortest[1:], strict=False) if a and b)


def test_waits_are_capped() -> None:
    assert wait_before_retry(trouble(), 10, Retry(max_retries=10, max_wait=5), 0.0) == 5


def test_after_the_last_retry_it_gives_up() -> None:
    assert wait_before_retry(trouble(), 5, Retry(), 0.0) == 16
    assert wait_before_retry(trouble(), 6, Retry(), 0.0) is None
    assert wait_before_retry(trouble(), 1, Retry(max_retries=0), 0.0) is None


def test_what_the_provider_asks_for_is_honoured() -> None:
    assert wait_before_retry(trouble(retry_after=7), 1, Retry(), 0.5) == 7
    assert wait_before_retry(trouble(retry_after=0.1), 3, Retry(), 0.0) == 4


def test_a_provider_that_asks_for_too_long_a_wait_is_not_asked_again() -> None:
    assert wait_before_retry(trouble(retry_after=61), 1, Retry(), 0.0) is None


def test_a_wait_that_takes_longer_than_there_is_patience_is_not_begun() -> None:
    assert wait_before_retry(trouble(), 3, Retry(), 0.0, left=4.0) == 4
    assert wait_before_retry(trouble(), 3, Retry(), 0.0, left=3.9) is None
    assert wait_before_retry(trouble(retry_after=5), 1, Retry(), 0.0, left=4.0) is None


@given(st.integers(1, 5), st.floats(0, 1, exclude_max=True))
def test_chance_shortens_a_wait_by_a_quarter_at_most(failures: int, chance: float) -> None:
    whole = wait_before_retry(trouble(), failures, Retry(), 0.0)
    wait = wait_before_retry(trouble(), failures, Retry(), chance)
    assert whole is not None
    assert wait is not None
    assert whole * (1 - JITTER) <= wait <= whole


class Attempts:
    """Fails with each of the given errors, then succeeds."""

    def __init__(self, *errors: Exception, says: str = "", lasts: float = 0) -> None:
        self.errors = list(errors)
        self.says = says
        self.lasts = lasts
        self.times: list[float] = []

    async def __call__(self, send: Send) -> Completion:
        self.times.append(trio.current_time())
        if self.says:
            await send(TextDelta(text=self.says))
        await trio.sleep(self.lasts)
        if self.errors:
            raise self.errors.pop(0)
        return ANSWER


@pytest.fixture
def sent() -> list[CompletionEvent]:
    return []


async def run(
    attempts: Attempts, sent: list[CompletionEvent], retry: Retry | None = None, **limits: Any
) -> None:
    async def send(item: CompletionEvent) -> None:
        sent.append(item)

    answer = await with_retries(
        attempts,
        send,
        retry=retry or Retry(),
        chance=lambda: 0.0,
        sleep=trio.sleep,
        clock=trio.current_time,
        **limits,
    )
    assert answer is ANSWER


async def test_a_short_failure_before_any_text_is_repaired_silently(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    attempts = Attempts(trouble(), trouble())
    await run(attempts, sent)
    assert sent == []
    assert [b - a for a, b in zip(attempts.times, attempts.times[1:], strict=False)] == pytest.approx([1, 2])


async def test_a_long_wait_is_announced(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    await run(Attempts(trouble(retry_after=30)), sent)
    assert sent == [Retrying(reason="anthropic: busy", wait=30)]


async def test_a_failure_after_a_long_silence_is_announced(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    await run(Attempts(trouble(), lasts=90), sent)
    assert sent == [Retrying(reason="anthropic: busy", wait=1)]


async def test_a_failure_after_text_is_announced_before_the_answer_begins_anew(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    await run(Attempts(trouble(), says="Hel"), sent)
    assert sent == [TextDelta(text="Hel"), Retrying(reason="anthropic: busy", wait=1), TextDelta(text="Hel")]


async def test_a_permanent_outage_ends_after_six_requests_with_its_error(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    attempts = Attempts(*[trouble()] * 10)
    with pytest.raises(ModelUnavailable):
        await run(attempts, sent)
    assert len(attempts.times) == 6


async def test_patience_ends_before_the_limits_do(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    attempts = Attempts(*[trouble()] * 10)
    with pytest.raises(ModelUnavailable):
        await run(attempts, sent, patience=10.0)
    assert [time - attempts.times[0] for time in attempts.times] == pytest.approx([0, 1, 3, 7])


async def test_it_may_be_given_up_at_any_failure(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    attempts = Attempts(*[trouble()] * 10)
    with pytest.raises(ModelUnavailable):
        await run(attempts, sent, given_up=lambda: len(attempts.times) == 2)
    assert len(attempts.times) == 2


async def test_a_refusal_is_final(sent: list[CompletionEvent]) -> None:
    attempts = Attempts(ModelError(reason="billing", provider="openai", detail="no credit"))
    with pytest.raises(ModelError):
        await run(attempts, sent)
    assert len(attempts.times) == 1


async def test_the_wait_can_be_cancelled(
    autojump_clock: trio.testing.MockClock, sent: list[CompletionEvent]
) -> None:
    attempts = Attempts(trouble(retry_after=50))
    with trio.move_on_after(5) as scope:
        await partial(run, attempts, sent)()
    assert scope.cancelled_caught
    assert trio.current_time() - attempts.times[0] == pytest.approx(5)
