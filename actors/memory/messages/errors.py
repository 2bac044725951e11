"""What the memory refuses. What is somebody else's is not there."""

from typing import ClassVar

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False, kw_only=True)
class BadName(ActorError):
    """No note can be called so."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{quoted(self.name)} cannot be the name of a note: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class UnknownFile(ActorError):
    """There is no note of that name, or it is somebody else's."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str

    def __str__(self) -> str:
        return f"there is no note {quoted(self.name)}"


@attrs.define(eq=False, kw_only=True)
class UnknownRevision(ActorError):
    """The note was never so, or what it was then has been purged or is no longer kept."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str
    seq: int

    def __str__(self) -> str:
        return f"there is no revision {self.seq} of {quoted(self.name)}"


@attrs.define(eq=False, kw_only=True)
class UnknownLine(ActorError):
    """The note is shorter."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str
    line: int

    def __str__(self) -> str:
        return f"{quoted(self.name)} has no line {self.line}"


@attrs.define(eq=False, kw_only=True)
class AdminsOnly(ActorError):
    """What everybody's agent is told is changed by an admin alone."""

    kind: ClassVar[ErrorKind] = "forbidden"
    name: str

    def __str__(self) -> str:
        return f"{quoted(self.name)} belongs to the agent and counts for all users: this needs an admin"


@attrs.define(eq=False, kw_only=True)
class ChangedMeanwhile(ActorError):
    """The note is not as it was when it was read: nothing was written. Read it again."""

    kind: ClassVar[ErrorKind] = "conflict"
    name: str

    def __str__(self) -> str:
        return f"{quoted(self.name)} was changed meanwhile, and nothing was written: read it again"


@attrs.define(eq=False, kw_only=True)
class NotOnce(ActorError):
    """A passage that is to be replaced or forgotten has to be there exactly once."""

    name: str
    count: int

    def __str__(self) -> str:
        there = (
            f"{self.count} times: give more of the text around it"
            if self.count
            else "not there: read it again"
        )
        return f"nothing was changed: in {quoted(self.name)} the passage is {there}"


@attrs.define(eq=False, kw_only=True)
class TooLarge(ActorError):
    """One note holds a megabyte at most."""

    kind: ClassVar[ErrorKind] = "too_large"
    name: str
    size: int
    limit: int

    def __str__(self) -> str:
        return f"{quoted(self.name)} is too large: a note has at most {self.limit} bytes, and not {self.size}"


@attrs.define(eq=False, kw_only=True)
class OverLimit(ActorError):
    """The model wants to write more than a file holds that is part of every prompt."""

    name: str
    size: int
    limit: int

    def __str__(self) -> str:
        return (
            f"{quoted(self.name)} would have {self.size} bytes, of which {self.limit} are allowed, since it is part of "
            "every prompt. Nothing was written. Consolidate it first: merge what belongs together, drop what is out of "
            "date, and move details into a note of their own."
        )


@attrs.define(eq=False, kw_only=True)
class Contradiction(ActorError):
    """What is asked for cannot be meant."""

    reason: str

    def __str__(self) -> str:
        return f"nothing was written: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class Suspicious(ActorError):
    """What is to be remembered holds what a model could take for something else than text."""

    reason: str

    def __str__(self) -> str:
        return f"nothing was written: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class Incomplete(ActorError):
    """The index is being made, and what there is of it so far has nothing that fits. It may be in the rest."""

    kind: ClassVar[ErrorKind] = "unavailable"

    def __str__(self) -> str:
        return (
            "the notes are being indexed, and nothing was found in those that are: search again in a moment"
        )


@attrs.define(eq=False, kw_only=True)
class MemoryFailed(ActorError):
    """The disk or the database refused; the text says what to do. Nothing of a change was done, or all of it."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason
