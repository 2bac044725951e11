"""Whether some bytes are a PDF that vendors read, and how many pages it has. Pure.

Nothing is unpacked but the streams of objects in which newer files keep their pages, and of those a bounded amount.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, pairwise
from typing import Final, final

import attrs

from bus import Data

_WITHIN: Final = 1024
"""Bytes from its beginning and from its end in which readers look for the marks of a PDF (PDF Reference 1.7, appendix
H.3, notes 13 and 18)."""
_DICTIONARY: Final = 65_536
"""Bytes around a name in which the object that it belongs to is looked for."""
_MOST: Final = 2048
"""Objects of one kind, and of one stream, that are looked at."""
_NAMES: Final = 100_000
"""Names that are looked at."""
_UNPACKED: Final = 8 * 1024 * 1024
"""Bytes of one stream of objects that are looked at."""
_ALL_UNPACKED: Final = 4 * _UNPACKED

_TYPE: Final = re.compile(rb"/Type\s{0,8}/(Pages|Page|ObjStm|XRef)\b")
_TRAILER: Final = re.compile(rb"trailer\s{0,8}<<")
_COUNT: Final = re.compile(rb"/Count\s{1,8}(\d{1,9})\b")
_FIRST: Final = re.compile(rb"/First\s{1,8}(\d{1,9})\b")
_BEGINS: Final = re.compile(rb"\bstream\r?\n")
_ENCRYPTED: Final = re.compile(rb"/Encrypt\s{0,8}(?:\d|<<)")


class BadPdf(ValueError):
    """Bytes are no PDF that vendors read, or not all of one. The text is a clause for people."""


@final
@attrs.frozen
class Measured(Data):
    """A PDF that is whole as far as can be seen without drawing it."""

    pages: int | None
    """None where they cannot be counted."""


def measure(data: bytes) -> Measured:
    """How many pages a PDF has. Raises BadPdf."""
    if data.find(b"%PDF-", 0, _WITHIN) < 0:
        raise BadPdf("it is no PDF")
    if data.find(b"%%EOF", max(0, len(data) - _WITHIN)) < 0:
        raise BadPdf("its end is missing")
    typed: dict[bytes, list[int]] = {b"Pages": [], b"Page": [], b"ObjStm": [], b"XRef": []}
    for match in islice(_found(data, b"/Type", _TYPE), _NAMES):
        typed[match[1]].append(match.start())
    trailers = (match.start() for match in islice(_found(data, b"trailer", _TRAILER), _MOST))
    if any(_ENCRYPTED.search(_object(data, at)) for at in chain(typed[b"XRef"][:_MOST], trailers)):
        raise BadPdf("it is encrypted")
    pages = _pages(data, typed)
    if pages == 0:
        raise BadPdf("it has no pages")
    return Measured(pages)


def _found(data: bytes, literal: bytes, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern that begins with a literal, which is looked for much faster than the pattern."""
    at = data.find(literal)
    while at >= 0:
        if match := pattern.match(data, at):
            yield match
        at = data.find(literal, at + 1)


def _pages(data: bytes, typed: Mapping[bytes, list[int]]) -> int | None:
    """What the root of the tree of pages says, which is the most of all nodes; else as many pages as there are."""
    counts = [_count(_object(data, at)) for at in typed[b"Pages"][:_MOST]]
    single, unread = len(typed[b"Page"]), False
    for objects in _packed(data, typed[b"ObjStm"][:_MOST]):
        unread = unread or objects is None
        for each in objects or ():
            named = {match[1] for match in _found(each, b"/Type", _TYPE)}
            single += b"Page" in named
            counts.append(_count(each) if b"Pages" in named else 0)
    return max(counts, default=0) or single or (None if unread else 0)


def _count(node: bytes) -> int:
    said = _COUNT.search(node)
    return int(said[1]) if said else 0


def _object(data: bytes, at: int) -> bytes:
    """The object around a place."""
    begin = data.rfind(b"obj", max(0, at - _DICTIONARY), at)
    end = data.find(b"endobj", at, at + _DICTIONARY)
    return data[max(begin, 0, at - _DICTIONARY) : end if end > 0 else at + _DICTIONARY]


def _packed(data: bytes, places: Iterable[int]) -> Iterator[list[bytes] | None]:
    """The objects in each stream of objects; None for one that cannot be read."""
    left = _ALL_UNPACKED
    for at in places:
        begins = _BEGINS.search(data, at, at + _DICTIONARY)
        first = _FIRST.search(data, max(0, at - _WITHIN), begins.start() if begins else at)
        if begins is None or first is None or not left:
            yield None
            continue
        unpacked = _unpacked(data, begins.end(), min(left, _UNPACKED))
        left -= len(unpacked)
        yield _parted(unpacked, int(first[1]))


def _unpacked(data: bytes, at: int, most: int) -> bytes:
    """What begins at `at`, as far as it can be had; empty where it is damaged or packed otherwise."""
    try:
        return zlib.decompressobj().decompress(memoryview(data)[at:], most)
    except zlib.error:
        return b""


def _parted(unpacked: bytes, first: int) -> list[bytes] | None:
    """The objects of an unpacked stream, which begins with the number of each and where it begins behind `first`."""
    try:
        starts = sorted(
            first + int(each) for each in unpacked[:first].split(None, 2 * _MOST)[1 : 2 * _MOST : 2]
        )
    except ValueError:
        return None
    return [unpacked[begin:end] for begin, end in pairwise([*starts, len(unpacked)])] or None
