"""What the skills subsystem refuses."""

from typing import ClassVar

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False)
class BadSkill(ActorError):
    """A name, a text or a file cannot be of a skill."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.define(eq=False, kw_only=True)
class UnknownSkill(ActorError):
    """There is none of that name for whoever asks."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} not found"


class NothingToChange(UnknownSkill):
    """What is to be changed or deleted is not there."""

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} does not exist"


@attrs.define(eq=False, kw_only=True)
class SkillExists(ActorError):
    """There is one of that name."""

    kind: ClassVar[ErrorKind] = "conflict"
    name: str

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} already exists"


@attrs.define(eq=False, kw_only=True)
class NotYours(ActorError):
    """Whoever asks may use this skill and not change it."""

    kind: ClassVar[ErrorKind] = "forbidden"
    name: str
    why: str

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} cannot be changed: {self.why}"


@attrs.define(eq=False, kw_only=True)
class ChangedMeanwhile(ActorError):
    """Somebody else has changed the skill since it was read. Read it again."""

    kind: ClassVar[ErrorKind] = "conflict"
    name: str

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} was changed meanwhile: read it again"


@attrs.define(eq=False, kw_only=True)
class UnknownResource(ActorError):
    """The skill has no such file."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str
    path: str

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} has no file {quoted(self.path)}"


@attrs.define(eq=False, kw_only=True)
class UnknownRevision(ActorError):
    """The skill never was what that number stands for."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str
    seq: int

    def __str__(self) -> str:
        return f"skill {quoted(self.name)} has no revision {self.seq}"


@attrs.define(eq=False)
class PackageRefused(ActorError):
    """A folder or an archive is not installed from, whoever wants it."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.define(eq=False)
class NotGenerated(ActorError):
    """The model gave no usable answer."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str
    what: str = "skill"

    def __str__(self) -> str:
        return f"the model wrote no {self.what}: {self.why}"


@attrs.define(eq=False)
class SkillsFailed(ActorError):
    """The disk or the database refused. Nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str

    def __str__(self) -> str:
        return self.why
