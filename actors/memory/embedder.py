"""The actor that has vectors made of texts, by a model of its own or by a provider, for all who keep notes."""

import logging
import math
from collections.abc import Callable, Sequence
from typing import Final, final

import trio

from actors.llm import messages as llm
from actors.memory import messages, vectors
from actors.memory.local import Local, LocalFailed
from actors.memory.messages import EmbedderFailed, NoEmbedder, Vectors
from actors.memory.settings import LOCAL, Settings
from actors.session import messages as session
from actors.vocabulary import Usage
from bus import Actor, BusError, concurrent, run_in_thread

FIRST_WAIT: Final = 5.0
"""Seconds in which nobody is asked after a failure; after each further one twice as long."""
LONGEST_WAIT: Final = 300.0
AT_ONCE: Final = 16
"""Texts that the local model is given at once; a question waits for no more than these."""

_LOG: Final = logging.getLogger(__name__)


@final
class EmbedderActor(Actor):
    """Asks the embedder that is set, unless it has just failed. What it says counts for all users."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._thread = trio.CapacityLimiter(1)
        self._embedder: str | None = None
        self._forget()

    def _forget(self) -> None:
        """Nothing is known of an embedder that is set anew."""
        self._local = Local()
        self._dimensions: int | None = None
        self._failures = 0
        self._again_at = -math.inf
        self._why = ""

    @messages.Embed.handler
    @concurrent(64, isolated=True)
    async def embed(self, request: messages.Embed) -> Vectors:
        embedder = self._settings().memory.embedder
        if embedder != self._embedder:
            self._embedder = embedder
            self._forget()
            self.degraded(None)
        if embedder is None:
            raise NoEmbedder
        if (wait := self._again_at - self.bus.clock.monotonic()) > 0:
            raise EmbedderFailed(embedder=embedder, reason=self._why, again=wait)
        try:
            with trio.fail_after(request.patience):
                made = await self._made(embedder, request)
        except trio.TooSlowError:
            if embedder == LOCAL:
                raise EmbedderFailed(
                    embedder=LOCAL, reason="it is being loaded, or busy", again=1.0
                ) from None
            raise self._failed(embedder, f"no answer within {request.patience:g} s") from None
        except (LocalFailed, BusError) as error:
            raise self._failed(embedder, str(error), getattr(error, "retry_after", None)) from error
        if embedder == self._embedder:
            self._answered(embedder, made)
        return Vectors(embedder=embedder, vectors=made)

    async def _made(self, embedder: str, request: messages.Embed) -> tuple[bytes, ...]:
        texts = [_sendable(text) for text in request.texts]
        if embedder == LOCAL:
            return await self._made_here(texts)
        made = await self.bus.ask(llm.Embed(model=embedder, texts=tuple(texts), role=request.role))
        await self._record(request.user, made.usage)
        return tuple(map(vectors.packed, made.vectors))

    async def _made_here(self, texts: Sequence[str]) -> tuple[bytes, ...]:
        """A thread that nobody waits for any more goes on: it may be loading the model."""
        made: list[bytes] = []
        for start in range(0, len(texts), AT_ONCE):
            made += await self._apart(texts[start : start + AT_ONCE])
        return tuple(made)

    async def _apart(self, texts: Sequence[str]) -> list[bytes]:
        local = self._local

        def job() -> list[bytes]:
            return [vectors.packed(vector) for vector in local.embed(texts)]

        return await run_in_thread(job, limiter=self._thread, abandon_on_cancel=True)

    async def _record(self, user: str, usage: Usage) -> None:
        try:
            await self.bus.ask(session.RecordUsage(user=user, purpose="embedding", usage=usage, session=""))
        except BusError as error:
            _LOG.warning("what an embedding has cost could not be noted: %s", error)

    # --- whether it answers -----------------------------------------------------------------------------------

    def _answered(self, embedder: str, made: Sequence[bytes]) -> None:
        """All is well, unless the vectors are not comparable with those before. Raises EmbedderFailed."""
        dimensions, before = len(made[0]), self._dimensions
        self._dimensions = dimensions
        if before not in (
            None,
            dimensions,
        ):  # one that cannot decide would be asked for everything again and again
            raise self._failed(embedder, f"its vectors have {dimensions} dimensions and had {before}")
        self._failures = 0
        self.degraded(None)

    def _failed(self, embedder: str, why: str, retry_after: float | None = None) -> EmbedderFailed:
        """Leave it alone for a while; requests that were on their way together count once."""
        now = self.bus.clock.monotonic()
        if embedder == self._embedder and now >= self._again_at:
            self._failures += 1
            wait = min(FIRST_WAIT * 2.0 ** (self._failures - 1), LONGEST_WAIT)
            self._again_at = now + max(wait, min(retry_after or 0.0, LONGEST_WAIT))
            self._why = why
            self.degraded(f"memory.embedder {embedder}: {why}. Searches go by words alone.")
        return EmbedderFailed(embedder=embedder, reason=why, again=max(0.0, self._again_at - now))


def _sendable(text: str) -> str:
    """What any embedder takes: not empty, not too long, and UTF-8."""
    return text[: vectors.LONGEST].encode("utf-8", "replace").decode().strip() or "-"
