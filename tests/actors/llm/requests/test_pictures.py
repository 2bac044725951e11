import base64

import pytest

from actors.llm.requests.pictures import LONGEST_SIDE, Picture, encode
from actors.vocabulary import Image
from tests.actors.llm.pictures import gif, png

PNG = Image(media_type="image/png", path="a.png")
TIFF = Image(media_type="image/tiff", path="b.tiff")


def test_a_picture_is_encoded() -> None:
    assert encode(PNG, png()) == Picture("image/png", base64.b64encode(png()).decode())


@pytest.mark.parametrize("image", [PNG, TIFF])
def test_a_picture_is_what_its_bytes_say(image: Image) -> None:
    assert encode(image, gif()) == Picture("image/gif", base64.b64encode(gif()).decode())


def test_what_cannot_be_shown_becomes_a_note() -> None:
    assert encode(TIFF, b"") == "[picture b.tiff: image/tiff cannot be shown to the model]"
    assert encode(PNG, b"\x89PNG\r\n\x1a\n") == (
        "[picture a.png cannot be shown to the model: it is no picture that can be read]"
    )
    assert isinstance(encode(PNG, png(LONGEST_SIDE)), Picture)
    assert encode(PNG, png(LONGEST_SIDE + 1)) == (
        "[picture a.png is too large to be shown to the model: 8001 x 1 pixels]"
    )
