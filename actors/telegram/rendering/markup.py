"""Markdown as events: CommonMark with tables, task lists and ``~~strikethrough~~``, less what would lose text.

HTML, link reference definitions and single tildes ("~5 to ~6") are plain text here. The parser cannot be told so, hence
it is handed them with a control character within; :func:`plain` takes those out of what it gives back. A cleaned text
has no control characters of its own.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

import pyromark

from actors.telegram.rendering.clean import cleaned, is_clean

_OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_TASKLISTS
)
_BREAKER: Final = "\x80"
"""Between two characters that would be markup together."""
_TILDE: Final = "\x81"
_HTML: Final = re.compile(r"<(?=[A-Za-z/!?])(?!(?i:https?|tg):)")
_SINGLE_TILDE: Final = re.compile(r"(?<![~\\])~(?!~)")


@final
class Event(NamedTuple):
    """One step through a document. Begin and end are bytes of its source."""

    kind: str
    """Start, End, Text, Code, TaskListMarker, SoftBreak, HardBreak or Rule."""
    what: Any
    """Text; of a beginning or an end, the name of what it is of."""
    about: Any
    """What is known of it beyond its name."""
    begin: int
    end: int


def events(markdown: str) -> tuple[list[Event], bytes]:
    """The events of a cleaned text, and the source that their bytes are of. Texts are to go through :func:`plain`."""
    guarded = _guarded(markdown)
    source = guarded.encode()
    try:
        return list(_events(guarded)), source
    except BaseException as fault:
        # A panic of the parser is no Exception, and would end the daemon each time that it tries to send the text.
        if type(fault).__module__ != "pyo3_runtime":
            raise
        return [Event("Text", guarded, None, 0, len(source))], source


def plain(text: str) -> str:
    """What an event says, as the author wrote it; characters written as ``&#7;`` have been resolved by now."""
    return text if is_clean(text) else cleaned(text.replace(_TILDE, "~"))


def _guarded(markdown: str) -> str:
    broken = markdown.replace("]:", f"]{_BREAKER}:").replace("\\|", f"\\|{_BREAKER}")
    return _SINGLE_TILDE.sub(_TILDE, _HTML.sub(f"<{_BREAKER}", broken))


def _events(markdown: str) -> Iterator[Event]:
    found: Any = pyromark.events_with_range(markdown, options=_OPTIONS, merge_text=True)
    for event, place in found:
        kind, what, about = event, None, None
        if not isinstance(event, str):
            ((kind, what),) = event.items()
            if not isinstance(what, str | bool):
                ((what, about),) = what.items()
        yield Event(kind, what, about, place["start"], place["end"])
