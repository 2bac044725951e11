import base64

from actors.llm.pictures import MAX_BYTES, Picture, encode, missing, shown, too_large
from actors.vocabulary import Image

PNG = Image(media_type="image/png", path="a.png")


def test_a_picture_is_encoded() -> None:
    assert encode(PNG, b"\x89PNG") == Picture("image/png", base64.b64encode(b"\x89PNG").decode())


def test_what_cannot_be_shown_becomes_a_note() -> None:
    assert missing(PNG, "File not found: a.png") == (
        "[picture a.png is not available any more: File not found: a.png]"
    )
    tiff = Image(media_type="image/tiff", path="b.tiff")
    assert encode(tiff, b"") == "[picture b.tiff: image/tiff cannot be shown to the model]"
    assert too_large(PNG, MAX_BYTES + 1) == "[picture a.png is too large to be shown to the model: 3.8 MB]"


def test_a_model_without_eyes_is_told_so() -> None:
    assert shown({}, "a.png") == "[picture a.png: this model cannot see pictures]"
    assert shown({"a.png": "note"}, "a.png") == "note"
