"""Which skills there are, and what they say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role
from bus import Data, Request

Origin = Literal["bundled", "source", "person", "model", "installed"]
"""``bundled`` comes with Starpod, ``source`` with the blueprint; of the others somebody made the latest revision: a
person, a model, or a package that was installed."""

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of an answer that holds a whole text."""
LARGEST_TEXT: Final = 1024 * 1024
"""Bytes of a file that is read as text."""

Owner = Annotated[
    str | None,
    described(
        "Whose: a user's id, or empty for the shared one. Left out: for an admin the shared one, for others their own."
    ),
]
Whose = Annotated[
    str | None,
    described("Whose: a user's id, or empty for the shared one. Left out: the one that counts for who asks."),
]


@attrs.frozen(kw_only=True)
class Skill(Data):
    """What is known of a skill without its text."""

    name: str
    description: str
    version: str | None = None
    license: str | None = None
    compatibility: str | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict[str, str])
    allowed_tools: tuple[str, ...] = ()
    owner: str = ""
    """The user whose agent alone sees it; empty for what is shared."""
    origin: Origin
    author: str = ""
    """Who made the latest revision, or for whom a model did; empty where nobody knows."""
    session: str | None = None
    """The conversation in which a model wrote it."""
    created_at: datetime
    updated_at: datetime
    revision: int | None = None
    """Number of the latest revision; None for what was never changed through us."""
    edited: bool = False
    """Whether its text is not what the latest revision says: somebody has changed the file."""
    installed_from: str | None = None
    visible: bool = True
    """Whether the agent of its owner, or everybody's, is told of it; the setting `skills` may leave it out."""
    changeable: bool = False
    """Whether whoever asks may change it."""
    problems: tuple[str, ...] = ()
    """What is wrong with it, a sentence each."""


@final
@attrs.frozen(kw_only=True)
class Resource(Data):
    """A file of a skill beside its ``SKILL.md``."""

    path: str
    """Relative to the skill, with forward slashes."""
    size: int
    """Bytes."""
    executable: bool = False


@final
@attrs.frozen(kw_only=True)
class SkillDetail(Skill):
    """A skill with its text."""

    body: str
    """The instructions."""
    raw_content: str
    """All of ``SKILL.md``."""
    digest: str
    """Of that text; :class:`UpdateSkill` compares it."""
    resources: tuple[Resource, ...] = ()


@endpoint("GET", "/api/skills")
@final
@attrs.frozen(kw_only=True)
class ListSkills(Request[tuple[Skill, ...]]):
    """The skills that the agent of whoever asks may use, by name."""

    max_bytes: ClassVar[int] = LARGEST
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/settings/skills", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListAllSkills(Request[tuple[Skill, ...]]):
    """All skills there are, those of single users and those that the setting `skills` leaves out among them."""

    max_bytes: ClassVar[int] = LARGEST
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/skills/{name}")
@endpoint("GET", "/api/settings/skills/{name}", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetSkill(Request[SkillDetail]):
    """One skill with its text. Raises BadSkill, UnknownSkill, also for one of another user, but to an admin."""

    max_bytes: ClassVar[int] = LARGEST
    name: str
    owner: Whose = None
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/skills/{name}/file")
@final
@attrs.frozen(kw_only=True)
class ReadResource(Request[str]):
    """A file of a skill, as text. Raises BadSkill, UnknownSkill, UnknownResource; BadSkill for what is no text."""

    max_bytes: ClassVar[int] = LARGEST
    name: str
    path: Annotated[str, described("As it is listed, such as references/api.md.")]
    owner: Whose = None
    user: str
    role: Annotated[Role, from_context("role")]
