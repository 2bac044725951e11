"""What a server has answered, taken apart: texts and files. Pure; works on the JSON of the protocol."""

import binascii
import mimetypes
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast, final
from urllib.parse import unquote, urlsplit

import attrs

from actors import jsontext
from bus import Data

Json = Mapping[str, Any]

MOST_PARTS: Final = 100
"""Pieces of one answer."""
MOST_BYTES: Final = 20 * 1024 * 1024
"""Of one file."""


@final
@attrs.frozen
class Words(Data):
    text: str


@final
@attrs.frozen(kw_only=True)
class File(Data):
    """Bytes that came along."""

    name: str
    media_type: str
    data: bytes = attrs.field(repr=False)


Part = Words | File


def of_call(result: Json, tool: str) -> tuple[Part, ...]:
    """What a tool has answered. Structured content counts where there is no other."""
    content = _list(result.get("content"))
    structured = result.get("structuredContent")
    if not content and structured is not None:
        return (Words(jsontext.write(structured, indent=2)),)
    return _bounded(part for each in content for part in _of_block(each, tool))


def of_resource(result: Json, uri: str) -> tuple[Part, ...]:
    """What stands under an address."""
    return _bounded(part for each in _list(result.get("contents")) for part in _of_contents(each, uri))


def of_prompt(result: Json, name: str) -> tuple[Part, ...]:
    """The messages of a prompt, each with whose it is."""

    def parts() -> Iterator[Part]:
        if result.get("description"):
            yield Words(str(result["description"]))
        for each in _list(result.get("messages")):
            yield Words(f"[{each.get('role')}]")
            yield from _of_block(_object(each.get("content")), name)

    return _bounded(parts())


def resources(listed: Iterable[Json], templates: Iterable[Json]) -> str:
    """What there is to read, a line each."""
    lines = [_line(str(each.get("uri")), each, str(each.get("mimeType") or "")) for each in listed]
    lines += [_line(str(each.get("uriTemplate")), each, "template") for each in templates]
    return "\n".join(lines) or "It has no resources."


def prompts(listed: Iterable[Json]) -> str:
    """Which prompts there are, a line each, with their arguments."""

    def arguments(each: Json) -> str:
        names = (
            f"{one.get('name')}{'' if one.get('required') else '?'}" for one in _list(each.get("arguments"))
        )
        return ", ".join(names)

    lines = [_line(str(each.get("name")), each, arguments(each)) for each in listed]
    return "\n".join(lines) or "It has no prompts."


def _line(what: str, each: Json, aside: str) -> str:
    said = " ".join(str(each.get("description") or each.get("title") or "").split())[:300]
    return f"- {what}{f' ({aside})' if aside else ''}{f': {said}' if said else ''}"


# --- blocks -----------------------------------------------------------------------------------------------


def _of_block(block: Json, tool: str) -> Iterator[Part]:
    match block.get("type"):
        case "text":
            yield Words(str(block.get("text")))
        case "image" | "audio":
            yield _file(block.get("data"), str(block.get("mimeType") or ""), tool)
        case "resource":
            contents = _object(block.get("resource"))
            yield from _of_contents(contents, str(contents.get("uri")))
        case "resource_link":
            yield Words(_line(str(block.get("uri")), block, str(block.get("mimeType") or "")))
        case other:
            yield Words(f"[It also sent {other!r}, which cannot be shown.]")


def _of_contents(contents: Json, uri: str) -> Iterator[Part]:
    if "blob" in contents:
        where = str(contents.get("uri") or uri)
        yield _file(contents["blob"], str(contents.get("mimeType") or ""), _last(where))
    else:
        yield Words(str(contents.get("text") or ""))


def _file(data: object, media_type: str, name: str) -> Part:
    media_type = media_type.partition(";")[0].strip().lower() or "application/octet-stream"
    if not isinstance(data, str) or len(data) > MOST_BYTES * 4 // 3:
        return Words(f"[A file ({media_type}) is larger than {MOST_BYTES // 2**20} MiB and was left out.]")
    try:
        plain = b64decode(data)
    except (ValueError, binascii.Error):
        return Words(f"[A file ({media_type}) could not be read.]")
    return File(name=_named(name, media_type), media_type=media_type, data=plain)


def _named(name: str, media_type: str) -> str:
    if "." in name:
        return name
    return f"{name}{mimetypes.guess_extension(media_type) or '.bin'}"


def _last(uri: str) -> str:
    """The last part of an address."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "file"
    return unquote(re.split(r"[/\\]", parts.path.rstrip("/"))[-1]) or parts.netloc or "file"


def _bounded(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Not too many, neighbouring texts as they came."""
    found = list(parts)
    if len(found) <= MOST_PARTS:
        return tuple(found)
    left = Words(f"[{len(found) - MOST_PARTS} further pieces were left out.]")
    return (*found[:MOST_PARTS], left)


def _list(value: object) -> Sequence[Json]:
    return [_object(each) for each in cast("Sequence[object]", value)] if isinstance(value, list) else []


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}
