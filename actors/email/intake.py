"""Which mails are taken, by their headers alone: before that nothing else of a mail is fetched. Pure.

What is left alone is never answered, so that no mail of ours is an answer to a machine or to whoever is not known.
"""

import re
from collections.abc import Container
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from hashlib import sha256
from typing import Final

from actors.email.addresses import domain_of, sender_of
from actors.email.fates import LeftAlone, Taken
from actors.email.provenance import Trust, find
from actors.storage import one_line

MARK: Final = "starpod."
"""How the ids of our own mails begin."""
LONGEST_SUBJECT: Final = 200
LONGEST_ID: Final = 250
MOST_REFERENCES: Final = 20
"""Ids of a thread that are kept: the first, and the last before this one."""
_ID: Final = re.compile(r"<[!-;=?-~]+>")
_MACHINES: Final = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)(?:[+.-].*)?")
_OF_LISTS: Final = ("List-Id", "List-Post", "List-Unsubscribe", "X-Loop", "X-Autoreply", "X-Autorespond")
_BULK: Final = frozenset({"bulk", "list", "junk", "auto_reply"})


def parse(headers: bytes) -> Message:
    """The headers of a mail. Nothing in them is decoded yet, so that nothing can be wrong with it."""
    return BytesHeaderParser(policy=compat32).parsebytes(headers)


def decide(headers: bytes, known: Container[str], own: str, trust: Trust) -> Taken | LeftAlone:
    """What is to become of a mail. Raises nothing, whatever its headers are: anybody may send one.

    Args:
      headers: as they came.
      known: addresses of users.
      own: the agent's address.
      trust: whose word on its origin counts.
    """
    try:
        return _decided(headers, known, own, trust)
    except Exception as error:  # noqa: BLE001 - the parser is known to raise anything for headers that are wrong enough
        return LeftAlone(reason="sender", detail=f"Its headers cannot be read: {type(error).__name__}.")


def _decided(headers: bytes, known: Container[str], own: str, trust: Trust) -> Taken | LeftAlone:
    mail = parse(headers)
    sender = sender_of(_field(mail, "From")) if len(mail.get_all("From", [])) == 1 else None
    if sender == own or f"<{MARK}" in _field(mail, "Message-ID"):
        return LeftAlone(reason="own", detail="It is one of the agent's own.")
    if why := _no_person(mail, sender):
        return LeftAlone(reason="automatic", detail=f"A machine sent it: {why}.")
    if sender is None:
        return LeftAlone(reason="sender", detail="Its From is not one plain address.")
    if sender not in known:
        return LeftAlone(reason="unknown", detail="No user has the address it is from.")
    origin = find(_fields(mail, "Authentication-Results"), domain_of(sender), trust)
    if not origin.aligned:
        return LeftAlone(reason="unproven", detail=_unproven(origin.words, origin.names, trust))
    return _taken(mail, headers, sender, origin.words)


def _no_person(mail: Message, sender: str | None) -> str | None:
    """How it shows that no person has written a mail."""
    if _field(mail, "Auto-Submitted", "no").partition(";")[0].strip().casefold() != "no":
        return "Auto-Submitted"
    if _field(mail, "Precedence").strip().casefold() in _BULK:
        return "Precedence"
    if mail.get_content_type() == "multipart/report" or _field(mail, "Return-Path").strip() == "<>":
        return "a report on delivery"
    if sender is not None and _MACHINES.fullmatch(sender.partition("@")[0]):
        return "the name of its sender"
    return next((name for name in _OF_LISTS if name in mail), None)


def _unproven(words: str, names: tuple[str, ...], trust: Trust) -> str:
    if words:
        return f"Nothing proves that it is from there: {words}."
    heard = f", but of {', '.join(map(one_line, names[:3]))}" if names else ""
    return f"It has no Authentication-Results of {trust}{heard}; authserv_id says whose count."


def _taken(mail: Message, headers: bytes, sender: str, words: str) -> Taken:
    own_id = ids_in(_field(mail, "Message-ID"))[:1]
    made_up = f"<{sha256(headers).hexdigest()}@{domain_of(sender)}>"
    before = ids_in(_field(mail, "References")) or ids_in(_field(mail, "In-Reply-To"))[:1]
    if len(before) > MOST_REFERENCES:
        before = (before[0], *before[1 - MOST_REFERENCES :])
    return Taken(
        sender=sender,
        message_id=own_id[0] if own_id else made_up,
        subject=readable(_field(mail, "Subject"))[:LONGEST_SUBJECT],
        references=before,
        is_reply=bool(before),
        provenance=words,
    )


def ids_in(field: str) -> tuple[str, ...]:
    """The ids of mails in a header, each with its angle brackets; what is too long for one is left out."""
    return tuple(each for each in _ID.findall(field) if len(each) <= LONGEST_ID)


def readable(field: str) -> str:
    """A header that people have written, decoded, on one line; what cannot be decoded stays as it is."""
    try:
        text = str(make_header(decode_header(field)))
    except (MessageError, ValueError, LookupError):
        text = field
    return one_line(" ".join(text.split()))


def _fields(mail: Message, name: str) -> list[str]:
    return [str(each) for each in mail.get_all(name, [])]


def _field(mail: Message, name: str, default: str = "") -> str:
    """The first of the headers of a name."""
    return next(iter(_fields(mail, name)), default)
