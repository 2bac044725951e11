"""Front door of the persona: the context that every conversation begins with."""

from typing import Annotated, final

import attrs

from actors.context import Section, context_source, from_context
from bus import Request


@context_source(None, stable=True)
@final
@attrs.frozen(kw_only=True)
class Identity(Request[str]):
    """Name of the agent, and how it works."""


@context_source("SOUL.md", stable=True)
@final
@attrs.frozen(kw_only=True)
class Soul(Request[Section]):
    """The character that the owner wrote, as the file is now. A file that cannot be read is told once, not again."""


@context_source(None, stable=False)
@final
@attrs.frozen(kw_only=True)
class Now(Request[str]):
    """When and where a turn runs."""

    session: Annotated[str, from_context("session")]


CONTEXT = (Identity, Soul, Now)
"""In the order in which the model is told."""
