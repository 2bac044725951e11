"""The actors that the outside reaches, or that begin something by themselves. The gateway is in the tree."""

from collections.abc import Iterator
from functools import partial

import starpod
from actors.console.actor import ConsoleActor
from actors.cron.actor import CronActor
from actors.cron.settings import Settings as CronSettings
from actors.email.actor import EmailActor
from actors.email.settings import Settings as EmailSettings
from actors.persona.settings import Settings as PersonaSettings
from actors.subsystem import Given
from actors.telegram.actor import TelegramActor
from actors.telegram.sender_actor import TelegramSenderActor
from actors.webpush.actor import WebPushActor
from bus import Backoff, Child, Limits
from starpod.children.serving import uploads


def cron_children(given: Given) -> Iterator[Child]:
    """Who begins what is due."""
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - the scheduler knows nothing of the persona
    factory = partial(
        CronActor, given.database("cron"), given.settings(CronSettings), given.data / "config", zone
    )
    yield Child("cron", factory, limits=Limits(mailbox=256))


def console_children(_given: Given) -> Iterator[Child]:
    """What an operator looks through."""
    yield Child("console", partial(ConsoleActor, starpod.__version__), limits=Limits(mailbox=256))


def telegram_children(given: Given) -> Iterator[Child]:
    """The bot: who listens and who speaks."""
    persona_settings = given.settings(PersonaSettings)
    factory = partial(TelegramActor, given, lambda: persona_settings().agent_name)
    yield Child("telegram", factory, limits=Limits(mailbox=256))
    # A message that it has a bug with ends it: it begins again rarely enough not to end the others with it.
    yield Child("telegram-sender", partial(TelegramSenderActor, given), backoff=Backoff(first=8.0, cap=600.0))


def webpush_children(given: Given) -> Iterator[Child]:
    """Who sends notifications to browsers."""
    yield Child("webpush", partial(WebPushActor, given.database("webpush")), limits=Limits(mailbox=256))


def email_children(given: Given) -> Iterator[Child]:
    """Who reads and sends mails."""
    persona_settings = given.settings(PersonaSettings)
    factory = partial(
        EmailActor,
        given.database("email"),
        given.settings(EmailSettings),
        given.environment,
        lambda: persona_settings().agent_name,
        uploads(given),
    )
    yield Child("email", factory, limits=Limits(mailbox=256))
