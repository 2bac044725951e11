"""Pictures on their way to a model: bytes from home as base64, or a note that says why not."""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Final, final

import attrs

from actors.vocabulary import Image

FORMATS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that every vendor with eyes reads."""

MAX_BYTES: Final = 3_932_160
"""Largest picture that is sent: 5 MiB as base64, the lowest limit of all vendors."""

LoadFile = Callable[[str], bytes]
"""Reads a file of the agent's home by its path in there. Raises OSError, or an error of its own kind."""


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


def load(wanted: Iterable[Image], load_file: LoadFile) -> Pictures:
    """Read and encode each picture once. A picture that cannot be sent becomes a note. Blocks: run it in a thread."""
    return {image.path: _load(image, load_file) for image in {image.path: image for image in wanted}.values()}


def unseen(wanted: Iterable[Image]) -> Pictures:
    """Notes in place of all pictures, for a model without eyes."""
    return {image.path: f"[picture {image.path}: this model cannot see pictures]" for image in wanted}


def _load(image: Image, load_file: LoadFile) -> Picture | str:
    if image.media_type not in FORMATS:
        return f"[picture {image.path}: {image.media_type} cannot be shown to the model]"
    try:
        data = load_file(image.path)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one old file, the conversation goes on
        return f"[picture {image.path} is not available any more: {error}]"
    if len(data) > MAX_BYTES:
        return f"[picture {image.path} is too large to be shown to the model: {len(data) / 2**20:.1f} MB]"
    return Picture(image.media_type, base64.b64encode(data).decode())
