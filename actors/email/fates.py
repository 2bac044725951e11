"""What becomes of a mail that comes in. Pure."""

from typing import Literal, final

import attrs

from bus import Data

Reason = Literal["own", "automatic", "sender", "unknown", "unproven", "inactive", "fault"]
"""Why a mail is left alone: it is one of ours, no person wrote it, it is not clear who did, nobody has that address,
nothing proves that it is from there, that user is let in no more, or it cannot be dealt with."""


@final
@attrs.frozen(kw_only=True)
class LeftAlone(Data):
    """A mail that is none for the agent."""

    reason: Reason
    detail: str
    """A sentence for the admin, without anything that the mail says about itself but names of servers."""


@final
@attrs.frozen(kw_only=True)
class Taken(Data):
    """A mail from somebody known, as far as its headers say."""

    sender: str
    message_id: str
    """With its angle brackets; where there is none, or none that can be used, one that was made from the headers."""
    subject: str
    references: tuple[str, ...]
    """The thread before this mail, oldest first."""
    is_reply: bool
    provenance: str

    @property
    def key(self) -> str:
        """The same for the same mail."""
        return f"mail:{self.message_id}"
