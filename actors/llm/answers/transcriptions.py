"""The transcriptions format of OpenAI and its relatives: sound to a form, an answer to words. Pure."""

from collections.abc import Mapping
from typing import Final, final

import attrs

from actors import jsontext
from actors.llm.completion import Tokens
from actors.llm.fields import count_in, counts_in, text_in
from actors.llm.messages import ModelError
from bus import Data

LARGEST: Final = 25 * 1024 * 1024
"""Bytes of a recording; OpenAI takes no more."""
LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one answer."""
_ENDINGS: Final[Mapping[str, str]] = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "application/ogg": "ogg",
    "audio/webm": "webm",
    "video/webm": "webm",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "video/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
}
"""How the name of a file ends, by which servers tell what is in it."""


@final
@attrs.frozen(kw_only=True)
class Sound(Data):
    """A recording."""

    data: bytes = attrs.field(repr=False)
    media_type: str
    """One for which there is an :func:`ending`."""
    language: str = ""
    """Two letters; empty where it is not known."""


@final
@attrs.frozen(kw_only=True)
class Form(Data):
    """A form with a file in it, called ``file``, as it is sent."""

    fields: Mapping[str, str]
    name: str
    media_type: str
    data: bytes = attrs.field(repr=False)


@final
@attrs.frozen(kw_only=True)
class Transcription(Data):
    """What a provider has heard."""

    text: str
    """Empty where nobody speaks."""
    tokens: Tokens
    """As far as it tells; some count seconds instead."""


def ending(media_type: str) -> str | None:
    """How the name of a file of this type ends, whatever parameters the type has; None for none of those taken."""
    return _ENDINGS.get(media_type.partition(";")[0].strip().lower())


def form(model: str, sound: Sound) -> Form:
    """What to send for the words of a recording."""
    fields = {"model": model, "response_format": "json"}
    if sound.language:
        fields["language"] = sound.language
    kind = sound.media_type.partition(";")[0].strip().lower()
    return Form(fields=fields, name=f"speech.{ending(kind)}", media_type=kind, data=sound.data)


def read(body: bytes) -> Transcription:
    """What was heard. Raises ValueError with a sentence without its full stop."""
    answer = jsontext.read_object(body, limit=LONGEST)
    if "text" not in answer:
        raise ValueError("there is no text in it")
    used = counts_in(answer, "usage")
    return Transcription(
        text=text_in(answer, "text").strip(),
        tokens=Tokens(input=count_in(used, "input_tokens"), output=count_in(used, "output_tokens")),
    )


def unknown_to(provider: str) -> ModelError:
    """That a provider was asked for the words of a recording and hears nothing."""
    return ModelError(reason="invalid_request", provider=provider, detail="it puts no speech into words")
