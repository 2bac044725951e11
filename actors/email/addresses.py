"""Addresses as people write them and as they are compared. Pure."""

import re
from typing import Final

from actors.vocabulary import quoted

LONGEST: Final = 254
_PLAIN: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_NAME: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^<>@,;"\\]*')
"""Of a sender, before the address in brackets; nothing that two programs might read in two ways."""


class NotAnAddress(ValueError):
    """A text is no address that mail is sent to, or is taken from, here."""


def plain(text: str) -> str:
    """An address as it is stored and compared. Raises NotAnAddress.

    It is ASCII without quotes: everything else, rare as it is, means something else to some program on the way. A
    domain beyond ASCII is written as it is looked up, ``xn--…``.
    """
    address = text.strip()
    if len(address) > LONGEST or not _PLAIN.fullmatch(address):
        raise NotAnAddress(f"{quoted(text)} is no e-mail address: write name@example.org")
    return address.casefold()


def domain_of(address: str) -> str:
    """What stands behind the last ``@``, as it is compared."""
    return address.rpartition("@")[2].casefold().rstrip(".")


def sender_of(field: str) -> str | None:
    """The one address of a ``From`` field; None where it has several, or cannot be read beyond doubt."""
    address = " ".join(field.split())
    if address.endswith(">"):
        name, _, address = address[:-1].rpartition("<")
        if not _NAME.fullmatch(name.strip()):
            return None
    try:
        return plain(address)
    except NotAnAddress:
        return None
