import base64

import pytest

from actors.llm.requests.pictures import (
    LONGEST_SIDE,
    MAX_BYTES,
    MOST,
    STEP,
    Picture,
    Pictures,
    encode,
    missing,
    newest,
    shown,
    too_large,
    withheld,
)
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
    assert missing(PNG, "File not found: a.png") == (
        "[picture a.png is not available any more: File not found: a.png]"
    )
    assert encode(TIFF, b"") == "[picture b.tiff: image/tiff cannot be shown to the model]"
    assert encode(PNG, b"\x89PNG\r\n\x1a\n") == (
        "[picture a.png cannot be shown to the model: it is no picture that can be read]"
    )
    assert too_large(PNG, MAX_BYTES + 1) == "[picture a.png is too large to be shown to the model: 3.8 MB]"
    assert isinstance(encode(PNG, png(LONGEST_SIDE)), Picture)
    assert encode(PNG, png(LONGEST_SIDE + 1)) == (
        "[picture a.png is too large to be shown to the model: 8001 x 1 pixels]"
    )


def test_a_model_without_eyes_is_told_so() -> None:
    assert shown({}, "a.png") == "[picture a.png: this model cannot see pictures]"
    assert shown({"a.png": "note"}, "a.png") == "note"


def numbered(count: int, data: str = "QUJD") -> tuple[list[Image], Pictures]:
    images = [Image(media_type="image/png", path=f"{n}.png") for n in range(count)]
    return images, {image.path: Picture("image/png", data) for image in images}


def left(images: list[Image], pictures: Pictures) -> list[str]:
    return [path for path, each in newest(images, pictures).items() if isinstance(each, Picture)]


@pytest.mark.parametrize(
    ("count", "gone"), [(0, 0), (MOST, 0), (MOST + 1, STEP), (MOST + STEP + 1, 2 * STEP)]
)
def test_of_many_pictures_the_newest_are_shown(count: int, gone: int) -> None:
    images, pictures = numbered(count)
    assert left(images, pictures) == [image.path for image in images[gone:]]
    assert [str(each) for each in newest(images, pictures).values()][:gone] == [
        f"[picture {n}.png was shown before and is not shown any more]" for n in range(gone)
    ]


def test_pictures_that_are_too_much_together_are_not_all_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.llm.requests.pictures.MOST_DATA", 20)
    images, pictures = numbered(6)
    assert left(images, pictures) == ["5.png"]
    monkeypatch.setattr("actors.llm.requests.pictures.MOST_DATA", 3)
    assert left(images, pictures) == []


def test_a_picture_counts_wherever_it_is_shown() -> None:
    images, pictures = numbered(2)
    assert left([images[0], *[images[1]] * MOST], pictures) == ["1.png"]
    assert left([*images[:1] * (MOST + 1), images[1]], {**pictures, "1.png": "note"}) == []


def test_a_provider_that_refused_a_picture_gets_none() -> None:
    assert withheld({"a.png": Picture("image/png", "QUJD"), "b.png": "[gone]"}) == {
        "a.png": "[picture a.png is not shown: the provider refused it]",
        "b.png": "[gone]",
    }
