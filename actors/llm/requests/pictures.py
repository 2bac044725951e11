"""Pictures on their way to a model: bytes from home as base64, or a note that says why not."""

import base64
from typing import Final, final

import attrs

from actors.llm.requests.picture_formats import BadPicture, measure
from actors.vocabulary import Image
from bus import Data

FORMATS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that every vendor with eyes reads."""

MAX_BYTES: Final = 3_932_160
"""Largest picture that is sent: 5 MiB as base64, the lowest limit of all vendors."""

LONGEST_SIDE: Final = 8000
"""Pixels; the lowest limit of all vendors."""

MOST: Final = 20
"""Pictures in one request. Some vendors take no large ones where there are more."""

MOST_DATA: Final = 20 * 1024 * 1024
"""Characters of all of them together, as base64."""

STEP: Final = 5
"""So many of the oldest go at a time, so that what a provider keeps of a conversation is not void with each new one."""


@final
@attrs.frozen
class Picture(Data):
    media_type: str
    data: str = attrs.field(repr=False)
    """Base64."""

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.data}"


def encode(image: Image, data: bytes) -> Picture | str:
    """A picture as it is sent, or the note that takes its place. What it is, its bytes say, whatever it is called."""
    try:
        found = measure(data)
    except BadPicture as error:
        if image.media_type not in FORMATS:
            return f"[picture {image.path}: {image.media_type} cannot be shown to the model]"
        return f"[picture {image.path} cannot be shown to the model: {error}]"
    if max(found.width, found.height) > LONGEST_SIDE:
        size = f"{found.width} x {found.height} pixels"
        return f"[picture {image.path} is too large to be shown to the model: {size}]"
    return Picture(found.media_type, base64.b64encode(data).decode())
