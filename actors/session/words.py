"""What the model gets of a message of a person. Pure."""

from collections.abc import Iterable
from typing import Final

from actors.vocabulary import PDF, Attachment, Content, Document, Image, Text

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that models can see."""

NOTHING: Final = "(empty message)"
"""Stands for a message that says nothing, since a model takes no empty one."""


def blocks_of(
    text: str, attachments: tuple[Attachment, ...], expansion: str | None = None
) -> tuple[Content, ...]:
    """Pictures first, then documents, then the words or what they call up, then where each file lies."""
    text = text if expansion is None else expansion
    pictures = [
        Image(media_type=attachment.media_type, path=attachment.path)
        for attachment in attachments
        if attachment.media_type in PICTURES
    ]
    documents = [
        Document(media_type=attachment.media_type, path=attachment.path, name=attachment.name)
        for attachment in attachments
        if attachment.media_type == PDF
    ]
    words = [Text(text=text)] if text.strip() else []
    notes = [Text(text=_notes(attachments))] if attachments else []
    return (*pictures, *documents, *words, *notes) or (Text(text=NOTHING),)


def _notes(attachments: Iterable[Attachment]) -> str:
    return "\n".join(
        f"[Attached {'image' if attachment.media_type in PICTURES else 'file'}: "
        f"{attachment.name} ({attachment.media_type}), saved as {attachment.path}]"
        for attachment in attachments
    )
