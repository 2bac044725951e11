"""Front door of the shell: commands in the foreground and in the background, what they print, and their end."""

from typing import Annotated, ClassVar, final

import attrs

from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Text
from bus import ActorError, Data, ErrorKind, Event, Request

DAY = 24 * 3600.0
"""Seconds. A command has an end of its own, which is sooner."""
USUAL = 120_000
"""Milliseconds."""


# --- what is refused --------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class CommandRefused(ActorError):
    """The command is not run at all."""

    kind: ClassVar[ErrorKind] = "forbidden"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class NoSandbox(ActorError):
    """Commands are only to run in a sandbox, and there is none."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str

    def __str__(self) -> str:
        return f"no commands are run here: shell.sandbox is required, and {self.why}"


@attrs.define(eq=False, kw_only=True)
class CommandNotStarted(ActorError):
    """The system did not start it."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"the command could not be started: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class TooManyCommands(ActorError):
    """As many commands run in the background as one user may have."""

    kind: ClassVar[ErrorKind] = "conflict"
    limit: int
    running: tuple[str, ...]

    def __str__(self) -> str:
        which = f"; stop one of {', '.join(self.running)} with BashStop" if self.running else ""
        return f"no more than {self.limit} commands may run in the background (shell.background){which}"


@attrs.define(eq=False, kw_only=True)
class UnknownCommand(ActorError):
    """The user has no command of that name in the background."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        known = f"There are {', '.join(self.known)}." if self.known else "There is none."
        return f"There is no background command {self.id}. {known}"


# --- commands of others -----------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Enclose(Request[tuple[str, ...]]):
    """The words that run a command where it belongs: a hook's or an MCP server, which its actor starts itself.

    In the sandbox it has no way to the internet but where the network is on. Raises NoSandbox. Whoever starts them does
    so in the thread that lives as long as the agent: a sandbox ends with it.
    """

    command: str
    folder: str
    """Where it begins; there it may read. Empty for home."""
    shown: tuple[str, ...] = ()
    """Files that it may read besides, as it may what is in home."""
    user: str = ""
    trusted: bool = False
    """Whether it runs outside of the sandbox, with the rights of the agent."""
    control: int
    """Descriptor, which the program gets, of a socket whose other end whoever asks keeps while it runs."""


# --- the tools --------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Ran(ToolReply):
    """What a command has printed, and what became of it."""

    output: str
    """What it said, on both its outputs, as it came."""
    code: int | None = None
    """Exit code; None while it runs, or when it was stopped."""
    notes: tuple[str, ...] = ()
    """Sentences about it."""
    is_error: bool = False

    def rendered(self) -> Rendered:
        notes = list(self.notes)
        if self.code:
            notes.append(f"Exit code {self.code}.")
        said = self.output if self.output.strip() or notes else "(no output)"
        text = (
            said
            + "\n" * bool(notes and said and not said.endswith("\n"))
            + "\n".join(f"[{n}]" for n in notes)
        )
        return Rendered(content=(Text(text=text),), is_error=self.is_error or bool(self.code))


@tool(
    "Bash",
    "Run a bash command in home. Each starts anew and takes what it has started with it.",
    effect="unsafe",
    on_doubt="tell_model",
    outside=True,
    subject="command",
)
@final
@attrs.frozen(kw_only=True)
class Run(Request[Ran]):
    """Run a command, and wait for its end unless it is for the background.

    What is in home is kept before, once for each turn. Raises CommandRefused, NoSandbox, CommandNotStarted or
    TooManyCommands, and tools.KeepingFailed. Whoever gives up ends the command.
    """

    within: ClassVar[float] = DAY
    expected: ClassVar[float] = DAY
    max_bytes: ClassVar[int] = 1024 * 1024
    command: Annotated[str, described(max_length=100_000)]
    timeout: Annotated[int, described("Milliseconds.", ge=1)] = USUAL
    description: str = ""
    """Not used: models know it from elsewhere."""
    run_in_background: Annotated[bool, described("Read on with BashOutput.")] = False
    session: Annotated[str, from_context("session")]
    tool_use_id: Annotated[str, from_context("tool_use_id")]
    turn: Annotated[str, from_context("turn")]
    user: Annotated[str, from_context("user")]


@tool(
    "BashOutput",
    "What a background command has printed since you last looked, and whether it still runs.",
    effect="pure",
    offer="searched",
    outside=True,
    subject="id",
)
@final
@attrs.frozen(kw_only=True)
class Look(Request[Ran]):
    """Raises UnknownCommand."""

    id: Annotated[str, described(max_length=40)]
    user: Annotated[str, from_context("user")]


@tool(
    "BashStop",
    "Stop a background command.",
    effect="unsafe",
    on_doubt="retry",
    offer="searched",
    outside=True,
    subject="id",
)
@final
@attrs.frozen(kw_only=True)
class Stop(Request[Ran]):
    """End it with all that it has started; nothing happens to one that has ended. Raises UnknownCommand."""

    within: ClassVar[float] = 60.0
    id: Annotated[str, described(max_length=40)]
    user: Annotated[str, from_context("user")]


# --- what is told -----------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Printed(Event):
    """Output of a command in the foreground, as it comes; told to whoever looks on, and kept by nobody."""

    key_field: ClassVar[str | None] = "session"
    session: str
    turn: str
    call: str
    """What the model calls the call."""
    text: str
    skipped: int = 0
    """Bytes before it that came too fast to be told."""


@final
@attrs.frozen(kw_only=True)
class Protection(Data):
    """What stands between commands and this machine."""

    sandbox: bool
    network: str
    """What they reach: ``public``, ``on`` or ``off``."""
    text: str
    """A sentence."""


@final
@attrs.frozen(kw_only=True)
class GetProtection(Request[Protection]):
    """How commands are run here."""
