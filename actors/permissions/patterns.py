"""Whether what a call acts on fits a pattern, by what kind of thing it is: a command, a path, an address. Pure."""

import posixpath
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final, final

import attrs

from actors.permissions import commands, urls
from bus import Data

COMMAND: Final = "command"
PATHS: Final = frozenset({"path", "file_path", "folder", "file"})
URL: Final = "url"
"""Names of inputs, by which is known what kind of thing a call acts on."""
ANY: Final = "*"


@final
@attrs.frozen
class Subject(Data):
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
    found = urls.read(text)
    if found is None:
        return unsure
    if "://" not in pattern:
        return fnmatchcase(found.host, urls.host_pattern(pattern))
    wanted = urls.pattern(pattern)
    return (
        wanted is not None
        and (wanted.scheme, wanted.port) == (found.scheme, found.port)
        and fnmatchcase(found.host, wanted.host)
        and fnmatchcase(found.rest, wanted.rest)
    )


def proposal(subject: Subject) -> str:
    """What to grant beyond this one call: commands with the same first words, the folder, the host."""
    if not subject.acts_on:
        return ANY
    itself = literally(subject.text)
    if subject.acts_on == COMMAND:
        return commands.proposal(subject.text) or itself
    if subject.acts_on == URL:
        found = urls.read(subject.text)
        return itself if found is None else found.host
    if subject.acts_on in PATHS:
        folder = posixpath.dirname(subject.shown)
        return f"{literally(folder)}/*" if folder.strip("/") else literally(subject.shown)
    return itself
