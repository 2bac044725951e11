"""Addresses in one form, however they are written, so that no spelling of one is missed by a rule. Pure."""

import ipaddress
import posixpath
import re
import socket
from typing import Final, final
from urllib.parse import SplitResult, quote, unquote, urlsplit

import attrs
import idna

from bus import Data

_DEFAULTS: Final = {"http": 80, "https": 443}
_DETOURS: Final = {"%2F": "/", "%5C": "/"}
"""What servers take for a part of ``..`` as well."""
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]")
"""What means the same written out."""
_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
_LABEL: Final = re.compile(r"[a-z0-9_-]+")
_WILD: Final = re.compile(r"[*?\[\]]")


@final
@attrs.frozen(kw_only=True)
class Address(Data):
    """What everybody takes an address for."""

    scheme: str
    host: str
    """Lower case, without a dot at its end; other scripts than ours as ``xn--``, numbers as addresses."""
    port: int | None
    rest: str
    """Path and query: without detours, nothing written out that need not be."""


def read(text: str) -> Address | None:
    """An address; None where not everybody reads it alike."""
    found = _split(text)
    if found is None or found.username is not None:
        return None
    name = host(found.hostname or "")
    return None if name is None else _address(found, name)


def pattern(text: str) -> Address | None:
    """The same of a pattern, with its wildcards; None for one that no address fits."""
    found = _split(text)
    return None if found is None else _address(found, host_pattern(found.hostname or ""))


def _address(found: SplitResult, name: str) -> Address:
    return Address(
        scheme=found.scheme,
        host=name,
        port=_DEFAULTS.get(found.scheme) if found.port is None else found.port,
        rest=_path(found.path) + (f"?{_spelled(found.query)}" if found.query else ""),
    )


def _split(text: str) -> SplitResult | None:
    if "\\" in text or not text.isprintable() or any(map(str.isspace, text)):
        return None
    try:
        found = urlsplit(text)
        _ = found.port
    except ValueError:
        return None
    return found if found.scheme and found.hostname else None


# --- hosts ------------------------------------------------------------------------------------------------


def host(text: str) -> str | None:
    """A host in one form; None for what is none."""
    try:
        if ":" in text:
            return _version_6(text)
        labels = [_label(each) for each in _DOTS.sub(".", unquote(text, errors="strict")).split(".")]
    except ValueError:  # of escapes, of numbers, of names in other scripts
        return None
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    if not all(map(_LABEL.fullmatch, labels)):
        return None
    name = ".".join(labels)
    if not _NUMBER.fullmatch(labels[-1]):
        return name
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return None


def host_pattern(text: str) -> str:
    """The same of a pattern: names between dots that hold wildcards stay as they are."""
    if not _WILD.search(text):
        return host(text) or text.lower()
    labels = _DOTS.sub(".", unquote(text)).rstrip(".").split(".")
    return ".".join(each.lower() if _WILD.search(each) else _known(each) for each in labels)


def _known(label: str) -> str:
    try:
        return _label(label)
    except ValueError:
        return label.lower()


def _version_6(text: str) -> str:
    found = ipaddress.IPv6Address(text)
    return str(found.ipv4_mapped or found)


def _label(text: str) -> str:
    return text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()


# --- paths ------------------------------------------------------------------------------------------------


def _path(text: str) -> str:
    path = re.sub("%2F|%5C", lambda found: _DETOURS[found[0]], _spelled(text))
    return posixpath.normpath(re.sub("/+", "/", path)) if path else "/"


def _spelled(text: str) -> str:
    """With what may be written out and need not be as it is, and what has to be in capitals."""
    return _ESCAPE.sub(_as_it_is, quote(text, safe="!\"#$%&'()*+,/:;<=>?@[]^`{|}~"))


def _as_it_is(found: re.Match[str]) -> str:
    character = chr(int(found[0][1:], 16))
    return character if _PLAIN.fullmatch(character) else found[0].upper()
