"""The embeddings format of OpenAI and its relatives: texts to a request body, an answer to vectors. Pure.

Vectors are asked for in base64, a quarter of what they are as numbers in JSON; a server that does not know that sends
numbers, and both are read.
"""

import base64
import math
import struct
from collections.abc import Sequence
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.llm.fields import JsonObject, as_object, count_in, index_in, list_in, object_in
from actors.llm.messages import ModelError
from bus import Data

LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one answer."""
MOST_DIMENSIONS: Final = 16_384


@final
@attrs.frozen(kw_only=True)
class Embedding(Data):
    """What a provider made of some texts."""

    vectors: tuple[bytes, ...]
    """One for each text, in their order: float32, little-endian, all of the same length."""
    tokens: int


def request_body(model: str, texts: Sequence[str]) -> JsonObject:
    """What to send for the vectors of some texts."""
    return {"model": model, "input": list(texts), "encoding_format": "base64"}


def read(body: bytes, count: int) -> Embedding:
    """The vectors of `count` texts. Raises ValueError with a sentence without its full stop."""
    answer = jsontext.read_object(body, limit=LONGEST)
    vectors: dict[int, bytes] = {}
    for position, value in enumerate(list_in(answer, "data")):
        item = as_object(value, "data")
        vectors[index_in(item, "index", position)] = vector(item.get("embedding"))
    if sorted(vectors) != list(range(len(vectors))):
        raise ValueError("the vectors are not numbered from 0 on")
    return Embedding(
        vectors=alike([vectors[n] for n in range(len(vectors))], count),
        tokens=count_in(object_in(answer, "usage"), "prompt_tokens"),
    )


def alike(vectors: Sequence[bytes], count: int) -> tuple[bytes, ...]:
    """The same, unless they are not `count` or not of one length: then ValueError."""
    if len(vectors) != count:
        raise ValueError(f"{count} texts were sent, and {len(vectors)} vectors came back")
    if len({len(vector) for vector in vectors}) > 1:
        raise ValueError("the vectors are not of one length")
    return tuple(vectors)


def vector(value: Any) -> bytes:
    """A vector as float32, little-endian, of one in base64 or in numbers. Raises ValueError."""
    try:
        if isinstance(value, str):
            made = base64.b64decode(value, validate=True)
            numbers: Sequence[float] = struct.unpack(f"<{len(made) // 4}f", made)
        else:
            numbers = cast("list[float]", value)
            made = struct.pack(f"<{len(numbers)}f", *numbers)
    except (TypeError, ValueError, OverflowError, struct.error):
        raise ValueError("an embedding is no list of numbers") from None
    if not 0 < len(numbers) <= MOST_DIMENSIONS or not all(map(math.isfinite, numbers)):
        raise ValueError("an embedding is no vector")
    return made


def unknown_to(provider: str) -> ModelError:
    """That a provider was asked for vectors and makes none."""
    return ModelError(reason="invalid_request", provider=provider, detail="it makes no vectors of texts")
