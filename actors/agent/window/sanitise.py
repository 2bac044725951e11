"""What of a tool's text the model gets to see: no embedded files, no endless hexadecimal, no more than a limit.

Pure. Pictures and documents are no text and pass as they are.
"""

import re
from typing import Final

from actors.vocabulary import Content, Text

_DATA_URI: Final = re.compile(r"data:[^\s,]{0,256};base64,[A-Za-z0-9+/=_-]{200,}")
_HEX: Final = re.compile(r"\b(?:0x[0-9a-fA-F]{200,}|(?=[0-9]*[a-fA-F])[0-9a-fA-F]{200,})")
_HEAD: Final = 500
_TAIL: Final = 200
_MARKER: Final = 60  # characters, more than the note about what was left out


def sanitise(content: tuple[Content, ...], limit: int) -> tuple[Content, ...]:
    """The content of a result as the model may see it: all its text together at most `limit` bytes, plus a note."""
    cleaned: list[Content] = []
    left = limit
    for block in content:
        if not isinstance(block, Text):
            cleaned.append(block)
            continue
        text = cut(strip_blobs(block.text), left)
        left = max(0, left - len(text.encode(errors="replace")))
        if text:
            cleaned.append(Text(text=text))
    return tuple(cleaned) or (Text(text="(no output)"),)


def strip_blobs(text: str) -> str:
    """Replace base64 data URIs and hexadecimal dumps of 200 or more characters by their size.

    A long number is not a dump: without the prefix ``0x`` a dump holds at least one letter.
    """
    text = _DATA_URI.sub(lambda found: f"[embedded file of {len(found[0].encode())} bytes removed]", text)
    return _HEX.sub(lambda found: f"[{len(found[0])} hexadecimal characters removed]", text)


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, ending at a character, with a note of both sizes when something is gone."""
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return text
    kept = data[:limit].decode(errors="ignore")
    return f"{kept}\n[cut: the first {len(kept.encode())} of {len(data)} bytes are shown]"


def shorten(text: str, limit: int) -> str:
    """Beginning and end of a text longer than `limit` characters, with the number of characters left out.

    A text that would hardly become shorter stays, and so does one that was shortened before.
    """
    head = min(_HEAD, limit * 5 // 7)
    tail = min(_TAIL, limit - head)
    return text if len(text) <= max(limit, head + tail + _MARKER) else _ends(text, head, tail)


def squeeze(text: str, limit: int) -> str:
    """Beginning and end of a text in at most `limit` characters, with the number of characters left out between them.

    A limit in which the note has no room leaves the beginning alone.
    """
    if len(text) <= limit:
        return text
    if limit < _MARKER:
        return text[: max(0, limit)]
    head = (limit - _MARKER) * 5 // 7
    return _ends(text, head, limit - _MARKER - head)


def _ends(text: str, head: int, tail: int) -> str:
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[len(text) - tail :]}"
