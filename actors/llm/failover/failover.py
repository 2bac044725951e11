"""Asks the models of a chain until one answers, and knows which endpoints are resting.

Whoever takes over begins the answer anew: what a reader has seen of the other one's is void, and they are told so
(:class:`actors.llm.messages.Switched`) with the first word of the new one, not before: one that fails as well was never
announced.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NoReturn, final

from actors.llm.completion import Completion, Send
from actors.llm.failover.chain import is_outage, nobody, order, passes_on
from actors.llm.failover.circuit import Circuits
from actors.llm.failover.retry import with_retries
from actors.llm.messages import (
    Bill,
    CompletionEvent,
    Failure,
    ModelError,
    ModelUnavailable,
    Retrying,
    Switched,
)
from actors.llm.settings import Retry

Endpoint = tuple[str, str | None]
"""Name of a provider, and the address where it is not its own."""
Attempt = Callable[[str, Send], Awaitable[Completion]]
"""Asks the model ``provider/model`` once. Raises ModelError or ModelUnavailable."""


@final
class Failover:
    """Any number of chains may be asked at once; they share what is known of the endpoints."""

    def __init__(
        self,
        *,
        endpoint: Callable[[str], Endpoint],
        clock: Callable[[], float],
        chance: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        ended: Callable[[str, Failure | None], None],
    ) -> None:
        """`endpoint` says where a model is; `ended` is told the model of each request and how it failed, if it did."""
        self.circuits = Circuits[Endpoint]()
        self._endpoint = endpoint
        self._clock = clock
        self._chance = chance
        self._sleep = sleep
        self._ended = ended

    async def ask(
        self,
        chain: Sequence[str],
        attempt: Attempt,
        send: Send,
        retry: Retry,
        *,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> tuple[str, Completion]:
        """The first answer of a chain and the model that gave it; `chain` begins with the one that was chosen.

        `may_go_on` is asked after each failure whether there may be another attempt.
        Raises the error of the only one that failed, or one that says how each of them did.
        """
        chosen = chain[0]
        why = self.circuits.of(self._endpoint(chosen)).why  # where others are asked before it
        plan = order(chain, self._rests)
        reader = _Reader(chosen, send)
        failed: list[Failure] = []
        for spec in plan:
            voice = reader.hears(spec, str(failed[-1]) if failed and (spec == chosen or not why) else why)
            try:
                answer = await self._patiently(
                    spec,
                    partial(self._once, spec, attempt),
                    voice.send,
                    retry,
                    may_go_on,
                    more=spec != plan[-1],
                )
            except (ModelError, ModelUnavailable) as error:
                failed.append(error)
                if not passes_on(error, chosen=spec == chosen):
                    raise
                if spec == plan[-1] or not may_go_on():
                    self._fail(failed, error)
                why = str(error) if spec == chosen else why
            else:
                await voice.speaks()
                return spec, answer
        raise AssertionError("a chain is never empty")

    def _fail(self, failed: Sequence[Failure], last: Failure) -> NoReturn:
        if (error := nobody(failed)) is last:
            raise error
        raise error from last

    async def _patiently(
        self,
        spec: str,
        once: Callable[[Send], Awaitable[Completion]],
        send: Send,
        retry: Retry,
        may_go_on: Callable[[], bool],
        *,
        more: bool,
    ) -> Completion:
        """Ask one model, and again where waiting for it is better than asking somebody else."""
        circuit = self.circuits.of(self._endpoint(spec))
        waits = not more and (circuit.until is None or circuit.asked)

        return await with_retries(
            once,
            send,
            retry=retry,
            chance=self._chance,
            sleep=self._sleep,
            clock=self._clock,
            patience=math.inf if waits else retry.patience,
            given_up=lambda: not may_go_on() or (more and self._rests(spec)),
        )

    async def _once(self, spec: str, attempt: Attempt, send: Send) -> Completion:
        circuit = self.circuits.of(self._endpoint(spec))
        begun = circuit.begin(self._clock())
        try:
            answer = await attempt(spec, send)
        except (ModelError, ModelUnavailable) as error:
            if is_outage(error):
                wait = error.retry_after if isinstance(error, ModelUnavailable) else None
                circuit.failed(begun, self._clock(), str(error), wait=wait, chance=self._chance())
            else:
                circuit.succeeded(begun)
            self._ended(spec, error)
            raise
        else:
            circuit.succeeded(begun)
            self._ended(spec, None)
            return answer
        finally:
            circuit.left(begun)

    def _rests(self, spec: str) -> bool:
        return self.circuits.of(self._endpoint(spec)).resting(self._clock())


@final
class _Reader:
    """Whoever reads the answer: they take it for that of one model until they are told of another."""

    def __init__(self, model: str, send: Send) -> None:
        self.model = model
        self.send = send

    def hears(self, model: str, why: str) -> "_Voice":
        return _Voice(self, model, why)


@final
class _Voice:
    """What one model says to a reader, announced with its first word where it is another one's turn."""

    def __init__(self, reader: _Reader, model: str, why: str) -> None:
        self._reader = reader
        self._model = model
        self._why = why

    @property
    def known(self) -> bool:
        """Whether the reader knows who speaks."""
        return self._reader.model == self._model

    @property
    def send(self) -> Send:
        return self._reader.send if self.known else self._announced

    async def _announced(self, item: CompletionEvent) -> None:
        if not isinstance(item, Retrying | Bill):
            await self.speaks()
        await self._reader.send(item)

    async def speaks(self) -> None:
        """Say who speaks, unless it is known."""
        if not self.known:
            self._reader.model = self._model
            await self._reader.send(Switched(model=self._model, reason=self._why))
