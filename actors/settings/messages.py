"""Front door of the settings: what is in force, and changing it while the agent runs."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

import attrs

from actors.endpoints import NeedsConfirming, endpoint
from actors.vocabulary import Proof
from bus import ActorError, Data, ErrorKind, Event, Request

Takes = Literal["at_once", "restart", "next_start"]
"""When a change counts: at once, after a restart of the part it is for (which happens by itself), or once the whole
agent is started anew."""


@final
@attrs.frozen(kw_only=True)
class Setting(Data):
    """One key of the files."""

    key: str
    """With dots where it stands in a table."""
    section: str
    """The subsystem that it is for."""
    value: Any
    """As TOML and JSON have it, without names and passwords in addresses; None where nothing is set and nothing is the
    default."""
    default: Any
    expected: str
    """What it may be, in words: ``an integer``."""
    file: str | None
    """Name of the file that says so; None for a default."""
    takes: Takes


@endpoint("GET", "/api/settings", access="admin")
@final
@attrs.frozen(kw_only=True)
class Get(Request[tuple[Setting, ...]]):
    """The settings in force, in the order of their subsystems."""

    section: str | None = None
    """Only those of this subsystem."""


Kind = Literal["switch", "integer", "number", "text", "choice", "list", "pairs", "table", "records", "named"]
"""How a value is entered: `pairs` are names with texts, a `table` is anything by name; `records` are a list of tables
and `named` are tables by their names, whose fields follow, with ``*`` in the place of a number or a name."""


@final
@attrs.frozen(kw_only=True)
class Field(Data):
    """One key, as a form asks for it."""

    key: str
    """``*`` stands in it for a name that people choose, or for the place in a list."""
    section: str
    """The subsystem that it is for."""
    kind: Kind
    default: Any
    optional: bool
    """Whether it may be left out, which means something else than any value."""
    least: float | None
    most: float | None
    choices: tuple[str, ...]
    """What it, or each of its entries, is one of; empty where it may be anything."""
    numbers: bool
    """Whether entries of a list may be whole numbers."""
    unit: str
    """What a number counts; empty where nothing in particular."""
    text: str
    """What is said of it; may be empty."""
    expected: str
    """What it may be, in words."""
    takes: Takes
    guarded: bool
    """Whether only the operator changes it, or an admin's page that was confirmed with a code of the operator."""


@endpoint("GET", "/api/settings/schema", access="admin")
@final
@attrs.frozen(kw_only=True)
class Describe(Request[tuple[Field, ...]]):
    """All that the files may set, as forms need it, in the order of the subsystems."""


@final
@attrs.frozen(kw_only=True)
class Mistake(Data):
    """One thing that is wrong with a change, or with the files."""

    key: str
    """Empty when the settings as a whole are meant."""
    text: str


@final
@attrs.frozen(kw_only=True)
class State(Data):
    """What is in force and where it comes from, and what of the files is not."""

    values: Mapping[str, Any]
    """By key, without names and passwords in addresses; null where nothing is set and nothing is the default."""
    files: Mapping[str, str]
    """Names of the files that say so, by key; the others are defaults."""
    waiting: tuple[str, ...]
    """Keys that are others than when the agent was started, and count only once it is started anew."""
    mistakes: tuple[Mistake, ...]
    """What is wrong with the files as they are now; as long as there is anything, what was in force before still is."""
    ignored: tuple[Mistake, ...]
    """What of the files is passed over: unknown keys, with what was perhaps meant."""


@endpoint("GET", "/api/settings/state", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetState(Request[State]):
    """What is in force now."""


@final
@attrs.frozen(kw_only=True)
class Saved(Data):
    """A change is stored and in force, as far as that goes while the agent runs."""

    sections: tuple[str, ...]
    """The subsystems whose settings are others than before."""
    next_start: tuple[str, ...] = ()
    """Keys whose change counts only once the agent is started anew."""


@endpoint("PUT", "/api/settings", access="admin")
@final
@attrs.frozen(kw_only=True)
class Put(Request[Saved]):
    """Change settings: all of these or, if anything is wrong with one of them, none.

    They are written to ``config.local.toml``, which counts more than what a blueprint brings and is never overwritten
    by one; who changes which of them is in the audit log by then. What could not start is refused with Refused, where
    keys and conversations go only the operator changes (Guarded), Overtaken is for what somebody else has changed
    meanwhile, NotWritten says that the disk did not take it.
    """

    version: ClassVar[int] = 3
    changes: Mapping[str, Any]
    """New values by key, as JSON has them; null gives a key back to the blueprint."""
    was: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    """What these keys were when whoever asks looked, as State has them. Those that are not named here are changed
    whatever they are."""
    user: str = ""
    """Who asks; empty where nobody has said so."""
    address: str = ""
    proof: Proof = "key"
    """How it is known who asks. What decides what the agent may do, or where keys and conversations go, takes
    ``operator`` or ``confirmed``, or is Guarded."""


@final
@attrs.frozen(kw_only=True)
class SettingsChanged(Event):
    """Other settings are in force."""

    sections: tuple[str, ...]
    """The subsystems they are for."""


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    """A change cannot be made. Holds every mistake; nothing was written."""

    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        return "\n".join(f"{each.key}: {each.text}" if each.key else each.text for each in self.mistakes)


@attrs.define(eq=False, kw_only=True)
class Guarded(NeedsConfirming):
    """A change is the operator's alone to make; nothing was written."""

    keys: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{', '.join(self.keys)}: this decides what the agent may do, or where keys and conversations go, so only "
            "the operator changes it: with the token of the running daemon, in the files, or in an admin's page that "
            "was unlocked with a code from `starpod open --code`"
        )


@attrs.define(eq=False, kw_only=True)
class Overtaken(ActorError):
    """Somebody else has changed meanwhile what was to be changed; nothing was written."""

    kind: ClassVar[ErrorKind] = "conflict"
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.keys)}: changed by somebody else meanwhile, so nothing was written"


@attrs.define(eq=False, kw_only=True)
class NotWritten(ActorError):
    """The disk did not take a change; what was in force before still is."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str

    def __str__(self) -> str:
        return f"the settings could not be written: {self.why}"
