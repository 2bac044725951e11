"""How Gemini makes vectors: many texts in one request, each with what it is to a search. Pure."""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from actors import jsontext
from actors.llm.answers.embeddings import LONGEST, Embedding, alike, vector
from actors.llm.fields import JsonObject, as_object, count_in, list_in, object_in
from actors.llm.format import Embeddings
from actors.llm.messages import TextRole

DIMENSIONS: Final = 768
"""Of 3072, the first so many, which Google trains to stand alone: hardly worse, and a quarter of the room."""
_TASKS: Final[Mapping[TextRole, str]] = {"passage": "RETRIEVAL_DOCUMENT", "question": "RETRIEVAL_QUERY"}


def request_body(model: str, texts: Sequence[str], role: TextRole) -> JsonObject:
    """The body of ``batchEmbedContents``."""
    common = {"model": f"models/{model}", "taskType": _TASKS[role], "outputDimensionality": DIMENSIONS}
    return {"requests": [{**common, "content": {"parts": [{"text": text}]}} for text in texts]}


def read(body: bytes, count: int) -> Embedding:
    """The vectors of `count` texts, of unit length. Raises ValueError with a sentence without its full stop."""
    answer = jsontext.read_object(body, limit=LONGEST)
    vectors = [
        _unit(vector(as_object(each, "embedding").get("values"))) for each in list_in(answer, "embeddings")
    ]
    return Embedding(
        vectors=alike(vectors, count),
        tokens=count_in(object_in(answer, "usageMetadata"), "promptTokenCount"),
    )


def _unit(vector: bytes) -> bytes:
    """The same direction: Google makes the length one only where nothing was left out of a vector."""
    form = f"<{len(vector) // 4}f"
    numbers: tuple[float, ...] = struct.unpack(form, vector)
    length = math.hypot(*numbers)
    return struct.pack(form, *(each / length for each in numbers)) if length else vector


EMBEDDINGS: Final = Embeddings(
    path="/models/{model}:batchEmbedContents", body=request_body, read=read, most=100
)
