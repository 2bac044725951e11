"""What a mail that is taken says and brings along. Pure."""

import mimetypes
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Final, cast, final

import attrs

from actors.email.fates import Taken
from actors.email.htmltext import text_of
from actors.email.quotes import reply_of
from actors.storage import clean

LONGEST: Final = 200_000
"""Characters of a text that the model gets."""
MOST_FILES: Final = 20
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/pgp-keys"}
)


@final
@attrs.frozen(kw_only=True)
class File:
    """Something that a mail brings."""

    name: str
    media_type: str
    data: bytes = attrs.field(repr=False)


@final
@attrs.frozen(kw_only=True)
class Content:
    """A mail, read."""

    text: str
    files: tuple[File, ...] = ()
    notes: tuple[str, ...] = ()
    """What of it is missing, one sentence each."""


def read(mail: bytes, *, is_reply: bool) -> Content:
    """The words of a mail, without those that it answers, and its files. Raises nothing, whatever is wrong with it."""
    try:
        return _read(mail, is_reply=is_reply)
    except Exception as error:  # noqa: BLE001 - the parser is known to raise anything for a mail that is wrong enough
        return Content(text="", notes=(f"The mail could not be read: {type(error).__name__}.",))


def told(taken: Taken, content: Content) -> str:
    """What the model gets: the words, then what is missing, then who says them and how that is known."""
    proof = f"; {taken.provenance}" if taken.provenance else ""
    about = f"; subject: {taken.subject}" if taken.subject else ""
    notes = "\n".join(f"[{note}]" for note in content.notes)
    origin = f"[From {taken.sender} by e-mail{proof}{about}]"
    return "\n\n".join(part for part in (content.text, notes, origin) if part)


def too_large(size: int, most: int) -> Content:
    """In place of a mail that is not fetched."""
    shown = (
        f"The mail has {size / 1024**2:.0f} MB and was not fetched: {most / 1024**2:.0f} MB are the limit."
    )
    return Content(text="", notes=(shown,))


def _read(mail: bytes, *, is_reply: bool) -> Content:
    message = message_from_bytes(mail, policy=default)
    texts: list[str] = []
    files: list[File] = []
    for part in _leaves(message):
        if _is_words(part):
            texts.append(_words(part))
        elif part.get_content_type() not in _SIGNATURES:
            files.append(_file(part, len(files) + 1))
    text = clean("\n\n".join(text.strip() for text in texts if text.strip()))
    if is_reply:
        text = reply_of(text)
    notes: list[str] = []
    if len(text) > LONGEST:
        notes.append(f"The mail is cut: it has {len(text)} characters.")
    if len(files) > MOST_FILES:
        notes.append(f"Of {len(files)} files the first {MOST_FILES} were taken.")
    return Content(text=text[:LONGEST], files=tuple(files[:MOST_FILES]), notes=tuple(notes))


def _leaves(part: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that hold something, of what is there in several forms the plainest one. A mail in a mail is one."""
    if part.get_content_type() == "message/rfc822" or not part.is_multipart():
        yield part
        return
    inside = cast("list[EmailMessage]", part.get_payload())
    if part.get_content_type() != "multipart/alternative":
        for each in inside:
            yield from _leaves(each)
        return
    leaves = [list(_leaves(each)) for each in inside]
    words = [[leaf for leaf in form if _is_words(leaf)] for form in leaves]
    plain = [form for form in words if form and all(leaf.get_content_type() == "text/plain" for leaf in form)]
    yield from next(iter(plain or [form for form in words if form]), list[EmailMessage]())
    for form in leaves:
        yield from (leaf for leaf in form if not _is_words(leaf))


def _is_words(part: EmailMessage) -> bool:
    """Whether a part is there to be read, not to be kept."""
    is_text = part.get_content_type() in {"text/plain", "text/html"}
    return is_text and part.get_content_disposition() != "attachment" and part.get_filename() is None


def _words(part: EmailMessage) -> str:
    text = _decoded(part)
    return text_of(text) if part.get_content_subtype() == "html" else text.replace("\r\n", "\n")


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _file(part: EmailMessage, number: int) -> File:
    media_type = part.get_content_type()
    if media_type == "message/rfc822":
        (inside,) = cast("list[EmailMessage]", part.get_payload())
        data, ending = inside.as_bytes(), ".eml"
    else:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        ending = mimetypes.guess_extension(media_type) or ""
    name = part.get_filename() or f"{part.get_content_maintype()}-{number}{ending}"
    return File(name=clean(name), media_type=media_type, data=data)
