"""What a turn came to, in a few words: its tokens, the telling part of a call, what is still to be shown. Pure."""

import json
from typing import Any, Final

TELLING: Final = ("file_path", "path", "pattern", "command", "query", "key", "file")
"""Fields of a tool's input, the most telling first."""

SUCCESS: Final = 0
FAILED: Final = 1
STOPPED: Final = 4
INCOMPLETE: Final = 5
"""Exit statuses of a turn that ended; `starpod chat --help` says what the others are."""


def status_of(outcome: str, *, failed: bool) -> int:
    """The exit status that says how a turn went. `failed`: it has an error."""
    if failed:
        return FAILED
    return {"success": SUCCESS, "cancelled": STOPPED}.get(outcome, INCOMPLETE)


def preview(fields: dict[str, Any]) -> str:
    """The telling part of a tool's input."""
    for name in TELLING:
        if name in fields:
            return str(fields[name])
    return json.dumps(fields, ensure_ascii=False)


def rest_of(whole: str, shown: str) -> str | None:
    """What of an answer is still to be shown; None when what was shown last is neither its beginning nor its end."""
    if shown and whole.endswith(shown):
        return ""
    return whole[len(shown) :] if shown and whole.startswith(shown) else None


def tokens_of(usage: dict[str, Any]) -> str:
    """What went in counts what was read from the cache and written to it."""
    read = usage["input_tokens"] + usage["cache_read_tokens"] + usage["cache_write_tokens"]
    return f"{thousands(read)} in, {thousands(usage['output_tokens'])} out"


def cost_of(usage: dict[str, Any]) -> str:
    """In US dollars; nothing where the price is not known."""
    return "" if usage["cost_usd"] is None else f"${usage['cost_usd']:.4f}"


def thousands(count: int) -> str:
    """A number that need not be exact."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


def size_of(count: int) -> str:
    """Bytes as people say them."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
