"""The chat completions format of OpenAI and its many relatives. Pure."""

from functools import partial
from typing import Final

import attrs

from actors.llm.answers import embeddings, transcriptions
from actors.llm.format import Embeddings, Format, Transcriptions
from actors.llm.openai.request import request_body
from actors.llm.openai.stream import Reader
from actors.llm.requests.prompt import LIMITS

__all__ = ["DEEPSEEK", "FORMAT", "RELATIVE", "Reader", "request_body"]

FORMAT: Final = Format(
    path="/chat/completions",
    body=partial(request_body, limit_name=LIMITS[0]),
    reader=Reader,
    embeddings=Embeddings(
        path="/embeddings",
        body=lambda model, texts, _role: embeddings.request_body(model, texts),
        read=embeddings.read,
        most=2048,
    ),
    transcriptions=Transcriptions(
        path="/audio/transcriptions", form=transcriptions.form, read=transcriptions.read
    ),
)
"""OpenAI's own."""
RELATIVE: Final = attrs.evolve(FORMAT, body=partial(request_body, limit_name=LIMITS[1]))
"""That of everybody else who speaks it."""
DEEPSEEK: Final = attrs.evolve(FORMAT, body=partial(request_body, limit_name=LIMITS[1], wants_reasoning=True))
"""It refuses calls in the history without the reasoning that led to them."""
