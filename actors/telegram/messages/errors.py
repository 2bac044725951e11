"""What goes wrong with Telegram here."""

from typing import ClassVar

import attrs

from bus import ActorError, ErrorKind


@attrs.define(eq=False)
class TelegramFailed(ActorError):
    """The disk or the database refused. Nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason
