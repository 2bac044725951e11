"""What a change makes of a note. Pure; notes are bytes, since people may have written them in any encoding."""

import hashlib
from collections.abc import Callable
from typing import Final, final

import attrs

from actors.memory import guard
from actors.memory.messages import (
    BY_MODEL,
    LARGEST,
    Change,
    ChangedMeanwhile,
    NotOnce,
    Origin,
    OverLimit,
    Suspicious,
    TooLarge,
    UnknownFile,
)
from actors.memory.names import Name
from bus import Data

Make = Callable[[bytes | None], bytes | None]
"""What a note becomes, from what it is; None is no note. Raises what a change is refused with."""
_NEWLINE: Final = b"\n"
_END: Final = 10


@final
@attrs.frozen(kw_only=True)
class Caps(Data):
    """Bytes that a model may make of the files that are part of every prompt; 0 is no limit."""

    profile: int = 0
    memory: int = 0

    def of(self, name: Name) -> int:
        """Of one note."""
        return {"USER.md": self.profile, "MEMORY.md": self.memory}.get(name.text, 0)


def etag(content: bytes | None) -> str:
    """Says of two contents whether they are the same; empty for none."""
    return "" if content is None else hashlib.blake2b(content, digest_size=16).hexdigest()


def of_change(change: Change, name: Name, caps: Caps) -> Make:
    """What a change makes of its note. Raises Suspicious."""
    content = encoded(change.content)
    passage = None if change.passage is None else encoded(change.passage)
    _check_text(change.content, change.origin)
    by_model = change.origin.door in BY_MODEL

    def make(before: bytes | None) -> bytes | None:
        if change.etag is not None and change.etag != etag(before):
            raise ChangedMeanwhile(name=name.text)
        match change.mode:
            case "whole":
                after: bytes | None = content
            case "append":
                after = appended(before, content)
            case "replace":
                after = replaced(name, before, passage or b"", content)
            case _:
                after = forgotten(name, before, passage)
        _check_size(name, before, after, caps.of(name) if by_model else 0)
        return after

    return make


def encoded(text: str) -> bytes:
    """UTF-8. Raises Suspicious for halves of characters, which no file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Suspicious(reason=f"it holds half a character at {error.start}") from None


def appended(before: bytes | None, content: bytes) -> bytes:
    """Content on a line of its own behind what is there."""
    if not before:
        return content
    return before + (b"" if before.endswith(_NEWLINE) else _NEWLINE) + content


def replaced(name: Name, before: bytes | None, passage: bytes, content: bytes) -> bytes:
    """Content in place of a passage. Raises NotOnce, UnknownFile."""
    if before is None:
        raise UnknownFile(name=name.text)
    at = _only(name, before, passage)
    return before[:at] + content + before[at + len(passage) :]


def forgotten(name: Name, before: bytes | None, passage: bytes | None) -> bytes | None:
    """Without a passage, and without the empty line that it would leave. Raises NotOnce, UnknownFile."""
    if before is None:
        raise UnknownFile(name=name.text)
    if passage is None:
        return None
    at = _only(name, before, passage)
    end = at + len(passage)
    begins_line = at == 0 or before[at - 1] == _END
    if begins_line and before[end : end + 1] == _NEWLINE and not passage.endswith(_NEWLINE):
        end += 1
    return before[:at] + before[end:]


def _only(name: Name, before: bytes, passage: bytes) -> int:
    """Where a passage is that is there exactly once."""
    first, last = before.find(passage), before.rfind(passage)
    if not passage or first < 0:
        raise NotOnce(name=name.text, count=0)
    if first != last:
        raise NotOnce(name=name.text, count=max(before.count(passage), 2))  # they may overlap
    return first


def _check_size(name: Name, before: bytes | None, after: bytes | None, cap: int) -> None:
    """Refuse what is too large. What makes a note smaller is a step on the way."""
    size = len(after or b"")
    if size > LARGEST:
        raise TooLarge(name=name.text, size=size, limit=LARGEST)
    if cap and size > max(cap, len(before or b"") - 1):
        raise OverLimit(name=name.text, size=size, limit=cap)


def of_entries(text: str, name: Name, origin: Origin, added: Callable[[bytes | None], bytes]) -> Make:
    """What entries with this text make of a log. Raises Suspicious."""
    encoded(text)
    _check_text(text, origin)

    def make(before: bytes | None) -> bytes:
        after = added(before)
        _check_size(name, before, after, 0)
        return after

    return make


def _check_text(text: str, origin: Origin) -> None:
    """Refuse what a model has written and might mean for another one. What people write is theirs."""
    if origin.door in BY_MODEL and (reason := guard.fault(text)) is not None:
        raise Suspicious(reason=reason)


def notice(name: Name, size: int, caps: Caps) -> str | None:
    """What who has written a note of that many bytes by hand should know about it."""
    cap = caps.of(name)
    if cap and size > cap:
        return f"{name.text} has {size} bytes; beyond {cap} the agent adds nothing to it."
    return None


def lines(text: str, first: int | None, last: int | None) -> str:
    """Lines of a text, counted from 1, both ends included and moved to where the text is."""
    if first is None:
        return text
    return "\n".join(text.split("\n")[max(first, 1) - 1 : last])
