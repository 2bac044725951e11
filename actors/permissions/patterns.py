"""Whether what a call acts on fits a pattern, by what kind of thing it is: a command, a path, an address. Pure."""

import posixpath
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final, final
from urllib.parse import SplitResult, urlsplit

import attrs

from actors.permissions import commands

COMMAND: Final = "command"
PATHS: Final = frozenset({"path", "file_path", "folder", "file"})
URL: Final = "url"
"""Names of inputs, by which is known what kind of thing a call acts on."""
ANY: Final = "*"
_DETOURS: Final = {"2e": ".", "2f": "/", "5c": "/"}
_WRITTEN_OUT: Final = re.compile(r"%(2e|2f|5c)", re.IGNORECASE)
"""Of an address, what servers take for a part of ``..`` as well."""


@final
@attrs.frozen
class Subject:
    """What a call acts on."""

    text: str
    acts_on: str
    """Name of the input; empty for none."""
    home: str = ""
    """The folder that paths are in."""

    @property
    def shown(self) -> str:
        """As patterns are compared with it."""
        if self.acts_on in PATHS:
            return path(self.text, self.home)
        return self.text


def fits(pattern: str, subject: Subject) -> bool:
    """Whether all of it fits, so that it may be let through."""
    return pattern == literally(subject.text) or _fits(pattern, subject, commands.fits, unsure=False)


def touches(pattern: str, subject: Subject) -> bool:
    """Whether a part of it may fit, so that it is to be held up."""
    return _fits(pattern, subject, commands.touches, unsure=True)


def literally(text: str) -> str:
    """The pattern that nothing but this text fits."""
    return re.sub(r"[*?\[]", r"[\g<0>]", text)


def _fits(pattern: str, subject: Subject, command: Callable[[str, str], bool], *, unsure: bool) -> bool:
    if pattern in {"", ANY}:
        return True
    if subject.acts_on == COMMAND:
        return command(pattern, subject.text)
    if subject.acts_on == URL:
        return _address(pattern, subject.text, unsure=unsure)
    return fnmatchcase(subject.shown, pattern)


def path(text: str, home: str) -> str:
    """A path as it is from the home folder on, without detours; one elsewhere stays as it is."""
    whole = posixpath.normpath(posixpath.join(home or "/", text.removeprefix("~/")))
    inside = (home or "/").rstrip("/") + "/"
    return whole.removeprefix(inside) if whole.startswith(inside) else whole if whole != home else "."


def _address(pattern: str, text: str, *, unsure: bool) -> bool:
    """A pattern without ``://`` is one of hosts; ``*.example.com`` are all below it."""
    found = _parts(text)
    if found is None:
        return unsure
    host = (found.hostname or "").rstrip(".")
    if "://" not in pattern:
        return fnmatchcase(host, pattern.lower())
    wanted = _parts(pattern)
    return (
        wanted is not None
        and (wanted.scheme, _port(wanted)) == (found.scheme, _port(found))
        and fnmatchcase(host, (wanted.hostname or "").rstrip("."))
        and fnmatchcase(_rest(found), _rest(wanted))
    )


def _parts(text: str) -> SplitResult | None:
    """Of an address that everybody reads alike."""
    if "\\" in text or not text.isprintable() or any(map(str.isspace, text)):
        return None
    try:
        found = urlsplit(text)
        _port(found)
    except ValueError:
        return None
    return found if found.scheme and found.hostname and found.username is None else None


def _port(parts: SplitResult) -> int | None:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _rest(parts: SplitResult) -> str:
    path = _WRITTEN_OUT.sub(lambda found: _DETOURS[found[1].lower()], parts.path)
    return (posixpath.normpath(path) if path else "/") + (f"?{parts.query}" if parts.query else "")


def proposal(subject: Subject) -> str:
    """What to grant beyond this one call: commands with the same first words, the folder, the host."""
    if not subject.acts_on:
        return ANY
    itself = literally(subject.text)
    if subject.acts_on == COMMAND:
        return commands.proposal(subject.text) or itself
    if subject.acts_on == URL:
        found = _parts(subject.text)
        return itself if found is None else (found.hostname or "").rstrip(".")
    if subject.acts_on in PATHS:
        folder = posixpath.dirname(subject.shown)
        return f"{literally(folder)}/*" if folder.strip("/") else literally(subject.shown)
    return itself
