"""Having vectors made of texts, so that a search tells what means the same."""

from typing import Any, ClassVar, final

import attrs
from attrs.validators import min_len

from actors.llm.messages import TextRole
from bus import ActorError, Data, ErrorKind, Request


@attrs.define(eq=False, kw_only=True)
class NoEmbedder(ActorError):
    """None is set: searches go by words alone."""

    kind: ClassVar[ErrorKind] = "unavailable"

    def __str__(self) -> str:
        return "no memory.embedder is set"


@attrs.define(eq=False, kw_only=True)
class EmbedderFailed(ActorError):
    """It did not answer, and is left alone for a while."""

    kind: ClassVar[ErrorKind] = "unavailable"
    embedder: str
    reason: str
    again: float
    """Seconds after which asking may help."""

    def __str__(self) -> str:
        return f"{self.embedder}: {self.reason}"


@final
@attrs.frozen(kw_only=True)
class Vectors(Data):
    """What texts mean."""

    embedder: str
    """What made them; vectors of different embedders, or of different lengths, cannot be compared."""
    vectors: tuple[bytes, ...] = attrs.field(repr=False)
    """One for each text, in their order: a direction, one signed byte per dimension."""


@final
@attrs.frozen(kw_only=True)
class EmbedRest(Request[bool]):
    """Wait until no note of a user lacks a vector; False when that is not to be for now. Raises MemoryFailed."""

    within: ClassVar[float] = 600.0
    key_field: ClassVar[str | None] = "user"
    user: str


@final
@attrs.frozen(kw_only=True)
class Embed(Request[Vectors]):
    """Have the embedder that is set make vectors. Raises NoEmbedder, EmbedderFailed."""

    version: ClassVar[int] = 2
    within: ClassVar[float] = 120.0
    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    measured: ClassVar[bool] = False
    user: str
    """For whom; in whose costs it counts."""
    texts: tuple[str, ...] = attrs.field(validator=min_len(1))
    patience: float
    """Seconds after which the embedder counts as failed."""
    role: TextRole = "passage"

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "role": "passage"}
