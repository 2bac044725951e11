"""Bytes of pictures, whole, broken and made up."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.llm.requests.picture_formats import BadPicture, Measured, measure
from tests.actors.llm.pictures import gif, jpeg, png, png_chunk, webp

WHOLE = {
    "image/png": [png(3, 2)],
    "image/jpeg": [jpeg(3, 2), jpeg(3, 2) + b"more of the camera"],
    "image/gif": [gif(3, 2), gif(3, 2).replace(b"89a", b"87a")],
    "image/webp": [webp(b"VP8X", 3, 2), webp(b"VP8L", 3, 2), webp(b"VP8 ", 3, 2)],
}


@pytest.mark.parametrize(("media_type", "data"), [(kind, each) for kind in WHOLE for each in WHOLE[kind]])
def test_the_bytes_say_what_a_picture_is_and_how_large(media_type: str, data: bytes) -> None:
    assert measure(data) == Measured(media_type, 3, 2)


HEADER = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n",
        png()[:-5],
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n" + HEADER + png_chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IDAT", b"") + HEADER + png_chunk(b"IEND", b""),
        jpeg(end=b""),
        jpeg(0),
        b"\xff\xd8\xff\xe0\0\x04ab" + b"no marker" * 9,
        gif(end=b""),
        gif(0),
        webp(b"VP8L")[:-1],
        webp(b"VP9 "),
    ],
)
def test_what_is_not_whole_is_no_picture(data: bytes) -> None:
    with pytest.raises(BadPicture, match="no picture that can be read"):
        measure(data)


@given(
    st.sampled_from([each for kind in WHOLE.values() for each in kind]),
    st.integers(0, 100),
    st.binary(max_size=9),
)
def test_any_bytes_are_measured_or_refused(data: bytes, at: int, put: bytes) -> None:
    with suppress(BadPicture):
        found = measure(data[:at] + put + data[at + len(put) :])
        assert found.width > 0
        assert found.height > 0
