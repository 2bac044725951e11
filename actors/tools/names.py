r"""Names of files: as the file system has them, as they are shown, and which of them a person cannot tell apart. Pure.

A name is bytes. Most are UTF-8 and shown as they are. In one that is not, each wrong byte is shown as ``\xNN``, and a
backslash that would be taken for the beginning of such a byte as ``\x5c``; so every name has a form that can be
written, and no two have the same.
"""

import os
import re
import unicodedata

from actors.tools.messages import UPLOADS, InvalidPath

PRIVATE = ".starpod"
"""Refused as a name at any depth: the agent's own data, and what would make a folder look like an instance."""
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")
_ESCAPED_FIRST = re.compile(r"\\x[0-9a-fA-F]{2}")
_SEPARATORS = re.compile(r"[/\\]")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


def components(path: str) -> list[str]:
    """The names a path consists of, ``.`` and empty ones left out; empty for home itself. Raises InvalidPath."""
    if "\0" in path:
        raise InvalidPath(path=path, reason="it contains a NUL character")
    absolute = path.startswith(("/", "~/")) or path == "~"
    if absolute or (path.startswith("\\") and not _ESCAPED_FIRST.match(path)):
        raise InvalidPath(
            path=path, reason="Absolute paths are not allowed; paths are relative to the home folder"
        )
    names = _SEPARATORS.split(path)
    if ".." in names:
        raise InvalidPath(
            path=path,
            reason="Path traversal (..) is not allowed; memory and configuration are reached through their own tools",
        )
    if any(is_private(name) for name in names):
        raise private(path)
    return [name for name in path.split("/") if name not in ("", ".")]


def is_private(name: str) -> bool:
    """Whether a file system may take this name for ``.starpod``."""
    return _may_mean(name, PRIVATE)


def is_uploads(name: str) -> bool:
    """Whether a file system may take this name for the folder of uploads."""
    return _may_mean(name, UPLOADS)


def _may_mean(name: str, meant: str) -> bool:
    """Whether names are the same but for case, width, invisible characters and final dots."""
    if name.isascii():
        return name.rstrip(". ").lower() == meant
    plain = unicodedata.normalize("NFKC", _visible(name))
    return plain.casefold().rstrip(". ") == meant


def private(path: str) -> InvalidPath:
    """The refusal of a path with a private name in it."""
    return InvalidPath(
        path=path,
        reason=f"Cannot access {PRIVATE}/; memory and configuration are reached through their own tools",
    )


def shown(name: bytes) -> str:
    """A name in a form that can be shown, written and read back with :func:`written`."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return name.replace(b"\\", b"\\x5c").decode(errors="backslashreplace")
    return _ESCAPED.sub(rb"\\x5cx\1", name).decode() if "\\x" in text else text


def written(name: str) -> str:
    """The name that :func:`shown` shows so, as Python hands it to the system; most are the same.

    Only bytes that could not be written otherwise are read, so no separator and no dot comes about.
    """
    return os.fsdecode(_ESCAPED.sub(_byte, os.fsencode(name))) if "\\x" in name else name


def _byte(found: re.Match[bytes]) -> bytes:
    value = int(found[1], 16)
    return bytes([value]) if value >= 0x80 or value == ord("\\") else found[0]


def alike(name: str) -> str:
    """What names have in common that cannot be told apart, or that a model writes for each other.

    One may have its accents composed and the other not, another kind of space or quotation mark, or characters that
    nobody sees.
    """
    if name.isascii():
        return name
    plain = unicodedata.normalize("NFC", _visible(name)).translate(_QUOTES)
    return "".join(" " if unicodedata.category(char) == "Zs" else char for char in plain)


def _visible(name: str) -> str:
    return "".join(char for char in name if unicodedata.category(char) != "Cf")
