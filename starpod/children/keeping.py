"""The actors that keep what there is: conversations, people, notes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from actors.agent.settings import Settings as AgentSettings
from actors.agent.spending.allowance import apart
from actors.context import TurnContext
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.embedder import EmbedderActor
from actors.memory.extractor import Further
from actors.memory.follower import MemoryFollower
from actors.memory.searchable import Generation
from actors.memory.settings import Settings as MemorySettings
from actors.persona.settings import Settings as PersonaSettings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.session.settings import Settings as SessionSettings
from actors.skills import messages as skills
from actors.skills.settings import Settings as SkillsSettings
from actors.subsystem import Given
from actors.telegram.settings import Settings as TelegramSettings
from actors.tooling import tool_of
from actors.tools import messages as tools
from actors.users.actor import UsersActor
from actors.users.bootstrap import VARIABLE
from bus import Backoff, Bus, Child, Limits, Pool
from starpod.children.parts import Parts
from starpod.users import has_left, seed_user
from starpod.workspace import UserContext


def session_children(given: Given) -> Iterator[Child]:
    """Who keeps conversations, and how those of each channel begin anew."""
    settings, of_telegram = given.settings(SessionSettings), given.settings(TelegramSettings)

    def channels() -> Iterator[session.ChannelPolicy]:
        yield session.ChannelPolicy("main")
        silence = timedelta(minutes=settings().telegram_gap_minutes)
        only_last = of_telegram().channels.telegram.stream_mode == "final_only"
        yield session.ChannelPolicy("telegram", gap=silence, pushes="end" if only_last else "each")
        of_mails = timedelta(minutes=settings().email_gap_minutes)
        yield session.ChannelPolicy("email", gap=of_mails, pushes="end")
        answerable = timedelta(days=1)  # so long a person may answer a job
        yield session.ChannelPolicy("scheduler", gap=answerable)

    factory = partial(SessionActor, given.database("session"), channels)
    yield Child("session", factory, limits=Limits(mailbox=256))


ADMIN_KEY: Final = "admin.key"
"""File with the key that was made for the first admin."""


def users_children(parts: Parts) -> Iterator[Child]:
    """Who knows people and their keys."""
    factory = partial(
        UsersActor,
        parts.database("users"),
        chosen=parts.environment.get(VARIABLE),
        key_file=parts.data / ADMIN_KEY,
        on_first_key=parts.on_first_key,
        seed=partial(_seed, parts),
        has_left=lambda user: has_left(user, parts.data / "users", parts.home / tools.UPLOADS),
    )
    yield Child("users", factory, limits=Limits(mailbox=256))


def _seed(given: Given, user: str) -> None:
    seed_user(UserContext(root=given.data / "users" / user))


NOTES_OF_USERS: Final = 16
"""Users whose notes are open at once; each takes two connections to a database."""


def memory_children(given: Given) -> Iterator[Child | Pool]:
    """Who keeps notes: the agent's, and one actor for each user who is there."""
    generation = Generation()
    yield Child("memory", partial(AgentNotesActor, given.data, generation), limits=Limits(mailbox=256))
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - the memory knows nothing of the persona
    settings = given.settings(MemorySettings)
    of_user = partial(MemoryActor, settings, zone, generation, partial(_seed, given), given.data)
    yield Child("embedder", partial(EmbedderActor, settings))
    yield Pool("notes", of_user, limit=NOTES_OF_USERS, idle=300, limits=Limits(mailbox=256))


def memory_log_children(parts: Parts) -> Iterator[Child]:
    """Who writes down what was talked about."""
    persona_settings, agent_settings = parts.settings(PersonaSettings), parts.settings(AgentSettings)
    factory = partial(
        MemoryFollower,
        parts.data,
        parts.settings(MemorySettings),
        lambda: persona_settings().agent_name,
        partial(_self_improvement, parts.settings(SkillsSettings)),
        partial(apart, agent_settings, lambda: persona_settings().zone, parts.under_way),
    )
    # Nobody waits for it, so a fault of its own is to be no fault of the others: it begins again rarely enough.
    yield Child("memory-log", factory, backoff=Backoff(first=8.0, cap=600.0))


async def _self_improvement(
    settings: Callable[[], SkillsSettings], bus: Bus, turn: TurnContext
) -> Further | None:
    """A review may write and correct skills of its user, where that is wanted."""
    if not settings().self_improve:
        return None
    told = await bus.ask(skills.Skills(user=turn.user, called=""))
    return Further((tool_of(skills.SkillCreate), tool_of(skills.SkillUpdate)), told.text)
