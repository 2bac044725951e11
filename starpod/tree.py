"""The supervision tree of the daemon, on one screen. Start order is dependency order.

The only module that knows the actors by class; everybody else knows their messages.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, final

import attrs

import starpod
from actors.agent import messages as agent
from actors.agent.allowance import apart
from actors.agent.conductor import ConductorActor
from actors.agent.conversation import INTENSITY, ConversationActor
from actors.agent.occasions import Occasions
from actors.agent.settings import Settings as AgentSettings
from actors.agent.sources import Dropped, Sources
from actors.agent.standstill import Standstill
from actors.agent.underway import UnderWay
from actors.console import messages as console
from actors.console.actor import ConsoleActor
from actors.context import Expansion, TurnContext
from actors.cron import messages as cron
from actors.cron.actor import CronActor
from actors.cron.scheduler import MIGRATIONS as CRON
from actors.cron.settings import Settings as CronSettings
from actors.email import messages as email
from actors.email import settings as email_settings
from actors.email.actor import EmailActor
from actors.email.settings import Settings as EmailSettings
from actors.email.store import MIGRATIONS as EMAIL
from actors.gateway import messages as gateway
from actors.gateway.actor import GatewayActor
from actors.gateway.limits import Limits as GatewayLimits
from actors.gateway.server import unusable
from actors.gateway.settings import About, Address
from actors.gateway.settings import Settings as GatewaySettings
from actors.hooks import guards as hooking
from actors.hooks import messages as hooks
from actors.hooks.actor import FOLDER as HOOKS_FOLDER
from actors.hooks.actor import LAST_WORDS, HooksActor
from actors.hooks.armed import Armed
from actors.hooks.registry import Registry
from actors.hooks.settings import Settings as HooksSettings
from actors.hooks.store import MIGRATIONS as HOOKS
from actors.instances import messages as instances
from actors.instances.actor import InstancesActor
from actors.instances.settings import GUARDED as INSTANCES_GUARDED
from actors.instances.settings import Settings as InstancesSettings
from actors.instances.settings import faults as instance_faults
from actors.llm import messages as llm
from actors.llm.actor import LlmActor
from actors.llm.settings import Settings as LlmSettings
from actors.mcp import messages as mcp
from actors.mcp.access import Access as McpAccess
from actors.mcp.actor import McpActor
from actors.mcp.keeping import Keep as McpKeep
from actors.mcp.offering import Offering as McpOffering
from actors.mcp.server_actor import ServerActor
from actors.mcp.settings import GUARDED as MCP_GUARDED
from actors.mcp.settings import Settings as McpSettings
from actors.mcp.settings import faults as mcp_faults
from actors.memory import messages as memory
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.embedder import EmbedderActor
from actors.memory.extractor import Further
from actors.memory.follower import MemoryFollower
from actors.memory.keeping import MIGRATIONS as MEMORY
from actors.memory.searchable import Generation
from actors.memory.settings import Settings as MemorySettings
from actors.memory.work import MIGRATIONS as MEMORY_LOG
from actors.notify import messages as notify
from actors.notify.actor import MIGRATIONS as NOTIFY
from actors.notify.actor import NotifyActor
from actors.permissions import messages as permissions
from actors.permissions import settings as permission_settings
from actors.permissions.actor import MIGRATIONS as PERMISSIONS
from actors.permissions.actor import PermissionsActor
from actors.permissions.guards import guards
from actors.permissions.settings import Settings as PermissionSettings
from actors.persona import messages as persona
from actors.persona.actor import PersonaActor
from actors.persona.settings import Settings as PersonaSettings
from actors.session import messages as session
from actors.session.actor import MIGRATIONS, SessionActor
from actors.session.settings import Settings as SessionSettings
from actors.settings import messages as settings
from actors.settings.actor import Reader, SettingsActor
from actors.settings.current import Current
from actors.settings.document import Scheme, Source
from actors.shell import messages as shell
from actors.shell.actor import ShellActor
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
from actors.telegram.actor import TelegramActor
from actors.telegram.keeping import MIGRATIONS as TELEGRAM
from actors.telegram.sender_actor import TelegramSenderActor
from actors.telegram.settings import Settings as TelegramSettings
from actors.tooling import offering, tool_of
from actors.tools import messages as tools
from actors.tools.actor import ToolsActor
from actors.tools.keeping import MIGRATIONS as TOOLS
from actors.tools.settings import Settings as ToolsSettings
from actors.users import messages as users
from actors.users.actor import MIGRATIONS as USERS_MIGRATIONS
from actors.users.actor import UsersActor
from actors.users.bootstrap import VARIABLE
from actors.vault import messages as vault
from actors.vault.actor import MIGRATIONS as VAULT
from actors.vault.actor import VaultActor
from actors.vault.names import may_be_granted, says_secret
from actors.vault.settings import Settings as VaultSettings
from actors.web import messages as web
from actors.web.actor import WebActor
from actors.web.settings import Settings as WebSettings
from actors.web.settings import faults as web_faults
from actors.webpush import messages as webpush
from actors.webpush.actor import MIGRATIONS as WEBPUSH
from actors.webpush.actor import WebPushActor
from bus import Backoff, Bus, Child, Intensity, Limits, Pool, Remains, Supervisor
from starpod import modelkeys, models, permissionkeys
from starpod.environment import granted, withheld
from starpod.users import has_left, seed_user
from starpod.workspace import Instance, UserContext


@final
@attrs.frozen(kw_only=True)
class Parts(Given):
    """What the tree is made from."""

    current: Current
    """The settings in force."""
    sources: tuple[Source, ...]
    """The files they come from, the one that changes are written to first."""
    scheme: Scheme
    address: Address
    token: str = attrs.field(repr=False)
    """The operator's; the tap asks for it."""
    remains: Remains
    """What the process before has left, if it did not end in order."""
    on_bound: Callable[[Address], None]
    """Told where the gateway listens, once it does."""
    on_first_key: Callable[[str], None]
    """Told the key that was made for the first admin."""
    under_way: UnderWay = attrs.field(factory=UnderWay, init=False)
    """What models are being asked for."""

    armed: Armed = attrs.field(init=False)
    """For which events there are hooks."""

    def __attrs_post_init__(self) -> None:
        enabled = lambda: self.settings_of(HooksSettings).hooks.enabled  # noqa: E731
        object.__setattr__(self, "armed", Armed(self.data / HOOKS_FOLDER, enabled))


