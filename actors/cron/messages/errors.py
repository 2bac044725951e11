"""What the scheduler refuses."""

from typing import ClassVar

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False)
class BadJob(ActorError):
    """A job cannot be the way it is described; the text says every reason."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.define(eq=False, kw_only=True)
class UnknownJob(ActorError):
    """There is none of that name or id for whoever asks."""

    kind: ClassVar[ErrorKind] = "not_found"
    job: str

    def __str__(self) -> str:
        return f"there is no job {quoted(self.job)}"


@attrs.define(eq=False, kw_only=True)
class JobExists(ActorError):
    """The owner has one of that name."""

    kind: ClassVar[ErrorKind] = "conflict"
    name: str

    def __str__(self) -> str:
        return f"there is a job {quoted(self.name)} already"


@attrs.define(eq=False, kw_only=True)
class TooManyJobs(ActorError):
    """The owner has as many as one may have."""

    kind: ClassVar[ErrorKind] = "conflict"
    most: int

    def __str__(self) -> str:
        return f"there are {self.most} jobs already, the most that one user may have: remove one first"


@attrs.define(eq=False, kw_only=True)
class NotYourJob(ActorError):
    """The job is another user's."""

    kind: ClassVar[ErrorKind] = "forbidden"
    job: str

    def __str__(self) -> str:
        return f"job {quoted(self.job)} is another user's"


@attrs.define(eq=False, kw_only=True)
class AlreadyRunning(ActorError):
    """A run of the job is under way, and it wants no second one beside it."""

    kind: ClassVar[ErrorKind] = "conflict"
    name: str

    def __str__(self) -> str:
        return f"job {quoted(self.name)} is running already"


@attrs.define(eq=False)
class CronFailed(ActorError):
    """The disk or the database refused. Nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str

    def __str__(self) -> str:
        return self.why
