"""What the model is told of skills, and how one is called up: by the model, or by a message that begins with ``/``."""

from typing import Annotated, ClassVar, final

import attrs

from actors.context import Expansion, Section, context_source, from_context
from bus import Data, Request

from .listing import LARGEST


@context_source("Skills", stable=True)
@final
@attrs.frozen(kw_only=True)
class Skills(Request[Section]):
    """Names and descriptions of the skills that this user's agent may use."""

    user: Annotated[str, from_context("user")]
    called: Annotated[str, from_context("called")]


@final
@attrs.frozen(kw_only=True)
class Folder(Data):
    """The files of a skill, which are to be read and not to be written."""

    name: str
    path: str
    """Absolute."""


@final
@attrs.frozen(kw_only=True)
class ListFolders(Request[tuple[Folder, ...]]):
    """Where the skills lie that this user's agent may use, for whoever runs their scripts."""

    user: str


@final
@attrs.frozen(kw_only=True)
class Expand(Request[Expansion | None]):
    """What the model is told instead of a message ``/name …``; None when that is no skill of this user's agent."""

    within: ClassVar[float] = 5.0
    max_bytes: ClassVar[int] = LARGEST
    text: str
    user: str
