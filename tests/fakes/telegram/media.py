"""Methods that send files, and the one that fetches what people have sent."""

import itertools
from typing import Any, Final, cast

from tests.fakes.telegram import entities
from tests.fakes.telegram.files import DOWNLOAD_LIMIT, check_document, check_photo
from tests.fakes.telegram.parameters import Parameters, Upload
from tests.fakes.telegram.refusals import bad_request
from tests.fakes.telegram.sending import count, formatted, place, show
from tests.fakes.telegram.state import Message, World

THUMBNAIL: Final = 90
"""Longer side of the smallest size of a photo, in pixels."""
_ALBUMS: Final = itertools.count(13_000_000_000_000_001)


def send_photo(world: World, p: Parameters) -> Message:
    chat, about = place(world, p)
    content = _photo(world, p, p.text("photo"), "photo")
    text = _caption(p)
    count(world, chat)
    return show(world, chat, about | content | text)


def send_document(world: World, p: Parameters) -> Message:
    chat, about = place(world, p)
    content = _document(world, p, p.text("document"), "document")
    text = _caption(p)
    count(world, chat)
    return show(world, chat, about | content | text)


def send_media_group(world: World, p: Parameters) -> list[Message]:
    chat, about = place(world, p)
    media = p.list_of_objects("media")
    if not 2 <= len(media) <= 10:
        raise bad_request("wrong number of media: an album has 2 to 10")
    kinds = {each.get("type") for each in media}
    if kinds not in ({"photo"}, {"document"}):
        raise bad_request("document can't be mixed with other media types")
    contents: list[dict[str, Any]] = []
    for each in media:
        make = _photo if each["type"] == "photo" else _document
        own = Parameters(each, p.uploads)
        contents.append(make(world, own, own.text("media"), "") | _caption(own))
    count(world, chat)
    album = str(next(_ALBUMS))
    return [show(world, chat, about | content | {"media_group_id": album}) for content in contents]


def get_file(world: World, p: Parameters) -> dict[str, Any]:
    file = world.files.find(p.text("file_id"))
    if file.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return file.json() | {"file_path": file.path}


# what they share


def photo_sizes(world: World, name: str, data: bytes, width: int, height: int) -> dict[str, Any]:
    """A photo as a message has it: in several sizes, the largest last."""
    largest = max(width, height, THUMBNAIL)
    small = {
        "width": max(1, width * THUMBNAIL // largest),
        "height": max(1, height * THUMBNAIL // largest),
    }
    sizes = [(data[: len(data) // 2], small), (data, {"width": width, "height": height})]
    return {"photo": [world.files.add("photos", name, part).json() | size for part, size in sizes]}


def document(
    world: World, name: str, media_type: str, data: bytes, size: int | None = None
) -> dict[str, Any]:
    """A document as a message has it."""
    file = world.files.add("documents", name, data, size)
    return {"document": {"file_name": name, "mime_type": media_type, **file.json()}}


def _photo(world: World, p: Parameters, given: str, field: str) -> dict[str, Any]:
    if (upload := _upload(p, given, field)) is None:
        known = world.files.find(given)
        upload = Upload(known.path, "image/jpeg", known.data)
    width, height = check_photo(upload)
    return photo_sizes(world, "photo.jpg", upload.data, width, height)


def _document(world: World, p: Parameters, given: str, field: str) -> dict[str, Any]:
    if (upload := _upload(p, given, field)) is None:
        known = world.files.find(given)
        upload = Upload(known.path, "application/octet-stream", known.data)
    check_document(upload)
    return document(world, upload.name, upload.media_type, upload.data)


def _upload(p: Parameters, given: str, field: str) -> Upload | None:
    """The file that was sent along; None if `given` must be the id of a known one. Raises Refusal."""
    name = given.removeprefix("attach://") if given.startswith("attach://") else field
    if name in p.uploads:
        return p.uploads[name]
    if not given:
        raise bad_request(f"there is no {field or 'media'} in the request")
    if "://" in given:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return None


def _caption(p: Parameters) -> dict[str, Any]:
    text, found = formatted(p, "caption", "caption_entities", entities.CAPTION_LIMIT)
    content = {"caption": text, "caption_entities": cast("Any", found)}
    return {name: value for name, value in content.items() if value}
