"""The supervision tree of the daemon, on one screen. Start order is dependency order.

The only module that knows the actors by class; everybody else knows their messages.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import final
from zoneinfo import ZoneInfo

import attrs

import starpod
from actors.agent.conductor import ConductorActor
from actors.agent.conversation import ConversationActor
from actors.agent.sources import Sources
from actors.context import context_of
from actors.gateway.actor import GatewayActor
from actors.gateway.limits import Limits as GatewayLimits
from actors.gateway.settings import Address
from actors.llm.actor import LlmActor
from actors.persona import messages as persona
from actors.persona.actor import PersonaActor
from actors.session.actor import MIGRATIONS, SessionActor
from actors.storage import numbered
from actors.tooling import offering
from actors.tools import files
from actors.tools import messages as tools
from actors.tools.actor import ToolsActor
from actors.tools.paths import Home
from bus import Backoff, Child, Intensity, Limits, Pool, Supervisor
from starpod.config import Config
from starpod.models import load_catalogue
from starpod.workspace import Instance

SOURCES = Sources(tools=(offering(*tools.TOOLS),), context=tuple(map(context_of, persona.CONTEXT)))
"""What the model may use and what it is told, in the order in which it is told of it."""


@final
@attrs.frozen(kw_only=True)
class Parts:
    """What the tree is made from."""

    instance: Instance
    config: Config
    address: Address
    token: str = attrs.field(repr=False)
    """The operator's; the tap asks for it."""
    on_bound: Callable[[Address], None]
    """Told where the gateway listens, once it does."""


def tree(parts: Parts) -> Supervisor:
    """The whole daemon."""
    config, instance = parts.config, parts.instance
    conversation = partial(ConversationActor, settings=config.agent, sources=SOURCES)
    return Supervisor("root", "rest_for_one", [
        Supervisor("storage", "one_for_one", [session_child(instance, config)]),
        Supervisor("services", "one_for_one", [
            Child("llm", _llm(instance, config), backoff=Backoff(first=0.5)),
            Child("tools", _tools(instance, config), limits=Limits(mailbox=256)),
            Child("persona", _persona(instance, config), limits=Limits(mailbox=256)),
        ]),
        Supervisor("agent", "one_for_one", [
            Pool("conversation", conversation, limit=512, limits=Limits(stop_within=20, patience=3600)),
            Child("conductor", partial(ConductorActor, config.agent), limits=Limits(mailbox=256)),
        ]),
        Supervisor("edges", "one_for_one", [Child("gateway", _gateway(parts))]),
    ], intensity=Intensity(5, 60))  # fmt: skip


def databases(instance: Instance) -> dict[Path, int]:
    """The databases of an instance, which need not exist yet, each with the schema that this program knows."""
    return {instance.db_dir / "session.db": len(numbered(MIGRATIONS))}


def session_child(instance: Instance, config: Config) -> Child:
    """The owner of the conversations; also alone, for a look at them while no daemon runs."""
    factory = partial(SessionActor, instance.db_dir / "session.db", config.session)
    return Child("session", factory, limits=Limits(mailbox=256))


def _llm(instance: Instance, config: Config) -> partial[LlmActor]:
    catalogue, _ = load_catalogue(instance)
    return partial(
        LlmActor, config.llm, config.environment, catalogue, partial(files.load, Home(instance.home_dir))
    )


def _tools(instance: Instance, config: Config) -> partial[ToolsActor]:
    return partial(ToolsActor, instance.home_dir, config.tools, config.agent.compaction.max_tool_result_bytes)


def _gateway(parts: Parts) -> partial[GatewayActor]:
    config = parts.config
    return partial(
        GatewayActor,
        attrs.evolve(config.gateway, server_addr=parts.address),
        agent_name=config.agent.agent_name,
        version=starpod.__version__,
        operator_token=parts.token,
        limits=GatewayLimits(upload_file=config.tools.attachments.max_file_size),
        upload_folder=parts.instance.agent_home / "uploads",
        on_bound=parts.on_bound,
    )


def _persona(instance: Instance, config: Config) -> partial[PersonaActor]:
    zone = config.agent.timezone
    return partial(
        PersonaActor, config.agent.agent_name, instance.soul, None if zone is None else ZoneInfo(zone)
    )
