"""Dead letters as JSON. Pure."""

from collections.abc import Iterable

from actors.console.messages import Json
from bus import mask_text
from bus.console import Buried, mask_value, shorten

BODY: int = 2000
"""Characters of a text in the body of a letter."""


def letter_of(entry: Buried, now: float) -> Json:
    """One dead letter without its body."""
    letter, envelope = entry.letter, entry.envelope
    return {
        "seq": letter.seq,
        "reason": letter.reason,
        "type": letter.kind,
        "kind": envelope.kind,
        "from": letter.sender,
        "to": letter.to,
        "trace": letter.trace,
        "age": round(now - entry.at, 3),
        "detail": mask_text(letter.detail.strip().rpartition("\n")[2]),
        "baggage": dict(envelope.baggage),
    }


def whole_letter_of(entry: Buried, now: float) -> Json:
    """One dead letter with its body."""
    body = None if entry.message is None else shorten(mask_value(entry.message), limit=BODY)
    return {**letter_of(entry, now), "detail": mask_text(entry.letter.detail), "body": body}


def losses_of(entries: Iterable[Buried], now: float) -> list[Json]:
    """How many were lost by recipient and reason, with the age of the youngest; `entries` are oldest first."""
    found: dict[tuple[str, str], Json] = {}
    for entry in entries:
        key = entry.letter.to, entry.letter.reason
        count = found[key]["count"] + 1 if key in found else 1
        found[key] = {"to": key[0], "reason": key[1], "count": count, "age": round(now - entry.at, 3)}
    return list(found.values())
