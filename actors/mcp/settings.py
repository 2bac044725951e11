"""Settings of MCP: which servers there are, how each is started or reached, and what of it is offered."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, final
from urllib.parse import urlsplit

import attrs
from attrs.validators import ge, le

from actors.mcp.references import BadReference, names_in
from bus import Data

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]+")


@final
@attrs.frozen(kw_only=True)
class Server(Data):
    """One server: a program that is started (`command`), or one that runs elsewhere (`url`)."""

    enabled: bool = True
    """Whether it is used."""
    command: str | None = None
    """The program, found along PATH, that speaks over its standard input and output."""
    args: tuple[str, ...] = ()
    """What it is started with, each word by itself."""
    env: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Variables for it beside PATH, HOME and the like. ``$NAME`` stands for what the vault, or else the environment of
    the agent, holds under that name."""
    sandbox: bool = False
    """Whether it runs in the sandbox of the shell, where it sees a read-only system, the agent's home and, but where
    the network of commands is on, no network."""
    url: str | None = None
    """Where it takes requests, by streamable HTTP."""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Sent with each request; ``$NAME`` likewise."""
    tools: tuple[str, ...] = ()
    """Those that are offered; empty for all."""
    everyone: bool = False
    """Whether users who are no admins may use it: it acts with the rights of whoever owns the agent."""
    startup_secs: float = attrs.field(default=60.0, validator=[ge(1), le(600)])
    """Seconds it has to start and to answer for the first time."""
    timeout_secs: float = attrs.field(default=120.0, validator=[ge(1), le(3600)])
    """Seconds of a call without an answer or a word of progress."""


@final
@attrs.frozen(kw_only=True)
class Mcp(Data):
    """In the table ``[mcp]``."""

    idle_secs: float = attrs.field(default=600.0, validator=[ge(1), le(86400)])
    """Seconds without a call after which a server is stopped; the next call starts it again."""
    servers: Mapping[str, Server] = attrs.field(factory=dict[str, Server])
    """By name: each a program on this machine, with `command`, or an address, with `url`."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    mcp: Mcp = Mcp()


GUARDED: Final = tuple(
    f"mcp.servers.*.{key}"
    for key in ("command", "args", "env", "sandbox", "url", "headers", "tools", "everyone")
)
"""They decide what is run here, with which secrets, and for whom."""


Says = Callable[[str], bool]
"""Tells something of the name of a variable."""


def faults(settings: Settings, says_secret: Says, may_be_granted: Says) -> Iterator[str]:
    """What keeps settings from being used although each value is right by itself; one sentence each.

    Args:
      settings: these.
      says_secret: whether a variable of this name holds a secret.
      may_be_granted: whether it is not the agent's alone.
    """
    for name, server in settings.mcp.servers.items():
        where = f"mcp.servers.{name}"
        if not _NAME.fullmatch(name):
            yield f"{where}: a name is up to 32 letters, digits, - and _, and begins with a letter"
        yield from _of_kind(where, server)
        for key, value in (*server.env.items(), *server.headers.items()):
            for named in _named(value):
                if not may_be_granted(named):
                    yield f"{where}: {key} names {named}, which is the agent's own: no server gets it"
        yield from _of_values(f"{where}.env", server.env, _VARIABLE, says_secret)
        yield from _of_values(f"{where}.headers", server.headers, _HEADER, _carries_secret)


def _of_kind(where: str, server: Server) -> Iterator[str]:
    if (server.command is None) == (server.url is None):
        yield f"{where} needs either a command to start it with or a url to reach it at"
    if server.command is not None and (not server.command.strip() or server.headers):
        yield f"{where}: a command is a program, and headers are for a url"
    if server.url is not None and (server.args or server.env or server.sandbox):
        yield f"{where}: args, env and sandbox are for a command"
    if server.url is not None and not is_address(server.url):
        yield f"{where}.url must be an address that begins with http:// or https://, without a password in it"
    if any("\0" in each for each in (server.command or "", *server.args)):
        yield f"{where}: a command cannot hold a NUL character"


def _of_values(where: str, values: Mapping[str, str], form: re.Pattern[str], secret: Says) -> Iterator[str]:
    for key, value in values.items():
        if not form.fullmatch(key):
            yield f"{where}: {key!r} cannot be a name there"
        if not value.isprintable():
            yield f"{where}.{key} must be one line"
        try:
            named = names_in(value)
        except BadReference as error:
            yield f"{where}.{key}: {error}"
        else:
            if secret(key) and value and not named:
                yield (
                    f"{where}.{key} is a secret by its name: keep it with `starpod vault set NAME` and write "
                    f'{key} = "$NAME" here'
                )


def _named(value: str) -> tuple[str, ...]:
    try:
        return names_in(value)
    except BadReference:
        return ()


def _carries_secret(header: str) -> bool:
    return header.casefold() in {"authorization", "cookie", "proxy-authorization"} or bool(
        re.search(r"key|token|secret", header, re.IGNORECASE)
    )


def is_address(url: str) -> bool:
    """Whether a server could be reached there."""
    try:
        parts = urlsplit(url)
        return bool(
            parts.scheme in {"http", "https"}
            and parts.hostname
            and parts.port != 0
            and parts.username is None
            and not re.search(r"\s", url)
        )
    except ValueError:
        return False
