"""Who is meant, and who may speak: decided before anything is fetched. Pure."""

from collections.abc import Iterable

from actors.telegram import content, entities
from actors.telegram.update import Bot, Post, Sender, mapping
from actors.users.messages import plain_name


def addressed(post: Post, bot: Bot) -> bool:
    """Whether a message is for us: privately everything, among others what names us or answers a message of ours."""
    if not post.in_group:
        return True
    answers = mapping(content.answered(post.message).get("from")).get("id") == bot.id
    return answers or entities.mentions(post.message, bot)


def listed(sender: Sender, allowed: Iterable[int | str]) -> bool:
    """Whether an account is in the list of the settings, by its number or its name."""
    name = plain_name(sender.username)
    return any(
        sender.id == each if isinstance(each, int) else plain_name(each) in {name, str(sender.id)} - {None}
        for each in allowed
    )
