"""Names of notes: which there can be, and where each lies.

A name is a path with slashes. Some are fixed and mean one file each; ``shared/…`` is the agent's and everybody's; all
else lies in the folder of the user. Whatever could be taken for another name, by a file system or by a person, is
refused.
"""

import re
import unicodedata
from typing import Final, final

import attrs

from actors.memory.messages import BadName, Level
from bus import Data

LONGEST: Final = 255
"""Bytes of a name."""
SOUL: Final = "SOUL.md"
LIFECYCLE: Final = (SOUL, "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md")
"""The agent's own, which lie in its folder ``config``."""
PROFILE: Final = "USER.md"
"""Says who the person is."""
PERSONAL: Final = (PROFILE, "MEMORY.md")
"""What is part of every prompt of a user."""
SHARED: Final = "shared"
LOGS: Final = "memory"
"""The folder of daily logs."""
FOREIGN: Final = ("users", "skills", "config", "db")
"""Folders beside those of the notes; no name leads there."""
_FIXED: Final = {each.casefold(): each for each in (*LIFECYCLE, *PERSONAL, SHARED, LOGS)}
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of characters that nobody sees, or that mean something else to everybody."""
_ALPHABETS: Final = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}
"""Alphabets with letters that look like those of another one."""
_WORD: Final = re.compile(r"[^\W\d_]+")


@final
@attrs.frozen
class Name(Data):
    """A note that there may be."""

    text: str
    level: Level

    @property
    def path(self) -> tuple[str, ...]:
        """Where it lies in the folder of its level: that of the user, or that of the agent."""
        parts = tuple(self.text.split("/"))
        return ("config", *parts) if self.text in LIFECYCLE else parts

    @property
    def is_identity(self) -> bool:
        """Whether it says who somebody is, so that all it ever was is kept."""
        return self.text in LIFECYCLE or self.text in PERSONAL


def checked(text: str) -> Name:
    """The note of that name. Raises BadName."""
    reason = _fault(text)
    if reason is not None:
        raise BadName(name=text, reason=reason)
    first = text.partition("/")[0]
    return Name(text, "agent" if text in LIFECYCLE or first == SHARED else "user")


def _fault(text: str) -> str | None:
    if not text:
        return "it is empty"
    if len(text.encode(errors="surrogatepass")) > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    if ".." in text:
        return "there must be no '..' in it"
    if text.startswith(("/", "\\", "~")):
        return "it must be relative, such as projects/boat.md"
    if not text.endswith(".md"):
        return "it must end in .md"
    if (reason := _fault_of_characters(text)) is not None:
        return reason
    parts = text.split("/")
    if any(part in {"", "."} or part != part.strip(" ") or part.endswith(".") for part in parts):
        return "each part between slashes needs a name that neither begins nor ends with a blank nor ends with a dot"
    return _fault_of_place(parts)


def _fault_of_characters(text: str) -> str | None:
    if "\\" in text or ":" in text:
        return "there must be no backslash and no colon in it"
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        return "there are characters in it that cannot be seen"
    if unicodedata.normalize("NFC", text) != text:
        return "its accents are letters of their own: write it composed (NFC)"
    for word in _WORD.findall(text):
        if len({_alphabet(letter) for letter in word} & _ALPHABETS) > 1:
            return f"letters of several alphabets that look alike are in one word of it: {word}"
    return None


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _fault_of_place(parts: list[str]) -> str | None:
    """What comes first decides where a note lies, so it must not be what another file system takes for a fixed name."""
    first = parts[0]
    meant = plain(first)
    if meant in FOREIGN:
        return f"{meant}/ is no place for notes"
    fixed = _FIXED.get(meant)
    if fixed is not None and fixed != first:
        return f"it is called {fixed}"
    if fixed is not None and (len(parts) == 1) == (fixed in {SHARED, LOGS}):
        return f"{fixed} is a {'folder' if fixed in {SHARED, LOGS} else 'file'}"
    return None


def plain(part: str) -> str:
    """What names have in common that a file system may not tell apart."""
    return unicodedata.normalize("NFKC", part).casefold().rstrip(". ")
