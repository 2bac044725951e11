"""The supervision tree of the daemon, on one screen. Start order is dependency order.

Only it and ``children``, where actors are made that take more than their class, know actors; all others know messages.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import attrs

import starpod
from actors.agent import messages as agent
from actors.agent.acting.standstill import Standstill
from actors.agent.conductor import ConductorActor
from actors.agent.conversation import INTENSITY, ConversationActor
from actors.agent.occasions import Occasions
from actors.agent.settings import Settings as AgentSettings
from actors.agent.sources import Dropped, Sources
from actors.console import messages as console
from actors.context import Expansion, TurnContext
from actors.cron import messages as cron
from actors.cron.scheduler import MIGRATIONS as CRON
from actors.cron.settings import Settings as CronSettings
from actors.email import messages as email
from actors.email import settings as email_settings
from actors.email.settings import Settings as EmailSettings
from actors.email.store import MIGRATIONS as EMAIL
from actors.gateway import messages as gateway
from actors.gateway.actor import GatewayActor
from actors.gateway.limits import Limits as GatewayLimits
from actors.gateway.server import unusable
from actors.gateway.settings import About
from actors.gateway.settings import Settings as GatewaySettings
from actors.hooks import guards as hooking
from actors.hooks import messages as hooks
from actors.hooks.armed import Armed
from actors.hooks.settings import Settings as HooksSettings
from actors.hooks.store import MIGRATIONS as HOOKS
from actors.instances import messages as instances
from actors.instances.actor import InstancesActor
from actors.instances.settings import GUARDED as INSTANCES_GUARDED
from actors.instances.settings import Settings as InstancesSettings
from actors.instances.settings import faults as instance_faults
from actors.llm import messages as llm
from actors.llm.settings import Settings as LlmSettings
from actors.mcp import messages as mcp
from actors.mcp.offering import Offering as McpOffering
from actors.mcp.settings import GUARDED as MCP_GUARDED
from actors.mcp.settings import Settings as McpSettings
from actors.mcp.settings import faults as mcp_faults
from actors.memory import messages as memory
from actors.memory.keeping import MIGRATIONS as MEMORY
from actors.memory.settings import Settings as MemorySettings
from actors.memory.work import MIGRATIONS as MEMORY_LOG
from actors.notify import messages as notify
from actors.notify.actor import MIGRATIONS as NOTIFY
from actors.permissions import messages as permissions
from actors.permissions import settings as permission_settings
from actors.permissions.actor import MIGRATIONS as PERMISSIONS
from actors.permissions.actor import PermissionsActor
from actors.permissions.guards import guards
from actors.permissions.settings import Settings as PermissionSettings
from actors.persona import messages as persona
from actors.persona.settings import Settings as PersonaSettings
from actors.session import messages as session
from actors.session.actor import MIGRATIONS
from actors.session.settings import Settings as SessionSettings
from actors.settings import messages as settings
from actors.settings.actor import Reader, SettingsActor
from actors.shell import messages as shell
from actors.shell.settings import Settings as ShellSettings
from actors.skills import messages as skills
from actors.skills.actor import SkillsActor
from actors.skills.reading import MIGRATIONS as SKILLS
from actors.skills.settings import Settings as SkillsSettings
from actors.storage import numbered
from actors.subagents import messages as subagents
from actors.subagents import settings as subagent_settings
from actors.subagents.actor import SubagentsActor
from actors.subagents.settings import Settings as SubagentSettings
from actors.subsystem import Given, Subsystem
from actors.telegram import messages as telegram
from actors.telegram.keeping import MIGRATIONS as TELEGRAM
from actors.telegram.settings import Settings as TelegramSettings
from actors.tooling import offering, tool_of
from actors.tools import messages as tools
from actors.tools.keeping import MIGRATIONS as TOOLS
from actors.tools.settings import Settings as ToolsSettings
from actors.users import messages as users
from actors.users.actor import MIGRATIONS as USERS_MIGRATIONS
from actors.vault import messages as vault
from actors.vault.actor import MIGRATIONS as VAULT
from actors.vault.actor import VaultActor
from actors.vault.names import may_be_granted, says_secret
from actors.vault.settings import Settings as VaultSettings
from actors.web import messages as web
from actors.web.settings import Settings as WebSettings
from actors.web.settings import faults as web_faults
from actors.webpush import messages as webpush
from actors.webpush.actor import MIGRATIONS as WEBPUSH
from bus import Bus, Child, Intensity, Limits, Pool, Supervisor
from starpod import modelkeys, models, permissionkeys
from starpod.children import edges, keeping, serving
from starpod.children.parts import Parts
from starpod.environment import withheld
from starpod.resources import documentation
from starpod.workspace import Instance

CHANNEL_NAMES: Final = ("main", "telegram", "email", "scheduler")


def _unknown_names(settings: PermissionSettings, _given: Given) -> Iterator[str]:
    return permissionkeys.faults(settings, TOOL_NAMES, CHANNEL_NAMES)


def _settings(parts: Parts) -> Iterator[Child]:
    readers = tuple(_reader(each, parts) for each in SUBSYSTEMS if each.settings)
    yield Child("settings", partial(SettingsActor, parts.sources, parts.scheme, parts.current, readers))


def _reader(subsystem: Subsystem, parts: Parts) -> Reader:
    kind: type[Any] = subsystem.settings or type(None)
    restart = subsystem.changes == "restart"
    return Reader(
        name=subsystem.name,
        kind=kind,
        keys=subsystem.keys,
        restart=tuple(child.name for child in subsystem.children(parts)) if restart else (),
        fixed=subsystem.fixed,
        guarded=subsystem.guarded,
    )


def _keepsake(turn: TurnContext, dropped: Dropped) -> memory.Flush:
    return memory.Flush(
        user=turn.user,
        session=turn.session,
        turn=turn.turn,
        until=dropped.until,
        model=dropped.model,
        messages=dropped.messages,
    )


def _agent(parts: Parts) -> Iterator[Child | Pool]:
    settings = parts.settings(AgentSettings)
    persona_settings, under_way = parts.settings(PersonaSettings), parts.under_way
    zone = lambda: persona_settings().zone  # noqa: E731 - the agent knows nothing of the persona
    occasions = _occasions(parts.armed)
    conversation = partial(
        ConversationActor,
        settings=settings,
        sources=partial(_sources, parts.settings(McpSettings)),
        guards=hooking.hooked(guards(parts.settings(PermissionSettings), str(parts.home)), parts.armed),
        occasions=occasions,
        under_way=under_way,
        standstill=Standstill(),
        zone=zone,
    )
    # Each begins with a question to the store: that it is slow shall be its outage, not a start that failed.
    limits = Limits(start_within=2 * session.Open.within, stop_within=20, patience=3600)
    yield Pool(
        "conversation", conversation, limit=512, rank=session.depth_of, intensity=INTENSITY, limits=limits
    )
    claiming = Limits(start_within=2 * session.Recover.within, mailbox=256)
    conductor = partial(ConductorActor, settings, parts.remains, _expand, zone, occasions)
    yield Child("conductor", conductor, limits=claiming)


def _sources(of_mcp: Callable[[], McpSettings]) -> Sources:
    """Whom a turn asks. Where there are no servers nobody waits for what they offer."""
    return SOURCES if of_mcp().mcp.servers else WITHOUT_SERVERS


def _occasions(armed: Armed) -> Occasions:
    """Where hooks may step in besides calls of tools."""
    return Occasions(
        said=partial(hooking.said, armed, hooking.Turnstiles()),
        opened=partial(hooking.opened, armed),
        delegated=partial(hooking.delegated, armed),
        stopped=partial(hooking.stopped, armed),
        shortened=partial(hooking.shortened, armed),
    )


def _expand(bus: Bus, incoming: session.Incoming) -> Awaitable[Expansion | None]:
    """What a message calls up: a skill."""
    return bus.ask(skills.Expand(text=incoming.text, user=incoming.user))


def _gateway(parts: Parts) -> Iterator[Child]:
    settings, persona_settings = parts.settings(GatewaySettings), parts.settings(PersonaSettings)
    reach = settings().gateway  # as it was when the daemon started
    factory = partial(
        GatewayActor,
        lambda: attrs.evolve(settings(), server_addr=parts.address, gateway=reach),
        about=About(
            agent_name=lambda: persona_settings().agent_name,
            version=starpod.__version__,
            documentation=documentation(),
        ),
        operator_token=parts.token,
        endpoints=ENDPOINTS,
        limits=GatewayLimits(upload_file=parts.settings_of(ToolsSettings).attachments.max_file_size),
        upload_folder=serving.uploads(parts),
        on_bound=parts.on_bound,
    )
    yield Child("gateway", factory)


REACH: Final = tuple(
    f"gateway.{key}"
    for key in ("hosts", "trusted_proxies", "base_path", "public_url", "tls.certificate", "tls.key")
)
"""Keys that say how the agent is reached from beyond this machine."""

STORAGE: Final = (
    Subsystem(
        "session",
        keeping.session_children,
        front=session,
        settings=SessionSettings,
        keys={
            "telegram_gap_minutes": "channels.telegram.gap_minutes",
            "email_gap_minutes": "channels.email.gap_minutes",
        },
        migrations=MIGRATIONS,
    ),
    Subsystem("users", keeping.users_children, front=users, migrations=USERS_MIGRATIONS),
    Subsystem(
        "vault",
        VaultActor,
        front=vault,
        settings=VaultSettings,
        migrations=VAULT,
        guarded=("vault.key",),
    ),
    Subsystem(
        "memory",
        keeping.memory_children,
        front=memory,
        settings=MemorySettings,
        check=lambda settings, _given: models.no_embedder(settings.memory.embedder),
        migrations=MEMORY,
    ),
)
SERVICES: Final = (
    Subsystem("settings", _settings, front=settings),
    Subsystem(
        "llm",
        serving.llm_children,
        front=llm,
        settings=LlmSettings,
        keys=modelkeys.KEYS,
        read=modelkeys.read,
        check=models.unusable,
        guarded=("providers.*.base_url", "providers.*.options", "speech.base_url"),
    ),
    Subsystem(
        "tools",
        serving.tools_children,
        front=tools,
        settings=ToolsSettings,
        check=lambda settings, _given: withheld(settings.tools.env_allowed),
        fixed=frozenset({"attachments.max_file_size", "tools.env_allowed"}),
        guarded=("tools.env_allowed",),
        migrations=TOOLS,
    ),
    Subsystem(
        "web",
        serving.web_children,
        front=web,
        settings=WebSettings,
        check=lambda settings, _given: web_faults(settings),
        guarded=("web.searxng_url",),
    ),
    Subsystem(
        "shell",
        serving.shell_children,
        front=shell,
        settings=ShellSettings,
        guarded=("shell.sandbox", "shell.network"),
    ),
    Subsystem("persona", serving.persona_children, front=persona, settings=PersonaSettings),
    Subsystem("skills", SkillsActor, front=skills, settings=SkillsSettings, migrations=SKILLS),
    Subsystem("memory-log", keeping.memory_log_children, migrations=MEMORY_LOG),
    # Not with the agent: it is to be there until the last conversation has stopped.
    Subsystem(
        "subagents", SubagentsActor, front=subagents, settings=SubagentSettings, keys=subagent_settings.KEYS
    ),
    Subsystem(
        "permissions",
        PermissionsActor,
        front=permissions,
        settings=PermissionSettings,
        check=_unknown_names,
        guarded=permission_settings.GUARDED,
        migrations=PERMISSIONS,
    ),
    Subsystem("notify", serving.notify_children, front=notify, migrations=NOTIFY),
    Subsystem(
        "hooks",
        serving.hooks_children,
        front=hooks,
        settings=HooksSettings,
        migrations=HOOKS,
        guarded=("hooks.enabled", "hooks.trusted", "hooks.disabled"),
    ),
    Subsystem(
        "mcp",
        serving.mcp_children,
        front=mcp,
        settings=McpSettings,
        check=lambda settings, _given: mcp_faults(settings, says_secret, may_be_granted),
        guarded=MCP_GUARDED,
    ),
)
AGENT: Final = (Subsystem("agent", _agent, front=agent, settings=AgentSettings),)
CLOCK: Final = (Subsystem("cron", edges.cron_children, front=cron, settings=CronSettings, migrations=CRON),)
EDGES: Final = (
    Subsystem("console", edges.console_children, front=console),
    Subsystem(
        "gateway",
        _gateway,
        front=gateway,
        settings=GatewaySettings,
        keys={
            "rate_limit_requests": "auth.rate_limit_requests",
            "rate_limit_window_secs": "auth.rate_limit_window_secs",
        },
        check=lambda settings, _given: unusable(settings),
        fixed=frozenset({"server_addr", *REACH}),
        guarded=("server_addr", *REACH),
    ),
)
CHANNELS: Final = (
    Subsystem(
        "telegram",
        edges.telegram_children,
        front=telegram,
        settings=TelegramSettings,
        migrations=TELEGRAM,
        guarded=("channels.telegram.api_url",),
    ),
    Subsystem("webpush", edges.webpush_children, front=webpush, migrations=WEBPUSH),
    Subsystem(
        "email",
        edges.email_children,
        front=email,
        settings=EmailSettings,
        keys=email_settings.KEYS,
        check=lambda settings, _given: email_settings.faults(settings),
        changes="restart",
        guarded=email_settings.GUARDED,
        migrations=EMAIL,
    ),
    Subsystem(
        "instances",
        InstancesActor,
        front=instances,
        settings=InstancesSettings,
        check=lambda settings, _given: instance_faults(settings),
        guarded=INSTANCES_GUARDED,
    ),
)


SUBSYSTEMS: Final = (*STORAGE, *SERVICES, *AGENT, *CLOCK, *EDGES, *CHANNELS)
"""All there is. Settings, tools, context and databases of the daemon follow from this list."""

TOOL_NAMES: Final[frozenset[str]] = frozenset(
    {"ToolSearch", "McpResource", "McpPrompt"}  # made while the agent runs
    | {tool_of(kind).name for each in SUBSYSTEMS for kind in each.tools()}
)
"""Names of all tools that are ours."""

SOURCES: Final = Sources(
    tools=(offering(*chain.from_iterable(each.tools() for each in SUBSYSTEMS)), McpOffering()),
    context=tuple(
        chain.from_iterable(
            each.context() for each in sorted(SUBSYSTEMS, key=lambda each: each.name != "persona")
        )
    ),
    keepsake=_keepsake,
)
"""What the model may use and what it is told, in the order in which it is told of it: who it is comes first."""
WITHOUT_SERVERS: Final = attrs.evolve(
    SOURCES,
    tools=tuple(each for each in SOURCES.tools if not isinstance(each, McpOffering)),
    context=tuple(each for each in SOURCES.context if each.name != mcp.Missing.__name__),
)
"""The same without those who only say what servers offer, and which are missing."""

ENDPOINTS: Final = tuple(chain.from_iterable(each.endpoints() for each in SUBSYSTEMS))
"""What is offered over HTTP."""


def tree(parts: Parts) -> Supervisor:
    """The whole daemon."""
    return Supervisor("root", "rest_for_one", [
        _group("storage", STORAGE, parts),
        _group("services", SERVICES, parts),
        _group("agent", AGENT, parts),
        _group("clock", CLOCK, parts),
        _group("edges", EDGES, parts),
        _group("channels", CHANNELS, parts),
    ], intensity=Intensity(5, 60))  # fmt: skip


def _group(name: str, subsystems: tuple[Subsystem, ...], parts: Parts) -> Supervisor:
    return Supervisor(name, "one_for_one", chain.from_iterable(each.children(parts) for each in subsystems))


def alone(name: str, given: Given) -> Supervisor:
    """One subsystem by itself, for a look at what it keeps while no daemon runs."""
    subsystem = next(each for each in SUBSYSTEMS if each.name == name)
    return Supervisor("root", "one_for_one", subsystem.children(given))


def databases(instance: Instance) -> dict[Path, int]:
    """The databases of an instance, which need not exist yet, each with the schema that this program knows."""
    return {
        instance.db_dir / f"{each.name}.db": len(numbered(each.migrations))
        for each in SUBSYSTEMS
        if each.migrations
    }