def _session(given: Given) -> Iterator[Child]:
    settings, of_telegram = given.settings(SessionSettings), given.settings(TelegramSettings)

    def channels() -> Iterator[session.ChannelPolicy]:
        yield session.ChannelPolicy("main")
        silence = timedelta(minutes=settings().telegram_gap_minutes)
        only_last = of_telegram().channels.telegram.stream_mode == "final_only"
        yield session.ChannelPolicy("telegram", gap=silence, pushes="end" if only_last else "each")
        of_mails = timedelta(minutes=settings().email_gap_minutes)
        yield session.ChannelPolicy("email", gap=of_mails, pushes="end")
        yield session.ChannelPolicy(
            "scheduler", gap=timedelta(days=1)
        )  # until then a person may answer a job

    factory = partial(SessionActor, given.database("session"), channels)
    yield Child("session", factory, limits=Limits(mailbox=256))


CHANNEL_NAMES: Final = ("main", "telegram", "email", "scheduler")


def _unknown_names(settings: PermissionSettings, _given: Given) -> Iterator[str]:
    return permissionkeys.faults(settings, TOOL_NAMES, CHANNEL_NAMES)


ADMIN_KEY: Final = "admin.key"
"""File with the key that was made for the first admin."""


def _users(parts: Parts) -> Iterator[Child]:
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


def _llm(parts: Parts) -> Iterator[Child]:
    catalogue, _ = models.load_catalogue(models.models_toml(parts.data))
    factory = partial(LlmActor, parts.settings(LlmSettings), parts.environment, catalogue)
    yield Child("llm", factory, backoff=Backoff(first=0.5))


def _tools(given: Given) -> Iterator[Child]:
    agent = given.settings(AgentSettings)
    shown = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the tools know nothing of the agent
    variables = granted(given.settings(ToolsSettings)().tools.env_allowed, given.environment)
    factory = partial(
        ToolsActor, given.home, _uploads(given), given.data, given.settings(ToolsSettings), shown, variables
    )
    yield Child("tools", factory, limits=Limits(mailbox=256))


