"""Pictures on their way to a model: bytes from home as base64, or a note that says why not."""

import base64
from collections.abc import Mapping
from typing import Final, final

import attrs

from actors.vocabulary import Image

FORMATS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that every vendor with eyes reads."""

MAX_BYTES: Final = 3_932_160
"""Largest picture that is sent: 5 MiB as base64, the lowest limit of all vendors."""


@final
@attrs.frozen
class Picture:
    media_type: str
    data: str = attrs.field(repr=False)
    """Base64."""

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.data}"


Pictures = Mapping[str, Picture | str]
"""By path in home: the picture, or the note that takes its place."""


def shown(pictures: Pictures, path: str) -> Picture | str:
    """What is sent in the place of the picture at `path`; a model without eyes is given none."""
    return pictures.get(path) or f"[picture {path}: this model cannot see pictures]"


def encode(image: Image, data: bytes) -> Picture | str:
    """A picture as it is sent, or the note that takes its place."""
    if image.media_type not in FORMATS:
        return f"[picture {image.path}: {image.media_type} cannot be shown to the model]"
    return Picture(image.media_type, base64.b64encode(data).decode())


def too_large(image: Image, size: int) -> str:
    """Note in place of a picture of more than MAX_BYTES."""
    return f"[picture {image.path} is too large to be shown to the model: {size / 2**20:.1f} MB]"


def missing(image: Image, why: object) -> str:
    """Note in place of a picture that could not be read."""
    return f"[picture {image.path} is not available any more: {why}]"
