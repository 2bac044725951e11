"""Front door of MCP: which servers there are and how they are, their tools, and calls of them.

A request with a `server` goes to the actor of that server, which starts or reaches it where that is needed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.context import Section, context_source, from_context
from actors.endpoints import endpoint
from actors.tooling import Rendered, ToolReply
from actors.vocabulary import Attachment, Content, Role, quoted
from bus import ActorError, Command, Data, ErrorKind, Request

LONGEST_CALL: Final = 3600.0
"""Seconds after which a call ends, whatever its server says of its progress."""
INSTALL: Final = "pip install 'starpod[mcp]'"

State = Literal["off", "idle", "starting", "ready", "failed"]
"""``off`` by its settings, ``idle`` until it is used, ``failed`` when last used."""


# --- what goes wrong --------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class ServerError(ActorError):
    """Base of what can be wrong with a server."""

    server: str


@attrs.define(eq=False, kw_only=True)
class UnknownServer(ServerError):
    kind: ClassVar[ErrorKind] = "not_found"

    def __str__(self) -> str:
        return f"there is no MCP server {quoted(self.server)}, or it is switched off"


@attrs.define(eq=False, kw_only=True)
class NotReached(ServerError):
    """It could not be started or reached: nothing was asked of it."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"the MCP server {self.server} cannot be used: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class Refused(ServerError):
    """It answered that it does not do what was asked."""

    kind: ClassVar[ErrorKind] = "failed"
    reason: str

    def __str__(self) -> str:
        return f"the MCP server {self.server} refuses: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class Interrupted(ServerError):
    """It took the request, and no answer came."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str
    doubtful: bool
    """Whether it may have changed something."""

    def __str__(self) -> str:
        doubt = " It may or may not have happened: check before you repeat it." if self.doubtful else ""
        return f"the MCP server {self.server} did not answer: {self.reason}.{doubt}"


# --- servers ----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class ServerTool(Data):
    """A tool as its server describes it, bounded in size."""

    name: str
    """As the server calls it."""
    description: str
    schema: Mapping[str, Any]
    """JSON Schema of its input, of type object."""
    reads: bool
    """Whether the server says that it changes nothing."""


@final
@attrs.frozen(kw_only=True)
class Listing(Data):
    """What a server offers."""

    tools: tuple[ServerTool, ...]
    resources: bool = False
    prompts: bool = False


@final
@attrs.frozen(kw_only=True)
class ServerState(Data):
    """A server from the settings, and how it is."""

    name: str
    state: State
    kind: Literal["command", "url"]
    where: str
    """The program or the address."""
    sandboxed: bool
    """Whether its process runs in the sandbox of the shell."""
    tools: tuple[str, ...]
    """As it calls them; those that are offered."""
    error: str = ""
    """Why it could not be used when that was last tried; empty where it could."""
    since: datetime | None = None
    """When it came into this state; None: not since the agent started."""


@endpoint("GET", "/api/mcp", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListServers(Request[tuple[ServerState, ...]]):
    """The servers of the settings, by name."""


@final
@attrs.frozen(kw_only=True)
class OfferedTool(Data):
    """A tool of a server as the model is offered it."""

    offered_as: str
    server: str
    tool: ServerTool


@endpoint("GET", "/api/mcp/{name}/tools", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListTools(Request[tuple[OfferedTool, ...]]):
    """What is known of the tools of a server, without asking it. Raises UnknownServer."""

    name: str


@endpoint("POST", "/api/mcp/{name}/reconnect", access="admin")
@final
@attrs.frozen(kw_only=True)
class Reconnect(Request[ServerState]):
    """Stops a server and starts it anew, or reaches it again. Raises UnknownServer; that it fails is in the reply."""

    within: ClassVar[float] = 660.0
    expected: ClassVar[float] = 660.0
    name: str


# --- for the model ----------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Offer(Data):
    """What somebody's turn may use."""

    tools: tuple[OfferedTool, ...] = ()
    resources: tuple[str, ...] = ()
    """Servers that have resources."""
    prompts: tuple[str, ...] = ()
    """Servers that have prompts."""


@final
@attrs.frozen(kw_only=True)
class Offered(Request[Offer]):
    """What is known of all tools; no server is waited for. One that was never reached is reached meanwhile."""

    role: Role


@context_source(None, stable=False)
@final
@attrs.frozen(kw_only=True)
class Missing(Request[Section]):
    """Tells the person, once, that tools of a server are missing and why. The model is told nothing."""

    user: Annotated[str, from_context("user")]
    role: Annotated[str, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Result(ToolReply):
    """What a server has answered."""

    content: tuple[Content, ...]
    is_error: bool = False
    files: tuple[Attachment, ...] = ()
    """What of it was stored in home."""

    def rendered(self) -> Rendered:
        return Rendered(content=self.content, is_error=self.is_error)


@final
@attrs.frozen(kw_only=True)
class Call(Request[Result]):
    """Have a server carry out a call. Raises UnknownServer, NotReached, Refused, Interrupted."""

    within: ClassVar[float] = LONGEST_CALL + 660.0
    expected: ClassVar[float] = LONGEST_CALL + 660.0
    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    key_field: ClassVar[str | None] = "server"
    server: str
    tool: str
    arguments: Mapping[str, Any]
    reads: bool
    user: str
    session: str
    turn: str
    tool_use_id: str
    """What the model calls the call: a word of its progress is told under it."""


@final
@attrs.frozen(kw_only=True)
class ReadResource(Request[Result]):
    """Read what a server has under an address, or list what there is. Raises as Call does."""

    within: ClassVar[float] = LONGEST_CALL + 660.0
    expected: ClassVar[float] = LONGEST_CALL + 660.0
    key_field: ClassVar[str | None] = "server"
    server: str
    uri: str
    """Empty lists."""
    user: str


@final
@attrs.frozen(kw_only=True)
class GetPrompt(Request[Result]):
    """Have a server fill in a prompt, or list what there is. Raises as Call does."""

    within: ClassVar[float] = LONGEST_CALL + 660.0
    expected: ClassVar[float] = LONGEST_CALL + 660.0
    key_field: ClassVar[str | None] = "server"
    server: str
    name: str
    """Empty lists."""
    arguments: Mapping[str, str]
    user: str


# --- between the actors of this subsystem -----------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Reach(Request[Listing]):
    """Start or reach a server and answer with what it offers. Raises UnknownServer, NotReached."""

    within: ClassVar[float] = 660.0
    expected: ClassVar[float] = 660.0
    key_field: ClassVar[str | None] = "server"
    server: str
    anew: bool = False
    """Whether it is stopped first where it runs."""


@final
@attrs.frozen(kw_only=True)
class Told(Command):
    """The actor of a server tells how that is."""

    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    server: str
    state: State
    error: str = ""
    listing: Listing | None = None
    """What it offers now; None: as before."""
