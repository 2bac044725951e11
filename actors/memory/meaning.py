"""Notes that are found by what they mean, too: vectors of passages follow what is indexed, behind whoever writes."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import trio

from actors.llm.messages import TextRole
from actors.memory import index, vectors
from actors.memory.files import Seen
from actors.memory.messages import Embed, EmbedderFailed, MemoryFailed, Vectors
from actors.memory.names import Name
from actors.memory.searchable import Generation, SearchableKeeper
from actors.memory.settings import Memory
from actors.memory.vectors import Embedded
from bus import BusError, crash_point

QUESTION: Final = 1.0
"""Seconds that a search waits for the vector of its question."""
PASSAGES: Final = 60.0
"""Seconds for the vectors of passages, for which nobody waits."""
BATCH: Final = 32
"""Passages of which vectors are made together."""
LOOK_AGAIN: Final = 30.0
"""Seconds after which an embedder that failed is asked again at the latest: it may be another one by then."""

_LOG: Final = logging.getLogger(__name__)


class MeaningfulKeeper(SearchableKeeper):
    """Keeps vectors beside the index, where an embedder is set. A search without them is a search by words."""

    def __init__(self, data: Path, user: str, settings: Callable[[], Memory], agents: Generation) -> None:
        super().__init__(data, user, settings, agents)
        self._whose = user
        self._kind: tuple[str, int] | None = None
        """What made the last vector, and its dimensions."""
        self._all_lack_vectors = True
        """Whether any file may have passages without a vector of that kind."""
        self._lack_vectors: dict[str, None] = {}
        """Files that may."""
        self._embedded_all: trio.Event | None = None
        """When what is being done behind has ended; None while nothing is."""

    async def start(self) -> None:
        await super().start()
        self._embed_behind()

    # --- searching ------------------------------------------------------------------------------------------

    async def _embedded(self, question: str) -> Embedded | None:
        if self._settings().embedder is None or not question.strip():
            return None
        try:
            made = await self._embed([question], QUESTION, "question")
        except BusError:
            return None
        self._embed_behind()
        return Embedded(made.embedder, made.vectors[0])

    async def _embed(self, texts: Sequence[str], patience: float, role: TextRole = "passage") -> Vectors:
        """Raises NoEmbedder, EmbedderFailed, DeliveryError."""
        wanted = Embed(user=self._whose, texts=tuple(texts), patience=patience, role=role)
        made = await self.bus.ask(wanted)
        kind = (made.embedder, len(made.vectors[0]))
        if kind != self._kind:
            self._kind, self._all_lack_vectors = kind, True
        return made

    # --- what has changed -----------------------------------------------------------------------------------

    async def _known(self, seq: int, name: Name, seen: Seen) -> None:
        await super()._known(seq, name, seen)
        self._changed([name])

    async def _take_up(self, due: Sequence[Name]) -> None:
        await super()._take_up(due)
        self._changed(due)

    async def _remade(self) -> None:
        await super()._remade()
        self._all_lack_vectors = True

    def _changed(self, names: Iterable[Name]) -> None:
        if self._settings().embedder is None:
            self._all_lack_vectors = True
        else:
            self._lack_vectors |= {name.text: None for name in names}
            self._embed_behind()

    def _embed_behind(self) -> None:
        """See to what lacks vectors, unless that is being done."""
        lacking = self._all_lack_vectors or self._lack_vectors
        if lacking and self._embedded_all is None and self._settings().embedder is not None:
            self._embedded_all = trio.Event()
            self.spawn(self._embed_all, self._embedded_all)

    async def _embed_rest(self) -> bool:
        """Wait until nothing lacks a vector; False when that is not to be for now."""
        await self._look()
        self._embed_behind()
        if self._embedded_all is not None:
            await self._embedded_all.wait()
        return not (self._all_lack_vectors or self._lack_vectors)

    async def _embed_all(self, ended: trio.Event) -> None:
        try:
            while (embedder := self._settings().embedder) is not None:
                batch = await self._batch_without(embedder)
                if not batch:
                    return
                await self._embed_some(batch)
        except MemoryFailed as error:
            _LOG.warning("passages get no vectors for now: %s", error)
            self._all_lack_vectors = True
        finally:
            self._embedded_all = None
            ended.set()

    async def _embed_some(self, batch: Sequence[tuple[int, str]]) -> None:
        """Keep the vectors of some passages, or wait for the embedder to be well again."""
        try:
            made = await self._embed([text for _, text in batch], PASSAGES)
        except BusError as error:
            again = error.again if isinstance(error, EmbedderFailed) else LOOK_AGAIN
            await trio.sleep(min(again, LOOK_AGAIN))
            return
        crash_point("memory", "embedded")
        kept = [(id, text, vector) for (id, text), vector in zip(batch, made.vectors, strict=True)]
        await self._write_relaxed(vectors.keep, made.embedder, kept)

    async def _batch_without(self, embedder: str) -> list[tuple[int, str]]:
        """Passages that have no vector, and their texts, of as many files as it takes."""
        if self._all_lack_vectors:
            self._all_lack_vectors = False
            self._lack_vectors |= dict.fromkeys(await self._read(index.stamps))
        dimensions = self._kind[1] if self._kind is not None and self._kind[0] == embedder else None
        batch: list[tuple[int, str]] = []
        again: dict[str, None] = {}
        while self._lack_vectors and len(batch) < BATCH:
            source = next(iter(self._lack_vectors))
            del self._lack_vectors[source]  # before it is looked at: a change meanwhile counts
            if found := await self._read(vectors.missing, source, embedder, dimensions, BATCH - len(batch)):
                again[source] = None
                batch += found
        self._lack_vectors |= again
        return batch