def _web(given: Given) -> Iterator[Child]:
    agent = given.settings(AgentSettings)
    room = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the web knows nothing of the agent
    settings = given.settings(WebSettings)
    factory = partial(WebActor, settings, room, given.environment, starpod.__version__)
    yield Child("web", factory, limits=Limits(mailbox=256))


def _shell(given: Given) -> Iterator[Child]:
    agent = given.settings(AgentSettings)
    shown = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the shell knows nothing of the agent
    variables = granted(given.settings(ToolsSettings)().tools.env_allowed, given.environment)
    factory = partial(ShellActor, given, shown, variables)
    yield Child("shell", factory, limits=Limits(mailbox=256, stop_within=10))


def _uploads(given: Given) -> Path:
    """Where the gateway leaves what people send, until the tools subsystem has stored it."""
    return given.data / "uploads"


def _persona(given: Given) -> Iterator[Child]:
    factory = partial(PersonaActor, given.settings(PersonaSettings), given.data / "config" / "SOUL.md")
    yield Child("persona", factory, limits=Limits(mailbox=256))


def _notify(given: Given) -> Iterator[Child]:
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - notifications know nothing of the persona
    yield Child("notify", partial(NotifyActor, given.database("notify"), zone), limits=Limits(mailbox=256))


NOTES_OF_USERS: Final = 16
"""Users whose notes are open at once; each takes two connections to a database."""


def _memory(given: Given) -> Iterator[Child | Pool]:
    generation = Generation()
    yield Child("memory", partial(AgentNotesActor, given.data, generation), limits=Limits(mailbox=256))
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - the memory knows nothing of the persona
    settings, seed = given.settings(MemorySettings), partial(_seed, given)
    of_user = partial(MemoryActor, settings, zone, generation, seed, given.data)
    yield Child("embedder", partial(EmbedderActor, settings))
    yield Pool("notes", of_user, limit=NOTES_OF_USERS, idle=300, limits=Limits(mailbox=256))


def _memory_log(parts: Parts) -> Iterator[Child]:
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


MCP_SERVERS: Final = 32
"""Servers that run at once."""


def _mcp(given: Given) -> Iterator[Child | Pool]:
    settings, keep = given.settings(McpSettings), McpKeep(_uploads(given))
    yield Child("mcp", partial(McpActor, settings, given.data / "mcp", keep), limits=Limits(mailbox=256))
    of_server = partial(
        ServerActor, settings, given.home, given.data / "mcp", McpAccess(given.environment), keep
    )
    # Each has a process to end; one that has none any more is put to rest soon.
    limits = Limits(mailbox=256, patience=3600, cleanup_within=10)
    yield Pool("mcp-server", of_server, limit=MCP_SERVERS, idle=30, limits=limits)


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


def _cron(given: Given) -> Iterator[Child]:
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - the scheduler knows nothing of the persona
    factory = partial(
        CronActor, given.database("cron"), given.settings(CronSettings), given.data / "config", zone
    )
    yield Child("cron", factory, limits=Limits(mailbox=256))


PROGRAMS: Final = Registry()
"""Functions of the program that are called as hooks, before those of the owner."""


def _hooks(parts: Parts) -> Iterator[Child]:
    limits = Limits(mailbox=1024, cleanup_within=LAST_WORDS + 2)
    yield Child("hooks", partial(HooksActor, parts, parts.armed, PROGRAMS), limits=limits)


def _console(_parts: Parts) -> Iterator[Child]:
    yield Child("console", partial(ConsoleActor, starpod.__version__), limits=Limits(mailbox=256))


def _gateway(parts: Parts) -> Iterator[Child]:
    settings, persona_settings = parts.settings(GatewaySettings), parts.settings(PersonaSettings)
    reach = settings().gateway  # as it was when the daemon started
    factory = partial(
        GatewayActor,
        lambda: attrs.evolve(settings(), server_addr=parts.address, gateway=reach),
        about=About(agent_name=lambda: persona_settings().agent_name, version=starpod.__version__),
        operator_token=parts.token,
        endpoints=ENDPOINTS,
        limits=GatewayLimits(upload_file=parts.settings_of(ToolsSettings).attachments.max_file_size),
        upload_folder=_uploads(parts),
        on_bound=parts.on_bound,
    )
    yield Child("gateway", factory)


