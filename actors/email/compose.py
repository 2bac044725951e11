"""What is said to somebody, as a mail. Pure.

The same row of the outbox is always the same mail, with the same Message-ID, so that a repeat can be told by whoever
gets it. Every mail says that a machine sent it, so that no other machine answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Final, cast, final

import attrs

from actors.email.addresses import domain_of
from actors.email.content import File
from actors.email.intake import LONGEST_SUBJECT, MARK
from actors.email.markup import html_of
from actors.email.store import Thread
from actors.storage import clean, one_line

MOST_ATTACHED: Final = 20 * 1024 * 1024
"""Bytes of all files of a mail together."""
REPEATED: Final = "(This may have reached you already: whether it did is not known.)"
_POLICY: Final = SMTP.clone(max_line_length=998, cte_type="7bit")
"""Long ids of mails must not be folded: what is folded is encoded, and then it is the id of no mail."""
_MEDIA_TYPE: Final = re.compile(r"(application|audio|font|image|text|video)/([a-z0-9.+-]{1,80})")
_REFERENCES: Final = 900
"""Characters of a header, less than a line may have."""


@final
@attrs.frozen(kw_only=True)
class Said:
    """What a row of the outbox says, in words of this channel."""

    subject: str | None
    """None for an answer, which has that of the mail it answers."""
    text: str
    """Markdown."""
    attachments: tuple[Mapping[str, Any], ...] = ()
    """Each with its ``name``, ``media_type``, ``path`` and ``size``."""
    answers: str | None = None
    """Key of the mail that began the turn."""


@final
@attrs.frozen(kw_only=True)
class Envelope:
    """Between whom, and about which row."""

    sender: str
    name: str
    """The agent's, for people."""
    recipient: str
    key: str
    """Of the row."""
    at: datetime
    doubtful: bool = False
    """Whether it may have arrived already."""


def said(body: Mapping[str, Any]) -> Said:
    """Read the body of a row: of a turn that ended, or of a notification.

    What was said on the way to an answer is left out, unless there is none.
    """
    if "title" in body:
        mark = {True: "✓ ", False: "✗ "}.get(cast("bool", body.get("success")), "")
        return Said(subject=f"{mark}{body['title']}", text=str(body.get("text", "")))
    texts = body.get("answers") or body.get("texts", ())
    parts = [*map(str, texts), str(body.get("notice") or "")]
    return Said(
        subject=None,
        text="\n\n".join(part for part in parts if part.strip()),
        attachments=tuple(body.get("attachments", ())),
        answers=body.get("client_message_id"),
    )


def chosen(
    attachments: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Those that go with a mail, and those that are too large for it, by the order in which they come."""
    taken, left, room = list[Mapping[str, Any]](), list[Mapping[str, Any]](), MOST_ATTACHED
    for each in attachments:
        fits = each["size"] <= room
        (taken if fits else left).append(each)
        room -= each["size"] if fits else 0
    return taken, left


def left_out(attachment: Mapping[str, Any], why: str = "too large for a mail") -> str:
    """What stands in a mail in place of a file."""
    return f"{attachment['name']} is not attached ({why}). It is {attachment['path']} in the agent's files."


def message_id(key: str, sender: str) -> str:
    """The id of the mail about a row: the same for the same row, and known to be ours."""
    return f"<{MARK}{sha256(key.encode()).hexdigest()[:32]}@{domain_of(sender)}>"


def compose(
    about: Envelope, what: Said, thread: Thread | None, files: Sequence[File], notes: Sequence[str]
) -> bytes:
    """The whole mail.

    Args:
      about: from whom, to whom.
      what: what it says.
      thread: the mail that it answers; None for none.
      files: that go with it.
      notes: on what does not, one sentence each.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(one_line(about.name), addr_spec=about.sender)
    mail["To"] = Address(addr_spec=about.recipient)
    mail["Subject"] = _subject(what, thread, about.name)
    mail["Date"] = format_datetime(about.at)
    mail["Message-ID"] = message_id(about.key, about.sender)
    mail["Auto-Submitted"] = "auto-generated" if thread is None else "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    if thread is not None:
        mail["In-Reply-To"] = thread.message_id
        mail["References"] = " ".join(_references(thread))
    text = clean("\n\n".join(_paragraphs(about, what, notes)))
    mail.set_content(f"{text}\n")
    mail.add_alternative(html_of(text), subtype="html")
    for file in files:
        main, sub = _media_type(file)
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=one_line(file.name) or "file")
    return mail.as_bytes()


def _paragraphs(about: Envelope, what: Said, notes: Sequence[str]) -> Iterator[str]:
    if about.doubtful:
        yield REPEATED
    if what.text.strip():
        yield what.text.strip()
    elif not notes:
        yield "(Nothing was said.)"
    yield from notes


def _subject(what: Said, thread: Thread | None, name: str) -> str:
    if what.subject is not None:
        return one_line(what.subject)[:LONGEST_SUBJECT]
    if thread is None:
        return f"From {one_line(name)}"
    old = one_line(thread.subject)
    return old if old.casefold().startswith("re:") else f"Re: {old}".strip()


def _references(thread: Thread) -> list[str]:
    """The thread as it is after this mail, the newest last; as much of it as a header may hold."""
    ids = [*thread.references, thread.message_id]
    while len(" ".join(ids)) > _REFERENCES and len(ids) > 1:
        del ids[1 if len(ids) > 2 else 0]
    return ids


def _media_type(file: File) -> tuple[str, str]:
    """Of what a mail can hold as a file; anything else is bytes."""
    known = _MEDIA_TYPE.fullmatch(file.media_type)
    return (known[1], known[2]) if known else ("application", "octet-stream")
