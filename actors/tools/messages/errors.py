"""What can be wrong with a file, a pattern or what somebody sent: what the model reads."""

from typing import ClassVar

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False, kw_only=True)
class FileError(ActorError):
    """Base of what can be wrong with a file. `path` is as it was asked for."""

    path: str


@attrs.define(eq=False, kw_only=True)
class InvalidPath(FileError):
    """The path may not be used, whatever is there."""

    reason: str

    def __str__(self) -> str:
        return f"Invalid path: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class FileNotFound(FileError):
    kind: ClassVar[ErrorKind] = "not_found"

    def __str__(self) -> str:
        return f"File not found: {self.path}"


@attrs.define(eq=False, kw_only=True)
class AmbiguousName(FileError):
    """There is no such name, but several that look like it."""

    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"Several names look like {self.path}; use one of them exactly: {', '.join(map(repr, self.candidates))}"


@attrs.define(eq=False, kw_only=True)
class NotADirectory(FileError):
    missing: bool = False

    def __str__(self) -> str:
        return f"Not a directory: {self.path}" + (" (it does not exist)" if self.missing else "")


@attrs.define(eq=False, kw_only=True)
class IsADirectory(FileError):
    def __str__(self) -> str:
        return f"Is a directory: {self.path}"


@attrs.define(eq=False, kw_only=True)
class NotARegularFile(FileError):
    """A pipe, socket or device: reading it could wait for ever."""

    def __str__(self) -> str:
        return f"Not a regular file: {self.path}"


@attrs.define(eq=False, kw_only=True)
class NotText(FileError):
    size: int

    def __str__(self) -> str:
        return f"Not a UTF-8 text file: {self.path} ({self.size} bytes)"


@attrs.define(eq=False, kw_only=True)
class FileTooLarge(FileError):
    kind: ClassVar[ErrorKind] = "too_large"
    size: int
    limit: int

    def __str__(self) -> str:
        return f"File too large: {self.path} is {self.size} bytes, the limit is {self.limit} bytes"


@attrs.define(eq=False, kw_only=True)
class Restricted(ActorError):
    """The owner has not allowed this variable, whether it is set or not."""

    kind: ClassVar[ErrorKind] = "forbidden"
    key: str

    def __str__(self) -> str:
        return (
            f"Access to environment variable {quoted(self.key)} is restricted; the owner allows them "
            "by name with env_allowed in [tools]"
        )


@attrs.define(eq=False, kw_only=True)
class FileSystemRefused(FileError):
    """The operating system said no: no permission, disk full, read-only, input/output error."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"Cannot use {self.path}: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class AttachmentRefused(ActorError):
    """Base of why a file that somebody sent is not taken. `name` is the file's."""

    name: str


@attrs.define(eq=False, kw_only=True)
class AttachmentsDisabled(AttachmentRefused):
    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return f"{self.name} was not accepted: attachments are disabled"


@attrs.define(eq=False, kw_only=True)
class AttachmentTooLarge(AttachmentRefused):
    kind: ClassVar[ErrorKind] = "too_large"
    size: int
    limit: int

    def __str__(self) -> str:
        size, limit = self.size / 2**20, self.limit / 2**20
        return f"{self.name} was not accepted: it has {size:.1f} MB, the limit is {limit:.1f} MB"


@attrs.define(eq=False, kw_only=True)
class ExtensionNotAllowed(AttachmentRefused):
    extension: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} was not accepted: '.{self.extension}' is not one of {', '.join(self.allowed)}"


@attrs.define(eq=False, kw_only=True)
class TextNotFound(FileError):
    """What an edit is to replace is not in the file."""

    kind: ClassVar[ErrorKind] = "not_found"

    def __str__(self) -> str:
        return (
            f"old_string was not found in {self.path}. It has to match exactly, white space and line ends included; "
            "read the file again."
        )


@attrs.define(eq=False, kw_only=True)
class TextNotUnique(FileError):
    """What an edit is to replace is in the file several times."""

    count: int

    def __str__(self) -> str:
        return (
            f"old_string was found {self.count} times in {self.path}. Give more of the text around it, or set "
            "replace_all."
        )


@attrs.define(eq=False, kw_only=True)
class NothingToEdit(FileError):
    def __str__(self) -> str:
        return f"old_string and new_string are the same: {self.path} would not change"


@attrs.define(eq=False, kw_only=True)
class ChangedMeanwhile(FileError):
    """Somebody else wrote the file between its being read and its being replaced. It is as they left it."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return f"{self.path} was changed by somebody else meanwhile; read it again"


@attrs.define(eq=False, kw_only=True)
class BadPattern(ActorError):
    """A pattern for names, or an expression, that cannot be read."""

    pattern: str
    reason: str

    def __str__(self) -> str:
        return f"Bad pattern {quoted(self.pattern)}: {self.reason}"
