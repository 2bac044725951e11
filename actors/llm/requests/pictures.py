"""Pictures on their way to a model: bytes from home as base64, or a note that says why not."""

import base64
from collections.abc import Mapping, Sequence
from typing import Final, final

import attrs

from actors.llm.requests.picture_formats import BadPicture, measure
from actors.vocabulary import Image

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


def newest(images: Sequence[Image], pictures: Pictures) -> Pictures:
    """`pictures`, without the oldest where there are more than one request may hold.

    Args:
      images: every place where one is shown, oldest first.
      pictures: what is known by path.
    """
    places = [image.path for image in images if isinstance(pictures[image.path], Picture)]
    candidates = (set(places[gone:]) for gone in range(0, len(places) + STEP, STEP))
    kept = next(paths for paths in candidates if _fits([path for path in places if path in paths], pictures))
    return {path: _past(path, each) if path not in kept else each for path, each in pictures.items()}


def _fits(places: list[str], pictures: Pictures) -> bool:
    data = sum(len(each.data) for path in places if isinstance(each := pictures[path], Picture))
    return len(places) <= MOST and data <= MOST_DATA


def _past(path: str, each: Picture | str) -> Picture | str:
    return each if isinstance(each, str) else f"[picture {path} was shown before and is not shown any more]"


def withheld(pictures: Pictures) -> Pictures:
    """Notes in place of all pictures, for a provider that refused one of them."""
    return {
        path: f"[picture {path} is not shown: the provider refused it]" if isinstance(each, Picture) else each
        for path, each in pictures.items()
    }


def too_large(image: Image, size: int) -> str:
    """Note in place of a picture of more than MAX_BYTES."""
    return f"[picture {image.path} is too large to be shown to the model: {size / 2**20:.1f} MB]"


def missing(image: Image, why: object) -> str:
    """Note in place of a picture that could not be read."""
    return f"[picture {image.path} is not available any more: {why}]"
