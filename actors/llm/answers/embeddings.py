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

LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one answer."""
MOST_DIMENSIONS: Final = 16_384


@final
@attrs.frozen(kw_only=True)
class Embedding:
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
        vectors[index_in(item, "index", position)] = _vector(item.get("embedding"))
    if sorted(vectors) != list(range(count)):
        raise ValueError(f"{count} texts were sent, and {len(vectors)} vectors came back")
    if len({len(vector) for vector in vectors.values()}) > 1:
        raise ValueError("the vectors are not of one length")
    return Embedding(
        vectors=tuple(vectors[n] for n in range(count)),
        tokens=count_in(object_in(answer, "usage"), "prompt_tokens"),
    )


def _vector(value: Any) -> bytes:
    try:
        if isinstance(value, str):
            vector = base64.b64decode(value, validate=True)
            numbers: Sequence[float] = struct.unpack(f"<{len(vector) // 4}f", vector)
        else:
            numbers = cast("list[float]", value)
            vector = struct.pack(f"<{len(numbers)}f", *numbers)
    except (TypeError, ValueError, OverflowError, struct.error):
        raise ValueError("an embedding is no list of numbers") from None
    if not 0 < len(numbers) <= MOST_DIMENSIONS or not all(map(math.isfinite, numbers)):
        raise ValueError("an embedding is no vector")
    return vector
