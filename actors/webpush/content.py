"""What a browser is told: the title, the beginning of the text, and the place in the page to look at. Pure."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from actors import jsontext
from actors.beginning import beginning, beginning_in_bytes

MOST: Final = 3000
"""Bytes; services take 4,096, of which sealing takes some."""
SHORT: Final = 500
"""Characters of a text."""
_TITLE: Final = 200
"""Characters."""


def topic(key: str) -> str:
    """A name for what is pushed: what is pushed again by the same name takes the place of what was before."""
    return blake2b(key.encode(errors="replace"), digest_size=16).hexdigest()


def content(body: Mapping[str, Any], key: str) -> bytes:
    """What is sent of a row of the outbox, JSON of at most :data:`MOST` bytes."""
    title, text, session = (_text(body.get(name)) for name in ("title", "text", "session"))
    told = {
        "title": beginning(f"{title} failed" if body.get("success") is False else title, _TITLE),
        "text": "",
        "path": f"#/chat/{session}" if session else "",
        "tag": topic(key),
    }
    room = MOST - len(jsontext.encode(told))
    short = beginning(text, SHORT)
    while True:
        told["text"] = beginning_in_bytes(short, room)
        whole = jsontext.encode(told)
        if len(whole) <= MOST:
            return whole
        room -= len(whole) - MOST  # what JSON has to escape takes more room than it has bytes


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
