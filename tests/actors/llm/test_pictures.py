import base64

from actors.llm.pictures import MAX_BYTES, Picture, load, unseen
from actors.vocabulary import Image

PNG = Image(media_type="image/png", path="a.png")


def test_a_picture_is_read_once_and_encoded() -> None:
    read: list[str] = []

    def load_file(path: str) -> bytes:
        read.append(path)
        return b"\x89PNG"

    found = load([PNG, PNG], load_file)
    assert found == {"a.png": Picture("image/png", base64.b64encode(b"\x89PNG").decode())}
    assert read == ["a.png"]


def test_what_cannot_be_shown_becomes_a_note() -> None:
    def gone(path: str) -> bytes:
        raise FileNotFoundError(path)

    assert load([PNG], gone) == {"a.png": "[picture a.png is not available any more: a.png]"}
    tiff = Image(media_type="image/tiff", path="b.tiff")
    assert load([tiff], gone) == {"b.tiff": "[picture b.tiff: image/tiff cannot be shown to the model]"}
    large = load([PNG], lambda _: bytes(MAX_BYTES + 1))
    assert large == {"a.png": "[picture a.png is too large to be shown to the model: 3.8 MB]"}
    assert isinstance(load([PNG], lambda _: bytes(MAX_BYTES))["a.png"], Picture)


def test_a_model_without_eyes_is_told_so() -> None:
    assert unseen([PNG]) == {"a.png": "[picture a.png: this model cannot see pictures]"}
