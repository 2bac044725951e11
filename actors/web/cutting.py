"""A long text in pieces, each with how to read on. Pure."""

from typing import Final, final

import attrs

from bus import Data

NOTE: Final = 200
"""Bytes that a note may take."""
LEAST: Final = 200
"""Bytes of text that a piece may have, however little is allowed."""


@final
@attrs.frozen
class Piece(Data):
    """A part of a text."""

    text: str
    note: str = ""
    """What has to be known about it: that it was cut, and how to read on."""


def piece(text: str, start: int, most: int, room: int) -> Piece:
    """The part of a text from a character on.

    Args:
      text: all of it.
      start: characters to pass over.
      most: characters of the part.
      room: bytes that it and its note may have together.
    """
    if not text:
        return Piece("", "(there is no text)")
    if start >= len(text):
        return Piece("", f"(the text ends before that: it has {len(text)} characters)")
    rest = text[start : start + most]
    if start + len(rest) == len(text) and len(rest.encode()) <= room:
        return Piece(rest)
    shown = _fitting(rest, max(room - NOTE, LEAST))
    end = start + len(shown)
    if end == len(text):
        return Piece(shown)
    return Piece(
        shown, f"[cut: characters {start} to {end} of {len(text)} are shown; read on with start {end}]"
    )


def _fitting(text: str, room: int) -> str:
    """As much of the beginning as has so many bytes."""
    return text.encode()[:room].decode(errors="ignore")
