"""What the model is told of what is remembered, at the start of each turn."""

from typing import Annotated, ClassVar, final

import attrs

from actors.context import Section, context_source, from_context
from bus import Request


@context_source("Memory", stable=True)
@final
@attrs.frozen(kw_only=True)
class Remember(Request[Section]):
    """The user's profile, lasting facts and newest logs; the same bytes through a session while they are true."""

    key_field: ClassVar[str | None] = "user"
    user: Annotated[str, from_context("user")]
    session: Annotated[str, from_context("session")]
