"""Messages as a reader sees them: the text, and what of it is formatted how."""

from actors.telegram.rendering.rich import Rich
from actors.telegram.rendering.split import LIMIT, chunks
from tests.fakes.telegram import entities, tidying

Seen = tuple[str, list[tuple[str, ...]]]


def seen(message: Rich) -> Seen:
    """The text, and of each entity the type, the text it covers and its URL or language."""
    units = message.text.encode("utf-16-le")
    found: list[tuple[str, ...]] = []
    for entity in message.entities:
        covered = units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")
        found.append((entity.type, covered, *filter(None, [entity.url, entity.language])))
    return message.text, found


def shown(markdown: str) -> Seen:
    """What a short text is as the one message that it makes."""
    (message,) = checked(markdown)
    return seen(message)


def checked(markdown: str, limit: int = LIMIT) -> list[Rich]:
    """The messages of a text, each of which Telegram would take and leave as it is."""
    messages = chunks(markdown, limit)
    for message in messages:
        sent = [entity.json() for entity in message.entities]
        entities.check_message(message.text, sent, limit)
        assert not tidying.is_blank(message.text)
        for link in sent:
            link.update({"url": entities.link(link["url"])} if "url" in link else {})
        assert tidying.tidy(message.text, sent) == (message.text, sent)
    return messages
