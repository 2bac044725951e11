"""The actors that do something for a turn: models, tools, what they are made with and watched by."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import starpod
from actors.agent.settings import Settings as AgentSettings
from actors.hooks.actor import LAST_WORDS, HooksActor
from actors.hooks.registry import Registry
from actors.llm.actor import LlmActor
from actors.llm.settings import Settings as LlmSettings
from actors.mcp.access import Access as McpAccess
from actors.mcp.actor import McpActor
from actors.mcp.keeping import Keep as McpKeep
from actors.mcp.server_actor import ServerActor
from actors.mcp.settings import Settings as McpSettings
from actors.notify.actor import NotifyActor
from actors.persona.actor import PersonaActor
from actors.persona.settings import Settings as PersonaSettings
from actors.shell.actor import ShellActor
from actors.subsystem import Given
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from actors.web.actor import WebActor
from actors.web.settings import Settings as WebSettings
from bus import Backoff, Child, Limits, Pool
from starpod import models
from starpod.children.parts import Parts
from starpod.environment import granted


def llm_children(parts: Parts) -> Iterator[Child]:
    """Who asks models."""
    catalogue, _ = models.load_catalogue(models.models_toml(parts.data))
    factory = partial(LlmActor, parts.settings(LlmSettings), parts.environment, catalogue)
    yield Child("llm", factory, backoff=Backoff(first=0.5))


def tools_children(given: Given) -> Iterator[Child]:
    """Who works in the home folder."""
    agent = given.settings(AgentSettings)
    shown = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the tools know nothing of the agent
    variables = granted(given.settings(ToolsSettings)().tools.env_allowed, given.environment)
    factory = partial(
        ToolsActor, given.home, uploads(given), given.data, given.settings(ToolsSettings), shown, variables
    )
    yield Child("tools", factory, limits=Limits(mailbox=256))


def web_children(given: Given) -> Iterator[Child]:
    """Who fetches pages and searches the web."""
    agent = given.settings(AgentSettings)
    room = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the web knows nothing of the agent
    settings = given.settings(WebSettings)
    factory = partial(WebActor, settings, room, given.environment, starpod.__version__)
    yield Child("web", factory, limits=Limits(mailbox=256))


def shell_children(given: Given) -> Iterator[Child]:
    """Who runs commands."""
    agent = given.settings(AgentSettings)
    shown = lambda: agent().compaction.max_tool_result_bytes  # noqa: E731 - the shell knows nothing of the agent
    variables = granted(given.settings(ToolsSettings)().tools.env_allowed, given.environment)
    factory = partial(ShellActor, given, shown, variables)
    yield Child("shell", factory, limits=Limits(mailbox=256, stop_within=10))


def uploads(given: Given) -> Path:
    """Where the gateway leaves what people send, until the tools subsystem has stored it."""
    return given.data / "uploads"


def persona_children(given: Given) -> Iterator[Child]:
    """Who knows how the agent is to be."""
    factory = partial(PersonaActor, given.settings(PersonaSettings), given.data / "config" / "SOUL.md")
    yield Child("persona", factory, limits=Limits(mailbox=256))


def notify_children(given: Given) -> Iterator[Child]:
    """Who decides whom something is told, and where."""
    persona_settings = given.settings(PersonaSettings)
    zone = lambda: persona_settings().zone  # noqa: E731 - notifications know nothing of the persona
    yield Child("notify", partial(NotifyActor, given.database("notify"), zone), limits=Limits(mailbox=256))


MCP_SERVERS: Final = 32
"""Servers that run at once."""


def mcp_children(given: Given) -> Iterator[Child | Pool]:
    """Who offers what servers can do, and one actor for each server."""
    settings, keep = given.settings(McpSettings), McpKeep(uploads(given))
    yield Child("mcp", partial(McpActor, settings, given.data / "mcp", keep), limits=Limits(mailbox=256))
    of_server = partial(
        ServerActor, settings, given.home, given.data / "mcp", McpAccess(given.environment), keep
    )
    # Each has a process to end; one that has none any more is put to rest soon.
    limits = Limits(mailbox=256, patience=3600, cleanup_within=10)
    yield Pool("mcp-server", of_server, limit=MCP_SERVERS, idle=30, limits=limits)


PROGRAMS: Final = Registry()
"""Functions of the program that are called as hooks, before those of the owner."""


def hooks_children(parts: Parts) -> Iterator[Child]:
    """Who runs what is to step in."""
    limits = Limits(mailbox=1024, cleanup_within=LAST_WORDS + 2)
    yield Child("hooks", partial(HooksActor, parts, parts.armed, PROGRAMS), limits=limits)