def _telegram(given: Given) -> Iterator[Child]:
    persona_settings = given.settings(PersonaSettings)
    factory = partial(TelegramActor, given, lambda: persona_settings().agent_name)
    yield Child("telegram", factory, limits=Limits(mailbox=256))
    # A message that it has a bug with ends it: it begins again rarely enough not to end the others with it.
    yield Child("telegram-sender", partial(TelegramSenderActor, given), backoff=Backoff(first=8.0, cap=600.0))


def _webpush(given: Given) -> Iterator[Child]:
    yield Child("webpush", partial(WebPushActor, given.database("webpush")), limits=Limits(mailbox=256))


def _email(given: Given) -> Iterator[Child]:
    persona_settings = given.settings(PersonaSettings)

    factory = partial(
        EmailActor,
        given.database("email"),
        given.settings(EmailSettings),
        given.environment,
        lambda: persona_settings().agent_name,
        _uploads(given),
    )
    yield Child("email", factory, limits=Limits(mailbox=256))


REACH: Final = tuple(
    f"gateway.{key}"
    for key in ("hosts", "trusted_proxies", "base_path", "public_url", "tls.certificate", "tls.key")
)
"""Keys that say how the agent is reached from beyond this machine."""

STORAGE: Final = (
    Subsystem(
        "session",
        _session,
        front=session,
        settings=SessionSettings,
        keys={
            "telegram_gap_minutes": "channels.telegram.gap_minutes",
            "email_gap_minutes": "channels.email.gap_minutes",
        },
        migrations=MIGRATIONS,
    ),
    Subsystem("users", _users, front=users, migrations=USERS_MIGRATIONS),
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
        _memory,
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
        _llm,
        front=llm,
        settings=LlmSettings,
        keys=modelkeys.KEYS,
        read=modelkeys.read,
        check=models.unusable,
        guarded=("providers.*.base_url", "providers.*.options"),
    ),
    Subsystem(
        "tools",
        _tools,
        front=tools,
        settings=ToolsSettings,
        check=lambda settings, _given: withheld(settings.tools.env_allowed),
        fixed=frozenset({"attachments.max_file_size", "tools.env_allowed"}),
        guarded=("tools.env_allowed",),
        migrations=TOOLS,
    ),
    Subsystem(
        "web",
        _web,
        front=web,
        settings=WebSettings,
        check=lambda settings, _given: web_faults(settings),
        guarded=("web.searxng_url",),
    ),
    Subsystem(
        "shell",
        _shell,
        front=shell,
        settings=ShellSettings,
        guarded=("shell.sandbox", "shell.network"),
    ),
    Subsystem("persona", _persona, front=persona, settings=PersonaSettings),
    Subsystem("skills", SkillsActor, front=skills, settings=SkillsSettings, migrations=SKILLS),
    Subsystem("memory-log", _memory_log, migrations=MEMORY_LOG),
    # Not with the agent: it is to be there until the last conversation has stopped.
    Subsystem(
        "subagents", SubagentsActor, front=subagents, settings=SubagentSettings, keys=subagent_settings.KEYS
    ),
    Subsystem(
        "permissions",
        PermissionsActor,
        front=permissions,
        settings=PermissionSettings,
        read=permissionkeys.read,
        check=_unknown_names,
        guarded=permission_settings.GUARDED,
        migrations=PERMISSIONS,
    ),
    Subsystem("notify", _notify, front=notify, migrations=NOTIFY),
    Subsystem(
        "hooks",
        _hooks,
        front=hooks,
        settings=HooksSettings,
        migrations=HOOKS,
        guarded=("hooks.enabled", "hooks.trusted"),
    ),
    Subsystem(
        "mcp",
        _mcp,
        front=mcp,
        settings=McpSettings,
        check=lambda settings, _given: mcp_faults(settings, says_secret, may_be_granted),
        guarded=MCP_GUARDED,
    ),
)
AGENT: Final = (Subsystem("agent", _agent, front=agent, settings=AgentSettings),)
CLOCK: Final = (Subsystem("cron", _cron, front=cron, settings=CronSettings, migrations=CRON),)
EDGES: Final = (
    Subsystem("console", _console, front=console),
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
        _telegram,
        front=telegram,
        settings=TelegramSettings,
        migrations=TELEGRAM,
        guarded=("channels.telegram.api_url",),
    ),
    Subsystem("webpush", _webpush, front=webpush, migrations=WEBPUSH),
    Subsystem(
        "email",
        _email,
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
